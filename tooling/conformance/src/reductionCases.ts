import {
  add,
  all,
  allOverLeaves,
  allOverUnit,
  any,
  anyOverLeaves,
  anyOverUnit,
  defineTransform,
  fillLike,
  isNaN,
  leafScalar,
  max,
  maxOverLeaves,
  maxOverUnit,
  maxOverVector,
  mean,
  meanOverLeaves,
  meanOverUnit,
  meanOverVector,
  min,
  minOverLeaves,
  minOverUnit,
  minOverVector,
  mul,
  norm,
  normOverLeaves,
  normOverUnit,
  push,
  size,
  sizeOfUnit,
  sum,
  sumOverLeaves,
  sumOverUnit,
  sumOverVector,
  unit,
  vector,
  where,
  type AnyTransform,
  type EmptyState,
  type Leaf,
  type LeafScalar,
  type Mask,
  type Scalar,
  type Unit,
  type Vector,
} from '@gradkit/core';
import { gradientsOf, treeOf, type ConformanceCase } from './conformanceCase.ts';

const shapes = { matrix: [3, 2], vector: [3], scalar: [], empty: [0], kernel: [2, 1, 2, 3] };
const ordinary = [0.5, -1.25, 2, 3, -0.75, 1e-3, 7, -4, 0.1, 0.2, -0.3];

/** What is reduced, by name. */
const trees = {
  'ordinary numbers': treeOf(shapes, ordinary),
  'negative zeros': treeOf(shapes, [-0]),
  'one NaN': treeOf(shapes, [...ordinary, NaN, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
  'both infinities': treeOf(shapes, [1, 2, 3, Infinity, 5, 6, -Infinity, 8, 9, 10, 11]),
  denormals: treeOf(shapes, [1e-45, -3e-45, 1e-40]),
  'empty leaves only': treeOf({ empty: [0], columns: [0, 3] }, [0]),
};

type LeafReduction = (x: Leaf) => { leaf: LeafScalar; unit: Unit; leaves: Scalar };

const reductions: Readonly<Record<string, LeafReduction>> = {
  sum: (x) => ({ leaf: sum(x), unit: sumOverUnit(x), leaves: sumOverLeaves(x) }),
  mean: (x) => ({ leaf: mean(x), unit: meanOverUnit(x), leaves: meanOverLeaves(x) }),
  max: (x) => ({ leaf: max(x), unit: maxOverUnit(x), leaves: maxOverLeaves(x) }),
  min: (x) => ({ leaf: min(x), unit: minOverUnit(x), leaves: minOverLeaves(x) }),
  any: (x) => {
    const isMissing = isNaN(x);
    return {
      leaf: where(any(isMissing), 1, 0),
      unit: where(anyOverUnit(isMissing), 1, 0),
      leaves: where(anyOverLeaves(isMissing), 1, 0),
    };
  },
  all: (x) => {
    const isMissing = isNaN(x);
    return {
      leaf: where(all(isMissing), 1, 0),
      unit: where(allOverUnit(isMissing), 1, 0),
      leaves: where(allOverLeaves(isMissing), 1, 0),
    };
  },
  size: (x) => ({ leaf: size(x), unit: sizeOfUnit(x), leaves: sumOverLeaves(size(x)) }),
};

const exact: ReadonlySet<string> = new Set(['max', 'min', 'any', 'all', 'size']);

/** Hands a reduction over both as a report and spread out over the leaves. */
function showing(
  name: string,
  reduce: (x: Leaf) => {
    shown: Leaf | Unit | LeafScalar | Scalar;
    report: Record<string, LeafScalar | Scalar>;
  },
): AnyTransform {
  return defineTransform({
    name,
    options: {},
    schema: {},
    yields: 'gradients',
    init: (): EmptyState => ({}),
    update: (updates, state) => {
      const { shown, report } = reduce(updates);
      const isMissing: Mask<'leaf'> = isNaN(updates);
      return { updates: where(isMissing, shown, shown), state, report };
    },
  });
}

function casesOf(
  { name, tolerance }: { name: string; tolerance: number },
  reduce: LeafReduction,
  given: Readonly<Record<string, ReturnType<typeof treeOf>>>,
): ConformanceCase[] {
  const views: Readonly<Record<string, Parameters<typeof showing>[1]>> = {
    'each leaf': (x) => ({ shown: reduce(x).leaf, report: { value: reduce(x).leaf } }),
    'each unit': (x) => {
      const units = reduce(x).unit;
      return { shown: units, report: { largest: maxOverLeaves(units), total: sumOverLeaves(units) } };
    },
    'all leaves': (x) => ({ shown: reduce(x).leaves, report: { value: reduce(x).leaves } }),
  };
  return Object.entries(views).flatMap(([over, view]) =>
    Object.entries(given).map(([tree, params]) => ({
      name: `reduction: ${name} over ${over} of ${tree}`,
      transform: () => showing('reduction', view),
      params,
      steps: [gradientsOf(params)],
      // The total of the units that is reported beside them is a sum.
      tolerance: tolerance === 0 && over === 'each unit' ? 1e-6 : tolerance,
    })),
  );
}

const scales = [1e-38, 1e-30, 1e-20, 1, 1e20, 1e30, 1e38];
const normTrees = {
  ...Object.fromEntries(
    scales.map((scale) => [
      `numbers around ${scale}`,
      treeOf(
        { matrix: [3, 2], scalar: [], empty: [0], kernel: [1, 2, 1, 2] },
        [0.03, -0.04, 0, 0.12, 0.01, 0.02, -0.05].map((entry) => entry * scale),
      ),
    ]),
  ),
  'numbers from 1e-38 to 1e38': treeOf({ a: [2], b: [3, 2] }, [1e-38, 1e-20, 1, 1e20, 1e37, -1e37, 0]),
  zeros: treeOf(shapes, [0, -0]),
  'one NaN': trees['one NaN'],
  'both infinities': trees['both infinities'],
  'an infinity and a NaN': treeOf(shapes, [1, Infinity, 2, NaN, 3]),
  'empty leaves only': trees['empty leaves only'],
};

/** The power of other orders is not exact in float32, so they may be further off. */
const normTolerances = new Map([
  [1, 1e-6],
  [2, 1e-6],
  [3, 1e-5],
  [0.5, 1e-5],
  [Infinity, 0],
]);

const normCases = Array.from(normTolerances).flatMap(([order, tolerance]) =>
  casesOf(
    { name: `norm of order ${order}`, tolerance },
    (x) => ({
      leaf: norm(x, { order }),
      unit: normOverUnit(x, { order }),
      leaves: normOverLeaves(x, { order }),
    }),
    normTrees,
  ),
);

const overflowing = treeOf({ a: [3], b: [2] }, [3e38, 3e38, -3e38, -3e38, 1e38]);

interface HistoryState {
  readonly [slot: string]: Vector;
  readonly history: Vector;
}

const history: ConformanceCase = {
  name: 'reduction: over a history of three steps',
  transform: () =>
    defineTransform({
      name: 'history',
      options: {},
      schema: {},
      yields: 'gradients',
      init: (): HistoryState => ({ history: vector(3, 1) }),
      update: (updates, state) => {
        const next = push(state.history, maxOverLeaves(updates));
        const report = {
          sum: sumOverVector(next),
          mean: meanOverVector(next),
          max: maxOverVector(next),
          min: minOverVector(next),
        };
        return { updates: mul(updates, sumOverVector(next)), state: { history: next }, report };
      },
    }),
  params: trees['ordinary numbers'],
  steps: [1, 2, 3, 4].map((factor) =>
    gradientsOf(
      treeOf(
        shapes,
        ordinary.map((entry) => entry * factor),
      ),
    ),
  ),
  tolerance: 1e-6,
};

const broadcasting: ConformanceCase = {
  name: 'broadcast: leaf, unit, one number for each leaf and one number',
  transform: () =>
    showing('broadcast', (x) => {
      const wide = add(fillLike(x, 0.5), add(unit(x, 2), maxOverUnit(x)));
      return { shown: add(wide, add(leafScalar(x, 3), maxOverLeaves(x))), report: { largest: max(x) } };
    }),
  params: trees['ordinary numbers'],
  steps: [gradientsOf(trees['ordinary numbers'])],
  tolerance: 0,
};

/** Every reduction over leaf, unit, all leaves and history, and norms over the whole range of float32. */
export const reductionCases: readonly ConformanceCase[] = [
  ...Object.entries(reductions).flatMap(([name, reduce]) =>
    casesOf({ name, tolerance: exact.has(name) ? 0 : 1e-6 }, reduce, trees),
  ),
  ...casesOf({ name: 'sum', tolerance: 1e-6 }, (x) => reductionsOfSum(x), {
    'numbers whose partial sums leave float32': overflowing,
  }),
  ...normCases,
  history,
  broadcasting,
];

function reductionsOfSum(x: Leaf): ReturnType<LeafReduction> {
  return { leaf: sum(x), unit: sumOverUnit(x), leaves: sumOverLeaves(x) };
}
