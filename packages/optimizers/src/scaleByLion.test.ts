import { expect, test } from 'vitest';
import { runUpdates } from './runSteps.ts';
import { scaleByLion } from './scaleByLion.ts';

test('every entry becomes the sign of the mix: 1, -1, 0 or NaN', () => {
  expect(runUpdates(scaleByLion(), [[5, -1e-20, 0, Number.NaN]])).toEqual([[1, -1, 0, Number.NaN]]);
});

test('after a large gradient a small one of the other sign does not turn it', () => {
  const options = { beta1: 0.5, beta2: 0.5 };
  expect(runUpdates(scaleByLion(options), [[8], [-3], [-3]])).toEqual([[1], [1], [-1]]);
});

test('the momentum decays by beta2, the mix by beta1', () => {
  expect(runUpdates(scaleByLion({ beta1: 0.5, beta2: 0.75 }), [[8], [-1], [-1]])).toEqual([[1], [1], [1]]);
});
