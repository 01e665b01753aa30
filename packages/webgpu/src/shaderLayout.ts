import {
  isReduction,
  lowerPlan,
  noGroup,
  type Kernel,
  type KernelPass,
  type Layout,
  type Plan,
  type Program,
  type Reduction,
  type SlotSpec,
} from '@gradkit/core';

/**
 * A place among small numbers that does not depend on how many leaves there are: `fixed` words, and so many words for each leaf and
 * for each unit. A shader adds it up from the counts that it is given, so that it is the same text for two leaves and for two thousand.
 */
export interface Place {
  readonly fixed: number;
  readonly perLeaf: number;
  readonly perUnit: number;
}

/** The small numbers of the state: where each slot that is not an array begins, and how many words all of them take. */
export interface SmallState {
  readonly places: ReadonlyMap<string, Place>;
  readonly size: Place;
}

const nowhere: Place = { fixed: 0, perLeaf: 0, perUnit: 0 };

/** The words that one value of a kind takes. */
function widthOf({ kind, length }: Pick<SlotSpec, 'kind' | 'length'>): Place {
  if (kind === 'leafScalar') return { ...nowhere, perLeaf: 1 };
  return kind === 'unit' ? { ...nowhere, perUnit: 1 } : { ...nowhere, fixed: length };
}

function plus(a: Place, b: Place): Place {
  return { fixed: a.fixed + b.fixed, perLeaf: a.perLeaf + b.perLeaf, perUnit: a.perUnit + b.perUnit };
}

/** Hands out places one after the other. */
function placeAllocator(): {
  take(value: Pick<SlotSpec, 'kind' | 'length'>): Place;
  readonly size: Place;
} {
  let size = nowhere;
  return {
    take(value) {
      const place = size;
      size = plus(size, widthOf(value));
      return place;
    },
    get size() {
      return size;
    },
  };
}

/** The number of words of a place, for known counts. */
export function wordsOf(place: Place, counts: { leaves: number; units: number }): number {
  return place.fixed + place.perLeaf * counts.leaves + place.perUnit * counts.units;
}

/** A place as WGSL: added to a base. */
export function placeText(base: string, { fixed, perLeaf, perUnit }: Place): string {
  return [
    base,
    ...(fixed === 0 ? [] : [`${fixed}u`]),
    ...(perLeaf === 0 ? [] : [perLeaf === 1 ? 'batch.leaf_count' : `${perLeaf}u * batch.leaf_count`]),
    ...(perUnit === 0 ? [] : [perUnit === 1 ? 'batch.unit_count' : `${perUnit}u * batch.unit_count`]),
  ].join(' + ');
}

/** The slots that are arrays, in the order in which they lie beside each other. */
export function arraySlots({ slots }: Pick<Layout, 'slots'>): readonly string[] {
  return slots.filter(({ kind }) => kind === 'leaf').map(({ name }) => name);
}

/** Where the slots that are no arrays lie. */
export function smallState({ slots }: Pick<Layout, 'slots'>): SmallState {
  const allocator = placeAllocator();
  const places = new Map(
    slots.filter(({ kind }) => kind !== 'leaf').map((slot) => [slot.name, allocator.take(slot)]),
  );
  return { places, size: allocator.size };
}

/** How a reduction over entries is kept until somebody needs it. */
interface SweptReduction {
  readonly operation: Reduction;
  /** Its turn among the reductions that have one partial result for each tile, or among those that have one for each unit of a tile. */
  readonly turn: number;
  readonly groups: readonly number[];
  /** The last pass that adds to it. */
  readonly pass: number;
}

/** What is known of a plan before any shader is written. */
export interface PlanShape {
  readonly plan: Plan;
  readonly passes: readonly KernelPass[];
  readonly swept: ReadonlyMap<number, SweptReduction>;
  readonly tileReductions: number;
  readonly unitReductions: number;
  /** For each pass, the numbers that a dispatch of one workgroup has to compute before it, because its sweeps cannot fold them in. */
  readonly before: readonly (readonly number[])[];
  /** Where the numbers of `before` are stored. */
  readonly stored: ReadonlyMap<number, Place>;
  readonly storedSize: Place;
  /** Where reports are handed over. */
  readonly reports: readonly {
    readonly name: string;
    readonly group: number;
    readonly node: number;
    readonly place: Place;
  }[];
  readonly reportSize: Place;
  /** Whether there is anything to commit when the last pass is over, and whether that needs what the last pass reduces. */
  readonly commits: boolean;
  readonly awaitsLastPass: boolean;
}

/** Looks over a plan: which reductions it keeps, and which numbers cannot be folded in by the sweeps that need them. */
export function shapeOfPlan(plan: Plan): PlanShape {
  const { program } = plan;
  const { passes } = lowerPlan(plan);
  const swept = sweptReductions(program, passes);
  const allocator = placeAllocator();
  const stored = new Map<number, Place>();
  const before = passes.map(({ kernels }) => {
    const needed = new Set(kernels.flatMap(smallInputs));
    const roots = [...needed].filter((node) => !isFoldable(program, { swept, stored }, node));
    for (const node of roots.toSorted((a, b) => a - b)) {
      const { kind, length } = program.nodes[node] ?? { kind: 'scalar' as const, length: 1 };
      stored.set(node, allocator.take({ kind, length }));
    }
    return roots.toSorted((a, b) => a - b);
  });
  const reports = placeAllocator();
  const reportOutputs = program.reports.flatMap(({ name, outputs }) =>
    outputs.map(({ group, node }) => ({
      name,
      group,
      node,
      place: reports.take({ kind: group === noGroup ? 'scalar' : 'leafScalar', length: 1 }),
    })),
  );
  const committed = [...smallSlotOutputs(program), ...reportOutputs].map(({ node }) => node);
  const last = passes.length - 1;
  const awaited = smallClosure(program, committed, new Set(stored.keys()));
  return {
    plan,
    passes,
    swept,
    tileReductions: countTurns(swept, (over) => over !== 'unit'),
    unitReductions: countTurns(swept, (over) => over === 'unit'),
    before,
    stored,
    storedSize: allocator.size,
    reports: reportOutputs,
    reportSize: reports.size,
    commits: committed.length > 0,
    awaitsLastPass: last < 0 || awaited.some((node) => swept.get(node)?.pass === last),
  };
}

/** The slots that are no arrays and that a program writes. */
export function smallSlotOutputs(program: Program): Program['slots'] {
  return program.slots.filter(({ node }) => program.nodes[node]?.kind !== 'leaf');
}

/** The numbers that the entries of a kernel are computed from. */
export function smallInputs({ loads }: Kernel): number[] {
  return loads
    .filter(({ from }) => from.op === 'numbers')
    .map(({ value }) => value)
    .toSorted((a, b) => a - b);
}

/** Everything that is needed for some numbers, each after its inputs; what is stored, and reductions over entries, are taken as known. */
export function smallClosure(
  program: Program,
  roots: readonly number[],
  stored: ReadonlySet<number>,
): number[] {
  const found = new Set<number>();
  const stack = [...roots];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    if (stored.has(node)) continue;
    for (const input of program.nodes[node]?.inputs ?? [])
      if (program.nodes[input]?.kind !== 'leaf') stack.push(input);
  }
  return [...found].toSorted((a, b) => a - b);
}

function sweptReductions(program: Program, passes: readonly KernelPass[]): Map<number, SweptReduction> {
  const swept = new Map<number, SweptReduction>();
  const turns = { tile: 0, unit: 0 };
  passes.forEach(({ kernels }, pass) => {
    for (const { group, feeds } of kernels) {
      for (const { reduction } of feeds) {
        const operation = program.nodes[reduction]?.operation;
        if (operation === undefined || !isReduction(operation)) continue;
        const known = swept.get(reduction);
        const turn = known?.turn ?? turns[operation.over === 'unit' ? 'unit' : 'tile']++;
        swept.set(reduction, { operation, turn, pass, groups: [...(known?.groups ?? []), group] });
      }
    }
  });
  return swept;
}

function countTurns(swept: ReadonlyMap<number, SweptReduction>, counts: (over: string) => boolean): number {
  return [...swept.values()].filter(({ operation }) => counts(operation.over)).length;
}

/**
 * Whether each workgroup of a sweep can compute a number for itself, from partial results: one number, or one for the leaf at hand, that
 * takes no more than reductions over entries and arithmetic.
 */
function isFoldable(
  program: Program,
  known: { swept: ReadonlyMap<number, SweptReduction>; stored: ReadonlyMap<number, Place> },
  root: number,
): boolean {
  return smallClosure(program, [root], new Set(known.stored.keys())).every((index) => {
    const node = program.nodes[index];
    if (node === undefined || known.stored.has(index)) return true;
    if (node.kind !== 'scalar' && node.kind !== 'leafScalar') return false;
    return !isReduction(node.operation) || known.swept.has(index) || node.inputs.length === 0;
  });
}
