/** What to do with rows that lack a value. */
export const missingPolicies = ['error', 'drop', 'mean'] as const;

/** A file of numbers and words, and how it is to be read. */
export interface TableSource {
  readonly path: string;
  /** The columns to predict. */
  readonly targets: readonly string[];
  /** The columns to leave out. */
  readonly drop: readonly string[];
  /** The columns whose numbers are names, like those of a postcode. */
  readonly text: readonly string[];
  /** What separates the cells; without it, what is seen to. */
  readonly delimiter?: string;
  readonly decimal: '.' | ',';
  /** Whether the first line holds the names of the columns; without it, it does if that is beyond doubt. */
  readonly header?: boolean;
  readonly missing: (typeof missingPolicies)[number];
}
