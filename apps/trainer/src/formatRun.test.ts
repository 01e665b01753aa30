import { expect, test } from 'vitest';
import { outcomeLines, significant } from './formatRun.ts';
import { resultOf } from './trainRun.ts';
import type { RunOutcome, StepMetrics } from './trainRun.ts';

test.each([
  [4013, 3, '4010'],
  [20, 1, '20'],
  [48_213, 3, '48200'],
  [999_999, 4, '1000000'],
  [2, 4, '2.000'],
  [0.0012346, 4, '0.001235'],
  [0.0003, 1, '3e-4'],
  [1_234_567, 4, '1.235e+6'],
  [-4013, 3, '-4010'],
  [0, 4, '0'],
  [Infinity, 4, 'Infinity'],
])('%d with %d digits is %s', (value, digits, text) => {
  expect(significant(value, digits)).toBe(text);
});

function step(at: number, loss: number, norm = 1): StepMetrics {
  return { step: at, loss, norm, factor: 1, cosine: 1, learningRate: 0.3, units: at, seconds: at };
}

const diverged: RunOutcome = {
  outcome: 'diverged',
  step: 6,
  loss: 1,
  firstLoss: 1,
  evaluation: {},
  flushed: false,
  seconds: 6,
  lastSteps: [step(1, 1), step(2, NaN), step(3, 1), step(4, 1, 20), step(5, NaN, NaN), step(6, NaN, NaN)],
  usualNorm: 20,
};
const transform = { transform: 'sgd', options: { learningRate: 0.3 } };

test('a run diverged where the losses are bad to the end, not where one batch was left out before', () => {
  expect(outcomeLines(diverged, { path: 'run', transform })).toEqual([
    'Diverged at step 5: the loss is NaN. The last finite gradient norm was 20.00 at step 4, the usual one 20.00.',
    'Try --clip global-norm:20, or --lr 0.1, or --schedule warmup-cosine, or --skip-non-finite if single batches are at fault.',
  ]);
});

test('numbers that make no sense are not advised', () => {
  const lines = (learningRate: number, usualNorm: number): string =>
    outcomeLines(
      { ...diverged, usualNorm, lastSteps: [{ ...step(1, NaN), learningRate }] },
      { path: 'run', transform },
    ).at(-1) ?? '';
  expect(lines(1e12, 5e11)).toBe(
    'Try --clip global-norm:1, or a far smaller --lr, or --schedule warmup-cosine.',
  );
  expect(lines(0, NaN)).toMatch(
    /^Try --clip global-norm:1, or --schedule warmup-cosine, or --skip-non-finite/,
  );
});

test('losses that are no numbers are kept as words', () => {
  const result = resultOf({ ...diverged, firstLoss: NaN, loss: NaN }, 'cpu');
  expect(result).toMatchObject({ firstLoss: 'NaN', loss: 'NaN', step: 6 });
});
