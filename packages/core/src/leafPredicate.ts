import { checkOptionNames, describeValue, isPlainObject } from './checkOptionNames.ts';
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

/** A predicate as a function. @throws {InvalidOptionError} for anything else. */
export function toLeafFunction(owner: string, predicate: LeafPredicate): (leaf: LeafSpec) => boolean {
  if (typeof predicate === 'function') {
    return (leaf) => {
      const answer: unknown = predicate(leaf);
      if (typeof answer === 'boolean') return answer;
      throw new InvalidOptionError(
        `${owner}: the predicate gave ${describeValue(answer)} for the leaf ${JSON.stringify(leaf.name)}; it must give true or false.`,
      );
    };
  }
  checkPattern(owner, predicate);
  return (leaf) => matches(predicate, leaf);
}

/** A predicate as data. @throws {InvalidOptionError} for a bare function, which it names. */
export function predicateToJSON(owner: string, predicate: LeafPredicate): JsonValue {
  if (typeof predicate !== 'function') return patternToJSON(predicate);
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

function checkPattern(owner: string, pattern: LeafPattern, depth = 0): void {
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
  if (pattern.not !== undefined) checkPattern(owner, pattern.not, depth + 1);
}

function patternToJSON(pattern: LeafPattern): JsonValue {
  const { not, ...rest } = pattern;
  return { ...rest, ...(not === undefined ? {} : { not: patternToJSON(not) }) };
}
