import { evenTree } from '@gradkit/bench/parameterTree';
import type { GpuContest, Verification } from '@gradkit/bench/gpuReport';
import { usualSettings, type UpdateTask } from '@gradkit/bench/updateTask';
import { expect, test } from 'vitest';
import { CardLostError } from './cardLost.ts';
import { holdContest, timesOf, type ContestOptions } from './holdContest.ts';
import type { TimedContestant } from './timedContestant.ts';

const task = (parameters: number): UpdateTask => ({
  kind: 'update',
  tree: evenTree(parameters, 10),
  transform: 'clip + Adam',
  settings: usualSettings,
});

/** Contestants on a clock that only their steps move. */
function stage(): {
  readonly contestant: (name: string, milliseconds: number, more?: Partial<Behaviour>) => TimedContestant;
  readonly hold: (
    contestants: readonly TimedContestant[],
    more?: Partial<ContestOptions>,
  ) => Promise<GpuContest>;
  readonly disposed: string[];
  readonly order: string[];
} {
  let now = 0;
  const disposed: string[] = [];
  const order: string[] = [];
  return {
    disposed,
    order,
    contestant: (
      name,
      milliseconds,
      { failsAfter = Infinity, error = new Error('no room'), setUp = 0 } = {},
    ) => ({
      name,
      label: `the ${name}`,
      open: async () => {
        now += setUp;
        let taken = 0;
        return {
          timestamps: [],
          lap: async (steps) => {
            taken += steps;
            if (taken > failsAfter) throw error;
            if (steps === 200) order.push(name);
            now += steps * milliseconds;
            return { gpu: steps * milliseconds, wall: steps * milliseconds + 1 };
          },
          verify: async (steps): Promise<Verification> => ({
            isRight: steps === taken,
            text: `${steps} of ${taken}`,
          }),
          dispose: async () => void disposed.push(name),
        };
      },
    }),
    hold: async (contestants, more = {}) =>
      holdContest({
        task: task(1000),
        contestants,
        steps: 200,
        laps: 5,
        fewestLaps: 3,
        milliseconds: 60_000,
        expected: new Map(),
        clock: () => now,
        ...more,
      }),
  };
}

interface Behaviour {
  readonly failsAfter: number;
  readonly error: Error;
  readonly setUp: number;
}

test('a lap of 200 steps in 50 ms is 0.25 ms a step, and the median of laps counts', () => {
  const laps = [50, 60, 1000].map((gpu) => ({ gpu, wall: 2 * gpu }));
  const { gpu, wall } = timesOf({ name: 'a', label: 'A' }, laps, 200);
  expect(gpu?.median).toBe(0.3);
  expect(wall.median).toBe(0.6);
});

test('a device without a clock has no time of its own', () => {
  expect(timesOf({ name: 'a', label: 'A' }, [{ wall: 200 }], 200).gpu).toBeUndefined();
});

test('all take turns, lap by lap, from the front and from the back, and every step is accounted for', async () => {
  const { contestant, hold, order, disposed } = stage();
  const { rows, leftOut } = await hold([contestant('a', 1), contestant('b', 2)]);
  expect(rows.map(({ contestant: name, gpu }) => [name, gpu?.median])).toEqual([
    ['a', 1],
    ['b', 2],
  ]);
  expect(rows.map(({ result }) => result.isRight)).toEqual([true, true]);
  expect(order.slice(0, 4)).toEqual(['a', 'b', 'b', 'a']);
  expect(leftOut).toEqual([]);
  expect(disposed).toEqual(['a', 'b']);
});

test('above the room for all, one comes after the other', async () => {
  const { contestant, hold, order } = stage();
  const { isSideBySide } = await hold([contestant('a', 1), contestant('b', 1)], { task: task(3e7) });
  expect(isSideBySide).toBe(false);
  expect(order).toEqual([...Array.from({ length: 5 }, () => 'a'), ...Array.from({ length: 5 }, () => 'b')]);
});

test('who is too slow is left out, by name and with the seconds, and the others are timed', async () => {
  const { contestant, hold, disposed } = stage();
  const { rows, leftOut } = await hold([contestant('slow', 1000), contestant('quick', 1)]);
  expect(rows.map((row) => row.contestant)).toEqual(['quick']);
  expect(leftOut).toEqual([
    {
      label: 'the slow',
      reason: 'setting up, 600 steps and comparing would take 859.4 s, and it has 30.0 s',
    },
  ]);
  expect(disposed).toEqual(['slow', 'quick']);
});

test('who is foreseen to be too slow is not even set up', async () => {
  const { contestant, hold, disposed } = stage();
  const expected = new Map([['slow', { setUp: 10, step: 1000 }]]);
  const { leftOut } = await hold([contestant('slow', 1)], { expected });
  expect(leftOut[0]?.reason).toContain('by the sizes before');
  expect(disposed).toEqual([]);
});

test('when the time is up nobody is set up', async () => {
  const { contestant, hold } = stage();
  const { rows, leftOut } = await hold([contestant('a', 1)], { milliseconds: -5 });
  expect(rows).toEqual([]);
  expect(leftOut).toEqual([{ label: 'the a', reason: 'the time was up' }]);
});

test('who fails while it is set up or in a lap is left out with its reason', async () => {
  const { contestant, hold } = stage();
  const { rows, leftOut } = await hold([
    contestant('early', 1, { failsAfter: 0 }),
    contestant('late', 1, { failsAfter: 500 }),
    contestant('fine', 1),
  ]);
  expect(rows.map((row) => row.contestant)).toEqual(['fine']);
  expect(leftOut).toEqual([
    { label: 'the early', reason: 'no room' },
    { label: 'the late', reason: 'no room' },
  ]);
});

test('a lost card breaks off and what was timed is reported first', async () => {
  const { contestant, hold } = stage();
  const seen: GpuContest[] = [];
  const error = new CardLostError('The device was lost (unknown): gone');
  await expect(
    hold([contestant('a', 1), contestant('b', 1, { failsAfter: 500, error })], {
      onProgress: (contest) => seen.push(contest),
    }),
  ).rejects.toThrow('The device was lost');
  expect(seen.at(-1)?.rows.map((row) => [row.contestant, row.result.isRight])).toEqual([
    ['a', false],
    ['b', false],
  ]);
});
