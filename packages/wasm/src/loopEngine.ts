import { referenceEngine, type Engine, type Plan } from '@gradkit/core';
import { compileLoops } from './compileLoops.ts';

/**
 * The engine for where WebAssembly SIMD is refused: each operation of a pass is a loop over a block of entries, then comes the next
 * block. Parameters, state and reports have the bits of the reference interpreter.
 *
 * @param options `blockSize` is the number of entries in a block; it changes no bit.
 * @example createStepper(transform, { w: new Float32Array(10) }, { engine: loopEngine() });
 */
export function loopEngine({ blockSize = 2048 }: { blockSize?: number } = {}): Engine {
  return {
    name: 'loops',
    open: (layout) => {
      const { memory } = referenceEngine().open(layout);
      const compiled = new WeakMap<Plan, ReturnType<typeof compileLoops>>();
      const runOf = (plan: Plan) => {
        const known = compiled.get(plan) ?? compileLoops(plan, { memory, blockSize });
        compiled.set(plan, known);
        return known;
      };
      return {
        memory,
        execute: ({ plan, scalars, gradients }) => runOf(plan)({ scalars, gradients }),
        dispose: () => undefined,
      };
    },
  };
}
