import { expect, test } from 'vitest';
import {
  chainFromJSON,
  chainToJSON,
  clipsOnly,
  withoutClips,
  type ChainDescription,
} from './chainDescription.ts';

const chain: ChainDescription = {
  clips: [
    { name: 'clipByValue', threshold: 0.5 },
    { name: 'clipByGlobalNorm', threshold: 2 },
  ],
  optimizer: 'adamw',
  learningRate: 0.01,
};

test('a chain comes back from its JSON', () => {
  expect(chainFromJSON(chainToJSON(chain))).toEqual(chain);
});

test.each([
  ['an optimizer with more options', { transform: 'adam', options: { learningRate: 0.1, beta1: 0.8 } }],
  ['a schedule', { transform: 'sgd', options: { learningRate: { schedule: 'constant', options: {} } } }],
  [
    'a clip that the page does not build',
    {
      transform: 'chain',
      options: {
        transforms: [
          { transform: 'softClip', options: { threshold: 1 } },
          { transform: 'sgd', options: { learningRate: 0.1 } },
        ],
      },
    },
  ],
])('%s is kept as it is instead of taken apart', (_, json) => {
  expect(chainFromJSON(json)).toBeUndefined();
});

test('the raw run has the same chain without its clips, wherever they stand', () => {
  const sgd = { transform: 'sgd', options: { learningRate: 0.1 } };
  const clip = { transform: 'clipByGlobalNorm', options: { maxNorm: 1 } };
  const inner = { transform: 'chain', options: { transforms: [clip, sgd] } };
  expect(withoutClips({ transform: 'accumulate', options: { every: 2, inner } })).toEqual({
    transform: 'accumulate',
    options: { every: 2, inner: { transform: 'chain', options: { transforms: [sgd] } } },
  });
  expect(withoutClips({ transform: 'namedChain', options: { transforms: { clip, sgd } } })).toEqual({
    transform: 'namedChain',
    options: { transforms: { sgd } },
  });
  expect(clipsOnly(inner)).toEqual({ transform: 'chain', options: { transforms: [clip] } });
});
