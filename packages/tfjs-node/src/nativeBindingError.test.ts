import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { NativeBindingError } from './nativeBindingError.ts';
import { node } from './node.ts';
import { restoreUtil } from './restoreUtil.ts';

test('node() without tfjs-node says how to get it', () => {
  expect(tf.findBackend('tensorflow')).toBeNull();
  expect(node).toThrow(NativeBindingError);
  expect(node).toThrow(
    /npm install @tensorflow\/tfjs-node.*npm rebuild @tensorflow\/tfjs-node --build-addon-from-source/,
  );
});

test('another backend of that name is not taken for it', () => {
  tf.registerBackend('tensorflow', () => new tf.KernelBackend());
  expect(node).toThrow(/is not that of @tensorflow\/tfjs-node 3\.21 to 4\.22/);
});

test('functions that Node has removed are put back, and those that are there stay', () => {
  const isArray = (): boolean => true;
  const target: { isArray: () => boolean; isNullOrUndefined?: (value: unknown) => boolean } = { isArray };
  restoreUtil(target);
  expect(target.isArray).toBe(isArray);
  expect([null, undefined, 0, ''].map((value) => target.isNullOrUndefined?.(value))).toEqual([
    true,
    true,
    false,
    false,
  ]);
});

test('node() refuses options, because it has none', () => {
  expect(() => Reflect.apply(node, undefined, [{ threads: 2 }])).toThrow('node takes no options');
});
