import { tmpdir } from 'node:os';
import { expect, test, vi } from 'vitest';
import { findTools } from './missingPieces.ts';

test('names everything that is missing, each with its remedy', () => {
  vi.stubEnv('PATH', '/nowhere');
  vi.stubEnv('CXX', undefined);
  const found = findTools('/', { platform: 'linux x64', needed: 1e18 });
  vi.unstubAllEnvs();
  expect('missing' in found ? found.missing : []).toEqual([
    expect.stringMatching(/no pip.*apt-get install python3-pip/),
    expect.stringMatching(/no C\+\+ compiler.*apt-get install g\+\+/),
    expect.stringMatching(/free, and 1000000000\.0 GB are needed.*GRADKIT_CACHE/),
  ]);
});

test("sends other platforms to tfjs-node's own download", () => {
  const found = findTools(tmpdir(), { platform: 'darwin arm64' });
  expect(found).toEqual({ missing: [expect.stringMatching(/darwin arm64.*npm rebuild/)] });
});

test('looks for room in the nearest folder that exists', () => {
  vi.stubEnv('PATH', '/nowhere');
  const found = findTools('/nowhere/at/all', { platform: 'linux x64', needed: 1 });
  vi.unstubAllEnvs();
  expect('missing' in found ? found.missing.filter((line) => line.includes('free')) : []).toEqual([]);
});
