import {
  accumulate,
  chain,
  conditionally,
  defineTransform,
  div,
  freeze,
  identity,
  lookahead,
  masked,
  meanOverVector,
  mul,
  namedChain,
  normOverLeaves,
  partition,
  push,
  skipNonFinite,
  stateless,
  vector,
  zeroNans,
} from '@gradkit/core';
import { scaleByLearningRate, sgd } from '@gradkit/optimizers';
import { expect, test } from 'vitest';
import { shadersOf } from './shadersOf.ts';

const halve = stateless('halve', (updates) => mul(updates, 0.5));
const descend = scaleByLearningRate({ learningRate: 0.1 });
const momentum = sgd({ learningRate: 0.1, momentum: 0.9 });
/** Divides by the mean of the last three norms: something with a vector. */
const byMeanNorm = defineTransform({
  name: 'byMeanNorm',
  options: {},
  schema: {},
  yields: 'gradients',
  init: () => ({ norms: vector(3, 1) }),
  update: (updates, state) => {
    const norms = push(state.norms, normOverLeaves(updates));
    return { updates: div(updates, meanOverVector(norms)), state: { norms } };
  },
});

test('chain has the lines of each part below its name', () => {
  expect(shadersOf(chain(halve, zeroNans(), descend))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // scaleByLearningRate
      let v1 = step.input_scaleByLearningRate_learningRate;
      let v2 = negated(v1);
      var r13 = vec4<u32>(0u);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        let v3 = gradient_at(segment, i);
        // halve
        let v5 = v3 * hidden(0.5f);
        // zeroNans
        let v6 = is_nan(v5);
        let v8 = select(v5, 0.0f, v6);
        // scaleByLearningRate
        let v9 = v2 * v8;
        // the step itself
        let v10 = v0 + v9;
        // zeroNans
        let v12 = select(0.0f, 1.0f, v6);
        r13 = push_sum(r13, v12);
        write_parameter(segment, i, v10);
      }
      // zeroNans
      r13 = reduce_sum(lane, r13);
      if (lane == 0u) {
        store_partial(0u + segment.first_tile + segment.tile, r13);
      }
    }

    the numbers after the last pass: 1 dispatch

    fn commit(lane: u32) {
      // zeroNans
      var r13 = vec4<u32>(0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 64u) {
        r13 = combine_sum(r13, partial_at(0u + tile));
      }
      r13 = reduce_sum(lane, r13);
      let v13 = result_sum(r13, 1.0f);
      if (lane == 0u) {
        store_number(batch.reports, v13); // the report zeroNans.count
      }
      storageBarrier();
    }"
  `);
});

test('namedChain has them below its keys', () => {
  expect(shadersOf(namedChain({ half: halve, rate: descend }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // rate
      let v1 = step.input_rate_learningRate;
      let v2 = negated(v1);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        let v3 = gradient_at(segment, i);
        // half
        let v5 = v3 * hidden(0.5f);
        // rate
        let v6 = v2 * v5;
        // the step itself
        let v7 = v0 + v6;
        write_parameter(segment, i, v7);
      }
    }"
  `);
});

test('identity has no lines', () => {
  expect(shadersOf(identity())).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        write_update(segment, i, v0);
      }
    }"
  `);
});

test('zeroNans', () => {
  expect(shadersOf(zeroNans())).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      var r6 = vec4<u32>(0u);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // zeroNans
        let v1 = is_nan(v0);
        let v3 = select(v0, 0.0f, v1);
        let v5 = select(0.0f, 1.0f, v1);
        r6 = push_sum(r6, v5);
        write_update(segment, i, v3);
      }
      // zeroNans
      r6 = reduce_sum(lane, r6);
      if (lane == 0u) {
        store_partial(0u + segment.first_tile + segment.tile, r6);
      }
    }

    the numbers after the last pass: 1 dispatch

    fn commit(lane: u32) {
      // zeroNans
      var r6 = vec4<u32>(0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 64u) {
        r6 = combine_sum(r6, partial_at(0u + tile));
      }
      r6 = reduce_sum(lane, r6);
      let v6 = result_sum(r6, 1.0f);
      if (lane == 0u) {
        store_number(batch.reports, v6); // the report zeroNans.count
      }
      storageBarrier();
    }"
  `);
});

test('masked leaves the other leaves as they are', () => {
  expect(shadersOf(masked(halve, { rank: 2 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // halve
        let v2 = v0 * hidden(0.5f);
        write_update(segment, i, v2);
      }
    }

    pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v3 = gradient_at(segment, i);
        write_update(segment, i, v3);
      }
    }"
  `);
});

test('partition has a shader for each group', () => {
  expect(
    shadersOf(
      partition({ kernels: chain(halve, descend), others: descend }, [
        { label: 'kernels', leaves: { rank: 2 } },
        { label: 'others' },
      ]),
    ),
  ).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // scaleByLearningRate
      let v1 = step.input_scaleByLearningRate_learningRate;
      let v2 = negated(v1);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        let v3 = gradient_at(segment, i);
        // halve
        let v5 = v3 * hidden(0.5f);
        // scaleByLearningRate
        let v6 = v2 * v5;
        // the step itself
        let v7 = v0 + v6;
        write_parameter(segment, i, v7);
      }
    }

    pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // scaleByLearningRate#2
      let v9 = step.input_scaleByLearningRate_2_learningRate;
      let v10 = negated(v9);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v8 = parameter_at(segment, i);
        let v11 = gradient_at(segment, i);
        // scaleByLearningRate#2
        let v12 = v10 * v11;
        // the step itself
        let v13 = v8 + v12;
        write_parameter(segment, i, v13);
      }
    }"
  `);
});

test('freeze has no shader for what is frozen', () => {
  expect(shadersOf(chain(freeze({ rank: 2 }), descend))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // scaleByLearningRate
      let v1 = step.input_scaleByLearningRate_learningRate;
      let v2 = negated(v1);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        let v3 = gradient_at(segment, i);
        // scaleByLearningRate
        let v4 = v2 * v3;
        // the step itself
        let v5 = v0 + v4;
        write_parameter(segment, i, v5);
      }
    }"
  `);
});

test('skipNonFinite selects the old numbers where a step is held', () => {
  expect(shadersOf(skipNonFinite(momentum, { maxConsecutive: 3 }))).toMatchInlineSnapshot(`
    "pass 1 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      var r2 = vec4<u32>(1u, 0u, 0u, 0u);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // skipNonFinite
        let v1 = is_finite(v0);
        r2 = combine_smallest(r2, vec4<u32>(select(0u, 1u, v1), 0u, 0u, 0u));
      }
      // skipNonFinite
      r2 = reduce_smallest(lane, r2);
      if (lane == 0u) {
        store_partial(0u + segment.first_tile + segment.tile, r2);
      }
    }

    pass 2 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // skipNonFinite
      var r2 = vec4<u32>(1u, 0u, 0u, 0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 64u) {
        r2 = combine_smallest(r2, partial_at(0u + tile));
      }
      r2 = reduce_smallest(lane, r2);
      let v2 = (r2.x != 0u);
      let v3 = !v2;
      let v5 = load_number(step.state_read + batch.leaf_count); // skipNonFinite/consecutive
      let v7 = v5 + hidden(1.0f);
      let v8 = select(v7, 0.0f, v2);
      let v10 = at_most(v8, 3.0f);
      let v11 = v3 && v10;
      // sgd
      let v13 = step.input_sgd_learningRate;
      let v14 = negated(v13);
      let v15 = load_number(step.state_read + segment.leaf); // sgd/started
      let v16 = same(v15, 0.0f);
      let v17 = step.input_sgd_momentum;
      let v20 = step.input_sgd_dampening;
      let v21 = hidden(1.0f) - v20;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        let v12 = parameter_at(segment, i);
        // sgd
        let v18 = arena[segment.base + i]; // sgd/velocity
        let v19 = v17 * v18;
        let v22 = v21 * v0;
        let v23 = v19 + v22;
        let v24 = select(v23, v0, v16);
        let v25 = v14 * v24;
        // the step itself
        let v26 = v12 + v25;
        let v27 = select(v26, v12, v11);
        // skipNonFinite
        let v31 = select(v24, v18, v11);
        arena[segment.base + i] = v31; // sgd/velocity
        write_parameter(segment, i, v27);
      }
    }

    fn commit(lane: u32) {
      for (var word = lane; word < batch.state_words; word += 64u) {
        small[step.state_write + word] = small[step.state_read + word];
      }
      storageBarrier();
      // skipNonFinite
      var r2 = vec4<u32>(1u, 0u, 0u, 0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 64u) {
        r2 = combine_smallest(r2, partial_at(0u + tile));
      }
      r2 = reduce_smallest(lane, r2);
      let v2 = (r2.x != 0u);
      let v3 = !v2;
      let v5 = load_number(step.state_read + batch.leaf_count); // skipNonFinite/consecutive
      let v7 = v5 + hidden(1.0f);
      let v8 = select(v7, 0.0f, v2);
      if (lane == 0u) {
        store_number(step.state_write + batch.leaf_count, v8); // skipNonFinite/consecutive
      }
      if (lane == 0u) {
        store_number(batch.reports + 1u, v8); // the report skipNonFinite.consecutive
      }
      storageBarrier();
      let v10 = at_most(v8, 3.0f);
      let v11 = v3 && v10;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // sgd
        let v15 = load_number(step.state_read + leaf); // sgd/started
        store_number(batch.values + leaf, v15);
      }
      storageBarrier();
      // skipNonFinite
      let v28 = load_number(step.state_read + 1u + batch.leaf_count); // skipNonFinite/total
      let v29 = v28 + hidden(1.0f);
      let v30 = select(v28, v29, v11);
      if (lane == 0u) {
        store_number(step.state_write + 1u + batch.leaf_count, v30); // skipNonFinite/total
      }
      if (lane == 0u) {
        store_number(batch.reports + 2u, v30); // the report skipNonFinite.total
      }
      storageBarrier();
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // skipNonFinite
        let v32 = select(1.0f, load_number(batch.values + leaf), v11);
        store_number(step.state_write + leaf, v32); // sgd/started
        store_number(batch.values + batch.leaf_count + leaf, v32);
      }
      storageBarrier();
      // skipNonFinite
      let v33 = select(0.0f, 1.0f, v11);
      if (lane == 0u) {
        store_number(batch.reports, v33); // the report skipNonFinite.skipped
      }
      storageBarrier();
    }"
  `);
});

test('accumulate keeps the mean in a micro-step', () => {
  expect(shadersOf(accumulate(momentum, { every: 2 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // accumulate
      let v3 = load_number(step.state_read + batch.leaf_count + segment.leaf); // accumulate/count
      let v5 = v3 + hidden(1.0f);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        // accumulate
        let v0 = arena[segment.base + segment.stride + i]; // accumulate/mean
        let v1 = gradient_at(segment, i);
        let v2 = v1 - v0;
        let v6 = v2 / v5;
        let v7 = v0 + v6;
        arena[segment.base + segment.stride + i] = v7; // accumulate/mean
      }
    }

    fn commit(lane: u32) {
      for (var word = lane; word < batch.state_words; word += 64u) {
        small[step.state_write + word] = small[step.state_read + word];
      }
      storageBarrier();
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // accumulate
        let v3 = load_number(step.state_read + batch.leaf_count + leaf); // accumulate/count
        store_number(batch.values + leaf, v3);
      }
      storageBarrier();
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // accumulate
        let v5 = load_number(batch.values + leaf) + hidden(1.0f);
        store_number(step.state_write + batch.leaf_count + leaf, v5); // accumulate/count
        store_number(batch.values + batch.leaf_count + leaf, v5);
      }
      storageBarrier();
    }"
  `);
});

test('accumulate takes the inner step with it', () => {
  expect(shadersOf(accumulate(momentum, { every: 2 }), { step: 1 })).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // sgd
      let v1 = step.input_sgd_learningRate;
      let v2 = negated(v1);
      let v3 = load_number(step.state_read + segment.leaf); // sgd/started
      let v5 = same(v3, 0.0f);
      // accumulate
      let v9 = load_number(step.state_read + batch.leaf_count + segment.leaf); // accumulate/count
      let v11 = v9 + hidden(1.0f);
      // sgd
      let v14 = step.input_sgd_momentum;
      let v17 = step.input_sgd_dampening;
      let v18 = hidden(1.0f) - v17;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        // accumulate
        let v6 = arena[segment.base + segment.stride + i]; // accumulate/mean
        let v7 = gradient_at(segment, i);
        let v8 = v7 - v6;
        let v12 = v8 / v11;
        let v13 = v6 + v12;
        // sgd
        let v15 = arena[segment.base + i]; // sgd/velocity
        let v16 = v14 * v15;
        let v19 = v18 * v13;
        let v20 = v16 + v19;
        let v21 = select(v20, v13, v5);
        let v22 = v2 * v21;
        // the step itself
        let v23 = v0 + v22;
        arena[segment.base + segment.stride + i] = 0.0f; // accumulate/mean
        arena[segment.base + i] = v21; // sgd/velocity
        write_parameter(segment, i, v23);
      }
    }

    fn commit(lane: u32) {
      for (var word = lane; word < batch.state_words; word += 64u) {
        small[step.state_write + word] = small[step.state_read + word];
      }
      storageBarrier();
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // the step itself
        let v25 = 0.0f;
        store_number(step.state_write + batch.leaf_count + leaf, v25); // accumulate/count
        store_number(batch.values + leaf, v25);
        let v26 = 1.0f;
        store_number(step.state_write + leaf, v26); // sgd/started
        store_number(batch.values + batch.leaf_count + leaf, v26);
      }
      storageBarrier();
    }"
  `);
});

test('lookahead runs ahead', () => {
  expect(shadersOf(lookahead(descend, { every: 2 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // scaleByLearningRate
      let v1 = step.input_scaleByLearningRate_learningRate;
      let v2 = negated(v1);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        let v3 = gradient_at(segment, i);
        // scaleByLearningRate
        let v4 = v2 * v3;
        // the step itself
        let v5 = v0 + v4;
        write_parameter(segment, i, v5);
      }
    }"
  `);
});

test('lookahead moves the slow weights', () => {
  expect(shadersOf(lookahead(descend, { every: 2 }), { step: 1 })).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // lookahead
      let v2 = step.input_lookahead_slowStepSize;
      // scaleByLearningRate
      let v3 = step.input_scaleByLearningRate_learningRate;
      let v4 = negated(v3);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        // lookahead
        let v1 = arena[segment.base + i]; // lookahead/slow
        let v5 = gradient_at(segment, i);
        // scaleByLearningRate
        let v6 = v4 * v5;
        // lookahead
        let v7 = v0 + v6;
        let v8 = v7 - v1;
        let v9 = v2 * v8;
        let v10 = v1 + v9;
        let v11 = v10 - v0;
        // the step itself
        let v12 = v0 + v11;
        arena[segment.base + i] = v12; // lookahead/slow
        write_parameter(segment, i, v12);
      }
    }"
  `);
});

test('conditionally has the lines of what it wraps', () => {
  expect(shadersOf(conditionally(halve, { until: 1 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // halve
        let v2 = v0 * hidden(0.5f);
        write_update(segment, i, v2);
      }
    }"
  `);
});

test('conditionally has none at the other steps', () => {
  expect(shadersOf(conditionally(halve, { until: 1 }), { step: 1 })).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        write_update(segment, i, v0);
      }
    }"
  `);
});

test('histories and numbers of the state are committed once a step', () => {
  expect(shadersOf(byMeanNorm)).toMatchInlineSnapshot(`
    "pass 1 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      var r2 = vec4<u32>(0u);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // byMeanNorm
        r2 = push_squares(r2, v0);
      }
      // byMeanNorm
      r2 = reduce_squares(lane, r2);
      if (lane == 0u) {
        store_partial(0u + segment.first_tile + segment.tile, r2);
      }
    }

    the numbers before pass 2 of 2: 1 dispatch

    fn before(lane: u32) {
      // byMeanNorm
      var v1: array<f32, 3>;
      for (var k = 0u; k < 3u; k++) {
        v1[k] = load_number(step.state_read + k);
      }
      var r2 = vec4<u32>(0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 64u) {
        r2 = combine_squares(r2, partial_at(0u + tile));
      }
      r2 = reduce_squares(lane, r2);
      let v2 = result_squares(r2);
      var v3: array<f32, 3>;
      for (var k = 0u; k < 2u; k++) {
        v3[k] = v1[k + 1u];
      }
      v3[2] = v2;
      var r4 = vec4<u32>(0u);
      for (var k = 0u; k < 3u; k++) {
        r4 = push_sum(r4, v3[k]);
      }
      let v4 = result_sum(r4, 3.0f);
      if (lane == 0u) {
        store_number(batch.values, v4);
      }
      storageBarrier();
    }

    pass 2 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // byMeanNorm
      let v4 = load_number(batch.values);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // byMeanNorm
        let v5 = v0 / v4;
        write_update(segment, i, v5);
      }
    }

    fn commit(lane: u32) {
      for (var word = lane; word < batch.state_words; word += 64u) {
        small[step.state_write + word] = small[step.state_read + word];
      }
      storageBarrier();
      // byMeanNorm
      var v1: array<f32, 3>;
      for (var k = 0u; k < 3u; k++) {
        v1[k] = load_number(step.state_read + k);
      }
      var r2 = vec4<u32>(0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 64u) {
        r2 = combine_squares(r2, partial_at(0u + tile));
      }
      r2 = reduce_squares(lane, r2);
      let v2 = result_squares(r2);
      var v3: array<f32, 3>;
      for (var k = 0u; k < 2u; k++) {
        v3[k] = v1[k + 1u];
      }
      v3[2] = v2;
      if (lane == 0u) {
        for (var k = 0u; k < 3u; k++) {
          store_number(step.state_write + k, v3[k]); // byMeanNorm/norms
        }
      }
      storageBarrier();
    }"
  `);
});
