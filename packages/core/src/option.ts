import { describeValue } from './checkOptionNames.ts';
import { InvalidOptionError } from './errors.ts';
import { roundedAway } from './float32.ts';
import type { Schedule } from './schedule.ts';
import { toCode } from './toCode.ts';

/** How one option of a transform is judged. */
export interface Option<T, Live extends boolean = boolean> {
  /** Whether it is a number that a program reads at each step and that may be a schedule. */
  readonly live: Live;
  /** What it is when it is not given; an option without a default must be given. */
  readonly fallback?: T | undefined;
  /** What it must be, for the message. */
  readonly expected: string;
  /** A useful value, for the message; without one it is the fallback. */
  readonly example?: T | undefined;
  accepts(value: unknown): value is T;
  /** What float32 makes of a number that is refused only for that, as a clause. */
  rounding?(value: unknown): string | undefined;
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
  /** A useful value, which messages say to write; without one it is the fallback, or 1 where that is in the range. */
  readonly example?: number;
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

/** Where an option is, and the code to write instead of what is there. */
export interface OptionPlace {
  readonly owner: string;
  readonly name: string;
  /** Default: the call with this option alone. */
  readonly remedy?: (example: string) => string;
}

/**
 * Judges the value of an option.
 *
 * @throws {InvalidOptionError} naming the transform, the option, the value and what it must be.
 */
export function checkOption<T>(at: OptionPlace, option: Option<T>, value: unknown): T {
  if (option.accepts(value)) return value;
  const problem = value === undefined ? 'is missing' : `is ${describeValue(value)}`;
  const schedule = option.live ? ' or a schedule (a function of the step)' : '';
  const { owner, name, remedy: write = (example) => `${owner}({ ${name}: ${example} })` } = at;
  const remedy = write(exampleOf(option));
  throw new InvalidOptionError(
    `${owner}: ${name} ${problem}${roundingNote(option, value)}; it must be ${option.expected}${schedule}. Write ${remedy}.`,
    { remedy },
  );
}

/** What float32 makes of a value that is refused only for that, to be put after the value; else nothing. */
export function roundingNote(option: Option<unknown>, value: unknown): string {
  const note = option.rounding?.(value);
  return note === undefined ? '' : `, ${note}`;
}

/** A useful value of an option as code. */
export function exampleOf({ example, fallback }: Option<unknown>): string {
  return toCode(example ?? fallback) ?? '1';
}

/** Whether an option is given as a function of the step. */
export function isSchedule(value: unknown): value is Schedule {
  return typeof value === 'function';
}

function numberOption<Live extends boolean>(range: NumberRange, live: Live): Option<number, Live> {
  const accepts = (value: unknown): value is number => typeof value === 'number' && isInRange(range, value);
  const { above, atLeast = above ?? 0, below, atMost = below ?? atLeast + 2, example, fallback } = range;
  return {
    live,
    fallback,
    expected: describeRange(range),
    example: [example, fallback, 1, (atLeast + atMost) / 2, atLeast, atMost].find(accepts),
    accepts,
    rounding: (value) => {
      if (typeof value !== 'number') return undefined;
      const found = roundedAway(value, (exact) => isWithin(range, exact));
      if (found === undefined) return undefined;
      const nearest = found.nearest === undefined ? '' : ` (the nearest that works is ${found.nearest})`;
      return `which is ${found.rounded} in float32${nearest}`;
    },
  };
}

/** Programs compute in float32: 1e-50 is 0 there, and 0.99999999 is 1. */
function isInRange(range: NumberRange, given: number): boolean {
  const value = Math.fround(given);
  return (
    isWithin(range, value) &&
    (value !== 0 || given === 0) &&
    Number.isFinite(value) === Number.isFinite(given)
  );
}

function isWithin({ integer, infinite, ...bounds }: NumberRange, value: number): boolean {
  if (value !== value || (infinite !== true && !Number.isFinite(value))) return false;
  if (integer === true && !Number.isInteger(value)) return false;
  // A bound that is not given is NaN, on no side of which a number lies.
  const { above = NaN, atLeast = NaN, below = NaN, atMost = NaN } = bounds;
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
