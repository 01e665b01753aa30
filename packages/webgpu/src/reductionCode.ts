import type { Reduction, ReductionName } from '@gradkit/core';
import { floatLiteral } from './floatLiteral.ts';

/**
 * A reduction in WGSL. What has been reduced so far is a `vec4<u32>`, whatever the reduction, so that all share one array of workgroup
 * memory and one layout of partial results.
 */
export interface ReductionCode {
  /** The name of what is reduced so far; reductions of one name are combined alike. */
  readonly name: string;
  /** What has been reduced of nothing. */
  readonly zero: string;
  /** What has been reduced so far with one number (or truth value) more. */
  readonly push: (sofar: string, value: string) => string;
  readonly combine: (a: string, b: string) => string;
  /** The result; a mean is divided by `count`. */
  readonly result: (sofar: string, count: string) => string;
}

/** The code of a reduction. */
export function reductionCode(operation: Reduction): ReductionCode {
  return operation.op === 'norm' ? normCode(operation.order) : codes[operation.op];
}

const nothing = 'vec4<u32>(0u)';

const sum: ReductionCode = {
  name: 'sum',
  zero: nothing,
  push: (sofar, value) => `push_sum(${sofar}, ${value})`,
  combine: (a, b) => `combine_sum(${a}, ${b})`,
  result: (sofar) => `result_sum(${sofar}, 1.0f)`,
};

const largest = {
  name: 'largest',
  combine: (a: string, b: string): string => `combine_largest(${a}, ${b})`,
};

const smallest = {
  name: 'smallest',
  combine: (a: string, b: string): string => `combine_smallest(${a}, ${b})`,
};

const truth = (value: string): string => `vec4<u32>(select(0u, 1u, ${value}), 0u, 0u, 0u)`;
const key = (value: string, nanKey: string): string =>
  `vec4<u32>(select(sort_key(${value}), ${nanKey}, is_nan(${value})), 0u, 0u, 0u)`;

const codes: Readonly<Record<Exclude<ReductionName, 'norm'>, ReductionCode>> = {
  sum,
  mean: { ...sum, result: (sofar, count) => `result_sum(${sofar}, ${count})` },
  max: {
    ...largest,
    zero: 'vec4<u32>(0x007fffffu, 0u, 0u, 0u)',
    push: (sofar, value) => largest.combine(sofar, key(value, '0xffffffffu')),
    result: (sofar) => `result_key(${sofar}.x, 0xffffffffu)`,
  },
  min: {
    ...smallest,
    zero: 'vec4<u32>(0xff800000u, 0u, 0u, 0u)',
    push: (sofar, value) => smallest.combine(sofar, key(value, '0u')),
    result: (sofar) => `result_key(${sofar}.x, 0u)`,
  },
  any: {
    ...largest,
    zero: nothing,
    push: (sofar, value) => largest.combine(sofar, truth(value)),
    result: (sofar) => `(${sofar}.x != 0u)`,
  },
  all: {
    ...smallest,
    zero: 'vec4<u32>(1u, 0u, 0u, 0u)',
    push: (sofar, value) => smallest.combine(sofar, truth(value)),
    result: (sofar) => `(${sofar}.x != 0u)`,
  },
};

function normCode(order: number): ReductionCode {
  if (order === Infinity) {
    return {
      ...largest,
      zero: nothing,
      // The bits of sizes grow with them, and those of NaN are above all.
      push: (sofar, value) =>
        largest.combine(sofar, `vec4<u32>(bitcast<u32>(absolute(${value})), 0u, 0u, 0u)`),
      result: (sofar) => `bitcast<f32>(${sofar}.x)`,
    };
  }
  if (order === 1) return { ...sum, push: (sofar, value) => sum.push(sofar, `absolute(${value})`) };
  if (order === 2) {
    return {
      name: 'squares',
      zero: nothing,
      push: (sofar, value) => `push_squares(${sofar}, ${value})`,
      combine: (a, b) => `combine_squares(${a}, ${b})`,
      result: (sofar) => `result_squares(${sofar})`,
    };
  }
  const exponent = floatLiteral(order);
  return {
    name: `powers_${String(order).replaceAll('-', 'm').replaceAll(/\W/g, '_')}`,
    zero: nothing,
    push: (sofar, value) => `push_powers(${sofar}, ${value}, ${exponent})`,
    combine: (a, b) => `combine_powers(${a}, ${b}, ${exponent})`,
    result: (sofar) => `result_powers(${sofar}, ${exponent})`,
  };
}
