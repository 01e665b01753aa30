import { expect, test } from 'vitest';
import { f32x4, flatten, i32, signed, unsigned } from './instruction.ts';

test('unsigned integers take seven bits a byte, the lowest first', () => {
  expect(unsigned(0)).toEqual([0]);
  expect(unsigned(127)).toEqual([0x7f]);
  expect(unsigned(128)).toEqual([0x80, 0x01]);
  expect(unsigned(624_485)).toEqual([0xe5, 0x8e, 0x26]);
  expect(unsigned(4_294_967_295)).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
});

test('signed integers end with a byte that shows the sign', () => {
  expect(signed(0)).toEqual([0]);
  expect(signed(63)).toEqual([0x3f]);
  expect(signed(64)).toEqual([0xc0, 0x00]);
  expect(signed(-1)).toEqual([0x7f]);
  expect(signed(-64)).toEqual([0x40]);
  expect(signed(-123_456)).toEqual([0xc0, 0xbb, 0x78]);
  expect(signed(2_147_483_647)).toEqual([0xff, 0xff, 0xff, 0xff, 0x07]);
});

test('the code of an expression is that of its operands and then the opcode', () => {
  expect(flatten(i32.add([0x20, 0], i32.const(4)))).toEqual([0x20, 0, 0x41, 4, 0x6a]);
  expect(flatten(f32x4.add([0x20, 1], [0x20, 2]))).toEqual([0x20, 1, 0x20, 2, 0xfd, 0xe4, 0x01]);
});
