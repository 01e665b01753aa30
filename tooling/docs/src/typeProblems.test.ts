import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { codeBlocks } from './codeBlocks.ts';
import { typeProblems } from './typeProblems.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

test('blocks are found with their line and their mark', () => {
  expect(codeBlocks('# A\n\n```ts\nf();\n```\n```sh\nnpm\n```\n```js sketch\ng();\n```\n')).toEqual([
    { code: 'f();\n', line: 4, info: '' },
    { code: 'g();\n', line: 10, info: 'sketch' },
  ]);
});

test('a wrong example is reported at its line, a sketch is not', { timeout: 60_000 }, async () => {
  const text = [
    '# A',
    '```ts',
    "import { chain } from '@gradkit/core';",
    "chain('clip');",
    '```',
    '```ts sketch',
    'f(...);',
    '```',
  ].join('\n');
  const problems = await typeProblems([{ path: 'docs/a.md', text }], 'planted');
  expect(problems.some((problem) => problem.startsWith('docs/a.md(4,7): error TS'))).toBe(true);
  expect(problems.every((problem) => /^docs\/a\.md\(4,|^ /.test(problem))).toBe(true);
});

test('every example in the documentation compiles', { timeout: 120_000 }, async () => {
  const paths = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((path) => path !== '' && !path.startsWith('.changeset/') && !path.endsWith('CHANGELOG.md'));
  const files = paths.map((path) => ({ path, text: readFileSync(`${root}/${path}`, 'utf8') }));
  expect(files.flatMap(({ text }) => codeBlocks(text))).not.toEqual([]);
  expect(await typeProblems(files, 'repository')).toEqual([]);
});
