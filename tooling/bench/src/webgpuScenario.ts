import { fileURLToPath } from 'node:url';
import { requestTestAdapter } from '@gradkit/gpu';
import { sizeOfShape } from '@gradkit/core';
import { chromiumPath } from '@gradkit/machine/chromium';
import { chromium } from 'playwright';
import { createServer } from 'vite';
import type { Point } from './results.ts';
import type { Bench, Scenario } from './scenario.ts';
import { webgpuContestants } from './webgpuContestants.ts';
import type { PageRequest } from './webgpuPage.ts';
import { webgpuPoint, webgpuTrees, type WebgpuTree } from './webgpuPoint.ts';

const title = 'Clip by global norm and Adam on WebGPU, in Node and in Chromium';

/** Optimizer steps on a WebGPU device: what they ask of it, and their times beside the name of what it is. */
export const webgpuScenario: Scenario = {
  name: 'webgpu',
  title,
  run: async (bench) => {
    // Shaders are compiled for each, which takes a device that is a program seconds.
    const trees: readonly WebgpuTree[] = bench.quick ? ['layers'] : ['simplenet', 'layers', 'transformer'];
    const points = [...(await inNode(bench, trees)), ...(await inChromium(bench, trees))];
    return { name: 'webgpu', title, points };
  },
};

async function inNode(bench: Bench, trees: readonly WebgpuTree[]): Promise<Point[]> {
  const where = 'in Node';
  const points: Point[] = [];
  try {
    if ((await requestTestAdapter()) === undefined) throw new Error('there is no WebGPU adapter');
    for (const tree of trees) points.push(await webgpuPoint(bench, tree, where));
    return points;
  } catch (error) {
    return [...points, ...trees.slice(points.length).map((tree) => nobody(tree, where, error))];
  }
}

/** Serves the page by Vite, which prepares the modules for it, and opens it in Chromium without a window. */
async function inChromium(bench: Bench, trees: readonly WebgpuTree[]): Promise<Point[]> {
  const where = 'in Chromium';
  const names = webgpuContestants.filter((one) => bench.takesPart(one)).map(({ name }) => name);
  if (names.length === 0) return [];
  const points: Point[] = [];
  const executablePath = chromiumPath();
  bench.progress('starting Chromium');
  const server = await createServer({
    configFile: false,
    logLevel: 'silent',
    root: fileURLToPath(new URL('.', import.meta.url)),
    cacheDir: fileURLToPath(new URL('../reports/vite', import.meta.url)),
    optimizeDeps: {
      include: [
        '@jax-js/jax',
        '@tensorflow/tfjs',
        '@tensorflow/tfjs-core',
        '@tensorflow/tfjs-backend-webgpu',
      ],
    },
    server: { port: 0, host: '127.0.0.1' },
  });
  try {
    await server.listen();
    const browser = await chromium.launch({
      ...(executablePath === undefined ? {} : { executablePath }),
      // Without the last one there is no adapter where there is no GPU.
      args: ['--no-sandbox', '--disable-background-networking', '--enable-unsafe-webgpu'],
    });
    try {
      const page = await browser.newPage();
      await page.goto(server.resolvedUrls?.local[0] ?? '');
      await page.waitForFunction(() => 'measureOnWebgpu' in globalThis, undefined, { timeout: 120_000 });
      for (const tree of trees) {
        bench.progress(`${webgpuTrees[tree].name} ${where}`);
        points.push(await measureIn(page, { tree, quick: bench.quick, names }));
      }
    } finally {
      await browser.close();
    }
    return points;
  } catch (error) {
    return [...points, ...trees.slice(points.length).map((tree) => nobody(tree, where, error))];
  } finally {
    await server.close();
  }
}

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof chromium.launch>>['newPage']>>;

async function measureIn(page: Page, request: PageRequest): Promise<Point> {
  return page.evaluate(async (given): Promise<Point> => {
    const measure: unknown = Reflect.get(globalThis, 'measureOnWebgpu');
    if (typeof measure !== 'function') throw new Error('the page has not been loaded');
    return measure(given);
  }, request);
}

/** A point at which nobody took part, with the reason. */
function nobody(name: WebgpuTree, where: string, error: unknown): Point {
  const tree = webgpuTrees[name];
  const [reason = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
  return {
    name: `${tree.name} ${where}`,
    parameters: tree.leaves.reduce((sum, { shape }) => sum + sizeOfShape(shape), 0),
    leaves: tree.leaves.length,
    rows: [],
    leftOut: [{ label: `everybody ${where}`, reason }],
  };
}
