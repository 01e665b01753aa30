import { conformanceSuite, type Skip } from '@gradkit/conformance';
import { tfjsSubject } from '@gradkit/conformance/tfjsSubject';
import * as tf from '@tensorflow/tfjs';
import { beforeAll } from 'vitest';
import { cpu } from './cpu.ts';

const skip: readonly Skip[] = [
  {
    reason: 'TensorFlow.js keeps its variables in a plain object, which cannot hold one called __proto__',
    cases: ['names: *__proto__*'],
  },
];

beforeAll(async () => void (await tf.setBackend('cpu')));

conformanceSuite({
  name: 'cpu()',
  create: (transform, params) => tfjsSubject(transform, params, cpu()),
  skip,
});
conformanceSuite({
  name: 'cpu({ fresh: true })',
  create: (transform, params) => tfjsSubject(transform, params, cpu({ fresh: true })),
  skip,
});
