import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, referenceEngine, type Engine } from '@gradkit/core';
import { useNativeInTests } from '@gradkit/libtensorflow';
import { adam, sgd } from '@gradkit/optimizers';
import { toOptimizer, wrapOptimizer, type Binding } from '@gradkit/tfjs';
import { createWasmEngine } from '@gradkit/wasm/binding';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { node } from './node.ts';
import { nodeBackend } from './nodeBackend.ts';
import { nodeBinding } from './nodeBinding.ts';

const isThere = useNativeInTests();

const opened: tf.Optimizer[] = [];

/** Subtracts the gradient. */
function step(binding: Binding): tf.Optimizer {
  const optimizer = toOptimizer(sgd({ learningRate: 1 }), { binding });
  opened.push(optimizer);
  return optimizer;
}

const numbers = (tensor: tf.Tensor): number[] => Array.from(tensor.dataSync());
const ones = (): tf.Tensor => tf.add(tf.zeros([2, 2]), 1);

// With the wasm engine TensorFlow shares the parameters' memory; with the reference, whose arrays are JavaScript's own, they are copied.
const engines: readonly [string, () => Engine][] = [
  ['shared memory', createWasmEngine],
  ['copied memory', referenceEngine],
];

describe.skipIf(!isThere)('on tfjs-node', () => {
  beforeAll(async () => {
    await import('@tensorflow/tfjs-node');
    await tf.setBackend('tensorflow');
  });

  afterEach(() => {
    for (const optimizer of opened.splice(0)) optimizer.dispose();
    tf.disposeVariables();
  });

  test('clips (3, 4) at 1 and steps by the learning rate', () => {
    const w = tf.variable(tf.tensor1d([1, 2]), true, 'w');
    const transform = chain(clipByGlobalNorm({ maxNorm: 1 }), sgd({ learningRate: 0.1 }));
    const optimizer = toOptimizer(transform, { binding: node() });
    opened.push(optimizer);
    const norms: unknown[] = [];
    optimizer.onReport(({ values }) => norms.push(values['clipByGlobalNorm.norm']));
    optimizer.applyGradients({ w: tf.tensor1d([3, 4]) });
    const [a = NaN, b = NaN] = numbers(w);
    expect(a).toBeCloseTo(0.94, 6);
    expect(b).toBeCloseTo(1.92, 6);
    expect(norms).toEqual([5]);
  });

  describe.each(engines)('with %s', (_, engine) => {
    const variable = (): tf.Variable =>
      tf.variable(
        tf.tensor2d([
          [1, 2],
          [3, 4],
        ]),
        true,
        'v',
      );

    test('a variable is stepped, whether its gradient was computed or given', () => {
      const v = variable();
      const optimizer = step(nodeBinding(engine()));
      optimizer.applyGradients({ v: ones() });
      expect(numbers(v)).toEqual([0, 1, 2, 3]);
      optimizer.applyGradients({
        v: tf.tensor2d([
          [1, 0],
          [0, 1],
        ]),
      });
      expect(numbers(v)).toEqual([-1, 1, 2, 2]);
    });

    const views: readonly [string, (v: tf.Tensor) => tf.Tensor, readonly number[]][] = [
      ['clone', (v) => tf.clone(v), [0, 1, 2, 3]],
      ['reshape', (v) => tf.reshape(v, [4]), [0, 1, 2, 3]],
      ['reshape of a reshape', (v) => tf.reshape(tf.reshape(v, [4]), [1, 4]), [0, 1, 2, 3]],
      ['clone of a reshape', (v) => tf.clone(tf.reshape(v, [4])), [0, 1, 2, 3]],
      ['expandDims', (v) => tf.expandDims(v, 0), [0, 1, 2, 3]],
      ['squeeze', (v) => tf.squeeze(v), [0, 1, 2, 3]],
      ['slice of the first row', (v) => tf.slice(v, [0, 0], [1, 2]), [0, 1]],
      ['slice of all', (v) => tf.slice(v, [0, 0], [2, 2]), [0, 1, 2, 3]],
      ['strided slice', (v) => tf.stridedSlice(v, [0, 0], [1, 2], [1, 1]), [0, 1]],
      ['split', (v) => tf.split(v, 2, 0)[1] ?? v, [2, 3]],
      ['unstack', (v) => tf.unstack(v)[1] ?? v, [2, 3]],
      ['stack of one', (v) => tf.stack([v]), [0, 1, 2, 3]],
      ['concat of one', (v) => tf.concat([v], 0), [0, 1, 2, 3]],
      ['addN of one', (v) => tf.addN([v]), [0, 1, 2, 3]],
      ['transpose that moves nothing', (v) => tf.transpose(v, [0, 1]), [0, 1, 2, 3]],
      ['cast to the same', (v) => tf.cast(v, 'float32'), [0, 1, 2, 3]],
      [
        'pad by nothing',
        (v) =>
          tf.pad(v, [
            [0, 0],
            [0, 0],
          ]),
        [0, 1, 2, 3],
      ],
      [
        'mirrorPad by nothing',
        (v) =>
          tf.mirrorPad(
            v,
            [
              [0, 0],
              [0, 0],
            ],
            'reflect',
          ),
        [0, 1, 2, 3],
      ],
      ['tile once', (v) => tf.tile(v, [1, 1]), [0, 1, 2, 3]],
      ['reverse of nothing', (v) => tf.reverse(tf.reshape(v, [4, 1]), 1), [0, 1, 2, 3]],
      ['sum over an axis of length 1', (v) => tf.sum(tf.reshape(v, [4, 1]), 1), [0, 1, 2, 3]],
      ['mean over an axis of length 1', (v) => tf.mean(tf.reshape(v, [4, 1]), 1), [0, 1, 2, 3]],
      ['broadcastTo the same shape', (v) => tf.broadcastTo(v, [2, 2]), [0, 1, 2, 3]],
      ['gather', (v) => tf.gather(v, [0, 1]), [0, 1, 2, 3]],
      ['maximum with less', (v) => tf.maximum(v, -9), [0, 1, 2, 3]],
      ['relu', (v) => tf.relu(v), [0, 1, 2, 3]],
      ['add 0', (v) => tf.add(v, 0), [0, 1, 2, 3]],
      ['where', (v) => tf.where(tf.onesLike(v).toBool(), v, v), [0, 1, 2, 3]],
      ['dropout of nothing', (v) => tf.dropout(v, 0), [0, 1, 2, 3]],
      ['matMul with the identity', (v) => tf.matMul(v, tf.eye(2)), [0, 1, 2, 3]],
      [
        'resize to the same',
        (v) => tf.image.resizeBilinear(tf.reshape<tf.Rank.R3>(v, [2, 2, 1]), [2, 2]),
        [0, 1, 2, 3],
      ],
      [
        'batchToSpace of blocks of 1',
        (v) =>
          tf.batchToSpaceND(
            tf.reshape(v, [1, 2, 2]),
            [1, 1],
            [
              [0, 0],
              [0, 0],
            ],
          ),
        [0, 1, 2, 3],
      ],
      [
        'spaceToBatch of blocks of 1',
        (v) =>
          tf.spaceToBatchND(
            tf.reshape(v, [1, 2, 2]),
            [1, 1],
            [
              [0, 0],
              [0, 0],
            ],
          ),
        [0, 1, 2, 3],
      ],
      ['clipByValue', (v) => tf.clipByValue(v, -9, 9), [0, 1, 2, 3]],
      ['einsum', (v) => tf.einsum('ij->ij', v), [0, 1, 2, 3]],
    ];

    test.for(views)(
      'what a user holds keeps its values over later steps: %s',
      ([name, look, values], { skip }) => {
        skip(name === 'einsum' && !tf.getKernel('Einsum', 'tensorflow'), 'older versions have no einsum');
        const v = variable();
        const optimizer = step(nodeBinding(engine()));
        optimizer.applyGradients({ v: ones() });
        const held = look(v);
        optimizer.applyGradients({ v: ones() });
        expect(numbers(held)).toEqual(values);
        expect(numbers(v)).toEqual([-1, 0, 1, 2]);
        optimizer.applyGradients({ v: ones() });
        expect(numbers(held)).toEqual(values);
        expect(numbers(v)).toEqual([-2, -1, 0, 1]);
      },
    );

    test('a clone outlives an assignment, and the assigned value is taken up', () => {
      const v = variable();
      const optimizer = step(nodeBinding(engine()));
      optimizer.applyGradients({ v: ones() });
      const held = tf.clone(v);
      v.assign(
        tf.tensor2d([
          [10, 20],
          [30, 40],
        ]),
      );
      optimizer.applyGradients({ v: ones() });
      expect(numbers(held)).toEqual([0, 1, 2, 3]);
      expect(numbers(v)).toEqual([9, 19, 29, 39]);
    });

    test('a variable that is assigned a view of itself goes on from it', () => {
      const v = variable();
      const optimizer = step(nodeBinding(engine()));
      optimizer.applyGradients({ v: ones() });
      v.assign(tf.reshape(tf.reshape(v, [4]), [2, 2]));
      optimizer.applyGradients({ v: ones() });
      expect(numbers(v)).toEqual([-1, 0, 1, 2]);
    });

    test('two variables made of one tensor are stepped apart, and the tensor keeps its values', () => {
      const start = ones();
      const [a, b] = [tf.variable(start, true, 'a'), tf.variable(start, true, 'b')];
      const optimizer = step(nodeBinding(engine()));
      for (let count = 0; count < 2; count++) optimizer.applyGradients({ a: ones(), b: tf.mul(ones(), 2) });
      expect([numbers(a), numbers(b), numbers(start)]).toEqual([
        [-1, -1, -1, -1],
        [-3, -3, -3, -3],
        [1, 1, 1, 1],
      ]);
    });

    test('a gradient that is the variable itself is read before it changes', () => {
      const v = variable();
      const optimizer = step(nodeBinding(engine()));
      for (let count = 0; count < 2; count++) optimizer.applyGradients({ v: tf.clone(v) });
      expect(numbers(v)).toEqual([0, 0, 0, 0]);
    });

    test('two gradients that share memory are both read', () => {
      const [a, b] = [variable(), tf.variable(tf.zeros([2, 2]), true, 'b')];
      const optimizer = step(nodeBinding(engine()));
      const shared = ones();
      optimizer.applyGradients({ v: shared, b: tf.reshape(shared, [2, 2]) });
      expect([numbers(a), numbers(b)]).toEqual([
        [0, 1, 2, 3],
        [-1, -1, -1, -1],
      ]);
    });

    test('two optimizers take turns on one variable, and clones of each step stay', () => {
      const v = variable();
      const [one, other] = [step(nodeBinding(engine())), step(nodeBinding(engine()))];
      const held = [one, other, one, other].map((optimizer) => {
        optimizer.applyGradients({ v: ones() });
        return tf.reshape(v, [4]);
      });
      expect(held.map((tensor) => numbers(tensor)[3])).toEqual([3, 2, 1, 0]);
      one.dispose();
      other.dispose();
      expect(numbers(v)).toEqual([-3, -2, -1, 0]);
    });

    test('variables and what is held of them outlive the optimizer', () => {
      const v = variable();
      const optimizer = step(nodeBinding(engine()));
      optimizer.applyGradients({ v: ones() });
      const held = tf.reshape(v, [4]);
      optimizer.dispose();
      const next = step(nodeBinding(engine()));
      next.applyGradients({ v: ones() });
      expect([numbers(held), numbers(v)]).toEqual([
        [0, 1, 2, 3],
        [-1, 0, 1, 2],
      ]);
    });

    test('scalars, empty variables and large ones are stepped', () => {
      const scalar = tf.variable(tf.scalar(5), true, 'scalar');
      const empty = tf.variable(tf.zeros([0, 3]), true, 'empty');
      const large = tf.variable(tf.range(0, 10_000), true, 'large');
      const optimizer = step(nodeBinding(engine()));
      for (let count = 0; count < 2; count++) {
        optimizer.applyGradients({
          scalar: tf.add(tf.scalar(1), 1),
          empty: tf.zeros([0, 3]),
          large: tf.add(tf.zeros([10_000]), 0.5),
        });
      }
      expect(numbers(scalar)).toEqual([1]);
      expect(numbers(empty)).toEqual([]);
      expect(numbers(large)).toEqual(Array.from({ length: 10_000 }, (_unused, index) => index - 1));
    });

    test('an inner optimizer gets clipped gradients of its own', () => {
      const v = variable();
      const inner = tf.train.momentum(1, 0.5);
      const optimizer = wrapOptimizer(inner, clipByGlobalNorm({ maxNorm: 1 }), {
        binding: nodeBinding(engine()),
      });
      opened.push(optimizer);
      for (let count = 0; count < 2; count++) optimizer.applyGradients({ v: ones() });
      // (1, 1, 1, 1) has norm 2, so each entry is clipped to 0.5; momentum adds 0.5 and then 0.75.
      expect(numbers(v)).toEqual([-0.25, 0.75, 1.75, 2.75]);
    });

    test('a thousand steps leave no tensor behind, in TensorFlow.js or in TensorFlow', () => {
      const before = tf.memory().numTensors;
      const [w, v] = tf.tidy(() => [tf.variable(tf.ones([70, 70]), true, 'w'), variable()]);
      const optimizer = toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.01 })), {
        binding: nodeBinding(engine()),
      });
      opened.push(optimizer);
      const loss = (): tf.Scalar => tf.add(tf.sum(tf.square(tf.reshape(w, [4900]))), tf.sum(tf.square(v)));
      optimizer.minimize(loss);
      const counts = { tensors: tf.memory().numTensors, native: nativeTensors() };
      for (let count = 0; count < 1000; count++) optimizer.minimize(loss);
      expect({ tensors: tf.memory().numTensors, native: nativeTensors() }).toEqual(counts);
      optimizer.dispose();
      tf.dispose([w, v]);
      expect(tf.memory().numTensors).toBe(before);
    });
  });

  test("a wrapper of somebody else's around the backend's methods stays when the last optimizer is disposed", () => {
    const backend = nodeBackend();
    const { executeSingleOutput } = backend;
    const v = tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2]), true, 'v');
    const before = step(node());
    before.applyGradients({ v: ones() });
    let calls = 0;
    const inner = backend.executeSingleOutput;
    const theirs: typeof inner = (name, attributes, inputs) => {
      calls += 1;
      return inner.call(backend, name, attributes, inputs);
    };
    backend.executeSingleOutput = theirs;
    before.dispose();
    expect(backend.executeSingleOutput).toBe(theirs);
    const after = step(node());
    const held = tf.reshape(v, [4]);
    after.applyGradients({ v: ones() });
    after.applyGradients({ v: ones() });
    expect(numbers(held)).toEqual([0, 1, 2, 3]);
    expect(calls).toBeGreaterThan(0);
    backend.executeSingleOutput = inner;
    after.dispose();
    expect(backend.executeSingleOutput).toBe(executeSingleOutput);
  });

  test('a view that was used on another backend keeps its values, and training goes on', async () => {
    const v = tf.variable(tf.tensor2d([1, 2, 3, 4], [2, 2]), true, 'v');
    const optimizer = step(node());
    optimizer.applyGradients({ v: ones() });
    const held = tf.reshape(v, [4]);
    await tf.setBackend('cpu');
    tf.add(held, 1);
    await tf.setBackend('tensorflow');
    const again = held.clone();
    optimizer.applyGradients({ v: ones() });
    expect(numbers(again)).toEqual([0, 1, 2, 3]);
    expect(numbers(v)).toEqual([-1, 0, 1, 2]);
    optimizer.dispose();
  });

  test('the backend is left as it was when the last optimizer is disposed', () => {
    const backend = tf.backend();
    tf.variable(ones(), true, 'v');
    const [one, other] = [step(node()), step(node())];
    one.applyGradients({ v: ones() });
    other.applyGradients({ v: ones() });
    one.dispose();
    expect(Object.hasOwn(backend, 'executeSingleOutput')).toBe(true);
    other.dispose();
    expect(Object.hasOwn(backend, 'executeSingleOutput')).toBe(false);
  });

  test('thousands of predictions between two steps gather nothing', () => {
    const v = tf.variable(ones(), true, 'v');
    const optimizer = step(node());
    optimizer.applyGradients({ v: ones() });
    const native = nativeTensors();
    for (let count = 0; count < 5000; count++) tf.dispose(tf.reshape(v, [4]));
    expect(nativeTensors()).toBe(native);
    optimizer.applyGradients({ v: ones() });
    expect(numbers(v)).toEqual([-1, -1, -1, -1]);
  });
});

/** How many tensors TensorFlow's library holds. */
function nativeTensors(): unknown {
  const count: unknown = Reflect.get(tf.backend(), 'getNumOfTFTensors');
  return typeof count === 'function' ? count.call(tf.backend()) : undefined;
}
