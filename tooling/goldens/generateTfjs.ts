import * as tf from '@tensorflow/tfjs';
import { writeFileSync } from 'node:fs';

// Writes cases/tfjs.json: see README.md. `node tooling/goldens/generateTfjs.ts`; the output is the same, byte for byte, each time.

type Tree = Readonly<Record<string, Float32Array>>;

interface Variant {
  readonly name: string;
  readonly call: string;
  readonly make: () => tf.Optimizer;
  readonly transform: string;
  readonly options: Readonly<Record<string, number | boolean>>;
  /** Why ours is another on purpose: it is then computed here, in float64. */
  readonly differs?: string;
}

const shapes: Readonly<Record<string, readonly number[]>> = { kernel: [2, 3], bias: [3] };
const length = 50;
const shown = [1, 2, 3, 10, 50];
const tolerance = 5e-6;
const inRoot = { epsilon: 1e-7, epsilonInRoot: true };
const subtracted =
  'TensorFlow.js subtracts epsilon from the mean of squares where it is centered, which is NaN of small deviations; ours adds it, as Optax and Keras do.';

const variants: readonly Variant[] = [
  {
    name: 'rmsprop',
    call: 'tf.train.rmsprop(0.05, 0.9)',
    make: () => tf.train.rmsprop(0.05, 0.9),
    transform: 'rmsprop',
    options: { learningRate: 0.05, decay: 0.9, ...inRoot },
  },
  {
    name: 'rmsprop with momentum',
    call: 'tf.train.rmsprop(0.02, 0.9, 0.9)',
    make: () => tf.train.rmsprop(0.02, 0.9, 0.9),
    transform: 'rmsprop',
    options: { learningRate: 0.02, decay: 0.9, momentum: 0.9, ...inRoot },
  },
  {
    name: 'rmsprop, centered',
    call: 'tf.train.rmsprop(0.05, 0.9, 0, 1e-7, true)',
    make: () => tf.train.rmsprop(0.05, 0.9, 0, 1e-7, true),
    transform: 'rmsprop',
    options: { learningRate: 0.05, decay: 0.9, centered: true, ...inRoot },
    differs: subtracted,
  },
  {
    name: 'rmsprop, centered, of an epsilon below 0, which it subtracts',
    call: 'tf.train.rmsprop(0.05, 0.9, 0, -1e-7, true)',
    make: () => tf.train.rmsprop(0.05, 0.9, 0, -1e-7, true),
    transform: 'rmsprop',
    options: { learningRate: 0.05, decay: 0.9, centered: true, ...inRoot },
  },
  {
    name: 'rmsprop, centered with momentum, of an epsilon below 0, which it subtracts',
    call: 'tf.train.rmsprop(0.02, 0.9, 0.9, -1e-7, true)',
    make: () => tf.train.rmsprop(0.02, 0.9, 0.9, -1e-7, true),
    transform: 'rmsprop',
    options: { learningRate: 0.02, decay: 0.9, momentum: 0.9, centered: true, ...inRoot },
  },
  {
    name: 'adagrad',
    call: 'tf.train.adagrad(0.2)',
    make: () => tf.train.adagrad(0.2),
    transform: 'adagrad',
    options: { learningRate: 0.2, ...inRoot },
  },
  {
    name: 'adagrad from 1e-8',
    call: 'tf.train.adagrad(0.2, 1e-8)',
    make: () => tf.train.adagrad(0.2, 1e-8),
    transform: 'adagrad',
    options: { learningRate: 0.2, initialAccumulatorValue: 1e-8, ...inRoot },
  },
];

/** Numbers that are nearly normally distributed: the same seed gives the same ones on every machine. */
function normals(seed: string): () => number {
  let state = Array.from(seed).reduce(
    (hash, letter) => Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 16777619) >>> 0,
    2166136261,
  );
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Array.from({ length: 12 }, uniform).reduce((sum, next) => sum + next, -6);
}

function treeOf(seed: string, scale: number): Tree {
  const next = normals(seed);
  const entries = Object.entries(shapes).map(([leaf, shape]) => {
    const size = shape.reduce((product, axis) => product * axis, 1);
    return [leaf, Float32Array.from({ length: size }, () => next() * scale)] as const;
  });
  return Object.fromEntries(entries);
}

function toBits(values: Float32Array): string {
  const view = new DataView(new ArrayBuffer(4));
  return Array.from(values, (value) => {
    view.setFloat32(0, value);
    return (Number.isNaN(value) ? 0x7fc00000 : view.getUint32(0)).toString(16).padStart(8, '0');
  }).join('');
}

function bitsOf(tree: Tree): Record<string, string> {
  return Object.fromEntries(Object.entries(tree).map(([leaf, values]) => [leaf, toBits(values)]));
}

/** The parameters after each step of TensorFlow.js. */
function run(variant: Variant, params: Tree, gradients: readonly Tree[]): Tree[] {
  const optimizer = variant.make();
  const variables = Object.entries(params).map(([leaf, values]) =>
    tf.variable(tf.tensor(values, [...(shapes[leaf] ?? [])]), true, leaf),
  );
  const history = gradients.map((tree) => {
    const named = variables.map(({ name, shape }) => ({ name, tensor: tf.tensor(tree[name] ?? [], shape) }));
    optimizer.applyGradients(named);
    return Object.fromEntries(
      variables.map((variable) => [variable.name, Float32Array.from(variable.dataSync())]),
    );
  });
  tf.dispose(variables);
  return history;
}

/** Centered RMSProp without momentum as it is meant, in float64. */
function runOurs({ options }: Variant, params: Tree, gradients: readonly Tree[]): Tree[] {
  const [rate, decay, epsilon] = [
    Number(options['learningRate']),
    Number(options['decay']),
    Number(options['epsilon']),
  ];
  const entries = Object.entries(params).map(([leaf, values]) => {
    const state = Array.from(values, (value) => ({ value, square: 0, mean: 0 }));
    const history = gradients.map((tree) =>
      Float32Array.from(state, (entry, index) => {
        const gradient = tree[leaf]?.[index] ?? NaN;
        entry.square = decay * entry.square + (1 - decay) * gradient ** 2;
        entry.mean = decay * entry.mean + (1 - decay) * gradient;
        entry.value -= (rate * gradient) / Math.sqrt(entry.square - entry.mean ** 2 + epsilon);
        return entry.value;
      }),
    );
    return [leaf, history] as const;
  });
  return gradients.map((_, step) =>
    Object.fromEntries(entries.map(([leaf, history]) => [leaf, history[step] ?? new Float32Array(0)])),
  );
}

function outcome(history: readonly Tree[]): object {
  return {
    what: 'params',
    perStep: shown.map((step) => ({ step, leaves: bitsOf(history[step - 1] ?? {}) })),
  };
}

await tf.setBackend('cpu');
const cases = variants.flatMap((variant) =>
  [1, 1e-4].map((scale) => {
    const params = treeOf(`${variant.name} params`, 1);
    const gradients = Array.from({ length }, (_, step) =>
      treeOf(`${variant.name} ${scale} step ${step}`, scale),
    );
    const { call, transform, options, differs } = variant;
    const limits = { tolerance, measure: 'leaf' };
    const leaves = Object.entries(shapes).map(([leaf, shape]) => [
      leaf,
      { shape, params: toBits(params[leaf] ?? new Float32Array(0)) },
    ]);
    return {
      name: `TensorFlow.js's ${variant.name}, after 50 steps of gradients near ${scale}`,
      source: { library: `tfjs ${tf.version.tfjs}`, call: `${call}.applyGradients(gradients)` },
      transform: { transform, options },
      leaves: Object.fromEntries(leaves),
      steps: gradients.map((tree) => ({ gradients: bitsOf(tree) })),
      expected: outcome(run(variant, params, gradients)),
      verdict:
        differs === undefined
          ? { same: true, ...limits }
          : { differs, ours: outcome(runOurs(variant, params, gradients)), ...limits },
    };
  }),
);
const lines = cases.map((goldenCase) => `  ${JSON.stringify(goldenCase)}`).join(',\n');
writeFileSync(
  new URL('cases/tfjs.json', import.meta.url),
  `{\n "kind": "transforms",\n "cases": [\n${lines}\n ]\n}\n`,
);
