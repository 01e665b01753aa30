import type { CpuBackend, TensorData } from './cpuBackend.ts';

/** The data of tensors that may lie in the memory of one parameter. */
export interface Holders {
  readonly values: Float32Array;
  readonly dataIds: Set<object>;
  /** How many may gather before those that are gone are taken out. */
  limit: number;
}

/** Finds out which tensors lie in memory that the engine writes to. */
export interface HolderTracker {
  /** Follows a parameter's memory. */
  follow(values: Float32Array): Holders;
  /** Whether an array lies in memory that is followed. */
  has(values: unknown): boolean;
  close(): void;
}

interface Listener {
  readonly regions: WeakMap<ArrayBufferLike, Holders[]>;
  users: number;
  /** Gives the backend its own methods back, unless somebody else has wrapped them since. */
  leave(): boolean;
}

const smallestLimit = 64;
const listeners = new WeakMap<CpuBackend, Listener>();

/**
 * Follows which tensors lie in the parameters' memory, by listening to the one place through which all data comes into the backend: a slice of a
 * variable is a view of its array there, and its reference count does not tell. While it listens, `await tensor.data()` and
 * `tensor.bytes()` give copies of what lies in that memory: `bytes` would give all of it. The last one who closes it leaves the
 * backend as it was; where somebody else has wrapped its methods too, it stays and listens for nobody.
 */
export function trackHolders(backend: CpuBackend): HolderTracker {
  const listener = listeners.get(backend) ?? listen(backend);
  listener.users += 1;
  let isOpen = true;
  return {
    follow: (values) => {
      const holders = { values, dataIds: new Set<object>(), limit: smallestLimit };
      const others = listener.regions.get(values.buffer) ?? [];
      if (values.length > 0) listener.regions.set(values.buffer, [...others, holders]);
      return holders;
    },
    has: (values) => regionsAt(listener, values) !== undefined,
    close: () => {
      if (!isOpen) return;
      isOpen = false;
      listener.users -= 1;
      if (listener.users > 0) return;
      if (listener.leave()) listeners.delete(backend);
    },
  };
}

function listen(backend: CpuBackend): Listener {
  const { data } = backend;
  const { set } = data;
  const { read } = backend;
  const before = {
    set: Object.getOwnPropertyDescriptor(data, 'set'),
    read: Object.getOwnPropertyDescriptor(backend, 'read'),
  };
  const listener: Listener = {
    regions: new WeakMap(),
    users: 0,
    leave: () => {
      if (data.set !== ourSet || backend.read !== ourRead) return false;
      restoreProperty(data, 'set', before.set);
      restoreProperty(backend, 'read', before.read);
      return true;
    },
  };
  listeners.set(backend, listener);

  const ourSet = (dataId: object, entry: TensorData): void => {
    const { values } = entry;
    const regions = regionsAt(listener, values);
    if (regions !== undefined && values instanceof Float32Array) {
      for (const holders of regions) if (isWithin(values, holders.values)) hold(backend, dataId, holders);
    }
    set.call(data, dataId, entry);
  };
  const ourRead = async (dataId: object): Promise<unknown> => {
    const values = await read.call(backend, dataId);
    return regionsAt(listener, values) !== undefined && values instanceof Float32Array
      ? values.slice()
      : values;
  };
  data.set = ourSet;
  backend.read = ourRead;
  return listener;
}

function restoreProperty(owner: object, name: string, before: PropertyDescriptor | undefined): void {
  if (before === undefined) Reflect.deleteProperty(owner, name);
  else Object.defineProperty(owner, name, before);
}

/** Notes that a tensor lies in a parameter's memory. */
export function hold({ data }: CpuBackend, dataId: object, holders: Holders): void {
  if (holders.dataIds.size >= holders.limit) {
    for (const held of holders.dataIds) if (!data.has(held)) holders.dataIds.delete(held);
    holders.limit = Math.max(smallestLimit, 2 * holders.dataIds.size);
  }
  holders.dataIds.add(dataId);
}

function regionsAt({ regions }: Listener, values: unknown): readonly Holders[] | undefined {
  // Nothing of a session begins at address 0, and to ask a small array for its buffer costs more than to make it.
  if (!(values instanceof Float32Array) || values.byteOffset === 0) return undefined;
  return regions.get(values.buffer);
}

function isWithin(values: Float32Array, memory: Float32Array): boolean {
  return values.byteOffset >= memory.byteOffset && values.byteOffset < memory.byteOffset + memory.byteLength;
}
