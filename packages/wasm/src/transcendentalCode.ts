import { branch, call, choose, f64, i32, i64, returning, type Code } from './instruction.ts';
import { writeFunction, type Variable, type WasmFunction } from './writeModule.ts';

/*
 * exp, log, tanh and pow as core defines them: the same float64 operations in the same order, so that the bits are the same. And norms of
 * an order that is not a multiple of 1/2, whose powers are of |x| / (the largest so far).
 */

/** The functions that a module begins with if its plan takes any of them, by number. */
export const functionIndex = { exp: 0, log: 1, tanh: 2, pow: 3, pushPower: 4 } as const;

/** The functions that are operations of a program. */
export type FunctionName = Exclude<keyof typeof functionIndex, 'pushPower'>;

const ln2High = f64.const(6.9314718036912381649e-1);
const ln2Low = f64.const(1.90821492927058770002e-10);
const inverseLn2 = f64.const(1.4426950408889634);
const [zero, one, two] = [f64.const(0), f64.const(1), f64.const(2)];
const infinity = f64.const(Infinity);

const { abs, add, sub, mul, div, neg, floor, eq, ne, lt, gt } = f64;
const returnIf = (condition: Code, ...value: readonly Code[]): Code => branch(condition, returning(...value));
const isNaN = (x: Code): Code => ne(x, x);
const bitsOf = (x: Code): Code => i64.reinterpret_f64(x);
const numbersDown = (from: number, to: number, by = 1): number[] =>
  Array.from({ length: (from - to) / by + 1 }, (_, index) => from - by * index);

let written: readonly WasmFunction[] | undefined;

/** The functions, in the order of {@link functionIndex}: the same ones each time. */
export function transcendentalFunctions(): readonly WasmFunction[] {
  written ??= [expFunction(), logFunction(), tanhFunction(), powFunction(), pushPower()];
  return written;
}

type Parameters = readonly [x: Code, y: Code];

function numberFunction(
  parameters: number,
  write: (parameters: Parameters, number: () => Variable, integer: () => Variable) => Code,
): WasmFunction {
  const types = Array.from({ length: parameters }, () => 'f64' as const);
  return writeFunction({ parameters: types, results: ['f64'] }, ([x, y], addLocal) =>
    write(
      [x?.get ?? [], y?.get ?? []],
      () => addLocal('f64'),
      () => addLocal('i32'),
    ),
  );
}

function powerOfTwo(exponent: Code): Code {
  const biased = i64.extend_i32_s(i32.add(exponent, i32.const(1023)));
  return f64.reinterpret_i64(i64.shl(biased, i64.const(52n)));
}

function expFunction(): WasmFunction {
  return numberFunction(1, ([x], number, integer) => {
    const [k, r, sum] = [number(), number(), number()];
    const [whole, half] = [integer(), integer()];
    return [
      returnIf(isNaN(x), x),
      returnIf(gt(x, f64.const(709.8)), infinity),
      returnIf(lt(x, f64.const(-745.2)), zero),
      k.set(floor(add(mul(x, inverseLn2), f64.const(0.5)))),
      r.set(sub(sub(x, mul(k.get, ln2High)), mul(k.get, ln2Low))),
      sum.set(one),
      numbersDown(14, 1).map((term) => sum.set(add(one, mul(div(r.get, f64.const(term)), sum.get)))),
      whole.set(i32.trunc_f64_s(k.get)),
      half.set(i32.shr_s(whole.get, i32.const(1))),
      mul(mul(sum.get, powerOfTwo(half.get)), powerOfTwo(i32.sub(whole.get, half.get))),
    ];
  });
}

function logFunction(): WasmFunction {
  return numberFunction(1, ([x], number) => {
    const [mantissa, exponent, s, square, series] = [number(), number(), number(), number(), number()];
    const biased = i32.and(i32.wrap_i64(i64.shr_u(bitsOf(mantissa.get), i64.const(52n))), i32.const(0x7ff));
    const fraction = i64.and(bitsOf(mantissa.get), i64.const(0x000fffffffffffffn));
    return [
      returnIf(i32.or(isNaN(x), lt(x, zero)), f64.const(NaN)),
      returnIf(eq(x, zero), f64.const(-Infinity)),
      returnIf(eq(x, infinity), x),
      mantissa.set(x),
      branch(lt(x, f64.const(2.2250738585072014e-308)), [
        mantissa.set(mul(x, f64.const(18014398509481984))),
        exponent.set(f64.const(-54)),
      ]),
      exponent.set(add(exponent.get, f64.convert_i32_s(i32.sub(biased, i32.const(1023))))),
      mantissa.set(f64.reinterpret_i64(i64.or(fraction, i64.const(0x3ff0000000000000n)))),
      branch(gt(mantissa.get, f64.const(1.4142135623730951)), [
        mantissa.set(div(mantissa.get, two)),
        exponent.set(add(exponent.get, one)),
      ]),
      s.set(div(sub(mantissa.get, one), add(mantissa.get, one))),
      square.set(mul(s.get, s.get)),
      numbersDown(25, 3, 2).map((term) => series.set(mul(square.get, add(f64.const(1 / term), series.get)))),
      add(
        mul(exponent.get, ln2High),
        add(mul(mul(two, s.get), add(one, series.get)), mul(exponent.get, ln2Low)),
      ),
    ];
  });
}

function tanhFunction(): WasmFunction {
  return numberFunction(1, ([x], number) => {
    const [size, sum, e] = [number(), number(), number()];
    const signed = (value: Code): Code => choose(gt(x, zero), value, neg(value));
    return [
      returnIf(isNaN(x), x),
      size.set(abs(x)),
      branch(lt(size.get, f64.const(0.35)), [
        sum.set(one),
        numbersDown(16, 2).map((term) => sum.set(add(one, mul(div(mul(two, x), f64.const(term)), sum.get)))),
        returning(div(mul(x, sum.get), add(one, mul(x, sum.get)))),
      ]),
      returnIf(gt(size.get, f64.const(22)), signed(one)),
      e.set(call(functionIndex.exp, mul(two, size.get))),
      signed(div(sub(e.get, one), add(e.get, one))),
    ];
  });
}

function powFunction(): WasmFunction {
  return numberFunction(2, ([x, y], number, integer) => {
    const [size, value] = [number(), number()];
    const isInteger = integer();
    const half = mul(y, f64.const(0.5));
    const isOdd = i32.and(
      i32.and(isInteger.get, lt(abs(y), f64.const(9007199254740992))),
      ne(floor(half), half),
    );
    const isSignSet = i32.wrap_i64(i64.shr_u(bitsOf(x), i64.const(63n)));
    const isNegative = i32.and(lt(x, zero), lt(size.get, infinity));
    return [
      returnIf(i32.or(eq(y, zero), eq(x, one)), one),
      returnIf(i32.or(isNaN(x), isNaN(y)), f64.const(NaN)),
      size.set(abs(x)),
      returnIf(i32.and(eq(size.get, one), eq(abs(y), infinity)), one),
      isInteger.set(eq(floor(y), y)),
      returnIf(i32.and(isNegative, i32.eqz(isInteger.get)), f64.const(NaN)),
      value.set(call(functionIndex.exp, mul(y, call(functionIndex.log, size.get)))),
      choose(i32.and(isOdd, isSignSet), neg(value.get), value.get),
    ];
  });
}

/**
 * (address, x, order): adds |x| to the power of the order to three float64: the largest size so far, the sum of powers of sizes / that, and
 * the sum of what is not finite.
 */
function pushPower(): WasmFunction {
  const signature = { parameters: ['i32', 'f64', 'f64'], results: [] } as const;
  return writeFunction(signature, ([address, x, order], addLocal) => {
    const size = addLocal('f64');
    const field = (offset: number): Variable => {
      const at = { base: address?.get ?? [], offset };
      return { get: f64.load(at), set: (value) => f64.store(at, value) };
    };
    const [largest, total, notFinite] = [field(0), field(8), field(16)];
    const share = (part: Variable, whole: Variable): Code =>
      call(functionIndex.pow, div(part.get, whole.get), order?.get ?? []);
    return [
      size.set(abs(x?.get ?? [])),
      returnIf(eq(size.get, zero)),
      branch(
        lt(size.get, infinity),
        branch(
          gt(size.get, largest.get),
          [total.set(add(mul(total.get, share(largest, size)), one)), largest.set(size.get)],
          total.set(add(total.get, share(size, largest))),
        ),
        notFinite.set(add(notFinite.get, size.get)),
      ),
    ];
  });
}
