import { expect, test } from 'vitest';
import { gradkitUpdates, memoryLimits, peerUpdates } from './contestants.ts';
import { amongTheLargest } from './sweeps.ts';

test('who is measured at the largest size is somebody', () => {
  const names = [...memoryLimits, ...gradkitUpdates, ...peerUpdates].map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining([...amongTheLargest]));
});
