import { addHolder, noHolders, shareListener, wrapMethods, type Holders } from '@gradkit/tfjs';
import type { CpuBackend, TensorData } from './cpuBackend.ts';

/** The memory of one parameter, and the data of tensors that may lie in it. */
export interface FollowedMemory extends Holders {
  readonly values: Float32Array;
}

/** Finds out which tensors lie in memory that the engine writes to. */
export interface HolderTracker {
  /** Follows a parameter's memory. */
  follow(values: Float32Array): FollowedMemory;
  /** Whether an array lies in memory that is followed. */
  has(values: unknown): boolean;
  close(): void;
}

interface Listener {
  readonly regions: WeakMap<ArrayBufferLike, FollowedMemory[]>;
  leave(): boolean;
}

// The number is for another one when a listener becomes something else, so that two versions do not share.
const share = shareListener('@gradkit/tfjs-cpu memory 1', listen);

/**
 * Follows which tensors lie in the parameters' memory, by listening to the one place through which all data comes into the backend: a slice of a
 * variable is a view of its array there, and its reference count does not tell. While it listens, a tensor whose array is handed out
 * (`dataSync`, `data`, `bytes`) moves to an array of its own. The last one who closes it leaves the backend as it was; where somebody
 * else has wrapped its methods too, it stays and listens for nobody.
 */
export function trackHolders(backend: CpuBackend): HolderTracker {
  const { listener, close } = share(backend);
  return {
    follow: (values) => {
      const memory = { ...noHolders(), values };
      const others = listener.regions.get(values.buffer) ?? [];
      if (values.length > 0) listener.regions.set(values.buffer, [...others, memory]);
      return memory;
    },
    has: (values) => followedIn(listener.regions, values) !== undefined,
    close,
  };
}

function listen(backend: CpuBackend): Listener {
  const { data } = backend;
  const { set } = data;
  const { readSync, bufferSync } = backend;
  const regions: Listener['regions'] = new WeakMap();
  let isOwnRead = false;

  /** Lets a tensor that lies in that memory have an array of its own, which is what the user gets: steps do not change it, and what is written to it is the tensor's. */
  const handOut = (dataId: object): unknown => {
    const entry = data.get(dataId);
    const { values } = entry;
    if (values instanceof Float32Array && followedIn(regions, values) !== undefined)
      entry.values = values.slice();
    return readSync.call(backend, dataId);
  };

  const leave = wrapMethods([
    {
      owner: data,
      name: 'set',
      method: (dataId: object, entry: TensorData): void => {
        const { values } = entry;
        const followed = followedIn(regions, values);
        if (followed !== undefined && values instanceof Float32Array) {
          for (const memory of followed) if (isWithin(values, memory.values)) hold(backend, dataId, memory);
        }
        set.call(data, dataId, entry);
      },
    },
    {
      owner: backend,
      name: 'read',
      // At once: the next step may come before the promise is awaited.
      method: (dataId: object): Promise<unknown> => Promise.resolve(handOut(dataId)),
    },
    {
      owner: backend,
      name: 'readSync',
      method: (dataId: object): unknown => (isOwnRead ? readSync.call(backend, dataId) : handOut(dataId)),
    },
    {
      owner: backend,
      name: 'bufferSync',
      // Kernels (gather, of an embedding) look into tensors by it and keep nothing.
      method: (tensor: object): unknown => {
        isOwnRead = true;
        try {
          return bufferSync.call(backend, tensor);
        } finally {
          isOwnRead = false;
        }
      },
    },
  ]);
  return { regions, leave };
}

/** Notes that a tensor lies in a parameter's memory. */
export function hold({ data }: CpuBackend, dataId: object, memory: FollowedMemory): void {
  addHolder(memory, dataId, (held) => data.has(held));
}

function followedIn(regions: Listener['regions'], values: unknown): readonly FollowedMemory[] | undefined {
  // Nothing of a session begins at address 0, and to ask a small array for its buffer costs more than to make it.
  if (!(values instanceof Float32Array) || values.byteOffset === 0) return undefined;
  return regions.get(values.buffer);
}

function isWithin(values: Float32Array, memory: Float32Array): boolean {
  return values.byteOffset >= memory.byteOffset && values.byteOffset < memory.byteOffset + memory.byteLength;
}
