import {
  stateEntries,
  type Engine,
  type EngineSession,
  type Layout,
  type Output,
  type Plan,
  type Program,
} from '@gradkit/core';
import type { Binding, BindingSession } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import { trackHolders } from './memoryHolders.ts';
import { nativeMemory } from './nativeMemory.ts';
import { nodeBackend } from './nodeBackend.ts';
import { parameterMemory } from './parameterMemory.ts';

/** Binds an engine that works on Float32Arrays to tfjs-node's tensors. */
export function engineBinding(engine: Engine): Binding {
  return { name: `tfjs-node with ${engine.name}`, open: (layout) => open(engine, layout) };
}

function open(engine: Engine, layout: Layout): BindingSession {
  const backend = nodeBackend();
  const { leaves } = layout;
  const session = engine.open(layout);
  const memory = nativeMemory(backend);
  const tracker = trackHolders(backend);
  const parameters = leaves.map(({ shape }, leaf) =>
    parameterMemory(session.memory.parameters[leaf] ?? new Float32Array(0), shape, {
      backend,
      memory,
      tracker,
    }),
  );
  const state = stateTensors(session, layout);

  const readGradient = (tensor: tf.Tensor, leaf: number): Float32Array => {
    const { id, values } = backend.tensorMap.get(tensor.dataId);
    return values instanceof Float32Array ? values : memory.read(id, session.memory.gradients[leaf]);
  };

  return {
    initialize: (program, variables) => {
      leaves.forEach((_, leaf) => {
        const variable = variables.get(leaf);
        if (variable === undefined) session.memory.parameters[leaf]?.fill(0);
        else parameters[leaf]?.refresh(variable);
      });
      session.initialize(program);
    },
    execute: ({ plan, scalars, variables, gradients }) => {
      state.forget();
      const { read, written, handedOver } = touchedBy(plan);
      for (const leaf of read) {
        const variable = variables.get(leaf);
        if (variable !== undefined) parameters[leaf]?.refresh(variable);
      }
      const given: (Float32Array | undefined)[] = leaves.map(() => undefined);
      for (const [leaf, tensor] of gradients) given[leaf] = readGradient(tensor, leaf);
      for (const leaf of written) {
        const variable = variables.get(leaf);
        if (variable !== undefined) parameters[leaf]?.makeWritable(variable);
      }
      const { reports } = session.execute({ plan, scalars, gradients: given });
      for (const leaf of written) {
        const variable = variables.get(leaf);
        if (variable !== undefined) parameters[leaf]?.publish(variable);
      }
      const updates = handedOver.map((leaf): [number, tf.Tensor] => {
        const values = session.memory.updates[leaf]?.slice() ?? new Float32Array(0);
        return [leaf, tf.tensor(values, [...(leaves[leaf]?.shape ?? [])], 'float32')];
      });
      return { updates: new Map(updates), reports: () => reports };
    },
    state: state.tensors,
    setState: (values) => {
      state.forget();
      for (const { name, slot, leaf } of stateEntries(layout.slots, leaves)) {
        const value = values.get(name);
        const target = session.memory.slots.get(slot.name)?.get(leaf);
        if (value !== undefined && target !== undefined) target.set(value.dataSync());
      }
    },
    dispose: () => {
      state.forget();
      for (const parameter of parameters) parameter.release();
      tracker.close();
      memory.dispose();
      session.dispose();
    },
  };
}

/** The state as tensors, which are copies, made when they are asked for and kept until the state changes. */
function stateTensors(
  { memory }: EngineSession,
  { leaves, slots }: Layout,
): { tensors(): ReadonlyMap<string, tf.Tensor>; forget(): void } {
  let made: Map<string, tf.Tensor> | undefined;
  return {
    tensors: () => {
      made ??= new Map(
        stateEntries(slots, leaves).map(({ name, slot, leaf }) => {
          const values = memory.slots.get(slot.name)?.get(leaf)?.slice() ?? new Float32Array(0);
          const shape = slot.kind === 'leaf' ? (leaves[leaf]?.shape ?? []) : [values.length];
          return [name, tf.keep(tf.tensor(values, [...shape], 'float32'))];
        }),
      );
      return made;
    },
    forget: () => {
      made?.forEach((tensor) => tensor.dispose());
      made = undefined;
    },
  };
}

/** The leaves whose parameters a plan reads or writes, and those whose updates it hands over. */
interface Touched {
  readonly read: readonly number[];
  readonly written: readonly number[];
  readonly handedOver: readonly number[];
}

const touched = new WeakMap<Plan, Touched>();

function touchedBy(plan: Plan): Touched {
  const known = touched.get(plan);
  if (known !== undefined) return known;
  const { program } = plan;
  const written = leavesOf(program, program.parameters);
  const readers = program.nodes.filter(({ operation }) => operation.op === 'parameter');
  const found = {
    written,
    read: Array.from(new Set([...written, ...leavesOf(program, readers)])),
    handedOver: leavesOf(program, program.updates),
  };
  touched.set(plan, found);
  return found;
}

function leavesOf({ groups }: Program, outputs: readonly Pick<Output, 'group'>[]): number[] {
  return outputs.flatMap(({ group }) => groups[group] ?? []);
}
