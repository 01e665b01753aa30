import { eitherHold, partsByLabel, toPlainJSON } from './chain.ts';
import { checkOptionNames, describeValue, unknownNameMessage } from './checkOptionNames.ts';
import { defineTransform, yieldsOf } from './defineTransform.ts';
import { InvalidOptionError } from './errors.ts';
import type { AnyTransform, GradientTransform, LeafSpec, StateTree } from './gradientTransform.ts';
import type { JsonValue } from './jsonValue.ts';
import { readEmptyOptions, type EmptyOptions } from './emptyOptions.ts';
import {
  emptyRemedy,
  listOf,
  readPredicate,
  type LeafPredicate,
  type ReadPredicate,
} from './leafPredicate.ts';
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
 * Labels may be any strings; JavaScript puts those that are whole numbers (`'0'`) first, which counts where two parts report under the
 * same name.
 * @throws {InvalidOptionError} if a rule or a leaf has a label without a transform, naming the nearest label; where it runs, if a rule
 *   with a predicate takes no leaf, or no leaf has one of the labels that a function gives, unless `{ allowEmpty: true }` says that this
 *   is meant.
 * @example
 * partition(
 *   { kernels: adamw({ learningRate: 1e-3 }), others: sgd({ learningRate: 1e-2 }) },
 *   [{ label: 'kernels', leaves: { minRank: 2 } }, { label: 'others' }],
 * )
 */
export function partition<const T extends Readonly<Record<string, AnyTransform>>>(
  transforms: T,
  labelOf: LabelOf,
  options?: EmptyOptions,
): GradientTransform<
  { readonly [K in keyof T]: T[K] extends GradientTransform<infer State> ? State : never },
  YieldsOf<T[keyof T]>
>;
export function partition(
  transforms: Readonly<Record<string, AnyTransform>>,
  labelOf: LabelOf,
  options: EmptyOptions = {},
): AnyTransform {
  const { keys: labels, inner: parts } = partsByLabel('partition', transforms);
  const empty = readEmptyOptions('partition', options);
  const rules = typeof labelOf === 'function' ? undefined : readRules(labelOf, labels);
  const labelOfLeaf = judgedLabels(typeof labelOf === 'function' ? labelOf : fromRules(rules ?? []), labels);
  return defineTransform({
    name: 'partition',
    options: {},
    schema: {},
    naming: 'none',
    yields: yieldsOf(parts),
    inner: parts,
    narrow: (leaves) => {
      const taken = leaves.map(labelOfLeaf);
      if (!empty.allowEmpty) requireLabels({ labels, rules, taken }, leaves);
      const scopes = new Map<string, LeafSpec[]>(labels.map((label) => [label, []]));
      leaves.forEach((leaf, index) => scopes.get(taken[index] ?? '')?.push(leaf));
      return [...scopes.values()];
    },
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
      const after = new Map<string, StateTree>();
      let whole: Leaf = restrictTensor(updates, new Set());
      let hold: Mask<'leafScalar'> | undefined;
      labels.forEach((label, index) => {
        const partState = before.get(label) ?? {};
        const tree = trees.get(label) ?? restrictTensor(updates, new Set());
        const result = inner[index]?.update(tree, partState);
        after.set(label, result?.state ?? partState);
        if (result === undefined) return;
        whole = overlayTensor(whole, result.updates);
        hold = eitherHold(hold, result.hold);
      });
      return { updates: whole, state: Object.fromEntries(after), ...(hold === undefined ? {} : { hold }) };
    },
    optionsToJSON: () => ({
      transforms: Object.fromEntries(parts.map((part, index) => [labels[index] ?? '', toPlainJSON(part)])),
      labels: labelsToJSON(labelOf, rules),
      ...(empty.allowEmpty ? { allowEmpty: true } : {}),
    }),
  });
}

/** A rule as it was when the transform was made with it. */
interface ReadRule {
  readonly label: string;
  readonly leaves: ReadPredicate | undefined;
}

function judgedLabels(
  raw: (leaf: LeafSpec) => string | undefined,
  labels: readonly string[],
): (leaf: LeafSpec) => string {
  const known = new Set(labels);
  return (leaf) => {
    const label: unknown = raw(leaf);
    if (typeof label === 'string' && known.has(label)) return label;
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

function readRules(rules: readonly LabelRule[], labels: readonly string[]): readonly ReadRule[] {
  if (!Array.isArray(rules)) {
    throw new InvalidOptionError(
      `partition: labels must be a list of rules ({ label, leaves }) or a function, but are ${describeValue(rules)}.`,
    );
  }
  return rules.map((rule: LabelRule) => {
    checkOptionNames("partition's rule", rule, ['label', 'leaves']);
    const { label, leaves } = rule;
    const given: unknown = label;
    if (labels.includes(label))
      return { label, leaves: leaves === undefined ? undefined : readPredicate('partition', leaves) };
    throw new InvalidOptionError(
      unknownNameMessage('partition: a rule has a label without a transform:', String(given), labels),
    );
  });
}

function fromRules(rules: readonly ReadRule[]): (leaf: LeafSpec) => string | undefined {
  return (leaf) => rules.find(({ leaves }) => leaves === undefined || leaves.matches(leaf))?.label;
}

/** Judges that every rule takes a leaf, and that every label that a function may give is given. */
function requireLabels(
  {
    labels,
    rules,
    taken,
  }: {
    labels: readonly string[];
    rules: readonly ReadRule[] | undefined;
    /** The label of each leaf. */
    taken: readonly string[];
  },
  leaves: readonly LeafSpec[],
): void {
  let rest: ReadonlySet<LeafSpec> = new Set(leaves);
  for (const { label, leaves: predicate } of rules ?? []) {
    if (predicate === undefined) continue;
    const found = predicate.select(leaves, { allowEmpty: false });
    if (!found.some((leaf) => rest.has(leaf))) {
      throw new InvalidOptionError(
        `partition: the rule of ${JSON.stringify(label)} takes no leaf, because the rules before it take all that match it. ` +
          `${listOf(found, 'They are')} Put it first. ${emptyRemedy}`,
      );
    }
    const gone = new Set(found);
    rest = new Set([...rest].filter((leaf) => !gone.has(leaf)));
  }
  // Of rules, one without a predicate takes what is left, which may be nothing.
  const given = new Set([...taken, ...(rules ?? []).map(({ label }) => label)]);
  const idle = labels.find((label) => !given.has(label));
  if (idle === undefined) return;
  throw new InvalidOptionError(
    `partition: no leaf has the label ${JSON.stringify(idle)}. ${listOf(leaves)} ${emptyRemedy}`,
  );
}

function labelsToJSON(labelOf: LabelOf, rules: readonly ReadRule[] | undefined): JsonValue {
  if (rules === undefined) {
    throw new InvalidOptionError(
      `partition: ${describeValue(labelOf)} is a bare function and cannot be written as JSON. ` +
        `Give rules instead: [{ label: 'kernels', leaves: { minRank: 2 } }, { label: 'others' }].`,
    );
  }
  return rules.map(({ label, leaves }) =>
    leaves === undefined ? { label } : { label, leaves: leaves.toJSON() },
  );
}
