/**
 * WebAssembly instructions as bytes, by their names in the text format. Code is nested lists of bytes, so that an expression reads like one:
 * `f32x4.add(a, b)` is the code of a, the code of b and the opcode.
 */
export type Code = readonly (number | Code)[];

/** An instruction after the code of its operands. */
export type Instruction = (...operands: readonly Code[]) => Code;

/** A place in memory: an address and a constant offset in bytes. Every access says that it is aligned to four bytes. */
export interface Address {
  readonly base: Code;
  readonly offset?: number;
}

type Instructions<Name extends string> = Readonly<Record<Name, Instruction>>;
type Load = (at: Address) => Code;
type Store = (at: Address, value: Code) => Code;

/** Instructions that read and write memory. */
export interface MemoryAccess {
  readonly load: Load;
  readonly store: Store;
}

interface Constants<T> {
  const(value: T): Code;
}

interface Lanes {
  extract_lane(vector: Code, lane: number): Code;
}

const plain =
  (opcode: number): Instruction =>
  (...operands) => [operands, opcode];
const simd =
  (opcode: number): Instruction =>
  (...operands) => [operands, 0xfd, unsigned(opcode)];
const loading =
  (...opcode: Code) =>
  ({ base, offset = 0 }: Address): Code => [base, opcode, 2, unsigned(offset)];
const storing =
  (...opcode: Code) =>
  ({ base, offset = 0 }: Address, value: Code): Code => [base, value, opcode, 2, unsigned(offset)];

export const i32: Constants<number> &
  MemoryAccess &
  Instructions<
    'eqz' | 'lt_u' | 'ge_u' | 'add' | 'sub' | 'mul' | 'and' | 'or' | 'shr_s' | 'wrap_i64' | 'trunc_f64_s'
  > = {
  const: (value) => [0x41, signed(value)],
  load: loading(0x28),
  store: storing(0x36),
  eqz: plain(0x45),
  lt_u: plain(0x49),
  ge_u: plain(0x4f),
  add: plain(0x6a),
  sub: plain(0x6b),
  mul: plain(0x6c),
  and: plain(0x71),
  or: plain(0x72),
  shr_s: plain(0x75),
  wrap_i64: plain(0xa7),
  trunc_f64_s: plain(0xaa),
};

export const i64: Constants<bigint> &
  Instructions<'and' | 'or' | 'shl' | 'shr_u' | 'extend_i32_s' | 'reinterpret_f64'> = {
  const: (value) => [0x42, signed(value)],
  and: plain(0x83),
  or: plain(0x84),
  shl: plain(0x86),
  shr_u: plain(0x88),
  extend_i32_s: plain(0xac),
  reinterpret_f64: plain(0xbd),
};

export const f32: Instructions<'demote_f64'> = { demote_f64: plain(0xb6) };

export const f64: Constants<number> &
  MemoryAccess &
  Instructions<
    | 'eq'
    | 'ne'
    | 'lt'
    | 'gt'
    | 'abs'
    | 'neg'
    | 'floor'
    | 'add'
    | 'sub'
    | 'mul'
    | 'div'
    | 'convert_i32_s'
    | 'promote_f32'
    | 'reinterpret_i64'
  > = {
  const: (value) => [0x44, bytesOf(new Float64Array([value]))],
  load: loading(0x2b),
  store: storing(0x39),
  eq: plain(0x61),
  ne: plain(0x62),
  lt: plain(0x63),
  gt: plain(0x64),
  abs: plain(0x99),
  neg: plain(0x9a),
  floor: plain(0x9c),
  add: plain(0xa0),
  sub: plain(0xa1),
  mul: plain(0xa2),
  div: plain(0xa3),
  convert_i32_s: plain(0xb7),
  promote_f32: plain(0xbb),
  reinterpret_i64: plain(0xbf),
};

export const i32x4: Instructions<'all_true' | 'sub'> = { all_true: simd(163), sub: simd(177) };

export const f32x4: Constants<number> &
  Lanes &
  Instructions<
    | 'splat'
    | 'eq'
    | 'ne'
    | 'lt'
    | 'gt'
    | 'le'
    | 'ge'
    | 'abs'
    | 'neg'
    | 'sqrt'
    | 'add'
    | 'sub'
    | 'mul'
    | 'div'
    | 'min'
    | 'max'
    | 'pmin'
    | 'pmax'
    | 'convert_i32x4'
  > & { replace_lane(vector: Code, lane: number, part: Code): Code } = {
  /** Four times the same float32. */
  const: (value) => vector(new Float32Array(4).fill(value)),
  splat: simd(19),
  extract_lane: (value, lane) => [value, 0xfd, 31, lane],
  replace_lane: (value, lane, part) => [value, part, 0xfd, 32, lane],
  eq: simd(65),
  ne: simd(66),
  lt: simd(67),
  gt: simd(68),
  le: simd(69),
  ge: simd(70),
  abs: simd(224),
  neg: simd(225),
  sqrt: simd(227),
  add: simd(228),
  sub: simd(229),
  mul: simd(230),
  div: simd(231),
  min: simd(232),
  max: simd(233),
  pmin: simd(234),
  pmax: simd(235),
  convert_i32x4: simd(250),
};

export const f64x2: Lanes & Instructions<'splat' | 'promote_low_f32x4' | 'abs' | 'sqrt' | 'add' | 'mul'> = {
  splat: simd(20),
  extract_lane: (value, lane) => [value, 0xfd, 33, lane],
  promote_low_f32x4: simd(95),
  abs: simd(236),
  sqrt: simd(239),
  add: simd(240),
  mul: simd(242),
};

export const v128: MemoryAccess &
  Instructions<'not' | 'and' | 'or' | 'bitselect'> & {
    readonly load32_splat: Load;
    readonly load32_zero: Load;
    readonly store32_lane: Store;
    mask(value: boolean): Code;
    upperHalf(vector: Code): Code;
  } = {
  load: loading(0xfd, 0),
  load32_splat: loading(0xfd, 9),
  load32_zero: loading(0xfd, 92),
  store: storing(0xfd, 11),
  /** Stores the first lane. */
  store32_lane: (at, value) => [storing(0xfd, 90)(at, value), 0],
  /** Four times the same truth value: all bits set, or none. */
  mask: (value) => vector(new Int32Array(4).fill(value ? -1 : 0)),
  /** The upper two float32 moved down. */
  upperHalf: (value) => [
    [value, value, 0xfd, 13],
    [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15],
  ],
  not: simd(77),
  and: simd(78),
  or: simd(80),
  bitselect: simd(82),
};

/** One of two numbers, both of which are computed. */
export const select: Instruction = plain(0x1b);

/** Ends a function; the value before it is its result. */
export const returning: Instruction = plain(0x0f);

/** A call of a function by its number. */
export function call(index: number, ...operands: readonly Code[]): Code {
  return [operands, 0x10, unsigned(index)];
}

/** Repeats a body as long as a condition holds, judged before each turn. */
export function whileLoop(condition: Code, body: Code): Code {
  // block { loop { br_if 1 (not condition); body; br 0 } }
  return [0x02, 0x40, 0x03, 0x40, i32.eqz(condition), 0x0d, 1, body, 0x0c, 0, 0x0b, 0x0b];
}

/** Runs one of two bodies. */
export function branch(condition: Code, yes: Code, no: Code = []): Code {
  return [condition, 0x04, 0x40, yes, no.length === 0 ? [] : [0x05, no], 0x0b];
}

/** The float64 of one of two expressions, of which only that one is computed. */
export function choose(condition: Code, yes: Code, no: Code): Code {
  return [condition, 0x04, 0x7c, yes, 0x05, no, 0x0b];
}

/** An unsigned integer in LEB128: seven bits a byte, the lowest first. */
export function unsigned(value: number): readonly number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...unsigned(Math.floor(value / 128))];
}

/** A signed integer in LEB128. */
export function signed(value: number | bigint): readonly number[] {
  // Most are small, and there are thousands.
  if (typeof value === 'number' && value >= -64 && value < 64) return [value & 127];
  const rest = BigInt.asIntN(64, BigInt(value));
  const isLast = rest >= -64n && rest < 64n;
  const byte = Number(rest & 127n);
  return isLast ? [byte] : [byte | 128, ...signed(rest >> 7n)];
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

function vector(lanes: Float32Array | Int32Array): Code {
  return [0xfd, 12, bytesOf(lanes)];
}

/** The bytes of numbers as they lie in memory, where WebAssembly's order, the lowest first, is everybody's. */
function bytesOf({ buffer }: Float32Array | Float64Array | Int32Array): readonly number[] {
  return Array.from(new Uint8Array(buffer));
}
