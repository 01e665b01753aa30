import {
  createStepper,
  InvalidOptionError,
  namedPredicate,
  transformFromJSON,
  type AnyTransform,
} from '@gradkit/core';
import { expect, test } from 'vitest';
import * as optimizers from './index.ts';
import { adagrad, adam, adamw, lion, rmsprop, sgd } from './index.ts';

const isKernel = namedPredicate('isKernel', ({ name }) => name === 'kernel');
const masks = { 'a pattern': { name: 'kern*' }, 'a named predicate': isKernel };

/** What one step with gradients of 0 leaves of a kernel and a bias of 1. */
function decayed(transform: AnyTransform): number[] {
  const stepper = createStepper(transform, { kernel: Float32Array.of(1), bias: Float32Array.of(1) });
  stepper.step({ kernel: Float32Array.of(0), bias: Float32Array.of(0) });
  const { kernel, bias } = stepper.params();
  return [kernel?.[0] ?? NaN, bias?.[0] ?? NaN];
}

test.each(Object.entries(masks))(
  '%s says which leaves decay: half of the kernel, nothing of the bias',
  (_, mask) => {
    for (const make of [adamw, lion, sgd]) {
      const transform = make({ learningRate: 0.5, weightDecay: 1, mask });
      expect(decayed(transform)).toEqual([0.5, 1]);
      const json: unknown = JSON.parse(JSON.stringify(transform.toJSON()));
      const again = transformFromJSON(json, { transforms: { ...optimizers }, predicates: { isKernel } });
      expect(again.toJSON()).toEqual(transform.toJSON());
      expect(decayed(again)).toEqual([0.5, 1]);
      expect(Object.keys(transform.hyperparameters)).toContain(`${transform.name}.weightDecay`);
    }
  },
);

test('without a mask all leaves decay', () => {
  for (const make of [adamw, lion, sgd])
    expect(decayed(make({ learningRate: 0.5, weightDecay: 1 }))).toEqual([0.5, 0.5]);
});

test('a bare function decays what it says, and is no JSON', () => {
  const transform = adamw({ learningRate: 0.5, weightDecay: 1, mask: ({ name }) => name === 'bias' });
  expect(decayed(transform)).toEqual([1, 0.5]);
  expect(() => transform.toJSON()).toThrow(/bare function/);
});

test('a mask that is none, and a mask of what does not decay, are refused', () => {
  expect(() => Reflect.apply(adamw, undefined, [{ learningRate: 1, mask: 5 }])).toThrow(
    /adamw's mask: the predicate is 5/,
  );
  expect(() => lion({ learningRate: 1, mask: { minRank: 2 } })).toThrow(
    /weightDecay is 0, .* write lion\(.*weightDecay: 0.01/,
  );
  expect(() => sgd({ learningRate: 1, weightDecay: 0, mask: { minRank: 2 } })).toThrow(InvalidOptionError);
});

test('a mask that matches no leaf is refused in the words of its optimizer', () => {
  for (const make of [adamw, lion, sgd]) {
    const transform = make({ learningRate: 1, weightDecay: 1, mask: { name: 'kernal' } });
    expect(() => decayed(transform)).toThrow(
      `${transform.name}'s mask: no leaf matches {"name":"kernal"}. The nearest are "kernel" [1]. ` +
        `If no leaf is to decay, leave mask out and write weightDecay: 0.`,
    );
  }
});

test.each([
  ['adam', adam, 'weightDecay', 'adamw({ learningRate: 0.5, weightDecay: 0.2 })'],
  ['adam', adam, 'weight_decay', 'adamw({ learningRate: 0.5, weightDecay: 0.2 })'],
  [
    'rmsprop',
    rmsprop,
    'weightDecay',
    'chain(addDecayedWeights({ weightDecay: 0.2 }), rmsprop({ learningRate: 0.5 }))',
  ],
  [
    'adagrad',
    adagrad,
    'weightDecay',
    'chain(addDecayedWeights({ weightDecay: 0.2 }), adagrad({ learningRate: 0.5 }))',
  ],
])('%s, given weight decay, says where it is', (_, make, name, remedy) => {
  const run = (): unknown => Reflect.apply(make, undefined, [{ learningRate: 0.5, [name]: 0.2 }]);
  expect(run).toThrow(`has no option "${name}". Write ${remedy}`);
  expect(run).toThrow(expect.objectContaining({ remedy }));
});
