import { InvalidOptionError } from '@gradkit/core';
import type { CompiledPlan } from './compilePlan.ts';
import { chunkBytes } from './frameLayout.ts';
import { passWorkerAddress } from './passWorkerAddress.ts';
import { helperFields, helperStates, helperWords, poolFields } from './poolFields.ts';
import type { GroupChunks } from './planFrame.ts';
import { ThreadError } from './threadError.ts';

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
  /**
   * Computes a sweep on all threads that have started, this one among them, and comes back when it is done.
   *
   * @throws {ThreadError} if a thread fails or ends in the midst of its share, and from then on.
   */
  run(sweep: SharedSweep): void;
  /** Whether any other thread has started; before that, this one computes alone, with the same bits. */
  isReady(): boolean;
  dispose(): void;
}

/** Sweeps over fewer entries than this are done before another thread has woken up. */
const leastEntries = 131_072;
const spins = 20_000;
/** A thread shows that it is alive after so many bytes of chunks, which are a million entries. */
const piece = 64 * chunkBytes;
/** A thread that has not shown for so many milliseconds that it is alive is taken for dead. */
const usualPatience = 30_000;
/** How often that time is looked at. A machine that was asleep meanwhile, or a program in a debugger, has let one of them go by. */
const ticks = 30;

/** @throws {InvalidOptionError} where threads cannot share memory: they can in Node, and on a page that is cross-origin isolated. */
export function requireThreads(threads: number): void {
  if (typeof SharedArrayBuffer !== 'function' || startThread() === undefined) throw noThreadsError(threads);
}

/** What a pool is started with. `control` is the address of `controlBytes(threads)` bytes of zeros. */
export interface PoolStart {
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  readonly threads: number;
  /** For how many milliseconds a thread may show no sign of life in the midst of its share. */
  readonly patience?: number;
}

/** Starts a thread; `lose` is to be called with the reason if it cannot be started, or ends. */
export type StartThread = (start: ThreadStart, lose: (reason: string) => void) => void;

/**
 * Starts `threads - 1` threads beside this one. Where one cannot be started or ends between two sweeps, that is warned of, once, and the
 * others do its work.
 */
export function createPassPool(
  { memory, control, threads, patience = usualPatience }: PoolStart,
  start: StartThread | undefined = startThread(),
): PassPool {
  const words = new Int32Array(memory.buffer);
  const field = (name: keyof typeof poolFields): number => (control >>> 2) + poolFields[name];
  const helperField = (helper: number, name: keyof typeof helperFields): number =>
    field('helpers') + helperWords * helper + helperFields[name];
  const { unstarted, idle, open, taken, refused, failed } = helperStates;
  const stateOf = (helper: number): number => Atomics.load(words, helperField(helper, 'state'));
  const modules: WebAssembly.Module[] = [];
  const mayWait = maySleep();
  if (start === undefined) throw noThreadsError(threads);
  const helpers = new Set<number>();
  let isOver = false;
  let broken: ThreadError | undefined;

  const lose = (helper: number, reason: string): void => {
    if (!helpers.delete(helper) || isOver) return;
    warnOfLostThread(reason);
  };

  for (let helper = 0; helper < threads - 1; helper++) {
    helpers.add(helper);
    const own = helperField(helper, 'state');
    const rest = { pool: poolFields, helper: helperFields, states: helperStates };
    try {
      start({ memory, control, own, ...rest }, (reason) => lose(helper, reason));
    } catch (error) {
      lose(helper, messageOf(error));
    }
  }

  const started = (): number[] => Array.from(helpers).filter((helper) => stateOf(helper) !== unstarted);

  /** Waits for the end of a share; false if the thread shows no sign of life. */
  const comesBack = (helper: number): boolean => {
    const place = helperField(helper, 'state');
    for (let spin = 0; spin < spins; spin++) if (Atomics.load(words, place) !== taken) return true;
    const tick = patience / ticks;
    let beats = Atomics.load(words, helperField(helper, 'beats'));
    let since = Date.now();
    for (let silent = 0; silent < ticks;) {
      if (Atomics.load(words, place) !== taken) return true;
      if (mayWait) Atomics.wait(words, place, taken, tick);
      const now = Date.now();
      if (now >= since && now - since < tick) continue;
      since = now;
      const later = Atomics.load(words, helperField(helper, 'beats'));
      silent = later === beats ? silent + 1 : 0;
      beats = later;
    }
    return stateOf(helper) !== taken;
  };

  /** Sees to the end of a thread's share; what it did wrong, if anything. */
  const finish = (helper: number, computeIt: () => void): ThreadError | undefined => {
    // Not woken up yet: it would only come later.
    if (Atomics.compareExchange(words, helperField(helper, 'state'), open, idle) === open) {
      computeIt();
      return undefined;
    }
    const isBack = comesBack(helper);
    const state = stateOf(helper);
    if (isBack && state === idle) return undefined;
    if (state === refused) {
      lose(helper, 'it could not load the code of a sweep');
      computeIt();
      return undefined;
    }
    const fault = state === failed ? 'failed' : `has shown no sign of life for ${patience / 1000} seconds`;
    return new ThreadError({ thread: helper + 2, threads, fault });
  };

  return {
    share: ({ bytes, module }, address) => {
      new Uint8Array(memory.buffer).set(bytes, address);
      const id = modules.indexOf(module);
      return { id: id < 0 ? modules.push(module) - 1 : id, address, length: bytes.length };
    },
    isReady: () => {
      for (const helper of helpers) if (stateOf(helper) !== unstarted) return true;
      return false;
    },
    run: ({ pass, group, frame, chunks, isOrdered, module, run }) => {
      if (broken !== undefined) throw broken;
      const entries = chunks.chunks.reduce((sum, chunk) => sum + chunk.entries, 0);
      const others = entries < leastEntries ? [] : started();
      if (others.length === 0) {
        run(chunks.begin, chunks.end);
        return;
      }
      const [own, ...shares] = shareOut(chunks, { threads: others.length + 1, isOrdered, entries });
      words[field('module')] = module.id;
      words[field('bytes')] = module.address;
      words[field('length')] = module.length;
      words[field('pass')] = pass;
      words[field('group')] = group;
      words[field('frame')] = frame;
      words[field('piece')] = piece;
      others.forEach((helper, index) => {
        const { begin, end } = shares[index] ?? { begin: 0, end: 0 };
        words[helperField(helper, 'begin')] = begin;
        words[helperField(helper, 'end')] = end;
        Atomics.store(words, helperField(helper, 'state'), open);
      });
      Atomics.add(words, field('turn'), 1);
      Atomics.notify(words, field('turn'));
      if (own !== undefined) run(own.begin, own.end);
      others.forEach((helper, index) => {
        const share = shares[index];
        const error = finish(helper, () => share && run(share.begin, share.end));
        broken ??= error;
      });
      if (broken !== undefined) throw broken;
    },
    dispose: () => {
      isOver = true;
      words[field('isOver')] = 1;
      Atomics.add(words, field('turn'), 1);
      Atomics.notify(words, field('turn'));
    },
  };
}

let isSaid = false;

/** Says that there are fewer threads than were asked for: once, and not again for the next one. */
function warnOfLostThread(reason: string): void {
  if (!isSaid) {
    console.warn(
      `Gradkit: a thread of the wasm engine is missing, so the others do its work, with the same numbers: ${reason}`,
    );
  }
  isSaid = true;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
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

/** What a thread is told when it starts. */
interface ThreadStart {
  readonly memory: WebAssembly.Memory;
  readonly control: number;
  /** The first of its own words. */
  readonly own: number;
  readonly pool: typeof poolFields;
  readonly helper: typeof helperFields;
  readonly states: typeof helperStates;
}

/** A thread of Node's. */
interface NodeWorker {
  unref(): void;
  on(event: 'error', listener: (error: unknown) => void): unknown;
  on(event: 'exit', listener: (code: number) => void): unknown;
}

interface NodeThreads {
  readonly Worker: new (url: URL, options: { workerData: ThreadStart }) => NodeWorker;
}

/** How a thread is started here; undefined where none can share memory. */
function startThread(): StartThread | undefined {
  const inNode = startNodeThread(passWorkerAddress());
  if (inNode !== undefined) return inNode;
  if (typeof Worker !== 'function' || !globalThis.crossOriginIsolated) return undefined;
  return (start, lose) => {
    const worker = new Worker(new URL('./passWorker.js', import.meta.url), { type: 'module' });
    worker.addEventListener('error', (event) => {
      event.preventDefault();
      lose(event.message || 'its file cannot be loaded.');
    });
    worker.postMessage(start, { transfer: [] });
  };
}

/** How Node starts a thread from a file; undefined elsewhere. The process may end before it, and it may end before the process. */
export function startNodeThread(file: URL | undefined): StartThread | undefined {
  const threads = nodeThreads();
  if (threads === undefined) return undefined;
  return (start, lose) => {
    if (file === undefined) {
      lose('a bundle has left its file out.');
      return;
    }
    const worker = new threads.Worker(file, { workerData: start });
    worker.on('error', (error) => lose(messageOf(error)));
    worker.on('exit', (code) => lose(`it ended with code ${code}.`));
    worker.unref();
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
