import { expect, test } from 'vitest';
import type { Session } from './contestant.ts';
import { measureRounds } from './measureRounds.ts';

/** A session whose step takes so many milliseconds by its own clock. */
function pretended(name: string, milliseconds: number, log: string[]): Session {
  return {
    activate: async () => void log.push(name),
    run: async (steps) => milliseconds * steps,
    parameters: async () => [],
    dispose: async () => undefined,
  };
}

test('sessions take turns, from the front and from the back', async () => {
  const log: string[] = [];
  const sessions = [pretended('a', 10, log), pretended('b', 20, log)];
  await measureRounds(sessions, {
    rounds: 3,
    fewestRounds: 3,
    roundMilliseconds: 20,
    warmUpMilliseconds: 20,
    contestantMilliseconds: 1000,
  });
  expect(log).toEqual(['a', 'b', 'a', 'b', 'b', 'a', 'a', 'b']);
});

test('a round has as many steps as fit, and its result is the time of one', async () => {
  const effort = {
    rounds: 5,
    fewestRounds: 3,
    roundMilliseconds: 20,
    warmUpMilliseconds: 40,
    contestantMilliseconds: 1000,
  };
  const [fast, slow] = await measureRounds([pretended('a', 0.5, []), pretended('b', 50, [])], effort);
  expect(fast).toMatchObject({ stepsPerRound: 40, milliseconds: { median: 0.5, low: 0.5, high: 0.5 } });
  expect(slow).toMatchObject({ stepsPerRound: 1, milliseconds: { median: 50 } });
});

test('a slow session takes part in few rounds, evenly spread, but in the fewest', async () => {
  const effort = {
    rounds: 9,
    fewestRounds: 3,
    roundMilliseconds: 10,
    warmUpMilliseconds: 20,
    contestantMilliseconds: 100,
  };
  const [slow, usual] = await measureRounds([pretended('a', 60, []), pretended('b', 10, [])], effort);
  expect(slow?.rounds.map(({ round }) => round)).toEqual([2, 5, 8]);
  expect(usual?.rounds).toHaveLength(9);
});
