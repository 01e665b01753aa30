import {
  isReduction,
  type LeafLayout,
  type Operation,
  type Over,
  type ProgramNode,
  type Sweep,
  type Task,
  type Write,
} from '@gradkit/core';
import { elementwiseLoops, isElementwise } from './elementwiseLoops.ts';
import type { LoopContext } from './loopContext.ts';
import { createRegister, loopStep, runLoopStep, type LoopStep, type Register } from './loopStep.ts';
import type { ReductionBlock } from './reductionLoops.ts';
import { placeNameOf, sweepLifetimes } from './sweepLifetimes.ts';
import { countEntries, reductionBlock, type RunningReduction } from './runningReduction.ts';

/** Memory that has an array for each leaf, and the register that is pointed at it. */
interface Place {
  readonly register: Register;
  arrayOf(leaf: number): Float32Array | undefined;
  /** The blocks of the arrays that are this engine's own, by leaf: cut once, since they stay. */
  readonly known: Map<number, readonly Float32Array[]>;
  /** The blocks of the leaf that the sweep is at. */
  blocks: readonly Float32Array[];
}

/** A number of all leaves, of a leaf or of each unit of it as a block, for the entries that it is combined with. */
interface Spread {
  readonly register: Register;
  readonly numbers: Register;
  readonly kind: ProgramNode['kind'];
}

/** A reduction's part in a sweep. */
interface Feed {
  readonly running: RunningReduction;
  readonly over: Over;
  readonly from: Register;
  readonly block: ReductionBlock;
}

/**
 * Makes a sweep into loops: leaf by leaf, block by block, operation by operation. Operands are read where they lie in memory, and a
 * result is computed where it is to be written if nothing reads the old value afterwards; all else is scratch, used again as soon as
 * its last reader is done.
 */
export function compileSweep(sweep: Sweep, context: LoopContext): Task {
  const { nodes } = context.program;
  const { blockSize } = context;
  const { leaves } = context.layoutOf(sweep.group);
  const largestSize = Math.max(0, ...leaves.map(({ size }) => size));
  const { lastRead, direct, copied } = sweepLifetimes(sweep, nodes);
  const places = new Map<string, Place>();
  const registers = new Map<number, Register>();
  const scratch = new Map<number, Register>();

  // Before any scratch, because these keep their block for the whole sweep.
  const spreads = spreadOperands();

  const steps = sweep.nodes.flatMap(compileNode);
  const feeds = sweep.reductions.flatMap(compileFeed);
  const copies = sweep.writes
    .filter((write) => direct.get(write.node) !== write)
    .map((write) => copyStep(operandAt(write.node), placeOf(write)));
  const everyPlace = [...places.values()];
  const scalars = spreads.filter(({ kind }) => kind === 'scalar');
  const perLeaf = spreads.filter(({ kind }) => kind !== 'scalar');
  for (const register of scratch.values()) context.giveBlock(register);
  for (const { register } of spreads) context.giveBlock(register);

  return () => {
    const whole = { first: 0, period: 1, phase: 0, length: Math.min(blockSize, largestSize) };
    for (const spread of scalars) spreadOut(spread, whole);
    for (const leaf of leaves) sweepLeaf(leaf);
    // A gradient belongs to whoever gave it, and may be large.
    for (const place of everyPlace) {
      place.register.values = nothing;
      place.blocks = [];
    }
    for (const { block } of feeds) block.values = nothing;
  };

  function sweepLeaf(leaf: LeafLayout): void {
    const { size, units } = leaf;
    for (const feed of feeds) pointAtLeaf(feed, leaf);
    // Blocks of whole rows, where a row is short enough, so that each begins with the same unit.
    const usual = units > 0 && units <= blockSize ? blockSize - (blockSize % units) : blockSize;
    for (const place of everyPlace) place.blocks = blocksOf(place, { leaf: leaf.leaf, size, usual });
    for (let start = 0, number = 0; start < size; start += usual, number++) {
      const length = Math.min(usual, size - start);
      for (const { register, blocks } of everyPlace) register.values = blocks[number] ?? nothing;
      for (const spread of perLeaf) {
        if (spread.kind === 'unit') {
          if (start === 0 || units > usual)
            spreadOut(spread, { first: leaf.firstUnit, period: units, phase: start % units, length });
        } else if (start === 0) spreadOut(spread, { first: leaf.position, period: 1, phase: 0, length });
      }
      for (const step of steps) runLoopStep(step, length);
      for (const { running, from, block } of feeds) {
        block.values = from.values;
        block.length = length;
        block.phase = start % block.units;
        running.reduction.feed(block);
      }
      for (const copy of copies) runLoopStep(copy, length);
    }
  }

  function blocksOf(
    { arrayOf, known }: Place,
    { leaf, size, usual }: { leaf: number; size: number; usual: number },
  ): readonly Float32Array[] {
    const array = arrayOf(leaf) ?? new Float32Array(size);
    const cut = known.get(leaf);
    if (cut?.[0]?.buffer === array.buffer && cut[0].byteOffset === array.byteOffset) return cut;
    const blocks =
      size <= usual
        ? [array]
        : Array.from({ length: Math.ceil(size / usual) }, (_, number) =>
            array.subarray(number * usual, (number + 1) * usual),
          );
    // A gradient that was given belongs to whoever gave it: its blocks are cut at each step, so that nothing keeps its memory.
    if (array !== context.inputs.gradients[leaf] || array === context.memory.gradients[leaf])
      known.set(leaf, blocks);
    return blocks;
  }

  function spreadOperands(): readonly Spread[] {
    const read = new Set(sweep.nodes.flatMap((index) => nodes[index]?.inputs ?? []));
    return Array.from(read).flatMap((index) => {
      const kind = nodes[index]?.kind ?? 'leaf';
      if (kind === 'leaf') return [];
      const register = context.takeBlock();
      registers.set(index, register);
      return [{ register, numbers: { values: context.numbersAt(index) }, kind }];
    });
  }

  function compileNode(index: number, position: number): readonly LoopStep[] {
    const node = nodes[index];
    if (node === undefined) return [];
    const { operation, inputs } = node;
    if (placeNameOf(operation) !== undefined) {
      const place = placeOf(operation);
      if (copied.has(index)) return [copyStep(place, takeFor(index))];
      registers.set(index, place);
      return [];
    }
    // Numbers and reductions of entries are no part of a sweep's nodes.
    if (!isElementwise(operation.op)) return [];
    const operands = inputs.map(operandAt);
    const write = direct.get(index);
    const [spread] = operands;
    if (operation.op === 'broadcast' && spread !== undefined && write === undefined) {
      registers.set(index, spread);
      return [];
    }
    for (const input of inputs) {
      const register = scratch.get(input);
      if (register === undefined || lastRead.get(input) !== position) continue;
      scratch.delete(input);
      context.giveBlock(register);
    }
    const out = write === undefined ? takeFor(index) : placeOf(write);
    registers.set(index, out);
    return [loopStep(elementwiseLoops[operation.op], { out, operands })];
  }

  function takeFor(index: number): Register {
    const register = context.takeBlock();
    scratch.set(index, register);
    registers.set(index, register);
    return register;
  }

  function operandAt(index: number): Register {
    return registers.get(index) ?? { values: context.numbersAt(index) };
  }

  function placeOf(from: Operation | Write): Register {
    const name = placeNameOf(from) ?? '';
    const known = places.get(name);
    if (known !== undefined) return known.register;
    const arrayOf = arraysOf(from, context);
    const place = { register: createRegister(0), arrayOf, known: new Map(), blocks: [] };
    places.set(name, place);
    return place.register;
  }

  function compileFeed({ reduction, input }: Sweep['reductions'][number]): readonly Feed[] {
    const operation = nodes[reduction]?.operation;
    const running = context.reductionAt(reduction);
    if (running === undefined || operation === undefined || !isReduction(operation)) return [];
    return [{ running, over: operation.over, from: operandAt(input), block: reductionBlock(running) }];
  }
}

const nothing = new Float32Array(0);

/** The arrays of the memory that an operation reads or that a write goes to. */
function arraysOf(from: Operation | Write, context: LoopContext): Place['arrayOf'] {
  const { memory } = context;
  if ('slot' in from) {
    const arrays = memory.slots.get(from.slot);
    return (leaf) => arrays?.get(leaf);
  }
  if ('to' in from) return (leaf) => (from.to === 'update' ? memory.updates : memory.parameters)[leaf];
  return (leaf) => (from.op === 'gradient' ? context.inputs.gradients : memory.parameters)[leaf];
}

function copyStep(from: Register, to: Register): LoopStep {
  return loopStep(elementwiseLoops.broadcast, { out: to, operands: [from] });
}

function pointAtLeaf({ running, over, block }: Feed, { size, units, position, firstUnit }: LeafLayout): void {
  block.units = over === 'unit' ? units : 1;
  block.at = over === 'unit' ? firstUnit : over === 'leaf' ? position : 0;
  countEntries(running, { size, at: block.at, units: block.units });
}

/** Repeats `period` numbers from `first` on, beginning with number `phase` of these. */
function spreadOut(
  { register, numbers }: Spread,
  { first, period, phase, length }: { first: number; period: number; phase: number; length: number },
): void {
  const [to, from] = [register.values, numbers.values];
  if (period === 1) {
    const value = from[first] ?? NaN;
    for (let i = 0; i < length; i++) to[i] = value;
    return;
  }
  for (let i = 0, unit = phase; i < length; i++) {
    to[i] = from[first + unit] ?? NaN;
    unit = unit + 1 === period ? 0 : unit + 1;
  }
}
