import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { cosineDecay } from './cosineDecay.ts';
import { exponentialDecay } from './exponentialDecay.ts';
import { join } from './join.ts';
import { linear } from './linear.ts';
import { oneCycle } from './oneCycle.ts';
import { piecewiseConstant } from './piecewiseConstant.ts';
import { piecewiseInterpolate } from './piecewiseInterpolate.ts';
import { polynomial } from './polynomial.ts';
import { scheduleFromJSON } from './scheduleFromJSON.ts';
import { warmup } from './warmup.ts';
import { warmupCosineDecay } from './warmupCosineDecay.ts';

const value = fc.double({ min: -10, max: 10, noNaN: true });
const length = fc.integer({ min: 1, max: 1000 });
const positive = fc.double({ min: 0.1, max: 4, noNaN: true });
const step = fc.integer({ min: 0, max: 3000 });

const linearOptions = fc.record({
  initialValue: value,
  finalValue: value,
  transitionSteps: length,
  transitionBegin: length,
});
const cosineOptions = fc.record({
  initialValue: value,
  finalValue: value,
  decaySteps: length,
  exponent: fc.double({ min: 1, max: 4, noNaN: true }),
});
const interpolation = fc.constantFrom('linear' as const, 'cosine' as const);
const waypoints = fc
  .uniqueArray(fc.record({ boundary: length, value }), {
    selector: (point) => point.boundary,
    minLength: 1,
    maxLength: 6,
  })
  .map((points) => points.toSorted((a, b) => a.boundary - b.boundary));
const pieces = fc.record({ first: value, waypoints }).map(({ first, waypoints: points }) => ({
  boundaries: points.map((point) => point.boundary),
  values: [first, ...points.map((point) => point.value)],
}));

const anyCurve = fc.oneof(
  linearOptions.map(linear),
  fc.tuple(linearOptions, positive).map(([options, power]) => polynomial({ ...options, power })),
  cosineOptions.map(cosineDecay),
  pieces.map(piecewiseConstant),
  fc
    .tuple(pieces, interpolation)
    .map(([options, kind]) => piecewiseInterpolate({ ...options, interpolation: kind })),
  fc.record({ peakValue: value, warmupSteps: length, length }).map((options) =>
    warmupCosineDecay({
      peakValue: options.peakValue,
      warmupSteps: options.warmupSteps,
      decaySteps: options.warmupSteps + options.length,
    }),
  ),
  fc
    .record({ peakValue: value, transitionSteps: fc.integer({ min: 4, max: 1000 }) })
    .map((options) => oneCycle(options)),
);

/** The distance of two numbers in units of the rounding that values up to 10 suffer. */
function roundings(actual: number, expected: number): number {
  return Math.abs(actual - expected) / (10 * Number.EPSILON);
}

test('linear, polynomial and cosine decay are their formulas in float64', () => {
  fc.assert(
    fc.property(linearOptions, positive, step, (options, power, at) => {
      const { initialValue: from, finalValue: to, transitionSteps, transitionBegin } = options;
      const share = Math.min(Math.max((at - transitionBegin) / transitionSteps, 0), 1);
      expect(roundings(linear(options)(at), from * (1 - share) + to * share)).toBeLessThan(100);
      expect(
        roundings(polynomial({ ...options, power })(at), (from - to) * (1 - share) ** power + to),
      ).toBeLessThan(100);
    }),
  );
  fc.assert(
    fc.property(cosineOptions, step, (options, at) => {
      const { initialValue: from, finalValue: to, decaySteps, exponent } = options;
      const share = Math.min(at, decaySteps) / decaySteps;
      const cosine = (1 + Math.cos(Math.PI * share)) / 2;
      expect(roundings(cosineDecay(options)(at), to + (from - to) * cosine ** exponent)).toBeLessThan(100);
    }),
  );
});

test('exponential decay multiplies by the rate once every transitionSteps', () => {
  fc.assert(
    fc.property(
      positive,
      positive,
      fc.integer({ min: 1, max: 50 }),
      fc.integer({ min: 0, max: 100 }),
      (initialValue, decayRate, transitionSteps, at) => {
        for (const staircase of [false, true]) {
          const schedule = exponentialDecay({ initialValue, decayRate, transitionSteps, staircase });
          const now = schedule(at);
          expect(Math.abs(schedule(at + transitionSteps) - now * decayRate)).toBeLessThanOrEqual(
            1e-13 * Math.abs(now * decayRate),
          );
        }
      },
    ),
  );
});

test('a curve between given values never leaves their range', () => {
  fc.assert(
    fc.property(pieces, interpolation, step, (options, kind, at) => {
      const reached = piecewiseInterpolate({ ...options, interpolation: kind })(at);
      expect(reached).toBeGreaterThanOrEqual(Math.min(...options.values));
      expect(reached).toBeLessThanOrEqual(Math.max(...options.values));
    }),
  );
});

test('decays move one way only', () => {
  fc.assert(
    fc.property(cosineOptions, step, (options, at) => {
      const schedule = cosineDecay(options);
      const change = schedule(at + 1) - schedule(at);
      expect(Math.sign(change) * Math.sign(options.finalValue - options.initialValue)).toBeGreaterThanOrEqual(
        0,
      );
    }),
  );
});

test('piecewise values are exact at their boundaries', () => {
  fc.assert(
    fc.property(pieces, interpolation, (options, kind) => {
      const smooth = piecewiseInterpolate({ ...options, interpolation: kind });
      const stairs = piecewiseConstant(options);
      for (const [index, boundary] of [0, ...options.boundaries].entries()) {
        expect(smooth(boundary)).toBe(options.values[index]);
        expect(stairs(boundary)).toBe(options.values[index]);
      }
    }),
  );
});

test('a warm-up ends where its schedule begins, and delays it', () => {
  fc.assert(
    fc.property(anyCurve, length, step, (schedule, warmupSteps, at) => {
      const warmed = warmup({ warmupSteps, schedule });
      expect(warmed(warmupSteps)).toBe(schedule(0));
      expect(warmed(warmupSteps + at)).toBe(schedule(at));
    }),
  );
});

test('joining a schedule to a delayed copy of itself changes nothing', () => {
  fc.assert(
    fc.property(anyCurve, length, step, (schedule, boundary, at) => {
      const joined = join({
        schedules: [schedule, (since) => schedule(since + boundary)],
        boundaries: [boundary],
      });
      expect(joined(at)).toBe(schedule(at));
    }),
  );
});

test('the same step gives the same bits, and so does JSON text', () => {
  fc.assert(
    fc.property(anyCurve, step, (schedule, at) => {
      const now = schedule(at);
      expect(schedule(at)).toBe(now);
      expect(scheduleFromJSON(JSON.parse(JSON.stringify(schedule)))(at)).toBe(now);
    }),
  );
});

test('steps that are not counted from 0 are refused', () => {
  fc.assert(
    fc.property(anyCurve, fc.constantFrom(-1, -0.5, NaN, Infinity), (schedule, at) => {
      expect(() => schedule(at)).toThrow(RangeError);
      expect(() => schedule(at)).toThrow(`was asked for step ${at}. Steps are finite and count from 0.`);
    }),
  );
});
