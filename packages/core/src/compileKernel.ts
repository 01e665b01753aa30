import type { NumberMemory, Task } from './compileNumbers.ts';
import { elementwiseLoop, type Block, type Loop } from './elementwiseLoops.ts';
import type { LeafLayout } from './groupLayout.ts';
import type { Kernel, Load, Store } from './kernel.ts';
import type { Memory } from './memory.ts';
import { isReduction, type Over } from './operation.ts';
import { feedLoop, type FeedLoop } from './reductionLoops.ts';
import { countEntries, type RunningReduction } from './runningReduction.ts';

/** What kernels of one pass share. */
interface KernelContext extends NumberMemory {
  readonly memory: Memory;
  /** How many entries go through a whole kernel before the next ones do. */
  readonly blockSize: number;
  readonly running: ReadonlyMap<number, RunningReduction>;
}

/** The entries of one leaf that lie in a block. */
interface Part {
  readonly leaf: LeafLayout;
  /** Where they begin in their leaf. */
  readonly from: number;
  /** Where they begin and end in the block. */
  readonly start: number;
  readonly end: number;
}

interface Step extends Block {
  readonly loop: Loop;
}

interface FedReduction {
  readonly running: RunningReduction;
  readonly loop: FeedLoop;
  readonly over: Over;
  readonly values: Float32Array;
}

/**
 * Makes a kernel into loops over blocks of the entries of its group, leaf after leaf, so that small leaves go together. Each value has a
 * register, an array of the length of a block, which is used again as soon as its last reader is done.
 */
export function compileKernel(kernel: Kernel, context: KernelContext): Task {
  const { nodes } = context.program;
  const { leaves, entries } = context.layoutOf(kernel.group);
  const blockSize = Math.min(context.blockSize, entries);
  const registers = new Map<number, Float32Array>();
  const free: Float32Array[] = [];
  const take = (value: number): Float32Array => {
    const register = free.pop() ?? new Float32Array(blockSize);
    registers.set(value, register);
    return register;
  };
  const registerOf = (value: number): Float32Array => registers.get(value) ?? take(value);

  const lastReader = new Map<number, number>();
  kernel.body.forEach(({ operands }, position) => {
    for (const operand of operands) lastReader.set(operand, position);
  });
  // These keep what they hold from block to block, or are read when all is computed.
  const kept = [
    ...kernel.loads.filter(({ per }) => per !== 'entry').map(({ value }) => value),
    ...kernel.feeds.map(({ value }) => value),
    ...kernel.stores.map(({ node }) => node),
  ];
  for (const value of kept) lastReader.set(value, Infinity);

  const loads = kernel.loads.map((load) => ({ ...load, register: take(load.value) }));
  const steps = kernel.body.map(({ value, operation, operands }, position): Step => {
    const read = operands.map(registerOf);
    for (const operand of new Set(operands))
      if (lastReader.get(operand) === position) free.push(registerOf(operand));
    const out = take(value);
    const [a = out, b = out, c = out] = read;
    return { loop: elementwiseLoop(operation), out, a, b, c };
  });
  const feeds = kernel.feeds.flatMap(compileFeed);
  const stores = kernel.stores.map((write) => ({ write, register: registerOf(write.node) }));
  const [perStep, perBlock] = [true, false].map((isOnce) =>
    loads.filter(({ per }) => (per === 'step') === isOnce),
  );

  return () => {
    for (const { value, from, register } of perStep ?? [])
      register.fill(from.op === 'constant' ? from.value : (context.numbersAt(value)[0] ?? NaN));
    let next = 0;
    for (let start = 0; start < entries; start += blockSize) {
      const end = Math.min(start + blockSize, entries);
      const parts: Part[] = [];
      for (let leaf = leaves[next]; leaf !== undefined && leaf.firstEntry < end; leaf = leaves[next]) {
        const last = leaf.firstEntry + leaf.size;
        parts.push({
          leaf,
          from: Math.max(0, start - leaf.firstEntry),
          start: Math.max(0, leaf.firstEntry - start),
          end: Math.min(end, last) - start,
        });
        if (last > end) break;
        next++;
      }
      for (const load of perBlock ?? []) for (const part of parts) fill(load, part);
      for (const step of steps) step.loop(step, end - start);
      for (const fed of feeds) for (const part of parts) feed(fed, part);
      for (const { write, register } of stores)
        for (const part of parts)
          copy({ from: register, at: part.start }, { to: arrayFor(write, part), at: part.from }, part);
    }
  };

  function fill({ value, per, from, register }: Load & { register: Float32Array }, part: Part): void {
    const { leaf, start, end } = part;
    if (from.op === 'constant' || from.op === 'numbers') {
      const [first, units] = per === 'unit' ? [leaf.firstUnit, leaf.units] : [leaf.position, 1];
      const numbers = context.numbersAt(value);
      if (units === 1) register.fill(numbers[first] ?? NaN, start, end);
      else
        for (let i = start, unit = part.from % units; i < end; i++) {
          register[i] = numbers[first + unit] ?? NaN;
          unit = unit + 1 === units ? 0 : unit + 1;
        }
      return;
    }
    copy(
      { from: context.arrayAt(from, leaf.leaf) ?? nothing, at: part.from },
      { to: register, at: start },
      part,
    );
  }

  function feed({ running, loop, over, values }: FedReduction, { leaf, from, start, end }: Part): void {
    const units = over === 'unit' ? leaf.units : 1;
    loop({ running, values, start, end, units, phase: from % units, at: firstResult(over, leaf) });
  }

  function arrayFor(write: Store, { leaf: { leaf } }: Part): Float32Array {
    const { slots, updates, parameters } = context.memory;
    const array =
      write.to === 'slot'
        ? slots.get(write.slot)?.get(leaf)
        : (write.to === 'update' ? updates : parameters)[leaf];
    return array ?? nothing;
  }

  function compileFeed({ reduction, value }: Kernel['feeds'][number]): FedReduction[] {
    const operation = nodes[reduction]?.operation;
    const running = context.running.get(reduction);
    if (running === undefined || operation === undefined || !isReduction(operation)) return [];
    const { over } = operation;
    for (const leaf of leaves) {
      const units = over === 'unit' ? leaf.units : 1;
      for (let unit = 0; unit < units; unit++)
        countEntries(running, firstResult(over, leaf) + unit, Math.ceil((leaf.size - unit) / units));
    }
    return [{ running, loop: feedLoop(operation), over, values: registerOf(value) }];
  }
}

const nothing = new Float32Array(0);

/** Where the results of a leaf begin. */
function firstResult(over: Over, { firstUnit, position }: LeafLayout): number {
  return over === 'unit' ? firstUnit : over === 'leaf' ? position : 0;
}

/** Copies the entries of a part. */
function copy(
  { from, at: first }: { from: Float32Array; at: number },
  { to, at }: { to: Float32Array; at: number },
  { start, end }: Part,
): void {
  const length = end - start;
  // Copying at once costs as much as a few dozen numbers before it begins.
  if (length > 64) to.set(from.subarray(first, first + length), at);
  else for (let i = 0; i < length; i++) to[at + i] = from[first + i] ?? NaN;
}
