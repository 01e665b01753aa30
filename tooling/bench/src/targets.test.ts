import { expect, test } from 'vitest';
import { exampleResults } from './exampleResults.ts';
import { judge, targets } from './targets.ts';

test('only targets whose rows were measured are judged, against the fastest of those named', () => {
  expect(judge(exampleResults)).toEqual([
    {
      what: 'wasm engine, one thread, beside PyTorch on one thread, 10 x 1024x1024',
      demanded: '≤ 1.00 x as long',
      measured: '0.800 x',
      isMet: true,
    },
    {
      what: 'wasm engine, one thread, beside the copy bandwidth, 10 x 1024x1024',
      demanded: '≥ 0.800 x as fast',
      measured: '1.00 x',
      isMet: true,
    },
    {
      what: '@gradkit/tfjs-cpu beside tf ops + tf.train.adam on cpu, SimpleNet',
      demanded: '≥ 20.0 x as fast',
      measured: '15.0 x',
      isMet: false,
    },
  ]);
});

test('a limit in milliseconds is judged by the median', () => {
  const compile = targets.find(({ scenario }) => scenario === 'compile');
  if (compile === undefined) throw new Error('There is a target for compiling.');
  const within = { ...compile, scenario: 'ten-squares', of: ['torch-1'] };
  expect(judge(exampleResults, [within])).toMatchObject([{ measured: '10.0 ms', isMet: true }]);
  const beyond = { ...within, of: ['tfjs-cpu'] };
  expect(judge(exampleResults, [beyond])).toMatchObject([
    { demanded: '≤ 50.0 ms', measured: '3.50 s', isMet: false },
  ]);
});
