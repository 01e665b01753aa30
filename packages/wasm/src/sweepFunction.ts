import type { Kernel, Load, ProgramNode, Store } from '@gradkit/core';
import { chunkBytes, chunkField, recordField, type FrameLayout } from './frameLayout.ts';
import {
  branch,
  call,
  f32x4,
  f64,
  f64x2,
  i32,
  i32x4,
  select,
  v128,
  whileLoop,
  type Address,
  type Code,
  type MemoryAccess,
} from './instruction.ts';
import { allLanes, constantCode, elementwiseCode, firstLane } from './operationCode.ts';
import {
  accumulatorBytes,
  narrowStart,
  reductionCode,
  reductionOf,
  type ReductionCode,
} from './reductionCode.ts';
import { required } from './required.ts';
import { functionIndex } from './transcendentalCode.ts';
import { writeFunction, type ValueType, type Variable, type WasmFunction } from './writeModule.ts';

/** An array that is gone through, entry by entry. */
interface Stream {
  readonly pointer: Variable;
  /** Bytes for each entry. */
  readonly stride: number;
  /** Where it begins, for a chunk. */
  readonly start: Code;
  /** Whether it begins again with each period of units. */
  readonly isRepeated: boolean;
}

/** The running results that a reduction keeps of some entries: in locals, or, for units, in memory. */
interface Running {
  readonly low: Variable;
  /** The upper two of four float64. */
  readonly high: Variable;
  /** What the entries add that fill no vector. */
  readonly rest: Variable;
}

/** A reduction that a sweep feeds. */
interface Feed {
  readonly reduction: number;
  readonly input: number;
  readonly code: ReductionCode;
  readonly isOfUnits: boolean;
  /** The truth values whose share is wanted: they are counted, as integers. */
  readonly counted: number | undefined;
  /** One set of running results for each turn of the unrolled loop, because an addition must wait for the one before. */
  readonly running: readonly Running[];
  /** Sums of squares of a few entries in float32, one for each turn of the unrolled loop, and their total. */
  readonly single: readonly Variable[];
  readonly total: Variable;
}

/** One turn of a loop: four entries at a time or one, at an offset from the pointers. */
interface Turn {
  readonly lanes: readonly number[];
  /** Entries since the pointers moved. */
  readonly entries: number;
  readonly unrolled: number;
}

/** A kernel as a function of the frame and of a range of its chunks; `nodes` are those of the program. */
export function sweepFunction(
  kernel: Kernel,
  options: { nodes: readonly ProgramNode[]; layout: FrameLayout; name: string },
): WasmFunction {
  const signature = { name: options.name, parameters: ['i32', 'i32', 'i32'], results: [] } as const;
  return writeFunction(signature, ([frame, chunk, end], addLocal) =>
    sweepCode(
      { kernel, ...options },
      { frame: required(frame), chunk: required(chunk), end: required(end), addLocal },
    ),
  );
}

function sweepCode(
  { kernel, nodes, layout }: { kernel: Kernel; nodes: readonly ProgramNode[]; layout: FrameLayout },
  {
    frame,
    chunk,
    end,
    addLocal,
  }: { frame: Variable; chunk: Variable; end: Variable; addLocal: (type: ValueType) => Variable },
): Code {
  const integer = (): Variable => addLocal('i32');
  const vector = (): Variable => addLocal('v128');
  const [record, count, row, blockCount] = [integer(), integer(), integer(), integer()];
  const [wideLow, wideHigh, scratch] = [vector(), vector(), vector()];
  const wordAt = (base: Variable, offset: number | undefined): Code =>
    i32.load({ base: base.get, offset: required(offset) });
  const recordAt = (offset: number | undefined): Code => wordAt(record, offset);
  const chunkAt = (offset: number): Code => wordAt(chunk, offset);
  /** The address of a number in an array that belongs to a whole group. */
  const placeIn = (array: number | undefined, position: Code, bytes = 4): Code =>
    i32.add(wordAt(frame, array), i32.mul(position, i32.const(bytes)));

  const streams = new Map<string, Stream>();
  const stream = (key: string, start: () => Code, { stride = 4, isRepeated = false } = {}): Stream => {
    const known = streams.get(key) ?? { pointer: integer(), stride, start: start(), isRepeated };
    streams.set(key, known);
    return known;
  };
  const arrayStream = (key: string, field: number | undefined): Stream =>
    stream(key, () => i32.add(recordAt(field), chunkAt(chunkField.start)));
  const slotStream = (slot: string): Stream => arrayStream(`slot ${slot}`, layout.slots.get(slot));
  const parameterStream = (): Stream => arrayStream('parameter', recordField.parameter);
  const numberStream = (index: number): Stream => {
    const isOfUnits = required(nodes[index]).kind === 'unit';
    const array = layout.values.get(index);
    const start = (): Code =>
      isOfUnits ? placeIn(array, recordAt(recordField.firstUnit)) : wordAt(frame, array);
    return stream(`numbers ${index}`, start, { isRepeated: kernel.over === 'leaf' });
  };
  const accumulatorStream = ({ reduction, code }: Feed): Stream => {
    const stride = accumulatorBytes(code);
    return stream(
      `accumulator ${reduction}`,
      () => placeIn(layout.accumulators.get(reduction), recordAt(recordField.firstUnit), stride),
      { stride, isRepeated: true },
    );
  };

  const once: Code[] = [];
  const eachChunk: Code[] = [];
  /** What a turn does first: load what its nodes take from memory. */
  const loads: { readonly value: Variable; readonly from: Stream; readonly dtype: ProgramNode['dtype'] }[] =
    [];
  const values = new Map<number, Code>();
  const constants = new Map<number, number>();
  const valueOf = (index: number): Code => required(values.get(index));

  for (const load of kernel.loads) {
    const { value: index, per, from } = load;
    const { dtype } = required(nodes[index]);
    if (from.op === 'constant') {
      constants.set(index, from.value);
      values.set(index, constantCode(from.value, dtype));
      continue;
    }
    const value = vector();
    values.set(index, value.get);
    if (per === 'entry' || per === 'unit') loads.push({ value, from: loadStream(load), dtype });
    else {
      const array = layout.values.get(index);
      const base = per === 'step' ? wordAt(frame, array) : placeIn(array, recordAt(recordField.position));
      const code = value.set(fromMemory(v128.load32_splat({ base }), dtype));
      if (per === 'step') once.push(code);
      else eachChunk.push(code);
    }
  }

  function loadStream({ value, from }: Load): Stream {
    if (from.op === 'parameter') return parameterStream();
    if (from.op === 'slot') return slotStream(from.slot);
    return from.op === 'gradient'
      ? stream('gradient', () => chunkAt(chunkField.gradient))
      : numberStream(value);
  }

  const operationAt = new Map(kernel.body.map((computation) => [computation.value, computation]));
  const computed = kernel.body.map(({ value: index, operation, operands }) => {
    const codes = operands.map(valueOf);
    const value = vector();
    values.set(index, value.get);
    const bound = boundCode(index);
    return {
      value,
      code: (lanes: readonly number[]): Code => bound ?? elementwiseCode(operation, codes, lanes),
    };
  });

  /** `where(less(x, bound), bound, x)`, or with `greater`, is one instruction. */
  function boundCode(index: number): Code | undefined {
    const { operation, operands } = required(operationAt.get(index));
    const [condition = 0, bound, x] = operands;
    const compared = operationAt.get(condition);
    if (operation !== 'where' || compared?.operands[0] !== x || compared?.operands[1] !== bound)
      return undefined;
    const codes = required(compared).operands.map(valueOf);
    if (compared?.operation === 'less') return f32x4.pmax(...codes);
    return compared?.operation === 'greater' ? f32x4.pmin(...codes) : undefined;
  }

  /** What is counted by a mean of `where(condition, 1, 0)`. */
  function countedBy(input: number): number | undefined {
    const { operation, operands: [condition, yes = input, no = input] = [] } = operationAt.get(input) ?? {};
    return operation === 'where' && constants.get(yes) === 1 && constants.get(no) === 0
      ? condition
      : undefined;
  }

  const unrolling = kernel.over === 'leaf' ? unrollingOf(computed.length) : 1;
  const feeds = kernel.feeds.map(({ reduction, value }) => feedOf(reduction, value));
  const writes = kernel.stores.map((store) => ({ value: storedValue(store), to: storeStream(store) }));

  function storeStream(store: Store): Stream {
    if (store.to === 'slot') return slotStream(store.slot);
    if (store.to === 'numbers') return numberStream(store.node);
    return store.to === 'parameter' ? parameterStream() : arrayStream('update', recordField.update);
  }

  /** A value as it is kept in memory: truth values are 1 and 0 there. */
  function storedValue({ node }: Store): Code {
    const value = valueOf(node);
    return required(nodes[node]).dtype === 'bool' ? v128.and(value, f32x4.const(1)) : value;
  }

  function feedOf(reduction: number, input: number): Feed {
    const operation = required(reductionOf(nodes[reduction]));
    const code = reductionCode(operation);
    const isOfUnits = operation.over === 'unit';
    const isInLocals = !isOfUnits && code.kind !== 'power';
    const rest = addLocal('f64');
    const turns = isInLocals ? Array.from({ length: unrolling }) : [];
    const running = turns.map(() => ({ low: vector(), high: vector(), rest }));
    const counted = isInLocals && operation.op === 'mean' ? countedBy(input) : undefined;
    const isSquare = code.kind === 'wide' && code.isSumOfSquares;
    const single = isSquare ? turns.map(vector) : [];
    const feed = { reduction, input, code, isOfUnits, counted, running, single, total: vector() };
    if (isOfUnits) accumulatorStream(feed);
    return feed;
  }

  const addressOf = (from: Stream, { entries }: Turn): { base: Code; offset: number } => ({
    base: from.pointer.get,
    offset: entries * from.stride,
  });

  function turnCode(turn: Turn, { inSingle = false }: { inSingle?: boolean } = {}): Code {
    const isWhole = turn.lanes.length === 4;
    const [loadVector, storeVector] = isWhole
      ? [v128.load, v128.store]
      : [v128.load32_zero, v128.store32_lane];
    return [
      loads.map(({ value, from, dtype }) => value.set(fromMemory(loadVector(addressOf(from, turn)), dtype))),
      computed.map(({ value, code }) => value.set(code(turn.lanes))),
      feeds.map((feed) => (inSingle && isSumOfSquares(feed) ? squareFeed(feed, turn) : feedCode(feed, turn))),
      writes.map(({ value, to }) => storeVector(addressOf(to, turn), value)),
    ];
  }

  function squareFeed({ input, single }: Feed, { unrolled }: Turn): Code {
    const sum = required(single[unrolled]);
    return sum.set(f32x4.add(sum.get, f32x4.mul(valueOf(input), valueOf(input))));
  }

  function feedCode(feed: Feed, turn: Turn): Code {
    const { code } = feed;
    if (code.kind === 'power') return powerFeed(feed, turn, code.order);
    const input = valueOf(feed.input);
    const isWhole = turn.lanes.length === 4;
    const { low, high, rest } = feed.isOfUnits
      ? runningUnits(feed, turn)
      : required(feed.running[turn.unrolled]);
    if (code.kind !== 'wide') {
      const term = code.term(input);
      return low.set(code.fold(low.get, isWhole ? term : f32x4.splat(f32x4.extract_lane(term, 0))));
    }
    if (isWhole && feed.counted !== undefined) return low.set(i32x4.sub(low.get, valueOf(feed.counted)));
    const takeLow = wideLow.set(f64x2.promote_low_f32x4(input));
    const lowTerm = code.term(wideLow, scratch);
    if (!isWhole) return [takeLow, rest.set(f64.add(rest.get, f64x2.extract_lane(lowTerm, 0)))];
    return [
      takeLow,
      wideHigh.set(f64x2.promote_low_f32x4(v128.upperHalf(input))),
      low.set(f64x2.add(low.get, lowTerm)),
      high.set(f64x2.add(high.get, code.term(wideHigh, scratch))),
    ];
  }

  /** The accumulators of the units that a turn is at. */
  function runningUnits(feed: Feed, turn: Turn): Running {
    const at = addressOf(accumulatorStream(feed), turn);
    const above = { ...at, offset: at.offset + 16 };
    const isWhole = turn.lanes.length === 4;
    return {
      low: isWhole ? inMemory(at, v128) : inMemory(at, { load: v128.load32_zero, store: v128.store32_lane }),
      high: inMemory(above, v128),
      rest: inMemory(at, f64),
    };
  }

  function powerFeed(feed: Feed, turn: Turn, order: number): Code {
    return turn.lanes.map((lane) => {
      const value = f64.promote_f32(f32x4.extract_lane(valueOf(feed.input), lane));
      const { base, offset = 0 } = feed.isOfUnits
        ? addressOf(accumulatorStream(feed), { ...turn, entries: turn.entries + lane })
        : partialOf(feed);
      return call(functionIndex.pushPower, i32.add(base, i32.const(offset)), value, f64.const(order));
    });
  }

  function partialOf({ reduction }: Feed, offset = 0): Address {
    const first = required(layout.partials.get(reduction));
    return { base: chunkAt(chunkField.partials), offset: first + offset };
  }

  /** Whether sums of squares may be tried in float32 first: what is tried twice must not change what it reads. */
  const isBlockwise =
    kernel.stores.length === 0 &&
    feeds.some((feed) => isSumOfSquares(feed)) &&
    feeds.every((feed) => isSumOfSquares(feed) || isRepeatable(feed));

  /**
   * Blocks of entries, whose squares are added in float32, a few to each running sum, and the sums in float64. Where a sum shows that squares
   * may have left float32's range (or that all are zero, infinite or NaN), the block is computed again in float64.
   */
  function blocks(counter: Variable): Code {
    const rounds = 8;
    const entries = 4 * unrolling * rounds;
    const squares = feeds.filter((feed) => isSumOfSquares(feed));
    const round: Code = [
      turns.map((turn) => turnCode(turn, { inSingle: true })),
      advance(4 * unrolling),
      blockCount.set(i32.sub(blockCount.get, i32.const(1))),
    ];
    const isInRange = squares
      .flatMap(({ total }) => [
        f32x4.ge(total.get, f32x4.const(leastSum)),
        f32x4.lt(total.get, f32x4.const(Infinity)),
      ])
      .reduce((a, b) => v128.and(a, b));
    const addTotals = squares.map(({ total, running: [first] }) => {
      const { low, high } = required(first);
      return [
        low.set(f64x2.add(low.get, f64x2.promote_low_f32x4(total.get))),
        high.set(f64x2.add(high.get, f64x2.promote_low_f32x4(v128.upperHalf(total.get)))),
      ];
    });
    return whileLoop(i32.ge_u(counter.get, i32.const(entries)), [
      squares.map(({ single }) => single.map((sum) => sum.set(f32x4.const(0)))),
      blockCount.set(i32.const(rounds)),
      whileLoop(blockCount.get, round),
      squares.map(({ total, single }) => total.set(sumPairwise(single.map((sum) => sum.get)))),
      branch(i32x4.all_true(isInRange), addTotals, [
        advance(-entries),
        blockCount.set(i32.const(entries)),
        loopOf(blockCount, turns),
      ]),
      counter.set(i32.sub(counter.get, i32.const(entries))),
    ]);
  }

  const advance = (entries: number): Code =>
    Array.from(streams.values(), ({ pointer, stride }) =>
      pointer.set(i32.add(pointer.get, i32.const(entries * stride))),
    );
  const loopOf = (counter: Variable, turns: readonly Turn[]): Code => {
    const entries = turns.reduce((sum, { lanes }) => sum + lanes.length, 0);
    return whileLoop(i32.ge_u(counter.get, i32.const(entries)), [
      turns.map((turn) => turnCode(turn)),
      advance(entries),
      counter.set(i32.sub(counter.get, i32.const(entries))),
    ]);
  };
  const whole = (unrolled: number): Turn => ({ lanes: allLanes, entries: 4 * unrolled, unrolled });
  const turns = Array.from({ length: unrolling }, (_, unrolled) => whole(unrolled));
  const loops = (counter: Variable): Code => [
    isBlockwise ? blocks(counter) : [],
    unrolling > 1 ? loopOf(counter, turns) : [],
    kernel.over === 'scalar' ? [] : loopOf(counter, [whole(0)]),
    loopOf(counter, [{ lanes: firstLane, entries: 0, unrolled: 0 }]),
  ];

  const all = [...streams.values()];
  const begin = (isRepeated: boolean): Code =>
    all
      .filter((candidate) => candidate.isRepeated === isRepeated)
      .map(({ pointer, start }) => pointer.set(start));
  const period = recordAt(recordField.period);
  const inRows = (): Code =>
    whileLoop(count.get, [
      begin(true),
      row.set(select(count.get, period, i32.lt_u(count.get, period))),
      count.set(i32.sub(count.get, row.get)),
      loops(row),
    ]);

  return [
    once,
    whileLoop(i32.lt_u(chunk.get, end.get), [
      record.set(chunkAt(chunkField.record)),
      count.set(chunkAt(chunkField.entries)),
      eachChunk,
      begin(false),
      feeds.map(startFeed),
      all.some(({ isRepeated }) => isRepeated) ? inRows() : loops(count),
      feeds.map(finishFeed),
      chunk.set(i32.add(chunk.get, i32.const(chunkBytes))),
    ]),
  ];

  function startFeed(feed: Feed): Code {
    const { code, running, isOfUnits } = feed;
    if (isOfUnits) return [];
    if (code.kind === 'power')
      return [0, 8, 16].map((offset) => f64.store(partialOf(feed, offset), f64.const(0)));
    const start = code.kind === 'wide' ? f64x2.splat(f64.const(code.start)) : narrowStart(code);
    return running.map(({ low, high, rest }) => [
      low.set(start),
      code.kind === 'wide' ? [high.set(start), rest.set(f64.const(code.start))] : [],
    ]);
  }

  function finishFeed(feed: Feed): Code {
    const { code, running, isOfUnits } = feed;
    if (isOfUnits || code.kind === 'power') return [];
    if (code.kind !== 'wide')
      return v128.store(
        partialOf(feed),
        running.map(({ low }) => low.get).reduce((a, b) => code.fold(a, b)),
      );
    const counts = feed.counted === undefined ? [] : running;
    const sum = running
      .map(({ low, high }) => f64x2.add(low.get, high.get))
      .reduce((a, b) => f64x2.add(a, b));
    return [
      counts.map(({ low, high }) => [
        low.set(f32x4.convert_i32x4(low.get)),
        high.set(f64x2.promote_low_f32x4(v128.upperHalf(low.get))),
        low.set(f64x2.promote_low_f32x4(low.get)),
      ]),
      v128.store(partialOf(feed), sum),
      running.slice(0, 1).map(({ rest }) => f64.store(partialOf(feed, 16), rest.get)),
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
function isRepeatable({ code, isOfUnits }: Feed): boolean {
  return !isOfUnits && (code.kind === 'narrow' || code.kind === 'mask');
}

function sumPairwise(values: readonly Code[]): Code {
  const half = values.length / 2;
  const [only = []] = values;
  if (values.length <= 1) return only;
  return f32x4.add(sumPairwise(values.slice(0, half)), sumPairwise(values.slice(half)));
}

/** Numbers from memory as a sweep has them: truth values, 1 and 0 in memory, as masks. */
function fromMemory(value: Code, dtype: ProgramNode['dtype']): Code {
  return dtype === 'bool' ? f32x4.ne(value, f32x4.const(0)) : value;
}

/** A place in memory as a variable. */
function inMemory(at: Address, { load, store }: MemoryAccess): Variable {
  return { get: load(at), set: (value) => store(at, value) };
}
