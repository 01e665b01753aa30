import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { chromiumPath } from '@gradkit/machine/chromium';
import { missingInChromium } from '@gradkit/machine/chromium-webgpu';
import { isPartThere } from '@gradkit/machine/part';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright';
import sirv from 'sirv';

const dist = fileURLToPath(new URL('../dist', import.meta.url));
const executablePath = chromiumPath();

/** Whether the browser that the tests need is there. */
export const hasChromium: boolean = executablePath !== undefined;

/** Whether its pages have WebGPU. */
export const hasWebgpu: boolean = hasChromium && (await pagesHaveWebgpu());

/** The page in a browser, with all that went wrong in it. */
export interface OpenedDemo {
  readonly page: Page;
  /** Errors and warnings on the console, exceptions, and violations of the policy. */
  readonly complaints: readonly string[];
  /** Every address that was asked for. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** A browser, and a static host that serves the built page under a path. */
export interface DemoHost {
  readonly address: string;
  open(hash: string, options?: BrowserContextOptions): Promise<OpenedDemo>;
  close(): Promise<void>;
}

/** The policy that the host sends with every file, the workers' too; the page's own is the same. */
const policy: string =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
  "worker-src 'self'; base-uri 'none'; form-action 'none'";

/** Starts the host and the browser. @throws if the page is not built. */
export async function startDemoHost(): Promise<DemoHost> {
  if (!existsSync(`${dist}/index.html`)) throw new Error('The page is not built. Run vite build first.');
  const serve = sirv(dist, { dev: true });
  const server = createServer((request, response) => {
    response.setHeader('Content-Security-Policy', policy);
    request.url = request.url?.replace(/^\/some\/where/, '') ?? '/';
    serve(request, response, () => {
      response.statusCode = 404;
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = portOf(server.address());
  const address = `http://127.0.0.1:${port}/some/where/`;
  const browser = await launch();
  return {
    address,
    open: async (hash, options) => openPage(browser, `${address}#${hash}`, options),
    close: async () => {
      await browser.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function launch(): Promise<Browser> {
  return chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: ['--no-sandbox', '--disable-background-networking', '--enable-unsafe-webgpu'],
  });
}

async function openPage(
  browser: Browser,
  address: string,
  options: BrowserContextOptions = {},
): Promise<OpenedDemo> {
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const complaints: string[] = [];
  const requests: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  context.on('request', (request) => requests.push(request.url()));
  await page.goto(address);
  return { page, complaints, requests, close: async () => context.close() };
}

function portOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === 'string') throw new Error('The host has no port.');
  return address;
}

async function pagesHaveWebgpu(): Promise<boolean> {
  const browser = await launch();
  const missing = await missingInChromium(browser);
  await browser.close();
  return isPartThere('chromium', missing);
}
