import { describe, expect, test } from 'vitest';
import { chain } from './chain.ts';
import { createStepper } from './createStepper.ts';
import { InvalidOptionError } from './errors.ts';
import { clipNorm, descend } from './exampleTransforms.ts';
import { freeze } from './freeze.ts';
import { lookahead } from './lookahead.ts';
import { skipNonFinite } from './skipNonFinite.ts';

const of = (...values: number[]): Float32Array => Float32Array.from(values);

describe('lookahead', () => {
  test('moves the slow weights a share of the way the fast ones went, and the fast ones back to them', () => {
    const stepper = createStepper(lookahead(descend({ learningRate: 1 }), { every: 2, slowStepSize: 0.25 }), {
      x: of(8),
    });
    stepper.step({ x: of(2) });
    expect(stepper.params()['x']).toEqual(of(6));
    stepper.step({ x: of(2) });
    expect(stepper.params()['x']).toEqual(of(7));
    expect(stepper.getState()['lookahead/slow/x']).toEqual(of(7));
  });

  test('with slowStepSize 1 it is what it wraps, with 0 it stays where it was', () => {
    for (const [slowStepSize, expected] of [
      [1, 6],
      [0, 8],
    ] as const) {
      const stepper = createStepper(lookahead(descend({ learningRate: 1 }), { every: 2, slowStepSize }), {
        x: of(8),
      });
      for (let step = 0; step < 2; step++) stepper.step({ x: of(1) });
      expect(stepper.params()['x']).toEqual(of(expected));
    }
  });

  test('moves the leaves that take a step when others are left out', () => {
    const inner = chain(freeze({ name: 'frozen' }), descend({ learningRate: 1 }));
    const transform = lookahead(inner, { every: 1, slowStepSize: 0.5 });
    const stepper = createStepper(transform, { x: of(8), frozen: of(-0), missing: of(4) });
    stepper.step({ x: of(4), frozen: of(1), missing: null });
    expect(stepper.params()).toEqual({ x: of(6), frozen: of(-0), missing: of(4) });
    const state = stepper.getState();
    expect(state['lookahead/slow/x']).toEqual(of(6));
    expect(state['lookahead/slow/missing']).toEqual(of(4));
  });

  test('a step that is skipped on data leaves the slow weights alone', () => {
    const transform = lookahead(skipNonFinite(descend({ learningRate: 1 })), { every: 1, slowStepSize: 0.5 });
    const stepper = createStepper(transform, { x: of(8) });
    stepper.step({ x: of(NaN) });
    expect(stepper.params()['x']).toEqual(of(8));
    expect(stepper.getState()['lookahead/slow/x']).toEqual(of(8));
  });

  test('refuses what is no optimizer, and numbers out of range', () => {
    // @ts-expect-error a clip yields gradients
    expect(() => lookahead(clipNorm({ maxNorm: 1 }))).toThrow(
      'lookahead needs an optimizer to run ahead, but clipNorm',
    );
    expect(() => lookahead(descend({ learningRate: 1 }), { every: 0 })).toThrow(InvalidOptionError);
    expect(() => lookahead(descend({ learningRate: 1 }), { slowStepSize: 1.5 })).toThrow(InvalidOptionError);
  });
});
