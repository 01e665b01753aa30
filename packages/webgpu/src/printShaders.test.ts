import { adaptiveGradientClip, clipByGlobalNorm } from '@gradkit/clip-norm';
import { chain, mul, planProgram, stateless, toProgram, type LeafSpec } from '@gradkit/core';
import { requestTestDevice } from '@gradkit/gpu';
import { adam, sgd } from '@gradkit/optimizers';
import { expect, test } from 'vitest';
import { printShaders } from './printShaders.ts';

const leaves = (count: number): LeafSpec[] =>
  Array.from({ length: count }, (_, index) => ({ name: `kernel${index}`, shape: [100, 50] }));
const clipAndAdam = chain(clipByGlobalNorm({ maxNorm: 1 }), adam({ learningRate: 0.01 }));

/** The lines of the function that goes through entries. */
function sweepOf(wgsl: string): string[] {
  const lines = wgsl.split('\n');
  const start = lines.indexOf('fn sweep(workgroup: u32, lane: u32) {');
  return lines.slice(start, lines.indexOf('}', start) + 1);
}

test('a shader comes for each part of the plan, with the number of its dispatches', () => {
  const printed = printShaders(toProgram(clipAndAdam, leaves(24)));
  expect(printed.map(({ pass, dispatches }) => [pass, dispatches])).toEqual([
    ['pass 1 of 2', 4],
    ['pass 2 of 2', 7],
    // The last dispatch commits the step, too.
    ['pass 2 of 2', 1],
  ]);
});

test('a device that can bind more takes fewer dispatches, and a smaller workgroup is written down', () => {
  const printed = printShaders(toProgram(clipAndAdam, leaves(24)), {
    maxStorageBuffersPerShaderStage: 10,
    maxComputeWorkgroupSizeX: 64,
  });
  expect(printed.reduce((sum, { dispatches }) => sum + dispatches, 0)).toBe(9);
  for (const { wgsl } of printed) expect(wgsl).toContain('@workgroup_size(64)');
});

test('leaves that are packed take as many dispatches as their workgroups need', () => {
  // 4,096 numbers are 4 tiles of 256 lanes with 4 numbers each; one workgroup is kept for the commit.
  const small = leaves(12).map(({ name }) => ({ name, shape: [4096] }));
  const counted = (maxComputeWorkgroupsPerDimension?: number): number[] =>
    printShaders(
      toProgram(clipAndAdam, small),
      maxComputeWorkgroupsPerDimension === undefined ? {} : { maxComputeWorkgroupsPerDimension },
    ).map(({ dispatches }) => dispatches);
  expect(counted()).toEqual([1, 1]);
  expect(counted(9)).toEqual([6, 5, 1]);
});

test('numbers for each output of a layer take a shader of their own', () => {
  const transform = chain(adaptiveGradientClip({ clipping: 0.1 }), sgd({ learningRate: 0.1 }));
  const program = toProgram(transform, leaves(1));
  expect(printShaders(planProgram(program)).map(({ pass }) => pass)).toEqual([
    'pass 1 of 2',
    'the numbers before pass 2 of 2',
    'pass 2 of 2',
  ]);
});

test('lines say which transform they are of, by the path of its reports', () => {
  const twice = chain(
    clipByGlobalNorm({ maxNorm: 1 }),
    stateless('halve', (updates) => mul(updates, 0.5)),
    clipByGlobalNorm({ maxNorm: 1 }),
    sgd({ learningRate: 0.1 }),
  );
  const last = printShaders(toProgram(twice, leaves(1))).at(-1);
  const sweep = sweepOf(last?.wgsl ?? '').map((line) => line.trim());
  const loop = sweep.slice(sweep.findIndex((line) => line.startsWith('for (var i =')));
  expect(loop.filter((line) => line.startsWith('//'))).toEqual([
    '// clipByGlobalNorm',
    '// halve',
    '// clipByGlobalNorm#2',
    '// sgd',
    '// the step itself',
  ]);
});

test('a name that would end a comment does not, and the device takes the shader', async () => {
  const transform = chain(
    stateless('two\nlines\u2028and\u0000more', (updates) => mul(updates, 2)),
    sgd({ learningRate: 1 }),
  );
  const [printed] = printShaders(toProgram(transform, leaves(1)));
  expect(sweepOf(printed?.wgsl ?? '')).toContain('    // two?lines?and?more');
  const device = await requestTestDevice();
  if (device === undefined) return;
  const { messages } = await device.createShaderModule({ code: printed?.wgsl ?? '' }).getCompilationInfo();
  expect(messages.map(({ message }) => message)).toEqual([]);
  device.destroy();
});

test('clip and Adam on two leaves', () => {
  const printed = printShaders(
    toProgram(clipAndAdam, [
      { name: 'kernel', shape: [100, 50] },
      { name: 'bias', shape: [50] },
    ]),
  );
  expect(printed.map(({ pass, wgsl }) => `${pass}\n${wgsl}`).join('\n')).toMatchInlineSnapshot(`
    "pass 1 of 2
    // The numbers of this step.
    struct Step {
      state_read: u32,
      state_write: u32,
      infinity_bits: u32,
      zero_bits: u32,
      input_adam_learningRate: f32,
      input_adam_beta1: f32,
      input_clipByGlobalNorm_epsilon: f32,
      input_clipByGlobalNorm_maxNorm: f32,
      input_adam_beta2: f32,
      input_adam_epsilon: f32,
    }

    // Where the tables and the numbers of this dispatch lie in \`small\`.
    struct Batch {
      segments: u32,
      workgroups: u32,
      workgroup_count: u32,
      leaves: u32,
      groups: u32,
      order: u32,
      values: u32,
      partials: u32,
      reports: u32,
      leaf_count: u32,
      unit_count: u32,
      tile_count: u32,
      unit_tile_count: u32,
      state_words: u32,
    }

    // A leaf, or a part of a large one, and the tile of it that a workgroup has.
    struct Segment {
      slot: u32,
      size: u32,
      leaf: u32,
      start: u32,
      base: u32,
      stride: u32,
      tile: u32,
      tiles: u32,
      first_tile: u32,
      unit_tiles: u32,
    }

    @group(0) @binding(0) var<uniform> step: Step;
    @group(0) @binding(1) var<uniform> batch: Batch;
    @group(0) @binding(2) var<storage, read_write> small: array<u32>;
    @group(0) @binding(3) var<storage, read> gradient0: array<f32>;
    @group(0) @binding(4) var<storage, read> gradient1: array<f32>;

    var<workgroup> lanes: array<vec4<u32>, 256>;

    fn is_nan(x: f32) -> bool {
      return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    }

    fn is_finite(x: f32) -> bool {
      return (bitcast<u32>(x) & 0x7f800000u) != 0x7f800000u;
    }

    // 0 for a number, 1 and 2 for the infinities, 4 for NaN.
    fn kind_of_non_finite(x: f32) -> u32 {
      let bits = bitcast<u32>(x);
      return select(select(select(1u, 2u, bits >= 0x80000000u), 4u, is_nan(x)), 0u, is_finite(x));
    }

    // Squares of numbers from 2^40 on, scaled by 2^-84; from 2^-40 on; of smaller ones, scaled by 2^88; what was not finite. So no square
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
    }

    fn combine_squares(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
      let sums = bitcast<vec3<f32>>(a.xyz) + bitcast<vec3<f32>>(b.xyz);
      return vec4<u32>(bitcast<vec3<u32>>(sums), a.w | b.w);
    }

    fn segment_at(workgroup: u32) -> Segment {
      let at = batch.segments + 10u * small[batch.workgroups + workgroup];
      return Segment(
        small[at], small[at + 1u], small[at + 2u], small[at + 3u], small[at + 4u], small[at + 5u],
        workgroup - small[at + 6u], small[at + 7u], small[at + 8u], small[at + 9u],
      );
    }

    fn store_partial(index: u32, partial: vec4<u32>) {
      let at = batch.partials + 4u * index;
      small[at] = partial.x;
      small[at + 1u] = partial.y;
      small[at + 2u] = partial.z;
      small[at + 3u] = partial.w;
    }

    fn gradient_at(segment: Segment, i: u32) -> f32 {
      switch segment.slot {
        case 0u: { return gradient0[i]; }
        default: { return gradient1[i]; }
      }
    }

    fn reduce_squares(lane: u32, mine: vec4<u32>) -> vec4<u32> {
      var own = mine;
      lanes[lane] = own;
      workgroupBarrier();
      for (var width = 1u; width < 256u; width <<= 1u) {
        if ((lane & (2u * width - 1u)) == 0u) {
          lanes[lane] = combine_squares(lanes[lane], lanes[lane + width]);
        }
        workgroupBarrier();
      }
      let total = lanes[0];
      workgroupBarrier();
      return total;
    }

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      var r9 = vec4<u32>(0u);
      for (var i = segment.tile * 256u + lane; i < segment.size; i += segment.tiles * 256u) {
        let v8 = gradient_at(segment, i);
        // clipByGlobalNorm
        r9 = push_squares(r9, v8);
      }
      // clipByGlobalNorm
      r9 = reduce_squares(lane, r9);
      if (lane == 0u) {
        store_partial(0u + segment.first_tile + segment.tile, r9);
      }
    }

    @compute @workgroup_size(256)
    fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
      sweep(group.x, lane);
    }

    pass 2 of 2
    // The numbers of this step.
    struct Step {
      state_read: u32,
      state_write: u32,
      infinity_bits: u32,
      zero_bits: u32,
      input_adam_learningRate: f32,
      input_adam_beta1: f32,
      input_clipByGlobalNorm_epsilon: f32,
      input_clipByGlobalNorm_maxNorm: f32,
      input_adam_beta2: f32,
      input_adam_epsilon: f32,
    }

    // Where the tables and the numbers of this dispatch lie in \`small\`.
    struct Batch {
      segments: u32,
      workgroups: u32,
      workgroup_count: u32,
      leaves: u32,
      groups: u32,
      order: u32,
      values: u32,
      partials: u32,
      reports: u32,
      leaf_count: u32,
      unit_count: u32,
      tile_count: u32,
      unit_tile_count: u32,
      state_words: u32,
    }

    // A leaf, or a part of a large one, and the tile of it that a workgroup has.
    struct Segment {
      slot: u32,
      size: u32,
      leaf: u32,
      start: u32,
      base: u32,
      stride: u32,
      tile: u32,
      tiles: u32,
      first_tile: u32,
      unit_tiles: u32,
    }

    @group(0) @binding(0) var<uniform> step: Step;
    @group(0) @binding(1) var<uniform> batch: Batch;
    @group(0) @binding(2) var<storage, read_write> small: array<u32>;
    @group(0) @binding(3) var<storage, read_write> arena: array<f32>;
    @group(0) @binding(4) var<storage, read_write> parameter0: array<f32>;
    @group(0) @binding(5) var<storage, read> gradient0: array<f32>;
    @group(0) @binding(6) var<storage, read_write> parameter1: array<f32>;
    @group(0) @binding(7) var<storage, read> gradient1: array<f32>;

    var<workgroup> lanes: array<vec4<u32>, 256>;

    fn is_nan(x: f32) -> bool {
      return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u;
    }

    fn is_zero(x: f32) -> bool {
      return (bitcast<u32>(x) & 0x7fffffffu) == 0u;
    }

    fn infinity() -> f32 {
      return bitcast<f32>(step.infinity_bits);
    }

    fn nan() -> f32 {
      return bitcast<f32>(step.infinity_bits | 0x400000u);
    }

    // A number that a compiler cannot know, so that it does the arithmetic that is written.
    fn hidden(x: f32) -> f32 {
      return bitcast<f32>(bitcast<u32>(x) ^ step.zero_bits);
    }

    fn negated(x: f32) -> f32 {
      return bitcast<f32>(bitcast<u32>(x) ^ 0x80000000u);
    }

    // An integer that grows with the number; the same for 0 and -0.
    fn order_of(x: f32) -> i32 {
      let size = i32(bitcast<u32>(x) & 0x7fffffffu);
      return select(size, -size, bitcast<u32>(x) >= 0x80000000u);
    }

    fn less_than(a: f32, b: f32) -> bool {
      return !is_nan(a) && !is_nan(b) && order_of(a) < order_of(b);
    }

    fn at_most(a: f32, b: f32) -> bool {
      return !is_nan(a) && !is_nan(b) && order_of(a) <= order_of(b);
    }

    fn root(x: f32) -> f32 {
      let positive = sqrt(x);
      return select(select(positive, nan(), less_than(x, 0.0f)), x, is_zero(x) || is_nan(x));
    }

    fn combine_squares(a: vec4<u32>, b: vec4<u32>) -> vec4<u32> {
      let sums = bitcast<vec3<f32>>(a.xyz) + bitcast<vec3<f32>>(b.xyz);
      return vec4<u32>(bitcast<vec3<u32>>(sums), a.w | b.w);
    }

    fn result_squares(sum: vec4<u32>) -> f32 {
      let sums = bitcast<vec3<f32>>(sum.xyz);
      let large = sqrt(sums.x + sums.y * 0x1p-84f * 0x1p-84f) * 0x1p+84f;
      let middle = sqrt(sums.y + sums.z * 0x1p-88f * 0x1p-88f);
      let tiny = sqrt(sums.z);
      // A denormal result is put together from its bits: arithmetic may flush it.
      let isDenormal = tiny < 0x1p-38f;
      let small_norm = select(tiny * 0x1p-88f, bitcast<f32>(u32(tiny * 0x1p+61f + 0.5f)), isDenormal);
      let finite = select(select(small_norm, middle, sums.y > 0.0f), large, sums.x > 0.0f);
      return select(select(finite, infinity(), sum.w != 0u), nan(), sum.w >= 4u);
    }

    fn segment_at(workgroup: u32) -> Segment {
      let at = batch.segments + 10u * small[batch.workgroups + workgroup];
      return Segment(
        small[at], small[at + 1u], small[at + 2u], small[at + 3u], small[at + 4u], small[at + 5u],
        workgroup - small[at + 6u], small[at + 7u], small[at + 8u], small[at + 9u],
      );
    }

    fn group_start(group: u32) -> u32 {
      return small[batch.groups + 6u * group + 0u];
    }

    fn group_end(group: u32) -> u32 {
      return small[batch.groups + 6u * group + 1u];
    }

    fn group_first_tile(group: u32) -> u32 {
      return small[batch.groups + 6u * group + 2u];
    }

    fn group_end_tile(group: u32) -> u32 {
      return small[batch.groups + 6u * group + 3u];
    }

    fn leaf_of_group(index: u32) -> u32 {
      return small[batch.order + index];
    }

    fn partial_at(index: u32) -> vec4<u32> {
      let at = batch.partials + 4u * index;
      return vec4<u32>(small[at], small[at + 1u], small[at + 2u], small[at + 3u]);
    }

    fn load_number(at: u32) -> f32 {
      return bitcast<f32>(small[at]);
    }

    fn store_number(at: u32, value: f32) {
      small[at] = bitcast<u32>(value);
    }

    fn parameter_at(segment: Segment, i: u32) -> f32 {
      switch segment.slot {
        case 0u: { return parameter0[i]; }
        default: { return parameter1[i]; }
      }
    }

    fn write_parameter(segment: Segment, i: u32, value: f32) {
      switch segment.slot {
        case 0u: { parameter0[i] = value; }
        default: { parameter1[i] = value; }
      }
    }

    fn gradient_at(segment: Segment, i: u32) -> f32 {
      switch segment.slot {
        case 0u: { return gradient0[i]; }
        default: { return gradient1[i]; }
      }
    }

    fn reduce_squares(lane: u32, mine: vec4<u32>) -> vec4<u32> {
      var own = mine;
      lanes[lane] = own;
      workgroupBarrier();
      for (var width = 1u; width < 256u; width <<= 1u) {
        if ((lane & (2u * width - 1u)) == 0u) {
          lanes[lane] = combine_squares(lanes[lane], lanes[lane + width]);
        }
        workgroupBarrier();
      }
      let total = lanes[0];
      workgroupBarrier();
      return total;
    }

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // adam
      let v1 = step.input_adam_learningRate;
      let v2 = negated(v1);
      let v3 = step.input_adam_beta1;
      let v7 = hidden(1.0f) - v3;
      // clipByGlobalNorm
      var r9 = vec4<u32>(0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 256u) {
        r9 = combine_squares(r9, partial_at(0u + tile));
      }
      r9 = reduce_squares(lane, r9);
      let v9 = result_squares(r9);
      let v10 = step.input_clipByGlobalNorm_epsilon;
      let v11 = v9 + v10;
      let v12 = step.input_clipByGlobalNorm_maxNorm;
      let v13 = at_most(v11, v12);
      let v14 = v12 / v11;
      let v15 = select(v14, 1.0f, v13);
      // adam
      let v20 = step.input_adam_beta2;
      let v21 = load_number(step.state_read + batch.leaf_count + segment.leaf); // adam/secondDebias
      let v22 = v20 * v21;
      let v23 = hidden(1.0f) - v20;
      let v24 = v22 + v23;
      let v25 = root(v24);
      let v26 = load_number(step.state_read + segment.leaf); // adam/firstDebias
      let v27 = v3 * v26;
      let v28 = v27 + v7;
      let v29 = v25 / v28;
      let v37 = step.input_adam_epsilon;
      let v38 = v37 * v25;
      for (var i = segment.tile * 256u + lane; i < segment.size; i += segment.tiles * 256u) {
        let v0 = parameter_at(segment, i);
        // adam
        let v4 = arena[segment.base + i]; // adam/firstMoment
        let v5 = v3 * v4;
        let v8 = gradient_at(segment, i);
        // clipByGlobalNorm
        let v16 = v8 * v15;
        let v17 = select(v16, v8, v13);
        // adam
        let v18 = v7 * v17;
        let v19 = v5 + v18;
        let v30 = v19 * v29;
        let v31 = arena[segment.base + segment.stride + i]; // adam/secondMoment
        let v32 = v20 * v31;
        let v33 = v23 * v17;
        let v34 = v33 * v17;
        let v35 = v32 + v34;
        let v36 = root(v35);
        let v39 = v36 + v38;
        let v40 = v30 / v39;
        let v41 = v2 * v40;
        // the step itself
        let v42 = v0 + v41;
        arena[segment.base + i] = v19; // adam/firstMoment
        arena[segment.base + segment.stride + i] = v35; // adam/secondMoment
        write_parameter(segment, i, v42);
      }
    }

    fn commit(lane: u32) {
      for (var word = lane; word < batch.state_words; word += 256u) {
        small[step.state_write + word] = small[step.state_read + word];
      }
      storageBarrier();
      // adam
      let v3 = step.input_adam_beta1;
      let v7 = hidden(1.0f) - v3;
      // clipByGlobalNorm
      var r9 = vec4<u32>(0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 256u) {
        r9 = combine_squares(r9, partial_at(0u + tile));
      }
      r9 = reduce_squares(lane, r9);
      let v9 = result_squares(r9);
      if (lane == 0u) {
        store_number(batch.reports, v9); // the report clipByGlobalNorm.norm
      }
      storageBarrier();
      let v10 = step.input_clipByGlobalNorm_epsilon;
      let v11 = v9 + v10;
      let v12 = step.input_clipByGlobalNorm_maxNorm;
      let v13 = at_most(v11, v12);
      let v14 = v12 / v11;
      let v15 = select(v14, 1.0f, v13);
      if (lane == 0u) {
        store_number(batch.reports + 1u, v15); // the report clipByGlobalNorm.scale
      }
      storageBarrier();
      // adam
      let v20 = step.input_adam_beta2;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 256u) {
        let leaf = leaf_of_group(index);
        // adam
        let v21 = load_number(step.state_read + batch.leaf_count + leaf); // adam/secondDebias
        store_number(batch.values + leaf, v21);
        let v22 = v20 * v21;
        store_number(batch.values + batch.leaf_count + leaf, v22);
      }
      storageBarrier();
      // adam
      let v23 = hidden(1.0f) - v20;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 256u) {
        let leaf = leaf_of_group(index);
        // adam
        let v24 = load_number(batch.values + batch.leaf_count + leaf) + v23;
        store_number(step.state_write + batch.leaf_count + leaf, v24); // adam/secondDebias
        store_number(batch.values + 2u * batch.leaf_count + leaf, v24);
        let v26 = load_number(step.state_read + leaf); // adam/firstDebias
        store_number(batch.values + 3u * batch.leaf_count + leaf, v26);
        let v27 = v3 * v26;
        store_number(batch.values + 4u * batch.leaf_count + leaf, v27);
        let v28 = v27 + v7;
        store_number(step.state_write + leaf, v28); // adam/firstDebias
        store_number(batch.values + 5u * batch.leaf_count + leaf, v28);
      }
      storageBarrier();
    }

    @compute @workgroup_size(256)
    fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
      if (group.x == batch.workgroup_count) {
        commit(lane);
      } else {
        sweep(group.x, lane);
      }
    }
    "
  `);
});
