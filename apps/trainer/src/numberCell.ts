import { looksOf } from './visibleText.ts';

const patterns = {
  '.': /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i,
  ',': /^[+-]?(\d+,?\d*|,\d+)(e[+-]?\d+)?$/i,
} as const;

const missingWords: ReadonlySet<string> = new Set(['', 'na', 'n/a', '#n/a', '#na', 'nan', 'null', '?']);

/** The number that a cell holds, which may be infinite; NaN if it holds none. The minus of typesetting is one too. */
export function numberOf(text: string, decimal: '.' | ','): number {
  const pattern = patterns[decimal];
  const seen = pattern.test(text) ? text : looksOf(text).replace(/^\u2212/, '-');
  return pattern.test(seen) ? Number(seen.replace(',', '.')) : NaN;
}

/** Whether a cell stands for a value that is not there: empty, NA, N/A, #N/A, NaN, null, ?. */
export function isMissing(text: string): boolean {
  return missingWords.has(text.toLowerCase());
}
