import {
  createStepper,
  planProgram,
  sizeOfShape,
  toProgram,
  type LeafSpec,
  type Stepper,
} from '@gradkit/core';
import { sgd } from '@gradkit/optimizers';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPassPool, startNodeThread, type PassPool, type StartThread } from './passPool.ts';
import { createPlanRunner } from './planRunner.ts';
import { helperFields, poolFields } from './poolFields.ts';
import { simdEngine } from './simdEngine.ts';
import { ThreadError } from './threadError.ts';

const size = 400_000;
const open: Stepper[] = [];
let warn = vi.spyOn(console, 'warn');
beforeEach(() => {
  warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
});
afterEach(() => {
  for (const stepper of open.splice(0)) stepper.dispose();
  vi.restoreAllMocks();
});

/** A stepper on threads that `start` starts, and its pool. */
function stepperOn(start: StartThread | undefined, threads = 2): { stepper: Stepper; pool: PassPool } {
  const pools: PassPool[] = [];
  const engine = simdEngine(threads, (from) => {
    const made = createPassPool({ ...from, patience: 300 }, start);
    pools.push(made);
    return made;
  });
  const params = { w: new Float32Array(size).fill(1) };
  const stepper = createStepper(sgd({ learningRate: 0.5 }), params, { engine });
  open.push(stepper);
  const [pool] = pools;
  if (pool === undefined) throw new Error('There is no pool.');
  return { stepper, pool };
}

/** Takes a step of -0.5 in all entries, from gradients that all threads see. */
function step(stepper: Stepper): void {
  stepper.gradients()['w']?.fill(1);
  stepper.step();
}

/** The values that parameters have, each once. */
function valuesOf(stepper: Stepper): number[] {
  return [...new Set(stepper.params()['w'])];
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 200));

/** A thread that runs some lines instead of passWorker.js; `words`, `own`, `states` and `take()` are there. */
function faulty(lines: string): StartThread | undefined {
  const code = `
    const { memory, control, own, pool, states } = process.getBuiltinModule('node:worker_threads').workerData;
    const words = new Int32Array(memory.buffer);
    Atomics.store(words, own, states.idle);
    const take = () => {
      Atomics.wait(words, control / 4 + pool.turn, 0);
      return Atomics.compareExchange(words, own, states.open, states.taken) === states.open;
    };
    ${lines}`;
  return startNodeThread(new URL(`data:text/javascript,${encodeURIComponent(code)}`));
}

const whole = startNodeThread(new URL('passWorker.js', import.meta.url));
const missing = startNodeThread(new URL('nowhere.js', import.meta.url));

/** Holds the engine up at its next turn, which it would else have done before another thread has woken up. */
function letThreadsBegin(): void {
  const notify = vi.spyOn(Atomics, 'notify').mockImplementation((words, place) => {
    notify.mockRestore();
    const woken = Atomics.notify(words, place);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    return woken;
  });
}

describe('a thread', () => {
  test('whose file is missing costs the thread and not the process, and is warned of once', async () => {
    const { stepper } = stepperOn(missing, 3);
    for (let count = 0; count < 3; count++) {
      step(stepper);
      await pause();
    }
    expect(valuesOf(stepper)).toEqual([-0.5]);
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^Gradkit: a thread of the wasm engine is missing, .*nowhere\.js/)],
    ]);
  });

  test('whose file a bundle has left out costs the thread', () => {
    const { stepper } = stepperOn(startNodeThread(undefined));
    step(stepper);
    expect(valuesOf(stepper)).toEqual([0.5]);
  });

  test('that cannot even be asked for costs the thread', () => {
    const { stepper } = stepperOn(() => {
      throw new Error('Workers are forbidden here.');
    });
    step(stepper);
    expect(valuesOf(stepper)).toEqual([0.5]);
  });

  test('that ends between two steps leaves its work to the others', async () => {
    const starts = [whole, faulty('process.exit(3)')];
    const { stepper, pool } = stepperOn((start, lose) => starts.pop()?.(start, lose), 3);
    await expect.poll(() => pool.isReady()).toBe(true);
    step(stepper);
    await pause();
    step(stepper);
    expect(valuesOf(stepper)).toEqual([0]);
  });

  test('that has not woken up when the engine is done with its own share leaves its share to the engine', async () => {
    const { stepper, pool } = stepperOn(faulty('setInterval(() => undefined, 1e6)'));
    await expect.poll(() => pool.isReady()).toBe(true);
    step(stepper);
    step(stepper);
    expect(valuesOf(stepper)).toEqual([0]);
  });

  test('that cannot load the code of a sweep leaves it to the engine', async () => {
    const { stepper, pool } = stepperOn(
      faulty('while (!take()); Atomics.store(words, own, states.refused); Atomics.notify(words, own);'),
    );
    await expect.poll(() => pool.isReady()).toBe(true);
    step(stepper);
    step(stepper);
    expect(valuesOf(stepper)).toEqual([0]);
  });

  test.each([
    ['dies', 'take(); process.exit(0);', 'has shown no sign of life for 0.3 seconds'],
    ['hangs', 'take(); for (;;);', 'has shown no sign of life for 0.3 seconds'],
    ['fails', 'take(); Atomics.store(words, own, states.failed); Atomics.notify(words, own);', 'failed'],
  ])(
    'that %s in the midst of a step is an error that names it, and no later step is taken',
    async (_, lines, fault) => {
      const { stepper, pool } = stepperOn(faulty(lines));
      await expect.poll(() => pool.isReady()).toBe(true);
      letThreadsBegin();
      expect(() => step(stepper)).toThrow(ThreadError);
      expect(() => step(stepper)).toThrow(`Thread 2 of 2 of the wasm engine ${fault} in the midst of a step`);
      // What there is can still be looked at.
      expect(stepper.params()['w']).toHaveLength(size);
    },
  );
});

test('two threads step every entry where the memory lies above 2 GiB', async () => {
  const leaves: LeafSpec[] = [{ name: 'w', shape: [size] }];
  const plan = planProgram(toProgram(sgd({ learningRate: 0.5 }), leaves));
  const pages = 2 ** 15 + 1024;
  // Only what is written to takes memory.
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
  const bytes = 4 * sizeOfShape([size]);
  const [control, parameter, gradient] = [64, 2 ** 31 + 64, 2 ** 31 + 64 + bytes];
  let used = gradient + bytes;
  const pool = createPassPool({ memory, control, threads: 2 }, whole);
  const runner = createPlanRunner(leaves, {
    addresses: { parameters: [parameter], updates: [0], slots: new Map() },
    room: {
      memory,
      isShared: true,
      allocate: (length) => {
        used = Math.ceil(used / 64) * 64;
        const address = used;
        used += length;
        return address;
      },
      releaseAll: () => undefined,
    },
    pool,
  });
  const [w, g] = [parameter, gradient].map((address) => new Float32Array(memory.buffer, address, size));
  w?.fill(1);
  g?.fill(1);
  await expect.poll(() => pool.isReady()).toBe(true);
  const scalars = new Map([['sgd.learningRate', 0.5]]);
  // The thread, and not the engine in its place, computes some of them.
  const beats = (control >>> 2) + poolFields.helpers + helperFields.beats;
  const words = new Int32Array(memory.buffer);
  let steps = 0;
  while (Atomics.load(words, beats) === 0 && steps < 50) {
    letThreadsBegin();
    runner.execute({ plan, scalars, gradients: [gradient] });
    steps++;
  }
  expect(Atomics.load(words, beats)).toBeGreaterThan(0);
  expect([...new Set(w)]).toEqual([1 - 0.5 * steps]);
  pool.dispose();
});
