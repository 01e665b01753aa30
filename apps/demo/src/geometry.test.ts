import { expect, test } from 'vitest';
import { chainToJSON } from './chainDescription.ts';
import { entryNames, geometryOf, largestEntries } from './geometry.ts';

const chainOf = (...clips: Parameters<typeof chainToJSON>[0]['clips']): ReturnType<typeof chainToJSON> =>
  chainToJSON({ clips, optimizer: 'sgd', learningRate: 0.1 });

test('clipping (3, 4) to norm 1 lands on the circle at (0.6, 0.8) and does not turn it', () => {
  const geometry = geometryOf(
    chainOf({ name: 'clipByGlobalNorm', threshold: 1 }),
    { arrow: Float32Array.of(3, 4) },
    [0, 1],
  );
  expect(geometry.points).toHaveLength(2);
  expect(geometry.points[1]?.x).toBeCloseTo(0.6, 6);
  expect(geometry.points[1]?.y).toBeCloseTo(0.8, 6);
  expect(geometry.boundaries).toEqual([{ shape: 'circle', radius: 1, threshold: 1 }]);
  expect(geometry.angle).toBeLessThan(0.05);
});

test('clipping (1, 4) by value 1 lands on the corner of the box and turns it by 31 degrees', () => {
  const geometry = geometryOf(
    chainOf({ name: 'clipByValue', threshold: 1 }),
    { arrow: Float32Array.of(1, 4) },
    [0, 1],
  );
  expect(geometry.points[1]).toEqual({ x: 1, y: 1 });
  expect(geometry.boundaries).toEqual([{ shape: 'box', radius: 1, threshold: 1 }]);
  // atan(4) - atan(1) is 75.96 - 45 degrees.
  expect(geometry.angle).toBeCloseTo(30.96, 1);
});

test('two clips give three points, in the order of the chain', () => {
  const geometry = geometryOf(
    chainOf({ name: 'clipByValue', threshold: 2 }, { name: 'clipByGlobalNorm', threshold: 1 }),
    { arrow: Float32Array.of(2, 8) },
    [0, 1],
  );
  expect(geometry.points[1]).toEqual({ x: 2, y: 2 });
  expect(geometry.points[2]?.x).toBeCloseTo(Math.SQRT1_2, 6);
  expect(geometry.normAfter).toBeCloseTo(1, 6);
});

test('the circle is what other entries leave of the threshold', () => {
  // The norm is 13; clipped to 13 / 2, the third entry keeps 6 and the first two share sqrt(42.25 - 36).
  const geometry = geometryOf(
    chainOf({ name: 'clipByGlobalNorm', threshold: 6.5 }),
    { arrow: Float32Array.of(3, 4, 12) },
    [0, 1],
  );
  expect(geometry.boundaries[0]?.radius).toBeCloseTo(2.5, 5);
  expect(Math.hypot(geometry.points[1]?.x ?? 0, geometry.points[1]?.y ?? 0)).toBeCloseTo(2.5, 5);
  expect(geometry.others).toBe(1);
});

test('the two largest entries are found whatever their signs and leaves, and named', () => {
  const gradient = { a: Float32Array.of(1, -7), b: Float32Array.of(3, 5) };
  const [first, second] = largestEntries(gradient);
  expect([entryNames(gradient)[first], entryNames(gradient)[second]]).toEqual(['a[1]', 'b[1]']);
  expect(largestEntries({ a: Float32Array.of(0, 0) })).toEqual([0, 1]);
});
