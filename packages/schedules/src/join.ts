import { checkOptionNames } from '@gradkit/core';
import type { Schedule } from '@gradkit/core';
import { checkSchedule } from './checkOption.ts';
import { constant } from './constant.ts';
import { defineSchedule } from './defineSchedule.ts';
import type { SerializableSchedule } from './defineSchedule.ts';
import { cutAtBoundaries, pieceAt } from './pieces.ts';
import { withRemedy } from './withRemedy.ts';

export interface JoinOptions {
  /** One more than boundaries. */
  readonly schedules: readonly Schedule[];
  /** The steps at which the next schedule takes over, rising, the first above 0. */
  readonly boundaries: readonly number[];
}

/**
 * Runs one schedule after the other: the next one takes over at its boundary and counts its own steps from 0 there.
 *
 * @throws {InvalidOptionError} if an entry is not a schedule, if boundaries are not whole and rising from above 0, or if
 *   there is not one schedule more than boundaries.
 * @see `optax.join_schedules`
 * @example
 * join({ schedules: [constant({ value: 1 }), linear({ initialValue: 1, finalValue: 0, transitionSteps: 4 })], boundaries: [10] })(12) // 0.5
 */
export function join(options: JoinOptions): SerializableSchedule {
  return withRemedy(
    {
      name: 'join',
      options,
      example: { schedules: [constant({ value: 0.1 }), constant({ value: 0.01 })], boundaries: [500] },
    },
    makeJoin,
  );
}

function makeJoin(options: JoinOptions): SerializableSchedule {
  checkOptionNames('join', options, ['schedules', 'boundaries']);
  const { schedules, boundaries } = options;
  const pieces = cutAtBoundaries('join', boundaries, 'schedules', schedules);
  for (const [index, schedule] of schedules.entries()) checkSchedule('join', `schedules[${index}]`, schedule);
  return defineSchedule({
    name: 'join',
    options,
    valueAt: (step) => {
      const { start, content: schedule } = pieceAt(pieces, step);
      return schedule(step - start);
    },
  });
}
