import { expect, test } from 'vitest';
import { exampleContest, exampleRow } from './exampleReport.ts';
import { verdictsOn } from './verdicts.ts';

const heldOf = (contests: Parameters<typeof verdictsOn>[0]): Record<string, boolean> =>
  Object.fromEntries(verdictsOn(contests).map(({ claim, isHeld }) => [claim, isHeld]));
const tenTimes = 'ten times the parameters take about ten times as long (copy)';
const nothing = 'a kernel that does nothing takes next to no time';
const right = 'every timed step of ours was taken, and comes to what float64 gives';

test('a copy of ten times the bytes in 0.2 ms instead of 0.02 ms holds, in 0.021 ms or 2 ms it does not', () => {
  const held = (large: number): boolean | undefined =>
    heldOf([
      exampleContest(1e6, [exampleRow('copy', 0.02)]),
      exampleContest(1e7, [exampleRow('copy', large)]),
    ])[tenTimes];
  expect([0.2, 0.021, 2].map(held)).toEqual([true, false, false]);
});

test('the two largest sizes a factor of 10 apart are taken', () => {
  const contests = [1e5, 1e6, 1e7].map((size) => exampleContest(size, [exampleRow('copy', size / 1e8)]));
  expect(verdictsOn(contests)[0]?.found).toContain(
    '10000000 in 10 leaves: 100 µs, 1000000 in 10 leaves: 10.0 µs',
  );
});

test('a kernel that does nothing may take 0.05 ms beside a step of 0.2 ms and not 0.06 ms', () => {
  const held = (time: number): boolean | undefined =>
    heldOf([exampleContest(1e7, [exampleRow('nothing', time), exampleRow('copy', 0.2)])])[nothing];
  expect([0.05, 0.06].map(held)).toEqual([true, false]);
});

test('a result of ours that is not right is told apart from one of the others', () => {
  const contests = [
    exampleContest(1e6, [exampleRow('gradkit-webgpu', 1, false), exampleRow('tfjs-webgpu', 1)]),
  ];
  expect(heldOf(contests)[right]).toBe(false);
  expect(heldOf(contests)['so does every timed step of the others']).toBe(true);
});

test('nothing is claimed of nothing', () => {
  expect(verdictsOn([])).toEqual([]);
  expect(heldOf([exampleContest(1e6, [exampleRow('tfjs-webgpu', 1)])])[right]).toBeUndefined();
});
