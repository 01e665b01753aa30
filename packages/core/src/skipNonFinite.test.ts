import { describe, expect, test } from 'vitest';
import { accumulate } from './accumulate.ts';
import { chain } from './chain.ts';
import { createStepper } from './createStepper.ts';
import { InvalidOptionError } from './errors.ts';
import { descend, heavyBall } from './exampleTransforms.ts';
import { partition } from './partition.ts';
import { skipNonFinite } from './skipNonFinite.ts';

const of = (...values: number[]): Float32Array => Float32Array.from(values);
const optimizer = chain(heavyBall(), descend({ learningRate: 1 }));

function copy(arrays: Record<string, Float32Array>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, Array.from(array)]));
}

describe('skipNonFinite', () => {
  test('leaves parameters and all inner state, counters included, as they were to the bit', () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const stepper = createStepper(skipNonFinite(optimizer), { x: of(-0, 1), y: of(-0) });
      stepper.step({ x: of(0, 1), y: of(0) });
      const before = { params: copy(stepper.params()), state: stepper.getState() };
      stepper.step({ x: of(bad, 2), y: of(1) });
      const after = stepper.getState();
      expect(copy(stepper.params())).toEqual(before.params);
      for (const name of ['heavyBall/velocity/x', 'heavyBall/velocity/y', 'heavyBall/count'] as const) {
        expect(after[name]).toEqual(before.state[name]);
      }
      expect(stepper.report()?.values).toEqual({
        'skipNonFinite.skipped': 1,
        'skipNonFinite.consecutive': 1,
        'skipNonFinite.total': 1,
      });
      expect(after['step']).toEqual(Int32Array.of(2));
    }
  });

  test('a finite step is that of what it wraps', () => {
    const [bare, wrapped] = [optimizer, skipNonFinite(optimizer)].map((part) =>
      createStepper(part, { x: of(1) }),
    );
    for (const x of [1, 2, 3]) for (const stepper of [bare, wrapped]) stepper?.step({ x: of(x) });
    expect(wrapped?.params()).toEqual(bare?.params());
    expect(wrapped?.report()?.values['skipNonFinite.skipped']).toBe(0);
  });

  test('lets the one after maxConsecutive through, and counts anew after a finite one', () => {
    const transform = skipNonFinite(descend({ learningRate: 1 }), { maxConsecutive: 2 });
    const stepper = createStepper(transform, { x: of(0) });
    const skipped = [NaN, NaN, 1, NaN, NaN, NaN].map((x) => {
      stepper.step({ x: of(x) });
      return stepper.report()?.values['skipNonFinite.skipped'];
    });
    expect(skipped).toEqual([1, 1, 0, 1, 1, 0]);
    expect(stepper.params()['x']).toEqual(of(NaN));
    expect(stepper.report()?.values['skipNonFinite.total']).toBe(4);
  });

  test('the state of the transforms beside it in a chain keeps its bits too', () => {
    const step = descend({ learningRate: 1 });
    for (const skipping of [skipNonFinite(step), skipNonFinite(accumulate(step, { every: 5 }))]) {
      const stepper = createStepper(chain(heavyBall(), skipping), { x: of(0) });
      stepper.step({ x: of(1) });
      const before = stepper.getState();
      stepper.step({ x: of(NaN) });
      expect(stepper.getState()['heavyBall/velocity/x']).toEqual(before['heavyBall/velocity/x']);
      expect(stepper.getState()['heavyBall/count']).toEqual(before['heavyBall/count']);
    }
  });

  test('inside one part of a partition it does not hold the others', () => {
    const transform = partition({ careful: skipNonFinite(optimizer), plain: optimizer }, (leaf) =>
      leaf.name === 'x' ? 'careful' : 'plain',
    );
    const stepper = createStepper(transform, { x: of(-0), y: of(0) });
    stepper.step({ x: of(NaN), y: of(1) });
    expect(stepper.params()).toEqual({ x: of(-0), y: of(-1) });
    expect(stepper.getState()['heavyBall/velocity/x']).toEqual(of(0));
    expect(stepper.getState()['heavyBall#2/velocity/y']).toEqual(of(1));
  });

  test('hands over -0 for a step that is skipped, which changes no bit when it is added', () => {
    const stepper = createStepper(skipNonFinite(optimizer), { x: of(1, 2) });
    expect(stepper.update({ x: of(NaN, 1) })['x']).toEqual(of(-0, -0));
  });

  test('does not hold without leaves', () => {
    const stepper = createStepper(skipNonFinite(optimizer), {});
    stepper.step({});
    expect(stepper.report()?.values['skipNonFinite.skipped']).toBe(0);
  });

  test('refuses a limit that cannot be meant', () => {
    for (const maxConsecutive of [0, -1, 1.5, NaN]) {
      expect(() => skipNonFinite(optimizer, { maxConsecutive })).toThrow(InvalidOptionError);
    }
    // @ts-expect-error a misspelt option
    expect(() => skipNonFinite(optimizer, { maxConsecutve: 2 })).toThrow('Did you mean "maxConsecutive"?');
  });
});
