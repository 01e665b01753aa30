import { createStepper, type Stepper } from '@gradkit/core';
import { sgd } from '@gradkit/optimizers';
import { wasmEngine } from '@gradkit/wasm';
import { afterEach, expect, test, vi } from 'vitest';

const size = 400_000;
const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

/** Starts threads from another file than the engine's. */
function startFrom(address: string): void {
  const { Worker: Original } = globalThis;
  vi.stubGlobal(
    'Worker',
    class extends Original {
      constructor() {
        super(address, { type: 'module' });
      }
    },
  );
}

async function openStepper(): Promise<Stepper> {
  const engine = await wasmEngine({ threads: 2 });
  return createStepper(sgd({ learningRate: 0.5 }), { w: new Float32Array(size).fill(1) }, { engine });
}

function step(stepper: Stepper): void {
  stepper.gradients()['w']?.fill(1);
  stepper.step();
}

test('a thread whose file is missing costs the thread: it is warned of, and steps are taken', async () => {
  startFrom('/nowhere.js');
  const stepper = await openStepper();
  step(stepper);
  await expect
    .poll(() => warn.mock.calls.flat().join('\n'))
    .toMatch(/a thread of the wasm engine is missing/);
  step(stepper);
  expect([...new Set(stepper.params()['w'])]).toEqual([0]);
  stepper.dispose();
});

test('a thread that ends in the midst of a step is an error, and the page does not hang', async () => {
  const code = `addEventListener('message', ({ data: { memory, control, own, pool, states } }) => {
    const words = new Int32Array(memory.buffer);
    Atomics.store(words, own, states.idle);
    postMessage('ready');
    Atomics.wait(words, control / 4 + pool.turn, 0);
    Atomics.compareExchange(words, own, states.open, states.taken);
    close();
  });`;
  startFrom(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })));
  const stepper = await openStepper();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  // The engine must not be faster than the thread; after that, half a minute goes by at once.
  const notify = vi.spyOn(Atomics, 'notify').mockImplementation((words, place) => {
    notify.mockRestore();
    const woken = Atomics.notify(words, place);
    for (const until = performance.now() + 200; performance.now() < until;);
    let now = 0;
    vi.spyOn(Date, 'now').mockImplementation(() => (now += 2000));
    return woken;
  });
  expect(() => step(stepper)).toThrow(/^Thread 2 of 2 of the wasm engine has shown no sign of life/);
  expect(() => step(stepper)).toThrow(/^Thread 2 of 2/);
  stepper.dispose();
});
