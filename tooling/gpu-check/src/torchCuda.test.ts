import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { evenTree } from '@gradkit/bench/parameterTree';
import { usualSettings } from '@gradkit/bench/updateTask';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTorch } from './torchCuda.ts';

const script = fileURLToPath(new URL('../folder/torchCuda.py', import.meta.url));
let folder = '';

beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'gradkit-torch-'))));
afterAll(() => rmSync(folder, { recursive: true }));

/** A program in the place of Python. */
function standIn(name: string, body: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return path;
}

test('a machine without Python has a line for it', async () => {
  expect(await startTorch({ script, python: '/nowhere/python3' })).toEqual({
    reason: expect.stringContaining('PyTorch is left out: /nowhere/python3 cannot be started'),
  });
});

test('a Python without torch, or with one that sees no card, says so', async () => {
  const python = standIn(
    'no-torch',
    `echo '{"error": "torch 2.9 of python3 sees no CUDA card"}'; cat > /dev/null`,
  );
  expect(await startTorch({ script, python })).toEqual({
    reason: 'PyTorch is left out: torch 2.9 of python3 sees no CUDA card.',
  });
});

test('a Python that ends at once is named with its last words', async () => {
  const python = standIn('crash', `echo 'Illegal instruction' >&2; exit 132`);
  expect(await startTorch({ script, python })).toEqual({
    reason: expect.stringContaining('its process ended with 132: Illegal instruction'),
  });
});

// As for the benchmark: a Python with torch, of the processor or of CUDA.
const python = process.env['GRADKIT_BENCH_PYTHON'];

test.skipIf(python === undefined)('PyTorch takes the steps of float64', { timeout: 300_000 }, async () => {
  const torch = await startTorch({ script, device: 'cpu', ...(python === undefined ? {} : { python }) });
  if ('reason' in torch) throw new Error(torch.reason);
  expect(torch.version).toMatch(/^PyTorch .* on the processor$/);
  const tree = evenTree(1000, 10);
  const session = await torch.contestant.open({
    kind: 'update',
    tree,
    transform: 'clip + Adam',
    settings: { ...usualSettings, epsilon: 1 / Math.sqrt(1000) },
    start: 99,
  });
  const lap = await session.lap(50);
  expect(lap.gpu).toBeUndefined();
  expect(lap.wall).toBeGreaterThan(0);
  expect(await session.verify(50)).toMatchObject({ isRight: true });
  expect(await session.verify(51)).toMatchObject({ isRight: false });
  await session.dispose();
  await torch.contestant.close?.();
});
