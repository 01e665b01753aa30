import { expect, test } from 'vitest';
import { runUpdates } from './runSteps.ts';
import { scale } from './scale.ts';

test('every entry is multiplied by the factor, of any sign', () => {
  expect(runUpdates(scale({ factor: -0.5 }), [[4, -2, 0]])).toEqual([[-2, 1, -0]]);
});

test('the factor may be a schedule', () => {
  expect(runUpdates(scale({ factor: (step) => step }), [[4], [4], [4]])).toEqual([[0], [4], [8]]);
});
