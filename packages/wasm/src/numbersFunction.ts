import { isReduction, noGroup, type Kind, type Plan, type ProgramNode } from '@gradkit/core';
import { advance, eachRecord, finishPower, repeatUnits, storeNumber } from './combineFunction.ts';
import { accumulatorBytes, recordField, reductionOf, roundUp, type FrameLayout } from './frameLayout.ts';
import {
  apply,
  call,
  clearMemory,
  constant,
  copyMemory,
  extractWideLane,
  load,
  local,
  store,
  storeLane,
  whileLoop,
  type Code,
} from './instruction.ts';
import { allLanes, constantCode, elementwiseCode, firstLane } from './operationCode.ts';
import { finishReduction, foldPartials, reductionCode, wideStart, type Reduction } from './reductionCode.ts';
import { required } from './required.ts';
import { functionIndex, powerAccumulatorBytes } from './transcendentalCode.ts';
import { createLocals, type Locals, type WasmFunction } from './writeModule.ts';

const frame = local.get(0);

/** Locals that the parts of a function share: none is used across parts. */
interface Shared {
  readonly record: number;
  readonly index: number;
  readonly offset: number;
  readonly total: number;
  readonly count: number;
  readonly wide: number;
  readonly scratch: number;
}

/**
 * What is computed between sweeps, as a function of the frame: numbers of all leaves, of each leaf or of each unit, in order. `starts` are the
 * reductions over units whose accumulators the next sweep feeds; `commit` writes the new state, once all of it is known.
 */
export function numbersFunction(
  plan: Plan,
  indices: readonly number[],
  {
    layout,
    name,
    starts = [],
    commit = false,
  }: { layout: FrameLayout; name: string; starts?: readonly number[]; commit?: boolean },
): WasmFunction {
  const { program } = plan;
  const { nodes } = program;
  const locals = createLocals(1);
  const shared: Shared = {
    record: locals.add('i32'),
    index: locals.add('i32'),
    offset: locals.add('i32'),
    total: locals.add('f64'),
    count: locals.add('f64'),
    wide: locals.add('v128'),
    scratch: locals.add('v128'),
  };
  const runs = splitRuns(nodes, indices);
  const body: Code = [
    runs.map((run) => runCode(run)),
    starts.map((reduction) => startAccumulators(reduction)),
    commit ? program.slots.map((output) => commitSlot(output)) : [],
  ];
  return { name, parameters: ['i32'], results: [], locals: locals.types, body };

  function runCode(run: readonly number[]): Code {
    const [first = 0] = run;
    const node = required(nodes[first]);
    const { operation } = node;
    if (operation.op === 'push') return pushCode(first, node);
    const reduction = reductionOf(node);
    if (reduction !== undefined) return reduceNumbers(first, reduction);
    if (operation.op === 'slot' && node.kind === 'unit') return unitSlot(first, operation.slot, node.group);
    return loopOver(node, run);
  }

  /** Elementwise operations over the numbers of one kind: one, one for each leaf, one for each unit, or a history. */
  function loopOver({ kind, group, length }: ProgramNode, run: readonly number[]): Code {
    const each = elementwiseRun(run, { kind, locals });
    if (group === noGroup) {
      if (kind === 'scalar') return each;
      return [
        local.set(shared.offset, constant.i32(0)),
        whileLoop(apply('i32.lt_u', local.get(shared.offset), constant.i32(4 * roundUp(length, 4))), [
          each,
          advance(shared.offset, constant.i32(16)),
        ]),
      ];
    }
    if (kind === 'leafScalar') return eachRecord(layout, { group, record: shared.record }, each);
    const bytes = apply('i32.shl', recordAt(recordField.period), constant.i32(2));
    return eachRecord(layout, { group, record: shared.record }, [
      local.set(shared.offset, constant.i32(0)),
      whileLoop(apply('i32.lt_u', local.get(shared.offset), bytes), [
        each,
        advance(shared.offset, constant.i32(16)),
      ]),
    ]);
  }

  function elementwiseRun(
    run: readonly number[],
    { kind, locals: own }: { kind: Kind; locals: Locals },
  ): Code {
    const isMany = kind === 'unit' || kind === 'vector';
    const values = new Map<number, number>();
    const valueOf = (index: number): Code => {
      const node = required(nodes[index]);
      if (node.operation.op === 'constant') return constantCode(node.operation.value, node.dtype);
      const known = values.get(index);
      return known === undefined ? readNumber(index) : local.get(known);
    };
    return run.map((index) => {
      const node = required(nodes[index]);
      const value = own.add('v128');
      const operands = node.inputs.map((input) => {
        const operand = own.add('v128');
        return { operand, code: valueOf(input) };
      });
      const code =
        elementwiseCode(
          node.operation.op,
          operands.map(({ operand }) => local.get(operand)),
          isMany ? allLanes : firstLane,
        ) ?? inputCode(node);
      values.set(index, value);
      return [
        operands.map((operand) => local.set(operand.operand, operand.code)),
        local.set(value, code),
        isMany
          ? store('v128.store', placeOf(index), local.get(value))
          : storeLane(placeOf(index), local.get(value)),
      ];
    });
  }

  /** Where the number or numbers of a node are: in the header, in the record, or at an address that the record holds. */
  function placeOf(index: number): { base: Code; offset?: number } {
    const node = required(nodes[index]);
    if (node.group === noGroup) {
      const offset = required(layout.values.get(index));
      return node.kind === 'vector'
        ? { base: apply('i32.add', frame, local.get(shared.offset)), offset }
        : { base: frame, offset };
    }
    const offset = required(layout.groups[node.group]?.values.get(index));
    if (node.kind === 'leafScalar') return { base: local.get(shared.record), offset };
    return { base: apply('i32.add', recordAt(offset), local.get(shared.offset)) };
  }

  function readNumber(index: number): Code {
    const { kind } = required(nodes[index]);
    const isMany = kind === 'unit' || kind === 'vector';
    return load(isMany ? 'v128.load' : 'v128.load32_splat', placeOf(index));
  }

  function recordAt(offset: number): Code {
    return load('i32.load', { base: local.get(shared.record), offset });
  }

  /** Nodes without operands. */
  function inputCode({ operation, kind, group, dtype }: ProgramNode): Code {
    switch (operation.op) {
      case 'constant':
        return constantCode(operation.value, dtype);
      case 'scalarInput':
        return load('v128.load32_splat', {
          base: frame,
          offset: required(layout.scalarInputs.get(operation.name)),
        });
      case 'size': {
        const entries = recordAt(recordField.entries);
        const count =
          operation.over === 'leaf'
            ? apply('f32.convert_i32_u', entries)
            : apply(
                'f32.demote_f64',
                apply(
                  'f64.div',
                  apply('f64.convert_i32_u', entries),
                  apply('f64.convert_i32_u', recordAt(recordField.units)),
                ),
              );
        return apply('f32x4.splat', count);
      }
      case 'slot': {
        if (kind === 'leafScalar')
          return load('v128.load32_splat', {
            base: recordAt(required(layout.groups[group]?.slots.get(operation.slot))),
          });
        const base = load('i32.load', { base: frame, offset: required(layout.slots.get(operation.slot)) });
        return kind === 'vector'
          ? load('v128.load', { base: apply('i32.add', base, local.get(shared.offset)) })
          : load('v128.load32_splat', { base });
      }
      default:
        throw new Error(
          `@gradkit/wasm has no code for ${operation.op} of ${kind}; this is a fault of @gradkit/wasm.`,
        );
    }
  }

  function unitSlot(index: number, slot: string, group: number): Code {
    const recordLayout = required(layout.groups[group]);
    const units = recordAt(recordField.units);
    const value = recordAt(required(recordLayout.values.get(index)));
    return eachRecord(layout, { group, record: shared.record }, [
      copyMemory({
        to: value,
        from: recordAt(required(recordLayout.slots.get(slot))),
        bytes: apply('i32.shl', units, constant.i32(2)),
      }),
      repeatUnits({ value, units, period: recordAt(recordField.period), index: shared.index }),
    ]);
  }

  function pushCode(index: number, { inputs, length }: ProgramNode): Code {
    const [history = 0, value = 0] = inputs;
    const to = required(layout.values.get(index));
    const last = constantOr(value, (node) =>
      load('f32.load', { base: frame, offset: required(layout.values.get(node)) }),
    );
    return [
      copyMemory({
        to: apply('i32.add', frame, constant.i32(to)),
        from: apply('i32.add', frame, constant.i32(required(layout.values.get(history)) + 4)),
        bytes: constant.i32(4 * (length - 1)),
      }),
      store('f32.store', { base: frame, offset: to + 4 * (length - 1) }, last),
    ];
  }

  function constantOr(index: number, code: (index: number) => Code): Code {
    const operation = required(nodes[index]).operation;
    return operation.op === 'constant' ? constant.f32(operation.value) : code(index);
  }

  /** A reduction over numbers of leaves, of units or of a history, one at a time. */
  function reduceNumbers(reduction: number, operation: Reduction): Code {
    const code = reductionCode(operation);
    const powers = apply('i32.add', frame, constant.i32(layout.powers.get(reduction) ?? 0));
    const push = (base: Code): Code => [
      local.set(shared.count, apply('f64.add', local.get(shared.count), constant.f64(1))),
      pushNumber(base),
    ];
    const pushNumber = (base: Code): Code => {
      if (code.kind === 'power') {
        const value = apply('f64.promote_f32', load('f32.load', { base }));
        return call(functionIndex.pushPower, powers, value, constant.f64(code.order));
      }
      return local.set(shared.total, foldPartials(code, local.get(shared.total), termAt(base)));
    };
    const termAt = (base: Code): Code => {
      if (code.kind === 'mask')
        return apply('f64.convert_i32_u', apply('i32.ne', load('i32.load', { base }), constant.i32(0)));
      const vector = load('v128.load32_zero', { base });
      if (code.kind === 'narrow') {
        return [
          local.set(shared.wide, code.term(vector)),
          extractWideLane(apply('f64x2.promote_low_f32x4', local.get(shared.wide)), 0),
        ];
      }
      return code.kind === 'wide'
        ? [
            local.set(shared.wide, apply('f64x2.promote_low_f32x4', vector)),
            extractWideLane(code.term(shared.wide, shared.scratch), 0),
          ]
        : [];
    };
    const inputs = required(nodes[reduction]).inputs.map((input) => overInput(input, push));
    const result =
      code.kind === 'power'
        ? finishPower(powers, code.order)
        : finishReduction(operation, local.get(shared.total), local.get(shared.count));
    return [
      local.set(shared.count, constant.f64(0)),
      code.kind === 'power'
        ? clearMemory({ at: powers, bytes: constant.i32(powerAccumulatorBytes) })
        : local.set(shared.total, constant.f64(wideStart(code))),
      inputs,
      storeNumber({ base: frame, offset: required(layout.values.get(reduction)) }, { code, result }),
    ];
  }

  /** Goes through the numbers of a node, each at an address. */
  function overInput(input: number, push: (base: Code) => Code): Code {
    const { kind, group, length } = required(nodes[input]);
    const index = local.get(shared.index);
    if (group === noGroup) {
      const base = apply(
        'i32.add',
        apply('i32.add', frame, constant.i32(required(layout.values.get(input)))),
        index,
      );
      return countTo(constant.i32(4 * length), push(base));
    }
    const offset = required(layout.groups[group]?.values.get(input));
    if (kind === 'leafScalar') {
      const base = apply('i32.add', local.get(shared.record), constant.i32(offset));
      return eachRecord(layout, { group, record: shared.record }, push(base));
    }
    const bytes = apply('i32.shl', recordAt(recordField.units), constant.i32(2));
    return eachRecord(
      layout,
      { group, record: shared.record },
      countTo(bytes, push(apply('i32.add', recordAt(offset), index))),
    );
  }

  function countTo(bytes: Code, body_: Code): Code {
    return [
      local.set(shared.index, constant.i32(0)),
      whileLoop(apply('i32.lt_u', local.get(shared.index), bytes), [
        body_,
        advance(shared.index, constant.i32(4)),
      ]),
    ];
  }

  function startAccumulators(reduction: number): Code {
    const node = required(nodes[reduction]);
    const code = reductionCode(required(reductionOf(node)));
    const offset = required(layout.groups[node.group]?.accumulators.get(reduction));
    const size = accumulatorBytes(node);
    const bytes = apply('i32.mul', recordAt(recordField.period), constant.i32(size));
    if (code.kind === 'power') {
      return eachRecord(
        layout,
        { group: node.group, record: shared.record },
        clearMemory({ at: recordAt(offset), bytes }),
      );
    }
    const at = { base: apply('i32.add', recordAt(offset), local.get(shared.index)) };
    const start =
      code.kind === 'wide'
        ? store('f64.store', at, constant.f64(code.start))
        : code.kind === 'mask'
          ? store('i32.store', at, constant.i32(code.start ? -1 : 0))
          : store('f32.store', at, constant.f32(code.start));
    return eachRecord(layout, { group: node.group, record: shared.record }, [
      local.set(shared.index, constant.i32(0)),
      whileLoop(apply('i32.lt_u', local.get(shared.index), bytes), [
        start,
        advance(shared.index, constant.i32(size)),
      ]),
    ]);
  }

  function commitSlot({ slot, node: index, group }: (typeof program.slots)[number]): Code {
    const node = required(nodes[index]);
    if (node.kind === 'leaf') return [];
    if (group === noGroup) {
      return copyMemory({
        to: load('i32.load', { base: frame, offset: required(layout.slots.get(slot)) }),
        from: apply('i32.add', frame, constant.i32(required(layout.values.get(index)))),
        bytes: constant.i32(4 * node.length),
      });
    }
    const recordLayout = required(layout.groups[group]);
    const to = recordAt(required(recordLayout.slots.get(slot)));
    const offset = required(recordLayout.values.get(index));
    const copy =
      node.kind === 'unit'
        ? copyMemory({
            to,
            from: recordAt(offset),
            bytes: apply('i32.shl', recordAt(recordField.units), constant.i32(2)),
          })
        : store('i32.store', { base: to }, recordAt(offset));
    return eachRecord(layout, { group, record: shared.record }, copy);
  }
}

/** Splits nodes into runs that one loop can compute: elementwise, of one kind and one group. */
function splitRuns(nodes: readonly ProgramNode[], indices: readonly number[]): number[][] {
  const runs: number[][] = [];
  let key = '';
  for (const index of indices) {
    const node = required(nodes[index]);
    const { operation } = node;
    const isAlone =
      operation.op === 'push' || isReduction(operation) || (operation.op === 'slot' && node.kind === 'unit');
    const next = isAlone ? '' : `${node.kind} ${node.group} ${node.length}`;
    if (next !== '' && next === key) runs.at(-1)?.push(index);
    else runs.push([index]);
    key = next;
  }
  return runs;
}
