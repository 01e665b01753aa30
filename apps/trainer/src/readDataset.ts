import { countOf } from './countOf.ts';
import type { Column, Dataset } from './dataset.ts';
import { findColumns } from './findColumns.ts';
import { InputError } from './inputError.ts';
import { isMissing, numberOf } from './numberCell.ts';
import { readTable } from './readTable.ts';
import type { Cell, RawColumn, RawTable } from './readTable.ts';
import type { TableSource } from './tableSource.ts';
import { looksOf, visibleText } from './visibleText.ts';

/** A table as numbers. */
export interface TableDataset extends Dataset {
  /** How many rows there are, what was made of them, and what nobody said, a line each. */
  readonly notes: readonly string[];
  /** The texts of each column of texts, in the order of the columns of 0 and 1 that stand for them. */
  readonly categories: Readonly<Record<string, readonly string[]>>;
}

/** A column of texts with more of them than this is taken only if `--text` names it. */
const mostTexts = 100;
/** Columns of 0 and 1 that `--text` can ask for. */
const mostCategories = 10_000;
/** Numbers that a column of texts may become. */
const mostEntries = 2 ** 26;

/**
 * Reads a table and cuts it into the targets, in the order named, and the predictors, which are all other columns that are not left
 * out. A column of texts becomes one of 0 and 1 for each of them, in the order of their code units.
 *
 * Rows that lack a value are refused, left out, or keep NaN for the mean of the rows that are trained on, by `missing`; a target
 * that is missing is never made up.
 *
 * @throws {InputError} if a column is not there or not to be understood, if a value is missing, or if nothing is left to predict or to
 *   predict from.
 */
export function readDataset(from: TableSource): TableDataset {
  const table = readTable(from);
  const { targets, predictors } = chooseColumns(table, from);
  const kept = chooseRows(table.source, [...targets, ...predictors], targets, from);
  const keep = ({ name, cells }: RawColumn): RawColumn => ({
    name,
    cells: cells.filter((_, row) => kept.rows[row]),
  });
  const texts = new Set(
    findColumns(table, { flag: '--text', names: from.text }).map((column) => column.name),
  );
  const misplaced = [...texts].find((name) => !predictors.some((column) => column.name === name));
  if (misplaced !== undefined) {
    throw new InputError(
      `--text ${visibleText(misplaced)} is ${targets.some(({ name }) => name === misplaced) ? 'a target, which must be numbers' : 'left out by --drop'}.`,
    );
  }
  const categories: Record<string, readonly string[]> = {};
  const read = predictors.flatMap((column): readonly Column[] => {
    const inQuestion = keep(column);
    if (!texts.has(column.name) && holdsNumbers(table.source, inQuestion, from)) {
      return [readNumbers(table.source, inQuestion, from)];
    }
    const coded = codeTexts(table.source, inQuestion, texts.has(column.name));
    categories[column.name] = coded.texts;
    return coded.columns;
  });
  const names = Object.entries(categories);
  return {
    targets: targets.map((column) => readTarget(table.source, keep(column), from)),
    predictors: read,
    categories,
    notes: [
      ...table.notes,
      ...kept.notes,
      ...(names.length === 0
        ? []
        : [
            `Texts, a column of 0 and 1 each: ${names.map(([name, list]) => `${name} (${listTexts(list)})`).join(', ')}.`,
          ]),
    ],
  };
}

function chooseColumns(
  table: RawTable,
  from: TableSource,
): { readonly targets: readonly RawColumn[]; readonly predictors: readonly RawColumn[] } {
  const { source, columns } = table;
  const dropped = new Set(findColumns(table, { flag: '--drop', names: from.drop, takesSeveral: true }));
  const targets = findColumns(table, { flag: '--target', names: from.targets });
  const both = targets.find((column) => dropped.has(column));
  if (both !== undefined) {
    throw new InputError(`${visibleText(both.name)} is both in --target and in --drop; take it out of one.`);
  }
  const predictors = columns.filter((column) => !targets.includes(column) && !dropped.has(column));
  const used = [...targets, ...predictors];
  const twin = used.find(({ name }, index) => used.findIndex((other) => other.name === name) !== index);
  if (twin !== undefined) {
    throw new InputError(
      `${source} has two columns named ${visibleText(twin.name)}; rename one of them, or leave both out with --drop.`,
    );
  }
  if (predictors.length > 0) return { targets, predictors };
  throw new InputError(
    `Every column of ${source} is a target${dropped.size > 0 ? ' or left out' : ''}, so that none is left to predict from.`,
  );
}

/** Which rows are kept, and what there is to say about values that are missing. */
function chooseRows(
  source: string,
  columns: readonly RawColumn[],
  targets: readonly RawColumn[],
  { missing }: TableSource,
): { readonly rows: readonly boolean[]; readonly notes: readonly string[] } {
  const count = columns[0]?.cells.length ?? 0;
  const lacks = (column: RawColumn, row: number): boolean => isMissing(column.cells[row]?.text ?? '');
  const rows = Array.from({ length: count }, (_, row) => {
    const judged = missing === 'mean' ? targets : columns;
    return !judged.some((column) => lacks(column, row));
  });
  const left = rows.filter((isKept) => !isKept).length;
  if (missing === 'error') {
    const row = rows.indexOf(false);
    const column = columns.find((candidate) => row !== -1 && lacks(candidate, row));
    const cell = column?.cells[row];
    if (column === undefined || cell === undefined) return { rows, notes: [] };
    const empty = columns.find(({ cells }) => cells.every(({ text }) => isMissing(text)));
    const what =
      cell.text === '' ? 'the cell is empty' : `${visibleText(cell.text)} stands for a missing value`;
    throw new InputError(
      `${placeOf(source, column.name, cell)}: ${what}, one of ${countOf(left, 'row')} of ${count} that lack a value. ` +
        (empty === undefined
          ? '--missing drop leaves them out, --missing mean puts in the mean of the column.'
          : `--drop ${nameWord(empty.name)} leaves out that column, which is empty.`),
    );
  }
  if (left === count && count > 0) {
    throw new InputError(
      `Each of the ${countOf(count, 'row')} of ${source} lacks a value${missing === 'mean' ? ' to predict' : ''}, so that none is left. ` +
        'Leave out columns with --drop' +
        (missing === 'drop' ? ', or say --missing mean.' : '.'),
    );
  }
  const filled = columns.flatMap((column) => {
    const holes = column.cells.filter(({ text }, row) => rows[row] && isMissing(text)).length;
    return holes === 0 ? [] : [{ name: column.name, holes }];
  });
  const holes = filled.reduce((sum, { holes: own }) => sum + own, 0);
  return {
    rows,
    notes: [
      ...(left === 0
        ? []
        : [
            `Left out ${countOf(left, 'row')} of ${count.toLocaleString('en')} without a value${missing === 'mean' ? ' to predict' : ''}.`,
          ]),
      ...(holes === 0
        ? []
        : [
            `Filled in ${countOf(holes, 'missing value')} by the mean over the rows to train on: ` +
              `${filled.map(({ name, holes: own }) => `${name} ${own}`).join(', ')}.`,
          ]),
    ],
  };
}

/**
 * Whether a column holds numbers; if not, it holds texts.
 *
 * @throws {InputError} if it holds some of each, or numbers with another decimal sign.
 */
function holdsNumbers(source: string, { name, cells }: RawColumn, { decimal }: TableSource): boolean {
  const isNumber = ({ text }: Cell): boolean => !Number.isNaN(numberOf(text, decimal));
  const stranger = cells.find((cell) => !isMissing(cell.text) && !isNumber(cell));
  if (stranger === undefined) return true;
  const other = decimal === '.' ? ',' : '.';
  const place = placeOf(source, name, stranger);
  const text = visibleText(stranger.text);
  if (!Number.isNaN(numberOf(stranger.text, other))) {
    throw new InputError(
      `${place}: ${text} is not a number with a decimal ${decimal === '.' ? 'point' : 'comma'}. ` +
        (decimal === '.'
          ? 'Say --decimal , if the comma is the decimal sign; if it sets thousands apart, take it out.'
          : 'Leave out --decimal , if the point is the decimal sign; if it sets thousands apart, take it out.'),
    );
  }
  if (!cells.some(isNumber)) return false;
  throw new InputError(
    `${place}: ${text} is not a number, as others of the column are. Mend it, or say --text ${nameWord(name)} if ` +
      `the column holds names, or --drop ${nameWord(name)}.`,
  );
}

function readNumbers(source: string, { name, cells }: RawColumn, { decimal }: TableSource): Column {
  return {
    name,
    values: cells.map((cell) => {
      const value = numberOf(cell.text, decimal);
      if (!isFinite(value) && !isMissing(cell.text)) {
        throw new InputError(`${placeOf(source, name, cell)}: ${cell.text} is too large for a number.`);
      }
      return value;
    }),
  };
}

/** A target as it stands: what is predicted is a 32-bit float. */
function readTarget(source: string, column: RawColumn, from: TableSource): Column {
  const { name, cells } = column;
  if (!holdsNumbers(source, column, from)) {
    const texts = new Set(cells.map(({ text }) => text));
    throw new InputError(
      `The target ${visibleText(name)} of ${source} holds texts (${listTexts([...texts])}), but the trainer predicts numbers.`,
    );
  }
  const target = readNumbers(source, column, from);
  const row = target.values.findIndex((value) => !Number.isFinite(Math.fround(value)));
  const cell = cells[row];
  if (cell !== undefined) {
    throw new InputError(
      `${placeOf(source, name, cell)}: ${cell.text} is too large for a 32-bit float, which a target must be.`,
    );
  }
  return target;
}

function codeTexts(
  source: string,
  { name, cells }: RawColumn,
  isAsked: boolean,
): { readonly columns: readonly Column[]; readonly texts: readonly string[] } {
  const read = cells.map(({ text }) => (isMissing(text) ? undefined : looksOf(text)));
  const texts = [...new Set(read.filter((text) => text !== undefined))].toSorted();
  const isName = texts.length > mostTexts || (texts.length > 10 && texts.length > read.length / 2);
  if (texts.length > mostCategories || (isName && !isAsked)) {
    throw new InputError(
      `Column ${visibleText(name)} of ${source} holds ${texts.length.toLocaleString('en')} different texts in ` +
        `${countOf(read.length, 'row')}, such as ${visibleText(texts[0] ?? '')}: leave it out with --drop ${nameWord(name)}` +
        (texts.length > mostCategories
          ? '.'
          : `, or say --text ${nameWord(name)} to have a column for each.`),
    );
  }
  if (texts.length * read.length > mostEntries) {
    throw new InputError(
      `Column ${visibleText(name)} of ${source} would become ${countOf(texts.length, 'column')} of ${countOf(read.length, 'row')}, ` +
        `which is too much: leave it out with --drop ${nameWord(name)}.`,
    );
  }
  return {
    texts,
    columns: texts.map((text) => ({
      name: `${name}=${text}`,
      values: read.map((own) => (own === undefined ? NaN : own === text ? 1 : 0)),
    })),
  };
}

function listTexts(texts: readonly string[]): string {
  const shown = texts.slice(0, 5).map((text) => (text === '' ? '""' : text));
  return `${texts.length}: ${shown.join(', ')}${texts.length > shown.length ? ', ...' : ''}`;
}

function placeOf(source: string, name: string, { row, line }: Cell): string {
  return `Row ${row} of ${source} (line ${line}), column ${visibleText(name)}`;
}

/** A column's name as it goes into a flag on the command line. */
function nameWord(name: string): string {
  return /^[\w.-]+$/.test(name) ? name : `'${/[,"]/.test(name) ? `"${name.replaceAll('"', '""')}"` : name}'`;
}
