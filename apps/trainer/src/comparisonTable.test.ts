import { expect, test } from 'vitest';
import { comparisonTable } from './comparisonTable.ts';
import type { TrainingRun } from './train.ts';

function run(clipping: TrainingRun['clipping'], changes: Partial<TrainingRun> = {}): TrainingRun {
  return {
    clipping,
    transform: { transform: 'identity', options: {} },
    epochs: [],
    trainingLoss: 1.5,
    validationLoss: 2.25,
    gradients: { steps: 4, largestNorm: 3, clippedShare: 0.25 },
    divergedInEpoch: undefined,
    ...changes,
  };
}

test('puts the runs side by side', () => {
  const runs = [run('none', { trainingLoss: 1234567 }), run('norm'), run('value')];
  expect(comparisonTable(runs, 80)).toMatchInlineSnapshot(`
    "┌───────────────────────┬───────────┬────────┬────────┐
    │ clipping              │      none │   norm │  value │
    ├───────────────────────┼───────────┼────────┼────────┤
    │ final training loss   │ 1.2346e+6 │ 1.5000 │ 1.5000 │
    │ final validation loss │    2.2500 │ 2.2500 │ 2.2500 │
    │ largest gradient norm │    3.0000 │ 3.0000 │ 3.0000 │
    │ steps clipped         │    25.0 % │ 25.0 % │ 25.0 % │
    └───────────────────────┴───────────┴────────┴────────┘"
  `);
});

test('puts the runs below each other on a narrow terminal', () => {
  expect(comparisonTable([run('none'), run('norm')], 30)).toMatchInlineSnapshot(`
    "clipping: none
      final training loss: 1.5000
      final validation loss: 2.2500
      largest gradient norm: 3.0000
      steps clipped: 25.0 %
    clipping: norm
      final training loss: 1.5000
      final validation loss: 2.2500
      largest gradient norm: 3.0000
      steps clipped: 25.0 %"
  `);
});

test('says which run diverged and which was clipped in every step', () => {
  const lines = comparisonTable(
    [
      run('none', { trainingLoss: NaN, divergedInEpoch: 3 }),
      run('norm', { gradients: { steps: 4, largestNorm: 3, clippedShare: 1 } }),
    ],
    80,
  ).split('\n');
  expect(lines.slice(-2)).toEqual([
    'Training with clipping none diverged: the loss of epoch 3 is not finite.',
    'Clipping norm changed every step: no gradient was as small as the threshold, which alone set the pace.',
  ]);
});
