/*
 * Functions that generated shaders call. A shader gets those that it calls, and no others.
 *
 * WGSL lets an implementation assume that NaN and infinity do not occur and flush numbers below 2^-126 to zero, so whatever decides on
 * a number here looks at its bits, as integers. `exp`, `log`, `tanh` and `pow` are our own: WGSL's may be off by a hundred units of the
 * last place.
 */
/** How many words describe a segment, a leaf and a group in the tables that shaders read. */
export const segmentWords = 10;
export const leafWords = 6;
export const groupWords = 6;

function leafField(name: string, word: number): string {
  return `fn leaf_${name}(leaf: u32) -> u32 {
  return small[batch.leaves + ${leafWords}u * leaf + ${word}u];
}`;
}

function groupField(name: string, word: number): string {
  return `fn group_${name}(group: u32) -> u32 {
  return small[batch.groups + ${groupWords}u * group + ${word}u];
}`;
}

const functions: Readonly<Record<string, string>> = {
  is_nan: `fn is_nan(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
}`,
  is_finite: `fn is_finite(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
}`,
  is_zero: `fn is_zero(x: f32) -> bool {
  return (bitcast<u32>(x) & 0x7fffffffu) == 0u;
}`,
  infinity: `fn infinity() -> f32 {
  return bitcast<f32>(step.infinity_bits);
}`,
  nan: `fn nan() -> f32 {
  return bitcast<f32>(step.infinity_bits | 0x400000u);
}`,
  from_bits: `// Bits of which a compiler must not know the number: it would refuse infinities and lose the sign of zero.
fn from_bits(bits: u32) -> f32 {
  return bitcast<f32>(bits ^ step.zero_bits);
}`,
  hidden: `// A number that a compiler cannot know, so that it does the arithmetic that is written.
fn hidden(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ step.zero_bits);
}`,
  negated: `fn negated(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) ^ 0x80000000u);
}`,
  absolute: `fn absolute(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0x7fffffffu);
}`,
  sign_of: `fn sign_of(x: f32) -> f32 {
  let one = bitcast<f32>((bitcast<u32>(x) & 0x80000000u) | 0x3f800000u);
  return select(one, x, is_zero(x) || is_nan(x));
}`,
  order_of: `// An integer that grows with the number; the same for 0 and -0.
fn order_of(x: f32) -> i32 {
  let size = i32(bitcast<u32>(x) & 0x7fffffffu);
  return select(size, -size, bitcast<u32>(x) >= 0x80000000u);
}`,
  less_than: `fn less_than(a: f32, b: f32) -> bool {
  return !is_nan(a) && !is_nan(b) && order_of(a) < order_of(b);
}`,
  at_most: `fn at_most(a: f32, b: f32) -> bool {
  return !is_nan(a) && !is_nan(b) && order_of(a) <= order_of(b);
}`,
  same: `fn same(a: f32, b: f32) -> bool {
  return !is_nan(a) && !is_nan(b) && order_of(a) == order_of(b);
}`,
  sort_key: `// An unsigned integer that grows with the number, -0 before 0.
fn sort_key(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return bits ^ select(0x80000000u, 0xffffffffu, bits >= 0x80000000u);
}`,
  from_sort_key: `fn from_sort_key(key: u32) -> f32 {
  return bitcast<f32>(key ^ select(0xffffffffu, 0x80000000u, key >= 0x80000000u));
}`,
  larger: `fn larger(a: f32, b: f32) -> f32 {
  let number = select(a, b, sort_key(b) > sort_key(a));
  return select(number, nan(), is_nan(a) || is_nan(b));
}`,
  smaller: `fn smaller(a: f32, b: f32) -> f32 {
  let number = select(a, b, sort_key(b) < sort_key(a));
  return select(number, nan(), is_nan(a) || is_nan(b));
}`,
  root: `fn root(x: f32) -> f32 {
  let positive = sqrt(x);
  return select(select(positive, nan(), less_than(x, 0.0f)), x, is_zero(x) || is_nan(x));
}`,
  power_of_two: `// For -126 <= exponent <= 127.
fn power_of_two(exponent: i32) -> f32 {
  return bitcast<f32>(u32(exponent + 127) << 23u);
}`,
  high_part: `// The first 12 bits of a number, so that a product of two of them is exact.
fn high_part(x: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(x) & 0xfffff000u);
}`,
  exponential_of_sum: `// e to the power (x + rest), for a rest that is small beside x.
fn exponential_of_sum(x: f32, rest: f32) -> f32 {
  let k = floor(clamp(x, -110.0f, 90.0f) * 1.44269504f + 0.5f);
  let r = ((x - k * 0.693145752f) - k * 1.42860677e-6f) + rest;
  let q = 0.5f + r * (0.166666672f + r * (0.0416664556f + r * (0.00833331048f + r * (0.00139345322f + r * 0.000198919704f))));
  let value = 1.0f + (r + r * r * q);
  let half = i32(k) / 2;
  let scaled = value * power_of_two(half) * power_of_two(i32(k) - half);
  return select(select(scaled, infinity(), x > 88.8f), 0.0f, x < -104.0f);
}`,
  exponential: `fn exponential(x: f32) -> f32 {
  return select(exponential_of_sum(x, 0.0f), x, is_nan(x));
}`,
  logarithm_parts: `// The natural logarithm of a positive finite number as a sum of two.
fn logarithm_parts(x: f32) -> vec2<f32> {
  let isSmall = bitcast<u32>(x) < 0x800000u;
  let whole = f32(bitcast<u32>(x) & 0x7fffffu);
  let bits = select(bitcast<u32>(x), bitcast<u32>(whole), isSmall);
  let mantissa = bitcast<f32>((bits & 0x7fffffu) | 0x3f800000u);
  let isUpper = mantissa > 1.41421354f;
  let m = select(mantissa, 0.5f * mantissa, isUpper);
  let e = f32(i32(bits >> 23u) - 127 + select(0, 1, isUpper) - select(0, 149, isSmall));
  let f = m - 1.0f;
  let high = high_part(f);
  let low = f - high;
  let q = 0.5f * high * high;
  let main = f - q;
  let p = 0.333333343f + f * (-0.249999896f + f * (0.200000107f + f * (-0.166680008f + f * (0.142865241f + f * (-0.124507427f + f * (0.110377938f + f * (-0.106462047f + f * (0.105308138f - f * 0.0620141514f))))))));
  let rest = (((f - main) - q) - low * (high + 0.5f * low)) + f * f * f * p;
  let scaled = e * 0.693145752f;
  let total = scaled + main;
  let error = (scaled - total) + main;
  let small_part = (error + e * 1.42860677e-6f) + rest;
  let sum = total + small_part;
  return vec2<f32>(sum, small_part - (sum - total));
}`,
  logarithm: `fn logarithm(x: f32) -> f32 {
  let parts = logarithm_parts(x);
  let positive = select(parts.x + parts.y, x, !is_finite(x));
  let signed = select(positive, nan(), bitcast<u32>(x) >= 0x80000000u || is_nan(x));
  return select(signed, negated(infinity()), is_zero(x));
}`,
  hyperbolic_tangent: `fn hyperbolic_tangent(x: f32) -> f32 {
  let size = absolute(x);
  let square = x * x;
  let t = -0.333333343f + square * (0.133333132f + square * (-0.0539615527f + square * (0.0217883214f + square * (-0.00841007102f + square * 0.00237076567f))));
  let near = x + x * square * t;
  let far = 1.0f - 2.0f / (exponential_of_sum(2.0f * min(size, 30.0f), 0.0f) + 1.0f);
  let signed = bitcast<f32>(bitcast<u32>(far) | (bitcast<u32>(x) & 0x80000000u));
  return select(select(signed, near, size < 0.6f), x, is_nan(x) || is_zero(x));
}`,
  positive_power: `// x to the power y for a positive finite x.
fn positive_power(x: f32, y: f32) -> f32 {
  let logarithm = logarithm_parts(x);
  let product = y * logarithm.x;
  let y_high = high_part(y);
  let y_low = y - y_high;
  let l_high = high_part(logarithm.x);
  let l_low = logarithm.x - l_high;
  let error = (((y_high * l_high - product) + y_high * l_low) + y_low * l_high) + y_low * l_low;
  let rest = error + y * logarithm.y;
  let isLarge = !(abs(product) < 200.0f);
  let extreme = select(0.0f, infinity(), less_than(0.0f, product));
  return select(exponential_of_sum(product, rest), extreme, isLarge);
}`,
  power: `// x to the power y, with the edge values of IEEE 754.
fn power(x: f32, y: f32) -> f32 {
  let isInteger = is_zero(y) || (absolute(y) >= 1.0f && floor(y) == y);
  let isOdd = isInteger && absolute(y) < 16777216.0f && (i32(clamp(y, -16777216.0f, 16777216.0f)) & 1) != 0;
  let isNegative = bitcast<u32>(x) >= 0x80000000u;
  let size = absolute(x);
  let oneToIt = same(size, 1.0f);
  var value = positive_power(size, y);
  if (!is_finite(y)) {
    value = select(select(0.0f, infinity(), less_than(1.0f, size) == (bitcast<u32>(y) < 0x80000000u)), 1.0f, oneToIt);
  } else if (is_zero(x) || !is_finite(x)) {
    let grows = is_zero(x) != (bitcast<u32>(y) < 0x80000000u);
    value = select(0.0f, infinity(), grows);
    value = select(value, negated(value), isOdd && isNegative);
  } else if (isNegative) {
    value = select(select(value, negated(value), isOdd), nan(), !isInteger);
  }
  value = select(value, nan(), is_nan(x) || is_nan(y));
  return select(value, 1.0f, is_zero(y) || same(x, 1.0f));
}`,
  kind_of_non_finite: `// 0 for a number, 1 and 2 for the infinities, 4 for NaN.
fn kind_of_non_finite(x: f32) -> u32 {
  let bits = bitcast<u32>(x);
  return select(select(select(1u, 2u, bits >= 0x80000000u), 4u, is_nan(x)), 0u, is_finite(x));
}`,
  add_exactly: `// The sum of two numbers and what it was rounded by.
fn add_exactly(a: f32, b: f32) -> vec2<f32> {
  let sum = a + b;
  let part = sum - a;
  return vec2<f32>(sum, (a - (sum - part)) + (b - part));
}`,
  push_sum: `// A running sum: of numbers from 2^100 on, scaled by 2^-40; of the others; what the latter was rounded by; what was not finite.
fn push_sum(sum: vec4<u32>, x: f32) -> vec4<u32> {
  let isLarge = absolute(x) >= 0x1p+100f;
  let isFinite = is_finite(x);
  let large = bitcast<f32>(sum.x) + select(0.0f, x * 0x1p-40f, isLarge && isFinite);
  let small_sum = add_exactly(bitcast<f32>(sum.y), select(x, 0.0f, isLarge || !isFinite));
  return vec4<u32>(bitcast<u32>(large), bitcast<u32>(small_sum.x), bitcast<u32>(bitcast<f32>(sum.z) + small_sum.y), sum.w | kind_of_non_finite(x));
}`,
  combine_sum: `fn combine_sum(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
  let large = bitcast<f32>(a.x) + bitcast<f32>(b.x);
  let small_sum = add_exactly(bitcast<f32>(a.y), bitcast<f32>(b.y));
  let rounded = (bitcast<f32>(a.z) + bitcast<f32>(b.z)) + small_sum.y;
  return vec4<u32>(bitcast<u32>(large), bitcast<u32>(small_sum.x), bitcast<u32>(rounded), a.w | b.w);
}`,
  result_sum: `// The sum divided by a count.
fn result_sum(sum: vec4<u32>, count: f32) -> f32 {
  let large = bitcast<f32>(sum.x);
  let rest = (bitcast<f32>(sum.y) + bitcast<f32>(sum.z)) / count;
  let total = select((large / count) * 0x1p+40f + rest, rest, is_zero(large));
  let infinite = select(infinity(), negated(infinity()), (sum.w & 2u) != 0u);
  return select(select(total, infinite, sum.w != 0u), nan(), sum.w >= 3u || count == 0.0f);
}`,
  push_squares: `// Squares of numbers from 2^40 on, scaled by 2^-84; from 2^-40 on; of smaller ones, scaled by 2^88; what was not finite. So no square
// leaves the range of float32, and none of a float32 that is not denormal vanishes.
fn push_squares(sum: vec4<u32>, x: f32) -> vec4<u32> {
  let bits = bitcast<u32>(x) & 0x7fffffffu;
  let size = bitcast<f32>(bits);
  let isFinite = bits < 0x7f800000u;
  let isLarge = bits >= 0x53800000u && isFinite;
  let isSmall = bits < 0x2b800000u;
  let large = select(0.0f, size * 0x1p-84f, isLarge);
  let middle = select(size, 0.0f, isLarge || isSmall || !isFinite);
  let scaled = select(size * 0x1p+88f, f32(bits) * 0x1p-61f, bits < 0x800000u);
  let tiny = select(0.0f, scaled, isSmall);
  return vec4<u32>(
    bitcast<u32>(bitcast<f32>(sum.x) + large * large),
    bitcast<u32>(bitcast<f32>(sum.y) + middle * middle),
    bitcast<u32>(bitcast<f32>(sum.z) + tiny * tiny),
    sum.w | kind_of_non_finite(x),
  );
}`,
  combine_squares: `fn combine_squares(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
  let sums = bitcast<vec3<f32>>(a.xyz) + bitcast<vec3<f32>>(b.xyz);
  return vec4<u32>(bitcast<vec3<u32>>(sums), a.w | b.w);
}`,
  result_squares: `fn result_squares(sum: vec4<u32>) -> f32 {
  let sums = bitcast<vec3<f32>>(sum.xyz);
  let large = sqrt(sums.x + sums.y * 0x1p-84f * 0x1p-84f) * 0x1p+84f;
  let middle = sqrt(sums.y + sums.z * 0x1p-88f * 0x1p-88f);
  let tiny = sqrt(sums.z);
  // A denormal result is put together from its bits: arithmetic may flush it.
  let isDenormal = tiny < 0x1p-38f;
  let small_norm = select(tiny * 0x1p-88f, bitcast<f32>(u32(tiny * 0x1p+61f + 0.5f)), isDenormal);
  let finite = select(select(small_norm, middle, sums.y > 0.0f), large, sums.x > 0.0f);
  return select(select(finite, infinity(), sum.w != 0u), nan(), sum.w >= 4u);
}`,
  push_powers: `// The largest size so far; the sum of the powers of the sizes over it; what was not finite.
fn push_powers(sum: vec4<u32>, x: f32, order: f32) -> vec4<u32> {
  let bits = bitcast<u32>(x) & 0x7fffffffu;
  let isCounted = is_finite(x) && bits != 0u;
  return combine_powers(sum, vec4<u32>(select(0u, bits, isCounted), select(0u, 0x3f800000u, isCounted), 0u, kind_of_non_finite(x)), order);
}`,
  combine_powers: `fn combine_powers(a: vec4<u32>, b: vec4<u32>, order: f32) -> vec4<u32> {
  let isOrdered = a.x >= b.x;
  let most = select(b, a, isOrdered);
  let least = select(a, b, isOrdered);
  let ratio = power_ratio(least.x, most.x);
  let shrunk = select(bitcast<f32>(least.y) * power(ratio, order), bitcast<f32>(least.y), least.x == most.x);
  let total = bitcast<f32>(most.y) + select(shrunk, 0.0f, least.x == 0u);
  return vec4<u32>(most.x, bitcast<u32>(total), 0u, a.w | b.w);
}`,
  power_ratio: `// The quotient of two sizes by their bits, which may be those of denormal numbers.
fn power_ratio(small_bits: u32, large_bits: u32) -> f32 {
  let large = select(bitcast<f32>(large_bits), f32(large_bits), large_bits < 0x800000u);
  let same_scale = select(bitcast<f32>(small_bits), f32(small_bits), large_bits < 0x800000u);
  let tiny = f32(small_bits) * 0x1p-23f;
  let scaled = (tiny / (large * 0x1p+126f));
  return select(same_scale / large, scaled, small_bits < 0x800000u && large_bits >= 0x800000u && large < 1.0f);
}`,
  result_powers: `fn result_powers(sum: vec4<u32>, order: f32) -> f32 {
  let grown = power(bitcast<f32>(sum.y), 1.0f / order);
  let largest = bitcast<f32>(sum.x);
  let scaled = f32(sum.x) * grown;
  let isDenormal = sum.x < 0x800000u;
  let small_norm = select(scaled * 0x1p-126f * 0x1p-23f, bitcast<f32>(u32(scaled + 0.5f)), scaled < 8388608.0f);
  let finite = select(largest * grown, small_norm, isDenormal);
  let number = select(finite, 0.0f, sum.x == 0u);
  return select(select(number, infinity(), sum.w != 0u), nan(), sum.w >= 4u);
}`,
  combine_largest: `fn combine_largest(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
  return max(a, b);
}`,
  combine_smallest: `fn combine_smallest(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
  return min(a, b);
}`,
  segment_at: `fn segment_at(workgroup: u32) -> Segment {
  let at = batch.segments + SEGMENT_WORDS * small[batch.workgroups + workgroup];
  return Segment(
    small[at], small[at + 1u], small[at + 2u], small[at + 3u], small[at + 4u], small[at + 5u],
    workgroup - small[at + 6u], small[at + 7u], small[at + 8u], small[at + 9u],
  );
}`.replace('SEGMENT_WORDS', `${segmentWords}u`),
  leaf_first_tile: leafField('first_tile', 0),
  leaf_end_tile: leafField('end_tile', 1),
  leaf_size: leafField('size', 2),
  leaf_units: leafField('units', 3),
  leaf_first_unit: leafField('first_unit', 4),
  leaf_unit_tiles: leafField('unit_tiles', 5),
  group_start: groupField('start', 0),
  group_end: groupField('end', 1),
  group_first_tile: groupField('first_tile', 2),
  group_end_tile: groupField('end_tile', 3),
  group_size: groupField('size', 4),
  group_units: groupField('units', 5),
  leaf_of_group: `fn leaf_of_group(index: u32) -> u32 {
  return small[batch.order + index];
}`,
  partial_at: `fn partial_at(index: u32) -> vec4<u32> {
  let at = batch.partials + 4u * index;
  return vec4<u32>(small[at], small[at + 1u], small[at + 2u], small[at + 3u]);
}`,
  store_partial: `fn store_partial(index: u32, partial: vec4<u32>) {
  let at = batch.partials + 4u * index;
  small[at] = partial.x;
  small[at + 1u] = partial.y;
  small[at + 2u] = partial.z;
  small[at + 3u] = partial.w;
}`,
  load_number: `fn load_number(at: u32) -> f32 {
  return bitcast<f32>(small[at]);
}`,
  store_number: `fn store_number(at: u32, value: f32) {
  small[at] = bitcast<u32>(value);
}`,
  result_key: `fn result_key(key: u32, nan_key: u32) -> f32 {
  return select(from_sort_key(key), nan(), key == nan_key);
}`,
};

/** The library's functions that `code` calls, directly or through each other, in the order in which they are listed. */
export function libraryFor(code: string): string {
  const called = new Set<string>();
  const visit = (text: string): void => {
    for (const [, name = ''] of text.matchAll(/\b([a-z_]+)\(/g)) {
      const body = Object.hasOwn(functions, name) ? functions[name] : undefined;
      if (body === undefined || called.has(name)) continue;
      called.add(name);
      visit(body.slice(body.indexOf('{')));
    }
  };
  visit(code);
  return Object.entries(functions)
    .filter(([name]) => called.has(name))
    .map(([, body]) => body)
    .join('\n\n');
}
