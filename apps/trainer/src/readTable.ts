import { CsvError, parse } from 'csv-parse/sync';
import type { Column, Table } from './dataset.ts';
import { InputError } from './inputError.ts';
import { readFileText } from './readFileText.ts';

/** A record of the file, and the line it ends on. */
interface CsvRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

const decimalNumber = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads a CSV file of numbers: the first line names the columns, every other line is one row. UTF-8, separated by commas; blanks
 * around a cell and empty lines are skipped.
 *
 * @throws {InputError} if the file cannot be read, has no rows, a column without a name or two of one name, a row of another
 *   length, or a cell that is not a finite float32 number; row and column are named.
 */
export function readTable(path: string): Table {
  const source = JSON.stringify(path);
  const [header, ...records] = parseRecords(source, readFileText(path));
  if (header === undefined) throw new InputError(`${source} is empty.`);
  const names = header.cells;
  for (const [index, name] of names.entries()) {
    if (name === '') throw new InputError(`Column ${index + 1} of ${source} has no name in the first line.`);
    if (names.indexOf(name) !== index) {
      throw new InputError(`${source} has two columns named ${JSON.stringify(name)}; rename one of them.`);
    }
  }
  if (names.length === 1 && /[;\t|]/.test(names.join())) {
    throw new InputError(
      `${source} has one column only: ${JSON.stringify(names[0])}. Separate the cells by commas.`,
    );
  }
  for (const [index, { cells, line }] of records.entries()) {
    if (cells.length === names.length) continue;
    throw new InputError(
      `Row ${index + 1} of ${source} (line ${line}) has ${count(cells.length, 'cell')}, but there are ` +
        `${count(names.length, 'column')}.`,
    );
  }
  const columns = names.map((name, position): Column => ({
    name,
    values: records.map(({ cells, line }, row) =>
      readCell(
        cells[position] ?? '',
        `Row ${row + 1} of ${source} (line ${line}), column ${JSON.stringify(name)}`,
      ),
    ),
  }));
  return { source, columns };
}

function parseRecords(source: string, text: string): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  try {
    parse(text, {
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      on_record: (cells: string[], { lines }) => {
        records.push({ cells, line: lines });
        return null;
      },
    });
    return records;
  } catch (error) {
    if (error instanceof CsvError) throw new InputError(`${source} is not a CSV file: ${error.message}.`);
    throw error;
  }
}

function readCell(cell: string, place: string): number {
  if (cell === '') throw new InputError(`${place}: the cell is empty.`);
  if (!decimalNumber.test(cell)) throw new InputError(`${place}: ${JSON.stringify(cell)} is not a number.`);
  const value = Number(cell);
  if (Number.isFinite(Math.fround(value))) return value;
  throw new InputError(`${place}: ${cell} is too large for a 32-bit float.`);
}

function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}s`;
}
