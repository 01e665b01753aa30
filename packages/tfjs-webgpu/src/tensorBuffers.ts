import { InvalidOptionError } from '@gradkit/core';
import * as tf from '@tensorflow/tfjs-core';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';

/** The members of TensorFlow.js's WebGPU backend that the binding uses. All of them are public. */
export type Backend = Pick<
  WebGPUBackend,
  | 'device'
  | 'queue'
  | 'tensorMap'
  | 'uploadToGPU'
  | 'makeTensorInfo'
  | 'refCount'
  | 'ensureCommandEncoderReady'
  | 'endComputePassEncoder'
  | 'submitQueue'
>;

/** The active backend. @throws {InvalidOptionError} if it is not TensorFlow.js's WebGPU backend. */
export function requireWebgpuBackend(): Backend {
  const backend: unknown = tf.backend();
  if (isWebgpuBackend(backend)) return backend;
  throw new InvalidOptionError(
    `webgpu() runs on TensorFlow.js's WebGPU backend, but "${tf.getBackend()}" is active. ` +
      `Import @tensorflow/tfjs-backend-webgpu, and await tf.setBackend('webgpu'); where it gives false, there is no WebGPU.`,
  );
}

function isWebgpuBackend(backend: unknown): backend is Backend {
  return (
    typeof backend === 'object' &&
    backend !== null &&
    ['device', 'queue', 'tensorMap', 'uploadToGPU', 'submitQueue', 'endComputePassEncoder'].every(
      (member) => member in backend,
    )
  );
}

/** The buffer that a tensor's numbers lie in; numbers that are still on the host are uploaded. */
export function bufferOf(backend: Backend, { dataId }: Pick<tf.TensorInfo, 'dataId'>): GPUBuffer {
  // Asking for the data first moves a tensor of another backend here.
  const data = backend.tensorMap.get(dataId);
  backend.uploadToGPU(dataId);
  const { resource } = data;
  if (resource !== undefined && 'mapAsync' in resource) return resource;
  throw new InvalidOptionError(
    'A tensor lies in a texture, which cannot be bound as a buffer. Copy it with an operation: tf.add(x, 0).',
  );
}

/** A new tensor over a buffer of the backend's pool, whose numbers are whatever lay there; and that buffer. */
export function makeTensor(
  backend: Backend,
  shape: readonly number[],
): { readonly tensor: tf.Tensor; readonly buffer: GPUBuffer } {
  const info = backend.makeTensorInfo([...shape], 'float32');
  const tensor = tf.engine().makeTensorFromTensorInfo(info);
  return { tensor, buffer: bufferOf(backend, info) };
}

/** Submits what TensorFlow.js has recorded, so that commands that are submitted next see its results. */
export function submitRecorded(backend: Backend): void {
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.submitQueue();
}

/** Makes TensorFlow.js forget the copy of a tensor's numbers that it keeps on the host once they have been read. */
export function forgetHostCopy(backend: Backend, { dataId }: Pick<tf.TensorInfo, 'dataId'>): void {
  Reflect.set(backend.tensorMap.get(dataId), 'values', null);
}
