import { planProgram, referenceEngine, type Engine, type Plan } from '@gradkit/core';
import { compileLoops } from './compileLoops.ts';

/**
 * The engine for where WebAssembly SIMD is refused: runs each operation of a pass as a loop over a block of a few thousand entries, then
 * the next block. The same bits as the reference interpreter, in about ... of its time.
 *
 * @example createStepper(transform, { w: new Float32Array(10) }, { engine: loopEngine() });
 */
export function loopEngine({ blockSize = 2048 }: { blockSize?: number } = {}): Engine {
  return {
    name: 'loops',
    open: (layout) => {
      const { memory } = referenceEngine().open(layout);
      const compiled = new Map<Plan, ReturnType<typeof compileLoops>>();
      const runOf = (plan: Plan) => {
        const known = compiled.get(plan) ?? compileLoops(plan, { memory, blockSize });
        compiled.set(plan, known);
        return known;
      };
      return {
        memory,
        initialize: (program) => {
          const run = compileLoops(planProgram(program), { memory, blockSize });
          run({ scalars: new Map(), gradients: memory.gradients });
        },
        execute: ({ plan, scalars, gradients }) => runOf(plan)({ scalars, gradients }),
        dispose: () => compiled.clear(),
      };
    },
  };
}
