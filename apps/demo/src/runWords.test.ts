import { expect, test } from 'vitest';
import { runWords } from './runWords.ts';

test('divergence is said with its step, its norm and what to do', () => {
  expect(
    runWords({ side: 'raw', last: { step: 40, loss: 1e9, norm: 3.2e9 }, diverged: true, isClipped: true }),
  ).toBe('Diverged at step 41, |g| = 3.2e9. Turn clipping on, as in the run beside.');
  expect(
    runWords({ side: 'chain', last: { step: 40, loss: 1e9, norm: 3.2e9 }, diverged: true, isClipped: false }),
  ).toBe('Diverged at step 41, |g| = 3.2e9. Turn clipping on.');
  // There is none in the run beside either.
  expect(runWords({ side: 'raw', last: undefined, diverged: true, isClipped: false })).toBe(
    'Diverged at its first step. Turn clipping on.',
  );
});

test('a run that goes on says where it is', () => {
  expect(
    runWords({ side: 'chain', last: { step: 0, loss: 0.25, norm: 5 }, diverged: false, isClipped: true }),
  ).toBe('Step 1: loss 0.25, |g| = 5.');
});
