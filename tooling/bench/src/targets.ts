import { geometricMean } from 'simple-statistics';
import { duration, significant } from './formatNumbers.ts';
import type { Results, Row } from './results.ts';
import { ratioOf } from './statistics.ts';

/** A speed that must hold. Where several contestants are named, the fastest counts. */
export interface Target {
  readonly what: string;
  readonly scenario: string;
  readonly of: readonly string[];
  readonly must:
    | { readonly be: 'at most'; readonly times: number; readonly asLongAs: readonly string[] }
    | { readonly be: 'at least'; readonly times: number; readonly asFastAs: readonly string[] }
    | { readonly be: 'at least'; readonly times: number; readonly inGeometricMeanAsFastAs: string }
    | { readonly be: 'at most'; readonly milliseconds: number };
}

/** A target beside what was measured. */
export interface Verdict {
  readonly what: string;
  readonly demanded: string;
  readonly measured: string;
  readonly isMet: boolean;
}

const copies = ['copy', 'copy-wasm'];

/** The speeds that the packages promise. */
export const targets: readonly Target[] = [
  {
    what: 'wasm engine, one thread, beside PyTorch on one thread, 10 x 1024x1024',
    scenario: 'ten-squares',
    of: ['gradkit-wasm'],
    must: { be: 'at most', times: 1, asLongAs: ['torch-1'] },
  },
  {
    what: 'wasm engine, one thread, beside the copy bandwidth, 10 x 1024x1024',
    scenario: 'ten-squares',
    of: ['gradkit-wasm'],
    must: { be: 'at least', times: 0.8, asFastAs: copies },
  },
  {
    what: 'wasm engine, gradients handed in, beside PyTorch on one thread, 10 x 1024x1024',
    scenario: 'ten-squares',
    of: ['gradkit-wasm-handed-in'],
    must: { be: 'at most', times: 1.15, asLongAs: ['torch-1'] },
  },
  {
    what: 'wasm engine, two threads, beside PyTorch on all threads, 10 x 1024x1024',
    scenario: 'ten-squares',
    of: ['gradkit-wasm-2'],
    must: { be: 'at most', times: 1, asLongAs: ['torch-all'] },
  },
  {
    what: '@gradkit/tfjs-cpu beside tf ops + tf.train.adam on cpu, 10 x 1024x1024',
    scenario: 'ten-squares',
    of: ['gradkit-tfjs-cpu'],
    must: { be: 'at least', times: 200, asFastAs: ['tfjs-cpu'] },
  },
  {
    what: '@gradkit/tfjs-cpu beside tf ops + tf.train.adam on cpu, SimpleNet',
    scenario: 'simplenet',
    of: ['gradkit-tfjs-cpu'],
    must: { be: 'at least', times: 20, asFastAs: ['tfjs-cpu'] },
  },
  {
    what: '@gradkit/tfjs-wasm beside tf ops + tf.train.adam on wasm, 10 x 1024x1024',
    scenario: 'ten-squares',
    of: ['gradkit-tfjs-wasm'],
    must: { be: 'at least', times: 7, asFastAs: ['tfjs-wasm'] },
  },
  {
    what: '@gradkit/tfjs-wasm beside tf ops + tf.train.adam on wasm, SimpleNet',
    scenario: 'simplenet',
    of: ['gradkit-tfjs-wasm'],
    must: { be: 'at least', times: 10, asFastAs: ['tfjs-wasm'] },
  },
  {
    what: 'a whole training step of SimpleNet beside PyTorch',
    scenario: 'training-step',
    of: ['gradkit-tfjs-cpu', 'gradkit-tfjs-wasm'],
    must: { be: 'at most', times: 1, asLongAs: ['torch-1', 'torch-all'] },
  },
  ...(
    [
      ['node-simplenet', 'SimpleNet', 50],
      ['node-24-squares', '24 x 32x32', 20],
      ['node-transformer', '52 leaves of a small transformer', 5],
      ['node-ten-squares', '10 x 1024x1024', 4],
    ] as const
  ).map(([scenario, tree, times]): Target => ({
    what: `@gradkit/tfjs-node beside tf ops + tf.train.adam on tfjs-node, ${tree}`,
    scenario,
    of: ['gradkit-tfjs-node'],
    must: { be: 'at least', times, asFastAs: ['tfjs-node'] },
  })),
  {
    what: "@gradkit/tfjs-node beside TensorFlow's ResourceApplyAdam and a clip by hand, all sizes",
    scenario: 'node-sweep',
    of: ['gradkit-tfjs-node'],
    must: { be: 'at least', times: 1, inGeometricMeanAsFastAs: 'resource-apply-adam' },
  },
  {
    what: 'tracing, planning and compiling, 52 leaves',
    scenario: 'compile',
    of: ['compile-wasm'],
    must: { be: 'at most', milliseconds: 50 },
  },
];

/** The targets whose rows were all measured, with what came out. */
export function judge(results: Results, wanted: readonly Target[] = targets): Verdict[] {
  return wanted.flatMap((target) => {
    const verdict = judgeOne(results, target);
    return verdict === undefined ? [] : [verdict];
  });
}

function judgeOne(results: Results, { what, scenario, of, must }: Target): Verdict | undefined {
  const rows =
    results.scenarios.find(({ name }) => name === scenario)?.points.flatMap((point) => point.rows) ?? [];
  const measured = fastest(rows, of);
  if (measured === undefined) return undefined;
  if ('milliseconds' in must) {
    return {
      what,
      demanded: `≤ ${duration(must.milliseconds)}`,
      measured: duration(measured.milliseconds.median),
      isMet: measured.milliseconds.median <= must.milliseconds,
    };
  }
  if ('inGeometricMeanAsFastAs' in must) {
    const points = results.scenarios.find(({ name }) => name === scenario)?.points ?? [];
    const ratios = points.flatMap(({ rows: both }) => {
      const [ours, theirs] = [fastest(both, of), fastest(both, [must.inGeometricMeanAsFastAs])];
      return ours === undefined || theirs === undefined ? [] : [ratioOf(theirs.rounds, ours.rounds).median];
    });
    if (ratios.length === 0) return undefined;
    const mean = geometricMean(ratios);
    return {
      what,
      demanded: `≥ ${significant(must.times)} x as fast, geometric mean`,
      measured: `${significant(mean)} x`,
      isMet: mean >= must.times,
    };
  }
  const other = fastest(rows, 'asLongAs' in must ? must.asLongAs : must.asFastAs);
  if (other === undefined) return undefined;
  if ('asLongAs' in must) {
    const { median } = ratioOf(measured.rounds, other.rounds);
    return {
      what,
      demanded: `≤ ${significant(must.times)} x as long`,
      measured: `${significant(median)} x`,
      isMet: median <= must.times,
    };
  }
  const { median } = ratioOf(other.rounds, measured.rounds);
  return {
    what,
    demanded: `≥ ${significant(must.times)} x as fast`,
    measured: `${significant(median)} x`,
    isMet: median >= must.times,
  };
}

function fastest(rows: readonly Row[], names: readonly string[]): Row | undefined {
  return rows
    .filter(({ contestant }) => names.includes(contestant))
    .toSorted((left, right) => left.milliseconds.median - right.milliseconds.median)[0];
}
