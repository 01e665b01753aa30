// A thread that computes its share of a sweep when it is told to, over memory that it shares with the engine. It waits inside WebAssembly's
// memory and not for messages, so that a step, which is synchronous, can set it to work. Plain JavaScript, because a thread is started from
// a file, and Node 20 starts none that is written in TypeScript. `pool`, `helper` and `states` are those of poolFields.ts.

const spins = 4000;

/**
 * @param {{
 *   memory: WebAssembly.Memory, control: number, own: number, pool: Record<string, number>, helper: Record<string, number>,
 *   states: Record<string, number>,
 * }} start
 */
function serve({ memory, control, own, pool, helper, states }) {
  const words = new Int32Array(memory.buffer);
  const common = control >>> 2;
  const state = own + helper.state;
  /** An address, which is above 2^31 in the upper half of a memory. */
  const addressAt = (place) => words[place] >>> 0;
  /** @type {Map<number, WebAssembly.Exports>} */
  const modules = new Map();
  let seen = 0;

  const exportsOf = () => {
    const id = words[common + pool.module];
    const known = modules.get(id);
    if (known !== undefined) return known;
    const address = addressAt(common + pool.bytes);
    // A copy, because shared memory cannot be compiled.
    const bytes = new Uint8Array(memory.buffer, address, words[common + pool.length]).slice();
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { gradkit: { memory } });
    modules.set(id, exports);
    return exports;
  };

  const end = (result) => {
    Atomics.store(words, state, result);
    Atomics.notify(words, state);
  };

  Atomics.store(words, state, states.idle);
  for (;;) {
    for (let spin = 0; spin < spins && Atomics.load(words, common + pool.turn) === seen; spin++);
    Atomics.wait(words, common + pool.turn, seen);
    const turn = Atomics.load(words, common + pool.turn);
    if (turn === seen) continue;
    seen = turn;
    if (words[common + pool.isOver] === 1) return;
    if (Atomics.compareExchange(words, state, states.open, states.taken) !== states.open) continue;
    let sweep;
    try {
      sweep = exportsOf()[`sweep ${words[common + pool.pass]} ${words[common + pool.group]}`];
    } catch {
      // Nothing is computed yet, so the engine can do it instead.
      end(states.refused);
      return;
    }
    try {
      const frame = addressAt(common + pool.frame);
      const last = addressAt(own + helper.end);
      const piece = words[common + pool.piece];
      for (let from = addressAt(own + helper.begin); from < last; from += piece) {
        sweep(frame, from, Math.min(from + piece, last));
        Atomics.add(words, own + helper.beats, 1);
      }
      end(states.idle);
    } catch {
      end(states.failed);
    }
  }
}

const threads = globalThis.process?.getBuiltinModule?.('node:worker_threads');
if (threads === undefined) globalThis.addEventListener('message', ({ data }) => serve(data), { once: true });
else serve(threads.workerData);
