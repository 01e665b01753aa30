import type { Engine } from './engine.ts';
import { interpretProgram } from './interpretProgram.ts';
import { allocateMemory } from './memory.ts';

/**
 * The engine that defines what every other must compute: an interpreter in plain JavaScript that runs a program operation by operation, slow and
 * obvious. To train without WebAssembly, leave `engine` out, which takes `loopEngine`: the same bits in a tenth of the time.
 *
 * @example createStepper(transform, { w: new Float32Array(10) }, { engine: referenceEngine() });
 */
export function referenceEngine(): Engine {
  return {
    name: 'reference',
    open: (layout) => {
      const memory = allocateMemory(layout);
      return {
        memory,
        execute: ({ plan: { program }, scalars, gradients }) =>
          interpretProgram(program, { ...memory, gradients }, scalars),
        dispose: () => undefined,
      };
    },
  };
}
