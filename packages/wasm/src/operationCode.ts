import type { ElementwiseName, OperationName } from '@gradkit/core';
import { call, f32, f32x4, f64, v128, type Code, type Instruction } from './instruction.ts';
import { functionIndex, type FunctionName } from './transcendentalCode.ts';

/** Which lanes hold entries: all in the loop over vectors, the first one in the loop over what is left. */
export const allLanes: readonly number[] = [0, 1, 2, 3];
export const firstLane: readonly number[] = [0];

type VectorName = Exclude<ElementwiseName, FunctionName>;

/**
 * The code of the elementwise operations over four float32 at a time. Truth values are masks: all bits of a lane set, or none. Operands are
 * code that costs nothing to repeat: variables and constants.
 */
const vectorCode: Readonly<Record<VectorName, Instruction>> = {
  neg: f32x4.neg,
  abs: f32x4.abs,
  sign: (a: Code) => {
    const belowZero = where(f32x4.lt(a, f32x4.const(0)), f32x4.const(-1), a);
    return where(f32x4.gt(a, f32x4.const(0)), f32x4.const(1), belowZero);
  },
  sqrt: f32x4.sqrt,
  square: (a: Code) => f32x4.mul(a, a),
  isNaN: (a: Code) => f32x4.ne(a, a),
  isFinite: (a: Code) => f32x4.lt(f32x4.abs(a), f32x4.const(Infinity)),
  logicalNot: v128.not,
  add: f32x4.add,
  sub: f32x4.sub,
  mul: f32x4.mul,
  div: f32x4.div,
  maximum: f32x4.max,
  minimum: f32x4.min,
  less: f32x4.lt,
  lessEqual: f32x4.le,
  greater: f32x4.gt,
  greaterEqual: f32x4.ge,
  equal: f32x4.eq,
  notEqual: f32x4.ne,
  logicalAnd: v128.and,
  logicalOr: v128.or,
  where,
  broadcast: (a: Code) => a,
};

/** The code of an elementwise operation. */
export function elementwiseCode(
  op: ElementwiseName,
  operands: readonly Code[],
  lanes: readonly number[],
): Code {
  if (!isFunctionName(op)) return vectorCode[op](...operands);
  return lanes.reduce<Code>((vector, lane) => {
    const wide = operands.map((operand) => f64.promote_f32(f32x4.extract_lane(operand, lane)));
    const value = f32.demote_f64(call(functionIndex[op], ...wide));
    return lane === 0 ? f32x4.splat(value) : f32x4.replace_lane(vector, lane, value);
  }, []);
}

/** The code of a constant, by its type. */
export function constantCode(value: number, dtype: 'float32' | 'bool'): Code {
  return dtype === 'bool' ? v128.mask(value !== 0) : f32x4.const(value);
}

function where(condition: Code, yes: Code, no: Code): Code {
  return v128.bitselect(yes, no, condition);
}

/** Whether an operation is one of the functions that a module begins with. */
export function isFunctionName(op: OperationName): op is FunctionName {
  return Object.hasOwn(functionIndex, op);
}
