import {
  compileCommits,
  compileNumbers,
  compileReports,
  numberCount,
  slotLength,
  type LeafSpec,
  type NumberMemory,
  type Plan,
  type ReadReports,
  type Task,
} from '@gradkit/core';
import { compilePlan, type CompiledPass, type CompiledPlan, type NumberRun } from './compilePlan.ts';
import { chunkField } from './frameLayout.ts';
import { gradientStages, stageEntries } from './gradientStages.ts';
import { compileMerge, compileStart, type MemoryViews } from './mergePartials.ts';
import { placeFrame, writeFrame, type Addresses, type PlanFrame } from './planFrame.ts';
import type { PassPool, SharedModule } from './passPool.ts';
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
  execute(step: RunnerStep): ReadReports;
  /** Says where the parameters lie from now on. */
  moveParameters(addresses: readonly number[]): void;
  /** Says where the updates that are handed over go from now on. */
  moveUpdates(addresses: readonly number[]): void;
}

type Functions = ReadonlyMap<string, (frame: number, begin: number, end: number) => void>;

interface OpenFrame extends PlanFrame {
  readonly plan: Plan;
  readonly compiled: CompiledPlan;
  readonly functions: Functions;
  /** Where other threads find the module. */
  readonly module: SharedModule | undefined;
  /** How the gradients of each group are copied that lie elsewhere. */
  readonly stages: readonly ReturnType<typeof gradientStages>[];
  /** The move of arrays that it knows of. */
  version: number;
  /** What JavaScript does in a step; undefined when the memory is another one than it was made for. */
  work: FrameWork | undefined;
}

/** What is done in a step beside sweeps. */
interface FrameWork {
  readonly passes: readonly {
    readonly before: readonly Task[];
    readonly sweeps: CompiledPass['sweeps'];
    readonly after: readonly Task[];
  }[];
  readonly after: readonly Task[];
  readonly reports: ReadReports;
}

/**
 * Where the scratch begins in a cache line. JavaScript's large arrays begin 16 bytes behind the start of one, and copying is faster by a quarter
 * where both ends lie alike.
 */
const scratchOffset = 16;

/** A step has the plan of the leaves that have a gradient. Where they change all the time, plans are made anew rather than kept. */
const mostFrames = 64;

/** Sets up the running of plans over leaves. */
export function createPlanRunner(
  leaves: readonly LeafSpec[],
  { addresses: first, room, pool }: { addresses: Addresses; room: RunnerMemory; pool?: PassPool },
): PlanRunner {
  const { memory, isShared } = room;
  const frames = new Map<Plan, OpenFrame>();
  const instances = new WeakMap<WebAssembly.Module, Functions>();
  const scratchEntries = stageEntries(leaves);
  let addresses = first;
  /** How often arrays have moved. */
  let version = 0;
  let scratch: number | undefined;
  let views = viewsOf(memory.buffer);
  let hostNumbers: ReadonlyMap<string, number> = new Map();

  /** A memory that has grown is another one. */
  const lookAgain = (): void => {
    if (views.floats.buffer === memory.buffer) return;
    views = viewsOf(memory.buffer);
    for (const frame of frames.values()) frame.work = undefined;
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

  /** Makes the frame of a plan, and room for gradients that lie elsewhere if there are any; undefined where there is no room for both. */
  const tryOpening = (plan: Plan, isAnyElsewhere: boolean): OpenFrame | undefined => {
    if (isAnyElsewhere) {
      scratch ??= room.allocate(4 * scratchEntries + scratchOffset);
      if (scratch === undefined) return undefined;
    }
    const known = frames.get(plan);
    if (known !== undefined || frames.size === mostFrames) return known;
    const compiled = compilePlan(plan, { isShared });
    const { end } = placeFrame(plan, compiled, 0);
    const base = room.allocate(end + (pool === undefined ? 0 : compiled.bytes.length));
    if (base === undefined) return undefined;
    lookAgain();
    const placed = placeFrame(plan, compiled, base);
    writeFrame(views.words, placed, addresses);
    const frame = {
      ...placed,
      plan,
      compiled,
      functions: functionsOf(compiled.module),
      module: pool?.share(compiled, placed.end),
      stages: placed.groups.map((group) => gradientStages(group, scratchEntries)),
      work: undefined,
      version,
    };
    frames.set(plan, frame);
    return frame;
  };

  const openFrame = (plan: Plan, isAnyElsewhere: boolean): OpenFrame => {
    for (let attempt = 0; attempt < 2; attempt++) {
      const opened = tryOpening(plan, isAnyElsewhere);
      if (opened !== undefined) return opened;
      frames.clear();
      scratch = undefined;
      room.releaseAll();
    }
    throw new RangeError(
      `There is no room for the plan of ${plan.program.name}. ` +
        `Share the parameters out to several steppers or optimizers.`,
    );
  };

  /** The numbers of a frame, where they lie in this memory. */
  const numberMemory = ({ plan: { program }, values, layoutOf }: OpenFrame): NumberMemory => {
    const floatsAt = (address: number, length: number): Float32Array =>
      new Float32Array(memory.buffer, address, length);
    const numbers = program.nodes.map((node, index) =>
      floatsAt(values.get(index) ?? 0, node.kind === 'leaf' ? 0 : numberCount(node, layoutOf(node.group))),
    );
    const specs = new Map(program.slotSpecs.map((slot) => [slot.name, slot]));
    return {
      program,
      layoutOf,
      numbersAt: (node) => required(numbers[node]),
      arrayAt: (operation, leaf) => {
        // Parameters and gradients are read by sweeps.
        if (operation.op !== 'slot') return undefined;
        const address = addresses.slots.get(operation.slot)?.get(leaf);
        if (address === undefined) return undefined;
        return floatsAt(address, slotLength(required(specs.get(operation.slot)), leaves[leaf]?.shape));
      },
      scalars: () => hostNumbers,
    };
  };

  const workOf = (frame: OpenFrame): FrameWork => {
    const numbers = numberMemory(frame);
    const place = { frame, views };
    const runTasks = (runs: readonly NumberRun[]): readonly Task[] =>
      runs.flatMap(({ nodes, name }) => {
        if (name === undefined) return compileNumbers(nodes, numbers);
        const compute = required(frame.functions.get(name));
        const { begin, end } = required(frame.numbers.get(name));
        return [() => compute(frame.base, begin, end)];
      });
    const passes = frame.compiled.passes.map(({ before, sweeps, reductions }) => ({
      before: [
        ...runTasks(before),
        ...reductions.flatMap(({ reduction, isOfUnits }) =>
          isOfUnits ? [compileStart(reduction, numbers, place)] : [],
        ),
      ],
      sweeps,
      after: reductions.map(({ reduction }) => compileMerge(reduction, numbers, place)),
    }));
    const after = [...runTasks(frame.compiled.after), ...compileCommits(numbers)];
    return { passes, after, reports: compileReports(numbers) };
  };

  const runSweep = (
    frame: OpenFrame,
    { name, pass, group, isOrdered }: CompiledPass['sweeps'][number],
  ): void => {
    const chunks = required(frame.groups[group]);
    if (chunks.chunks.length === 0) return;
    const compute = required(frame.functions.get(name));
    const run = (begin: number, end: number): void => compute(frame.base, begin, end);
    const { module } = frame;
    if (module === undefined) run(chunks.begin, chunks.end);
    else pool?.run({ pass, group, frame: frame.base, chunks, isOrdered, module, run });
  };

  /** Copies gradients that lie elsewhere, as many as the scratch holds, and computes with them, until all are done. */
  const runStaged = (
    frame: OpenFrame,
    { name, group }: CompiledPass['sweeps'][number],
    { gradients, scratchAt }: { gradients: readonly GradientSource[]; scratchAt: number },
  ): void => {
    const compute = required(frame.functions.get(name));
    for (const { copies, begin, end } of required(frame.stages[group]).stages) {
      for (const { leaf, start, end: to, place } of copies) {
        const gradient = gradients[leaf];
        if (!(gradient instanceof Float32Array)) continue;
        const isWhole = to - start === gradient.length;
        views.floats.set(isWhole ? gradient : gradient.subarray(start, to), (scratchAt >>> 2) + place);
      }
      compute(frame.base, begin, end);
    }
  };

  /** Says where the gradients of a group lie, or will lie when they are copied; whether any has to be. */
  const placeGradients = (
    { groups, stages }: OpenFrame,
    group: number,
    { gradients, scratchAt }: { gradients: readonly GradientSource[]; scratchAt: number },
  ): boolean => {
    const places = required(stages[group]).places;
    let isElsewhere = false;
    required(groups[group]).chunks.forEach(({ leaf, start, address }, index) => {
      const gradient = gradients[leaf];
      if (gradient === undefined) return;
      const isHere = typeof gradient === 'number';
      isElsewhere ||= !isHere;
      views.words[(address + chunkField.gradient) >>> 2] = isHere
        ? gradient + 4 * start
        : scratchAt + 4 * required(places[index]);
    });
    return isElsewhere;
  };

  /** Writes to a frame where arrays lie that have moved. */
  const followMoves = (frame: OpenFrame): void => {
    if (frame.version === version) return;
    frame.version = version;
    writeFrame(views.words, frame, addresses);
  };

  const execute = ({ plan, scalars, gradients }: RunnerStep): ReadReports => {
    const isAnyElsewhere = gradients.some((gradient) => gradient instanceof Float32Array);
    const frame = openFrame(plan, isAnyElsewhere);
    lookAgain();
    followMoves(frame);
    const given = { gradients, scratchAt: (scratch ?? 0) + scratchOffset };
    const isElsewhere = frame.groups.map((_, group) => placeGradients(frame, group, given));
    hostNumbers = scalars;
    const { passes, after, reports } = (frame.work ??= workOf(frame));
    for (const pass of passes) {
      for (const task of pass.before) task();
      for (const sweep of pass.sweeps) {
        if (sweep.readsGradients && isElsewhere[sweep.group] === true) runStaged(frame, sweep, given);
        else runSweep(frame, sweep);
      }
      for (const task of pass.after) task();
    }
    for (const task of after) task();
    return reports;
  };

  return {
    execute,
    moveParameters: (parameters) => {
      addresses = { ...addresses, parameters };
      version++;
    },
    moveUpdates: (updates) => {
      addresses = { ...addresses, updates };
      version++;
    },
  };
}

function viewsOf(buffer: ArrayBufferLike): MemoryViews {
  return {
    floats: new Float32Array(buffer),
    doubles: new Float64Array(buffer),
    words: new Int32Array(buffer),
  };
}

function isFunction(value: unknown): value is (...arguments_: readonly number[]) => void {
  return typeof value === 'function';
}
