import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { InputError } from './inputError.ts';
import { readTable } from './readTable.ts';

const folder = mkdtempSync(join(tmpdir(), 'trainer-'));
afterAll(() => rmSync(folder, { recursive: true }));

function save(content: string | Uint8Array): string {
  const path = join(folder, 'table.csv');
  writeFileSync(path, content);
  return path;
}

function problemWith(content: string | Uint8Array): string {
  const path = save(content);
  try {
    readTable(path);
  } catch (error) {
    if (error instanceof InputError) return error.message.replace(JSON.stringify(path), 'the file');
    throw error;
  }
  return 'none';
}

test('reads numbers column by column', () => {
  expect(readTable(save('age,wage\n35,5.1\n57,-4.95e0\n')).columns).toEqual([
    { name: 'age', values: [35, 57] },
    { name: 'wage', values: [5.1, -4.95] },
  ]);
});

test('takes quotes, blanks, empty lines, a byte order mark, Windows line ends and no last line end', () => {
  const path = save('\ufeff"a, b" , c\r\n\r\n 1 ,"2"\r\n+.5,3.');
  expect(readTable(path).columns).toEqual([
    { name: 'a, b', values: [1, 0.5] },
    { name: 'c', values: [2, 3] },
  ]);
});

test('a header without rows is a table of no rows', () => {
  expect(readTable(save('a,b\n')).columns).toEqual([
    { name: 'a', values: [] },
    { name: 'b', values: [] },
  ]);
});

test.each([
  ['an empty file', '', 'the file is empty.'],
  ['blank lines only', '\n \n', 'the file is empty.'],
  [
    'a word among the numbers',
    'age,wage\n1,2\n\n3,abc\n',
    'Row 2 of the file (line 4), column "wage": "abc" is not a number.',
  ],
  ['an empty cell', 'age,wage\n1,\n', 'Row 1 of the file (line 2), column "wage": the cell is empty.'],
  ['NaN', 'a\nNaN\n', 'Row 1 of the file (line 2), column "a": "NaN" is not a number.'],
  ['a hexadecimal number', 'a\n0x10\n', 'Row 1 of the file (line 2), column "a": "0x10" is not a number.'],
  [
    'a thousands separator',
    'a\n"1,000"\n',
    'Row 1 of the file (line 2), column "a": "1,000" is not a number.',
  ],
  [
    'a number beyond float32',
    'a\n1e39\n',
    'Row 1 of the file (line 2), column "a": 1e39 is too large for a 32-bit float.',
  ],
  ['a short row', 'a,b\n1,2\n3\n', 'Row 2 of the file (line 3) has 1 cell, but there are 2 columns.'],
  ['a long row', 'a,b\n1,2,3\n', 'Row 1 of the file (line 2) has 3 cells, but there are 2 columns.'],
  ['two columns of one name', 'a,b,a\n1,2,3\n', 'the file has two columns named "a"; rename one of them.'],
  ['a column without a name', 'a,,c\n1,2,3\n', 'Column 2 of the file has no name in the first line.'],
  [
    'semicolons between the cells',
    'a;b\n1;2\n',
    'the file has one column only: "a;b". Separate the cells by commas.',
  ],
  ['bytes that are no UTF-8', new Uint8Array([0x61, 0xff, 0xfe]), 'the file is not a text file in UTF-8.'],
])('refuses %s and says where', (_, content, problem) => {
  expect(problemWith(content)).toBe(problem);
});

test('refuses a quote that is not closed', () => {
  expect(problemWith('a,b\n"1,2\n')).toMatch(/^the file is not a CSV file: [^\n]+\.$/);
});

test('refuses a file that is not there and a folder', () => {
  expect(() => readTable(join(folder, 'none.csv'))).toThrow('cannot be read: there is no such file.');
  mkdirSync(join(folder, 'inner'));
  expect(() => readTable(join(folder, 'inner'))).toThrow('cannot be read: it is a folder.');
});
