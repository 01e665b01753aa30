import {
  adagrad,
  adam,
  adamw,
  addDecayedWeights,
  lion,
  rmsprop,
  scale,
  scaleByAdam,
  scaleByLearningRate,
  scaleByLion,
  scaleByMomentum,
  scaleByRms,
  scaleByRss,
  sgd,
} from '@gradkit/optimizers';
import { expect, test } from 'vitest';
import { shadersOf } from './shadersOf.ts';

test('sgd is one multiplication', () => {
  expect(shadersOf(sgd({ learningRate: 0.1 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // sgd
      let v1 = step.input_sgd_learningRate;
      let v2 = negated(v1);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        let v3 = gradient_at(segment, i);
        // sgd
        let v4 = v2 * v3;
        // the step itself
        let v5 = v0 + v4;
        write_parameter(segment, i, v5);
      }
    }"
  `);
});

test('sgd with everything', () => {
  expect(
    shadersOf(sgd({ learningRate: 0.1, momentum: 0.9, dampening: 0.1, nesterov: true, weightDecay: 0.01 })),
  ).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // sgd
      let v1 = step.input_sgd_learningRate;
      let v2 = negated(v1);
      let v4 = step.input_sgd_weightDecay;
      let v7 = step.input_sgd_momentum;
      let v8 = load_number(step.state_read + segment.leaf); // sgd/started
      let v10 = same(v8, 0.0f);
      let v14 = step.input_sgd_dampening;
      let v15 = hidden(1.0f) - v14;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        let v3 = gradient_at(segment, i);
        // sgd
        let v5 = v4 * v0;
        let v6 = v3 + v5;
        let v11 = arena[segment.base + i]; // sgd/velocity
        let v12 = v7 * v11;
        let v16 = v15 * v6;
        let v17 = v12 + v16;
        let v18 = select(v17, v6, v10);
        let v19 = v7 * v18;
        let v20 = v6 + v19;
        let v21 = v2 * v20;
        // the step itself
        let v22 = v0 + v21;
        arena[segment.base + i] = v18; // sgd/velocity
        write_parameter(segment, i, v22);
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
        let v23 = 1.0f;
        store_number(step.state_write + leaf, v23); // sgd/started
        store_number(batch.values + leaf, v23);
      }
      storageBarrier();
    }"
  `);
});

test('adam', () => {
  expect(shadersOf(adam({ learningRate: 0.1 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // adam
      let v1 = step.input_adam_learningRate;
      let v2 = negated(v1);
      let v3 = step.input_adam_beta1;
      let v7 = hidden(1.0f) - v3;
      let v11 = step.input_adam_beta2;
      let v12 = load_number(step.state_read + batch.leaf_count + segment.leaf); // adam/secondDebias
      let v13 = v11 * v12;
      let v14 = hidden(1.0f) - v11;
      let v15 = v13 + v14;
      let v16 = root(v15);
      let v17 = load_number(step.state_read + segment.leaf); // adam/firstDebias
      let v18 = v3 * v17;
      let v19 = v18 + v7;
      let v20 = v16 / v19;
      let v28 = step.input_adam_epsilon;
      let v29 = v28 * v16;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        // adam
        let v4 = arena[segment.base + i]; // adam/firstMoment
        let v5 = v3 * v4;
        let v8 = gradient_at(segment, i);
        let v9 = v7 * v8;
        let v10 = v5 + v9;
        let v21 = v10 * v20;
        let v22 = arena[segment.base + segment.stride + i]; // adam/secondMoment
        let v23 = v11 * v22;
        let v24 = v14 * v8;
        let v25 = v24 * v8;
        let v26 = v23 + v25;
        let v27 = root(v26);
        let v30 = v27 + v29;
        let v31 = v21 / v30;
        let v32 = v2 * v31;
        // the step itself
        let v33 = v0 + v32;
        arena[segment.base + i] = v10; // adam/firstMoment
        arena[segment.base + segment.stride + i] = v26; // adam/secondMoment
        write_parameter(segment, i, v33);
      }
    }

    fn commit(lane: u32) {
      for (var word = lane; word < batch.state_words; word += 64u) {
        small[step.state_write + word] = small[step.state_read + word];
      }
      storageBarrier();
      // adam
      let v3 = step.input_adam_beta1;
      let v7 = hidden(1.0f) - v3;
      let v11 = step.input_adam_beta2;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // adam
        let v12 = load_number(step.state_read + batch.leaf_count + leaf); // adam/secondDebias
        store_number(batch.values + leaf, v12);
        let v13 = v11 * v12;
        store_number(batch.values + batch.leaf_count + leaf, v13);
      }
      storageBarrier();
      // adam
      let v14 = hidden(1.0f) - v11;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // adam
        let v15 = load_number(batch.values + batch.leaf_count + leaf) + v14;
        store_number(step.state_write + batch.leaf_count + leaf, v15); // adam/secondDebias
        store_number(batch.values + 2u * batch.leaf_count + leaf, v15);
        let v17 = load_number(step.state_read + leaf); // adam/firstDebias
        store_number(batch.values + 3u * batch.leaf_count + leaf, v17);
        let v18 = v3 * v17;
        store_number(batch.values + 4u * batch.leaf_count + leaf, v18);
        let v19 = v18 + v7;
        store_number(step.state_write + leaf, v19); // adam/firstDebias
        store_number(batch.values + 5u * batch.leaf_count + leaf, v19);
      }
      storageBarrier();
    }"
  `);
});

test('adamw decays weights beside the step', () => {
  expect(shadersOf(adamw({ learningRate: 0.1, weightDecay: 0.01 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // adamw
      let v1 = step.input_adamw_learningRate;
      let v2 = negated(v1);
      let v3 = step.input_adamw_beta1;
      let v7 = hidden(1.0f) - v3;
      let v11 = step.input_adamw_beta2;
      let v12 = load_number(step.state_read + batch.leaf_count + segment.leaf); // adamw/secondDebias
      let v13 = v11 * v12;
      let v14 = hidden(1.0f) - v11;
      let v15 = v13 + v14;
      let v16 = root(v15);
      let v17 = load_number(step.state_read + segment.leaf); // adamw/firstDebias
      let v18 = v3 * v17;
      let v19 = v18 + v7;
      let v20 = v16 / v19;
      let v28 = step.input_adamw_epsilon;
      let v29 = v28 * v16;
      let v32 = step.input_adamw_weightDecay;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        // adamw
        let v4 = arena[segment.base + i]; // adamw/firstMoment
        let v5 = v3 * v4;
        let v8 = gradient_at(segment, i);
        let v9 = v7 * v8;
        let v10 = v5 + v9;
        let v21 = v10 * v20;
        let v22 = arena[segment.base + segment.stride + i]; // adamw/secondMoment
        let v23 = v11 * v22;
        let v24 = v14 * v8;
        let v25 = v24 * v8;
        let v26 = v23 + v25;
        let v27 = root(v26);
        let v30 = v27 + v29;
        let v31 = v21 / v30;
        let v33 = v32 * v0;
        let v34 = v31 + v33;
        let v35 = v2 * v34;
        // the step itself
        let v36 = v0 + v35;
        arena[segment.base + i] = v10; // adamw/firstMoment
        arena[segment.base + segment.stride + i] = v26; // adamw/secondMoment
        write_parameter(segment, i, v36);
      }
    }

    fn commit(lane: u32) {
      for (var word = lane; word < batch.state_words; word += 64u) {
        small[step.state_write + word] = small[step.state_read + word];
      }
      storageBarrier();
      // adamw
      let v3 = step.input_adamw_beta1;
      let v7 = hidden(1.0f) - v3;
      let v11 = step.input_adamw_beta2;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // adamw
        let v12 = load_number(step.state_read + batch.leaf_count + leaf); // adamw/secondDebias
        store_number(batch.values + leaf, v12);
        let v13 = v11 * v12;
        store_number(batch.values + batch.leaf_count + leaf, v13);
      }
      storageBarrier();
      // adamw
      let v14 = hidden(1.0f) - v11;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // adamw
        let v15 = load_number(batch.values + batch.leaf_count + leaf) + v14;
        store_number(step.state_write + batch.leaf_count + leaf, v15); // adamw/secondDebias
        store_number(batch.values + 2u * batch.leaf_count + leaf, v15);
        let v17 = load_number(step.state_read + leaf); // adamw/firstDebias
        store_number(batch.values + 3u * batch.leaf_count + leaf, v17);
        let v18 = v3 * v17;
        store_number(batch.values + 4u * batch.leaf_count + leaf, v18);
        let v19 = v18 + v7;
        store_number(step.state_write + leaf, v19); // adamw/firstDebias
        store_number(batch.values + 5u * batch.leaf_count + leaf, v19);
      }
      storageBarrier();
    }"
  `);
});

test('adagrad', () => {
  expect(shadersOf(adagrad({ learningRate: 0.1 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // adagrad
      let v1 = step.input_adagrad_learningRate;
      let v2 = negated(v1);
      let v8 = step.input_adagrad_epsilon;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        let v3 = gradient_at(segment, i);
        // adagrad
        let v4 = arena[segment.base + i]; // adagrad/sumOfSquares
        let v5 = v3 * v3;
        let v6 = v4 + v5;
        let v7 = root(v6);
        let v9 = v7 + v8;
        let v10 = v3 / v9;
        let v11 = v2 * v10;
        // the step itself
        let v12 = v0 + v11;
        arena[segment.base + i] = v6; // adagrad/sumOfSquares
        write_parameter(segment, i, v12);
      }
    }"
  `);
});

test('rmsprop', () => {
  expect(shadersOf(rmsprop({ learningRate: 0.1 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // rmsprop
      let v1 = step.input_rmsprop_learningRate;
      let v2 = negated(v1);
      let v4 = step.input_rmsprop_decay;
      let v8 = hidden(1.0f) - v4;
      let v13 = step.input_rmsprop_epsilon;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        let v3 = gradient_at(segment, i);
        // rmsprop
        let v5 = arena[segment.base + i]; // rmsprop/meanSquare
        let v6 = v4 * v5;
        let v9 = v8 * v3;
        let v10 = v9 * v3;
        let v11 = v6 + v10;
        let v12 = root(v11);
        let v14 = v12 + v13;
        let v15 = v3 / v14;
        let v16 = v2 * v15;
        // the step itself
        let v17 = v0 + v16;
        arena[segment.base + i] = v11; // rmsprop/meanSquare
        write_parameter(segment, i, v17);
      }
    }"
  `);
});

test('rmsprop, centered and with momentum', () => {
  expect(shadersOf(rmsprop({ learningRate: 0.1, centered: true, momentum: 0.9 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // rmsprop
      let v1 = step.input_rmsprop_learningRate;
      let v2 = negated(v1);
      let v3 = load_number(step.state_read + segment.leaf); // rmsprop/started
      let v5 = same(v3, 0.0f);
      let v7 = step.input_rmsprop_decay;
      let v11 = hidden(1.0f) - v7;
      let v23 = step.input_rmsprop_epsilon;
      let v26 = step.input_rmsprop_momentum;
      let v29 = step.input_rmsprop_dampening;
      let v30 = hidden(1.0f) - v29;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        let v6 = gradient_at(segment, i);
        // rmsprop
        let v8 = arena[segment.base + i]; // rmsprop/meanSquare
        let v9 = v7 * v8;
        let v12 = v11 * v6;
        let v13 = v12 * v6;
        let v14 = v9 + v13;
        let v15 = arena[segment.base + segment.stride + i]; // rmsprop/mean
        let v16 = v6 - v15;
        let v17 = v11 * v16;
        let v18 = v15 + v17;
        let v19 = v18 * v18;
        let v20 = v14 - v19;
        let v21 = larger(v20, 0.0f);
        let v22 = root(v21);
        let v24 = v22 + v23;
        let v25 = v6 / v24;
        let v27 = arena[segment.base + 2u * segment.stride + i]; // rmsprop/velocity
        let v28 = v26 * v27;
        let v31 = v30 * v25;
        let v32 = v28 + v31;
        let v33 = select(v32, v25, v5);
        let v34 = v2 * v33;
        // the step itself
        let v35 = v0 + v34;
        arena[segment.base + i] = v14; // rmsprop/meanSquare
        arena[segment.base + segment.stride + i] = v18; // rmsprop/mean
        arena[segment.base + 2u * segment.stride + i] = v33; // rmsprop/velocity
        write_parameter(segment, i, v35);
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
        let v36 = 1.0f;
        store_number(step.state_write + leaf, v36); // rmsprop/started
        store_number(batch.values + leaf, v36);
      }
      storageBarrier();
    }"
  `);
});

test('lion', () => {
  expect(shadersOf(lion({ learningRate: 0.1, weightDecay: 0.01 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // lion
      let v1 = step.input_lion_learningRate;
      let v2 = negated(v1);
      let v3 = step.input_lion_beta1;
      let v7 = hidden(1.0f) - v3;
      let v12 = step.input_lion_weightDecay;
      let v17 = step.input_lion_beta2;
      let v19 = hidden(1.0f) - v17;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = parameter_at(segment, i);
        // lion
        let v4 = arena[segment.base + i]; // lion/momentum
        let v5 = v3 * v4;
        let v8 = gradient_at(segment, i);
        let v9 = v7 * v8;
        let v10 = v5 + v9;
        let v11 = sign_of(v10);
        let v13 = v12 * v0;
        let v14 = v11 + v13;
        let v15 = v2 * v14;
        // the step itself
        let v16 = v0 + v15;
        // lion
        let v18 = v17 * v4;
        let v20 = v19 * v8;
        let v21 = v18 + v20;
        arena[segment.base + i] = v21; // lion/momentum
        write_parameter(segment, i, v16);
      }
    }"
  `);
});

test('addDecayedWeights', () => {
  expect(shadersOf(addDecayedWeights({ weightDecay: 0.01 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // addDecayedWeights
      let v1 = step.input_addDecayedWeights_weightDecay;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        let v2 = parameter_at(segment, i);
        // addDecayedWeights
        let v3 = v1 * v2;
        let v4 = v0 + v3;
        write_update(segment, i, v4);
      }
    }"
  `);
});

test('scale', () => {
  expect(shadersOf(scale({ factor: 0.5 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // scale
      let v1 = step.input_scale_factor;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // scale
        let v2 = v0 * v1;
        write_update(segment, i, v2);
      }
    }"
  `);
});

test('scaleByLearningRate', () => {
  expect(shadersOf(scaleByLearningRate({ learningRate: 0.1 }))).toMatchInlineSnapshot(`
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

test('scaleByAdam', () => {
  expect(shadersOf(scaleByAdam())).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // scaleByAdam
      let v0 = step.input_scaleByAdam_beta1;
      let v4 = hidden(1.0f) - v0;
      let v8 = step.input_scaleByAdam_beta2;
      let v9 = load_number(step.state_read + batch.leaf_count + segment.leaf); // scaleByAdam/secondDebias
      let v10 = v8 * v9;
      let v11 = hidden(1.0f) - v8;
      let v12 = v10 + v11;
      let v13 = root(v12);
      let v14 = load_number(step.state_read + segment.leaf); // scaleByAdam/firstDebias
      let v15 = v0 * v14;
      let v16 = v15 + v4;
      let v17 = v13 / v16;
      let v25 = step.input_scaleByAdam_epsilon;
      let v26 = v25 * v13;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        // scaleByAdam
        let v1 = arena[segment.base + i]; // scaleByAdam/firstMoment
        let v2 = v0 * v1;
        let v5 = gradient_at(segment, i);
        let v6 = v4 * v5;
        let v7 = v2 + v6;
        let v18 = v7 * v17;
        let v19 = arena[segment.base + segment.stride + i]; // scaleByAdam/secondMoment
        let v20 = v8 * v19;
        let v21 = v11 * v5;
        let v22 = v21 * v5;
        let v23 = v20 + v22;
        let v24 = root(v23);
        let v27 = v24 + v26;
        let v28 = v18 / v27;
        write_update(segment, i, v28);
        arena[segment.base + i] = v7; // scaleByAdam/firstMoment
        arena[segment.base + segment.stride + i] = v23; // scaleByAdam/secondMoment
      }
    }

    fn commit(lane: u32) {
      for (var word = lane; word < batch.state_words; word += 64u) {
        small[step.state_write + word] = small[step.state_read + word];
      }
      storageBarrier();
      // scaleByAdam
      let v0 = step.input_scaleByAdam_beta1;
      let v4 = hidden(1.0f) - v0;
      let v8 = step.input_scaleByAdam_beta2;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // scaleByAdam
        let v9 = load_number(step.state_read + batch.leaf_count + leaf); // scaleByAdam/secondDebias
        store_number(batch.values + leaf, v9);
        let v10 = v8 * v9;
        store_number(batch.values + batch.leaf_count + leaf, v10);
      }
      storageBarrier();
      // scaleByAdam
      let v11 = hidden(1.0f) - v8;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // scaleByAdam
        let v12 = load_number(batch.values + batch.leaf_count + leaf) + v11;
        store_number(step.state_write + batch.leaf_count + leaf, v12); // scaleByAdam/secondDebias
        store_number(batch.values + 2u * batch.leaf_count + leaf, v12);
        let v14 = load_number(step.state_read + leaf); // scaleByAdam/firstDebias
        store_number(batch.values + 3u * batch.leaf_count + leaf, v14);
        let v15 = v0 * v14;
        store_number(batch.values + 4u * batch.leaf_count + leaf, v15);
        let v16 = v15 + v4;
        store_number(step.state_write + leaf, v16); // scaleByAdam/firstDebias
        store_number(batch.values + 5u * batch.leaf_count + leaf, v16);
      }
      storageBarrier();
    }"
  `);
});

test('scaleByLion', () => {
  expect(shadersOf(scaleByLion())).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // scaleByLion
      let v0 = step.input_scaleByLion_beta1;
      let v4 = hidden(1.0f) - v0;
      let v9 = step.input_scaleByLion_beta2;
      let v11 = hidden(1.0f) - v9;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        // scaleByLion
        let v1 = arena[segment.base + i]; // scaleByLion/momentum
        let v2 = v0 * v1;
        let v5 = gradient_at(segment, i);
        let v6 = v4 * v5;
        let v7 = v2 + v6;
        let v8 = sign_of(v7);
        let v10 = v9 * v1;
        let v12 = v11 * v5;
        let v13 = v10 + v12;
        write_update(segment, i, v8);
        arena[segment.base + i] = v13; // scaleByLion/momentum
      }
    }"
  `);
});

test('scaleByMomentum', () => {
  expect(shadersOf(scaleByMomentum({ momentum: 0.9 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // scaleByMomentum
      let v0 = load_number(step.state_read + segment.leaf); // scaleByMomentum/started
      let v2 = same(v0, 0.0f);
      let v4 = step.input_scaleByMomentum_momentum;
      let v8 = step.input_scaleByMomentum_dampening;
      let v9 = hidden(1.0f) - v8;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v3 = gradient_at(segment, i);
        // scaleByMomentum
        let v5 = arena[segment.base + i]; // scaleByMomentum/velocity
        let v6 = v4 * v5;
        let v10 = v9 * v3;
        let v11 = v6 + v10;
        let v12 = select(v11, v3, v2);
        write_update(segment, i, v12);
        arena[segment.base + i] = v12; // scaleByMomentum/velocity
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
        let v13 = 1.0f;
        store_number(step.state_write + leaf, v13); // scaleByMomentum/started
        store_number(batch.values + leaf, v13);
      }
      storageBarrier();
    }"
  `);
});

test('scaleByRms', () => {
  expect(shadersOf(scaleByRms())).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // scaleByRms
      let v1 = step.input_scaleByRms_decay;
      let v5 = hidden(1.0f) - v1;
      let v10 = step.input_scaleByRms_epsilon;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // scaleByRms
        let v2 = arena[segment.base + i]; // scaleByRms/meanSquare
        let v3 = v1 * v2;
        let v6 = v5 * v0;
        let v7 = v6 * v0;
        let v8 = v3 + v7;
        let v9 = root(v8);
        let v11 = v9 + v10;
        let v12 = v0 / v11;
        write_update(segment, i, v12);
        arena[segment.base + i] = v8; // scaleByRms/meanSquare
      }
    }"
  `);
});

test('scaleByRss', () => {
  expect(shadersOf(scaleByRss())).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // scaleByRss
      let v5 = step.input_scaleByRss_epsilon;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // scaleByRss
        let v1 = arena[segment.base + i]; // scaleByRss/sumOfSquares
        let v2 = v0 * v0;
        let v3 = v1 + v2;
        let v4 = root(v3);
        let v6 = v4 + v5;
        let v7 = v0 / v6;
        write_update(segment, i, v7);
        arena[segment.base + i] = v3; // scaleByRss/sumOfSquares
      }
    }"
  `);
});
