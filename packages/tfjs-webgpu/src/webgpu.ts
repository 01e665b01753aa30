import {
  checkOptionNames,
  planProgram,
  sizeOfShape,
  stateEntries,
  type DeviceEngine,
  type DeviceSession,
  type Layout,
} from '@gradkit/core';
import { shapeOfKind, type Binding, type BindingSession } from '@gradkit/tfjs';
import { webgpuEngine, type WebgpuEngineOptions } from '@gradkit/webgpu';
import * as tf from '@tensorflow/tfjs-core';
import {
  bufferOf,
  forgetHostCopy,
  makeTensor,
  requireWebgpuBackend,
  submitRecorded,
  type Backend,
} from './tensorBuffers.ts';

/**
 * Runs optimizers of Gradkit on the buffers of TensorFlow.js's WebGPU backend: a few dispatches a step, nothing read back.
 *
 * Variables are written in place, gradients are read where they lie. A variable whose numbers are shared (a clone, a snapshot, the
 * tensor that it was made of) is copied first, so that the others keep theirs.
 * @throws {InvalidOptionError} for an option that it does not have; at the first step, for a value that the device does not allow, or if
 *   another backend is active.
 * @example toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1e-3 })), { binding: webgpu() })
 */
export function webgpu(options: WebgpuEngineOptions = {}): Binding {
  checkOptionNames('webgpu', options, Object.keys(optionNames));
  const engines = new WeakMap<GPUDevice, DeviceEngine<GPUBuffer>>();
  return {
    name: 'webgpu',
    open: (layout) => {
      const backend = requireWebgpuBackend();
      const engine = engines.get(backend.device) ?? webgpuEngine(backend.device, options);
      engines.set(backend.device, engine);
      return openSession({ backend, layout, session: engine.open(layout) });
    },
  };
}

const optionNames: Readonly<Record<keyof WebgpuEngineOptions, true>> = {
  development: true,
  packUpTo: true,
  subgroups: true,
  workgroupSize: true,
};

function openSession({
  backend,
  layout,
  session,
}: {
  backend: Backend;
  layout: Layout;
  session: DeviceSession<GPUBuffer>;
}): BindingSession {
  const entries = stateEntries(layout.slots, layout.leaves);
  let shown: ReadonlyMap<string, tf.Tensor> | undefined;

  const forgetShown = (): void => {
    for (const tensor of shown?.values() ?? []) tensor.dispose();
    shown = undefined;
  };

  const shapeOfLeaf = (leaf: number): readonly number[] => layout.leaves[leaf]?.shape ?? [];

  const buffersOf = (tensors: readonly (tf.Tensor | undefined)[]): Map<number, GPUBuffer> =>
    new Map(
      tensors.flatMap((tensor, leaf) =>
        tensor === undefined || tensor.size === 0 ? [] : [[leaf, bufferOf(backend, tensor)]],
      ),
    );

  /** Gives each variable that a step writes numbers of its own, where it shares them. */
  const unshare = (variables: readonly (tf.Variable | undefined)[], written: ReadonlySet<number>): void => {
    const shared = variables.flatMap((variable, leaf) =>
      variable !== undefined && written.has(leaf) && backend.refCount(variable.dataId) > 1
        ? [{ leaf, variable }]
        : [],
    );
    if (shared.length === 0) return;
    const copies = shared.map(({ leaf, variable }) => ({
      variable,
      from: bufferOf(backend, variable),
      bytes: 4 * sizeOfShape(shapeOfLeaf(leaf)),
      ...makeTensor(backend, variable.shape),
    }));
    submitRecorded(backend);
    const encoder = backend.device.createCommandEncoder({ label: 'gradkit copy on write' });
    for (const { from, buffer, bytes } of copies) encoder.copyBufferToBuffer(from, 0, buffer, 0, bytes);
    backend.queue.submit([encoder.finish()]);
    for (const { variable, tensor } of copies) {
      variable.assign(tensor);
      tensor.dispose();
    }
  };

  return {
    prepare: async (program) => session.prepare(planProgram(program)),
    initialize: (program, variables) => {
      const parameters = buffersOf(variables);
      submitRecorded(backend);
      session.initialize(program, parameters);
    },
    execute: ({ plan, scalars, variables, gradients, wantsReports }) => {
      forgetShown();
      const { program } = plan;
      const leavesOf = (outputs: readonly { readonly group: number }[]): ReadonlySet<number> =>
        new Set(
          outputs
            .flatMap(({ group }) => program.groups[group] ?? [])
            .filter((leaf) => sizeOfShape(shapeOfLeaf(leaf)) > 0),
        );
      const written = leavesOf(program.parameters);
      unshare(variables, written);
      const parameters = buffersOf(variables);
      const gradientBuffers = buffersOf(gradients);
      const made = new Map(
        Array.from(
          leavesOf(program.updates),
          (leaf) => [leaf, makeTensor(backend, shapeOfLeaf(leaf))] as const,
        ),
      );
      submitRecorded(backend);
      const reports = session.execute({
        plan,
        scalars,
        parameters,
        gradients: gradientBuffers,
        updates: new Map(Array.from(made, ([leaf, { buffer }]) => [leaf, buffer])),
        wantsReports,
      });
      variables.forEach((variable, leaf) => {
        if (variable !== undefined && written.has(leaf)) forgetHostCopy(backend, variable);
      });
      const updates = new Map(Array.from(made, ([leaf, { tensor }]) => [leaf, tensor]));
      for (const leaf of emptyLeaves(program.updates.flatMap(({ group }) => program.groups[group] ?? [])))
        updates.set(leaf, tf.zeros([...shapeOfLeaf(leaf)]));
      return { updates, reports: () => reports ?? new Map() };
    },
    state: () => {
      if (shown !== undefined) return shown;
      const copies = entries.map(({ name, slot, leaf }) => {
        const { tensor, buffer } = makeTensor(backend, shapeOfKind(slot, shapeOfLeaf(leaf)));
        return { name, slot, leaf, buffer, tensor: tf.keep(tensor) };
      });
      submitRecorded(backend);
      session.readState(copies);
      shown = new Map(copies.map(({ name, tensor }) => [name, tensor]));
      return shown;
    },
    setState: (values) => {
      forgetShown();
      const copies = entries.flatMap(({ name, slot, leaf }) => {
        const tensor = values.get(name);
        return tensor === undefined || tensor.size === 0
          ? []
          : [{ slot, leaf, buffer: bufferOf(backend, tensor) }];
      });
      submitRecorded(backend);
      session.writeState(copies);
    },
    dispose: () => {
      forgetShown();
      session.dispose();
    },
  };

  function emptyLeaves(leaves: readonly number[]): number[] {
    return leaves.filter((leaf) => sizeOfShape(shapeOfLeaf(leaf)) === 0);
  }
}
