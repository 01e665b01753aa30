import { checkOptionNames, describeValue } from './checkOptionNames.ts';
import { InvalidOptionError } from './errors.ts';

/** What is to be done where no leaf is one of those that are meant. */
export interface EmptyOptions {
  /** Whether that is right; otherwise it is an error, because it is most often a misspelt name. Default false. */
  readonly allowEmpty?: boolean;
}

/** Judges the options. @throws {InvalidOptionError} for anything but `allowEmpty: true` or `false`. */
export function readEmptyOptions(owner: string, options: EmptyOptions): { readonly allowEmpty: boolean } {
  checkOptionNames(owner, options, ['allowEmpty']);
  const { allowEmpty = false } = options;
  const given: unknown = allowEmpty;
  if (typeof given === 'boolean') return { allowEmpty };
  throw new InvalidOptionError(
    `${owner}: allowEmpty is ${describeValue(given)}; it must be true or false. Write { allowEmpty: true } as the last argument, or leave it out.`,
  );
}
