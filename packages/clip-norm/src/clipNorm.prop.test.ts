import type { AnyTransform } from '@gradkit/core';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adaptiveGradientClip } from './adaptiveGradientClip.ts';
import { clipByBlockRms } from './clipByBlockRms.ts';
import { clipByGlobalNorm } from './clipByGlobalNorm.ts';
import { clipByNorm } from './clipByNorm.ts';
import { updateOnce } from './updateOnce.ts';

const entry = fc.float({ min: -1000, max: 1000, noNaN: true });
const leaf = fc.array(entry, { maxLength: 8 });
const tree = fc.record({ a: leaf, b: leaf, c: leaf });
const maxNorm = fc.double({ min: 0.01, max: 100, noNaN: true });
const normType = fc.constantFrom(1, 2, 3, 0.5, Infinity);

const clips: readonly { name: string; clip: (limit: number) => AnyTransform }[] = [
  { name: 'clipByGlobalNorm', clip: (limit) => clipByGlobalNorm({ maxNorm: limit }) },
  { name: 'clipByNorm', clip: (limit) => clipByNorm({ maxNorm: limit }) },
  { name: 'clipByBlockRms', clip: (limit) => clipByBlockRms({ threshold: limit }) },
  { name: 'adaptiveGradientClip', clip: (limit) => adaptiveGradientClip({ clipping: limit, epsilon: 1 }) },
];

function normOf(values: readonly number[], order: number): number {
  if (order === Infinity) return values.reduce((largest, value) => Math.max(largest, Math.abs(value)), 0);
  return values.reduce((sum, value) => sum + Math.abs(value) ** order, 0) ** (1 / order);
}

/** Whether two lists are alike to 1e-6 of the larger entry, but for what float32 cannot hold. */
function areAlike(a: readonly number[], b: readonly number[]): boolean {
  const close = a.every(
    (value, index) => Math.abs(value - (b[index] ?? Number.NaN)) <= 1e-6 * Math.abs(value) + 1e-40,
  );
  return close && a.length === b.length;
}

test('the norm after clipping is at most maxNorm, of every order', () => {
  fc.assert(
    fc.property(tree, maxNorm, normType, (gradients, limit, order) => {
      const { updates } = updateOnce(clipByGlobalNorm({ maxNorm: limit, normType: order }), gradients);
      expect(normOf(Object.values(updates).flat(), order)).toBeLessThanOrEqual(limit * (1 + 1e-5));
    }),
  );
});

test('the reported norm is that of float64', () => {
  fc.assert(
    fc.property(tree, normType, (gradients, order) => {
      const { report } = updateOnce(clipByGlobalNorm({ maxNorm: 1, normType: order }), gradients);
      const wanted = normOf(Object.values(gradients).flat(), order);
      const tolerance = order === 3 || order === 0.5 ? 1e-5 : 1e-6;
      expect(Math.abs((report.values['clipByGlobalNorm.norm'] ?? -1) - wanted)).toBeLessThanOrEqual(
        tolerance * wanted + 1e-44,
      );
    }),
  );
});

test('the direction is kept: every entry is multiplied by the reported scale', () => {
  fc.assert(
    fc.property(tree, maxNorm, (gradients, limit) => {
      const { updates, report } = updateOnce(clipByGlobalNorm({ maxNorm: limit }), gradients);
      const scale = report.values['clipByGlobalNorm.scale'] ?? Number.NaN;
      for (const [name, values] of Object.entries(gradients)) {
        expect(updates[name]).toEqual(values.map((value) => Math.fround(value * scale)));
      }
    }),
  );
});

test('the global norm does not care how entries are split into leaves, or in which order', () => {
  fc.assert(
    fc.property(tree, maxNorm, ({ a, b, c }, limit) => {
      const clip = clipByGlobalNorm({ maxNorm: limit });
      const split = updateOnce(clip, { a, b, c }).updates;
      const whole = updateOnce(clip, { whole: [...c, ...a, ...b] }).updates['whole'] ?? [];
      const joined = [split['c'] ?? [], split['a'] ?? [], split['b'] ?? []].flat();
      expect(areAlike(joined, whole)).toBe(true);
    }),
  );
});

test('clipping each leaf is clipping a tree of that leaf alone', () => {
  fc.assert(
    fc.property(tree, maxNorm, (gradients, limit) => {
      const together = updateOnce(clipByNorm({ maxNorm: limit }), gradients).updates;
      for (const [name, values] of Object.entries(gradients)) {
        expect(together[name]).toEqual(
          updateOnce(clipByGlobalNorm({ maxNorm: limit }), { [name]: values }).updates[name],
        );
      }
    }),
  );
});

describe.each(clips)('$name', ({ clip }) => {
  test('clipping twice is clipping once', () => {
    fc.assert(
      fc.property(tree, maxNorm, (gradients, limit) => {
        const once = updateOnce(clip(limit), gradients).updates;
        const twice = updateOnce(clip(limit), once).updates;
        for (const [name, values] of Object.entries(once)) {
          expect(areAlike(values, twice[name] ?? [])).toBe(true);
        }
      }),
    );
  });

  test('gradients and threshold k times as large give a result k times as large, to the bit for powers of two', () => {
    const normal = fc.array(
      fc.float({ min: 2 ** -10, max: 1000, noNaN: true }).map((size) => Math.fround(size)),
      { maxLength: 8 },
    );
    fc.assert(
      fc.property(
        normal,
        fc.integer({ min: -10, max: 10 }),
        fc.integer({ min: -5, max: 5 }),
        (g, power, limit) => {
          const k = 2 ** power;
          const plain = updateOnce(clip(2 ** limit), { g }).updates['g'] ?? [];
          const scaled = updateOnce(clip(k * 2 ** limit), { g: g.map((value) => k * value) }).updates['g'];
          expect(scaled).toEqual(plain.map((value) => k * value));
        },
      ),
    );
  });

  test('no sign changes, and no entry grows', () => {
    fc.assert(
      fc.property(tree, maxNorm, (gradients, limit) => {
        const { updates } = updateOnce(clip(limit), gradients);
        for (const [name, values] of Object.entries(gradients)) {
          values.forEach((value, index) => {
            const clipped = updates[name]?.[index] ?? Number.NaN;
            expect(Math.abs(clipped)).toBeLessThanOrEqual(Math.abs(value));
            expect(Object.is(Math.sign(clipped), Math.sign(value)) || Math.abs(value) < 1e-30).toBe(true);
          });
        }
      }),
    );
  });

  test('the same input gives the same bits', () => {
    fc.assert(
      fc.property(tree, maxNorm, (gradients, limit) => {
        expect(updateOnce(clip(limit), gradients)).toEqual(updateOnce(clip(limit), gradients));
      }),
    );
  });
});
