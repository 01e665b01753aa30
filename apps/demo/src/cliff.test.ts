import { expect, test } from 'vitest';
import { cliffGradient, cliffLoss, descendCliff } from './cliff.ts';
import { defaultState } from './demoState.ts';

test('with both weights 0 the unit gives a half, and the loss is the square of a fifth', () => {
  expect(cliffLoss({ x: 0, y: 0 })).toBeCloseTo(0.04, 12);
});

test.each([
  { x: 3.1, y: -1.2 },
  { x: 4.6, y: -2.45 },
  { x: 5.5, y: -2 },
])('the gradient at ($x, $y) is the slope of the loss', (point) => {
  const by = 1e-6;
  const { x, y } = cliffGradient(point);
  const alongW =
    (cliffLoss({ ...point, x: point.x + by }) - cliffLoss({ ...point, x: point.x - by })) / (2 * by);
  const alongB =
    (cliffLoss({ ...point, y: point.y + by }) - cliffLoss({ ...point, y: point.y - by })) / (2 * by);
  expect(x).toBeCloseTo(alongW, 4);
  expect(y).toBeCloseTo(alongB, 4);
});

test('from the usual start the raw descent is thrown off the cliff, and the clipped one comes to its foot', () => {
  const descent = { from: defaultState.cliffStart, learningRate: 0.3, steps: 150 };
  const raw = descendCliff({ ...descent, maxNorm: undefined }).at(-1);
  const clipped = descendCliff({ ...descent, maxNorm: 0.3 }).at(-1);
  expect(raw?.y).toBeGreaterThan(3);
  expect(cliffLoss(raw ?? { x: 0, y: 0 })).toBeGreaterThan(0.05);
  expect(cliffLoss(clipped ?? { x: 0, y: 0 })).toBeLessThan(0.001);
});

test('no clipped step is longer than the learning rate times the threshold', () => {
  const points = descendCliff({ from: { x: 4.6, y: -2.45 }, learningRate: 0.3, maxNorm: 0.3, steps: 100 });
  expect(points).toHaveLength(101);
  points.slice(1).forEach(({ x, y }, index) => {
    const before = points[index] ?? { x: NaN, y: NaN };
    expect(Math.hypot(x - before.x, y - before.y)).toBeLessThanOrEqual(0.09 + 1e-6);
  });
});
