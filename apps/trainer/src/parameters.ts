import * as tf from '@tensorflow/tfjs';
import { InputError } from './inputError.ts';
import type { Random } from './seededRandom.ts';

/** How a parameter begins. */
export type Initializer = (random: Random, shape: readonly number[]) => number;

/** All entries alike. */
export function constant(value: number): Initializer {
  return () => value;
}

/** Uniform in +-limit. */
export function uniform(limit: number): Initializer {
  return (random) => (2 * random.uniform() - 1) * limit;
}

/** Normal with mean 0. */
export function normal(deviation: number): Initializer {
  return (random) => deviation * random.normal();
}

/** Uniform with the deviation that keeps a signal's size on its way through a matrix of `[inputs, outputs]` (Glorot & Bengio 2010). */
export const glorot: Initializer = (random, [inputs = 1, outputs = 1]) =>
  uniform(Math.sqrt(6 / (inputs + outputs)))(random, []);

/** A model's variables by name. */
export interface Parameters {
  readonly variables: readonly tf.Variable[];
  /** How many numbers they hold. */
  readonly size: number;
  get(name: string): tf.Variable;
  dispose(): void;
}

type Specification = Readonly<Record<string, { shape: readonly number[]; start: Initializer }>>;

const largestModel = 100_000_000;

/**
 * Makes a model's variables. Their first values come from `random` alone, so that they are the same on every backend.
 *
 * @throws {InputError} if they would hold more than 100 million numbers.
 */
export function createParameters(specification: Specification, random: Random): Parameters {
  const sizes = Object.values(specification).map(({ shape }) => shape.reduce((size, axis) => size * axis, 1));
  const size = sizes.reduce((sum, part) => sum + part, 0);
  if (size > largestModel) {
    throw new InputError(
      `A model of this shape has ${size.toLocaleString('en')} parameters; the trainer takes up to ${largestModel.toLocaleString('en')}. ` +
        `Make it smaller.`,
    );
  }
  const byName = new Map(
    Object.entries(specification).map(([name, { shape, start }], index) => {
      const values = new Float32Array(sizes[index] ?? 0);
      for (let entry = 0; entry < values.length; entry++) values[entry] = start(random, shape);
      const first = tf.tensor(values, [...shape], 'float32');
      const variable = tf.variable(first, true, name);
      first.dispose();
      return [name, variable];
    }),
  );
  return {
    variables: [...byName.values()],
    size,
    get: (name) => {
      const variable = byName.get(name);
      if (variable === undefined) throw new RangeError(`The model has no parameter ${name}.`);
      return variable;
    },
    dispose: () => byName.forEach((variable) => variable.dispose()),
  };
}
