import { checkOptionNames, describeValue, isPlainObject, nameDistance } from './checkOptionNames.ts';
import { InvalidOptionError } from './errors.ts';
import type { LeafSpec } from './gradientTransform.ts';
import type { JsonValue } from './jsonValue.ts';

/** Leaves by their names and shapes, as data. Every condition that is given must hold. */
export interface LeafPattern {
  /** The name, or several of which one must match; `*` stands for any characters. */
  readonly name?: string | readonly string[];
  /** The number of axes. */
  readonly rank?: number;
  readonly minRank?: number;
  readonly maxRank?: number;
  /** Leaves that match this are not meant. */
  readonly not?: LeafPattern;
}

/** A function that carries the name under which the registry of `transformFromJSON` knows it. */
export interface NamedLeafPredicate {
  (leaf: LeafSpec): boolean;
  readonly predicateName: string;
}

/** Which leaves are meant: a pattern, which can be written as JSON, or a function of the leaf's name and shape. */
export type LeafPredicate = LeafPattern | ((leaf: LeafSpec) => boolean) | NamedLeafPredicate;

/**
 * Gives a function the name under which a registry knows it, so that transforms made with it can be written as JSON.
 *
 * @throws {InvalidOptionError} if it is no function.
 * @example masked(adam({ learningRate: 1 }), namedPredicate('isKernel', (leaf) => leaf.shape.length > 1))
 */
export function namedPredicate(name: string, predicate: (leaf: LeafSpec) => boolean): NamedLeafPredicate {
  if (typeof predicate !== 'function') {
    throw new InvalidOptionError(
      `The predicate ${JSON.stringify(name)} must be a function of { name, shape }, but is ${describeValue(predicate)}.`,
    );
  }
  return Object.assign((leaf: LeafSpec) => predicate(leaf), { predicateName: name });
}

/** A predicate as it was when a transform was made with it. */
export interface ReadPredicate {
  matches(leaf: LeafSpec): boolean;
  /** As data. @throws {InvalidOptionError} for a bare function, which it names. */
  toJSON(): JsonValue;
  /** Those of some leaves that match. @throws {InvalidOptionError} if there is none, unless `allowEmpty`. */
  select(leaves: readonly LeafSpec[], options: { allowEmpty: boolean }): readonly LeafSpec[];
}

/** What to write where no leaf is meant to match. */
export const emptyRemedy = 'If that is meant, say so with { allowEmpty: true } as the last argument.';

/**
 * Judges a predicate and copies it.
 *
 * @param ifEmpty what to write where no leaf is meant to match.
 * @throws {InvalidOptionError} for anything but a pattern or a function.
 */
export function readPredicate(
  owner: string,
  predicate: LeafPredicate,
  ifEmpty: string = emptyRemedy,
): ReadPredicate {
  const isMeant = typeof predicate === 'function' ? judged(owner, predicate) : undefined;
  const pattern = typeof predicate === 'function' ? undefined : copyOf(owner, predicate);
  const test = (leaf: LeafSpec): boolean =>
    pattern === undefined ? isMeant?.(leaf) === true : matches(pattern, leaf);
  return {
    matches: test,
    toJSON: () => (pattern === undefined ? functionToJSON(owner, predicate) : patternToJSON(pattern)),
    select: (leaves, { allowEmpty }) => {
      const found = leaves.filter(test);
      if (found.length > 0 || allowEmpty || leaves.length === 0) return found;
      throw new InvalidOptionError(
        pattern === undefined
          ? `${owner}: ${describeValue(predicate)} is true of no leaf. ${listOf(leaves)} ${ifEmpty}`
          : `${noMatchMessage(owner, pattern, leaves)} ${ifEmpty}`,
      );
    },
  };
}

/** Names leaves in a message. */
export function listOf(leaves: readonly LeafSpec[], what = 'The leaves are'): string {
  const shown = leaves
    .slice(0, mostLeaves)
    .map(({ name, shape }) => `${JSON.stringify(name)} [${shape.join()}]`);
  return `${what} ${shown.join(', ')}${leaves.length > mostLeaves ? ', ...' : ''}.`;
}

/** How many leaves a message lists: a model may have thousands. */
const mostLeaves = 8;

function noMatchMessage(owner: string, pattern: LeafPattern, leaves: readonly LeafSpec[]): string {
  const problem = `${owner}: no leaf matches ${JSON.stringify(patternToJSON(pattern))}.`;
  const names = [pattern.name ?? []].flat();
  const highest = Math.max(...leaves.map(({ shape }) => shape.length));
  if (pattern.minRank !== undefined && highest < pattern.minRank) {
    return (
      `${problem} No leaf has a rank of ${pattern.minRank} or more; the highest is ${highest}. ${listOf(leaves)} ` +
      `A Float32Array alone is one axis: give a stepper the shape too, { values, shape: [inputs, outputs] }.`
    );
  }
  const nearest = nearestNames(names, leaves);
  return `${problem} ${listOf(nearest.length === 0 ? leaves : nearest, nearest.length === 0 ? undefined : 'The nearest are')}`;
}

/** The leaves whose name, or a part of it, is near to what is written out of a pattern. */
function nearestNames(wanted: readonly string[], leaves: readonly LeafSpec[]): readonly LeafSpec[] {
  const literals = wanted.flatMap((name) => name.split('*')).filter((part) => part.length > 0);
  const distanceOf = ({ name }: LeafSpec): number => {
    const parts = [name, ...name.split(/[/._]/)];
    const distances = literals.flatMap((literal) => {
      const least = Math.min(...parts.map((part) => nameDistance(literal, part)));
      return least <= literal.length / 3 ? [least] : [];
    });
    return Math.min(...distances);
  };
  return leaves
    .map((leaf) => ({ leaf, distance: distanceOf(leaf) }))
    .filter(({ distance }) => distance < Infinity)
    .toSorted((a, b) => a.distance - b.distance)
    .map(({ leaf }) => leaf);
}

function judged(owner: string, predicate: (leaf: LeafSpec) => boolean): (leaf: LeafSpec) => boolean {
  return (leaf) => {
    const answer: unknown = predicate(leaf);
    if (typeof answer === 'boolean') return answer;
    throw new InvalidOptionError(
      `${owner}: the predicate gave ${describeValue(answer)} for the leaf ${JSON.stringify(leaf.name)}; it must give true or false.`,
    );
  };
}

function functionToJSON(owner: string, predicate: LeafPredicate): JsonValue {
  const name: unknown = 'predicateName' in predicate ? predicate.predicateName : undefined;
  if (typeof name === 'string') return { predicate: name };
  throw new InvalidOptionError(
    `${owner}: ${describeValue(predicate)} is a bare function and cannot be written as JSON. ` +
      `Use a pattern ({ name: '*kernel*' }, { minRank: 2 }), or namedPredicate(name, function) and a registry with that name.`,
  );
}

function matches(pattern: LeafPattern, { name, shape }: LeafSpec): boolean {
  const names = pattern.name === undefined ? undefined : [pattern.name].flat();
  if (names !== undefined && !names.some((wanted) => matchesName(wanted, name))) return false;
  if (pattern.rank !== undefined && shape.length !== pattern.rank) return false;
  if (pattern.minRank !== undefined && shape.length < pattern.minRank) return false;
  if (pattern.maxRank !== undefined && shape.length > pattern.maxRank) return false;
  return pattern.not === undefined || !matches(pattern.not, { name, shape });
}

function matchesName(wanted: string, name: string): boolean {
  const [start = '', ...parts] = wanted.split('*');
  const end = parts.pop();
  if (end === undefined) return name === wanted;
  // Each part as early as it comes leaves most to the ones after it, so no other place has to be tried.
  if (!name.startsWith(start)) return false;
  let rest = start.length;
  for (const part of parts) {
    const found = name.indexOf(part, rest);
    if (found === -1) return false;
    rest = found + part.length;
  }
  return name.length - end.length >= rest && name.endsWith(end);
}

/** Deeper patterns are taken for ones that hold themselves. */
const mostNots = 100;

/** A pattern that nobody else can change. */
function copyOf(owner: string, pattern: LeafPattern, depth = 0): LeafPattern {
  checkPattern(owner, pattern, depth);
  const { name, not, ...ranks } = pattern;
  return {
    ...ranks,
    ...(name === undefined ? {} : { name: typeof name === 'string' ? name : [...name] }),
    ...(not === undefined ? {} : { not: copyOf(owner, not, depth + 1) }),
  };
}

function checkPattern(owner: string, pattern: LeafPattern, depth: number): void {
  if (!isPlainObject(pattern) || depth > mostNots) {
    const found = depth > mostNots ? `is nested too deeply` : `is ${describeValue(pattern)}`;
    throw new InvalidOptionError(
      `${owner}: the predicate ${found}. Give a pattern such as { name: '*kernel*' }, or a function of { name, shape }.`,
    );
  }
  checkOptionNames(`${owner}'s predicate`, pattern, ['name', 'rank', 'minRank', 'maxRank', 'not']);
  const names: readonly unknown[] = pattern.name === undefined ? [] : [pattern.name].flat();
  const ranks: readonly unknown[] = [pattern.rank, pattern.minRank, pattern.maxRank].filter(
    (rank) => rank !== undefined,
  );
  const wrong = [
    ...names.filter((name) => typeof name !== 'string'),
    ...ranks.filter((rank) => typeof rank !== 'number' || !Number.isInteger(rank) || rank < 0),
  ];
  if (wrong.length > 0) {
    throw new InvalidOptionError(
      `${owner}: a predicate's name must be text and its ranks whole numbers, but one is ${describeValue(wrong[0])}.`,
    );
  }
}

function patternToJSON(pattern: LeafPattern): JsonValue {
  const { not, ...rest } = pattern;
  return { ...rest, ...(not === undefined ? {} : { not: patternToJSON(not) }) };
}
