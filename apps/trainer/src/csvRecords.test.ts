import { expect, test } from 'vitest';
import { csvRecords } from './csvRecords.ts';

function cells(text: string, delimiter?: string): unknown {
  return csvRecords('"t.csv"', text, delimiter).records.map((record) => record.cells);
}

const ends = ['\n', '\r\n', '\r', '\n\n', '\r\n\r\n', '\r\r\n', '\n\r'] as const;

test('any two line ends in one file give the same rows: 49 mixtures', () => {
  for (const first of ends) {
    for (const second of ends) {
      const text = `a,b,y${first}0,0,0${second}1,1,2${first}`;
      expect(cells(text), JSON.stringify(text)).toEqual([
        ['a', 'b', 'y'],
        ['0', '0', '0'],
        ['1', '1', '2'],
      ]);
    }
  }
});

test('a row keeps the line of the file that it ends on, across blank lines and line ends in quotes', () => {
  const { records } = csvRecords('"t.csv"', '\r\n,,\r\na,b\r"x\r\ny",1\n\n2,3', undefined);
  expect(records.map(({ line }) => line)).toEqual([3, 5, 7]);
  expect(records[1]?.cells).toEqual(['x\ny', '1']);
});

test.each([
  [';', '"a";"b";"y"\n"1";"2";"3"\n'],
  ['\t', '"a"\t"b"\t"y"\n 1 \t2\t3'],
  ['|', 'a|b|y\n1|2|3'],
  [';', 'a;b;y\n1;2;3\n'],
])('cells separated by %j are seen to be', (delimiter, text) => {
  const cut = csvRecords('"t.csv"', text, undefined);
  expect(cut).toMatchObject({ delimiter, isGuessed: true });
  expect(cut.records.map((record) => record.cells)).toEqual([
    ['a', 'b', 'y'],
    ['1', '2', '3'],
  ]);
});

test('a comma that fits is never overruled, and two others that fit are not chosen between', () => {
  expect(csvRecords('', 'a;1,b\n2;3,4\n', undefined)).toMatchObject({ delimiter: ',', isGuessed: false });
  expect(csvRecords('', 'a;b|c\n1;2|3\n', undefined)).toMatchObject({ delimiter: ',', isGuessed: false });
});

test("Excel's first line says what separates the cells", () => {
  expect(csvRecords('', 'sep=;\r\na;b\r\n1;2\r\n', undefined)).toEqual({
    delimiter: ';',
    isGuessed: false,
    records: [
      { cells: ['a', 'b'], line: 2 },
      { cells: ['1', '2'], line: 3 },
    ],
  });
});

test('blanks around cells go, in quotes too, and any number of blanks can separate', () => {
  expect(cells(' a ," b "\n" 1.5 ",\u00a02\u00a0\n')).toEqual([
    ['a', 'b'],
    ['1.5', '2'],
  ]);
  expect(cells('  a  b \n 1     2\n', ' ')).toEqual([
    ['a', 'b'],
    ['1', '2'],
  ]);
});

test('a quote in the midst of a cell is a character, one in quotes is written twice', () => {
  expect(cells('a,b\n5" pipe,"5"" pipe"\n')).toEqual([
    ['a', 'b'],
    ['5" pipe', '5" pipe'],
  ]);
});

test('a quote that is not closed, or closed too early, is named with its line and what to do', () => {
  expect(() => cells('a,b\n1,2\n3,"4\n5,6\n')).toThrow(
    '"t.csv": a quote (") that opens on line 3 or below is never closed. A quote within quotes is written twice, "".',
  );
  expect(() => cells('a,b\n"1"x"y,2\n', ',')).toThrow(
    '"t.csv": on line 2, a closing quote (") is followed by something else than the end of the cell.',
  );
});
