import type { NodeBackend } from './nodeBackend.ts';

/** TensorFlow's own alignment: memory of JavaScript's that begins elsewhere is copied instead of shared. */
const alignment = 64;

/** Below this size one copy into fresh memory costs less than two calls of TensorFlow's operations. */
const smallestToCopyInto = 4096;

/** What TensorFlow and JavaScript can do with each other's memory, found out by trying. */
export interface NativeMemory {
  /** Whether a tensor made of this array is this array: what is written to it, TensorFlow sees. */
  isShared(array: Float32Array): boolean;
  /**
   * The values of a tensor: in `target` if they can be brought there, otherwise in an array of their own. TensorFlow copies large ones
   * into memory that it shares, because an array that is made for each step costs ten times as much as what is copied into it.
   */
  read(id: number, target: Float32Array | undefined): Float32Array;
  /** Copies the values of a tensor into an array. */
  copy(id: number, target: Float32Array): void;
  /** Frees what reading keeps. */
  dispose(): void;
}

/** A target as tensors of TensorFlow. */
interface BoundTarget {
  readonly size: number;
  readonly target: number;
  readonly shape: number;
}

/** Tries out what the backend's memory can do. */
export function nativeMemory(backend: NodeBackend): NativeMemory {
  const { binding } = backend;
  const { TF_FLOAT: float, TF_INT32: int, TF_ATTR_TYPE: type } = binding;
  const attributes = {
    reshape: [
      { name: 'T', type, value: float },
      { name: 'Tshape', type, value: int },
    ],
    update: [{ name: 'T', type, value: float }],
  } as const;
  const shared = new WeakMap<ArrayBufferLike, boolean>();
  const boundTargets = new Map<Float32Array, BoundTarget>();
  const firstRow = binding.createTensor([1], int, Int32Array.of(0));

  const isShared = (array: Float32Array): boolean => {
    if (array.length === 0 || array.byteOffset % alignment !== 0) return false;
    const known = shared.get(array.buffer);
    if (known !== undefined) return known;
    const found = isSeen(backend, array.subarray(0, 1));
    shared.set(array.buffer, found);
    return found;
  };

  const bindTarget = (target: Float32Array): BoundTarget => {
    const known = boundTargets.get(target);
    if (known !== undefined) return known;
    const shape = [1, target.length];
    const bound = {
      size: target.length,
      target: binding.createTensor(shape, float, target),
      shape: binding.createTensor([2], int, Int32Array.from(shape)),
    };
    boundTargets.set(target, bound);
    return bound;
  };

  /** TensorFlow's InplaceUpdate writes a row of a tensor where that tensor lies, which is where `target` lies. */
  const copyInto = (id: number, bound: BoundTarget): void => {
    const [row] = binding.executeOp('Reshape', attributes.reshape, [id, bound.shape], 1);
    if (row === undefined) throw new TypeError('TensorFlow reshaped a gradient into nothing.');
    try {
      const [written] = binding.executeOp(
        'InplaceUpdate',
        attributes.update,
        [bound.target, firstRow, row.id],
        1,
      );
      if (written !== undefined) binding.deleteTensor(written.id);
    } finally {
      binding.deleteTensor(row.id);
    }
  };

  const fresh = (id: number): Float32Array => {
    const values = binding.tensorDataSync(id);
    if (values instanceof Float32Array) return values;
    throw new TypeError('TensorFlow gave a tensor that is not of float32 numbers.');
  };

  let copies: boolean | undefined;
  const canCopyInto = (target: Float32Array): boolean => {
    if (target.length < smallestToCopyInto || !isShared(target)) return false;
    copies ??= isCopiedInto(target);
    return copies;
  };

  const isCopiedInto = (target: Float32Array): boolean => {
    const place = target.subarray(0, alignment);
    const kept = place.slice();
    const probe = binding.createTensor(
      [alignment],
      float,
      Float32Array.from({ length: alignment }, (_, index) => index),
    );
    try {
      copyInto(probe, bindTarget(place));
      return place.every((value, index) => value === index);
    } catch {
      // A TensorFlow without the operation: it is read the other bound.
      return false;
    } finally {
      unbind(place);
      binding.deleteTensor(probe);
      place.set(kept);
    }
  };

  const unbind = (target: Float32Array): void => {
    const bound = boundTargets.get(target);
    if (bound === undefined) return;
    binding.deleteTensor(bound.target);
    binding.deleteTensor(bound.shape);
    boundTargets.delete(target);
  };

  return {
    isShared,
    read: (id, target) => {
      if (target === undefined || !canCopyInto(target)) return fresh(id);
      copyInto(id, bindTarget(target));
      return target;
    },
    copy: (id, target) => {
      if (canCopyInto(target)) {
        copyInto(id, bindTarget(target));
        unbind(target);
      } else target.set(fresh(id));
    },
    dispose: () => {
      for (const target of Array.from(boundTargets.keys())) unbind(target);
      binding.deleteTensor(firstRow);
    },
  };
}

/** Whether TensorFlow sees what is written to memory after a tensor was made of it. */
function isSeen({ binding }: NodeBackend, place: Float32Array): boolean {
  const [kept = 0] = place;
  const id = binding.createTensor([1], binding.TF_FLOAT, place);
  try {
    const mark = kept === 1 ? 2 : 1;
    place[0] = mark;
    const seen = binding.tensorDataSync(id);
    return seen instanceof Float32Array && seen[0] === mark;
  } finally {
    place[0] = kept;
    binding.deleteTensor(id);
  }
}
