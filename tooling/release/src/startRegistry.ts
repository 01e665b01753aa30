import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A registry that holds the packages of this repository and nothing else; all other packages come from where npm gets them. */
export interface Registry {
  /** What an .npmrc needs to take `@gradkit/*` from here and to publish them here. */
  readonly npmrc: string;
  stop(): Promise<void>;
}

const registryProcess = fileURLToPath(new URL('registryProcess.ts', import.meta.url));

/**
 * Starts Verdaccio on a free port of the loopback interface. It ends with `stop`, or with this process however that ends, and removes
 * `folder` and all that is in it.
 */
export async function startRegistry(folder: string): Promise<Registry> {
  // npm and pnpm, which inherit this, must not look for it behind a proxy.
  for (const name of ['NO_PROXY', 'no_proxy']) {
    process.env[name] = [process.env[name], '127.0.0.1'].filter(Boolean).join(',');
  }
  const port = await freePort();
  const config = join(folder, 'registry.yaml');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    config,
    JSON.stringify({
      storage: join(folder, 'registry'),
      uplinks: {},
      packages: { '@gradkit/*': { access: '$all', publish: '$all' } },
      max_body_size: '100mb',
      web: { enable: false },
      log: { type: 'stdout', format: 'pretty', level: 'warn' },
    }),
  );

  const args = [
    registryProcess,
    folder,
    verdaccioBinary(),
    '--config',
    config,
    '--listen',
    `127.0.0.1:${port}`,
  ];
  const server = spawn(process.execPath, args, { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => server.once('exit', resolve));
  let log = '';
  server.stdout.on('data', (chunk: Buffer) => (log += chunk.toString()));
  server.stderr.on('data', (chunk: Buffer) => (log += chunk.toString()));

  const stop = async () => {
    server.stdin.end();
    await ended;
  };
  const address = `127.0.0.1:${port}/`;
  await Promise.race([
    answers(`http://${address}-/ping`),
    ended.then((code) => Promise.reject(new Error(`Verdaccio ended with code ${code}:\n${log}`))),
  ]).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { npmrc: `@gradkit:registry=http://${address}\n//${address}:_authToken=anonymous\n`, stop };
}

interface VerdaccioManifest {
  readonly bin: string;
}

function verdaccioBinary(): string {
  const require = createRequire(import.meta.url);
  const path = require.resolve('verdaccio/package.json');
  const { bin }: VerdaccioManifest = require(path);
  return join(dirname(path), bin);
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port);
        else reject(new Error('No free port'));
      });
    });
  });
}

async function answers(url: string): Promise<void> {
  for (let attempt = 0; attempt < 240; attempt++) {
    const response = await fetch(url).catch(() => undefined);
    if (response?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error(`Verdaccio did not answer at ${url} within a minute`);
}
