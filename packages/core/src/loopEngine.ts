import { checkOptionNames, describeValue } from './checkOptionNames.ts';
import { compileLoops } from './compileLoops.ts';
import type { Engine } from './engine.ts';
import { InvalidOptionError } from './errors.ts';
import { allocateMemory } from './memory.ts';
import type { Plan } from './plan.ts';

/**
 * The engine of plain JavaScript: each operation of a pass is a loop over a block of entries, then comes the next block. It makes no code while
 * it runs, so the strictest Content-Security-Policy lets it. Parameters, state and reports have the bits of `referenceEngine`.
 *
 * @param options `blockSize` is the number of entries in a block; it changes no bit.
 * @throws {InvalidOptionError} if it is not a whole number above 0, or for an option of another name.
 * @example createStepper(transform, { w: new Float32Array(10) }, { engine: loopEngine({ blockSize: 512 }) });
 */
export function loopEngine(options: { blockSize?: number } = {}): Engine {
  checkOptionNames('loopEngine', options, ['blockSize']);
  const { blockSize = 2048 } = options;
  if (!Number.isInteger(blockSize) || blockSize < 1)
    throw new InvalidOptionError(
      `loopEngine: blockSize must be a whole number above 0, but is ${describeValue(blockSize)}.`,
    );
  return {
    name: 'loops',
    open: (layout) => {
      const memory = allocateMemory(layout);
      const compiled = new WeakMap<Plan, ReturnType<typeof compileLoops>>();
      const runOf = (plan: Plan) => {
        const run = compiled.get(plan) ?? compileLoops(plan, { memory, blockSize });
        compiled.set(plan, run);
        return run;
      };
      return {
        memory,
        execute: ({ plan, scalars, gradients }) => runOf(plan)({ scalars, gradients }),
        dispose: () => undefined,
      };
    },
  };
}
