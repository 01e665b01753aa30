import { describeValue, InvalidOptionError } from '@gradkit/core';
import type { Schedule } from '@gradkit/core';

/** What an option may be, in words that finish the sentence "must be ...", and the test for it. */
interface Requirement {
  readonly words: string;
  readonly holds: (value: number) => boolean;
}

/** The number is not NaN; an infinity means "no limit" where the value is a threshold. */
export const anyNumber: Requirement = {
  words: 'a number other than NaN',
  holds: (value) => !Number.isNaN(value),
};

export const finiteNumber: Requirement = { words: 'a finite number', holds: Number.isFinite };

export const positiveNumber: Requirement = {
  words: 'a finite number above 0',
  holds: (value) => value > 0 && Number.isFinite(value),
};

/** A share of the whole that leaves something on both sides. */
export const properFraction: Requirement = {
  words: 'a fraction between 0 and 1, both excluded',
  holds: (value) => value > 0 && value < 1,
};

/** A length that something is divided by. */
export const positiveSteps: Requirement = {
  words: 'a whole number of steps, at least 1',
  holds: (value) => Number.isSafeInteger(value) && value >= 1,
};

export const steps: Requirement = {
  words: 'a whole number of steps, at least 0',
  holds: (value) => Number.isSafeInteger(value) && value >= 0,
};

/**
 * Refuses a value that `requirement` does not hold for.
 *
 * @throws {InvalidOptionError} naming the schedule, the option, what it must be and what it was.
 * @example checkNumber('linear', 'transitionSteps', -1, positiveSteps)
 */
export function checkNumber(owner: string, option: string, value: number, requirement: Requirement): void {
  if (typeof value === 'number' && requirement.holds(value)) return;
  throw new InvalidOptionError(`${owner}: ${option} must be ${requirement.words}, but it ${isWhat(value)}.`);
}

/**
 * Refuses what cannot be asked for a value.
 *
 * @throws {InvalidOptionError} a number is answered with how to write it as a schedule.
 */
export function checkSchedule(owner: string, option: string, schedule: Schedule): void {
  const given: unknown = schedule;
  if (typeof given === 'function') return;
  const constant =
    typeof given === 'number' ? ` A number is constant({ value: ${describeValue(given)} }).` : '';
  throw new InvalidOptionError(
    `${owner}: ${option} must be a schedule (a function of the step), but it ${isWhat(given)}.${constant}`,
  );
}

/**
 * Refuses what is not a list.
 *
 * @throws {InvalidOptionError}
 */
export function checkArray(owner: string, option: string, list: readonly unknown[]): void {
  if (Array.isArray(list)) return;
  throw new InvalidOptionError(`${owner}: ${option} must be an array, but it ${isWhat(list)}.`);
}

/**
 * Refuses what is neither true nor false, such as the string "false".
 *
 * @throws {InvalidOptionError}
 */
export function checkBoolean(owner: string, option: string, value: boolean): void {
  if (typeof value === 'boolean') return;
  throw new InvalidOptionError(`${owner}: ${option} must be true or false, but it ${isWhat(value)}.`);
}

function isWhat(value: unknown): string {
  return value === undefined ? 'is missing' : `is ${describeValue(value)}`;
}
