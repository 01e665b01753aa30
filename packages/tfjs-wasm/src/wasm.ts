import { initializeState, noGroup, sizeInLeaf, sizeOfShape, stateEntries, type Layout } from '@gradkit/core';
import {
  opByOp,
  requireNoOptions,
  stateTensors,
  touchedLeaves,
  type Binding,
  type BindingSession,
} from '@gradkit/tfjs';
import { createPlanRunner, supportsSimd, type GradientSource } from '@gradkit/wasm/binding';
import * as tf from '@tensorflow/tfjs-core';
import { heapBlocks } from './heapBlocks.ts';
import { addressOfData, memoryOf, wasmBackend, type WasmBackend } from './wasmBackend.ts';

/**
 * Runs transforms inside the memory of TensorFlow.js's WebAssembly backend: parameters and gradients are read and written where its
 * tensors lie.
 *
 * Variables stay themselves: clones and reshapes keep the values they had, assigned values are taken up.
 * Where WebAssembly SIMD is refused, they run operation by operation, and it says so once.
 * @throws {InvalidOptionError} if it is given anything; at the first step, if another backend is active.
 * @example toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), adamw({ learningRate: 1e-3 })), { binding: wasm() })
 */
export function wasm(...options: readonly []): Binding {
  requireNoOptions('wasm', options);
  return { name: 'tfjs-wasm', open };
}

function open(layout: Layout): BindingSession {
  const backend = wasmBackend();
  if (!supportsSimd()) {
    warnOnce();
    return opByOp().open(layout);
  }
  const { leaves } = layout;
  const entries = stateEntries(layout.slots, leaves);
  const heap = heapBlocks(backend);
  const room = heapBlocks(backend);
  const sizes = leaves.map(({ shape }) => sizeOfShape(shape));

  const allocateZeros = (length: number, what: string): number => {
    const address = heap.allocate(4 * length);
    if (address !== undefined) {
      heap.numbers(address, length).fill(0);
      return address;
    }
    heap.releaseAll();
    throw noRoomError(what, 4 * length);
  };

  const slots = new Map<string, Map<number, { readonly address: number; readonly length: number }>>();
  for (const { slot, leaf, name } of entries) {
    const length = leaf === noGroup ? slot.length : sizeInLeaf(slot.kind, leaves[leaf]?.shape ?? []);
    const places = slots.get(slot.name) ?? new Map<number, { address: number; length: number }>();
    slots.set(slot.name, places.set(leaf, { address: allocateZeros(length, `the state ${name}`), length }));
  }
  const stateAt = (slot: string, leaf: number): Float32Array | undefined => {
    const place = slots.get(slot)?.get(leaf);
    return place === undefined ? undefined : heap.numbers(place.address, place.length);
  };
  const state = stateTensors(layout, stateAt);

  let parameters = leaves.map(() => 0);
  const runner = createPlanRunner(leaves, {
    addresses: {
      parameters,
      updates: leaves.map(() => 0),
      slots: new Map(
        Array.from(slots, ([name, places]) => [
          name,
          new Map(Array.from(places, ([leaf, { address }]) => [leaf, address])),
        ]),
      ),
    },
    room,
  });
  const moveParameters = (found: readonly number[]): void => {
    if (found.every((address, leaf) => address === parameters[leaf])) return;
    parameters = [...found];
    runner.moveParameters(parameters);
  };
  const addressOf = ({ dataId }: tf.Tensor): number => addressOfData(backend, dataId);

  return {
    initialize: (program, variables) => {
      // All of them before any view is made: a variable comes from another backend when it is asked for, and the memory may grow.
      const addresses = variables.map((variable) => variable && addressOf(variable));
      initializeState(program, {
        parameters: addresses.map((address, leaf) => {
          const size = sizes[leaf] ?? 0;
          return address === undefined ? new Float32Array(size) : heap.numbers(address, size);
        }),
        gradients: [],
        updates: [],
        slots: new Map(
          Array.from(slots, ([name, places]) => [
            name,
            new Map(
              Array.from(places, ([leaf, { address, length }]) => [leaf, heap.numbers(address, length)]),
            ),
          ]),
        ),
      });
    },
    execute: ({ plan, scalars, variables, gradients }) => {
      state.forget();
      const { written, handedOver } = touchedLeaves(plan);
      for (const leaf of written) {
        const variable = variables[leaf];
        if (variable !== undefined) makeWritable(variable, backend);
      }
      const given = gradients.map((tensor): GradientSource => {
        if (tensor === undefined) return undefined;
        // What is no gradient but a variable itself could be written to before all of it is read.
        return tensor instanceof tf.Variable ? tensor.dataSync<'float32'>() : addressOf(tensor);
      });
      const updates = handedOver.map((leaf): [number, tf.Tensor] => [
        leaf,
        emptyTensor(leaves[leaf]?.shape ?? [], backend),
      ]);
      if (updates.length > 0) {
        const places = new Map(updates.map(([leaf, tensor]) => [leaf, addressOf(tensor)]));
        runner.moveUpdates(leaves.map((_, leaf) => places.get(leaf) ?? 0));
      }
      moveParameters(
        leaves.map((_, leaf) => {
          const variable = variables[leaf];
          return variable === undefined ? 0 : addressOf(variable);
        }),
      );
      const reports = runner.execute({ plan, scalars, gradients: given });
      for (const leaf of written) {
        const variable = variables[leaf];
        if (variable !== undefined) forgetPacked(variable, backend);
      }
      return { updates: new Map(updates), reports };
    },
    state: state.tensors,
    setState: (values) => {
      state.forget();
      for (const { name, slot, leaf } of entries) {
        const value = values.get(name)?.dataSync();
        if (value !== undefined) stateAt(slot.name, leaf)?.set(value);
      }
    },
    dispose: () => {
      state.forget();
      heap.releaseAll();
      room.releaseAll();
    },
  };
}

let isSaid = false;

function warnOnce(): void {
  if (!isSaid) {
    tf.backend_util.warn(
      'Gradkit: WebAssembly SIMD is refused here, so transforms run operation by operation, which is slower.',
    );
  }
  isSaid = true;
}

/** Gives a variable data of its own, if other tensors share it. */
function makeWritable(variable: tf.Variable, backend: WasmBackend): void {
  const { dataIdMap } = backend;
  if (dataIdMap.get(variable.dataId).refCount === 1) return;
  const copy = emptyTensor(variable.shape, backend);
  // Looked up only now, because making a tensor can make the memory another one.
  const from = addressOfData(backend, variable.dataId);
  const to = addressOfData(backend, copy.dataId);
  new Uint8Array(memoryOf(backend).buffer).copyWithin(to, from, from + 4 * variable.size);
  variable.assign(copy);
  copy.dispose();
}

/**
 * Makes the backend forget what it has made of a variable's numbers. Its kernels of matMul and conv2d keep weights in an order of their own,
 * by the number of the tensor, until that tensor is disposed.
 */
function forgetPacked({ dataId, size }: tf.Variable, { dataIdMap, wasm: module }: WasmBackend): void {
  const { id, memoryOffset } = dataIdMap.get(dataId);
  module.tfjs.disposeData(id);
  module.tfjs.registerTensor(id, size, memoryOffset);
}

/** A tensor whose numbers are whatever lies there. */
function emptyTensor(shape: readonly number[], backend: WasmBackend): tf.Tensor {
  return tf.engine().makeTensorFromTensorInfo(backend.makeOutput([...shape], 'float32'));
}

function noRoomError(what: string, bytes: number): RangeError {
  return new RangeError(
    `The memory of TensorFlow.js's WebAssembly backend has no room for ${what} (${bytes} bytes). Train fewer parameters.`,
  );
}
