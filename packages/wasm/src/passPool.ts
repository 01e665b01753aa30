import { InvalidOptionError } from '@gradkit/core';
import type { CompiledPlan } from './compilePlan.ts';
import { passWorkerAddress } from './passWorkerAddress.ts';
import { poolFields } from './poolFields.ts';
import type { GroupChunks } from './planFrame.ts';

/** A module for the other threads: a number of its own, and where its bytes lie. */
export interface SharedModule {
  readonly id: number;
  readonly address: number;
  readonly length: number;
}

/** One sweep of a frame, to be shared out. */
interface SharedSweep {
  readonly pass: number;
  readonly group: number;
  readonly frame: number;
  readonly chunks: GroupChunks;
  /** Whether the chunks of one leaf must stay with one thread. */
  readonly isOrdered: boolean;
  readonly module: SharedModule;
  /** Computes the chunks from one address up to another on this thread. */
  run(begin: number, end: number): void;
}

/** Threads that help with sweeps. */
export interface PassPool {
  /** Brings a module to where the other threads find it: to an address with room for its bytes. */
  share(compiled: CompiledPlan, address: number): SharedModule;
  /** Computes a sweep on all threads that have started, this one among them, and comes back when it is done. */
  run(sweep: SharedSweep): void;
  /** Whether all threads have started; before that, this one computes alone, with the same bits. */
  isReady(): boolean;
  dispose(): void;
}

/** Sweeps over fewer entries than this are done before another thread has woken up. */
const leastEntries = 131_072;
const spins = 20_000;

/** @throws {InvalidOptionError} where threads cannot share memory: they can in Node, and on a page that is cross-origin isolated. */
export function requireThreads(threads: number): void {
  if (typeof SharedArrayBuffer !== 'function' || startThread() === undefined) throw noThreadsError(threads);
}

/** What a pool is started with. `control` is the address of `controlBytes(threads)` bytes of zeros. */
export interface PoolStart {
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly threads: number;
}

/** Starts `threads - 1` threads beside this one. */
export function createPassPool({ memory, control, threads }: PoolStart): PassPool {
  const words = new Int32Array(memory.buffer);
  const field = (name: keyof typeof poolFields): number => (control >> 2) + poolFields[name];
  const helpers = threads - 1;
  const modules: WebAssembly.Module[] = [];
  const mayWait = maySleep();
  const start = startThread();
  if (start === undefined) throw noThreadsError(threads);
  for (let index = 0; index < helpers; index++) start({ memory, control, index, fields: poolFields });

  const isReady = (): boolean => Atomics.load(words, field('ready')) === helpers;

  const waitForHelpers = (): void => {
    for (let spin = 0; spin < spins; spin++) if (Atomics.load(words, field('done')) === helpers) return;
    for (;;) {
      const done = Atomics.load(words, field('done'));
      if (done === helpers) return;
      if (mayWait) Atomics.wait(words, field('done'), done);
    }
  };

  return {
    share: ({ bytes, module }, address) => {
      new Uint8Array(memory.buffer).set(bytes, address);
      const id = modules.indexOf(module);
      return { id: id < 0 ? modules.push(module) - 1 : id, address, length: bytes.length };
    },
    isReady,
    run: ({ pass, group, frame, chunks, isOrdered, module, run }) => {
      const entries = chunks.chunks.reduce((sum, chunk) => sum + chunk.entries, 0);
      if (entries < leastEntries || !isReady()) {
        run(chunks.begin, chunks.end);
        return;
      }
      const shares = shareOut(chunks, { threads, isOrdered, entries });
      const [own = { begin: chunks.begin, end: chunks.end }] = shares.splice(0, 1);
      shares.forEach(({ begin, end }, index) => {
        words[field('shares') + 2 * index] = begin;
        words[field('shares') + 2 * index + 1] = end;
      });
      words[field('module')] = module.id;
      words[field('bytes')] = module.address;
      words[field('length')] = module.length;
      words[field('pass')] = pass;
      words[field('group')] = group;
      words[field('frame')] = frame;
      Atomics.store(words, field('done'), 0);
      Atomics.add(words, field('turn'), 1);
      Atomics.notify(words, field('turn'));
      run(own.begin, own.end);
      waitForHelpers();
      if (Atomics.exchange(words, field('failed'), 0) === 1)
        throw new Error('A thread of the wasm engine failed; this is a fault of @gradkit/wasm.');
    },
    dispose: () => {
      words[field('isOver')] = 1;
      Atomics.add(words, field('turn'), 1);
      Atomics.notify(words, field('turn'));
    },
  };
}

/** The error of a place where threads cannot share memory. */
function noThreadsError(threads: number): InvalidOptionError {
  return new InvalidOptionError(
    `wasmEngine: threads is ${threads}, but threads cannot share memory here. In a browser the page must be cross-origin isolated ` +
      `(Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp); in Node, 20.16 or later is needed. ` +
      `Leave threads out for one thread.`,
  );
}

/** Runs of chunks with about the same number of entries, one for each thread; some may be empty. */
export function shareOut(
  { chunks, begin, end }: GroupChunks,
  { threads, isOrdered, entries }: { threads: number; isOrdered: boolean; entries: number },
): { begin: number; end: number }[] {
  const borders = [begin];
  let passed = 0;
  chunks.forEach((chunk, index) => {
    const isLeafBegun = chunks[index - 1]?.leaf === chunk.leaf;
    while (borders.length < threads && passed * threads >= entries * borders.length) {
      if (isOrdered && isLeafBegun) break;
      borders.push(chunk.address);
    }
    passed += chunk.entries;
  });
  while (borders.length < threads) borders.push(end);
  return borders.map((border, index) => ({ begin: border, end: borders[index + 1] ?? end }));
}

interface ThreadStart {
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly index: number;
  readonly fields: typeof poolFields;
}

interface NodeThreads {
  readonly Worker: new (url: URL, options: { workerData: ThreadStart }) => { unref(): void };
}

/** How a thread is started here; undefined where none can share memory. */
function startThread(): ((start: ThreadStart) => void) | undefined {
  const threads = nodeThreads();
  if (threads !== undefined) {
    const address = passWorkerAddress();
    return (start) => {
      // Without the file there are no threads, and this one computes alone.
      if (address !== undefined) new threads.Worker(address, { workerData: start }).unref();
    };
  }
  if (typeof Worker !== 'function' || !globalThis.crossOriginIsolated) return undefined;
  return (start) => {
    const worker = new Worker(new URL('./passWorker.js', import.meta.url), { type: 'module' });
    worker.postMessage(start, { transfer: [] });
  };
}

/** Node's threads, without an import that a bundler for browsers would trip over. */
function nodeThreads(): NodeThreads | undefined {
  const process: unknown = Reflect.get(globalThis, 'process');
  if (!hasBuiltins(process)) return undefined;
  const threads = process.getBuiltinModule('node:worker_threads');
  return isNodeThreads(threads) ? threads : undefined;
}

function hasBuiltins(value: unknown): value is { getBuiltinModule(name: string): unknown } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'getBuiltinModule' in value &&
    typeof value.getBuiltinModule === 'function'
  );
}

function isNodeThreads(value: unknown): value is NodeThreads {
  return (
    typeof value === 'object' && value !== null && 'Worker' in value && typeof value.Worker === 'function'
  );
}

/** Whether this thread may sleep; a page's main thread may not, and looks again and again instead. */
function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1);
    return true;
  } catch {
    return false;
  }
}
