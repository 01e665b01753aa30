import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromiumPath } from '@gradkit/machine/chromium';
import { missingInChromium } from '@gradkit/machine/chromium-webgpu';
import { isPartThere } from '@gradkit/machine/part';
import { chromium } from 'playwright';
import { expect, test } from 'vitest';
import { chromiumArguments } from './chromiumArguments.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const config = fileURLToPath(new URL('vitestInChromium.ts', import.meta.url));
const executablePath = chromiumPath();
const isThere = executablePath !== undefined && (await hasWebgpu(executablePath));

const tensorflow = ['@tensorflow/tfjs', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-webgpu'];

test.skipIf(!isThere).each([
  { folder: 'tooling/conformance', files: ['src/webgpuEngine.test.ts'], bundles: [], atLeast: 700 },
  {
    folder: 'packages/webgpu',
    files: ['webgpuEngine', 'webgpuSession', 'dispatchCounts', 'deviceLoss', 'scalarFields'].map(
      (name) => `src/${name}.test.ts`,
    ),
    bundles: [],
    atLeast: 15,
  },
  { folder: 'tooling/goldens', files: ['src/webgpu.test.ts'], bundles: [], atLeast: 40 },
  { folder: 'tooling/fuzz', files: ['src/webgpu.test.ts'], bundles: ['fast-check'], atLeast: 1 },
  {
    folder: 'packages/tfjs-webgpu',
    files: ['src/hazards.test.ts', 'src/webgpu.test.ts'],
    bundles: tensorflow,
    atLeast: 18,
  },
])(
  'the WebGPU tests of $folder pass in Chromium',
  { timeout: 900_000 },
  async ({ folder, files, bundles, atLeast }) => {
    const report = fileURLToPath(new URL(`../reports/${folder.replace('/', '-')}.json`, import.meta.url));
    const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');
    const args = [vitest, 'run', '--config', config, '--root', join(root, folder), ...files];
    const options = ['--reporter=dot', '--reporter=json', `--outputFile=${report}`];
    const env = { ...process.env, CHROMIUM_BUNDLES: bundles.join() };
    for (const name of Object.keys(env))
      if (/^(VITEST|TEST|NODE_ENV|NODE_OPTIONS)/.test(name)) Reflect.deleteProperty(env, name);
    const output = await run(process.execPath, [...args, ...options], {
      cwd: join(root, folder),
      env,
      maxBuffer: 2 ** 27,
    }).then(
      ({ stdout }) => stdout,
      (error: { stdout?: string; stderr?: string; message: string }) =>
        `${error.stdout ?? ''}\n${error.stderr ?? ''}\n${error.message}`,
    );
    const summary: { numPassedTests: number; numFailedTests: number; success: boolean } = JSON.parse(
      readFileSync(report, 'utf8'),
    );
    expect(summary.success, output.slice(-5000)).toBe(true);
    expect(summary.numPassedTests).toBeGreaterThanOrEqual(atLeast);
  },
);

async function hasWebgpu(path: string): Promise<boolean> {
  const browser = await chromium.launch({ executablePath: path, args: [...chromiumArguments] });
  const missing = await missingInChromium(browser);
  await browser.close();
  return isPartThere('chromium', missing);
}
