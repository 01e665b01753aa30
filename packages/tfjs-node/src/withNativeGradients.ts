import type { Binding } from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs-core';

/** The same binding, for tests that make gradients of numbers: it gets them as tensors that TensorFlow made, as training gives them. */
export function withNativeGradients(binding: Binding): Binding {
  return {
    name: binding.name,
    open: (layout) => {
      const session = binding.open(layout);
      return {
        ...session,
        execute: ({ gradients, ...step }) => {
          const native = gradients.map((tensor) => tensor && tf.reshape(tensor, tensor.shape));
          return session.execute({ ...step, gradients: native });
        },
      };
    },
  };
}
