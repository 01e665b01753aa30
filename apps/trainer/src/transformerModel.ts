import * as tf from '@tensorflow/tfjs';
import type { CharacterModel } from './languageModel.ts';
import { dataProduct, matrixProduct, turned } from './matrixProduct.ts';
import { constant, createParameters, normal } from './parameters.ts';
import type { Random } from './seededRandom.ts';
import { as2D } from './tensorRank.ts';

interface TransformerShape {
  readonly characters: number;
  readonly sequenceLength: number;
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
}

/**
 * A decoder of GPT's kind (Radford et al. 2019): learned places, causal attention, layers normalised before each part, weights
 * normal with deviation 0.02 and those that end a part divided by the square root of twice the layers.
 */
export function transformerModel(shape: TransformerShape, random: Random): CharacterModel {
  const { characters, sequenceLength, width, layers, heads } = shape;
  const start = normal(0.02);
  const end = normal(0.02 / Math.sqrt(2 * layers));
  const [one, zero] = [constant(1), constant(0)];
  const names = Array.from({ length: layers }, (_, layer) => `block${layer + 1}`);
  const parameters = createParameters(
    Object.fromEntries([
      ['characters', { shape: [characters, width], start }],
      ['places', { shape: [sequenceLength, width], start }],
      ...names.flatMap((name) => [
        [`${name}/norm1/gain`, { shape: [width], start: one }],
        [`${name}/norm1/bias`, { shape: [width], start: zero }],
        [`${name}/attention/kernel`, { shape: [width, 3 * width], start }],
        [`${name}/attention/bias`, { shape: [3 * width], start: zero }],
        [`${name}/attention/output/kernel`, { shape: [width, width], start: end }],
        [`${name}/attention/output/bias`, { shape: [width], start: zero }],
        [`${name}/norm2/gain`, { shape: [width], start: one }],
        [`${name}/norm2/bias`, { shape: [width], start: zero }],
        [`${name}/dense/kernel`, { shape: [width, 4 * width], start }],
        [`${name}/dense/bias`, { shape: [4 * width], start: zero }],
        [`${name}/dense/output/kernel`, { shape: [4 * width, width], start: end }],
        [`${name}/dense/output/bias`, { shape: [width], start: zero }],
      ]),
      ['norm/gain', { shape: [width], start: one }],
      ['norm/bias', { shape: [width], start: zero }],
      ['head/kernel', { shape: [width, characters], start }],
    ]),
    random,
  );
  const { get } = parameters;

  const dense = (name: string, signal: tf.Tensor): tf.Tensor2D =>
    as2D(tf.add(matrixProduct(signal, get(`${name}/kernel`)), get(`${name}/bias`)));

  const normalise = (name: string, signal: tf.Tensor): tf.Tensor => {
    const centred = tf.sub(signal, tf.mean(signal, 1, true));
    const scale = tf.rsqrt(tf.add(tf.mean(tf.square(centred), 1, true), 1e-5));
    return tf.add(tf.mul(tf.mul(centred, scale), get(`${name}/gain`)), get(`${name}/bias`));
  };

  /** Causal attention of `[batch * time, width]`. */
  const attend = (name: string, signal: tf.Tensor, batch: number, time: number): tf.Tensor => {
    const each = width / heads;
    const [queries, keys, values] = tf
      .split(dense(name, signal), 3, 1)
      .map((part) => tf.transpose(tf.reshape(part, [batch, time, heads, each]), [0, 2, 1, 3]));
    if (queries === undefined || keys === undefined || values === undefined) return signal;
    const scores = tf.mul(matrixProduct(queries, turned(keys)), 1 / Math.sqrt(each));
    const weights = tf.softmax(tf.add(scores, causalMask(time)));
    const mixed = tf.transpose(matrixProduct(weights, values), [0, 2, 1, 3]);
    return dense(`${name}/output`, tf.reshape(mixed, [batch * time, width]));
  };

  return {
    parameters,
    logits: (codes) => {
      const [time, batch] = codes.shape;
      const oneHot = tf.oneHot(tf.transpose(codes).flatten(), characters).toFloat();
      const embedded = dataProduct(oneHot, get('characters'));
      const places = tf.slice(get('places'), [0, 0], [time, width]);
      let signal: tf.Tensor = tf
        .add(tf.reshape(embedded, [batch, time, width]), places)
        .reshape([batch * time, width]);
      for (const name of names) {
        signal = tf.add(signal, attend(`${name}/attention`, normalise(`${name}/norm1`, signal), batch, time));
        const bent = gelu(dense(`${name}/dense`, normalise(`${name}/norm2`, signal)));
        signal = tf.add(signal, dense(`${name}/dense/output`, bent));
      }
      const logits = matrixProduct(normalise('norm', signal), get('head/kernel'));
      return as2D(
        tf.reshape(tf.transpose(tf.reshape(logits, [batch, time, characters]), [1, 0, 2]), [
          time * batch,
          characters,
        ]),
      );
    },
  };
}

/** 0 where a place may look, -1e9 at those that come after it. */
function causalMask(time: number): tf.Tensor2D {
  const mask = Float32Array.from({ length: time * time }, (_, index) =>
    index % time > Math.floor(index / time) ? -1e9 : 0,
  );
  return tf.tensor2d(mask, [time, time]);
}

/** The Gaussian error linear unit, with tanh (Hendrycks & Gimpel 2016). */
function gelu(signal: tf.Tensor): tf.Tensor {
  const cubic = tf.add(signal, tf.mul(tf.mul(tf.square(signal), signal), 0.044715));
  return tf.mul(tf.mul(signal, 0.5), tf.add(tf.tanh(tf.mul(cubic, Math.sqrt(2 / Math.PI))), 1));
}
