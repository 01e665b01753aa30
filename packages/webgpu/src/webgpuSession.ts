import {
  describeValue,
  InvalidOptionError,
  noGroup,
  planProgram,
  sizeInLeaf,
  sizeOfShape,
  TreeMismatchError,
  type DeviceSession,
  type DeviceStep,
  type Layout,
  type Plan,
  type ReportedNumbers,
  type StateCopy,
} from '@gradkit/core';
import { bufferUsage } from './bufferUsage.ts';
import { DeviceError, type DeviceLostError } from './deviceErrors.ts';
import { countsOf, writeDeviceProgram, type DeviceProgram, type Dispatch } from './deviceProgram.ts';
import type { PipelineCache } from './pipelineCache.ts';
import { createReportRing } from './reportRing.ts';
import type { Segment } from './segments.ts';
import { layOutSession } from './sessionLayout.ts';
import { arraySlots, wordsOf } from './shaderLayout.ts';
import { batchFields, scalarFields } from './writeShader.ts';

/** What sessions of one engine share. */
export interface SessionContext {
  readonly device: GPUDevice;
  readonly pipelines: PipelineCache;
  readonly workgroupSize: number;
  readonly subgroups: { readonly smallest: number; readonly largest: number } | undefined;
  readonly development: boolean;
  readonly packUpTo: number;
  readonly storageBuffers: number;
  lost(): DeviceLostError | undefined;
  /** What the device said instead of giving a buffer memory. */
  refusalOf(buffer: GPUBuffer): DeviceError | undefined;
}

interface Compiled extends DeviceProgram {
  readonly region: number;
  readonly uniform: GPUBuffer;
  readonly batches: GPUBuffer;
  readonly step: ArrayBuffer;
  readonly stepWords: Uint32Array<ArrayBuffer>;
  readonly stepNumbers: Float32Array<ArrayBuffer>;
  /** Where each scalar input lies among the words of a step. */
  readonly inputs: readonly (readonly [string, number])[];
  readonly bindGroups: (BindGroupEntry | undefined)[];
  pipelines: readonly GPUComputePipeline[] | undefined;
}

interface BindGroupEntry {
  readonly buffers: readonly GPUBuffer[];
  readonly group: GPUBindGroup;
}

interface LeafBuffers {
  readonly parameters: ReadonlyMap<number, GPUBuffer>;
  readonly gradients: ReadonlyMap<number, GPUBuffer>;
  readonly updates: ReadonlyMap<number, GPUBuffer>;
}

const stepHeader = 4;
const storage = bufferUsage.storage | bufferUsage.copySource | bufferUsage.copyDestination;

/** Makes room on a device for the state of one transform, and runs its plans there. */
export function openWebgpuSession(context: SessionContext, layout: Layout): DeviceSession<GPUBuffer> {
  const { device } = context;
  const { limits } = device;
  const { arena, setting } = layOutSession(layout, limits, context);
  const small = setting.smallState;
  const counts = countsOf(layout);
  const slots = arraySlots(layout);
  const bankWords = wordsOf(small.size, counts);
  const segmentsOf = new Map<number, Segment[]>();
  for (const segment of arena.segments)
    segmentsOf.set(segment.leaf, [...(segmentsOf.get(segment.leaf) ?? []), segment]);

  const owned = new Set<GPUBuffer>();
  let failure: Error | undefined;
  /** Resolves when it is known whether the device has refused anything so far. */
  let verdict: Promise<unknown> = Promise.resolve();

  /** Hears what the device refuses of all that is asked of it until the result is called. */
  const watch = (
    what: { pass: string; leaves: readonly string[] },
    buffers: readonly GPUBuffer[] = [],
  ): (() => void) => {
    device.pushErrorScope('validation');
    device.pushErrorScope('out-of-memory');
    return () => {
      for (const kind of ['out-of-memory', 'validation']) {
        const judged = device.popErrorScope().then(
          (error) => {
            const [refusal] = buffers.flatMap((buffer) => context.refusalOf(buffer) ?? []);
            failure ??= refusal;
            if (error !== null) failure ??= new DeviceError({ kind, ...what, message: error.message });
          },
          () => {
            // The device is lost, which says so itself.
          },
        );
        verdict = Promise.all([verdict, judged]);
      }
    };
  };

  const own = (label: string, words: number, usage: number = storage): GPUBuffer => {
    const judge = watch({ pass: `room for its ${label}`, leaves: [] });
    const buffer = device.createBuffer({
      label: `gradkit ${label}`,
      size: Math.max(256, Math.ceil(words / 4) * 16),
      usage,
    });
    judge();
    owned.add(buffer);
    return buffer;
  };
  const chunks = arena.chunks.map((words, index) => own(`arena ${index}`, words));
  // What fills the slots of a shader for which there is no leaf; nothing may be bound for reading and for writing at once.
  const spareWords = (limits.minStorageBufferOffsetAlignment / 4) * (context.storageBuffers + 1);
  const spare = { read: own('spare to read', spareWords), write: own('spare to write', spareWords) };
  const ring = createReportRing(device);
  const compiled = new Map<Plan, Compiled>();
  /** Copies of gradients that lie in a buffer that the same step writes to. */
  const copies = new Map<number, GPUBuffer>();
  let numbers = own('numbers', 2 * bankWords);
  let used = 2 * bankWords;
  let bank = 0;
  let isDisposed = false;

  /** Room that plans had which are gone. */
  const free: { readonly region: number; readonly words: number }[] = [];

  /** Room for the tables and numbers of one more plan; what lies in the buffer moves along with it. */
  const claim = (words: number): number => {
    const fit = free.findIndex((room) => room.words === words);
    const [found] = fit < 0 ? [] : free.splice(fit, 1);
    if (found !== undefined) return found.region;
    const region = used;
    used += words;
    if (4 * used > numbers.size) {
      const larger = own('numbers', 2 * used);
      const encoder = device.createCommandEncoder();
      encoder.copyBufferToBuffer(numbers, 0, larger, 0, numbers.size);
      device.queue.submit([encoder.finish()]);
      owned.delete(numbers);
      numbers.destroy();
      numbers = larger;
    }
    return region;
  };

  const forget = (plan: Plan, { region, words, uniform, batches }: Compiled): void => {
    compiled.delete(plan);
    free.push({ region, words });
    for (const buffer of [uniform, batches]) {
      owned.delete(buffer);
      buffer.destroy();
    }
  };

  const compile = (plan: Plan): Compiled => {
    const known = compiled.get(plan);
    if (known !== undefined) return known;
    const [eldest] = compiled;
    if (compiled.size === mostPlans && eldest !== undefined) forget(...eldest);
    const program = writeDeviceProgram(plan, {
      layout,
      arena,
      setting,
      limits: { storageBuffers: context.storageBuffers, workgroups: limits.maxComputeWorkgroupsPerDimension },
    });
    const region = claim(program.words);
    device.queue.writeBuffer(numbers, 4 * region, program.tables);
    const alignment = limits.minUniformBufferOffsetAlignment / 4;
    const rowWords = Math.ceil(batchFields.length / alignment) * alignment;
    const rows = new Uint32Array(rowWords * Math.max(1, program.dispatches.length));
    program.dispatches.forEach(({ batch }, index) => {
      batchFields.forEach((field, word) => {
        const value = batch.get(field) ?? 0;
        rows[index * rowWords + word] = regionFields.has(field) ? region + value : value;
      });
    });
    const batches = own('batches', rows.length, bufferUsage.uniform | bufferUsage.copyDestination);
    device.queue.writeBuffer(batches, 0, rows);
    const names = [...scalarFields(plan.program).keys()];
    const step = new ArrayBuffer(4 * Math.ceil((stepHeader + names.length) / 4) * 4);
    const made: Compiled = {
      ...program,
      region,
      uniform: own('step', step.byteLength / 4, bufferUsage.uniform | bufferUsage.copyDestination),
      batches,
      step,
      stepWords: new Uint32Array(step),
      stepNumbers: new Float32Array(step),
      inputs: names.map((name, index) => [name, stepHeader + index]),
      bindGroups: [],
      pipelines: undefined,
    };
    made.stepWords[2] = 0x7f800000;
    compiled.set(plan, made);
    return made;
  };

  const requireOpen = (): void => {
    if (isDisposed) throw new InvalidOptionError('This session was disposed. Open a new one.');
    const lost = context.lost();
    if (lost !== undefined) throw lost;
    if (failure !== undefined) throw failure;
  };

  const bindGroupOf = (
    program: Compiled,
    index: number,
    request: { pipeline: GPUComputePipeline; dispatch: Dispatch; buffers: LeafBuffers },
  ): GPUBindGroup => {
    const { pipeline, dispatch, buffers } = request;
    const resources = resourcesOf(dispatch, buffers);
    const list = resources.map(({ buffer }) => buffer);
    const known = program.bindGroups[index];
    const isSame =
      known?.buffers.length === list.length && known.buffers.every((buffer, at) => buffer === list[at]);
    if (known !== undefined && isSame) return known.group;
    const rowBytes =
      Math.ceil((4 * batchFields.length) / limits.minUniformBufferOffsetAlignment) *
      limits.minUniformBufferOffsetAlignment;
    const group = device.createBindGroup({
      label: `gradkit ${dispatch.pass}`,
      layout: pipeline.getBindGroupLayout(0),
      entries: [
        { binding: 0, resource: { buffer: program.uniform } },
        {
          binding: 1,
          resource: { buffer: program.batches, offset: index * rowBytes, size: 4 * batchFields.length },
        },
        ...resources.map((resource, at) => ({ binding: at + 2, resource })),
      ],
    });
    program.bindGroups[index] = { buffers: list, group };
    return group;
  };

  const resourcesOf = ({ shader, bound, chunk }: Dispatch, buffers: LeafBuffers): GPUBufferBinding[] => {
    const { access, bindsArena, leavesBound } = shader;
    const arenaBuffer = chunks[chunk];
    const kept: GPUBufferBinding =
      arenaBuffer === undefined
        ? { buffer: spare.write, offset: 0, size: limits.minStorageBufferOffsetAlignment }
        : { buffer: arenaBuffer };
    const resources: GPUBufferBinding[] = [{ buffer: numbers }, ...(bindsArena ? [kept] : [])];
    // The first part is an arena that is not there.
    let spares = 0;
    const bind = (
      mode: 'read' | 'write',
      buffer: GPUBuffer | undefined,
      segment: Segment | undefined,
    ): void => {
      if (segment === undefined || buffer === undefined) {
        const offset = limits.minStorageBufferOffsetAlignment * ++spares;
        resources.push({ buffer: spare[mode], offset, size: limits.minStorageBufferOffsetAlignment });
      } else {
        resources.push({ buffer, offset: 4 * segment.start, size: 4 * segment.size });
      }
    };
    for (let slot = 0; slot < leavesBound; slot++) {
      const segment = bound[slot];
      const leaf = segment?.leaf ?? noGroup;
      if (access.parameter !== undefined) bind(access.parameter, buffers.parameters.get(leaf), segment);
      if (access.gradient) bind('read', buffers.gradients.get(leaf), segment);
      if (access.update) bind('write', buffers.updates.get(leaf), segment);
    }
    return resources;
  };

  const nameOf = (leaf: number): string => layout.leaves[leaf]?.name ?? '';

  const requireBuffer = (
    buffer: GPUBuffer | undefined,
    leaf: number,
    { what, uses }: { what: string; uses: readonly BufferUse[] },
  ): GPUBuffer => {
    const name = nameOf(leaf);
    const size = sizeOfShape(layout.leaves[leaf]?.shape ?? []);
    if (buffer !== undefined && !isGpuBuffer(buffer)) {
      throw new TreeMismatchError(
        `The ${what} of ${JSON.stringify(name)} is ${describeValue(buffer)}; it must be a Float32Array of ${size} values, a GPUBuffer of this device, ` +
          `or null to leave that parameter alone. Tensors of TensorFlow.js go with @gradkit/tfjs-webgpu.`,
        { leaf: name },
      );
    }
    const fault = buffer === undefined ? 'is missing' : faultOf(buffer, { bytes: 4 * size, uses });
    if (buffer !== undefined && fault === undefined) return buffer;
    const flags = uses.map((use) => `GPUBufferUsage.${flagNames[use]}`).join(' | ');
    throw new DeviceError({
      kind: 'validation',
      pass: `the ${what}`,
      leaves: [name],
      message: `its buffer ${fault}. Make it with at least ${4 * size} bytes and ${flags}.`,
      remedy: 'The step was not taken.',
    });
  };

  /** Buffers that can be bound together: what is written must not lie in what is read. */
  const checkBuffers = (program: Compiled, given: LeafBuffers, encoder: GPUCommandEncoder): LeafBuffers => {
    const written = new Map<GPUBuffer, number>();
    const gradients = new Map<number, GPUBuffer>();
    const leaves = new Map<
      number,
      { isPacked: boolean; parameter: string | undefined; gradient: boolean; update: boolean }
    >();
    for (const { shader, bound, packed } of program.dispatches) {
      for (const { leaf, isPacked } of [...bound, ...packed]) {
        const known = leaves.get(leaf);
        leaves.set(leaf, {
          isPacked,
          parameter: known?.parameter === 'write' ? 'write' : (shader.access.parameter ?? known?.parameter),
          gradient: shader.access.gradient || known?.gradient === true,
          update: shader.access.update || known?.update === true,
        });
      }
    }
    const claimWritten = (buffer: GPUBuffer, leaf: number): void => {
      const other = written.get(buffer);
      if (other !== undefined) {
        throw new DeviceError({
          kind: 'validation',
          pass: 'the update',
          leaves: [nameOf(other), nameOf(leaf)],
          message: 'they lie in one buffer, and a step would write it twice. Give each a buffer of its own.',
        });
      }
      written.set(buffer, leaf);
    };
    for (const [leaf, access] of leaves) {
      const { isPacked } = access;
      if (access.parameter !== undefined) {
        const isWritten = access.parameter === 'write';
        const uses = usesOf({ copiedFrom: isPacked, copiedTo: isPacked && isWritten });
        const buffer = requireBuffer(given.parameters.get(leaf), leaf, { what: 'parameter', uses });
        if (isWritten) claimWritten(buffer, leaf);
      }
      if (access.update) {
        const uses = usesOf({ copiedFrom: false, copiedTo: isPacked });
        claimWritten(requireBuffer(given.updates.get(leaf), leaf, { what: 'update', uses }), leaf);
      }
    }
    for (const [leaf, access] of leaves) {
      if (!access.gradient) continue;
      const bufferGiven = given.gradients.get(leaf);
      const isShared = bufferGiven !== undefined && written.has(bufferGiven);
      const uses = usesOf({ copiedFrom: access.isPacked || isShared, copiedTo: false });
      const buffer = requireBuffer(bufferGiven, leaf, { what: 'gradient', uses });
      if (!isShared) {
        gradients.set(leaf, buffer);
        continue;
      }
      const size = 4 * sizeOfShape(layout.leaves[leaf]?.shape ?? []);
      const copy = copies.get(leaf) ?? own(`gradient of ${nameOf(leaf)}`, size / 4);
      copies.set(leaf, copy);
      encoder.copyBufferToBuffer(buffer, 0, copy, 0, size);
      gradients.set(leaf, copy);
    }
    return { parameters: given.parameters, updates: given.updates, gradients };
  };

  const movePacked = (
    program: Compiled,
    buffers: LeafBuffers,
    { encoder, out }: { encoder: GPUCommandEncoder; out: boolean },
  ): void => {
    const moved = new Set<string>();
    for (const { shader, packed } of program.dispatches) {
      for (const { leaf, chunk, base, stride, size } of packed) {
        const move = (buffer: GPUBuffer | undefined, turn: number): void => {
          const arrayOfArena = chunks[chunk];
          if (buffer === undefined || arrayOfArena === undefined || moved.has(`${leaf} ${turn}`)) return;
          moved.add(`${leaf} ${turn}`);
          const at = 4 * (base + (slots.length + turn) * stride);
          if (out) encoder.copyBufferToBuffer(arrayOfArena, at, buffer, 0, 4 * size);
          else encoder.copyBufferToBuffer(buffer, 0, arrayOfArena, at, 4 * size);
        };
        if (out) {
          if (shader.access.parameter === 'write') move(buffers.parameters.get(leaf), 0);
          if (shader.access.update) move(buffers.updates.get(leaf), 2);
        } else {
          if (shader.access.parameter !== undefined) move(buffers.parameters.get(leaf), 0);
          if (shader.access.gradient) move(buffers.gradients.get(leaf), 1);
        }
      }
    }
  };

  const settle = async (): Promise<void> => {
    await verdict;
    const error = context.lost() ?? failure;
    if (error !== undefined) throw error;
  };

  const run = (
    program: Compiled,
    given: LeafBuffers,
    { scalars, wantsReports }: { scalars: ReadonlyMap<string, number>; wantsReports: boolean },
  ): Promise<Float32Array> | undefined => {
    const pipelines = (program.pipelines ??= program.dispatches.map(({ shader }) =>
      context.pipelines.compile(shader),
    ));
    program.stepWords[0] = bank * bankWords;
    program.stepWords[1] = (1 - bank) * bankWords;
    for (const [name, word] of program.inputs) program.stepNumbers[word] = scalars.get(name) ?? NaN;
    let encoder = device.createCommandEncoder({ label: 'gradkit step' });
    // What it refuses it throws, so before anybody listens for errors: a listener that stays would hear those of others.
    const buffers = checkBuffers(program, given, encoder);
    const listed = [buffers.parameters, buffers.gradients, buffers.updates].flatMap((map) => [
      ...map.values(),
    ]);
    const judge = watch({ pass: 'a step', leaves: [] }, listed);
    device.queue.writeBuffer(program.uniform, 0, program.step);
    movePacked(program, buffers, { encoder, out: false });
    let pass: GPUComputePassEncoder | undefined;
    program.dispatches.forEach((dispatch, index) => {
      const pipeline = pipelines[index];
      if (pipeline === undefined) return;
      const end = context.development
        ? watch({
            pass: dispatch.pass,
            leaves: [...dispatch.bound, ...dispatch.packed].map(({ leaf }) => nameOf(leaf)),
          })
        : undefined;
      pass ??= encoder.beginComputePass({ label: `gradkit ${dispatch.pass}` });
      pass.setPipeline(pipeline);
      pass.setBindGroup(0, bindGroupOf(program, index, { pipeline, dispatch, buffers }));
      pass.dispatchWorkgroups(dispatch.workgroups);
      if (end === undefined) return;
      // In development each dispatch is submitted by itself, so that an error is one dispatch's.
      pass.end();
      device.queue.submit([encoder.finish()]);
      encoder = device.createCommandEncoder({ label: 'gradkit step' });
      pass = undefined;
      end();
    });
    pass?.end();
    movePacked(program, buffers, { encoder, out: true });
    const { at, length } = program.reports;
    const row =
      wantsReports && length > 0
        ? ring.take(encoder, { buffer: numbers, offset: 4 * (program.region + at), length })
        : undefined;
    device.queue.submit([encoder.finish()]);
    judge();
    if (row !== undefined) ring.submitted();
    if (program.writesSmallState) bank = 1 - bank;
    return row;
  };

  const readReports = (program: Compiled, row: Float32Array): ReportedNumbers => {
    const reports = new Map<string, Map<number, number>>();
    for (const { name } of program.shape.plan.program.reports) reports.set(name, new Map());
    for (const { name, group, place } of program.shape.reports) {
      const first = wordsOf(place, counts);
      const leaves = group === noGroup ? [noGroup] : (program.shape.plan.program.groups[group] ?? []);
      for (const leaf of leaves)
        reports.get(name)?.set(leaf, row[first + (leaf === noGroup ? 0 : leaf)] ?? NaN);
    }
    return reports;
  };

  const copyState = (requests: readonly StateCopy<GPUBuffer>[], toBuffers: boolean): void => {
    requireOpen();
    const encoder = device.createCommandEncoder({ label: 'gradkit state' });
    const copy = (
      own_: GPUBuffer,
      from: number,
      rest: { buffer: GPUBuffer; at: number; words: number },
    ): void => {
      if (rest.words === 0) return;
      if (toBuffers) encoder.copyBufferToBuffer(own_, 4 * from, rest.buffer, 4 * rest.at, 4 * rest.words);
      else encoder.copyBufferToBuffer(rest.buffer, 4 * rest.at, own_, 4 * from, 4 * rest.words);
    };
    for (const { slot, leaf, buffer } of requests) {
      if (slot.kind === 'leaf') {
        const turn = slots.indexOf(slot.name);
        for (const { chunk, base, stride, start, size } of segmentsOf.get(leaf) ?? []) {
          const part = chunks[chunk];
          if (part !== undefined) copy(part, base + turn * stride, { buffer, at: start, words: size });
        }
        continue;
      }
      const place = small.places.get(slot.name);
      if (place === undefined) continue;
      const shape = layout.leaves[leaf]?.shape ?? [];
      const within = leaf === noGroup ? 0 : slot.kind === 'unit' ? (counts.firstUnits[leaf] ?? 0) : leaf;
      const words = leaf === noGroup ? slot.length : sizeInLeaf(slot.kind, shape);
      copy(numbers, bank * bankWords + wordsOf(place, counts) + within, { buffer, at: 0, words });
    }
    device.queue.submit([encoder.finish()]);
  };

  return {
    prepare: async (plan) => {
      requireOpen();
      const program = compile(plan);
      program.pipelines ??= await Promise.all(
        program.dispatches.map(({ shader }) => context.pipelines.compileAsync(shader)),
      );
    },
    initialize: (program, parameters) => {
      requireOpen();
      const plan = planProgram(program);
      const made = compile(plan);
      const given = new Map(parameters);
      const temporary: GPUBuffer[] = [];
      layout.leaves.forEach(({ shape }, leaf) => {
        if (given.has(leaf)) return;
        const buffer = device.createBuffer({
          label: 'gradkit zeros',
          size: Math.max(4, 4 * sizeOfShape(shape)),
          usage: storage,
        });
        temporary.push(buffer);
        given.set(leaf, buffer);
      });
      void run(
        made,
        { parameters: given, gradients: new Map(), updates: new Map() },
        { scalars: new Map(), wantsReports: false },
      );
      for (const buffer of temporary) buffer.destroy();
      forget(plan, made);
    },
    execute: ({ plan, scalars, wantsReports, ...buffers }: DeviceStep<GPUBuffer>) => {
      requireOpen();
      const program = compile(plan);
      const row = run(program, buffers, { scalars, wantsReports });
      // It may fail while `settle` is still waited for, below.
      row?.catch(() => undefined);
      if (!wantsReports) return undefined;
      const reports = (async (): Promise<ReportedNumbers> => {
        await settle();
        try {
          return readReports(program, (await row) ?? new Float32Array(0));
        } catch (error) {
          throw context.lost() ?? error;
        }
      })();
      // Whoever asked is told; nobody has to ask.
      reports.catch(() => undefined);
      return reports;
    },
    settle,
    readState: (requests) => copyState(requests, true),
    writeState: (requests) => copyState(requests, false),
    dispose: () => {
      if (isDisposed) return;
      isDisposed = true;
      ring.dispose();
      for (const buffer of owned) buffer.destroy();
      owned.clear();
      compiled.clear();
    },
  };
}

/** What a buffer is used for, by the names of `bufferUsage`. */
type BufferUse = 'storage' | 'copySource' | 'copyDestination';

const flagNames: Readonly<Record<BufferUse, string>> = {
  storage: 'STORAGE',
  copySource: 'COPY_SRC',
  copyDestination: 'COPY_DST',
};

const useFaults: Readonly<Record<BufferUse, string>> = {
  storage: 'cannot be bound as storage',
  copySource: 'cannot be copied from',
  copyDestination: 'cannot be copied to',
};

/** Packed leaves are copied into the arena and back; others are bound. */
function usesOf(how: { readonly copiedFrom: boolean; readonly copiedTo: boolean }): readonly BufferUse[] {
  const { copiedFrom, copiedTo } = how;
  const copied: readonly BufferUse[] = [
    ...(copiedFrom ? (['copySource'] as const) : []),
    ...(copiedTo ? (['copyDestination'] as const) : []),
  ];
  return ['storage', ...copied];
}

function isGpuBuffer(value: object): boolean {
  return 'mapAsync' in value && 'usage' in value;
}

/** Why a buffer cannot be used, or undefined. */
function faultOf(
  { size, usage }: GPUBuffer,
  { bytes, uses }: { bytes: number; uses: readonly BufferUse[] },
): string | undefined {
  if (size < bytes) return `has ${size} bytes where ${bytes} are needed`;
  const lacking = uses.find((use) => (usage & bufferUsage[use]) === 0);
  return lacking === undefined ? undefined : useFaults[lacking];
}

/** A step has the plan of the leaves that have a gradient. Where they change all the time, plans are made anew rather than kept. */
const mostPlans = 64;

/** The fields of a batch that are places in `small`. */
const regionFields: ReadonlySet<string> = new Set([
  'segments',
  'workgroups',
  'leaves',
  'groups',
  'order',
  'values',
  'partials',
  'reports',
]);
