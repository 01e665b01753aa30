import { add, where } from './algebra.ts';
import { isPlainObject } from './checkOptionNames.ts';
import { InvalidOptionError, MissingParamsError } from './errors.ts';
import { inputExpression, type Expression } from './expression.ts';
import type {
  AnyTransform,
  InitContext,
  InnerTransform,
  InnerUpdate,
  LeafSpec,
  StateTree,
  StepMoment,
  TransformUpdate,
  UpdateContext,
} from './gradientTransform.ts';
import { yieldsOf } from './defineTransform.ts';
import { gathers, type Place } from './place.ts';
import { writeProgram, type Program, type SlotSpec } from './program.ts';
import {
  describeState,
  mapState,
  overlayHeld,
  overlayTensor,
  restrictState,
  restrictTensor,
  zipStates,
  type StateTensor,
} from './stateTree.ts';
import {
  noGroup,
  symbolicTensor,
  type DType,
  type Leaf,
  type LeafScalar,
  type Mask,
  type Scalar,
  type SymbolicTensor,
} from './symbolicTensor.ts';
import type { Windows } from './windows.ts';

/** When a program runs: a step, and in a flush the one at which it was asked for. */
export interface Moment extends Partial<StepMoment> {
  readonly step: number;
}

/** The host's clock as a transform sees it. */
interface Clock {
  readonly name: string;
  at(moment: Moment): number;
  flushedAt(moment: Moment): number | undefined;
}

/** A question that the host answers before each step. */
interface Decision {
  readonly question: (moment: Moment) => boolean;
  readonly answer: boolean;
}

/** A number that the host gives to a program at each step. */
interface ScalarInput {
  readonly clock: Clock;
  /** The hyperparameter's path; undefined for the step itself. */
  readonly hyperparameter: string | undefined;
}

/** What is traced: a transform at its place, over leaves of which some have no gradient at this step. */
export interface TraceRequest extends Moment {
  readonly root: Place;
  readonly leaves: readonly LeafSpec[];
  /** The leaves that have a gradient; in a flush those that may take a step. */
  readonly active: readonly boolean[];
  readonly hasParams: boolean;
  /** Whether updates are applied to the parameters or handed over. */
  readonly output: 'parameters' | 'updates';
}

/** In a flush whose updates are handed over: 1 for each leaf that holds nothing, which must take no step. */
export const heldReport = '/held';

/** A traced step, and the setting up of its state. */
export interface Trace {
  readonly initial: Program;
  readonly program: Program;
  readonly decisions: readonly Decision[];
  readonly scalars: ReadonlyMap<string, ScalarInput>;
  /** The leaves that are given gradients where updates are wanted: no optimizer has had them. */
  readonly leavesOfGradients: readonly string[];
}

/**
 * Runs a transform once on symbols and writes down what it would compute.
 *
 * The leaves are split into the coarsest groups that every predicate can tell apart: the trace starts with as few as it can and
 * starts over, with finer ones, when a predicate finds a group to be mixed.
 */
export function trace(request: TraceRequest): Trace {
  let groups = initialGroups(request);
  for (;;) {
    try {
      return traceStep(request, groups);
    } catch (error) {
      if (!(error instanceof MixedGroup)) throw error;
      groups = groups.flatMap((group, index) => (index === error.group ? error.parts : [group]));
    }
  }
}

class MixedGroup {
  readonly group: number;
  readonly parts: readonly (readonly number[])[];

  constructor(group: number, parts: readonly (readonly number[])[]) {
    this.group = group;
    this.parts = parts;
  }
}

interface Slot {
  readonly spec: SlotSpec;
  readonly symbol: StateTensor;
  readonly initial: StateTensor;
}

function initialGroups({ leaves, active }: TraceRequest): readonly (readonly number[])[] {
  const indices = leaves.map((_, index) => index);
  const parts = [true, false].map((isActive) => indices.filter((index) => active[index] === isActive));
  return parts.filter((part) => part.length > 0);
}

/** The groups of the leaves that have a gradient, or may take a step in a flush. */
function activeGroups({ active }: TraceRequest, groups: Tracing['groups']): number[] {
  return Array.from(groups.keys()).filter((group) => active[groups[group]?.[0] ?? noGroup] === true);
}

/** What has come up so far while a transform is traced. */
interface Tracing {
  readonly request: TraceRequest;
  readonly groups: readonly (readonly number[])[];
  readonly params: Leaf;
  readonly slots: Map<string, Slot>;
  readonly scalars: Map<string, ScalarInput>;
  readonly decisions: Decision[];
  readonly reports: Map<string, SymbolicTensor>;
  /** The path of the transform that made an expression. */
  readonly origins: Map<Expression, string>;
  /** The groups that an optimizer has had. */
  readonly groupsOfUpdates: Set<number>;
  /** What optimizers made, and what became of it. */
  readonly updates: Set<Expression>;
  /** The groups that come to each transform that has windows inside when all leaves have gradients; found before a flush is traced. */
  readonly reached: Map<Place, ReadonlySet<number>>;
  /** What is held of each group by a transform around the one that is traced. */
  readonly held: Map<number, Mask<'leafScalar'>>;
}

function startTracing(request: TraceRequest, groups: Tracing['groups']): Tracing {
  return {
    request,
    groups,
    params: leafInput('parameter', groups.keys()),
    slots: new Map(),
    scalars: new Map(),
    decisions: [],
    reports: new Map(),
    origins: new Map(),
    groupsOfUpdates: new Set(),
    updates: new Set(),
    reached: new Map(),
    held: new Map(),
  };
}

/**
 * Notes what the last step of the window would be with gradients: which groups come to transforms with windows (a leaf that is frozen
 * before one is none of those it could hold), and which an optimizer has had.
 */
function noteWholeStep({ request, groups, reached, decisions, groupsOfUpdates }: Tracing): void {
  const { root } = request;
  const before = startTracing({ ...request, flushedAt: undefined }, groups);
  const state = initAt(before, root, before.params);
  const tree = leafInput('gradient', activeGroups(request, groups));
  const { updates } = updateAt(before, root, { tree, state, clock: hostClock });
  for (const group of groups.keys())
    if (before.groupsOfUpdates.has(group) || !updates.pieces.has(group)) groupsOfUpdates.add(group);
  for (const [place, scope] of before.reached) reached.set(place, scope);
  for (const { question, answer } of before.decisions)
    decisions.push({ question: ({ step }) => question({ step }), answer });
}

const hostClock: Clock = {
  name: 'step',
  at: ({ step }) => step,
  flushedAt: ({ flushedAt }) => flushedAt,
};

function traceStep(request: TraceRequest, groups: readonly (readonly number[])[]): Trace {
  const { root, leaves, output, hasParams } = request;
  const tracing = startTracing(request, groups);
  const { params } = tracing;
  const isFlush = request.flushedAt !== undefined;
  if (isFlush) noteWholeStep(tracing);
  const firstState = initAt(tracing, root, params);
  const tree = leafInput('gradient', isFlush ? [] : activeGroups(request, groups));
  const last = updateAt(tracing, root, { tree, state: firstState, clock: hostClock });

  const slots = Array.from(tracing.slots.values());
  const { origins } = tracing;
  const shared = { leaves, groups, origins, slotSpecs: slots.map(({ spec }) => spec) };
  const initial = writeProgram({
    ...shared,
    name: `${root.path} (initial state)`,
    slots: slots.map(({ spec, initial: value }) => ({ slot: spec.name, value })),
    reports: new Map(),
  });
  const moving = Array.from(last.updates.pieces.keys());
  // The host asks for it where it has to apply the updates itself.
  if (isFlush && output === 'updates' && last.hold !== undefined) {
    const { holds } = holdsOf(last);
    if (holds !== undefined) tracing.reports.set(heldReport, where(holds, 1, 0));
  }
  const program = writeProgram({
    ...shared,
    name: root.transform.name,
    slots: changedSlots(slots, { owner: root.path, before: firstState, after: last.state }),
    reports: tracing.reports,
    ...(output === 'parameters'
      ? { parameters: applyUpdates(restrictTensor(params, new Set(moving)), last) }
      : { updates: heldUpdates(last), ...holdsOf(last) }),
  });
  const nodes = [...initial.nodes, ...program.nodes];
  if (!hasParams && nodes.some(({ operation }) => operation.op === 'parameter'))
    throw missingParams(root.path);
  const leavesOfGradients = moving
    .filter((group) => !tracing.groupsOfUpdates.has(group))
    .flatMap((group) => groups[group] ?? [])
    .map((index) => leaves[index]?.name ?? '');
  return { initial, program, decisions: tracing.decisions, scalars: tracing.scalars, leavesOfGradients };
}

function initAt(tracing: Tracing, place: Place, tree: Leaf): StateTree {
  const inner = place.inner.map((part): InnerTransform => ({
    init: (innerTree) => initAt(tracing, part, innerTree),
    update: outOfPlace,
  }));
  const { settings } = place.transform.structure;
  const state = place.transform.init(tree, { inner, settings, split: splitter(tracing) });
  return mapState(state, (tensor, slot) => slotAt(tracing, place, { tensor, slot }));
}

function updateAt(
  tracing: Tracing,
  place: Place,
  { tree, state, clock }: { tree: Leaf; state: StateTree; clock: Clock },
): InnerUpdate {
  const { transform, path } = place;
  const { request, reached, groups } = tracing;
  const incoming = new Set(tree.pieces.keys());
  const isGathering = gathers(transform);
  if (isGathering && request.flushedAt === undefined) reached.set(place, incoming);
  // In a flush, what is gathered inside comes out of it without anything coming in.
  const scope: ReadonlySet<number> =
    isGathering && request.flushedAt !== undefined
      ? // What is gathered before it may come in now though it would not at the last step of the window.
        new Set([...(reached.get(place) ?? activeGroups(request, groups)), ...incoming])
      : incoming;
  if (scope.size === 0) {
    // Where no leaf has a gradient there is no step, but what is reported of it: a norm of 0.
    if (request.flushedAt === undefined && !request.active.includes(true)) {
      const still = transform.update(
        tree,
        restrictState(state, scope),
        updateContext(tracing, place, { scope, clock }),
      );
      addReports(tracing, path, still.report);
    }
    return { updates: tree, state };
  }
  const own = restrictState(state, scope);
  const given = transform.update(tree, own, updateContext(tracing, place, { scope, clock }));
  checkUpdate(path, given, scope);
  const result = { ...given, updates: stillWhereHeld(tracing, { before: tree, after: given.updates }) };
  for (const made of [result.updates, result.hold]) if (made !== undefined) claimed(tracing, path, made);
  addReports(tracing, path, result.report);
  noteUpdates(tracing, place, { before: tree, after: result.updates });
  const merged = zipStates({ owner: path }, [own, result.state], (_, after) => claimed(tracing, path, after));
  const whole = zipStates({ owner: path }, [state, merged], overlayTensor);
  return { updates: result.updates, state: whole, ...spreadHold(result.hold, scope) };
}

function updateContext(
  tracing: Tracing,
  { transform, path, inner }: Place,
  { scope, clock }: { scope: ReadonlySet<number>; clock: Clock },
): UpdateContext {
  const { request, params, decisions } = tracing;
  return {
    inner: inner.map((part): InnerTransform => ({
      init: outOfPlace,
      update: (tree, state, options = {}) => {
        const outer = new Map(tracing.held);
        noteHeld(tracing, options.held);
        const result = updateAt(tracing, part, {
          tree: claimed(tracing, path, tree),
          state,
          clock: slower(clock, { path, windows: transform.structure.windows }),
        });
        tracing.held.clear();
        for (const [group, hold] of outer) tracing.held.set(group, hold);
        return result;
      },
    })),
    settings: transform.structure.settings,
    split: splitter(tracing),
    hyperparameters: Object.fromEntries(
      Object.keys(transform.structure.live).map((name) => {
        const hyperparameter = `${path}.${name}`;
        return [name, scalarInput(tracing, hyperparameter, { clock, hyperparameter })];
      }),
    ),
    get step() {
      return scalarInput(tracing, clock.name, { clock, hyperparameter: undefined });
    },
    get params() {
      if (!request.hasParams) throw missingParams(path);
      return restrictTensor(params, scope);
    },
    decide: (question) => {
      const onHost = (moment: Moment): boolean =>
        question(clock.at(moment), { flushedAt: clock.flushedAt(moment) });
      const answer = onHost(request);
      decisions.push({ question: onHost, answer });
      return answer;
    },
  };
}

/** Notes which updates an optimizer has had: leaves that none has had take no step, and a second one would turn them around. */
function noteUpdates(
  { groupsOfUpdates, updates }: Tracing,
  { transform: { yields, structure }, path }: Place,
  { before, after }: { before: Leaf; after: Leaf },
): void {
  const isWrapper = yieldsOf(structure.inner) === 'updates';
  for (const [group, piece] of after.pieces) {
    const given = before.pieces.get(group);
    const isUpdate = given !== undefined && updates.has(given);
    if (yields === 'updates' && !isWrapper) {
      if (isUpdate) {
        throw new InvalidOptionError(
          `${path} takes gradients, but an optimizer before it has made updates of them; it would climb the loss. ` +
            `Leave one out, or give each leaves of its own (partition).`,
        );
      }
      groupsOfUpdates.add(group);
    }
    if (isUpdate || (yields === 'updates' && groupsOfUpdates.has(group) && piece !== given))
      updates.add(piece);
  }
}

/** Keeps in mind what a transform will hold, for what is inside it. */
function noteHeld({ held }: Tracing, hold: Mask<'leafScalar'> | undefined): void {
  for (const [group, piece] of hold?.pieces ?? [])
    held.set(group, symbolicTensor('leafScalar', 'bool', new Map([[group, piece]])));
}

/** Updates that are 0 where a transform around this one holds the step, so that no norm after it is over what will not happen. */
function stillWhereHeld({ held }: Tracing, { before, after }: { before: Leaf; after: Leaf }): Leaf {
  let updates = after;
  for (const [group, hold] of held) {
    const piece = after.pieces.get(group);
    if (piece === undefined || piece === before.pieces.get(group)) continue;
    const still: Leaf = where(hold, 0, restrictTensor(after, new Set([group])));
    updates = overlayTensor(updates, still);
  }
  return updates;
}

function leafInput(op: 'parameter' | 'gradient', groups: Iterable<number>): Leaf {
  const pieces = Array.from(groups, (group): [number, Expression] => [
    group,
    inputExpression({ op }, { kind: 'leaf', group }),
  ]);
  return symbolicTensor('leaf', 'float32', new Map(pieces));
}

function scalarInput({ scalars }: Tracing, name: string, input: ScalarInput): Scalar {
  scalars.set(name, input);
  const piece = inputExpression({ op: 'scalarInput', name }, { kind: 'scalar', group: noGroup });
  return symbolicTensor('scalar', 'float32', new Map([[noGroup, piece]]));
}

function splitter({ request: { leaves }, groups }: Tracing): InitContext['split'] {
  return (tree, labelOf) => {
    const parts = new Map<string, Set<number>>();
    for (const group of tree.pieces.keys()) {
      const labels = labelsOfGroup(leaves, groups[group] ?? [], labelOf);
      if (labels.size > 1) throw new MixedGroup(group, [...labels.values()]);
      for (const label of labels.keys()) parts.set(label, (parts.get(label) ?? new Set()).add(group));
    }
    return new Map(Array.from(parts, ([label, part]) => [label, restrictTensor(tree, part)]));
  };
}

/** A value of a transform, which is noted as where those parts of it come from that no other transform made. */
function claimed<T extends SymbolicTensor>({ origins }: Tracing, path: string, tensor: T): T {
  const stack = [...tensor.pieces.values()];
  for (let part = stack.pop(); part !== undefined; part = stack.pop()) {
    if (origins.has(part)) continue;
    origins.set(part, path);
    stack.push(...part.inputs);
  }
  return tensor;
}

/** The symbol of a slot that starts with `tensor`; the slots of inner transforms have theirs already. */
function slotAt(
  { slots, groups }: Tracing,
  place: Place,
  { tensor, slot }: { tensor: StateTensor; slot: string },
): StateTensor {
  const known = Array.from(slots.values()).some(({ symbol }) => Object.is(symbol, tensor));
  if (known) return tensor;
  const name = `${place.path}/${slot === '' ? 'value' : slot}`;
  // A second slash could make it the name of a leaf's array.
  if (slots.has(name) || name.split('/').length > 2) {
    throw new InvalidOptionError(
      `The state ${name} has a name that is taken, or a slash too many. Name slots without, and give parts keys of their own with namedChain.`,
    );
  }
  const { kind } = tensor.__symbolic;
  const pieces = new Map<number, Expression>();
  let length = 1;
  for (const [group, piece] of tensor.pieces) {
    length = piece.length;
    pieces.set(group, inputExpression({ op: 'slot', slot: name }, { kind, group, length }));
  }
  const owned = Array.from(tensor.pieces.keys()).flatMap((group) => groups[group] ?? []);
  const spec: SlotSpec = { name, kind, leaves: owned.toSorted((a, b) => a - b), length };
  const symbol: StateTensor = symbolicTensor(kind, 'float32', pieces);
  slots.set(name, { spec, symbol, initial: tensor });
  return symbol;
}

/** The slots that a step writes, each for the groups in which it changes. */
function changedSlots(
  slots: readonly Slot[],
  states: { owner: string; before: StateTree; after: StateTree },
): { slot: string; value: StateTensor }[] {
  const changed: { slot: string; value: StateTensor }[] = [];
  const slotOf = new Map(slots.map(({ symbol, spec }) => [symbol, spec.name]));
  zipStates({ owner: states.owner }, [states.before, states.after], (before, after) => {
    const slot = slotOf.get(before);
    const groups = Array.from(after.pieces.keys()).filter(
      (group) => before.pieces.get(group) !== after.pieces.get(group),
    );
    if (slot !== undefined && groups.length > 0) {
      changed.push({ slot, value: restrictTensor(after, new Set(groups)) });
    }
    return after;
  });
  return changed;
}

/** The parameters after the step; where it is held, their own bits: p + 0 would turn -0 into 0. */
function applyUpdates(params: Leaf, { updates, hold }: InnerUpdate): Leaf {
  const moved = add(params, updates);
  return hold === undefined ? moved : overlayHeld(hold, params, moved);
}

/** The updates; where the step is held, -0, which changes no bit of what it is added to. */
function heldUpdates({ updates, hold }: InnerUpdate): Leaf {
  return hold === undefined ? updates : overlayHeld(hold, -0, updates);
}

/** What is held of the leaves that would take a step; the others take none anyway. */
function holdsOf({ updates, hold }: InnerUpdate): { holds?: Mask<'leafScalar'> } {
  return hold === undefined ? {} : { holds: restrictTensor(hold, new Set(updates.pieces.keys())) };
}

/** A hold leaf by leaf, over the leaves that came in: the transforms before this one saw the same numbers. */
function spreadHold(
  hold: TransformUpdate['hold'],
  scope: ReadonlySet<number>,
): { hold?: Mask<'leafScalar'> } {
  if (hold === undefined) return {};
  const whole = hold.pieces.get(noGroup);
  const pieces =
    whole === undefined ? hold.pieces : new Map(Array.from(scope, (group) => [group, whole] as const));
  return { hold: symbolicTensor('leafScalar', 'bool', pieces) };
}

function labelsOfGroup(
  leaves: readonly LeafSpec[],
  group: readonly number[],
  labelOf: (leaf: LeafSpec) => string,
): ReadonlyMap<string, readonly number[]> {
  const labels = new Map<string, number[]>();
  for (const index of group) {
    const leaf = leaves[index];
    if (leaf === undefined) continue;
    const label = labelOf(leaf);
    const members = labels.get(label);
    if (members === undefined) labels.set(label, [index]);
    else members.push(index);
  }
  return labels;
}

/** The clock inside a transform; in a flush it shows the window that was begun, whatever steps are left out. */
function slower(clock: Clock, { path, windows }: { path: string; windows: Windows | undefined }): Clock {
  if (windows === undefined) return clock;
  const flushedAt: Clock['flushedAt'] = (moment) => {
    const at = clock.flushedAt(moment);
    return at === undefined ? undefined : windows.indexAt(at);
  };
  return {
    name: `${path}.step`,
    at: (moment) => flushedAt(moment) ?? windows.indexAt(clock.at(moment)),
    flushedAt,
  };
}

/** Judges a number or a truth value that an update returned for all leaves or for each. */
function requireNumber(what: string, value: unknown, dtype: DType): void {
  const found = describeState(value);
  if (found === `a ${dtype} scalar` || found === `a ${dtype} leafScalar`) return;
  throw new InvalidOptionError(
    `${what} is ${found}; it must be a ${dtype} scalar or leafScalar. Reduce it first (sum, mean, norm, all ...).`,
  );
}

function addReports(tracing: Tracing, path: string, report: TransformUpdate['report'] = {}): void {
  for (const [name, value] of Object.entries(report)) {
    addReport(tracing.reports, `${path}.${name}`, value);
    claimed(tracing, path, value);
  }
}

function addReport(reports: Map<string, SymbolicTensor>, name: string, value: Scalar | LeafScalar): void {
  requireNumber(`The report ${name}`, value, 'float32');
  if (reports.has(name)) {
    throw new InvalidOptionError(
      `Two parts report ${name}. Give the parts keys of their own with namedChain.`,
    );
  }
  reports.set(name, value);
}

function checkUpdate(path: string, result: TransformUpdate, scope: ReadonlySet<number>): void {
  const { updates, hold }: Partial<TransformUpdate> = isPlainObject(result) ? result : {};
  if (updates === undefined || describeState(updates) !== 'a float32 leaf') {
    throw new InvalidOptionError(
      `${path}: update must return updates that are an array for each leaf, but returned ${describeState(updates)}.`,
    );
  }
  if (hold !== undefined) requireNumber(`The hold of ${path}`, hold, 'bool');
  for (const group of updates.pieces.keys()) {
    if (!scope.has(group)) {
      throw new InvalidOptionError(
        `${path}: update returned updates for leaves that it was not given. Return its own only.`,
      );
    }
  }
}

function missingParams(path: string): MissingParamsError {
  return new MissingParamsError(
    `${path} reads the parameters, and there are none here, only gradients. ` +
      `Use it in an optimizer (toOptimizer, wrapOptimizer or createStepper), which knows the parameters.`,
  );
}

function outOfPlace(): never {
  throw new InvalidOptionError(
    'Call context.inner[i].init(params) from init only, and context.inner[i].update(updates, state) from update only.',
  );
}

/** Whether a transform could be handed over as a part of another one. */
export function isTransform(value: unknown): value is AnyTransform {
  return (
    typeof value === 'object' &&
    value !== null &&
    'structure' in value &&
    'update' in value &&
    'init' in value
  );
}
