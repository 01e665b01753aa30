import { expect, test } from 'vitest';
import type { Contestant } from './contestant.ts';
import { hold, type Bench } from './scenario.ts';

const bench: Bench = { quick: true, takesPart: ({ name }) => name !== 'excluded', progress: () => undefined };

function pretended(name: string, open: string[], closed: string[]): Contestant<number> {
  return {
    name,
    label: `the ${name}`,
    open: async () => {
      open.push(name);
      return {
        run: async (steps) => 50 * steps,
        parameters: async () => [],
        dispose: async () => void closed.push(name),
      };
    },
  };
}

const contest = { name: 'a contest', task: 1, parameters: 67, leaves: 4 };

test('everybody takes turns and is closed at the end', async () => {
  const [opened, closed]: [string[], string[]] = [[], []];
  const contestants = ['a', 'b', 'excluded'].map((name) => pretended(name, opened, closed));
  const point = await hold(bench, { ...contest, contestants });
  expect([opened, closed]).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ]);
  expect(point.leftOut).toEqual([]);
  expect(point.rows).toMatchObject([
    { contestant: 'a', label: 'the a', milliseconds: { median: 50 } },
    { contestant: 'b', label: 'the b', milliseconds: { median: 50 } },
  ]);
});

test('whoever is too large, too slow or fails is left out with the reason', async () => {
  const fine = pretended('fine', [], []);
  const failing: Contestant<number> = {
    ...pretended('failing', [], []),
    open: () => Promise.reject(new Error('out of memory')),
  };
  const point = await hold(bench, {
    ...contest,
    contestants: [
      fine,
      { ...pretended('large', [], []), tooLarge: (task) => `more than ${task - 1}` },
      pretended('slow', [], []),
      failing,
    ],
    skip: new Map([['slow', 'it would take all day']]),
  });
  expect(point.rows.map(({ contestant }) => contestant)).toEqual(['fine']);
  expect(point.leftOut).toEqual([
    { label: 'the large', reason: 'more than 0' },
    { label: 'the slow', reason: 'it would take all day' },
    { label: 'the failing', reason: 'cannot set it up: Error: out of memory' },
  ]);
});
