import { isBinary, isUnary, type BinaryName, type OperationName, type UnaryName } from '@gradkit/core';
import {
  apply,
  call,
  extractLane,
  maskConstant,
  replaceLane,
  splatConstant,
  type Code,
  type InstructionName,
} from './instruction.ts';
import { functionIndex } from './transcendentalCode.ts';

/**
 * The code of the elementwise operations over four float32 at a time. Truth values are masks: all bits of a lane set, or none. Operands are
 * code that costs nothing to repeat: locals and constants.
 */
type Unary = (a: Code, lanes: readonly number[]) => Code;
type Binary = (a: Code, b: Code, lanes: readonly number[]) => Code;

/** Which lanes hold entries: all in the loop over vectors, the first one in the loop over what is left. */
export const allLanes: readonly number[] = [0, 1, 2, 3];
export const firstLane: readonly number[] = [0];

const inPairs =
  (name: InstructionName): Binary =>
  (a, b) =>
    apply(name, a, b);

const unaryCode: Readonly<Record<UnaryName, Unary>> = {
  neg: (a) => apply('f32x4.neg', a),
  abs: (a) => apply('f32x4.abs', a),
  sign: (a) =>
    select(
      apply('f32x4.gt', a, splatConstant(0)),
      splatConstant(1),
      select(apply('f32x4.lt', a, splatConstant(0)), splatConstant(-1), a),
    ),
  sqrt: (a) => apply('f32x4.sqrt', a),
  square: (a) => apply('f32x4.mul', a, a),
  exp: (a, lanes) => eachLane(lanes, (lane) => call(functionIndex.exp, widened(a, lane))),
  log: (a, lanes) => eachLane(lanes, (lane) => call(functionIndex.log, widened(a, lane))),
  tanh: (a, lanes) => eachLane(lanes, (lane) => call(functionIndex.tanh, widened(a, lane))),
  isNaN: (a) => apply('f32x4.ne', a, a),
  isFinite: (a) => apply('f32x4.lt', apply('f32x4.abs', a), splatConstant(Infinity)),
  logicalNot: (a) => apply('v128.not', a),
};

const binaryCode: Readonly<Record<BinaryName, Binary>> = {
  add: inPairs('f32x4.add'),
  sub: inPairs('f32x4.sub'),
  mul: inPairs('f32x4.mul'),
  div: inPairs('f32x4.div'),
  maximum: inPairs('f32x4.max'),
  minimum: inPairs('f32x4.min'),
  pow: (a, b, lanes) =>
    eachLane(lanes, (lane) => call(functionIndex.pow, widened(a, lane), widened(b, lane))),
  less: inPairs('f32x4.lt'),
  lessEqual: inPairs('f32x4.le'),
  greater: inPairs('f32x4.gt'),
  greaterEqual: inPairs('f32x4.ge'),
  equal: inPairs('f32x4.eq'),
  notEqual: inPairs('f32x4.ne'),
  logicalAnd: inPairs('v128.and'),
  logicalOr: inPairs('v128.or'),
};

/** The code of an elementwise operation, or undefined where it is none. */
export function elementwiseCode(
  op: OperationName,
  operands: readonly Code[],
  lanes: readonly number[],
): Code | undefined {
  const [a = [], b = [], c = []] = operands;
  if (isUnary(op)) return unaryCode[op](a, lanes);
  if (isBinary(op)) return binaryCode[op](a, b, lanes);
  if (op === 'where') return select(a, b, c);
  return op === 'broadcast' ? a : undefined;
}

/** The code of a constant, by its type. */
export function constantCode(value: number, dtype: 'float32' | 'bool'): Code {
  return dtype === 'bool' ? maskConstant(value !== 0) : splatConstant(value);
}

function select(condition: Code, yes: Code, no: Code): Code {
  return apply('v128.bitselect', yes, no, condition);
}

function widened(vector: Code, lane: number): Code {
  return apply('f64.promote_f32', extractLane(vector, lane));
}

function eachLane(lanes: readonly number[], valueOf: (lane: number) => Code): Code {
  return lanes.reduce<Code>((vector, lane) => {
    const value = apply('f32.demote_f64', valueOf(lane));
    return lane === 0 ? apply('f32x4.splat', value) : replaceLane(vector, lane, value);
  }, []);
}
