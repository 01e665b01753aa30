import { describe, expect, test } from 'vitest';
import { accumulate } from './accumulate.ts';
import { chain } from './chain.ts';
import { createStepper } from './createStepper.ts';
import { InvalidOptionError } from './errors.ts';
import { clipNorm, descend, heavyBall } from './exampleTransforms.ts';
import { skipNonFinite } from './skipNonFinite.ts';

const of = (...values: number[]): Float32Array => Float32Array.from(values);

describe('accumulate', () => {
  test('takes one step with the mean, and micro-steps leave bits alone, -0 too', () => {
    const inner = chain(heavyBall(), descend({ learningRate: 1 }));
    const stepper = createStepper(accumulate(inner, { every: 2 }), { x: of(-0, 1) });
    const start = stepper.getState();
    stepper.step({ x: of(1, 2) });
    expect(stepper.params()['x']).toEqual(of(-0, 1));
    expect(stepper.getState()['heavyBall/velocity/x']).toEqual(start['heavyBall/velocity/x']);
    expect(stepper.getState()['heavyBall/count']).toEqual(of(0));
    stepper.step({ x: of(3, 6) });
    expect(stepper.params()['x']).toEqual(of(-2, -3));
    expect(stepper.getState()['heavyBall/count']).toEqual(of(1));
    expect(stepper.getState()['accumulate/mean/x']).toEqual(of(0, 0));
  });

  test('a clip inside clips the mean, a clip before it each micro-batch', () => {
    const clip = clipNorm({ maxNorm: 1 });
    const inside = createStepper(accumulate(chain(clip, descend({ learningRate: 1 })), { every: 2 }), {
      x: of(0),
    });
    const before = createStepper(chain(clip, accumulate(descend({ learningRate: 1 }), { every: 2 })), {
      x: of(0),
    });
    for (const stepper of [inside, before]) for (const x of [-4, 8]) stepper.step({ x: of(x) });
    expect(inside.params()['x']).toEqual(of(-1));
    expect(before.params()['x']).toEqual(of(0));
  });

  test('schedules and the step inside count inner steps', () => {
    const seen: number[] = [];
    const learningRate = (step: number): number => {
      seen.push(step);
      return 1;
    };
    const stepper = createStepper(accumulate(descend({ learningRate }), { every: 3 }), { x: of(0) });
    for (let step = 0; step < 6; step++) stepper.step({ x: of(1) });
    expect(seen).toEqual([0, 1]);
    expect(stepper.params()['x']).toEqual(of(-2));
  });

  test('a null gradient does not count; a leaf that misses the step keeps what it gathered', () => {
    const stepper = createStepper(accumulate(descend({ learningRate: 1 }), { every: 2 }), {
      a: of(0),
      b: of(0),
    });
    stepper.step({ a: of(2), b: of(2) });
    stepper.step({ a: of(4), b: null });
    expect(stepper.params()).toEqual({ a: of(-3), b: of(0) });
    expect(stepper.getState()['accumulate/mean/b']).toEqual(of(2));
    stepper.step({ a: null, b: of(6) });
    stepper.step({ a: of(1), b: of(1) });
    expect(stepper.params()).toEqual({ a: of(-4), b: of(-3) });
  });

  test('a micro-step that is skipped on data does not count', () => {
    const transform = skipNonFinite(accumulate(descend({ learningRate: 1 }), { every: 2 }));
    const stepper = createStepper(transform, { x: of(0) });
    stepper.step({ x: of(NaN) });
    stepper.step({ x: of(6) });
    expect(stepper.params()['x']).toEqual(of(-6));
  });

  test('refuses an every that is no whole number above 0', () => {
    for (const every of [0, -1, 1.5, NaN, Infinity]) {
      expect(() => accumulate(descend({ learningRate: 1 }), { every })).toThrow(InvalidOptionError);
    }
    // @ts-expect-error every is missing
    expect(() => accumulate(descend({ learningRate: 1 }), {})).toThrow('accumulate: every is missing');
    // @ts-expect-error every is misspelt
    expect(() => accumulate(descend({ learningRate: 1 }), { evry: 2 })).toThrow('Did you mean "every"?');
  });
});
