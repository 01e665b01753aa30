import type { Engine, EngineSession, Layout } from '@gradkit/core';
import { createArena } from './arena.ts';
import { createPlanRunner } from './planRunner.ts';

/** The engine, ready at once. */
export function createWasmEngine(): Engine {
  return { name: 'wasm', open };
}

function open(layout: Layout): EngineSession {
  const arena = createArena(layout, { isShared: false });
  const runner = createPlanRunner(layout.leaves, { addresses: arena.addresses, room: arena });
  const own = arena.views.gradients;
  return {
    memory: arena.views,
    initialize: (program) => runner.initialize(program),
    execute: ({ plan, scalars, gradients }) =>
      runner.execute({
        plan,
        scalars,
        gradients: gradients.map((gradient, leaf) =>
          gradient === own[leaf] ? arena.addresses.gradients[leaf] : gradient,
        ),
      }),
    dispose: () => {},
  };
}
