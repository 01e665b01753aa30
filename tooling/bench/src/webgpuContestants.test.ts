import { referenceEngine } from '@gradkit/core';
import { requestTestAdapter } from '@gradkit/gpu';
import { describe, expect, test } from 'vitest';
import { gradkitStepper } from './gradkitStepper.ts';
import { simpleNetTree } from './parameterTree.ts';
import { clipAdamTask, usualSettings } from './updateTask.ts';
import { webgpuContestants } from './webgpuContestants.ts';

const steps = 4;
// Adam forgets the size of gradients, and with it the clip, unless its epsilon is of that size.
const task = clipAdamTask(simpleNetTree, { ...usualSettings, learningRate: 0.1, epsilon: 0.1 });
const isThere = (await requestTestAdapter()) !== undefined;

const reference = gradkitStepper({
  name: 'reference',
  label: 'reference',
  engine: async () => referenceEngine(),
  gradients: 'handedIn',
});

describe.skipIf(!isThere)('on WebGPU', () => {
  test.each(webgpuContestants)(
    '$label does the same work as the reference, and its requests are counted',
    async (contestant) => {
      const expected = await reference.open(task);
      await expected.run(steps);
      const session = await contestant.open(task);
      await session.activate?.();
      await session.run(steps);
      const wanted = await expected.parameters();
      const actual = await session.parameters();
      expect(actual.map(({ length }) => length)).toEqual([50, 5, 10, 2]);
      actual.forEach((leaf, index) =>
        leaf.forEach((value, entry) => expect(value).toBeCloseTo(wanted[index]?.[entry] ?? NaN, 4)),
      );
      const counts = await session.count?.();
      if (contestant.name === 'gradkit-webgpu')
        expect(counts).toEqual({ dispatches: 3, submits: 1, buffers: 0 });
      else if (contestant.name === 'gradkit-tfjs-webgpu')
        expect(counts).toEqual({ dispatches: 3, submits: 2, buffers: 0 });
      else expect(counts?.dispatches).toBeGreaterThan(12);
      // Counting twice wraps nothing twice. TensorFlow.js may compute some small tensors on the host.
      const again = await session.count?.();
      expect((again?.dispatches ?? NaN) / (counts?.dispatches ?? NaN)).toBeCloseTo(1, 0);
      await session.dispose();
      await expected.dispose();
    },
  );
});
