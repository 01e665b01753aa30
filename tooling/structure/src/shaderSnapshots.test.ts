import { readdirSync, readFileSync } from 'node:fs';
import * as core from '@gradkit/core';
import { expect, test } from 'vitest';

const packages = new URL('../../../packages/', import.meta.url);
const tests = new URL('webgpu/src/', packages);

const snapshots = readdirSync(tests)
  .filter((file) => file.endsWith('Shaders.test.ts'))
  .map((file) => readFileSync(new URL(file, tests), 'utf8'))
  .join('\n');

/** Whether the shaders of a transform are kept, with itself outermost or first in a chain. */
function isKept(name: string): boolean {
  return new RegExp(
    String.raw`expect\(\s*shadersOf\(\s*(?:chain\(\s*)?${name}\((?:(?!\ntest\()[\s\S])*?\.toMatchInlineSnapshot\(\s*\``,
  ).test(snapshots);
}

/** What is exported by the packages of transforms, whichever there are. */
async function catalogue(): Promise<string[]> {
  const folders = readdirSync(packages).filter((name) => name.startsWith('clip-') || name === 'optimizers');
  expect(folders.length).toBeGreaterThanOrEqual(3);
  const modules = await Promise.all(
    folders.map(async (folder): Promise<object> => import(new URL(`${folder}/src/index.ts`, packages).href)),
  );
  return modules.flatMap((module) => Object.keys(module));
}

/** The combinators of core: those that can be written as JSON. */
function combinators(): string[] {
  return Object.keys(core).filter((transform) => {
    try {
      core.transformFromJSON({ transform, options: {} });
      return true;
    } catch (error) {
      return !(error instanceof Error && error.message.startsWith('The registry has no transform'));
    }
  });
}

test('the shaders of every transform are kept as a snapshot', async () => {
  const names = [...(await catalogue()), ...combinators()];
  expect(names).toEqual(expect.arrayContaining(['clipByGlobalNorm', 'clipByValue', 'adam', 'accumulate']));
  // Write a test of the missing ones in clipShaders, optimizerShaders or combinatorShaders; vitest -u fills the snapshot in.
  expect(names.filter((name) => !isKept(name))).toEqual([]);
});

test('a transform without a snapshot is found', () => {
  expect(isKept('clipByValue')).toBe(true);
  expect(isKept('clipByNobody')).toBe(false);
  // It is in a test, but as an inner transform only.
  expect(isKept('stateless')).toBe(false);
});
