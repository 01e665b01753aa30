import { cpu } from '@gradkit/tfjs-cpu';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { ActiveBackend } from './backends.ts';

/** Loads TensorFlow.js's backend in plain JavaScript. */
export async function activateCpu(): Promise<ActiveBackend> {
  await tf.setBackend('cpu');
  return { binding: cpu() };
}
