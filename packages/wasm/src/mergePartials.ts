import { binaryMeaning, type NumberMemory, type Reduction, type Task } from '@gradkit/core';
import type { PlanFrame } from './planFrame.ts';
import { accumulatorBytes, partialBytes, reductionCode, reductionOf } from './reductionCode.ts';
import { required } from './required.ts';

/** A memory seen as numbers of each kind. */
export interface MemoryViews {
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  readonly words: Int32Array;
}

/** Puts together, in float64, what sweeps left in memory of a reduction. */
interface Merger {
  /** The bytes of an element of the array that it reads; places in it are counted in elements. */
  readonly bytes: number;
  /** The elements of the partial result of a chunk. */
  readonly lanes: number;
  start(): number;
  /** A total and what lies from one place up to another, in order; `step` is the accumulators from one to the next. */
  add(total: number, begin: number, end: number, step: number): number;
  /** The result for so many entries. */
  result(total: number, count: number): number;
}

/**
 * Makes one number of a reduction's partial results: chunk after chunk and leaf after leaf in their order, whoever computed them, so that the
 * result does not depend on how the chunks were shared out.
 */
export function compileMerge(
  reduction: number,
  numbers: NumberMemory,
  place: { frame: PlanFrame; views: MemoryViews },
): Task {
  const node = required(numbers.program.nodes[reduction]);
  const operation = required(reductionOf(node));
  return operation.over === 'unit'
    ? mergeUnits(reduction, numbers, place)
    : mergeChunks(reduction, numbers, place);
}

function mergeChunks(
  reduction: number,
  { program, numbersAt }: NumberMemory,
  { frame: { layout, groups }, views }: { frame: PlanFrame; views: MemoryViews },
): Task {
  const values = numbersAt(reduction);
  const node = required(program.nodes[reduction]);
  const operation = required(reductionOf(node));
  const { bytes, lanes, start, add, result } = createMerger(operation, views);
  const isOverLeaf = operation.over === 'leaf';
  const offset = required(layout.partials.get(reduction)) / bytes;
  const step = layout.partialBytes / bytes;
  const leaves = node.inputs.flatMap((input) => {
    const { leafChunks, partials } = required(groups[required(program.nodes[input]).group]);
    return leafChunks.map(({ position, begin, end, entries }) => ({
      position,
      entries,
      begin: partials / bytes + begin * step + offset,
      end: partials / bytes + end * step,
    }));
  });
  return () => {
    let total = start();
    let count = 0;
    for (const { position, entries, begin, end } of leaves) {
      for (let at = begin; at < end; at += step) total = add(total, at, at + lanes, 1);
      count += entries;
      if (!isOverLeaf) continue;
      values[position] = result(total, count);
      total = start();
      count = 0;
    }
    if (!isOverLeaf) values[0] = result(total, count);
  };
}

function mergeUnits(
  reduction: number,
  { program, layoutOf, numbersAt }: NumberMemory,
  { frame, views }: { frame: PlanFrame; views: MemoryViews },
): Task {
  const values = numbersAt(reduction);
  const node = required(program.nodes[reduction]);
  const operation = required(reductionOf(node));
  const { bytes, start, add, result } = createMerger(operation, views);
  const code = reductionCode(operation);
  const elements = accumulatorBytes(code) / bytes;
  const accumulators = required(frame.accumulators.get(reduction)) / bytes;
  const { leaves } = layoutOf(node.group);
  // Nearly all are sums, and there may be many: a loop of their own takes half of the time.
  const sums = code.kind === 'wide' ? views.doubles : undefined;
  return () => {
    for (const { firstUnit, period, units, size } of leaves) {
      const end = firstUnit + period;
      for (let unit = firstUnit; unit < firstUnit + units; unit++) {
        let total = start();
        if (sums === undefined)
          total = add(total, accumulators + unit * elements, accumulators + end * elements, units);
        else for (let at = unit; at < end; at += units) total += sums[accumulators + at] ?? NaN;
        values[unit] = result(total, size / units);
      }
      for (let at = firstUnit + units; at < end; at++) values[at] = values[at - units] ?? NaN;
    }
  };
}

/** Sets the accumulators of a reduction over units to what a sweep starts with. */
export function compileStart(
  reduction: number,
  { program, layoutOf }: NumberMemory,
  { frame, views: { floats, doubles, words } }: { frame: PlanFrame; views: MemoryViews },
): Task {
  const node = required(program.nodes[reduction]);
  const code = reductionCode(required(reductionOf(node)));
  const begin = required(frame.accumulators.get(reduction));
  const end = begin + layoutOf(node.group).units * accumulatorBytes(code);
  if (code.kind === 'wide') return () => void doubles.fill(code.start, begin / 8, end / 8);
  if (code.kind === 'narrow') return () => void floats.fill(code.start, begin / 4, end / 4);
  const start = code.kind === 'mask' ? -code.start : 0;
  return () => void words.fill(start, begin / 4, end / 4);
}

function createMerger(operation: Reduction, views: MemoryViews): Merger {
  const code = reductionCode(operation);
  if (code.kind === 'power') return powerMerger(code.order, views.doubles);
  const { start, kind } = code;
  const numbers = { wide: views.doubles, narrow: views.floats, mask: views.words }[kind];
  const bytes = numbers.BYTES_PER_ELEMENT;
  return {
    bytes,
    lanes: kind === 'wide' ? partialBytes / bytes : 4,
    start: () => start,
    add: (before, begin, end, step) => {
      let total = before;
      if (code.kind === 'wide') for (let at = begin; at < end; at += step) total += numbers[at] ?? NaN;
      else for (let at = begin; at < end; at += step) total = code.merge(total, numbers[at] ?? NaN);
      return total;
    },
    result: finishOf(operation),
  };
}

/** The result of a reduction from its total over so many entries. */
function finishOf(operation: Reduction): (total: number, count: number) => number {
  if (operation.op === 'mean') return (total, count) => total / count;
  if (operation.op === 'sum') return (total, count) => (count === 0 ? 0 : total);
  if (operation.op !== 'norm' || operation.order === 1 || operation.order === Infinity)
    return (total) => total;
  if (operation.order === 2) return Math.sqrt;
  return (total) => binaryMeaning.pow(total, 1 / operation.order);
}

/** Sums of powers of |x| / (the largest so far), each beside that largest and the sum of what is not finite. */
function powerMerger(order: number, doubles: Float64Array): Merger {
  const { pow } = binaryMeaning;
  let [largest, notFinite] = [0, 0];
  return {
    bytes: 8,
    lanes: 3,
    start: () => {
      [largest, notFinite] = [0, 0];
      return 0;
    },
    add: (before, begin, end, step) => {
      let total = before;
      for (let at = begin; at + 2 < end; at += 3 * step) {
        const [size, sum] = [doubles[at] ?? NaN, doubles[at + 1] ?? NaN];
        notFinite += doubles[at + 2] ?? NaN;
        if (size > largest) {
          total = total * pow(largest / size, order) + sum;
          largest = size;
        } else if (size > 0) total += sum * pow(size / largest, order);
      }
      return total;
    },
    result: (total) => (notFinite === 0 ? largest * pow(total, 1 / order) : notFinite),
  };
}
