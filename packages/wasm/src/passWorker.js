// A thread that computes its share of a sweep when it is told to, over memory that it shares with the engine. It waits inside WebAssembly's
// memory and not for messages, so that a step, which is synchronous, can set it to work. Plain JavaScript, because a thread is started from
// a file, and Node 20 starts none that is written in TypeScript. `fields` are those of poolFields.ts.

const spins = 4000;

/** @param {{ memory: WebAssembly.Memory, control: number, index: number, fields: Record<string, number> }} start */
function serve({ memory, control, index, fields: pool }) {
  const words = new Int32Array(memory.buffer);
  const field = control >> 2;
  /** @type {Map<number, WebAssembly.Exports>} */
  const modules = new Map();
  let seen = 0;

  const exportsOf = () => {
    const id = words[field + pool.module];
    const known = modules.get(id);
    if (known !== undefined) return known;
    const address = words[field + pool.bytes];
    // A copy, because shared memory cannot be compiled.
    const bytes = new Uint8Array(memory.buffer, address, words[field + pool.length]).slice();
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { gradkit: { memory } });
    modules.set(id, exports);
    return exports;
  };

  Atomics.add(words, field + pool.ready, 1);
  for (;;) {
    for (let spin = 0; spin < spins && Atomics.load(words, field + pool.turn) === seen; spin++);
    Atomics.wait(words, field + pool.turn, seen);
    const turn = Atomics.load(words, field + pool.turn);
    if (turn === seen) continue;
    seen = turn;
    if (words[field + pool.isOver] === 1) return;
    try {
      const share = field + pool.shares + 2 * index;
      const name = `sweep ${words[field + pool.pass]} ${words[field + pool.group]}`;
      exportsOf()[name](words[field + pool.frame], words[share], words[share + 1]);
    } catch {
      Atomics.store(words, field + pool.failed, 1);
    }
    Atomics.add(words, field + pool.done, 1);
    Atomics.notify(words, field + pool.done);
  }
}

const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
if (threads === undefined) globalThis.addEventListener('message', ({ data }) => serve(data), { once: true });
else serve(threads.workerData);
