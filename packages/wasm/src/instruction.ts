/**
 * WebAssembly instructions as bytes. Code is nested lists of bytes, so that an expression reads like one: `add(a, b)` is the code of a,
 * the code of b and the opcode.
 */
export type Code = readonly (number | Code)[];

/** The types of locals, parameters and results, by their names in the text format. */
export type ValueType = 'i32' | 'f32' | 'f64' | 'v128';

/** The bytes of the value types. */
export const valueTypeByte: Readonly<Record<ValueType, number>> = {
  i32: 0x7f,
  f32: 0x7d,
  f64: 0x7c,
  v128: 0x7b,
};

const simd = 0xfd;

/** Instructions without immediates, by their names in the text format. A number above 255 is the second byte behind the SIMD prefix. */
const opcodes = {
  return: [0x0f],
  drop: [0x1a],
  select: [0x1b],
  'i32.eqz': [0x45],
  'i32.eq': [0x46],
  'i32.ne': [0x47],
  'i32.lt_s': [0x48],
  'i32.lt_u': [0x49],
  'i32.gt_s': [0x4a],
  'i32.ge_u': [0x4f],
  'i32.add': [0x6a],
  'i32.sub': [0x6b],
  'i32.mul': [0x6c],
  'i32.rem_u': [0x70],
  'i32.and': [0x71],
  'i32.or': [0x72],
  'i32.shl': [0x74],
  'i32.shr_s': [0x75],
  'i32.shr_u': [0x76],
  'f64.eq': [0x61],
  'f64.ne': [0x62],
  'f64.lt': [0x63],
  'f64.gt': [0x64],
  'f64.le': [0x65],
  'f64.ge': [0x66],
  'f64.abs': [0x99],
  'f64.neg': [0x9a],
  'f64.floor': [0x9c],
  'f64.sqrt': [0x9f],
  'f64.add': [0xa0],
  'f64.sub': [0xa1],
  'f64.mul': [0xa2],
  'f64.div': [0xa3],
  'f64.min': [0xa4],
  'f64.max': [0xa5],
  'i32.trunc_f64_s': [0xaa],
  'f32.convert_i32_u': [0xb3],
  'f32.demote_f64': [0xb6],
  'f64.convert_i32_s': [0xb7],
  'f64.convert_i32_u': [0xb8],
  'f64.promote_f32': [0xbb],
  'i64.reinterpret_f64': [0xbd],
  'f64.reinterpret_i64': [0xbf],
  'i32.wrap_i64': [0xa7],
  'i64.extend_i32_u': [0xad],
  'i64.extend_i32_s': [0xac],
  'i64.and': [0x83],
  'i64.or': [0x84],
  'i64.shl': [0x86],
  'i64.shr_u': [0x88],
  'i32x4.splat': [0xfd, 17],
  'f32x4.splat': [0xfd, 19],
  'f64x2.splat': [0xfd, 20],
  'f32x4.eq': [0xfd, 65],
  'f32x4.ne': [0xfd, 66],
  'f32x4.lt': [0xfd, 67],
  'f32x4.gt': [0xfd, 68],
  'f32x4.le': [0xfd, 69],
  'f32x4.ge': [0xfd, 70],
  'v128.not': [0xfd, 77],
  'v128.and': [0xfd, 78],
  'v128.or': [0xfd, 80],
  'v128.bitselect': [0xfd, 82],
  'v128.any_true': [0xfd, 83],
  'f64x2.promote_low_f32x4': [0xfd, 95],
  'i32x4.all_true': [0xfd, 163],
  'f32x4.abs': [0xfd, 224],
  'f32x4.neg': [0xfd, 225],
  'f32x4.sqrt': [0xfd, 227],
  'f32x4.add': [0xfd, 228],
  'f32x4.sub': [0xfd, 229],
  'f32x4.mul': [0xfd, 230],
  'f32x4.div': [0xfd, 231],
  'f32x4.min': [0xfd, 232],
  'f32x4.max': [0xfd, 233],
  'f64x2.abs': [0xfd, 236],
  'f64x2.sqrt': [0xfd, 239],
  'f64x2.add': [0xfd, 240],
  'f64x2.mul': [0xfd, 242],
} as const;

/** The name of an instruction without immediates. */
export type InstructionName = keyof typeof opcodes;

/** An instruction without immediates after the code of its operands. */
export function apply(name: InstructionName, ...operands: readonly Code[]): Code {
  const [prefix, code] = opcodes[name];
  return [operands, code === undefined ? [prefix] : [prefix, unsigned(code)]];
}

/** An unsigned integer in LEB128: seven bits a byte, the lowest first. */
export function unsigned(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest === 0 ? byte : byte | 0x80);
  } while (rest !== 0);
  return bytes;
}

/** A signed integer in LEB128. */
export function signed(value: number): readonly number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    const isLast = (rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0);
    bytes.push(isLast ? byte : byte | 0x80);
    if (isLast) return bytes;
  }
}

function bytesOf(write: (view: DataView) => void, length: number): readonly number[] {
  const bytes = new Uint8Array(length);
  write(new DataView(bytes.buffer));
  return Array.from(bytes);
}

export const constant = {
  i32: (value: number): Code => [0x41, signed(value)],
  f64: (value: number): Code => [0x44, bytesOf((view) => view.setFloat64(0, value, true), 8)],
  f32: (value: number): Code => [0x43, bytesOf((view) => view.setFloat32(0, value, true), 4)],
  /** An i64 of 32 low bits and 32 high bits. */
  i64: (value: bigint): Code => [0x42, signedBig(value)],
} as const;

function signedBig(value: bigint): readonly number[] {
  const bytes: number[] = [];
  let rest = BigInt.asIntN(64, value);
  for (;;) {
    const byte = Number(rest & 0x7fn);
    rest >>= 7n;
    const isLast = (rest === 0n && (byte & 0x40) === 0) || (rest === -1n && (byte & 0x40) !== 0);
    bytes.push(isLast ? byte : byte | 0x80);
    if (isLast) return bytes;
  }
}

/** Four times the same float32. */
export function splatConstant(value: number): Code {
  const lane = bytesOf((view) => view.setFloat32(0, value, true), 4);
  return [simd, unsigned(12), lane, lane, lane, lane];
}

/** Four times the same truth value: all bits set, or none. */
export function maskConstant(value: boolean): Code {
  return [simd, unsigned(12), Array.from({ length: 16 }, () => (value ? 0xff : 0))];
}

/** A place in memory: an address and a constant offset in bytes. Every access says that it is aligned to four bytes. */
export interface Address {
  readonly base: Code;
  readonly offset?: number;
}

const memoryOpcodes = {
  'i32.load': [0x28],
  'f32.load': [0x2a],
  'f64.load': [0x2b],
  'i32.store': [0x36],
  'f32.store': [0x38],
  'f64.store': [0x39],
  'v128.load': [0xfd, 0],
  'v128.load32_splat': [0xfd, 9],
  'v128.load32_zero': [0xfd, 92],
  'v128.store': [0xfd, 11],
} as const;

/** Loads from an address. */
export function load(
  name: 'i32.load' | 'f32.load' | 'f64.load' | 'v128.load' | 'v128.load32_splat' | 'v128.load32_zero',
  { base, offset = 0 }: Address,
): Code {
  return [base, memoryOpcodes[name], [2], unsigned(offset)];
}

/** Stores the value of some code at an address. */
export function store(
  name: 'i32.store' | 'f32.store' | 'f64.store' | 'v128.store',
  { base, offset = 0 }: Address,
  value: Code,
): Code {
  return [base, value, memoryOpcodes[name], [2], unsigned(offset)];
}

/** Stores the first lane of a vector. */
export function storeLane({ base, offset = 0 }: Address, value: Code): Code {
  return [base, value, simd, unsigned(90), [2], unsigned(offset), [0]];
}

/** One lane of a vector of float32. */
export function extractLane(vector: Code, lane: number): Code {
  return [vector, simd, unsigned(31), [lane]];
}

/** A vector of float32 with one lane replaced. */
export function replaceLane(vector: Code, lane: number, value: Code): Code {
  return [vector, value, simd, unsigned(32), [lane]];
}

/** One lane of a vector of float64. */
export function extractWideLane(vector: Code, lane: number): Code {
  return [vector, simd, unsigned(33), [lane]];
}

/** The upper two float32 moved down. */
export function upperHalf(vector: Code): Code {
  const lanes = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
  return [vector, vector, simd, unsigned(13), lanes];
}

/** Copies bytes; the ranges may overlap. */
export function copyMemory(range: { to: Code; from: Code; bytes: Code }): Code {
  return [range.to, range.from, range.bytes, 0xfc, unsigned(10), [0, 0]];
}

/** Sets bytes to zero. */
export function clearMemory(range: { at: Code; bytes: Code }): Code {
  return [range.at, constant.i32(0), range.bytes, 0xfc, unsigned(11), [0]];
}

/** A call of a function by its number. */
export function call(index: number, ...operands: readonly Code[]): Code {
  return [operands, 0x10, unsigned(index)];
}

export const local = {
  get: (index: number): Code => [0x20, unsigned(index)],
  set: (index: number, value: Code): Code => [value, 0x21, unsigned(index)],
  tee: (index: number, value: Code): Code => [value, 0x22, unsigned(index)],
} as const;

/** Repeats a body as long as a condition holds, judged before each turn. */
export function whileLoop(condition: Code, body: Code): Code {
  // block { loop { br_if 1 (not condition); body; br 0 } }
  return [0x02, 0x40, 0x03, 0x40, apply('i32.eqz', condition), 0x0d, 1, body, 0x0c, 0, 0x0b, 0x0b];
}

/** Runs one of two bodies. */
export function branch(condition: Code, yes: Code, no: Code = []): Code {
  return [condition, 0x04, 0x40, yes, no.length === 0 ? [] : [0x05, no], 0x0b];
}

/** The value of one of two expressions, of which only that one is computed. */
export function choose(type: ValueType, condition: Code, yes: Code, no: Code): Code {
  return [condition, 0x04, valueTypeByte[type], yes, 0x05, no, 0x0b];
}

/** The bytes of some code, in order. */
export function flatten(code: Code): number[] {
  const bytes: number[] = [];
  const append = (part: Code): void => {
    for (const item of part) {
      if (typeof item === 'number') bytes.push(item);
      else append(item);
    }
  };
  append(code);
  return bytes;
}
