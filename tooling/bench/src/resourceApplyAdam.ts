import * as tf from '@tensorflow/tfjs-core';
import type { LoopOptimizer } from './trainingLoop.ts';
import type { UpdateTask } from './updateTask.ts';

interface Binding {
  executeOp(
    name: string,
    attributes: readonly object[],
    inputs: readonly number[],
    outputs: number,
  ): { id: number }[];
  createTensor(shape: readonly number[], dtype: number, values: unknown): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): ArrayLike<number>;
  readonly TF_FLOAT: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_SHAPE: number;
  readonly TF_ATTR_BOOL: number;
}

interface Backend {
  readonly binding: Binding;
  readonly tensorMap: { get(dataId: object): { id: number; values: unknown } };
}

let resourceCount = 0;

/**
 * Clip by global norm and TensorFlow's own fused Adam, called by hand as well as can be: norms by L2Loss, gradients scaled only where
 * they are clipped, ResourceApplyAdam in place, and the variables show the result without a copy. Nobody gets this from TensorFlow.js; it
 * is what the library underneath can do.
 */
export function resourceApplyAdam(
  { settings }: UpdateTask,
  variables: readonly tf.Variable[],
): LoopOptimizer {
  const backend: unknown = tf.backend();
  if (!isBackend(backend)) throw new Error('TensorFlow.js is not on tfjs-node.');
  const { binding, tensorMap } = backend;
  const { maxNorm, learningRate, beta1, beta2, epsilon } = settings;
  const type = { name: 'T', type: binding.TF_ATTR_TYPE, value: binding.TF_FLOAT };
  const dtype = { ...type, name: 'dtype' };
  const scalar = (value: number): number =>
    binding.createTensor([], binding.TF_FLOAT, Float32Array.of(value));
  const first = (tensors: readonly { id: number }[]): number => tensors[0]?.id ?? -1;

  const resource = (shape: readonly number[], value: number): number => {
    const handle = first(
      binding.executeOp(
        'VarHandleOp',
        [
          { name: 'container', type: binding.TF_ATTR_STRING, value: '' },
          { name: 'shared_name', type: binding.TF_ATTR_STRING, value: `bench${resourceCount++}` },
          dtype,
          { name: 'shape', type: binding.TF_ATTR_SHAPE, value: shape },
        ],
        [],
        1,
      ),
    );
    binding.executeOp('AssignVariableOp', [dtype], [handle, value], 0);
    return handle;
  };

  const zeros = ({ shape, size }: tf.Variable): number => {
    const values = binding.createTensor(shape, binding.TF_FLOAT, new Float32Array(size));
    const handle = resource(shape, values);
    binding.deleteTensor(values);
    return handle;
  };

  const slots = variables.map((variable) => {
    // The first operation makes a tensor of the values.
    tf.dispose(tf.neg(variable));
    return {
      variable,
      parameter: resource(variable.shape, tensorMap.get(variable.dataId).id),
      m: zeros(variable),
      v: zeros(variable),
    };
  });
  let [power1, power2] = [1, 1];

  const apply = (gradients: tf.NamedTensorMap): void => {
    const ids = slots.map(({ variable }) => {
      const gradient = gradients[variable.name];
      return gradient === undefined ? -1 : tensorMap.get(gradient.dataId).id;
    });
    let halfSquare = 0;
    for (const id of ids) {
      const loss = first(binding.executeOp('L2Loss', [type], [id], 1));
      halfSquare += binding.tensorDataSync(loss)[0] ?? NaN;
      binding.deleteTensor(loss);
    }
    const scale = Math.min(1, maxNorm / Math.sqrt(2 * halfSquare));
    power1 *= beta1;
    power2 *= beta2;
    const scaleId = scalar(scale);
    // TensorFlow corrects the whole quotient; so scaled, its epsilon is everybody else's.
    const numbers = [power1, power2, learningRate, beta1, beta2, epsilon * Math.sqrt(1 - power2)].map(scalar);
    for (const [index, { variable, parameter, m, v }] of slots.entries()) {
      const id = ids[index] ?? -1;
      const gradient = scale < 1 ? first(binding.executeOp('Mul', [type], [id, scaleId], 1)) : id;
      // While the variable shows the value, TensorFlow would copy it before it writes.
      const data = tensorMap.get(variable.dataId);
      binding.deleteTensor(data.id);
      const flags = ['use_locking', 'use_nesterov'].map((name) => ({
        name,
        type: binding.TF_ATTR_BOOL,
        value: false,
      }));
      binding.executeOp('ResourceApplyAdam', [type, ...flags], [parameter, m, v, ...numbers, gradient], 0);
      data.id = first(binding.executeOp('ReadVariableOp', [dtype], [parameter], 1));
      if (scale < 1) binding.deleteTensor(gradient);
    }
    for (const id of [scaleId, ...numbers]) binding.deleteTensor(id);
  };

  return {
    apply,
    dispose: () => {
      for (const { parameter, m, v } of slots) {
        for (const handle of [parameter, m, v]) {
          const ignore = { name: 'ignore_lookup_error', type: binding.TF_ATTR_BOOL, value: true };
          binding.executeOp('DestroyResourceOp', [ignore], [handle], 0);
          binding.deleteTensor(handle);
        }
      }
    },
  };
}

function isBackend(value: unknown): value is Backend {
  return typeof value === 'object' && value !== null && 'binding' in value && 'tensorMap' in value;
}
