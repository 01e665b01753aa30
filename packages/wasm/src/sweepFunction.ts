import { noGroup, type Plan, type ProgramNode, type Sweep } from '@gradkit/core';
import {
  accumulatorBytes,
  chunkBytes,
  chunkField,
  recordField,
  reductionOf,
  type FrameLayout,
} from './frameLayout.ts';
import {
  apply,
  branch,
  call,
  constant,
  extractLane,
  extractWideLane,
  load,
  local,
  splatConstant,
  store,
  storeLane,
  upperHalf,
  whileLoop,
  type Code,
  type ValueType,
} from './instruction.ts';
import { allLanes, constantCode, elementwiseCode, firstLane } from './operationCode.ts';
import { required } from './required.ts';
import { narrowStart, reductionCode, type ReductionCode } from './reductionCode.ts';
import { functionIndex } from './transcendentalCode.ts';
import { createLocals, type WasmFunction } from './writeModule.ts';

/** The parameters of a sweep: the frame, and the chunks from one address up to another. */
const sweepParameters: readonly ValueType[] = ['i32', 'i32', 'i32'];
const frame = local.get(0);
const [chunk, end] = [1, 2];

/** An array that is gone through, entry by entry. */
interface Stream {
  readonly pointer: number;
  /** Bytes for each entry. */
  readonly stride: number;
  /** Where it begins, for a chunk; streams of units begin again with each period. */
  readonly start: Code;
  readonly isOfUnits: boolean;
}

/** A reduction that a sweep feeds. */
interface Feed {
  readonly reduction: number;
  readonly input: number;
  readonly code: ReductionCode;
  readonly perUnit: boolean;
  /** One set of running results for each turn of the unrolled loop, because an addition must wait for the one before. */
  readonly lanes: readonly { readonly low: number; readonly high: number }[];
  /** What the entries add that fill no vector. */
  readonly rest: number;
  /** Sums of squares of a few entries in float32, one for each turn of the unrolled loop, and their total. */
  readonly single: readonly number[];
  readonly total: number;
}

/** One turn of a loop: four entries at a time or one, at an offset from the pointers. */
interface Turn {
  readonly lanes: readonly number[];
  /** Entries since the pointers moved. */
  readonly entries: number;
  readonly unrolled: number;
}

/** The loop over the entries of a group's leaves in one pass, as a function over a range of its chunks. */
export function sweepFunction(
  { program }: Plan,
  sweep: Sweep,
  { layout, name }: { layout: FrameLayout; name: string },
): WasmFunction {
  const { nodes } = program;
  const recordLayout = layout.groups[sweep.group];
  const locals = createLocals(sweepParameters.length);
  const record = locals.add('i32');
  const count = locals.add('i32');
  const row = locals.add('i32');
  const blockCount = locals.add('i32');
  const [wideLow, wideHigh, scratch] = [locals.add('v128'), locals.add('v128'), locals.add('v128')];
  const recordAt = (offset: number | undefined): Code =>
    load('i32.load', { base: local.get(record), offset: required(offset) });
  const chunkAt = (offset: number): Code => load('i32.load', { base: local.get(chunk), offset });

  const streams = new Map<string, Stream>();
  const stream = (key: string, make: () => Omit<Stream, 'pointer'>): Stream => {
    const known = streams.get(key) ?? { ...make(), pointer: locals.add('i32') };
    streams.set(key, known);
    return known;
  };
  const arrayStream = (key: string, address: Code): Stream =>
    stream(key, () => ({
      stride: 4,
      isOfUnits: false,
      start: apply('i32.add', address, chunkAt(chunkField.start)),
    }));
  const slotStream = (slot: string): Stream =>
    arrayStream(`slot ${slot}`, recordAt(recordLayout?.slots.get(slot)));
  const parameterStream = (): Stream => arrayStream('parameter', recordAt(recordField.parameter));

  const once: Code[] = [];
  const eachChunk: Code[] = [];
  const values = new Map<number, number>();
  /** What a turn does first: load what its nodes take from memory. */
  const loads: { readonly value: number; readonly from: Stream }[] = [];
  const loadEachTurn = (from: Stream): number => {
    const value = locals.add('v128');
    loads.push({ value, from });
    return value;
  };

  const valueOf = (index: number): Code => {
    const node = required(nodes[index]);
    if (node.operation.op === 'constant') return constantCode(node.operation.value, node.dtype);
    const known = values.get(index);
    if (known !== undefined) return local.get(known);
    const value = node.kind === 'unit' ? loadEachTurn(unitStream(index)) : locals.add('v128');
    if (node.kind === 'leafScalar') {
      const offset = required(recordLayout?.values.get(index));
      eachChunk.push(local.set(value, load('v128.load32_splat', { base: local.get(record), offset })));
    } else if (node.group === noGroup) {
      const offset = required(layout.values.get(index));
      once.push(local.set(value, load('v128.load32_splat', { base: frame, offset })));
    }
    values.set(index, value);
    return local.get(value);
  };
  const unitStream = (index: number): Stream =>
    stream(`unit ${index}`, () => ({
      stride: 4,
      isOfUnits: true,
      start: recordAt(recordLayout?.values.get(index)),
    }));

  const computed: { readonly value: number; code(lanes: readonly number[]): Code }[] = [];
  for (const index of sweep.nodes) {
    const node = required(nodes[index]);
    const from = inputStream(node);
    if (from !== undefined) {
      values.set(index, loadEachTurn(from));
      continue;
    }
    const operands = node.inputs.map((input) => valueOf(input));
    const value = locals.add('v128');
    values.set(index, value);
    computed.push({ value, code: (lanes) => required(elementwiseCode(node.operation.op, operands, lanes)) });
  }

  const unrolling = unrollingOf(computed.length);
  const feeds = sweep.reductions.map(({ reduction, input }) => feedOf(reduction, input));
  const writes = sweep.writes.map((write) => ({
    value: valueOf(write.node),
    to:
      write.to === 'slot'
        ? slotStream(write.slot)
        : write.to === 'parameter'
          ? parameterStream()
          : arrayStream('update', recordAt(recordField.update)),
  }));

  function inputStream(node: ProgramNode): Stream | undefined {
    if (node.operation.op === 'parameter') return parameterStream();
    if (node.operation.op === 'slot') return slotStream(node.operation.slot);
    if (node.operation.op !== 'gradient') return undefined;
    return stream('gradient', () => ({
      stride: 4,
      isOfUnits: false,
      start: chunkAt(chunkField.gradient),
    }));
  }

  function feedOf(reduction: number, input: number): Feed {
    const operation = required(reductionOf(nodes[reduction]));
    const code = reductionCode(operation);
    const perUnit = operation.over === 'unit';
    valueOf(input);
    const isInLocals = !perUnit && code.kind !== 'power';
    const lanes = isInLocals
      ? Array.from({ length: unrolling }, () => ({
          low: locals.add('v128'),
          high: code.kind === 'wide' ? locals.add('v128') : 0,
        }))
      : [];
    const rest = isInLocals && code.kind === 'wide' ? locals.add('f64') : 0;
    const isSquare = isInLocals && code.kind === 'wide' && code.isSumOfSquares;
    const single = isSquare ? lanes.map(() => locals.add('v128')) : [];
    return { reduction, input, code, perUnit, lanes, rest, single, total: isSquare ? locals.add('v128') : 0 };
  }

  function accumulatorStream({ reduction }: Feed): Stream {
    return stream(`accumulator ${reduction}`, () => ({
      stride: accumulatorBytes(nodes[reduction]),
      isOfUnits: true,
      start: recordAt(recordLayout?.accumulators.get(reduction)),
    }));
  }

  for (const feed of feeds) if (feed.perUnit) accumulatorStream(feed);

  const address = (from: Stream, turn: Turn): { base: Code; offset: number } => ({
    base: local.get(from.pointer),
    offset: turn.entries * from.stride,
  });

  function turnCode(turn: Turn, { inSingle = false }: { inSingle?: boolean } = {}): Code {
    const isWhole = turn.lanes.length === 4;
    return [
      loads.map(({ value, from }) =>
        local.set(value, load(isWhole ? 'v128.load' : 'v128.load32_zero', address(from, turn))),
      ),
      computed.map(({ value, code }) => local.set(value, code(turn.lanes))),
      feeds.map((feed) => (inSingle && isSumOfSquares(feed) ? squareFeed(feed, turn) : feedCode(feed, turn))),
      writes.map(({ value, to }) =>
        isWhole ? store('v128.store', address(to, turn), value) : storeLane(address(to, turn), value),
      ),
    ];
  }

  function squareFeed({ input, single }: Feed, { unrolled }: Turn): Code {
    const sum = required(single[unrolled]);
    const value = valueOf(input);
    return local.set(sum, apply('f32x4.add', local.get(sum), apply('f32x4.mul', value, value)));
  }

  function feedCode(feed: Feed, turn: Turn): Code {
    const { code } = feed;
    const input = valueOf(feed.input);
    if (code.kind === 'power') return powerFeed(feed, turn, code.order);
    if (feed.perUnit) return unitFeed(feed, turn);
    const lane = required(feed.lanes[turn.unrolled]);
    const isWhole = turn.lanes.length === 4;
    if (code.kind === 'wide') {
      const termOf = (value: number): Code => code.term(value, scratch);
      if (!isWhole) {
        return [
          local.set(wideLow, apply('f64x2.promote_low_f32x4', input)),
          local.set(feed.rest, apply('f64.add', local.get(feed.rest), extractWideLane(termOf(wideLow), 0))),
        ];
      }
      return [
        local.set(wideLow, apply('f64x2.promote_low_f32x4', input)),
        local.set(wideHigh, apply('f64x2.promote_low_f32x4', upperHalf(input))),
        local.set(lane.low, apply('f64x2.add', local.get(lane.low), termOf(wideLow))),
        local.set(lane.high, apply('f64x2.add', local.get(lane.high), termOf(wideHigh))),
      ];
    }
    const term = code.kind === 'narrow' ? code.term(input) : input;
    return local.set(lane.low, apply(code.fold, local.get(lane.low), isWhole ? term : everyLaneFirst(term)));
  }

  function unitFeed(feed: Feed, turn: Turn): Code {
    const { code } = feed;
    const input = valueOf(feed.input);
    const at = address(accumulatorStream(feed), turn);
    const isWhole = turn.lanes.length === 4;
    if (code.kind === 'wide') {
      const high = { ...at, offset: at.offset + 16 };
      const added = (place: typeof at, value: number): Code =>
        store('v128.store', place, apply('f64x2.add', load('v128.load', place), code.term(value, scratch)));
      if (!isWhole) {
        return [
          local.set(wideLow, apply('f64x2.promote_low_f32x4', input)),
          store(
            'f64.store',
            at,
            apply('f64.add', load('f64.load', at), extractWideLane(code.term(wideLow, scratch), 0)),
          ),
        ];
      }
      return [
        local.set(wideLow, apply('f64x2.promote_low_f32x4', input)),
        local.set(wideHigh, apply('f64x2.promote_low_f32x4', upperHalf(input))),
        added(at, wideLow),
        added(high, wideHigh),
      ];
    }
    if (code.kind === 'power') return powerFeed(feed, turn, code.order);
    const term = code.kind === 'narrow' ? code.term(input) : input;
    const before = load(isWhole ? 'v128.load' : 'v128.load32_zero', at);
    const after = apply(code.fold, before, term);
    return isWhole ? store('v128.store', at, after) : storeLane(at, after);
  }

  function powerFeed(feed: Feed, turn: Turn, order: number): Code {
    return turn.lanes.map((lane) => {
      const value = apply('f64.promote_f32', extractLane(valueOf(feed.input), lane));
      const place = feed.perUnit
        ? placeOf({ ...turn, entries: turn.entries + lane }, accumulatorStream(feed))
        : apply(
            'i32.add',
            chunkAt(chunkField.partials),
            constant.i32(required(recordLayout?.partials.get(feed.reduction))),
          );
      return call(functionIndex.pushPower, place, value, constant.f64(order));
    });
  }

  function placeOf(turn: Turn, from: Stream): Code {
    const { base, offset } = address(from, turn);
    return apply('i32.add', base, constant.i32(offset));
  }

  /** Whether sums of squares may be tried in float32 first: what is tried twice must not change what it reads. */
  const isBlockwise =
    sweep.writes.length === 0 &&
    feeds.some((feed) => isSumOfSquares(feed)) &&
    feeds.every((feed) => isSumOfSquares(feed) || isRepeatable(feed));

  /**
   * Blocks of entries, whose squares are added in float32, a few to each running sum, and the sums in float64. Where a sum shows that squares
   * may have left float32's range (or that all are zero, infinite or NaN), the block is computed again in float64.
   */
  function blocks(counter: number): Code {
    const rounds = 8;
    const entries = 4 * unrolling * rounds;
    const squares = feeds.filter((feed) => isSumOfSquares(feed));
    const round: Code = [
      turns.map((turn) => turnCode(turn, { inSingle: true })),
      advance(4 * unrolling),
      local.set(blockCount, apply('i32.sub', local.get(blockCount), constant.i32(1))),
    ];
    const sumOf = ({ single }: Feed): Code => sumPairwise(single.map((sum) => local.get(sum)));
    const isInRange = squares
      .flatMap(({ total }) => [
        apply('f32x4.ge', local.get(total), splatConstant(leastSum)),
        apply('f32x4.lt', local.get(total), splatConstant(Infinity)),
      ])
      .reduce((a, b) => apply('v128.and', a, b));
    const addTotals = squares.map(({ total, lanes: [lane] }) => {
      const { low, high } = required(lane);
      const value = local.get(total);
      return [
        local.set(low, apply('f64x2.add', local.get(low), apply('f64x2.promote_low_f32x4', value))),
        local.set(
          high,
          apply('f64x2.add', local.get(high), apply('f64x2.promote_low_f32x4', upperHalf(value))),
        ),
      ];
    });
    return whileLoop(apply('i32.ge_u', local.get(counter), constant.i32(entries)), [
      squares.map(({ single }) => single.map((sum) => local.set(sum, splatConstant(0)))),
      local.set(blockCount, constant.i32(rounds)),
      whileLoop(local.get(blockCount), round),
      squares.map((feed) => local.set(feed.total, sumOf(feed))),
      branch(apply('i32x4.all_true', isInRange), addTotals, [
        advance(-entries),
        local.set(blockCount, constant.i32(entries)),
        loopOf(blockCount, turns),
      ]),
      local.set(counter, apply('i32.sub', local.get(counter), constant.i32(entries))),
    ]);
  }

  const all = (): Stream[] => [...streams.values()];
  const advance = (entries: number): Code =>
    all().map(({ pointer, stride }) =>
      local.set(pointer, apply('i32.add', local.get(pointer), constant.i32(entries * stride))),
    );
  const loopOf = (counter: number, turns: readonly Turn[]): Code => {
    const entries = turns.reduce((sum, { lanes }) => sum + lanes.length, 0);
    return whileLoop(apply('i32.ge_u', local.get(counter), constant.i32(entries)), [
      turns.map((turn) => turnCode(turn)),
      advance(entries),
      local.set(counter, apply('i32.sub', local.get(counter), constant.i32(entries))),
    ]);
  };
  const whole = (unrolled: number): Turn => ({ lanes: allLanes, entries: 4 * unrolled, unrolled });
  const turns = Array.from({ length: unrolling }, (_, unrolled) => whole(unrolled));
  const loops = (counter: number): Code => [
    isBlockwise ? blocks(counter) : [],
    unrolling > 1 ? loopOf(counter, turns) : [],
    loopOf(counter, [whole(0)]),
    loopOf(counter, [{ lanes: firstLane, entries: 0, unrolled: 0 }]),
  ];

  const hasUnits = all().some(({ isOfUnits }) => isOfUnits);
  const begin = (isOfUnits: boolean): Code =>
    all()
      .filter((candidate) => candidate.isOfUnits === isOfUnits)
      .map(({ pointer, start }) => local.set(pointer, start));
  const period = recordAt(recordField.period);
  const inRows = (): Code =>
    whileLoop(local.get(count), [
      begin(true),
      local.set(row, [
        local.get(count),
        period,
        apply('i32.lt_u', local.get(count), period),
        apply('select'),
      ]),
      local.set(count, apply('i32.sub', local.get(count), local.get(row))),
      loops(row),
    ]);

  const body: Code = [
    once,
    whileLoop(apply('i32.lt_u', local.get(chunk), local.get(end)), [
      local.set(record, chunkAt(chunkField.record)),
      local.set(count, chunkAt(chunkField.entries)),
      eachChunk,
      begin(false),
      feeds.map((feed) => startFeed(feed)),
      hasUnits ? inRows() : loops(count),
      feeds.map((feed) => finishFeed(feed)),
      local.set(chunk, apply('i32.add', local.get(chunk), constant.i32(chunkBytes))),
    ]),
  ];
  return { name, parameters: sweepParameters, results: [], locals: locals.types, body };

  function startFeed({ code, lanes, rest, perUnit, reduction }: Feed): Code {
    if (perUnit) return [];
    if (code.kind === 'power') {
      const offset = required(recordLayout?.partials.get(reduction));
      const zero = { base: chunkAt(chunkField.partials), offset };
      return [0, 8, 16].map((at) => store('f64.store', { ...zero, offset: offset + at }, constant.f64(0)));
    }
    if (code.kind !== 'wide') return lanes.map(({ low }) => local.set(low, narrowStart(code)));
    const start = apply('f64x2.splat', constant.f64(code.start));
    return [
      lanes.map(({ low, high }) => [local.set(low, start), local.set(high, start)]),
      local.set(rest, constant.f64(code.start)),
    ];
  }

  function finishFeed({ code, lanes, rest, perUnit, reduction }: Feed): Code {
    if (perUnit || code.kind === 'power') return [];
    const offset = required(recordLayout?.partials.get(reduction));
    const partial = { base: chunkAt(chunkField.partials), offset };
    if (code.kind === 'wide') {
      const sum = lanes
        .map(({ low, high }) => apply('f64x2.add', local.get(low), local.get(high)))
        .reduce((a, b) => apply('f64x2.add', a, b));
      return [
        local.set(wideLow, sum),
        store(
          'f64.store',
          partial,
          apply(
            'f64.add',
            apply('f64.add', extractWideLane(local.get(wideLow), 0), extractWideLane(local.get(wideLow), 1)),
            local.get(rest),
          ),
        ),
      ];
    }
    const folded = lanes.map(({ low }) => local.get(low)).reduce((a, b) => apply(code.fold, a, b));
    if (code.kind === 'mask') {
      const verdict = apply(code.fold === 'v128.or' ? 'v128.any_true' : 'i32x4.all_true', folded);
      return store('f64.store', partial, apply('f64.convert_i32_u', verdict));
    }
    const lane = (index: number): Code => apply('f64.promote_f32', extractLane(local.get(wideLow), index));
    return [
      local.set(wideLow, folded),
      store(
        'f64.store',
        partial,
        [1, 2, 3].reduce((total, index) => apply(code.foldWide, total, lane(index)), lane(0)),
      ),
    ];
  }
}

/**
 * The least sum of the squares of a block at which squares that have vanished do not matter: 256 of them are below 2^-118, less than 2^-30 of it.
 */
const leastSum = 2 ** -88;

/** How many turns of a loop are written out: fewer where one is long. */
function unrollingOf(operations: number): number {
  if (operations <= 4) return 8;
  return operations <= 24 ? 4 : operations <= 60 ? 2 : 1;
}

function isSumOfSquares({ single }: Feed): boolean {
  return single.length > 0;
}

/** Whether feeding the same entries again changes nothing. */
function isRepeatable({ code, perUnit }: Feed): boolean {
  return !perUnit && (code.kind === 'narrow' || code.kind === 'mask');
}

function sumPairwise(values: readonly Code[]): Code {
  const half = values.length / 2;
  const [only = []] = values;
  if (values.length <= 1) return only;
  return apply('f32x4.add', sumPairwise(values.slice(0, half)), sumPairwise(values.slice(half)));
}

/** The first lane in every lane. */
function everyLaneFirst(vector: Code): Code {
  return apply('f32x4.splat', extractLane(vector, 0));
}
