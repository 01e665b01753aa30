import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { findMovingVersions, findUntestedVersions, lowestOf, readClaims, type Claim } from './claims.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const claims = readClaims(root);

function found(folder: string, ranges: Claim['ranges']): string[] {
  const lowest = lowestOf(ranges['@tensorflow/tfjs-core'] ?? '');
  return findUntestedVersions(root, [{ folder, ranges, lowest }]);
}

test('the packages that claim versions of TensorFlow.js are found', () => {
  expect(claims.map(({ folder }) => folder)).toEqual([
    'packages/tfjs',
    'packages/tfjs-cpu',
    'packages/tfjs-node',
    'packages/tfjs-wasm',
    'packages/tfjs-webgpu',
  ]);
});

test('each package claims the versions that its suite runs on, from the lowest to the highest', () => {
  expect(findUntestedVersions(root, claims)).toEqual([]);
});

test('the versions that the suites run on are single ones', () => {
  expect(findMovingVersions(root)).toEqual([]);
});

test('a range that begins below what the suite runs on is reported', () => {
  expect(found('packages/tfjs', { '@tensorflow/tfjs-core': '^3.0.0 || ^4.0.0' })).toEqual([
    'packages/tfjs: @tensorflow/tfjs-core begins with 3.0.0, but the suite runs on none at the lowest',
  ]);
});

test('a range that leaves the highest version out is reported', () => {
  expect(found('packages/tfjs', { '@tensorflow/tfjs-core': '~3.4.0' })).toEqual([
    'packages/tfjs: the suite runs on @tensorflow/tfjs-core 4.22.0, which ~3.4.0 leaves out',
  ]);
});

test('a range without an end is reported', () => {
  expect(found('packages/tfjs', { '@tensorflow/tfjs-core': '>=3.4.0' })).toEqual([
    'packages/tfjs: @tensorflow/tfjs-core >=3.4.0 claims 5.0.0, on which no suite runs',
  ]);
});
