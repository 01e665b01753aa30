import { binaryMeaning, type NumberMemory, type Task } from '@gradkit/core';
import type { PlanFrame } from './planFrame.ts';
import { accumulatorBytes, reductionCode, reductionOf, type Reduction } from './reductionCode.ts';
import { required } from './required.ts';

/** A memory seen as numbers of each kind. */
export interface MemoryViews {
  readonly floats: Float32Array;
  readonly doubles: Float64Array;
  readonly words: Int32Array;
}

/** Puts together, in float64, what sweeps left in memory of a reduction. */
interface Merger {
  start(): void;
  /** Takes what lies at some addresses, in order. */
  add(begin: number, end: number, step: number): void;
  /** The result for so many entries. */
  result(count: number): number;
}

/**
 * Makes one number of a reduction's partial results: chunk after chunk and leaf after leaf in their order, whoever computed them, so that the
 * result does not depend on how the chunks were shared out.
 */
export function compileMerge(
  reduction: number,
  { program, layoutOf, numbersAt }: NumberMemory,
  { frame, views }: { frame: PlanFrame; views: MemoryViews },
): Task {
  const node = required(program.nodes[reduction]);
  const operation = required(reductionOf(node));
  const values = numbersAt(reduction);
  if (operation.over === 'unit') {
    const bytes = accumulatorBytes(reductionCode(operation));
    const { leaves } = layoutOf(node.group);
    const accumulators = required(frame.accumulators.get(reduction));
    const merger = createMerger(operation, views, { isUnit: true });
    return () => {
      for (const { firstUnit, period, units, size } of leaves) {
        const end = firstUnit + period;
        for (let unit = firstUnit; unit < firstUnit + units; unit++) {
          merger.start();
          merger.add(accumulators + unit * bytes, accumulators + end * bytes, units * bytes);
          const value = merger.result(size / units);
          for (let place = unit; place < end; place += units) values[place] = value;
        }
      }
    };
  }
  const merger = createMerger(operation, views, { isUnit: false });
  const { partialBytes, partials } = frame.layout;
  const offset = required(partials.get(reduction));
  const groups = node.inputs.map((input) =>
    required(frame.groups[required(program.nodes[input]).group]),
  );
  return () => {
    merger.start();
    let count = 0;
    for (const { leafChunks, partials: first } of groups) {
      for (const { position, begin, end, entries } of leafChunks) {
        merger.add(first + begin * partialBytes + offset, first + end * partialBytes, partialBytes);
        count += entries;
        if (operation.over === 'leaves') continue;
        values[position] = merger.result(count);
        merger.start();
        count = 0;
      }
    }
    if (operation.over === 'leaves') values[0] = merger.result(count);
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

/** `isUnit` is for accumulators of units, which are single numbers, where a partial result of a chunk is several lanes. */
function createMerger(
  operation: Reduction,
  views: MemoryViews,
  { isUnit }: { isUnit: boolean },
): Merger {
  const code = reductionCode(operation);
  if (code.kind === 'power') return powerMerger(code.order, views);
  const { start, merge, kind } = code;
  const numbers = { wide: views.doubles, narrow: views.floats, mask: views.words }[kind];
  const bytes = numbers.BYTES_PER_ELEMENT;
  const lanes = isUnit ? 1 : kind === 'wide' ? 3 : 4;
  let total = start;
  return {
    start: () => void (total = start),
    add: (begin, end, step) => {
      for (let at = begin / bytes; at < end / bytes; at += step / bytes)
        for (let lane = 0; lane < lanes; lane++) total = merge(total, numbers[at + lane] ?? NaN);
    },
    result: (count) => finish(operation, total, count),
  };
}

function finish(operation: Reduction, total: number, count: number): number {
  if (operation.op === 'mean') return total / count;
  if (operation.op === 'sum' && count === 0) return 0;
  if (operation.op !== 'norm' || operation.order === 1 || operation.order === Infinity) return total;
  return operation.order === 2 ? Math.sqrt(total) : binaryMeaning.pow(total, 1 / operation.order);
}

/** Sums of powers of |x| / (the largest so far), each beside that largest and the sum of what is not finite. */
function powerMerger(order: number, { doubles }: MemoryViews): Merger {
  const { pow } = binaryMeaning;
  let [largest, total, notFinite] = [0, 0, 0];
  return {
    start: () => void ([largest, total, notFinite] = [0, 0, 0]),
    add: (begin, end, step) => {
      for (let at = begin / 8; at < end / 8; at += step / 8) {
        const [size, sum] = [doubles[at] ?? NaN, doubles[at + 1] ?? NaN];
        notFinite += doubles[at + 2] ?? NaN;
        if (size > largest) {
          total = total * pow(largest / size, order) + sum;
          largest = size;
        } else if (size > 0) total += sum * pow(size / largest, order);
      }
    },
    result: () => (notFinite === 0 ? largest * pow(total, 1 / order) : notFinite),
  };
}
