import {
  InvalidOptionError,
  type AnyTransform,
  type GradientTransform,
  type NamedGradients,
  type Report,
  type StateTree,
} from '@gradkit/core';
import {
  toOptimizer,
  wrapOptimizer,
  type Binding,
  type NamedGradient,
  type NamedWeight,
} from '@gradkit/tfjs';
import * as tf from '@tensorflow/tfjs-core';
import type { Tree } from './conformanceCase.ts';
import type { ConformanceSubject } from './differencesFromReference.ts';

const statePrefix = 'gradkit/state/';

/**
 * A transform on TensorFlow.js's active backend: `toOptimizer` for one that yields updates, otherwise `wrapOptimizer` before an
 * optimizer that only writes down what it is given. Without a binding it runs operation by operation.
 */
export function tfjsSubject(transform: AnyTransform, params: Tree, binding?: Binding): ConformanceSubject {
  const leaves = Object.entries(params);
  const variables = leaves.map(([name, { values, shape }]) =>
    tf.tidy(() => tf.variable(tf.tensor(values.slice(), [...shape], 'float32'), true, name)),
  );
  const recorder = new Recorder();
  const optimizer = makeOptimizer(transform, recorder, binding);
  let latest: Report | undefined;
  optimizer.onReport((report) => (latest = report));
  const advance = (gradients: NamedGradients): void =>
    tf.tidy(() =>
      optimizer.applyGradients(
        leaves.map(([name, { shape }]) => {
          const values = gradients[name];
          if (values === undefined) throw new InvalidOptionError(`The case has no gradient for ${name}.`);
          return { name, tensor: values === null ? null : tf.tensor(values.slice(), [...shape], 'float32') };
        }),
      ),
    );
  const read = async (tensors: ReadonlyMap<string, tf.Tensor>): Promise<Record<string, Float32Array>> => {
    const arrays = await Promise.all(
      Array.from(tensors, async ([name, tensor]): Promise<[string, Float32Array]> => [
        name,
        Float32Array.from(await tensor.data()),
      ]),
    );
    return Object.fromEntries(arrays);
  };
  return {
    step: advance,
    update: async (gradients) => {
      recorder.forget();
      advance(gradients);
      const still = leaves.map(([name, { values }]): [string, Float32Array] => [
        name,
        new Float32Array(values.length).fill(-0),
      ]);
      return { ...Object.fromEntries(still), ...(await read(recorder.given)) };
    },
    flush: () => optimizer.flush(),
    params: () => read(new Map(variables.map((variable) => [variable.name, variable]))),
    report: () => latest,
    getState: async () => {
      const weights: NamedWeight[] = await optimizer.getWeights();
      const own = weights.filter(({ name }) => name.startsWith(statePrefix));
      const [steps = NaN] = (await weights.find(({ name }) => name === 'iter')?.tensor.data()) ?? [];
      const state = await read(
        new Map(own.map(({ name, tensor }) => [name.slice(statePrefix.length), tensor])),
      );
      return { ...state, step: Int32Array.of(steps) };
    },
    dispose: () => {
      recorder.forget();
      optimizer.dispose();
      tf.dispose(variables);
    },
  };
}

function makeOptimizer(
  transform: AnyTransform,
  recorder: tf.Optimizer,
  binding: Binding | undefined,
): ReturnType<typeof toOptimizer> | ReturnType<typeof wrapOptimizer> {
  const options = binding === undefined ? {} : { binding };
  if (isOptimizer(transform)) return toOptimizer(transform, options);
  if (isOfGradients(transform)) return wrapOptimizer(recorder, transform, options);
  throw new InvalidOptionError(`${transform.name} yields neither updates nor gradients.`);
}

function isOptimizer(transform: AnyTransform): transform is GradientTransform<StateTree, 'updates'> {
  return transform.yields === 'updates';
}

function isOfGradients(transform: AnyTransform): transform is GradientTransform<StateTree, 'gradients'> {
  return transform.yields === 'gradients';
}

/** An optimizer that takes no step and keeps what it is given. */
class Recorder extends tf.Optimizer {
  /** @nocollapse */
  static readonly className: string = 'Recorder';
  readonly given: Map<string, tf.Tensor> = new Map();

  override applyGradients(gradients: Record<string, tf.Tensor> | readonly NamedGradient[]): void {
    const list: readonly NamedGradient[] = isList(gradients)
      ? gradients
      : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
    for (const { name, tensor } of list) {
      if (tensor !== null && tensor !== undefined) this.given.set(name, tf.keep(tf.clone(tensor)));
    }
  }

  forget(): void {
    for (const tensor of this.given.values()) tensor.dispose();
    this.given.clear();
  }

  override async getWeights(): Promise<NamedWeight[]> {
    return [];
  }

  override getConfig(): tf.serialization.ConfigDict {
    return {};
  }
}

function isList(
  gradients: Record<string, tf.Tensor> | readonly NamedGradient[],
): gradients is readonly NamedGradient[] {
  return Array.isArray(gradients);
}
