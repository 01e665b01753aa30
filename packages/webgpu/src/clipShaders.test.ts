import {
  adaptiveGradientClip,
  clipByBlockRms,
  clipByGlobalNorm,
  clipByNorm,
  globalNorm,
} from '@gradkit/clip-norm';
import { clipByValue, softClip } from '@gradkit/clip-value';
import { expect, test } from 'vitest';
import { shadersOf } from './shadersOf.ts';

test('clipByGlobalNorm folds the factor of all leaves into the last pass', () => {
  expect(shadersOf(clipByGlobalNorm({ maxNorm: 1 }))).toMatchInlineSnapshot(`
    "pass 1 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      var r1 = vec4<u32>(0u);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // clipByGlobalNorm
        r1 = push_squares(r1, v0);
      }
      // clipByGlobalNorm
      r1 = reduce_squares(lane, r1);
      if (lane == 0u) {
        store_partial(0u + segment.first_tile + segment.tile, r1);
      }
    }

    pass 2 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // clipByGlobalNorm
      var r1 = vec4<u32>(0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 64u) {
        r1 = combine_squares(r1, partial_at(0u + tile));
      }
      r1 = reduce_squares(lane, r1);
      let v1 = result_squares(r1);
      let v2 = step.input_clipByGlobalNorm_epsilon;
      let v3 = v1 + v2;
      let v4 = step.input_clipByGlobalNorm_maxNorm;
      let v5 = at_most(v3, v4);
      let v7 = v4 / v3;
      let v8 = select(v7, 1.0f, v5);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // clipByGlobalNorm
        let v9 = v0 * v8;
        let v10 = select(v9, v0, v5);
        write_update(segment, i, v10);
      }
    }

    fn commit(lane: u32) {
      // clipByGlobalNorm
      var r1 = vec4<u32>(0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 64u) {
        r1 = combine_squares(r1, partial_at(0u + tile));
      }
      r1 = reduce_squares(lane, r1);
      let v1 = result_squares(r1);
      if (lane == 0u) {
        store_number(batch.reports, v1); // the report clipByGlobalNorm.norm
      }
      storageBarrier();
      let v2 = step.input_clipByGlobalNorm_epsilon;
      let v3 = v1 + v2;
      let v4 = step.input_clipByGlobalNorm_maxNorm;
      let v5 = at_most(v3, v4);
      let v7 = v4 / v3;
      let v8 = select(v7, 1.0f, v5);
      if (lane == 0u) {
        store_number(batch.reports + 1u, v8); // the report clipByGlobalNorm.scale
      }
      storageBarrier();
    }"
  `);
});

test('clipByGlobalNorm by the largest entry', () => {
  expect(shadersOf(clipByGlobalNorm({ maxNorm: 1, normType: Infinity }))).toMatchInlineSnapshot(`
    "pass 1 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      var r1 = vec4<u32>(0u);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // clipByGlobalNorm
        r1 = combine_largest(r1, vec4<u32>(bitcast<u32>(absolute(v0)), 0u, 0u, 0u));
      }
      // clipByGlobalNorm
      r1 = reduce_largest(lane, r1);
      if (lane == 0u) {
        store_partial(0u + segment.first_tile + segment.tile, r1);
      }
    }

    pass 2 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // clipByGlobalNorm
      var r1 = vec4<u32>(0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 64u) {
        r1 = combine_largest(r1, partial_at(0u + tile));
      }
      r1 = reduce_largest(lane, r1);
      let v1 = bitcast<f32>(r1.x);
      let v2 = step.input_clipByGlobalNorm_epsilon;
      let v3 = v1 + v2;
      let v4 = step.input_clipByGlobalNorm_maxNorm;
      let v5 = at_most(v3, v4);
      let v7 = v4 / v3;
      let v8 = select(v7, 1.0f, v5);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // clipByGlobalNorm
        let v9 = v0 * v8;
        let v10 = select(v9, v0, v5);
        write_update(segment, i, v10);
      }
    }

    fn commit(lane: u32) {
      // clipByGlobalNorm
      var r1 = vec4<u32>(0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 64u) {
        r1 = combine_largest(r1, partial_at(0u + tile));
      }
      r1 = reduce_largest(lane, r1);
      let v1 = bitcast<f32>(r1.x);
      if (lane == 0u) {
        store_number(batch.reports, v1); // the report clipByGlobalNorm.norm
      }
      storageBarrier();
      let v2 = step.input_clipByGlobalNorm_epsilon;
      let v3 = v1 + v2;
      let v4 = step.input_clipByGlobalNorm_maxNorm;
      let v5 = at_most(v3, v4);
      let v7 = v4 / v3;
      let v8 = select(v7, 1.0f, v5);
      if (lane == 0u) {
        store_number(batch.reports + 1u, v8); // the report clipByGlobalNorm.scale
      }
      storageBarrier();
    }"
  `);
});

test('clipByNorm has a factor for each leaf', () => {
  expect(shadersOf(clipByNorm({ maxNorm: 1 }))).toMatchInlineSnapshot(`
    "pass 1 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      var r1 = vec4<u32>(0u);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // clipByNorm
        r1 = push_squares(r1, v0);
      }
      // clipByNorm
      r1 = reduce_squares(lane, r1);
      if (lane == 0u) {
        store_partial(0u + segment.first_tile + segment.tile, r1);
      }
    }

    pass 2 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // clipByNorm
      var r1 = vec4<u32>(0u);
      for (var tile = leaf_first_tile(segment.leaf) + lane; tile < leaf_end_tile(segment.leaf); tile += 64u) {
        r1 = combine_squares(r1, partial_at(0u + tile));
      }
      r1 = reduce_squares(lane, r1);
      let v1 = result_squares(r1);
      let v2 = step.input_clipByNorm_epsilon;
      let v3 = v1 + v2;
      let v4 = step.input_clipByNorm_maxNorm;
      let v5 = at_most(v3, v4);
      let v7 = v4 / v3;
      let v8 = select(v7, 1.0f, v5);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // clipByNorm
        let v9 = v0 * v8;
        let v10 = select(v9, v0, v5);
        write_update(segment, i, v10);
      }
    }

    fn commit(lane: u32) {
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // clipByNorm
        var r1 = vec4<u32>(0u);
        for (var tile = leaf_first_tile(leaf); tile < leaf_end_tile(leaf); tile++) {
          r1 = combine_squares(r1, partial_at(0u + tile));
        }
        let v1 = result_squares(r1);
        store_number(batch.reports + leaf, v1); // the report clipByNorm.norm
        store_number(batch.values + leaf, v1);
      }
      storageBarrier();
      // clipByNorm
      let v2 = step.input_clipByNorm_epsilon;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // clipByNorm
        let v3 = load_number(batch.values + leaf) + v2;
        store_number(batch.values + batch.leaf_count + leaf, v3);
      }
      storageBarrier();
      // clipByNorm
      let v4 = step.input_clipByNorm_maxNorm;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // clipByNorm
        let v5 = at_most(load_number(batch.values + batch.leaf_count + leaf), v4);
        small[batch.values + 2u * batch.leaf_count + leaf] = select(0u, 1u, v5);
      }
      storageBarrier();
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // clipByNorm
        let v7 = v4 / load_number(batch.values + batch.leaf_count + leaf);
        store_number(batch.values + 3u * batch.leaf_count + leaf, v7);
        let v8 = select(v7, 1.0f, (small[batch.values + 2u * batch.leaf_count + leaf] != 0u));
        store_number(batch.reports + batch.leaf_count + leaf, v8); // the report clipByNorm.scale
        store_number(batch.values + 4u * batch.leaf_count + leaf, v8);
      }
      storageBarrier();
    }"
  `);
});

test('clipByNorm by the norm of order 3', () => {
  expect(shadersOf(clipByNorm({ maxNorm: 1, normType: 3 }))).toMatchInlineSnapshot(`
    "pass 1 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      var r1 = vec4<u32>(0u);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // clipByNorm
        r1 = push_powers(r1, v0, 3.0f);
      }
      // clipByNorm
      r1 = reduce_powers_3(lane, r1);
      if (lane == 0u) {
        store_partial(0u + segment.first_tile + segment.tile, r1);
      }
    }

    pass 2 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // clipByNorm
      var r1 = vec4<u32>(0u);
      for (var tile = leaf_first_tile(segment.leaf) + lane; tile < leaf_end_tile(segment.leaf); tile += 64u) {
        r1 = combine_powers(r1, partial_at(0u + tile), 3.0f);
      }
      r1 = reduce_powers_3(lane, r1);
      let v1 = result_powers(r1, 3.0f);
      let v2 = step.input_clipByNorm_epsilon;
      let v3 = v1 + v2;
      let v4 = step.input_clipByNorm_maxNorm;
      let v5 = at_most(v3, v4);
      let v7 = v4 / v3;
      let v8 = select(v7, 1.0f, v5);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // clipByNorm
        let v9 = v0 * v8;
        let v10 = select(v9, v0, v5);
        write_update(segment, i, v10);
      }
    }

    fn commit(lane: u32) {
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // clipByNorm
        var r1 = vec4<u32>(0u);
        for (var tile = leaf_first_tile(leaf); tile < leaf_end_tile(leaf); tile++) {
          r1 = combine_powers(r1, partial_at(0u + tile), 3.0f);
        }
        let v1 = result_powers(r1, 3.0f);
        store_number(batch.reports + leaf, v1); // the report clipByNorm.norm
        store_number(batch.values + leaf, v1);
      }
      storageBarrier();
      // clipByNorm
      let v2 = step.input_clipByNorm_epsilon;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // clipByNorm
        let v3 = load_number(batch.values + leaf) + v2;
        store_number(batch.values + batch.leaf_count + leaf, v3);
      }
      storageBarrier();
      // clipByNorm
      let v4 = step.input_clipByNorm_maxNorm;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // clipByNorm
        let v5 = at_most(load_number(batch.values + batch.leaf_count + leaf), v4);
        small[batch.values + 2u * batch.leaf_count + leaf] = select(0u, 1u, v5);
      }
      storageBarrier();
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // clipByNorm
        let v7 = v4 / load_number(batch.values + batch.leaf_count + leaf);
        store_number(batch.values + 3u * batch.leaf_count + leaf, v7);
        let v8 = select(v7, 1.0f, (small[batch.values + 2u * batch.leaf_count + leaf] != 0u));
        store_number(batch.reports + batch.leaf_count + leaf, v8); // the report clipByNorm.scale
        store_number(batch.values + 4u * batch.leaf_count + leaf, v8);
      }
      storageBarrier();
    }"
  `);
});

test('clipByBlockRms divides by the size of each leaf', () => {
  expect(shadersOf(clipByBlockRms({ threshold: 1 }))).toMatchInlineSnapshot(`
    "pass 1 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      var r1 = vec4<u32>(0u);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // clipByBlockRms
        r1 = push_squares(r1, v0);
      }
      // clipByBlockRms
      r1 = reduce_squares(lane, r1);
      if (lane == 0u) {
        store_partial(0u + segment.first_tile + segment.tile, r1);
      }
    }

    pass 2 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // clipByBlockRms
      var r1 = vec4<u32>(0u);
      for (var tile = leaf_first_tile(segment.leaf) + lane; tile < leaf_end_tile(segment.leaf); tile += 64u) {
        r1 = combine_squares(r1, partial_at(0u + tile));
      }
      r1 = reduce_squares(lane, r1);
      let v1 = result_squares(r1);
      let v2 = f32(leaf_size(segment.leaf));
      let v3 = root(v2);
      let v4 = v1 / v3;
      let v5 = step.input_clipByBlockRms_threshold;
      let v6 = at_most(v4, v5);
      let v8 = v5 / v4;
      let v9 = select(v8, 1.0f, v6);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // clipByBlockRms
        let v10 = v0 * v9;
        let v11 = select(v10, v0, v6);
        write_update(segment, i, v11);
      }
    }

    fn commit(lane: u32) {
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // clipByBlockRms
        var r1 = vec4<u32>(0u);
        for (var tile = leaf_first_tile(leaf); tile < leaf_end_tile(leaf); tile++) {
          r1 = combine_squares(r1, partial_at(0u + tile));
        }
        let v1 = result_squares(r1);
        store_number(batch.values + leaf, v1);
        let v2 = f32(leaf_size(leaf));
        store_number(batch.values + batch.leaf_count + leaf, v2);
        let v3 = root(v2);
        store_number(batch.values + 2u * batch.leaf_count + leaf, v3);
        let v4 = v1 / v3;
        store_number(batch.reports + leaf, v4); // the report clipByBlockRms.rms
        store_number(batch.values + 3u * batch.leaf_count + leaf, v4);
      }
      storageBarrier();
      // clipByBlockRms
      let v5 = step.input_clipByBlockRms_threshold;
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // clipByBlockRms
        let v6 = at_most(load_number(batch.values + 3u * batch.leaf_count + leaf), v5);
        small[batch.values + 4u * batch.leaf_count + leaf] = select(0u, 1u, v6);
      }
      storageBarrier();
      for (var index = group_start(0u) + lane; index < group_end(0u); index += 64u) {
        let leaf = leaf_of_group(index);
        // clipByBlockRms
        let v8 = v5 / load_number(batch.values + 3u * batch.leaf_count + leaf);
        store_number(batch.values + 5u * batch.leaf_count + leaf, v8);
        let v9 = select(v8, 1.0f, (small[batch.values + 4u * batch.leaf_count + leaf] != 0u));
        store_number(batch.reports + batch.leaf_count + leaf, v9); // the report clipByBlockRms.scale
        store_number(batch.values + 6u * batch.leaf_count + leaf, v9);
      }
      storageBarrier();
    }"
  `);
});

test('adaptiveGradientClip has a factor for each output of a layer', () => {
  expect(shadersOf(adaptiveGradientClip({ clipping: 0.01 }))).toMatchInlineSnapshot(`
    "pass 1 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      let units = leaf_units(segment.leaf);
      let rows = segment.size / units;
      let rows_of_tile = (rows + segment.tiles - 1u) / segment.tiles;
      let first_row = min(segment.tile * rows_of_tile, rows);
      let end_row = min(first_row + rows_of_tile, rows);
      for (var u = lane; u < units; u += 64u) {
        var r1 = vec4<u32>(0u);
        var r4 = vec4<u32>(0u);
        for (var row = first_row; row < end_row; row++) {
          let i = row * units + u;
          let v0 = gradient_at(segment, i);
          let v3 = parameter_at(segment, i);
          // adaptiveGradientClip
          r1 = push_squares(r1, v0);
          r4 = push_squares(r4, v3);
        }
        store_partial(0u + segment.unit_tiles + segment.tile * units + u, r1);
        store_partial(0u + 1u * batch.unit_tile_count + segment.unit_tiles + segment.tile * units + u, r4);
      }
    }

    the numbers before pass 2 of 2: 1 dispatch

    fn before(lane: u32) {
      for (var index = group_start(0u); index < group_end(0u); index++) {
        let leaf = leaf_of_group(index);
        for (var unit = leaf_first_unit(leaf) + lane; unit < leaf_first_unit(leaf) + leaf_units(leaf); unit += 64u) {
          // adaptiveGradientClip
          var r1 = vec4<u32>(0u);
          for (var tile = leaf_first_tile(leaf); tile < leaf_end_tile(leaf); tile++) {
            r1 = combine_squares(r1, partial_at(0u + leaf_unit_tiles(leaf) + (tile - leaf_first_tile(leaf)) * leaf_units(leaf) + (unit - leaf_first_unit(leaf))));
          }
          let v1 = result_squares(r1);
          store_number(batch.values + 2u * batch.unit_count + unit, v1);
        }
      }
      storageBarrier();
      // adaptiveGradientClip
      let v2 = step.input_adaptiveGradientClip_clipping;
      for (var index = group_start(0u); index < group_end(0u); index++) {
        let leaf = leaf_of_group(index);
        for (var unit = leaf_first_unit(leaf) + lane; unit < leaf_first_unit(leaf) + leaf_units(leaf); unit += 64u) {
          // adaptiveGradientClip
          var r4 = vec4<u32>(0u);
          for (var tile = leaf_first_tile(leaf); tile < leaf_end_tile(leaf); tile++) {
            r4 = combine_squares(r4, partial_at(0u + 1u * batch.unit_tile_count + leaf_unit_tiles(leaf) + (tile - leaf_first_tile(leaf)) * leaf_units(leaf) + (unit - leaf_first_unit(leaf))));
          }
          let v4 = result_squares(r4);
          store_number(batch.values + 3u * batch.unit_count + unit, v4);
        }
      }
      storageBarrier();
      // adaptiveGradientClip
      let v5 = step.input_adaptiveGradientClip_epsilon;
      for (var index = group_start(0u); index < group_end(0u); index++) {
        let leaf = leaf_of_group(index);
        for (var unit = leaf_first_unit(leaf) + lane; unit < leaf_first_unit(leaf) + leaf_units(leaf); unit += 64u) {
          // adaptiveGradientClip
          let v6 = larger(load_number(batch.values + 3u * batch.unit_count + unit), v5);
          store_number(batch.values + 4u * batch.unit_count + unit, v6);
          let v7 = v2 * v6;
          store_number(batch.values + 5u * batch.unit_count + unit, v7);
          let v8 = at_most(load_number(batch.values + 2u * batch.unit_count + unit), v7);
          small[batch.values + unit] = select(0u, 1u, v8);
          let v9 = v7 / load_number(batch.values + 2u * batch.unit_count + unit);
          store_number(batch.values + batch.unit_count + unit, v9);
        }
      }
      storageBarrier();
    }

    pass 2 of 2: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let unit = leaf_first_unit(segment.leaf) + i % leaf_units(segment.leaf);
        let v0 = gradient_at(segment, i);
        // adaptiveGradientClip
        let v10 = v0 * load_number(batch.values + batch.unit_count + unit);
        let v11 = select(v10, v0, (small[batch.values + unit] != 0u));
        write_update(segment, i, v11);
      }
    }"
  `);
});

test('globalNorm reports and changes nothing', () => {
  expect(shadersOf(globalNorm())).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      var r1 = vec4<u32>(0u);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // globalNorm
        r1 = push_squares(r1, v0);
        write_update(segment, i, v0);
      }
      // globalNorm
      r1 = reduce_squares(lane, r1);
      if (lane == 0u) {
        store_partial(0u + segment.first_tile + segment.tile, r1);
      }
    }

    the numbers after the last pass: 1 dispatch

    fn commit(lane: u32) {
      // globalNorm
      var r1 = vec4<u32>(0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 64u) {
        r1 = combine_squares(r1, partial_at(0u + tile));
      }
      r1 = reduce_squares(lane, r1);
      let v1 = result_squares(r1);
      if (lane == 0u) {
        store_number(batch.reports, v1); // the report globalNorm.norm
      }
      storageBarrier();
    }"
  `);
});

test('clipByValue limits to both sides, and counts', () => {
  expect(shadersOf(clipByValue({ limit: 1 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // clipByValue
      let v1 = step.input_clipByValue_limit;
      let v2 = negated(v1);
      var r12 = vec4<u32>(0u);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // clipByValue
        let v3 = less_than(v0, v2);
        let v4 = select(v0, v2, v3);
        let v5 = less_than(v1, v4);
        let v6 = select(v4, v1, v5);
        let v7 = less_than(v1, v0);
        let v8 = v3 || v7;
        let v11 = select(0.0f, 1.0f, v8);
        r12 = push_sum(r12, v11);
        write_update(segment, i, v6);
      }
      // clipByValue
      r12 = reduce_sum(lane, r12);
      if (lane == 0u) {
        store_partial(0u + segment.first_tile + segment.tile, r12);
      }
    }

    the numbers after the last pass: 1 dispatch

    fn commit(lane: u32) {
      // clipByValue
      var r12 = vec4<u32>(0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 64u) {
        r12 = combine_sum(r12, partial_at(0u + tile));
      }
      r12 = reduce_sum(lane, r12);
      let v12 = result_sum(r12, f32(group_size(0u)));
      if (lane == 0u) {
        store_number(batch.reports, v12); // the report clipByValue.clippedFraction
      }
      storageBarrier();
    }"
  `);
});

test('clipByValue limits to a range', () => {
  expect(shadersOf(clipByValue({ min: -1, max: 2 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // clipByValue
      let v1 = step.input_clipByValue_min;
      let v4 = step.input_clipByValue_max;
      var r12 = vec4<u32>(0u);
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v0 = gradient_at(segment, i);
        // clipByValue
        let v2 = less_than(v0, v1);
        let v3 = select(v0, v1, v2);
        let v5 = less_than(v4, v3);
        let v6 = select(v3, v4, v5);
        let v7 = less_than(v4, v0);
        let v8 = v2 || v7;
        let v11 = select(0.0f, 1.0f, v8);
        r12 = push_sum(r12, v11);
        write_update(segment, i, v6);
      }
      // clipByValue
      r12 = reduce_sum(lane, r12);
      if (lane == 0u) {
        store_partial(0u + segment.first_tile + segment.tile, r12);
      }
    }

    the numbers after the last pass: 1 dispatch

    fn commit(lane: u32) {
      // clipByValue
      var r12 = vec4<u32>(0u);
      for (var tile = group_first_tile(0u) + lane; tile < group_end_tile(0u); tile += 64u) {
        r12 = combine_sum(r12, partial_at(0u + tile));
      }
      r12 = reduce_sum(lane, r12);
      let v12 = result_sum(r12, f32(group_size(0u)));
      if (lane == 0u) {
        store_number(batch.reports, v12); // the report clipByValue.clippedFraction
      }
      storageBarrier();
    }"
  `);
});

test('softClip bends towards the limit', () => {
  expect(shadersOf(softClip({ limit: 1 }))).toMatchInlineSnapshot(`
    "pass 1 of 1: 1 dispatch

    fn sweep(workgroup: u32, lane: u32) {
      let segment = segment_at(workgroup);
      // softClip
      let v0 = step.input_softClip_limit;
      for (var i = segment.tile * 64u + lane; i < segment.size; i += segment.tiles * 64u) {
        let v1 = gradient_at(segment, i);
        // softClip
        let v2 = v1 / v0;
        let v3 = hyperbolic_tangent(v2);
        let v4 = v0 * v3;
        write_update(segment, i, v4);
      }
    }"
  `);
});
