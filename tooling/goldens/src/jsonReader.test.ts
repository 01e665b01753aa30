import { expect, test } from 'vitest';
import { readJson } from './jsonReader.ts';

test('a value is read by its path', () => {
  expect(readJson('{"a": [{"b": 2}]}', 'file').at('a').list()[0]?.at('b').number()).toBe(2);
});

test('a member that is not there is named with its place', () => {
  expect(() => readJson('{"a": {}}', 'file').at('a').at('b')).toThrow('file.a has no "b".');
  expect(() => readJson('{}', 'file').at('toString')).toThrow('file has no "toString".');
});

test('a value of another kind is named with its place', () => {
  const json = readJson('{"a": [1], "b": "x", "c": null}', 'file');
  expect(() => json.at('a').object()).toThrow('file.a must be an object, but it is [1].');
  expect(() => json.at('b').list()).toThrow('file.b must be a list');
  expect(() => json.at('b').number()).toThrow('file.b must be a number');
  expect(() => json.at('c').object()).toThrow('file.c must be an object');
  expect(() => json.at('a').list()[0]?.text()).toThrow('file.a[0] must be a string');
  expect(() => json.at('b').oneOf(['y', 'z'])).toThrow('file.b must be one of y, z');
});
