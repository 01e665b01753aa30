import {
  checkOptionNames,
  describeValue,
  InvalidOptionError,
  type Engine,
  type EngineSession,
  type Layout,
} from '@gradkit/core';
import { createArena, type Arena } from './arena.ts';
import { canShareMemory, createPassPool, noThreadsError, type PassPool } from './passPool.ts';
import { loopEngine } from './loopEngine.ts';
import { createPlanRunner, type GradientSource } from './planRunner.ts';
import { supportsSimd } from './supportsSimd.ts';

/** How the engine runs. */
export interface WasmEngineOptions {
  /** On how many threads a sweep is computed, this one included; the bits are the same. Default 1. */
  readonly threads?: number;
}

/**
 * The engine that compiles plans to WebAssembly SIMD: each pass is one loop over memory, on one thread or several.
 *
 * Parameters and state live in a WebAssembly memory of the stepper's own, as float32; gradients are read from `gradients()` or from any other
 * arrays, run by run. Same inputs give the same bits on every machine and for every number of threads; sums and norms are within 1e-6 of
 * float64, elementwise operations are the reference's to the bit. Where WebAssembly SIMD is refused (an old engine, a
 * Content-Security-Policy without `wasm-unsafe-eval`), it runs loops over Float32Arrays instead, and says so once.
 * @throws {InvalidOptionError} if `threads` is no whole number above 0, or if threads cannot share memory here (a page that is not
 *   cross-origin isolated).
 * @example const stepper = createStepper(adam({ learningRate: 1e-3 }), { w: new Float32Array(8) }, { engine: await wasmEngine() });
 */
export async function wasmEngine(options: WasmEngineOptions = {}): Promise<Engine> {
  return createWasmEngine(options);
}

/** {@link wasmEngine}, at once: for bindings, whose first step may come unprepared. */
export function createWasmEngine(options: WasmEngineOptions = {}): Engine {
  checkOptionNames('wasmEngine', options, ['threads']);
  const { threads = 1 } = options;
  if (!Number.isInteger(threads) || threads < 1) {
    throw new InvalidOptionError(
      `wasmEngine: threads must be a whole number above 0, but is ${describeValue(threads)}.`,
    );
  }
  if (!supportsSimd()) return withoutSimd();
  if (threads > 1 && !canShareMemory()) throw noThreadsError(threads);
  return {
    name: threads === 1 ? 'wasm' : `wasm on ${threads} threads`,
    open: (layout) => open(layout, threads),
  };
}

let isSaid = false;

/** The same transforms without WebAssembly, slower. Said once, and not again by the next engine. */
function withoutSimd(): Engine {
  if (!isSaid) {
    console.warn(
      'Gradkit: WebAssembly SIMD is refused here, so transforms run as loops over Float32Arrays, which is slower. ' +
        "On a page with a Content-Security-Policy, add 'wasm-unsafe-eval' to script-src.",
    );
  }
  isSaid = true;
  return loopEngine();
}

function open(layout: Layout, threads: number): EngineSession {
  const arena = createArena(layout, { threads });
  const { memory, control } = arena;
  const pool = threads > 1 ? createPassPool({ memory, control, threads }) : undefined;
  const runner = createPlanRunner(layout.leaves, {
    addresses: arena.addresses,
    room: arena,
    ...(pool === undefined ? {} : { pool }),
  });
  return {
    memory: arena.views,
    initialize: (program) => runner.initialize(program),
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
  { views, addresses }: Arena,
  pool: PassPool | undefined,
  { gradient, leaf }: { gradient: Float32Array | undefined; leaf: number },
): GradientSource {
  const own = views.gradients[leaf];
  if (gradient === undefined || gradient === own) return gradient && addresses.gradients[leaf];
  if (pool?.isReady() !== true) return gradient;
  own?.set(gradient);
  return addresses.gradients[leaf];
}
