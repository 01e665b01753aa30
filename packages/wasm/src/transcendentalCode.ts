import {
  apply,
  branch,
  call,
  choose,
  constant,
  load,
  local,
  store,
  type Code,
  type ValueType,
} from './instruction.ts';
import { createLocals, type WasmFunction } from './writeModule.ts';

/*
 * exp, log, tanh and pow as core defines them: the same float64 operations in the same order, so that the bits are the same. And norms of
 * an order that is not a multiple of 1/2, whose powers are of |x| / (the largest so far).
 */

/** The functions that every module begins with, by number. */
export const functionIndex = { exp: 0, log: 1, tanh: 2, pow: 3, pushPower: 4, mergePower: 5 } as const;

/** The bytes of an accumulator of {@link functionIndex.pushPower}: the largest size, the sum of powers, the sum of what is not finite. */
export const powerAccumulatorBytes: number = 24;

const ln2High = 6.9314718036912381649e-1;
const ln2Low = 1.90821492927058770002e-10;
const inverseLn2 = 1.4426950408889634;

const f64 = constant.f64;
const add = (a: Code, b: Code): Code => apply('f64.add', a, b);
const sub = (a: Code, b: Code): Code => apply('f64.sub', a, b);
const mul = (a: Code, b: Code): Code => apply('f64.mul', a, b);
const div = (a: Code, b: Code): Code => apply('f64.div', a, b);
const returnIf = (condition: Code, value: Code): Code => branch(condition, [value, apply('return')]);
const isNaN = (x: Code): Code => apply('f64.ne', x, x);

let written: readonly WasmFunction[] | undefined;

/** The functions, in the order of {@link functionIndex}: the same ones each time. */
export function transcendentalFunctions(): readonly WasmFunction[] {
  written ??= [expFunction(), logFunction(), tanhFunction(), powFunction(), pushPower(), mergePower()];
  return written;
}

function numberFunction(
  parameters: readonly ValueType[],
  write: (arguments_: readonly Code[], add: (type: ValueType) => number) => Code,
  results: readonly ValueType[] = ['f64'],
): WasmFunction {
  const locals = createLocals(parameters.length);
  const body = write(
    parameters.map((_, index) => local.get(index)),
    locals.add,
  );
  return { parameters, results, locals: locals.types, body };
}

function powerOfTwo(exponent: Code): Code {
  const biased = apply('i64.extend_i32_s', apply('i32.add', exponent, constant.i32(1023)));
  return apply('f64.reinterpret_i64', apply('i64.shl', biased, constant.i64(52n)));
}

function expFunction(): WasmFunction {
  return numberFunction(['f64'], ([x = []], addLocal) => {
    const [k, r, sum] = [addLocal('f64'), addLocal('f64'), addLocal('f64')];
    const [whole, half] = [addLocal('i32'), addLocal('i32')];
    const terms = Array.from({ length: 14 }, (_, index) => 14 - index);
    return [
      returnIf(isNaN(x), x),
      returnIf(apply('f64.gt', x, f64(709.8)), f64(Infinity)),
      returnIf(apply('f64.lt', x, f64(-745.2)), f64(0)),
      local.set(k, apply('f64.floor', add(mul(x, f64(inverseLn2)), f64(0.5)))),
      local.set(r, sub(sub(x, mul(local.get(k), f64(ln2High))), mul(local.get(k), f64(ln2Low)))),
      local.set(sum, f64(1)),
      terms.map((term) => local.set(sum, add(f64(1), mul(div(local.get(r), f64(term)), local.get(sum))))),
      local.set(whole, apply('i32.trunc_f64_s', local.get(k))),
      local.set(half, apply('i32.shr_s', local.get(whole), constant.i32(1))),
      mul(
        mul(local.get(sum), powerOfTwo(local.get(half))),
        powerOfTwo(apply('i32.sub', local.get(whole), local.get(half))),
      ),
    ];
  });
}

function logFunction(): WasmFunction {
  return numberFunction(['f64'], ([x = []], addLocal) => {
    const [mantissa, exponent] = [addLocal('f64'), addLocal('f64')];
    const [s, square, series] = [addLocal('f64'), addLocal('f64'), addLocal('f64')];
    const bits = (): Code => apply('i64.reinterpret_f64', local.get(mantissa));
    const biased = apply(
      'i32.and',
      apply('i32.wrap_i64', apply('i64.shr_u', bits(), constant.i64(52n))),
      constant.i32(0x7ff),
    );
    const terms = Array.from({ length: 12 }, (_, index) => 25 - 2 * index);
    return [
      returnIf(apply('i32.or', isNaN(x), apply('f64.lt', x, f64(0))), f64(NaN)),
      returnIf(apply('f64.eq', x, f64(0)), f64(-Infinity)),
      returnIf(apply('f64.eq', x, f64(Infinity)), x),
      local.set(mantissa, x),
      branch(apply('f64.lt', x, f64(2.2250738585072014e-308)), [
        local.set(mantissa, mul(x, f64(18014398509481984))),
        local.set(exponent, f64(-54)),
      ]),
      local.set(
        exponent,
        add(local.get(exponent), apply('f64.convert_i32_s', apply('i32.sub', biased, constant.i32(1023)))),
      ),
      local.set(
        mantissa,
        apply(
          'f64.reinterpret_i64',
          apply(
            'i64.or',
            apply('i64.and', bits(), constant.i64(0x000fffffffffffffn)),
            constant.i64(0x3ff0000000000000n),
          ),
        ),
      ),
      branch(apply('f64.gt', local.get(mantissa), f64(1.4142135623730951)), [
        local.set(mantissa, div(local.get(mantissa), f64(2))),
        local.set(exponent, add(local.get(exponent), f64(1))),
      ]),
      local.set(s, div(sub(local.get(mantissa), f64(1)), add(local.get(mantissa), f64(1)))),
      local.set(square, mul(local.get(s), local.get(s))),
      local.set(series, f64(0)),
      terms.map((term) => local.set(series, mul(local.get(square), add(f64(1 / term), local.get(series))))),
      add(
        mul(local.get(exponent), f64(ln2High)),
        add(
          mul(mul(f64(2), local.get(s)), add(f64(1), local.get(series))),
          mul(local.get(exponent), f64(ln2Low)),
        ),
      ),
    ];
  });
}

function tanhFunction(): WasmFunction {
  return numberFunction(['f64'], ([x = []], addLocal) => {
    const [size, sum, e] = [addLocal('f64'), addLocal('f64'), addLocal('f64')];
    const terms = Array.from({ length: 15 }, (_, index) => 16 - index);
    const signed = (value: Code): Code =>
      choose('f64', apply('f64.gt', x, f64(0)), value, apply('f64.neg', value));
    return [
      returnIf(isNaN(x), x),
      local.set(size, apply('f64.abs', x)),
      branch(apply('f64.lt', local.get(size), f64(0.35)), [
        local.set(sum, f64(1)),
        terms.map((term) => local.set(sum, add(f64(1), mul(div(mul(f64(2), x), f64(term)), local.get(sum))))),
        div(mul(x, local.get(sum)), add(f64(1), mul(x, local.get(sum)))),
        apply('return'),
      ]),
      returnIf(apply('f64.gt', local.get(size), f64(22)), signed(f64(1))),
      local.set(e, call(functionIndex.exp, mul(f64(2), local.get(size)))),
      signed(div(sub(local.get(e), f64(1)), add(local.get(e), f64(1)))),
    ];
  });
}

function powFunction(): WasmFunction {
  return numberFunction(['f64', 'f64'], ([x = [], y = []], addLocal) => {
    const [size, value] = [addLocal('f64'), addLocal('f64')];
    const [isInteger, isOdd, isBelow] = [addLocal('i32'), addLocal('i32'), addLocal('i32')];
    const half = mul(y, f64(0.5));
    const isInfinite = (code: Code): Code => apply('f64.eq', apply('f64.abs', code), f64(Infinity));
    const isPositive = apply('f64.gt', y, f64(0));
    const isSignSet = apply(
      'i32.wrap_i64',
      apply('i64.shr_u', apply('i64.reinterpret_f64', x), constant.i64(63n)),
    );
    return [
      returnIf(apply('i32.or', apply('f64.eq', y, f64(0)), apply('f64.eq', x, f64(1))), f64(1)),
      returnIf(apply('i32.or', isNaN(x), isNaN(y)), f64(NaN)),
      local.set(isInteger, apply('f64.eq', apply('f64.floor', y), y)),
      local.set(
        isOdd,
        apply(
          'i32.and',
          apply('i32.and', local.get(isInteger), apply('f64.lt', apply('f64.abs', y), f64(9007199254740992))),
          apply('f64.ne', apply('f64.floor', half), half),
        ),
      ),
      local.set(size, apply('f64.abs', x)),
      branch(isInfinite(y), [
        returnIf(apply('f64.eq', local.get(size), f64(1)), f64(1)),
        choose(
          'f64',
          apply('i32.eq', apply('f64.gt', local.get(size), f64(1)), isPositive),
          f64(Infinity),
          f64(0),
        ),
        apply('return'),
      ]),
      branch(apply('i32.or', apply('f64.eq', x, f64(0)), isInfinite(x)), [
        local.set(
          value,
          choose('f64', apply('i32.eq', apply('f64.eq', x, f64(0)), isPositive), f64(0), f64(Infinity)),
        ),
        choose(
          'f64',
          apply('i32.and', local.get(isOdd), isSignSet),
          apply('f64.neg', local.get(value)),
          local.get(value),
        ),
        apply('return'),
      ]),
      local.set(isBelow, apply('f64.lt', x, f64(0))),
      returnIf(apply('i32.and', local.get(isBelow), apply('i32.eqz', local.get(isInteger))), f64(NaN)),
      local.set(value, call(functionIndex.exp, mul(y, call(functionIndex.log, local.get(size))))),
      choose(
        'f64',
        apply('i32.and', local.get(isBelow), local.get(isOdd)),
        apply('f64.neg', local.get(value)),
        local.get(value),
      ),
    ];
  });
}

const offsets = { largest: 0, total: 8, notFinite: 16 } as const;

/** (address, x, order): adds |x| to the power of the order to an accumulator. */
function pushPower(): WasmFunction {
  return numberFunction(
    ['i32', 'f64', 'f64'],
    ([address = [], x = [], order = []], addLocal) => {
      const size = addLocal('f64');
      const read = (offset: number): Code => load('f64.load', { base: address, offset });
      const write = (offset: number, value: Code): Code =>
        store('f64.store', { base: address, offset }, value);
      const share = (part: Code, whole: Code): Code => call(functionIndex.pow, div(part, whole), order);
      return [
        local.set(size, apply('f64.abs', x)),
        branch(apply('f64.eq', local.get(size), f64(0)), [apply('return')]),
        branch(
          apply('f64.lt', local.get(size), f64(Infinity)),
          branch(
            apply('f64.gt', local.get(size), read(offsets.largest)),
            [
              write(
                offsets.total,
                add(mul(read(offsets.total), share(read(offsets.largest), local.get(size))), f64(1)),
              ),
              write(offsets.largest, local.get(size)),
            ],
            write(offsets.total, add(read(offsets.total), share(local.get(size), read(offsets.largest)))),
          ),
          write(offsets.notFinite, add(read(offsets.notFinite), local.get(size))),
        ),
      ];
    },
    [],
  );
}

/** (address, from, order): adds one accumulator to another. */
function mergePower(): WasmFunction {
  return numberFunction(
    ['i32', 'i32', 'f64'],
    ([address = [], from = [], order = []]) => {
      const read = (base: Code, offset: number): Code => load('f64.load', { base, offset });
      const write = (offset: number, value: Code): Code =>
        store('f64.store', { base: address, offset }, value);
      const scaled = (a: Code, b: Code): Code =>
        mul(
          read(a, offsets.total),
          call(functionIndex.pow, div(read(a, offsets.largest), read(b, offsets.largest)), order),
        );
      return [
        write(offsets.notFinite, add(read(address, offsets.notFinite), read(from, offsets.notFinite))),
        branch(apply('f64.eq', read(from, offsets.largest), f64(0)), [apply('return')]),
        branch(
          apply('f64.gt', read(from, offsets.largest), read(address, offsets.largest)),
          [
            write(offsets.total, add(scaled(address, from), read(from, offsets.total))),
            write(offsets.largest, read(from, offsets.largest)),
          ],
          write(offsets.total, add(read(address, offsets.total), scaled(from, address))),
        ),
      ];
    },
    [],
  );
}
