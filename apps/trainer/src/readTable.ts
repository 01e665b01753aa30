import { csvRecords, delimiterName } from './csvRecords.ts';
import type { CsvRecord } from './csvRecords.ts';
import { countOf } from './countOf.ts';
import { InputError } from './inputError.ts';
import { isMissing, numberOf } from './numberCell.ts';
import { readFileText } from './readFileText.ts';
import type { TableSource } from './tableSource.ts';
import { looksOf, visibleText } from './visibleText.ts';

/** A cell as it stands in the file, in which row, counted from 1, and the line that its row ends on. */
export interface Cell {
  readonly text: string;
  readonly row: number;
  readonly line: number;
}

/** A column as it stands in the file. */
export interface RawColumn {
  readonly name: string;
  readonly cells: readonly Cell[];
}

/** A file's columns, none of them understood yet. */
export interface RawTable {
  /** Where it comes from, as a message names it. */
  readonly source: string;
  readonly columns: readonly RawColumn[];
  /** What was understood that nobody said, a line each. */
  readonly notes: readonly string[];
}

/**
 * Reads a file of cells and names its columns, by its first line or, without one of names, by their numbers from 1.
 *
 * @throws {InputError} if the file cannot be read or is empty, has a row of another length, or if its first line holds numbers and
 *   nobody said whether they are names.
 */
export function readTable(table: TableSource): RawTable {
  const source = visibleText(table.path);
  const cut = csvRecords(source, readFileText(table.path), table.delimiter);
  const [first, ...others] = cut.records;
  if (first === undefined) throw new InputError(`${source} is empty.`);
  const isHeader = table.header ?? true;
  if (table.header === undefined) refuseNumbers(source, first, table);
  const records = isHeader ? others : cut.records;
  const width = Math.max(first.cells.length, emptyTail(records, first.cells.length));
  refuseRagged(source, records, { width, isHeader, delimiter: cut.delimiter });
  const columns = nameColumns(isHeader ? first.cells : [], width).map(
    (name, position): RawColumn & { position: number } => ({
      name,
      position,
      cells: records.map(({ cells, line }, row) => ({ text: cells[position] ?? '', row: row + 1, line })),
    }),
  );
  const unnamed = isHeader ? columns.filter(({ position }) => (first.cells[position] ?? '') === '') : [];
  const blank = new Set(unnamed.filter(({ cells }) => cells.every(({ text }) => text === '')));
  return {
    source,
    columns: columns.filter((column) => !blank.has(column)),
    notes: [
      ...(cut.isGuessed ? [`Cells are separated by ${delimiterName(cut.delimiter)}s.`] : []),
      ...unnamed
        .filter((column) => !blank.has(column))
        .map(
          ({ name }) =>
            `Column ${name} has no name; it goes by its number, so that --drop ${name} leaves it out.`,
        ),
    ],
  };
}

/** A first line of numbers is a row that would be lost, or it holds names such as years: nobody but the user knows. */
function refuseNumbers(source: string, { cells }: CsvRecord, { targets, decimal }: TableSource): void {
  const isNumber = (text: string): boolean => !Number.isNaN(numberOf(text, decimal));
  const filled = cells.filter((cell) => !isMissing(cell));
  const target = targets.find(
    (name) => isNumber(name) && cells.some((cell) => looksOf(cell) === looksOf(name)),
  );
  if (target === undefined && !(filled.length > 0 && filled.every(isNumber))) return;
  throw new InputError(
    target === undefined
      ? `The first line of ${source} holds numbers only. If it is a row, say --no-header and call the columns by their ` +
          `numbers, such as --target ${cells.length}; if these are names, say --header.`
      : `${visibleText(target)} stands in the first line of ${source}. If that line is a row, say --no-header and call the ` +
          `columns by their numbers, such as --target ${cells.findIndex((cell) => looksOf(cell) === looksOf(target)) + 1}; ` +
          `if it holds names, say --header.`,
  );
}

/** The length of the rows if each has one empty cell more than the first line, as a delimiter at the end of each makes it. */
function emptyTail(records: readonly CsvRecord[], width: number): number {
  const isTail = ({ cells }: CsvRecord): boolean => cells.length === width + 1 && cells[width] === '';
  return records.length > 0 && records.every(isTail) ? width + 1 : width;
}

function refuseRagged(
  source: string,
  records: readonly CsvRecord[],
  { width, isHeader, delimiter }: { width: number; isHeader: boolean; delimiter: string },
): void {
  const index = records.findIndex(({ cells }) => cells.length !== width);
  const ragged = records[index];
  if (ragged === undefined) return;
  const verb = width === 1 ? 'is' : 'are';
  throw new InputError(
    `Row ${index + 1} of ${source} (line ${ragged.line}) has ${countOf(ragged.cells.length, 'cell')}, but there ${verb} ` +
      `${countOf(width, 'column')}${isHeader ? '' : ' in the first row'}. ` +
      `If the cells are not separated by ${delimiterName(delimiter)}s, say by what, such as --delimiter ` +
      `${delimiter === ';' ? 'comma' : 'semicolon'}.`,
  );
}

function nameColumns(header: readonly string[], width: number): readonly string[] {
  return Array.from({ length: width }, (_, position) => header[position] || String(position + 1));
}
