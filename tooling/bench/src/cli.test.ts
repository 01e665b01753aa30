import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { runCli } from './cli.ts';
import { exampleResults } from './exampleResults.ts';

let folder = '';
let printed = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bench-'));
  printed = '';
  const record = (text: string | Uint8Array): boolean => {
    printed += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(record);
  vi.spyOn(process.stderr, 'write').mockImplementation(record);
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
});

test('an earlier run is reported on again, with its pictures', async () => {
  const earlier = join(folder, 'earlier.json');
  writeFileSync(earlier, JSON.stringify(exampleResults));
  const [out, copy] = [join(folder, 'out'), join(folder, 'copy.json')];
  expect(await runCli(['--from', earlier, '--out', out, '--json', copy])).toBe(0);
  expect(printed).toContain('Difference Engine');
  expect(readdirSync(out).toSorted()).toEqual(['results.json', 'sizes.svg']);
  expect(JSON.parse(readFileSync(copy, 'utf8'))).toEqual(exampleResults);
});

test.each([
  ['a file that is not there', undefined],
  ['a file that is no JSON', 'no'],
  ['a file with something else', '{"name": "x"}'],
])('%s is refused in one line', async (_, text) => {
  const file = join(folder, 'x.json');
  if (text !== undefined) writeFileSync(file, text);
  expect(await runCli(['--from', file])).toBe(2);
  expect(printed).toBe(
    `error: ${file} holds no results of the benchmark. Give a results.json that it wrote.\n`,
  );
});
