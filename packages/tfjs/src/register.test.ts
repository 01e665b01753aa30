import { clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, InvalidOptionError } from '@gradkit/core';
import { adam } from '@gradkit/optimizers';
import * as tf from '@tensorflow/tfjs';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { register } from './register.ts';
import { toOptimizer } from './toOptimizer.ts';
import { wrapOptimizer } from './wrapOptimizer.ts';

beforeAll(async () => void (await tf.setBackend('cpu')));
beforeEach(() => register(tf, { transforms: { clipByGlobalNorm, adam } }));

/** What TensorFlow.js does with the config of a saved optimizer. */
function load(className: string, config: tf.serialization.ConfigDict): unknown {
  const [make, fromConfig] = tf.serialization.SerializationMap.getMap().classNameMap[className] ?? [];
  if (make === undefined || fromConfig === undefined) throw new Error(`${className} is not registered`);
  return fromConfig(make, config);
}

const optimizer = (): tf.serialization.ConfigDict =>
  toOptimizer(chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 1 }))).getConfig();
const middleware = (): tf.serialization.ConfigDict =>
  wrapOptimizer(tf.train.sgd(0.1), clipByGlobalNorm({ maxNorm: 1 })).getConfig();

test('a config that was saved is made again', () => {
  expect(load('GradkitOptimizer', optimizer())).toBeInstanceOf(tf.Optimizer);
  expect(load('GradkitMiddleware', middleware())).toBeInstanceOf(tf.Optimizer);
});

describe('a config that somebody changed is refused, naming what is wrong', () => {
  test.each<[tf.serialization.ConfigDict, string]>([
    [{ transform: '{"trans' }, 'transform'],
    [{ hyperparameters: '{"adam' }, 'hyperparameters'],
    [{ hyperparameters: '[1]' }, 'hyperparameters'],
    [{ hyperparameters: 7 }, 'hyperparameters'],
    [{ onNonFinite: 'thorw' }, '"thorw"'],
    [{ onNonFinite: 1 }, 'onNonFinite'],
  ])('%j', (change, what) => {
    const make = (): unknown => load('GradkitOptimizer', { ...optimizer(), ...change });
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(what);
  });

  test.each<[tf.serialization.ConfigDict, string]>([
    [{ optimizer: '{"className":"MyOptimizer","config":{}}' }, 'MyOptimizer'],
    [{ optimizer: '{"className":"MyOptimizer"}' }, 'MyOptimizer'],
    [{ optimizer: '{' }, 'optimizer'],
    [{ optimizer: 3 }, 'optimizer'],
  ])('%j', (change, what) => {
    const make = (): unknown => load('GradkitMiddleware', { ...middleware(), ...change });
    expect(make).toThrow(InvalidOptionError);
    expect(make).toThrow(what);
  });

  test('without onNonFinite it propagates', () => {
    const { onNonFinite: _, ...config } = optimizer();
    expect(load('GradkitOptimizer', config)).toMatchObject({ options: {} });
  });
});

test.each<[unknown, string]>([
  [undefined, 'register'],
  [{ transforms: { adam: adam({ learningRate: 1 }) } }, 'transforms.adam'],
  [{ transforms: [adam] }, 'transforms'],
  [{ transforms: adam }, 'transforms'],
  [{ schedules: { halving: 0.5 } }, 'schedules.halving'],
  [{ predicates: { biases: '*bias' } }, 'predicates.biases'],
  [{ transforms: { adam }, binding: 'cpu' }, 'binding'],
  [{ transfroms: { adam } }, 'transforms'],
])('%j is refused at once', (registry, what) => {
  const tell = (): unknown => Reflect.apply(register, undefined, [tf, registry]);
  expect(tell).toThrow(InvalidOptionError);
  expect(tell).toThrow(what);
});

test('something else than TensorFlow.js is refused', () => {
  const tell = (): unknown => Reflect.apply(register, undefined, [{ transforms: { adam } }]);
  expect(tell).toThrow(InvalidOptionError);
  expect(tell).toThrow('register(tf, { transforms })');
});
