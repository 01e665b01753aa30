import {
  initializeState,
  stateEntries,
  type Engine,
  type EngineSession,
  type Layout,
  type LeafSpec,
} from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import type { Binding, BindingSession } from './binding.ts';
import { stateTensors } from './stateTensors.ts';
import { touchedLeaves } from './touchedLeaves.ts';

/** The values of one parameter where the engine keeps them, and the variable that shows them. */
export interface ParameterMemory {
  /** Takes up the variable's values, unless they are here. */
  refresh(variable: tf.Variable): void;
  /** Gives every tensor that lies here and is not the variable a copy of its own, because the engine is about to write. */
  makeWritable(variable: tf.Variable): void;
  /** Lets the variable show what the engine has written. */
  publish(variable: tf.Variable): void;
  /** Gives every tensor that lies here a copy of its own. */
  release(): void;
}

/** How the arrays of an engine and the tensors of one backend come together. */
export interface TensorMemory {
  /** Sets up one parameter, which the engine keeps in `values`. */
  parameter(values: Float32Array, leaf: LeafSpec): ParameterMemory;
  /** The values of a gradient, which the engine only reads: in `place`, where the engine reads at once, or anywhere else. */
  readGradient(tensor: tf.Tensor, place: Float32Array): Float32Array;
  dispose(): void;
}

/** A backend whose tensors an engine works on. */
export interface EngineBindingOptions {
  readonly name: string;
  readonly engine: Engine;
  /** Looks up the backend when an optimizer takes its first step; throws if it is not the active one. */
  openMemory(): TensorMemory;
}

/** Binds an engine that works on Float32Arrays to the tensors of a backend. */
export function engineBinding({ name, engine, openMemory }: EngineBindingOptions): Binding {
  return {
    name,
    open: (layout) => {
      const session = engine.open(layout);
      let memory: TensorMemory | undefined;
      try {
        memory = openMemory();
        return open(layout, { session, memory });
      } catch (error) {
        memory?.dispose();
        session.dispose();
        throw error;
      }
    },
  };
}

const nothing = new Float32Array(0);
const noUpdates: ReadonlyMap<number, tf.Tensor> = new Map();

function open(
  layout: Layout,
  { session, memory }: { session: EngineSession; memory: TensorMemory },
): BindingSession {
  const { leaves } = layout;
  const arrays = session.memory;
  const parameters = leaves.map((leaf, index) => memory.parameter(arrays.parameters[index] ?? nothing, leaf));
  const handOver = (given: readonly number[]): ReadonlyMap<number, tf.Tensor> =>
    new Map(
      given.map((leaf) => {
        const values = arrays.updates[leaf]?.slice() ?? nothing;
        return [leaf, tf.tensor(values, [...(leaves[leaf]?.shape ?? [])], 'float32')];
      }),
    );
  const state = stateTensors(layout, (slot, leaf) => arrays.slots.get(slot)?.get(leaf));

  return {
    initialize: (program, variables) => {
      parameters.forEach((parameter, leaf) => {
        const variable = variables[leaf];
        if (variable === undefined) arrays.parameters[leaf]?.fill(0);
        else parameter.refresh(variable);
      });
      initializeState(program, arrays);
    },
    execute: ({ plan, scalars, variables, gradients }) => {
      state.forget();
      const { read, written, handedOver } = touchedLeaves(plan);
      // Loops, not a call by name: on a small net this is a good part of a step.
      for (const leaf of read) {
        const variable = variables[leaf];
        if (variable !== undefined) parameters[leaf]?.refresh(variable);
      }
      // Before gradients are looked up: one may lie where a parameter does, and gets a copy of its own here.
      for (const leaf of written) {
        const variable = variables[leaf];
        if (variable !== undefined) parameters[leaf]?.makeWritable(variable);
      }
      const given = gradients.map(
        (tensor, leaf) => tensor && memory.readGradient(tensor, arrays.gradients[leaf] ?? nothing),
      );
      const reports = session.execute({ plan, scalars, gradients: given });
      for (const leaf of written) {
        const variable = variables[leaf];
        if (variable !== undefined) parameters[leaf]?.publish(variable);
      }
      return { updates: handedOver.length === 0 ? noUpdates : handOver(handedOver), reports };
    },
    state: state.tensors,
    setState: (values) => {
      state.forget();
      for (const { name, slot, leaf } of stateEntries(layout.slots, leaves)) {
        const value = values.get(name);
        if (value !== undefined) arrays.slots.get(slot.name)?.get(leaf)?.set(value.dataSync());
      }
    },
    dispose: () => {
      state.forget();
      for (const parameter of parameters) parameter.release();
      memory.dispose();
      session.dispose();
    },
  };
}
