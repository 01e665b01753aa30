import type { LeafSpec } from './gradientTransform.ts';
import { noGroup } from './symbolicTensor.ts';

/** What a transform shows of one step. */
export interface Report {
  /** The step that it is of, 0 at the first one. */
  readonly step: number;
  /** Numbers by path, such as `clipByGlobalNorm.norm`. */
  readonly values: Readonly<Record<string, number>>;
  /** Numbers of each leaf by path, then by the leaf's name. */
  readonly leafValues: Readonly<Record<string, ReadonlyMap<string, number>>>;
}

/** What a program reports of one step: numbers by path, then by leaf, or under `noGroup` for one number. */
export type ReportedNumbers = ReadonlyMap<string, ReadonlyMap<number, number>>;

/** Reads what a step reported, where the engine has it: until the next step. */
export type ReadReports = () => ReportedNumbers;

/** Numbers by leaf that `JSON.stringify` keeps; the method does not show, so that it is a Map like any other. */
function numbersOfLeaves(entries: readonly (readonly [string, number])[]): ReadonlyMap<string, number> {
  const numbers = new Map(entries);
  return Object.defineProperty(numbers, 'toJSON', { value: () => Object.fromEntries(numbers) });
}

/** Sorts what a program reported into numbers and numbers of each leaf. */
export function readReport(from: {
  step: number;
  leaves: readonly LeafSpec[];
  reports: ReportedNumbers;
}): Report {
  const values: Record<string, number> = {};
  const leafValues: Record<string, ReadonlyMap<string, number>> = {};
  for (const [name, entries] of from.reports) {
    const whole = entries.get(noGroup);
    if (whole !== undefined) values[name] = whole;
    else
      leafValues[name] = numbersOfLeaves(
        Array.from(entries, ([leaf, value]) => [from.leaves[leaf]?.name ?? '', value]),
      );
  }
  return { step: from.step, values, leafValues };
}
