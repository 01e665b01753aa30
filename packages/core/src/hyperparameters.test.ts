import { describe, expect, test } from 'vitest';
import { chain } from './chain.ts';
import { createStepper } from './createStepper.ts';
import { InvalidOptionError } from './errors.ts';
import { clipNorm, descend, heavyBall } from './exampleTransforms.ts';
import type { Schedule } from './schedule.ts';

const of = (...values: number[]): Float32Array => Float32Array.from(values);
const make = (learningRate: number | Schedule): ReturnType<typeof createStepper> =>
  createStepper(chain(clipNorm({ maxNorm: Infinity }), descend({ learningRate })), { x: of(0) });

describe('hyperparameters', () => {
  test('that are assigned take effect at the next step', () => {
    const stepper = make(1);
    stepper.step({ x: of(1) });
    stepper.hyperparameters['descend.learningRate'] = 10;
    expect(stepper.hyperparameters['descend.learningRate']).toBe(10);
    stepper.step({ x: of(1) });
    expect(stepper.params()['x']).toEqual(of(-11));
  });

  test('are numbers or schedules, and each replaces the other', () => {
    const stepper = make((step) => step);
    for (let step = 0; step < 3; step++) stepper.step({ x: of(1) });
    expect(stepper.params()['x']).toEqual(of(-3));
    stepper.hyperparameters['descend.learningRate'] = 1;
    stepper.step({ x: of(1) });
    expect(stepper.params()['x']).toEqual(of(-4));
    stepper.hyperparameters['descend.learningRate'] = (step): number => step * 100;
    stepper.step({ x: of(1) });
    expect(stepper.params()['x']).toEqual(of(-404));
  });

  test('that are scheduled may decay until they are 0 in float32', () => {
    const stepper = make((step) => (step === 0 ? 1e-46 : 1));
    stepper.step({ x: of(1) });
    expect(stepper.params()['x']).toEqual(of(0));
    stepper.step({ x: of(1) });
    expect(stepper.params()['x']).toEqual(of(-1));
  });

  test('belong to the stepper: the transform and others made of it keep theirs', () => {
    const transform = descend({ learningRate: 1 });
    const [first, second] = [createStepper(transform, { x: of(0) }), createStepper(transform, { x: of(0) })];
    first.hyperparameters['descend.learningRate'] = 5;
    second.step({ x: of(1) });
    expect(second.params()['x']).toEqual(of(-1));
    expect(transform.hyperparameters).toEqual({ learningRate: 1 });
  });

  test('can be listed', () => {
    const { hyperparameters } = make(0.5);
    expect({ ...hyperparameters }).toEqual({ 'clipNorm.maxNorm': Infinity, 'descend.learningRate': 0.5 });
    expect('descend.learningRate' in hyperparameters).toBe(true);
    expect('toString' in hyperparameters).toBe(false);
    expect(hyperparameters['__proto__']).toBe(undefined);
  });

  test.each([
    [
      'NaN',
      'descend.learningRate',
      NaN,
      'descend: learningRate is NaN; it must be a finite number of at least 0',
    ],
    ['a negative rate', 'descend.learningRate', -1, 'learningRate is -1'],
    ['an infinity', 'descend.learningRate', Infinity, 'learningRate is Infinity'],
    ['a threshold of 0', 'clipNorm.maxNorm', 0, 'a number above 0 or a schedule'],
    ['an unknown path', 'descend.learningrate', 1, 'Did you mean "descend.learningRate"?'],
    ['a structural option', 'clipNorm.order', 1, 'clipNorm.order is built into the program'],
    ['__proto__', '__proto__', 1, 'There is no hyperparameter "__proto__"'],
  ])('refuse %s', (_, path, value, message) => {
    const { hyperparameters } = make(1);
    const assign = (): void => {
      hyperparameters[path] = value;
    };
    expect(assign).toThrow(InvalidOptionError);
    expect(assign).toThrow(message);
    expect({ ...hyperparameters }).toEqual({ 'clipNorm.maxNorm': Infinity, 'descend.learningRate': 1 });
  });

  test('cannot be deleted', () => {
    const { hyperparameters } = make(1);
    expect(() => delete hyperparameters['descend.learningRate']).toThrow('cannot be deleted');
  });
});

test('a schedule that gives NaN is told so at the step where it does, and nothing has changed', () => {
  const transform = chain(heavyBall(), descend({ learningRate: (step) => (step === 3 ? NaN : 1) }));
  const stepper = createStepper(transform, { x: of(0) });
  for (let step = 0; step < 3; step++) stepper.step({ x: of(1) });
  const before = stepper.getState();
  expect(() => stepper.step({ x: of(1) })).toThrow(
    'The schedule of descend.learningRate gave NaN at step 3; it must give a finite number of at least 0.',
  );
  expect(stepper.getState()).toEqual(before);
  expect(stepper.params()['x']).toEqual(of(-6));
  stepper.hyperparameters['descend.learningRate'] = 1;
  stepper.step({ x: of(1) });
  expect(stepper.params()['x']).toEqual(of(-10));
});

test('options are judged when a transform is made', () => {
  for (const learningRate of [NaN, -1, Infinity])
    expect(() => descend({ learningRate })).toThrow(InvalidOptionError);
  // @ts-expect-error it must be given
  expect(() => descend({})).toThrow('descend: learningRate is missing');
  // @ts-expect-error a text is no number
  expect(() => descend({ learningRate: '0.1' })).toThrow('learningRate is "0.1"');
  // @ts-expect-error misspelt
  expect(() => descend({ learningrate: 1 })).toThrow('Did you mean "learningRate"?');
  // @ts-expect-error abbreviated
  expect(() => descend({ lr: 1 })).toThrow('Did you mean "learningRate"?');
  // @ts-expect-error a number is no options
  expect(() => descend(0.1)).toThrow('descend takes one object of options (learningRate), but was given 0.1');
  // @ts-expect-error Keras's name
  expect(() => descend({ learningRate: 1, clipvalue: 1 })).toThrow('clipByValue({ limit })');
});
