import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { InputError } from './inputError.ts';
import { readDataset } from './readDataset.ts';
import type { TableDataset } from './readDataset.ts';
import type { TableSource } from './tableSource.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainer-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'table.csv');

type Changes = Partial<Omit<TableSource, 'targets'>> & { readonly targets?: readonly string[] | string };

function read(content: string | Uint8Array, changes: Changes = {}): TableDataset {
  writeFileSync(path, content);
  const { targets = 'y', ...others } = changes;
  return readDataset({
    path,
    drop: [],
    text: [],
    decimal: '.',
    missing: 'error',
    ...others,
    targets: typeof targets === 'string' ? [targets] : targets,
  });
}

function problemWith(content: string | Uint8Array, changes?: Changes): string {
  try {
    read(content, changes);
  } catch (error) {
    if (error instanceof InputError) return error.message.replaceAll(JSON.stringify(path), 'the file');
    throw error;
  }
  return 'none';
}

function valuesOf({ predictors, targets }: TableDataset): unknown {
  return Object.fromEntries([...predictors, ...targets].map(({ name, values }) => [name, values]));
}

test('takes targets in the order named and predictors in the order of the file', () => {
  const dataset = read('b,age,wage,y\n1,35,5.1,0\n2,57,-4.95e0,1\n', { targets: ['y', 'b'] });
  expect(dataset.targets).toEqual([
    { name: 'y', values: [0, 1] },
    { name: 'b', values: [1, 2] },
  ]);
  expect(dataset.predictors).toEqual([
    { name: 'age', values: [35, 57] },
    { name: 'wage', values: [5.1, -4.95] },
  ]);
  expect(dataset.notes).toEqual([]);
});

test('takes quotes, blanks in and around them, blank lines, a byte order mark and any line end', () => {
  const dataset = read('\ufeff\r\n,\r\n"a, b" ," y "\r\n\r\n 1 ," 1.5 "\r+.5,\u22123.');
  expect(valuesOf(dataset)).toEqual({ 'a, b': [1, 0.5], y: [1.5, -3] });
});

test('a predictor may be any number that is finite, a target any 32-bit float', () => {
  expect(valuesOf(read('a,y\n1e300,1\n1e-200,2\n'))).toEqual({ a: [1e300, 1e-200], y: [1, 2] });
  expect(problemWith('a,y\n1e400,1\n')).toBe(
    'Row 1 of the file (line 2), column "a": 1e400 is too large for a number.',
  );
  expect(problemWith('a,y\n1,1e39\n')).toBe(
    'Row 1 of the file (line 2), column "y": 1e39 is too large for a 32-bit float, which a target must be.',
  );
});

describe('names', () => {
  test.each([
    ['composed and not', 'gro\u0308\u00dfe', 'gr\u00f6\u00dfe'],
    ['with a no-break space', 'log\u00a0wage', 'log wage'],
    ['with a zero-width space', 'y\u200b', 'y'],
    ['with direction marks', '\u200ey\u200f', 'y'],
    ['with a byte order mark in its midst', 'a\ufeffy', 'ay'],
    ['with blanks in quotes', '" y "', 'y'],
    ['with blanks on the command line', 'y', ' y '],
    ['with a soft hyphen', 'Ein\u00adkommen', 'Einkommen'],
  ])('%s are found', (_, name, wanted) => {
    expect(read(`a,${name}\n1,2\n`, { targets: wanted }).targets[0]?.values).toEqual([2]);
  });

  test('that are not there are answered with the nearest one and all others, with what cannot be seen written out', () => {
    expect(problemWith('age,wa\u200bge\n1,2\n', { targets: 'agee' })).toBe(
      'the file has no column "agee"; did you mean --target age? Its columns are age, wa\\u{200b}ge.',
    );
  });

  test('that look alike are told apart by what cannot be seen, or refused', () => {
    const twins = 'y,y\u200b,a\n1,2,3\n';
    expect(read(twins, { targets: 'y\u200b' }).targets[0]?.values).toEqual([2]);
    expect(problemWith(twins, { targets: 'y\u200d' })).toBe(
      '--target "y\\u{200d}" may be any of "y", "y\\u{200b}" in the file; rename all but one.',
    );
  });

  test('that are missing are the number of the column, and a column without name and values is none', () => {
    const dataset = read(',a,y,\n0,5,1,\n1,6,2,\n');
    expect(valuesOf(dataset)).toEqual({ '1': [0, 1], a: [5, 6], y: [1, 2] });
    expect(dataset.notes).toEqual([
      'Column 1 has no name; it goes by its number, so that --drop 1 leaves it out.',
    ]);
    expect(valuesOf(read('a,y\n5,1,\n6,2,\n'))).toEqual({ a: [5, 6], y: [1, 2] });
  });

  test('that are there twice are refused, unless both columns are left out', () => {
    expect(problemWith('a,y,a\n1,2,3\n')).toBe(
      'the file has two columns named "a"; rename one of them, or leave both out with --drop.',
    );
    expect(problemWith('y,y\n1,2\n')).toBe('the file has 2 columns named "y"; rename all but one.');
    expect(valuesOf(read('a,y,a,b\n1,2,3,4\n', { drop: ['a'] }))).toEqual({ b: [4], y: [2] });
  });
});

describe('--drop', () => {
  test('leaves columns out, whatever they hold', () => {
    expect(valuesOf(read('id,name,x,y\n1,Ann,3,4\n2,,5,6\n', { drop: ['id', 'name'] }))).toEqual({
      x: [3, 5],
      y: [4, 6],
    });
  });

  test('of a target, of what is not there and of all predictors is refused', () => {
    const text = 'a,y\n1,2\n';
    expect(problemWith(text, { drop: ['y'] })).toBe(
      '"y" is both in --target and in --drop; take it out of one.',
    );
    expect(problemWith(text, { drop: ['z'] })).toContain('the file has no column "z"; did you mean');
    expect(problemWith(text, { drop: ['a'] })).toBe(
      'Every column of the file is a target or left out, so that none is left to predict from.',
    );
    expect(problemWith(text, { targets: ['y', 'y'] })).toBe('--target names the column "y" twice.');
  });
});

describe('a file without a header', () => {
  test('keeps its first row, and its columns go by their numbers', () => {
    expect(valuesOf(read('1,2,3\n4,5,6\n', { header: false, targets: '3' }))).toEqual({
      '1': [1, 4],
      '2': [2, 5],
      '3': [3, 6],
    });
  });

  test('does not lose its first row in silence', () => {
    expect(problemWith('1,2,3\n4,5,6\n', { targets: '3' })).toBe(
      '"3" stands in the first line of the file. If that line is a row, say --no-header and call the columns by their ' +
        'numbers, such as --target 3; if it holds names, say --header.',
    );
    expect(problemWith('red,2.5\nblue,5\n', { targets: '2.5' })).toContain(
      'such as --target 2; if it holds names',
    );
    expect(problemWith('1,2,3\n4,5,6\n')).toContain('The first line of the file holds numbers only.');
    expect(valuesOf(read('2019,2020\n4,5\n', { targets: '2020', header: true }))).toEqual({
      2019: [4],
      2020: [5],
    });
  });
});

describe('decimal commas', () => {
  test('are taken with --decimal, between semicolons or in quotes', () => {
    const expected = { a: [1.5, -2], y: [0.25, 1000] };
    expect(valuesOf(read('a;y\n1,5;,25\n-2;1e3\n', { decimal: ',' }))).toEqual(expected);
    expect(valuesOf(read('a,y\n"1,5","0,25"\n-2,1000\n', { decimal: ',' }))).toEqual(expected);
  });

  test('are not taken for texts', () => {
    expect(problemWith('a;y\n1,5;2\n')).toBe(
      'Row 1 of the file (line 2), column "a": "1,5" is not a number with a decimal point. Say --decimal , if the comma ' +
        'is the decimal sign; if it sets thousands apart, take it out.',
    );
    expect(problemWith('a;y\n1.5;2\n', { decimal: ',' })).toContain(
      '"1.5" is not a number with a decimal comma.',
    );
  });
});

describe('missing values', () => {
  const holes = 'a,b,y\n1,2,3\n,5,6\n7,NA,9\n10,11,\n';

  test('are refused at first, with their number and what to do', () => {
    expect(problemWith(holes)).toBe(
      'Row 2 of the file (line 3), column "a": the cell is empty, one of 3 rows of 4 that lack a value. --missing drop ' +
        'leaves them out, --missing mean puts in the mean of the column.',
    );
    expect(problemWith('a,b,y\n1,,2\n3,,4\n')).toContain('--drop b leaves out that column, which is empty.');
  });

  test('take their rows with them', () => {
    const dataset = read(holes, { missing: 'drop' });
    expect(valuesOf(dataset)).toEqual({ a: [1], b: [2], y: [3] });
    expect(dataset.notes).toEqual(['Left out 3 rows of 4 without a value.']);
    expect(read(holes, { missing: 'drop', drop: ['b'] }).notes).toEqual([
      'Left out 2 rows of 4 without a value.',
    ]);
  });

  test('wait for the mean as NaN, but those of a target take their rows with them', () => {
    const dataset = read(holes, { missing: 'mean' });
    expect(valuesOf(dataset)).toEqual({ a: [1, NaN, 7], b: [2, 5, NaN], y: [3, 6, 9] });
    expect(dataset.notes).toEqual([
      'Left out 1 row of 4 without a value to predict.',
      'Filled in 2 missing values by the mean over the rows to train on: a 1, b 1.',
    ]);
  });

  test('in every row leave nothing, which is refused', () => {
    expect(problemWith('a,b,y\n1,,2\n3,,4\n', { missing: 'drop' })).toBe(
      'Each of the 2 rows of the file lacks a value, so that none is left. Leave out columns with --drop, or say --missing mean.',
    );
  });
});

describe('texts', () => {
  test('become a column of 0 and 1 each, named and counted', () => {
    const dataset = read('region,x,y\nsouth,1,2\n"north ",3,4\nsouth,5,6\n');
    expect(valuesOf(dataset)).toEqual({
      'region=north': [0, 1, 0],
      'region=south': [1, 0, 1],
      x: [1, 3, 5],
      y: [2, 4, 6],
    });
    expect(dataset.categories).toEqual({ region: ['north', 'south'] });
    expect(dataset.notes).toEqual(['Texts, a column of 0 and 1 each: region (2: north, south).']);
  });

  test('that are missing are NaN in each of their columns', () => {
    expect(valuesOf(read('r,y\nb,1\n,2\na,3\n', { missing: 'mean' }))).toEqual({
      'r=a': [0, NaN, 1],
      'r=b': [1, NaN, 0],
      y: [1, 2, 3],
    });
  });

  test('are numbers too where --text says so', () => {
    expect(valuesOf(read('zip,y\n20095,1\n10115,2\n', { text: ['zip'] }))).toEqual({
      'zip=10115': [0, 1],
      'zip=20095': [1, 0],
      y: [1, 2],
    });
    expect(problemWith('zip,y\n1,2\n', { text: ['y'] })).toBe(
      '--text "y" is a target, which must be numbers.',
    );
    expect(problemWith('zip,y,x\n1,2,3\n', { text: ['x'], drop: ['x'] })).toBe(
      '--text "x" is left out by --drop.',
    );
  });

  test('among numbers are refused with what to do', () => {
    expect(problemWith('age,y\n1,2\n\nabc,3\n')).toBe(
      'Row 2 of the file (line 4), column "age": "abc" is not a number, as others of the column are. Mend it, or say ' +
        '--text age if the column holds names, or --drop age.',
    );
    expect(problemWith('"log wage",y\n1,2\n0x10,3\n')).toContain("--text 'log wage' if");
  });

  test('that differ in almost every row, and texts to predict, are refused', () => {
    const names = Array.from({ length: 12 }, (_, row) => `person ${row},${row}`).join('\n');
    expect(problemWith(`name,y\n${names}\n`)).toBe(
      'Column "name" of the file holds 12 different texts in 12 rows, such as "person 0": leave it out with --drop name, ' +
        'or say --text name to have a column for each.',
    );
    expect(read(`name,y\n${names}\n`, { text: ['name'] }).predictors).toHaveLength(12);
    expect(problemWith('a,y\n1,yes\n2,no\n')).toBe(
      'The target "y" of the file holds texts (2: yes, no), but the trainer predicts numbers.',
    );
  });
});

test.each([
  ['an empty file', '', 'the file is empty.'],
  ['blank lines only', '\n \n,,\n', 'the file is empty.'],
  [
    'a short row',
    'a,y\n1,2\n3\n',
    'Row 2 of the file (line 3) has 1 cell, but there are 2 columns. If the cells are not separated by commas, say by ' +
      'what, such as --delimiter semicolon.',
  ],
  [
    'rows of three cells below one name',
    'a\n1,2,3\n',
    'Row 1 of the file (line 2) has 3 cells, but there is 1 column.',
  ],
  ['bytes that are no UTF-8', new Uint8Array([0x61, 0xff, 0xfe]), 'the file is not a text file in UTF-8.'],
])('refuses %s and says where', (_, content, problem) => {
  expect(problemWith(content)).toContain(problem);
});

test('refuses a file that is not there and a folder', () => {
  const from = { targets: ['y'], drop: [], text: [], decimal: '.', missing: 'error' } as const;
  expect(() => readDataset({ ...from, path: join(folder, 'none.csv') })).toThrow(
    'cannot be read: there is no such file.',
  );
  mkdirSync(join(folder, 'inner'));
  expect(() => readDataset({ ...from, path: join(folder, 'inner') })).toThrow(
    'cannot be read: it is a folder.',
  );
});
