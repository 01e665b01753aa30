// Runs in Node and in a page, so nothing here may import what only one of them has.
import { init } from '@jax-js/jax';
import { createDeviceStepper } from '@gradkit/core';
import { countDevice } from '@gradkit/gpu';
import { toOptimizer } from '@gradkit/tfjs';
import { webgpu } from '@gradkit/tfjs-webgpu';
import { webgpuEngine } from '@gradkit/webgpu';
import * as tf from '@tensorflow/tfjs-core';
import { localSession, type Contestant, type LocalSession, type Session } from './contestant.ts';
import { jaxJsSession } from './jaxJs.ts';
import { tfjsStart } from './tfjsStart.ts';
import { transforms } from './transforms.ts';
import { startOf, type UpdateTask } from './updateTask.ts';

/** A session whose steps a device takes. */
export interface DeviceSession extends Session {
  readonly device: GPUDevice;
  /** Takes some steps and hands everything to the device's queue, without waiting for it. */
  enqueue(steps: number): Promise<void>;
}

/** Someone whose steps a device takes. */
export interface DeviceContestant extends Contestant<UpdateTask> {
  open(task: UpdateTask): Promise<DeviceSession>;
}

/**
 * A session whose steps a device takes: it is waited for at the end of a round, not after each step. `flush` hands to the queue what the
 * steps have put off.
 */
export function deviceSession(
  device: GPUDevice,
  session: LocalSession,
  flush: () => void = () => undefined,
): DeviceSession {
  const local = localSession(session);
  const settle = async (): Promise<void> => device.queue.onSubmittedWorkDone();
  return {
    ...local,
    device,
    enqueue: async (steps) => {
      await local.run(steps);
      flush();
    },
    run: async (steps) => {
      await settle();
      const start = performance.now();
      await local.run(steps);
      await settle();
      return performance.now() - start;
    },
    count: async () => {
      // The first step after a wait may still take from what the wait gave back.
      await local.run(2);
      await settle();
      const counter = countDevice(device);
      await local.run(1);
      await settle();
      const { dispatches, submits, buffersCreated } = counter.reset();
      counter.stop();
      return { dispatches, submits, buffers: buffersCreated };
    },
  };
}

/** Makes TensorFlow.js's WebGPU backend the active one. */
async function activateTfjs(): Promise<void> {
  await import('@tensorflow/tfjs-backend-webgpu');
  if (!(await tf.setBackend('webgpu'))) throw new Error('TensorFlow.js could not start its webgpu backend');
}

/** The steps of TensorFlow.js's WebGPU backend, which collects some operations before it hands them to the device. */
function tfjsSession(session: LocalSession): DeviceSession {
  const backend = tf.backend();
  return deviceSession(deviceIn(Reflect.get(backend, 'device')), session, () => {
    // There is an encoder only while something waits in it.
    if (!Reflect.get(backend, 'commandEncoder')) return;
    for (const name of ['endComputePassEncoder', 'submitQueue']) {
      const method: unknown = Reflect.get(backend, name);
      if (typeof method !== 'function') throw new Error(`TensorFlow.js's webgpu backend has no ${name}`);
      Reflect.apply(method, backend, []);
    }
  });
}

function deviceIn(value: unknown): GPUDevice {
  if (isDevice(value)) return value;
  throw new Error('there is no WebGPU device');
}

function isDevice(value: unknown): value is GPUDevice {
  return typeof value === 'object' && value !== null && 'createComputePipeline' in value && 'queue' in value;
}

/** A device with what the engine can use: subgroups, bindings as large as the adapter has them, and a clock. */
export async function requestWholeDevice(): Promise<GPUDevice> {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error('there is no WebGPU adapter');
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const wanted = ['subgroups', 'timestamp-query'] as const;
  return adapter.requestDevice({
    requiredFeatures: wanted.filter((feature) => adapter.features.has(feature)),
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
}

/** The device that somebody requests meanwhile. */
async function deviceRequestedBy(request: () => Promise<unknown>): Promise<GPUDevice | undefined> {
  let requested: unknown;
  const { gpu } = navigator;
  const requestAdapter = gpu.requestAdapter.bind(gpu);
  Object.defineProperty(gpu, 'requestAdapter', {
    configurable: true,
    value: async (options?: GPURequestAdapterOptions) => {
      const adapter = await requestAdapter(options);
      if (adapter === null) return adapter;
      const requestDevice = adapter.requestDevice.bind(adapter);
      Object.defineProperty(adapter, 'requestDevice', {
        value: async (wanted?: GPUDeviceDescriptor) => {
          const device = await requestDevice(wanted);
          requested = device;
          return device;
        },
      });
      return adapter;
    },
  });
  try {
    await request();
  } finally {
    Reflect.deleteProperty(gpu, 'requestAdapter');
  }
  return isDevice(requested) ? requested : undefined;
}

const gradkitOnTfjs: DeviceContestant = {
  name: 'gradkit-tfjs-webgpu',
  label: 'Gradkit on tfjs webgpu',
  open: async (task) => {
    await activateTfjs();
    const { gradients, read, dispose } = tfjsStart(task);
    const optimizer = toOptimizer(transforms[task.transform](task.settings), { binding: webgpu() });
    return tfjsSession({
      activate: activateTfjs,
      step: () => optimizer.applyGradients(gradients),
      parameters: read,
      dispose: () => {
        optimizer.dispose();
        dispose();
      },
    });
  },
};

const gradkitEngine: DeviceContestant = {
  name: 'gradkit-webgpu',
  label: 'Gradkit webgpu engine',
  open: async (task) => {
    const { tree, transform, settings } = task;
    const device = await requestWholeDevice();
    const { parameters, gradients } = startOf(task);
    const params = tree.leaves.map(
      ({ name, shape }, leaf) => [name, { values: parameters[leaf] ?? new Float32Array(), shape }] as const,
    );
    const engine = webgpuEngine(device);
    const stepper = await createDeviceStepper(transforms[transform](settings), Object.fromEntries(params), {
      engine,
    });
    const places = stepper.gradients();
    tree.leaves.forEach(({ name }, leaf) => {
      const [place, values] = [places[name], gradients[leaf]];
      if (place !== undefined && values !== undefined) engine.write(place, values);
    });
    return deviceSession(device, {
      step: () => stepper.step(),
      parameters: async () => {
        const current = await stepper.params();
        return tree.leaves.map(({ name }) => current[name] ?? new Float32Array());
      },
      dispose: () => {
        stepper.dispose();
        device.destroy();
      },
    });
  },
};

const asWritten: DeviceContestant = {
  name: 'tfjs-webgpu',
  label: 'tfjs on webgpu: tf ops + tf.train.adam',
  open: async (task) => {
    await activateTfjs();
    const { maxNorm, learningRate, beta1, beta2, epsilon } = task.settings;
    const { gradients, read, dispose } = tfjsStart(task);
    const optimizer = tf.train.adam(learningRate, beta1, beta2, epsilon);
    // Not tf.addN as elsewhere: with more tensors than a shader can bind it drops the step without a word.
    const clipped = (): { name: string; tensor: tf.Tensor }[] => {
      const squares = Object.values(gradients).map((gradient) => tf.sum(tf.square(gradient)));
      const norm = tf.sqrt(squares.reduce((sum, next) => tf.add(sum, next)));
      const scale = tf.minimum(1, tf.div(maxNorm, norm));
      return Object.entries(gradients).map(([name, gradient]) => ({ name, tensor: tf.mul(gradient, scale) }));
    };
    return tfjsSession({
      activate: activateTfjs,
      step: () => tf.tidy(() => optimizer.applyGradients(clipped())),
      parameters: read,
      dispose: () => {
        optimizer.dispose();
        dispose();
      },
    });
  },
};

let deviceOfJax: GPUDevice | undefined;

const jaxJsOnWebgpu: DeviceContestant = {
  name: 'jax-js-webgpu',
  label: 'jax-js, jitted, webgpu',
  open: async (task) => {
    deviceOfJax ??= await deviceRequestedBy(async () => {
      if (!(await init('webgpu')).includes('webgpu'))
        throw new Error('jax-js could not start its webgpu backend');
    });
    return deviceSession(deviceIn(deviceOfJax), jaxJsSession('webgpu', task));
  },
};

/** Those who take optimizer steps on a WebGPU device. */
export const webgpuContestants: readonly DeviceContestant[] = [
  gradkitOnTfjs,
  gradkitEngine,
  asWritten,
  jaxJsOnWebgpu,
];

/** What the adapter calls itself. */
export async function adapterName(): Promise<string> {
  const adapter = await navigator.gpu?.requestAdapter();
  if (!adapter) throw new Error('there is no WebGPU adapter');
  const { vendor, architecture, description } = adapter.info;
  return description === '' ? `${vendor} ${architecture}` : description;
}
