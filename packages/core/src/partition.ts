import { eitherHold, partsByKey, toPlainJSON } from './chain.ts';
import { checkOptionNames, describeValue, unknownNameMessage } from './checkOptionNames.ts';
import { defineTransform, yieldsOf } from './defineTransform.ts';
import { InvalidOptionError } from './errors.ts';
import type { AnyTransform, GradientTransform, LeafSpec, StateTree } from './gradientTransform.ts';
import { predicateToJSON, toLeafFunction, type LeafPredicate } from './leafPredicate.ts';
import { overlayTensor, restrictTensor } from './stateTree.ts';
import type { Leaf, Mask } from './symbolicTensor.ts';
import type { YieldsOf } from './chain.ts';

/** A label for the leaves that match; without `leaves` it is for every leaf that no rule before it has taken. */
export interface LabelRule {
  readonly label: string;
  readonly leaves?: LeafPredicate;
}

/** Which label a leaf has: rules, of which the first that matches counts, or a function of its name and shape. */
export type LabelOf = readonly LabelRule[] | ((leaf: LeafSpec) => string);

/**
 * Runs a transform of its own on each part of the leaves. A norm inside a part is over that part only; to clip over all leaves, put
 * the clip before the partition.
 *
 * @throws {InvalidOptionError} if a rule or a leaf has a label without a transform, naming the nearest label.
 * @example
 * partition(
 *   { kernels: adamw({ learningRate: 1e-3 }), others: sgd({ learningRate: 1e-2 }) },
 *   [{ label: 'kernels', leaves: { minRank: 2 } }, { label: 'others' }],
 * )
 */
export function partition<const T extends Readonly<Record<string, AnyTransform>>>(
  transforms: T,
  labelOf: LabelOf,
): GradientTransform<
  { readonly [K in keyof T]: T[K] extends GradientTransform<infer State> ? State : never },
  YieldsOf<T[keyof T]>
>;
export function partition(
  transforms: Readonly<Record<string, AnyTransform>>,
  labelOf: LabelOf,
): AnyTransform {
  const { keys: labels, inner: parts } = partsByKey('partition', transforms);
  const labelOfLeaf = toLabelFunction(labelOf, labels);
  return defineTransform({
    name: 'partition',
    options: {},
    schema: {},
    naming: 'none',
    yields: yieldsOf(parts),
    inner: parts,
    init: (params, { inner, split }): StateTree => {
      const trees = split(params, labelOfLeaf);
      const states = labels.map((label, index) => {
        const tree = trees.get(label) ?? restrictTensor(params, new Set());
        return [label, inner[index]?.init(tree) ?? {}];
      });
      return Object.fromEntries(states);
    },
    update: (updates, state, { inner, split }) => {
      const trees = split(updates, labelOfLeaf);
      const before = new Map<string, StateTree>(Object.entries(state));
      const after: Record<string, StateTree> = {};
      let whole: Leaf = restrictTensor(updates, new Set());
      let hold: Mask<'leafScalar'> | undefined;
      labels.forEach((label, index) => {
        const partState = before.get(label) ?? {};
        const tree = trees.get(label) ?? restrictTensor(updates, new Set());
        const result = inner[index]?.update(tree, partState);
        after[label] = result?.state ?? partState;
        if (result === undefined) return;
        whole = overlayTensor(whole, result.updates);
        hold = eitherHold(hold, result.hold);
      });
      return { updates: whole, state: after, ...(hold === undefined ? {} : { hold }) };
    },
    optionsToJSON: () => ({
      transforms: Object.fromEntries(parts.map((part, index) => [labels[index] ?? '', toPlainJSON(part)])),
      labels: labelsToJSON(labelOf),
    }),
  });
}

function toLabelFunction(labelOf: LabelOf, labels: readonly string[]): (leaf: LeafSpec) => string {
  const raw = typeof labelOf === 'function' ? labelOf : fromRules(labelOf, labels);
  return (leaf) => {
    const label: unknown = raw(leaf);
    if (typeof label === 'string' && labels.includes(label)) return label;
    const found = typeof label === 'string' ? label : describeValue(label);
    throw new InvalidOptionError(
      unknownNameMessage(
        `partition: the leaf ${JSON.stringify(leaf.name)} has a label without a transform:`,
        found,
        labels,
      ),
    );
  };
}

function fromRules(
  rules: readonly LabelRule[],
  labels: readonly string[],
): (leaf: LeafSpec) => string | undefined {
  if (!Array.isArray(rules)) {
    throw new InvalidOptionError(
      `partition: labels must be a list of rules ({ label, leaves }) or a function, but are ${describeValue(rules)}.`,
    );
  }
  for (const rule of rules) {
    checkOptionNames("partition's rule", rule, ['label', 'leaves']);
    if (labels.includes(rule.label)) continue;
    throw new InvalidOptionError(
      unknownNameMessage('partition: a rule has a label without a transform:', String(rule.label), labels),
    );
  }
  const tests = rules.map(({ label, leaves }: LabelRule) => ({
    label,
    matches: leaves === undefined ? () => true : toLeafFunction('partition', leaves),
  }));
  return (leaf) => tests.find(({ matches }) => matches(leaf))?.label;
}

function labelsToJSON(
  labelOf: LabelOf,
): readonly { label: string; leaves?: ReturnType<typeof predicateToJSON> }[] {
  if (typeof labelOf === 'function') {
    throw new InvalidOptionError(
      `partition: ${describeValue(labelOf)} is a bare function and cannot be written as JSON. ` +
        `Give rules instead: [{ label: 'kernels', leaves: { minRank: 2 } }, { label: 'others' }].`,
    );
  }
  return labelOf.map(({ label, leaves }) =>
    leaves === undefined ? { label } : { label, leaves: predicateToJSON('partition', leaves) },
  );
}
