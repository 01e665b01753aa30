import { nearestName } from '@gradkit/core';
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
    if (column === undefined) throw unknownColumn({ source, columns }, { flag, wanted });
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

/** How many columns a message lists: a table may have thousands. */
const mostNames = 30;

function unknownColumn(
  { source, columns }: { readonly source: string; readonly columns: readonly { readonly name: string }[] },
  { flag, wanted }: { readonly flag: string; readonly wanted: string },
): InputError {
  const inner = (text: string): string => visibleText(text).slice(1, -1);
  const names = columns.map(({ name }) => name);
  const nearest = nearestName(wanted, names);
  const hint = nearest === undefined ? '.' : `; did you mean ${flag} ${nameWord(nearest)}?`;
  const more = names.length > mostNames ? `, ... (${names.length.toLocaleString('en')} in all)` : '';
  return new InputError(
    `${source} has no column ${visibleText(wanted)}${hint} ` +
      `${names.length === 1 ? 'Its only column is' : 'Its columns are'} ${names.slice(0, mostNames).map(inner).join(', ')}${more}.`,
  );
}

/** A column's name as it goes into a flag on the command line. */
export function nameWord(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${/[,"]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name}'`;
}
