import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe } from 'vitest';
import { conformanceSuite } from './conformanceSuite.ts';
import { tfjsSubject } from './tfjsSubject.ts';

describe('cpu', () => {
  beforeAll(async () => void (await tf.setBackend('cpu')));
  conformanceSuite({ name: 'TensorFlow.js on cpu, op by op', create: tfjsSubject });
});
