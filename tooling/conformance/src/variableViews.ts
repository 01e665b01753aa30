import * as tf from '@tensorflow/tfjs';

/** Something that a user can hold of a variable of shape [2, 2]. */
export interface VariableView {
  readonly name: string;
  look(variable: tf.Tensor): tf.Tensor;
  /** What it gives of 0, 1, 2, 3; of one more everywhere it gives one more everywhere. */
  readonly values: readonly number[];
  /** The kernels that it takes beside the most usual ones. */
  readonly kernels: readonly string[];
}

const all = [0, 1, 2, 3];

const view = (
  name: string,
  look: VariableView['look'],
  { values = all, kernels = [] }: Partial<VariableView> = {},
): VariableView => ({ name, look, values, kernels });

/** Ways to look at a variable that may give its memory itself, and some that never do. */
export const variableViews: readonly VariableView[] = [
  view('clone', (v) => tf.clone(v)),
  view('reshape', (v) => tf.reshape(v, [4])),
  view('reshape of a reshape', (v) => tf.reshape(tf.reshape(v, [4]), [1, 4])),
  view('clone of a reshape', (v) => tf.clone(tf.reshape(v, [4]))),
  view('flatten', (v) => v.flatten()),
  view('expandDims', (v) => tf.expandDims(v, 0)),
  view('squeeze', (v) => tf.squeeze(tf.expandDims(v, 0))),
  view('slice of the first row', (v) => tf.slice(v, [0, 0], [1, 2]), { values: [0, 1] }),
  view('slice of the last entry', (v) => tf.slice(v, [1, 1], [1, 1]), { values: [3] }),
  view('slice of all', (v) => tf.slice(v, [0, 0], [2, 2])),
  view('slice of a slice', (v) => tf.slice(tf.slice(v, [1, 0], [1, 2]), [0, 1], [1, 1]), { values: [3] }),
  view('reshape of a slice', (v) => tf.reshape(tf.slice(v, [1, 0], [1, 2]), [2]), { values: [2, 3] }),
  view('slice of a column', (v) => tf.slice(v, [0, 1], [2, 1]), { values: [1, 3] }),
  view('strided slice', (v) => tf.stridedSlice(v, [0, 0], [1, 2], [1, 1]), { values: [0, 1] }),
  view('split', (v) => tf.split(v, 2, 0)[1] ?? v, { values: [2, 3] }),
  view('unstack', (v) => tf.unstack(v)[1] ?? v, { values: [2, 3] }),
  view('stack of one', (v) => tf.stack([v])),
  view('concat of one', (v) => tf.concat([v], 0)),
  view('addN of one', (v) => tf.addN([v])),
  view('transpose that moves nothing', (v) => tf.transpose(v, [0, 1])),
  view('cast to the same', (v) => tf.cast(v, 'float32')),
  view('pad by nothing', (v) =>
    tf.pad(v, [
      [0, 0],
      [0, 0],
    ]),
  ),
  view('mirrorPad by nothing', (v) =>
    tf.mirrorPad(
      v,
      [
        [0, 0],
        [0, 0],
      ],
      'reflect',
    ),
  ),
  view('tile once', (v) => tf.tile(v, [1, 1])),
  view('reverse of one column', (v) => tf.reverse(tf.reshape(v, [4, 1]), 1)),
  view('sum over an axis of length 1', (v) => tf.sum(tf.reshape(v, [4, 1]), 1)),
  view('mean over an axis of length 1', (v) => tf.mean(tf.reshape(v, [4, 1]), 1)),
  view('max over an axis of length 1', (v) => tf.max(tf.reshape(v, [4, 1]), 1)),
  view('broadcastTo the same shape', (v) => tf.broadcastTo(v, [2, 2])),
  view('gather', (v) => tf.gather(v, [0, 1])),
  view('maximum with less', (v) => tf.maximum(v, -9)),
  view('relu', (v) => tf.relu(tf.add(v, 9)).sub(9)),
  view('add 0', (v) => tf.add(v, 0)),
  view('where', (v) => tf.where(tf.onesLike(v).toBool(), v, v)),
  view('dropout of nothing', (v) => tf.dropout(v, 0)),
  view('matMul with the identity', (v) => tf.matMul(v, tf.tensor2d([1, 0, 0, 1], [2, 2]))),
  view('resize to the same', (v) => tf.image.resizeBilinear(tf.reshape<tf.Rank.R3>(v, [2, 2, 1]), [2, 2])),
  view('batchToSpace of blocks of 1', (v) =>
    tf.batchToSpaceND(
      tf.reshape(v, [1, 2, 2]),
      [1, 1],
      [
        [0, 0],
        [0, 0],
      ],
    ),
  ),
  view('spaceToBatch of blocks of 1', (v) =>
    tf.spaceToBatchND(
      tf.reshape(v, [1, 2, 2]),
      [1, 1],
      [
        [0, 0],
        [0, 0],
      ],
    ),
  ),
  view('clipByValue', (v) => tf.clipByValue(v, -9, 9)),
  view('einsum of one operand', (v) => tf.einsum('ij->ij', v), { kernels: ['Einsum'] }),
  view('a tensor of its data', (v) => tf.tensor(v.dataSync(), v.shape, 'float32')),
  view('a variable of it', (v) => tf.variable(v)),
];
