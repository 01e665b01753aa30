import { expect, test } from 'vitest';
import { createStepper } from './createStepper.ts';
import { descend } from './exampleTransforms.ts';
import { partition, type LabelOf, type LabelRule } from './partition.ts';
import { transformFromJSON } from './transformFromJSON.ts';

const step = descend({ learningRate: 1 });

test('a rule whose label has no transform is refused at once, with the nearest label', () => {
  expect(() => partition({ kernels: step }, [{ label: 'kernel', leaves: { minRank: 2 } }])).toThrow(
    /partition: a rule has a label without a transform: "kernel"\. Did you mean "kernels"\?/,
  );
});

test('a rule without a label is refused at once', () => {
  const rules: LabelRule[] = JSON.parse('[{ "leaves": { "minRank": 2 } }]');
  expect(() => partition({ kernels: step }, rules)).toThrow(/label without a transform: "undefined"/);
});

test('a misspelt member of a rule in JSON is refused: without its leaves, the rule would be for all', () => {
  const inner = { transform: 'descend', options: { learningRate: 1 } };
  const json = {
    transform: 'partition',
    options: {
      transforms: { a: inner, b: inner },
      labels: [{ label: 'a', leaf: { name: 'x' } }, { label: 'b' }],
    },
  };
  expect(() => transformFromJSON(json, { transforms: { descend } })).toThrow(
    /no option "leaf"\. Known: label, leaves/,
  );
});

test('parts that are not transforms by name are refused', () => {
  const nothing: Record<string, typeof step> = JSON.parse('null');
  expect(() => partition(nothing, [])).toThrow(/partition takes transforms by name, but was given null/);
  const list: object = [0];
  expect(() => partition({ ...list }, [])).toThrow(/partition's 0 must be a transform, but is 0/);
});

test('a leaf is asked for its label as often however many labels there are, and no oftener with rules than there are rules', () => {
  const namesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `w${index}`);
  const run = (names: readonly string[], labelOf: LabelOf): void => {
    const parts = Object.fromEntries(names.map((name) => [name, step]));
    const tree = Object.fromEntries(names.map((name) => [name, Float32Array.of(1)]));
    createStepper(partition(parts, labelOf), tree).step(tree);
  };
  const callsForEach = (count: number): { byFunction: number; byRule: number } => {
    let [byFunction, byRule] = [0, 0];
    const names = namesOf(count);
    run(names, ({ name }) => (byFunction++, name));
    run(
      names,
      names.map((label) => ({ label, leaves: ({ name }) => (byRule++, name === label) })),
    );
    return { byFunction: byFunction / count, byRule: byRule / count / count };
  };
  const [few, many] = [callsForEach(8), callsForEach(64)];
  expect(many.byFunction).toBe(few.byFunction);
  expect(many.byRule).toBeLessThan(few.byRule * 1.1);
});
