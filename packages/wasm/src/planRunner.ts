import { noGroup, planProgram, type LeafSpec, type Plan, type Program, type Results } from '@gradkit/core';
import { compilePlan, functionName, type CompiledPass, type CompiledPlan } from './compilePlan.ts';
import { chunkField, recordField } from './frameLayout.ts';
import {
  frameBytes,
  largestChunk,
  writeFrame,
  type Addresses,
  type GroupChunks,
  type PlanFrame,
} from './planFrame.ts';
import type { PassPool, SharedSweep } from './passPool.ts';
import { required } from './required.ts';

/** A gradient: an address in the memory that plans run on, or an array anywhere else. */
export type GradientSource = number | Float32Array | undefined;

/** The memory that plans run on, and how room is made in it. */
export interface RunnerMemory {
  readonly memory: WebAssembly.Memory;
  readonly isShared: boolean;
  /** The address of new memory, aligned to 16 bytes; undefined when there is no more. */
  allocate(bytes: number): number | undefined;
  /** Gives back everything that was allocated. */
  releaseAll(): void;
}

/** One step. */
export interface RunnerStep {
  readonly plan: Plan;
  readonly scalars: ReadonlyMap<string, number>;
  readonly gradients: readonly GradientSource[];
}

/** Runs plans over arrays that lie in a WebAssembly memory. */
export interface PlanRunner {
  /** Computes the first state. */
  initialize(program: Program): void;
  execute(step: RunnerStep): Results;
  /** Says where the parameters lie from now on. */
  moveParameters(addresses: readonly number[]): void;
  /** Says where the updates that are handed over go from now on. */
  moveUpdates(addresses: readonly number[]): void;
}

type Functions = ReadonlyMap<string, (...arguments_: readonly number[]) => void>;

interface OpenFrame extends PlanFrame {
  readonly plan: Plan;
  readonly functions: Functions;
  /** Where other threads find the module. */
  readonly module: SharedSweep['module'];
}

/** How many entries of gradients are copied before they are computed with: as many as stay in a core's second cache. */
const leastScratchEntries = 32_768;
/**
 * Where the scratch begins in a cache line. JavaScript's large arrays begin 16 bytes behind the start of one, and copying is faster by a quarter
 * where both ends lie alike.
 */
const scratchOffset = 16;

/** Sets up the running of plans over leaves. */
export function createPlanRunner(
  leaves: readonly LeafSpec[],
  { addresses: first, room, pool }: { addresses: Addresses; room: RunnerMemory; pool?: PassPool },
): PlanRunner {
  const { memory, isShared } = room;
  const frames = new Map<Plan, OpenFrame>();
  const instances = new Map<WebAssembly.Module, Functions>();
  /** Modules by the numbers under which other threads keep them. */
  const modules: WebAssembly.Module[] = [];
  const scratchEntries = Math.max(leastScratchEntries, largestChunk(leaves));
  let addresses = first;
  let scratch: number | undefined;
  let numbers = new Float32Array(memory.buffer);
  let words = new Int32Array(memory.buffer);

  const lookAgain = (): void => {
    if (numbers.buffer === memory.buffer) return;
    numbers = new Float32Array(memory.buffer);
    words = new Int32Array(memory.buffer);
  };

  const makeRoom = (bytes: number, what: string): number => {
    const found = room.allocate(bytes);
    if (found !== undefined) return found;
    frames.clear();
    scratch = undefined;
    room.releaseAll();
    const second = room.allocate(bytes);
    if (second !== undefined) return second;
    throw new RangeError(
      `There is no room for ${what} (${bytes} bytes) beside the parameters and the state. Train fewer parameters in one stepper.`,
    );
  };

  const functionsOf = (module: WebAssembly.Module): Functions => {
    const found = instances.get(module);
    if (found !== undefined) return found;
    const { exports } = new WebAssembly.Instance(module, { gradkit: { memory } });
    const functions = new Map(
      Object.entries(exports).flatMap(([name, value]) => (isFunction(value) ? [[name, value] as const] : [])),
    );
    instances.set(module, functions);
    return functions;
  };

  const openFrame = (plan: Plan): OpenFrame => {
    const known = frames.get(plan);
    if (known !== undefined) return known;
    const compiled = compilePlan(plan, { isShared });
    const functions = functionsOf(compiled.module);
    const base = makeRoom(frameBytes({ plan, compiled }), `the plan of ${plan.program.name}`);
    lookAgain();
    const written = writeFrame(memory.buffer, base, { plan, compiled, addresses });
    const frame = { ...written, plan, functions, module: moduleForThreads(compiled) };
    frames.set(plan, frame);
    return frame;
  };

  const moduleForThreads = ({ bytes, module }: CompiledPlan): SharedSweep['module'] => {
    if (pool === undefined) return { id: 0, address: 0, length: 0 };
    const address = makeRoom(bytes.length, 'a module for other threads');
    new Uint8Array(memory.buffer).set(bytes, address);
    const id = modules.indexOf(module);
    return { id: id < 0 ? modules.push(module) - 1 : id, address, length: bytes.length };
  };

  const scratchAddress = (): number => {
    scratch ??= makeRoom(4 * scratchEntries + scratchOffset, 'the gradients of one run');
    lookAgain();
    return scratch + scratchOffset;
  };

  const runSweep = (frame: OpenFrame, at: { pass: number; sweep: CompiledPass['sweeps'][number] }): void => {
    const { pass, sweep } = at;
    const { group, isOrdered } = sweep;
    const chunks = required(frame.groups[group]);
    if (chunks.chunks.length === 0) return;
    const compute = required(frame.functions.get(functionName.sweep(pass, group)));
    const run = (begin: number, end: number): void => compute(frame.base, begin, end);
    if (pool === undefined) run(chunks.begin, chunks.end);
    else pool.run({ pass, group, frame: frame.base, chunks, isOrdered, module: frame.module, run });
  };

  /** Copies gradients that lie elsewhere, as many as the scratch holds, and computes with them, until all are done. */
  const runStaged = (
    frame: OpenFrame,
    at: { pass: number; sweep: CompiledPass['sweeps'][number]; gradients: readonly GradientSource[] },
  ): void => {
    const { chunks } = required(frame.groups[at.sweep.group]);
    const sweep = required(frame.functions.get(functionName.sweep(at.pass, at.sweep.group)));
    const start = scratchAddress();
    let used = 0;
    let [from] = chunks;
    for (const chunk of chunks) {
      const gradient = at.gradients[chunk.leaf];
      if (!(gradient instanceof Float32Array)) continue;
      const needed = (chunk.entries + 3) & ~3;
      if (used + needed > scratchEntries && from !== undefined) {
        sweep(frame.base, from.address, chunk.address);
        from = chunk;
        used = 0;
      }
      const address = start + 4 * used;
      const isWhole = chunk.entries === gradient.length;
      numbers.set(
        isWhole ? gradient : gradient.subarray(chunk.start, chunk.start + chunk.entries),
        address >>> 2,
      );
      words[(chunk.address + chunkField.gradient) >>> 2] = address;
      used += needed;
    }
    if (from !== undefined) sweep(frame.base, from.address, required(frame.groups[at.sweep.group]).end);
  };

  const placeGradients = (group: GroupChunks, gradients: readonly GradientSource[]): boolean => {
    let isElsewhere = false;
    for (const chunk of group.chunks) {
      const gradient = gradients[chunk.leaf];
      if (typeof gradient === 'number')
        words[(chunk.address + chunkField.gradient) >>> 2] = gradient + 4 * chunk.start;
      else isElsewhere ||= gradient !== undefined;
    }
    return isElsewhere;
  };

  const readResults = ({ plan: { program }, base, compiled, groups }: OpenFrame): Results => {
    const { layout } = compiled;
    const numbersOf = (node: number, view: Float32Array | Int32Array): [number, number][] => {
      const group = required(program.nodes[node]).group;
      if (group === noGroup)
        return [[noGroup, view[(base + required(layout.values.get(node))) >>> 2] ?? NaN]];
      const offset = required(layout.groups[group]?.values.get(node));
      return Array.from(required(groups[group]).records, ([leaf, record]) => [
        leaf,
        view[(record + offset) >>> 2] ?? NaN,
      ]);
    };
    const reports = new Map<string, ReadonlyMap<number, number>>();
    for (const { name, outputs } of program.reports)
      reports.set(name, new Map(outputs.flatMap(({ node }) => numbersOf(node, numbers))));
    const holds = new Map<number, boolean>();
    for (const { node } of program.holds)
      for (const [leaf, held] of numbersOf(node, words)) holds.set(leaf, held !== 0);
    return { reports, holds };
  };

  const writeAddresses = (field: number, values: readonly number[]): void => {
    lookAgain();
    for (const { groups } of frames.values()) {
      for (const { records } of groups)
        for (const [leaf, record] of records) words[(record + field) >>> 2] = required(values[leaf]);
    }
  };

  const execute = ({ plan, scalars, gradients }: RunnerStep): Results => {
    lookAgain();
    const frame = openFrame(plan);
    const { compiled, functions, base } = frame;
    const isElsewhere = frame.groups.map((group) => placeGradients(group, gradients));
    // Before anything is computed: making room may move what is in memory.
    if (isElsewhere.includes(true)) {
      scratchAddress();
      if (!frames.has(plan)) return execute({ plan, scalars, gradients });
    }
    for (const [name, offset] of compiled.layout.scalarInputs)
      numbers[(base + offset) >>> 2] = scalars.get(name) ?? NaN;
    compiled.passes.forEach(({ sweeps, hasReductions }, pass) => {
      required(functions.get(functionName.before(pass)))(base);
      for (const sweep of sweeps) {
        if (sweep.readsGradients && isElsewhere[sweep.group] === true)
          runStaged(frame, { pass, sweep, gradients });
        else runSweep(frame, { pass, sweep });
      }
      if (hasReductions) required(functions.get(functionName.combine(pass)))(base);
    });
    required(functions.get(functionName.after))(base);
    return readResults(frame);
  };

  return {
    initialize: (program) => void execute({ plan: planProgram(program), scalars: new Map(), gradients: [] }),
    execute,
    moveParameters: (parameters) => {
      addresses = { ...addresses, parameters };
      writeAddresses(recordField.parameter, parameters);
    },
    moveUpdates: (updates) => {
      addresses = { ...addresses, updates };
      writeAddresses(recordField.update, updates);
    },
  };
}

function isFunction(value: unknown): value is (...arguments_: readonly number[]) => void {
  return typeof value === 'function';
}
