import { describeValue } from './checkOptionNames.ts';
import { InvalidOptionError } from './errors.ts';
import type { Schedule } from './schedule.ts';

/** How one option of a transform is judged. */
export interface Option<T, Live extends boolean = boolean> {
  /** Whether it is a number that a program reads at each step and that may be a schedule. */
  readonly live: Live;
  /** What it is when it is not given; an option without a default must be given. */
  readonly fallback?: T | undefined;
  /** What it must be, for the message. */
  readonly expected: string;
  accepts(value: unknown): value is T;
}

/** The range of a number. */
export interface NumberRange {
  readonly above?: number;
  readonly atLeast?: number;
  readonly below?: number;
  readonly atMost?: number;
  readonly integer?: boolean;
  /** Whether an infinity may be given. */
  readonly infinite?: boolean;
  readonly fallback?: number;
}

/**
 * A number or a schedule that may change between steps without anything being traced again.
 *
 * @example hyperparameter({ above: 0 }) // a threshold: NaN, 0 and negative numbers are refused
 */
export function hyperparameter(range: NumberRange = {}): Option<number, true> {
  return numberOption(range, true);
}

/** A number that is built into the program; to change it, make a new transform. */
export function structuralNumber(range: NumberRange = {}): Option<number, false> {
  return numberOption(range, false);
}

/** A choice between true and false that is built into the program. */
export function flag({ fallback }: { fallback: boolean }): Option<boolean, false> {
  return {
    live: false,
    fallback,
    expected: 'true or false',
    accepts: (value): value is boolean => typeof value === 'boolean',
  };
}

/**
 * Judges the value of an option.
 *
 * @throws {InvalidOptionError} naming the transform, the option, the value and what it must be.
 */
export function checkOption<T>(at: { owner: string; name: string }, option: Option<T>, value: unknown): T {
  if (option.accepts(value)) return value;
  const problem = value === undefined ? 'is missing' : `is ${describeValue(value)}`;
  const schedule = option.live ? ' or a schedule (a function of the step)' : '';
  throw new InvalidOptionError(
    `${at.owner}: ${at.name} ${problem}; it must be ${option.expected}${schedule}. ` +
      `Write ${at.owner}({ ${at.name}: ${exampleOf(option)} }).`,
  );
}

/** Whether an option is given as a function of the step. */
export function isSchedule(value: unknown): value is Schedule {
  return typeof value === 'function';
}

function exampleOf({ fallback }: Option<unknown>): string {
  return typeof fallback === 'number' || typeof fallback === 'boolean' ? String(fallback) : '1';
}

function numberOption<Live extends boolean>(range: NumberRange, live: Live): Option<number, Live> {
  return {
    live,
    fallback: range.fallback,
    expected: describeRange(range),
    accepts: (value): value is number => typeof value === 'number' && isInRange(range, value),
  };
}

function isInRange(range: NumberRange, given: number): boolean {
  if (given !== given) return false;
  // Programs compute in float32: 1e-50 is 0 there, and 0.99999999 is 1.
  const value = Math.fround(given);
  if (!Number.isFinite(value) && (range.infinite !== true || Number.isFinite(given))) return false;
  if (range.integer === true && !Number.isInteger(value)) return false;
  // A bound that is not given is NaN, on no side of which a number lies.
  const { above = NaN, atLeast = NaN, below = NaN, atMost = NaN } = range;
  return !(value <= above || value < atLeast || value >= below || value > atMost);
}

function describeRange(range: NumberRange): string {
  const noun =
    range.integer === true ? 'a whole number' : range.infinite === true ? 'a number' : 'a finite number';
  const { above, atLeast, below, atMost } = range;
  const bounds = Object.entries({ above, 'of at least': atLeast, below, 'of at most': atMost })
    .filter(([, bound]) => bound !== undefined)
    .map(([words, bound]) => `${words} ${bound}`);
  return bounds.length === 0 ? noun : `${noun} ${bounds.join(' and ')}`;
}
