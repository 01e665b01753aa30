import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { nativeFolder } from './nativeFolder.ts';
import { fetchWheel, provisionNative } from './provisionNative.ts';
import { wheel } from './wheel.ts';

let folder = '';
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'gradkit-native-'))));
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A program in the place of pip, which is given the folder of the wheel. */
function pipThat(body: string): [string, ...string[]] {
  const script = join(folder, 'pip.cjs');
  writeFileSync(
    script,
    `const folder = process.argv.find((arg) => arg.startsWith('--dest=')).slice(7);\n${body}`,
  );
  return [process.execPath, script];
}

test('refuses a wheel that is not the one whose checksum is kept', async () => {
  const pip = pipThat(`require('node:fs').writeFileSync(folder + '/${wheel.file}', 'something else')`);
  await expect(fetchWheel(pip, folder)).rejects.toThrow(
    /has the checksum [0-9a-f]{64}; it must be 2b847d217b02ee77/,
  );
});

test('leaves nothing behind when pip fails', async () => {
  vi.stubEnv('GRADKIT_CACHE', folder);
  const pip = pipThat('process.exit(3)');
  const progress = { stage: () => {}, unpacked: () => {} };
  await expect(provisionNative({ pip, compiler: 'g++' }, progress)).rejects.toThrow(/ended with 3/);
  expect(readdirSync(join(folder, 'libtensorflow'))).toEqual([]);
});

test('keeps the native part in the cache folder that is named, by what goes into it', () => {
  vi.stubEnv('GRADKIT_CACHE', folder);
  const place = nativeFolder();
  mkdirSync(place, { recursive: true });
  expect(readdirSync(join(folder, 'libtensorflow'))).toEqual([
    expect.stringMatching(new RegExp(`^${wheel.version}-${process.platform}-${process.arch}-[0-9a-f]{12}$`)),
  ]);
});
