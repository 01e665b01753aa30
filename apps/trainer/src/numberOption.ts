import { InvalidArgumentError } from '@commander-js/extra-typings';

/** A number of the command line; NaN if it is none. */
export function parseNumber(text: string): number {
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text.trim()) ? Number(text) : NaN;
}

/** A number above 0. */
export function parsePositive(text: string): number {
  const value = parseNumber(text);
  // As a 32-bit float, which it becomes, it must not round to 0 or to infinity either.
  if (Math.fround(value) > 0 && Number.isFinite(Math.fround(value))) return value;
  throw new InvalidArgumentError('It must be a finite 32-bit float above 0.');
}

/** A whole number from 1. */
export function parseCount(text: string): number {
  const value = parseNumber(text);
  if (Number.isSafeInteger(value) && value >= 1) return value;
  throw new InvalidArgumentError('It must be a whole number from 1.');
}

/** A whole number from 0, where 0 is never. */
export function parseInterval(text: string): number {
  const value = parseNumber(text);
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new InvalidArgumentError('It must be a whole number from 0.');
}

/** A number from 0. */
export function parseNonNegative(text: string): number {
  const value = parseNumber(text);
  if (value >= 0 && Number.isFinite(Math.fround(value))) return value;
  throw new InvalidArgumentError('It must be a finite 32-bit float from 0.');
}

/** Whether a number can be a seed. */
export function isSeed(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value < 2 ** 31;
}

/** A seed. */
export function parseSeed(text: string): number {
  const value = parseNumber(text);
  if (isSeed(value)) return value;
  throw new InvalidArgumentError('It must be a whole number from 0 to 2147483647.');
}
