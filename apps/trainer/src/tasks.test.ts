import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { drawOrders } from './temporalOrder.ts';
import { drawSums } from './adding.ts';
import { fromMetric, readResultOf } from './runFolder.ts';
import { runHere } from './runTrainer.ts';
import { seededRandom } from './seededRandom.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainer-tasks-'));
const before = process.cwd();
process.chdir(folder);
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});
writeFileSync('rows.txt', Array.from({ length: 300 }, (_, row) => `Row ${row} of ${row * row}.`).join('\n'));

const characters = '--data rows.txt --sequence-length 12 --batch-size 4 --lr 0.01';

test.each([
  ['simplenet', '--steps 60', 0.8],
  ['char-lstm', `--steps 60 --hidden 12 ${characters}`, 0.8],
  ['char-gru', `--steps 60 --hidden 12 ${characters}`, 0.8],
  ['char-transformer', `--steps 60 --size tiny ${characters}`, 0.8],
  ['mnist', '--steps 60 --hidden 16 --lr 0.01', 0.5],
  ['temporal-order', '--steps 300 --length 10 --hidden 16', 0.7],
  ['adding', '--steps 200 --length 10 --hidden 16 --lr 0.01', 0.7],
])('%s ends better than it began', async (task, options, share) => {
  const clip = ['--clip', 'global-norm:1', '--sample-every', '0', '--backend', 'wasm'];
  const { code } = await runHere('train', task, ...options.split(' '), ...clip, '--run', task);
  expect(code).toBe(0);
  const { loss, firstLoss } = readResultOf(task) ?? {};
  expect(fromMetric(loss)).toBeLessThan(share * fromMetric(firstLoss));
});

test('a symbol of temporal order lies in the second tenth, the other in the fifth, and the target is their order', () => {
  const length = 20;
  const { inputs, targets } = drawOrders(50, length, seededRandom(0, 0));
  targets.forEach((target, column) => {
    const symbols = Array.from({ length }, (_, step) => {
      const at = (step * 50 + column) * 6;
      return inputs.slice(at, at + 6).indexOf(1);
    });
    const places = symbols.flatMap((symbol, step) => (symbol < 2 ? [step] : []));
    expect(places).toHaveLength(2);
    expect([Math.floor((places[0] ?? 0) / 2), Math.floor((places[1] ?? 0) / 2)]).toEqual([1, 4]);
    expect(target).toBe(2 * (symbols[places[0] ?? 0] ?? 0) + (symbols[places[1] ?? 0] ?? 0));
  });
});

test('the target of adding is the mean of the two marked numbers', () => {
  const { inputs, targets } = drawSums(20, 30, seededRandom(0, 0));
  targets.forEach((target, column) => {
    const marked = Array.from({ length: 30 }, (_, step) => (step * 20 + column) * 2).filter(
      (at) => inputs[at + 1] === 1,
    );
    expect(marked).toHaveLength(2);
    expect(target).toBeCloseTo(((inputs[marked[0] ?? 0] ?? 0) + (inputs[marked[1] ?? 0] ?? 0)) / 2, 6);
  });
});
