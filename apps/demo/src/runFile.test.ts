import { expect, test } from 'vitest';
import { chainToJSON } from './chainDescription.ts';
import { readRunFile } from './runFile.ts';

const transform = chainToJSON({
  clips: [{ name: 'clipByGlobalNorm', threshold: 1 }],
  optimizer: 'adam',
  learningRate: 0.001,
});

test.each([
  ['toJSON wrote it', transform],
  ['a run has it in its config', { task: 'char-lstm', seed: 1, transform }],
  ['a comparison has it in its runs', { runs: [{ clipping: 'norm', transform }] }],
])('a transform is read as %s', (_, document) => {
  expect(readRunFile('config.json', JSON.stringify(document, null, 2))).toEqual({
    kind: 'transform',
    transform,
  });
});

test('metrics are read by column; words stand for numbers that JSON lacks, and an unfinished last line is left out', () => {
  const text = '{"step":1,"loss":2,"norm":3}\n{"step":2,"loss":"Infinity","norm":4}\n{"step":3,"lo';
  const read = readRunFile('metrics.jsonl', text);
  expect(read).toEqual({
    kind: 'metrics',
    metrics: {
      source: 'metrics.jsonl',
      steps: [1, 2, NaN],
      columns: { loss: [2, Infinity, NaN], norm: [3, 4, NaN] },
    },
  });
});

test('a run that has taken one step has metrics', () => {
  expect(readRunFile('metrics.jsonl', '{"step":1,"loss":2}\n')).toEqual({
    kind: 'metrics',
    metrics: { source: 'metrics.jsonl', steps: [1], columns: { loss: [2] } },
  });
});

test.each([
  ['hello', /notes\.txt: line 1 is no JSON object/],
  ['[1, 2]', /notes\.txt holds no transform/],
  ['{"seed": 1}', /notes\.txt holds no transform and no metrics/],
  ['{"step":1}\nx\n{"step":2}', /notes\.txt: line 2 is no JSON object/],
])('a file that is something else is named with the remedy: %s', (text, message) => {
  expect(() => readRunFile('notes.txt', text)).toThrow(message);
});
