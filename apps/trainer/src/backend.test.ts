import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requestTestAdapter } from '@gradkit/gpu';
import { afterAll, expect, test } from 'vitest';
import { runTrainer } from './runTrainer.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainer-backend-'));
afterAll(() => rmSync(folder, { recursive: true }));

const small = ['train', 'adding', '--length', '10', '--hidden', '4', '--batch-size', '2', '--steps', '2'];
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
// Its manifest is not enough: Vulkan's loader has to find it, and Dawn to take it.
const adapter = await requestTestAdapter();
const hasSwiftShader = /swiftshader/i.test(`${adapter?.info.architecture} ${adapter?.info.description}`);

test.skipIf(!hasSwiftShader)(
  'auto leaves a GPU that is a program alone, says so, and takes another backend',
  () => {
    const { code, err } = runTrainer({ folder, env: { VK_ICD_FILENAMES: swiftShader } }, ...small);
    expect(code).toBe(0);
    expect(err).toMatch(
      /^Backend (node|wasm) \(.*\): the best that is there; no webgpu: the only adapter is SwiftShader driver [\d.]+, which runs on the CPU/m,
    );
  },
);

test.skipIf(!hasSwiftShader)('a GPU that is a program is taken by name, and the process ends', () => {
  const { code, out, err } = runTrainer(
    { folder, env: { VK_ICD_FILENAMES: swiftShader } },
    ...small,
    '--backend',
    'webgpu',
  );
  expect(err).toMatch(
    /^Backend webgpu \(WebGPU on SwiftShader driver [\d.]+, transforms by webgpu\): as asked\.$/m,
  );
  expect(out).toContain('Finished at step 2 ');
  expect(code).toBe(0);
});

test.skipIf(process.platform !== 'linux')(
  'webgpu without an adapter is one message and exit code 2, and nothing is written',
  () => {
    const files = readdirSync(folder);
    const env = { VK_ICD_FILENAMES: '/nowhere.json', VK_ADD_DRIVER_FILES: '/nowhere.json' };
    const { code, out, err } = runTrainer({ folder, env }, ...small, '--backend', 'webgpu');
    expect(err).toBe(
      'error: The backend webgpu is not there: this machine has no Vulkan driver, which WebGPU in Node runs on. ' +
        '--backend auto takes the best that is.\n',
    );
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(readdirSync(folder)).toEqual(files);
  },
);
