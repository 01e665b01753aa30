import { unknownNameMessage } from '@gradkit/core';
import { InputError } from './inputError.ts';
import { looksOf, visibleText } from './visibleText.ts';

/**
 * The columns of these names, in this order. A name may differ from the column's in what cannot be seen: how letters with accents
 * are composed, blanks around it, characters without a width.
 *
 * `takesSeveral` takes all columns of one name.
 *
 * @throws {InputError} if a column is not there, is named twice, or looks like another one.
 */
export function findColumns<Column extends { readonly name: string }>(
  { source, columns }: { readonly source: string; readonly columns: readonly Column[] },
  {
    flag,
    names,
    takesSeveral = false,
  }: { readonly flag: string; readonly names: readonly string[]; readonly takesSeveral?: boolean },
): readonly Column[] {
  const found = names.flatMap((wanted) => {
    const exact = columns.filter(({ name }) => name === wanted);
    const alike = exact.length > 0 ? exact : columns.filter(({ name }) => looksOf(name) === looksOf(wanted));
    const [column, ...others] = alike;
    if (column === undefined) throw unknownColumn(source, wanted, columns);
    if (others.length === 0 || (takesSeveral && exact.length > 0)) return [column, ...others];
    const shown = alike.map(({ name }) => visibleText(name));
    throw new InputError(
      exact.length > 0
        ? `${source} has ${exact.length} columns named ${visibleText(wanted)}; rename all but one.`
        : `${flag} ${visibleText(wanted)} may be any of ${shown.join(', ')} in ${source}; rename all but one.`,
    );
  });
  const twice = found.find((column, index) => found.indexOf(column) !== index);
  if (twice !== undefined) throw new InputError(`${flag} names the column ${visibleText(twice.name)} twice.`);
  return found;
}

function unknownColumn(
  source: string,
  wanted: string,
  columns: readonly { readonly name: string }[],
): InputError {
  const inner = (text: string): string => visibleText(text).slice(1, -1);
  const known = columns.map(({ name }) => inner(name));
  return new InputError(unknownNameMessage(`${source} has no column`, inner(wanted), known));
}
