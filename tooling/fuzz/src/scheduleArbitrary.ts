import type { JsonValue } from '@gradkit/core';
import * as fc from 'fast-check';

/** A number of a hyperparameter as JSON: plain, or a schedule that stays between `min` and `max`. */
export function scheduleArbitrary({ min, max }: { min: number; max: number }): fc.Arbitrary<JsonValue> {
  // Transforms refuse what float32 makes 0 of.
  const value = fc
    .double({ min, max, noNaN: true, noDefaultInfinity: true })
    .filter((number) => number === 0 || Math.abs(number) >= 1.1754944e-38);
  const steps = fc.integer({ min: 1, max: 3 });
  const named = <T extends JsonValue>(schedule: string, options: fc.Arbitrary<T>): fc.Arbitrary<JsonValue> =>
    options.map((given) => ({ schedule, options: given }));
  return fc.oneof(
    { weight: 6, arbitrary: value },
    { weight: 1, arbitrary: named('constant', fc.record({ value })) },
    {
      weight: 1,
      arbitrary: named(
        'linear',
        fc.record({ initialValue: value, finalValue: value, transitionSteps: steps }),
      ),
    },
    {
      weight: 1,
      arbitrary: named(
        'piecewiseConstant',
        fc.record({ boundaries: fc.constant([1, 2]), values: fc.tuple(value, value, value) }),
      ),
    },
    {
      weight: 1,
      arbitrary: named(
        'cosineDecay',
        fc.record({ initialValue: value, finalValue: value, decaySteps: steps }),
      ),
    },
  );
}
