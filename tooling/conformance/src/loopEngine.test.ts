import { createStepper, loopEngine } from '@gradkit/core';
import { conformanceSuite } from './conformanceSuite.ts';

// Blocks of 1 and 3 entries, so that even the small leaves of the suite take several.
for (const blockSize of [1, 3, 2048]) {
  conformanceSuite({
    name: `loops in blocks of ${blockSize}`,
    create: (transform, params) => createStepper(transform, params, { engine: loopEngine({ blockSize }) }),
  });
}
