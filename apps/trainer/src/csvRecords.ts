import { CsvError, parse } from 'csv-parse/sync';
import { InputError } from './inputError.ts';
import { visibleText } from './visibleText.ts';

/** A line of cells, and the line of the file it ends on. */
export interface CsvRecord {
  readonly cells: readonly string[];
  readonly line: number;
}

/** A file cut into cells. */
export interface CsvRecords {
  readonly records: readonly CsvRecord[];
  readonly delimiter: string;
  /** Whether the delimiter was neither given nor a comma, but seen. */
  readonly isGuessed: boolean;
}

/** Delimiters that have a word on the command line. */
export const delimiterWords: Readonly<Record<string, string>> = {
  comma: ',',
  semicolon: ';',
  tab: '\t',
  pipe: '|',
  space: ' ',
};

/** What separates the cells where nobody says so; the comma goes first. */
const usualDelimiters = [',', ';', '\t', '|'] as const;

/** A delimiter as the command line names it. */
export function delimiterName(delimiter: string): string {
  const word = Object.entries(delimiterWords).find(([, character]) => character === delimiter);
  return word?.[0] ?? visibleText(delimiter);
}

/**
 * Cuts a text into records. Lines end in any way, in a mixture too; lines without a cell that holds something are left out; blanks
 * around a cell are cut off, in quotes too; the byte order mark and Excel's first line `sep=;` are understood.
 *
 * Without a `delimiter`, it is the comma if that gives each line the same number of cells, two at least, or else the one of semicolon,
 * tab and vertical bar that does. `space` stands for any number of blanks.
 *
 * @throws {InputError} if a quote is not closed, or is followed by something else than a delimiter.
 */
export function csvRecords(source: string, text: string, delimiter: string | undefined): CsvRecords {
  const lines = text.replaceAll(/\r\n?/g, '\n');
  const announced = /^\s*"?sep=([^\n])"?\n/.exec(lines);
  // The line stays, emptied, so that the others keep their numbers.
  const body = announced === null ? lines : `\n${lines.slice(announced[0].length)}`;
  const chosen = delimiter ?? announced?.[1];
  if (chosen !== undefined)
    return { records: cut(source, body, chosen), delimiter: chosen, isGuessed: false };
  const fitting = usualDelimiters.filter((candidate) => fits(body, candidate));
  const [first, ...others] = fitting;
  if (first === undefined || (first !== ',' && others.length > 0)) {
    return { records: cut(source, body, ','), delimiter: ',', isGuessed: false };
  }
  return { records: cut(source, body, first), delimiter: first, isGuessed: first !== ',' };
}

/** Whether each line has the same number of cells, two at least. */
function fits(text: string, delimiter: string): boolean {
  try {
    const [head, ...rest] = cut('', text, delimiter);
    const width = head?.cells.length ?? 0;
    return width > 1 && rest.every(({ cells }) => cells.length === width);
  } catch (error) {
    if (error instanceof InputError) return false;
    throw error;
  }
}

function cut(source: string, text: string, delimiter: string): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  try {
    parse(text, {
      delimiter,
      record_delimiter: '\n',
      trim: true,
      skip_empty_lines: true,
      relax_column_count: true,
      // A quote in the midst of a cell, as in `5" pipe`, is a character like others.
      relax_quotes: true,
      on_record: (raw: string[], { lines }) => {
        const trimmed = raw.map((cell) => cell.trim());
        const cells = delimiter === ' ' ? trimmed.filter((cell) => cell !== '') : trimmed;
        if (cells.some((cell) => cell !== '')) records.push({ cells, line: lines });
        return null;
      },
    });
    return records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new InputError(`${source}: ${problemOf(error, records)}`);
  }
}

function problemOf(error: CsvError, records: readonly CsvRecord[]): string {
  const { code } = error;
  if (code === 'CSV_QUOTE_NOT_CLOSED') {
    const line = (records.at(-1)?.line ?? 0) + 1;
    return `a quote (") that opens on line ${line} or below is never closed. A quote within quotes is written twice, "".`;
  }
  const line = typeof error['lines'] === 'number' ? `line ${error['lines']}` : 'a line';
  return (
    `on ${line}, a closing quote (") is followed by something else than the end of the cell. A quote within quotes is ` +
    `written twice, ""; what separates the cells is said with --delimiter, such as --delimiter semicolon.`
  );
}
