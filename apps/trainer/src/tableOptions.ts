import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { parse } from 'csv-parse/sync';
import { delimiterWords } from './csvRecords.ts';
import { InputError } from './inputError.ts';
import { missingPolicies } from './tableSource.ts';
import type { TableSource } from './tableSource.ts';

/** The options of a table, typed; the commands that take a table have them too. */
const tableCommand = new Command()
  .optionsGroup('A table of your own:')
  .addOption(new Option('--data <file>', 'CSV file to train on, instead of the wages survey'))
  .addOption(new Option('--target <columns>', 'to predict, separated by commas').argParser(parseNames))
  .addOption(new Option('--drop <columns>', 'to leave out').argParser(parseNames))
  .addOption(
    new Option('--text <columns>', 'whose numbers are names, as of a postcode').argParser(parseNames),
  )
  .addOption(
    new Option(
      '--delimiter <what>',
      'between cells: comma, semicolon, tab, pipe, space or a character',
    ).argParser(parseDelimiter),
  )
  .addOption(new Option('--decimal <sign>', 'of numbers').choices(['.', ',']))
  .addOption(new Option('--header', 'the first line holds names, numbers as they are'))
  .addOption(new Option('--no-header', 'the first line is a row; columns are 1, 2, ...').default(undefined))
  .addOption(new Option('--missing <policy>', 'for rows that lack a value').choices(missingPolicies));

/** Gives a command the options of a table. */
export function addTableOptions(command: CommandUnknownOpts): void {
  tableCommand.options.forEach((option) => command.addOption(option));
}

/**
 * What a command's options say about a table; nothing without `--data`.
 *
 * @throws {InputError} if one of them means nothing without another.
 */
export function tableSourceOf(command: CommandUnknownOpts): TableSource | undefined {
  for (const option of tableCommand.options) {
    const name = option.attributeName();
    tableCommand.setOptionValue(name, command.getOptionValue(name));
  }
  const {
    data: path,
    target,
    drop = [],
    text = [],
    delimiter,
    decimal = '.',
    header,
    missing = 'error',
  } = tableCommand.opts();
  if (path === undefined) {
    const alone = tableCommand.options.find(
      (option) => command.getOptionValue(option.attributeName()) !== undefined,
    );
    if (alone === undefined) return undefined;
    throw new InputError(
      `${header === false ? '--no-header' : alone.long} is about a CSV file; give the file with --data.`,
    );
  }
  if (target === undefined) {
    throw new InputError('--data needs --target: which columns of the file are to be predicted?');
  }
  if (delimiter === decimal) {
    throw new InputError(`--delimiter ${delimiter} and --decimal ${decimal} cannot be the same.`);
  }
  return {
    path,
    targets: target,
    drop,
    text,
    decimal,
    missing,
    ...(delimiter === undefined ? {} : { delimiter }),
    ...(header === undefined ? {} : { header }),
  };
}

function parseNames(text: string): readonly string[] {
  const [names, ...more] = parseLine(text);
  if (names === undefined || more.length > 0 || names.includes('')) {
    throw new InvalidArgumentError('It must be column names separated by commas.');
  }
  return names;
}

function parseLine(text: string): readonly (readonly string[])[] {
  try {
    return parse(text, { trim: true, relax_quotes: true });
  } catch {
    return [];
  }
}

function parseDelimiter(text: string): string {
  if (Object.hasOwn(delimiterWords, text)) return delimiterWords[text] ?? text;
  if (text === '\\t') return '\t';
  if (/^[^\w"\r\n]$/u.test(text)) return text;
  throw new InvalidArgumentError(
    `It must be ${Object.keys(delimiterWords).join(', ')} or one character that is no letter, digit or quote.`,
  );
}
