import type { Engine, EngineSession, Layout } from '@gradkit/core';
import { createArena, type Arena } from './arena.ts';
import type { PassPool, PoolStart } from './passPool.ts';
import { createPlanRunner, type GradientSource } from './planRunner.ts';

/** The engine where WebAssembly SIMD is there; `startPool` starts the other threads, if there are to be any. */
export function simdEngine(threads: number, startPool?: (start: PoolStart) => PassPool): Engine {
  return {
    name: threads === 1 ? 'wasm' : `wasm on ${threads} threads`,
    open: (layout) => open(layout, { threads, startPool }),
  };
}

function open(
  layout: Layout,
  { threads, startPool }: { threads: number; startPool: ((start: PoolStart) => PassPool) | undefined },
): EngineSession {
  const arena = createArena(layout, { threads });
  const { memory, control } = arena;
  const pool = startPool?.({ memory, control, threads });
  const runner = createPlanRunner(layout.leaves, {
    addresses: arena.addresses,
    room: arena,
    ...(pool === undefined ? {} : { pool }),
  });
  return {
    memory: arena.views,
    execute: ({ plan, scalars, gradients }) =>
      runner.execute({
        plan,
        scalars,
        gradients: gradients.map((gradient, leaf) => sourceOf(arena, pool, { gradient, leaf })),
      }),
    dispose: () => pool?.dispose(),
  };
}

/** Where a gradient is read: where it lies, or, for several threads, which see the shared memory only, from a copy there. */
function sourceOf(
  { views, addresses, staged }: Arena,
  pool: PassPool | undefined,
  { gradient, leaf }: { gradient: Float32Array | undefined; leaf: number },
): GradientSource {
  if (gradient === undefined || gradient === views.gradients[leaf])
    return gradient && addresses.gradients[leaf];
  if (pool?.isReady() !== true) return gradient;
  staged.values[leaf]?.set(gradient);
  return staged.addresses[leaf];
}
