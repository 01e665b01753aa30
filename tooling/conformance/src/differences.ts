type Numbers = Float32Array | Int32Array;

/** The smallest number above 0 in float32: below 1e-38 there are too few digits for a relative error alone. */
const smallest = 2 ** -149;
const shownPerArray = 3;

/**
 * Where named arrays differ, as lines to read. Any NaN is the same; with a tolerance of 0 the sign of zero counts, otherwise numbers
 * may be apart by that share of the expected one, and by two of the smallest float32.
 */
export function differences({
  at,
  actual,
  expected,
  tolerance,
  flushed,
}: {
  at: string;
  actual: Readonly<Record<string, Numbers>>;
  expected: Readonly<Record<string, Numbers>>;
  tolerance: number;
  /** What else may be there, where numbers below 2^-126 may count as zeros. */
  flushed?: Readonly<Record<string, Numbers>>;
}): readonly string[] {
  const found = new Map<string, Numbers>(Object.entries(actual));
  const wanted = new Map<string, Numbers>(Object.entries(expected));
  const lines: string[] = [];
  for (const name of found.keys()) if (!wanted.has(name)) lines.push(`${at}: ${name} should not be there`);
  for (const [name, numbers] of wanted) {
    const given = found.get(name);
    if (given?.length !== numbers.length) {
      lines.push(`${at}: ${name} has ${given?.length ?? 'no'} values, not ${numbers.length}`);
      continue;
    }
    const alternative = flushed === undefined ? undefined : new Map(Object.entries(flushed)).get(name);
    const isRight = (index: number): boolean => {
      const number = given[index] ?? NaN;
      if (isSame(number, numbers[index] ?? NaN, tolerance)) return true;
      if (alternative === undefined) return false;
      return [numbers, alternative].some((wantedNumbers) =>
        isSame(withoutDenormal(number), withoutDenormal(wantedNumbers[index] ?? NaN), tolerance),
      );
    };
    const different = Array.from(numbers.keys()).filter((index) => !isRight(index));
    for (const index of different.slice(0, shownPerArray)) {
      lines.push(`${at}: ${name}[${index}] is ${text(given[index])}, not ${text(numbers[index])}`);
    }
    if (different.length > shownPerArray) {
      lines.push(`${at}: ${name} has ${different.length - shownPerArray} more differences`);
    }
  }
  return lines;
}

function isSame(actual: number, expected: number, tolerance: number): boolean {
  if (Object.is(actual, expected)) return true;
  if (tolerance === 0 || !Number.isFinite(actual) || !Number.isFinite(expected)) return false;
  return Math.abs(actual - expected) <= tolerance * Math.abs(expected) + 2 * smallest;
}

function text(value: number | undefined): string {
  return Object.is(value, -0) ? '-0' : String(value);
}

/** A number, or the zero of its sign where it is below 2^-126. */
export function withoutDenormal(value: number): number {
  return Math.abs(value) < 2 ** -126 ? (value < 0 || Object.is(value, -0) ? -0 : 0) : value;
}
