import * as fc from 'fast-check';

/** One leaf and what happens to it. */
export interface RandomLeaf {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
  /** Its gradient at each step; null where it has none. */
  readonly gradients: readonly (Float32Array | null)[];
}

const strange = fc.constantFrom(
  NaN,
  Infinity,
  -Infinity,
  0,
  -0,
  1e-45,
  -1e-45,
  1.1e-38,
  -1e-40,
  3.4e38,
  -3.4e38,
  1e20,
  1e-30,
);
const tame = fc.integer({ min: -2048, max: 2048 }).map((count) => count / 1024);
const anything = fc.oneof(fc.float(), strange, tame);
/** For engines that may flush denormal numbers to zero: neither these nor their squares are. */
const normal = fc.oneof(
  { weight: 9, arbitrary: tame },
  { weight: 2, arbitrary: fc.constantFrom(NaN, Infinity, -Infinity, 0, -0, 1e10, -1e10, 1e-10, -1e-10) },
);
const axis = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 1, max: 3 }) },
  { weight: 1, arbitrary: fc.constant(0) },
);
const shape = fc.oneof(
  { weight: 3, arbitrary: fc.constant<number[]>([3]) },
  { weight: 4, arbitrary: fc.array(axis, { maxLength: 4 }) },
);
const leafName = fc.oneof(
  fc.constantFrom(
    '__proto__',
    'constructor',
    'toString',
    '',
    '0',
    '7',
    'a',
    'a.b',
    'a/b',
    'layer/kernel:0',
    'step',
    '#2',
    'é\u0000',
  ),
  fc.string({ maxLength: 4 }),
);

/**
 * Trees of 0 to 50 leaves with gradients for some steps. Mostly tame values, so that not all becomes NaN at once; `onlyNormal` leaves
 * out the numbers that a GPU may flush to zero.
 */
export function treeArbitrary({
  steps,
  onlyNormal = false,
}: {
  steps: number;
  onlyNormal?: boolean;
}): fc.Arbitrary<readonly RandomLeaf[]> {
  const wild = onlyNormal ? normal : anything;
  const leaf = fc
    .tuple(leafName, shape, fc.boolean(), fc.integer({ min: 0, max: 9 }))
    .chain(([name, axes, isTame, luck]) => {
      const length = axes.reduce((product, next) => product * next, 1);
      const array = (entry: fc.Arbitrary<number>): fc.Arbitrary<Float32Array> =>
        fc
          .array(entry, { minLength: length, maxLength: length })
          .map((entries) => Float32Array.from(entries));
      const gradient = fc.oneof(
        { weight: 7, arbitrary: array(isTame ? tame : wild) },
        { weight: 1, arbitrary: array(wild) },
        { weight: luck === 0 ? 4 : 0, arbitrary: fc.constant(null) },
      );
      return fc.record({
        name: fc.constant(name),
        shape: fc.constant(axes),
        values: array(luck === 1 ? wild : tame),
        gradients: fc.array(gradient, { minLength: steps, maxLength: steps }),
      });
    });
  const leaves = (maxLength: number): fc.Arbitrary<readonly RandomLeaf[]> =>
    fc.uniqueArray(leaf, { maxLength, size: 'max', selector: ({ name }) => name });
  return fc.oneof(
    { weight: 30, arbitrary: leaves(4) },
    { weight: 5, arbitrary: leaves(10) },
    { weight: 1, arbitrary: leaves(50) },
  );
}
