import * as tf from '@tensorflow/tfjs-core';
import { batchOfCharacters, charTransformer, charTransformerTree } from './charTransformer.ts';

const { width, heads, blocks, context, rows, characters } = charTransformer;

/** The transformer's loss on its batch, as a function of variables in the tree's order; with tensors that it disposes. */
export function charTransformerLoss(variables: readonly tf.Variable[]): {
  loss(): tf.Scalar;
  dispose(): void;
} {
  const at = new Map(charTransformerTree.leaves.map(({ name }, leaf) => [name, variables[leaf]]));
  const of = (name: string): tf.Tensor => {
    const found = at.get(name);
    if (found === undefined) throw new Error(`The transformer has no ${name}.`);
    return found;
  };
  const batch = batchOfCharacters();
  const inputs = tf.tensor1d(batch.inputs, 'int32');
  const targets = tf.tidy(() =>
    tf.cast(tf.oneHot(tf.tensor1d(batch.targets, 'int32'), characters), 'float32'),
  );
  const future = tf.tidy(() =>
    tf.mul(tf.sub(1, tf.linalg.bandPart(tf.ones([context, context]), -1, 0)), -1e9),
  );

  const norm = (x: tf.Tensor, name: string): tf.Tensor => {
    const { mean, variance } = tf.moments(x, -1, true);
    const unit = tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5)));
    return tf.add(tf.mul(unit, tf.add(of(`${name}.gain`), 1)), of(`${name}.bias`));
  };
  const dense = (x: tf.Tensor, name: string): tf.Tensor =>
    tf.add(tf.matMul(x, of(`${name}.kernel`)), of(`${name}.bias`));

  const attend = (x: tf.Tensor, name: string): tf.Tensor => {
    const joined = tf.reshape(dense(x, `${name}.attention`), [rows, context, 3, heads, width / heads]);
    const [queries, keys, values] = tf.unstack(tf.transpose(joined, [2, 0, 3, 1, 4]));
    if (queries === undefined || keys === undefined || values === undefined) throw new Error('No heads.');
    const scores = tf.mul(tf.matMul(queries, keys, false, true), 1 / Math.sqrt(width / heads));
    const seen = tf.matMul(tf.softmax(tf.add(scores, future)), values);
    return dense(tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [rows * context, width]), `${name}.projection`);
  };

  const loss = (): tf.Scalar => {
    const looked = tf.reshape(tf.gather(of('characters'), inputs), [rows, context, width]);
    let x: tf.Tensor = tf.reshape(tf.add(looked, of('positions')), [rows * context, width]);
    for (let block = 0; block < blocks; block++) {
      const name = `block${block}`;
      x = tf.add(x, attend(norm(x, `${name}.norm1`), name));
      const hidden = tf.relu(dense(norm(x, `${name}.norm2`), `${name}.expand`));
      x = tf.add(x, dense(hidden, `${name}.contract`));
    }
    const logits = tf.matMul(norm(x, 'norm'), of('characters'), false, true);
    return tf.neg(tf.mean(tf.sum(tf.mul(targets, tf.logSoftmax(logits)), -1)));
  };
  return { loss, dispose: () => tf.dispose([inputs, targets, future]) };
}
