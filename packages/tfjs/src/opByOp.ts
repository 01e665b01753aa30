import { stateEntries, type Layout, type ReportedNumbers } from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Binding, BindingSession } from './binding.ts';
import { runProgram } from './runProgram.ts';

/** Backends whose `dataSync` reads memory at hand; on the others a read would stall the device. */
const synchronousBackends: ReadonlySet<string> = new Set(['cpu', 'wasm', 'tensorflow']);

/** Whether a value of the active backend can be read without a stall. */
export function isSynchronous(): boolean {
  return synchronousBackends.has(tf.getBackend());
}

/** The binding that runs everywhere: TensorFlow.js's own operations, one at a time, on whichever backend is active. */
export function opByOp(): Binding {
  return { name: 'op by op', open };
}

function open(layout: Layout): BindingSession {
  const { leaves, slots } = layout;
  const entries = stateEntries(slots, leaves);
  const state = new Map<string, Map<number, tf.Tensor>>(slots.map(({ name }) => [name, new Map()]));

  /** All new values are made before any old one goes: a new value can be another slot's old one, or a variable's. */
  const commit = (values: readonly { slot: string; leaf: number; value: tf.Tensor }[]): void => {
    for (const { slot, leaf, value } of values) {
      state.get(slot)?.get(leaf)?.dispose();
      state.get(slot)?.set(leaf, tf.keep(value));
    }
  };

  return {
    initialize: (program, variables) => {
      const parameters = leaves.map(({ shape }, leaf) => variables[leaf] ?? tf.zeros([...shape]));
      const inputs = { parameters, gradients: [], slots: new Map(), scalars: new Map() };
      commit(
        runProgram(program, inputs).slots.map(({ value, ...at }) => ({ ...at, value: tf.clone(value) })),
      );
    },
    execute: ({ plan, scalars, variables, gradients }) => {
      const results = runProgram(plan.program, { parameters: variables, gradients, slots: state, scalars });
      const after = results.slots.map(({ value, ...at }) => ({ ...at, value: tf.clone(value) }));
      const parameters = Array.from(results.parameters, ([leaf, value]) => ({
        leaf,
        value: tf.clone(value),
      }));
      const updates = new Map(Array.from(results.updates, ([leaf, value]) => [leaf, tf.clone(value)]));
      const reports = Array.from(results.reports, ([path, values]) =>
        Array.from(values, ([leaf, value]) => ({ path, leaf, value: tf.clone(value) })),
      ).flat();
      for (const { leaf, value } of parameters) variables[leaf]?.assign(value);
      commit(after);
      return { updates, reports: () => readReports(reports) };
    },
    state: () => {
      const named = entries.map(({ name, slot, leaf }) => ({
        name,
        tensor: state.get(slot.name)?.get(leaf),
      }));
      return new Map(
        named.flatMap(({ name, tensor }): [string, tf.Tensor][] =>
          tensor === undefined ? [] : [[name, tensor]],
        ),
      );
    },
    setState: (values) =>
      commit(
        entries.flatMap(({ name, slot, leaf }) => {
          const value = values.get(name);
          const before = state.get(slot.name)?.get(leaf);
          if (value === undefined || before === undefined) return [];
          return [{ slot: slot.name, leaf, value: tf.reshape(value, before.shape) }];
        }),
      ),
    dispose: () => {
      for (const tensors of state.values()) for (const tensor of tensors.values()) tensor.dispose();
      state.clear();
    },
  };
}

/** All numbers as one tensor, so that they are read at once. */
function readReports(
  entries: readonly { readonly path: string; readonly leaf: number; readonly value: tf.Tensor }[],
): ReportedNumbers | Promise<ReportedNumbers> {
  const sort = (numbers: ArrayLike<number>): ReportedNumbers => {
    const sorted = new Map<string, Map<number, number>>();
    entries.forEach(({ path, leaf }, index) => {
      const values = sorted.get(path) ?? new Map<number, number>();
      sorted.set(path, values.set(leaf, numbers[index] ?? NaN));
    });
    return sorted;
  };
  if (entries.length === 0) return sort([]);
  const all = tf.concat1d(entries.map(({ value }) => tf.reshape(tf.cast(value, 'float32'), [1])));
  if (isSynchronous()) return sort(all.dataSync());
  const kept = tf.keep(tf.clone(all));
  return kept.data().then((numbers) => {
    kept.dispose();
    return sort(numbers);
  });
}
