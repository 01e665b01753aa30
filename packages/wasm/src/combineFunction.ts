import { noGroup, type Pass, type Plan } from '@gradkit/core';
import { accumulatorBytes, recordField, reductionOf, type FrameLayout } from './frameLayout.ts';
import {
  apply,
  call,
  clearMemory,
  constant,
  load,
  local,
  store,
  whileLoop,
  type Code,
} from './instruction.ts';
import {
  finishReduction,
  foldPartials,
  reductionCode,
  wideStart,
  type Reduction,
  type ReductionCode,
} from './reductionCode.ts';
import { required } from './required.ts';
import { functionIndex, powerAccumulatorBytes } from './transcendentalCode.ts';
import { createLocals, type WasmFunction } from './writeModule.ts';

const frame = local.get(0);

/** The steps of a 32-bit counter or an address. */
export function advance(index: number, by: Code): Code {
  return local.set(index, apply('i32.add', local.get(index), by));
}

/** A loop over the records of a group. */
export function eachRecord(
  layout: FrameLayout,
  { group, record }: { group: number; record: number },
  body: Code,
): Code {
  const { begin, end, bytes } = required(layout.groups[group]);
  return [
    local.set(record, load('i32.load', { base: frame, offset: begin })),
    whileLoop(apply('i32.lt_u', local.get(record), load('i32.load', { base: frame, offset: end })), [
      body,
      advance(record, constant.i32(bytes)),
    ]),
  ];
}

/**
 * The partial results of a pass added up, chunk after chunk and leaf after leaf in their order, whoever computed them: so the result does not
 * depend on how the chunks were shared out.
 */
export function combineFunction(
  { program }: Plan,
  pass: Pass,
  { layout, name }: { layout: FrameLayout; name: string },
): WasmFunction {
  const locals = createLocals(1);
  const [record, partial] = [locals.add('i32'), locals.add('i32')];
  const [index, unit] = [locals.add('i32'), locals.add('i32')];
  const [total, leafTotal, count] = [locals.add('f64'), locals.add('f64'), locals.add('f64')];
  const reductions = new Set(
    pass.sweeps.flatMap(({ reductions: fed }) => fed.map(({ reduction }) => reduction)),
  );
  const body = Array.from(reductions, (reduction) => {
    const node = required(program.nodes[reduction]);
    const operation = required(reductionOf(node));
    const code = reductionCode(operation);
    const at = { reduction, operation, code };
    const groups = node.inputs.map((input) => required(program.nodes[input]).group);
    if (operation.over === 'unit') return overUnits(at, node.group);
    return operation.over === 'leaf' ? overLeaf(at, node.group) : overLeaves(at, groups);
  });
  return { name, parameters: ['i32'], results: [], locals: locals.types, body };

  /** Folds the partial results of a leaf's chunks into `into`, or into the accumulator of powers. */
  function foldChunks(
    { reduction, code }: { reduction: number; code: ReductionCode },
    { group, into }: { group: number; into: number },
  ): Code {
    const recordLayout = required(layout.groups[group]);
    const offset = required(recordLayout.partials.get(reduction));
    return [
      local.set(partial, load('i32.load', field(recordField.partials))),
      local.set(index, load('i32.load', field(recordField.chunks))),
      whileLoop(local.get(index), [
        code.kind === 'power'
          ? call(
              functionIndex.mergePower,
              powers(reduction),
              apply('i32.add', local.get(partial), constant.i32(offset)),
              constant.f64(code.order),
            )
          : local.set(
              into,
              foldPartials(code, local.get(into), load('f64.load', { base: local.get(partial), offset })),
            ),
        advance(partial, constant.i32(recordLayout.partialBytes)),
        advance(index, constant.i32(-1)),
      ]),
    ];
  }

  function field(offset: number): { base: Code; offset: number } {
    return { base: local.get(record), offset };
  }

  function powers(reduction: number): Code {
    return apply('i32.add', frame, constant.i32(required(layout.powers.get(reduction))));
  }

  function startTotal({ reduction, code }: { reduction: number; code: ReductionCode }, into: number): Code {
    return code.kind === 'power'
      ? clearMemory({ at: powers(reduction), bytes: constant.i32(powerAccumulatorBytes) })
      : local.set(into, constant.f64(wideStart(code)));
  }

  function entriesOf(): Code {
    return apply('f64.convert_i32_u', load('i32.load', field(recordField.entries)));
  }

  function overLeaf(
    at: { reduction: number; operation: Reduction; code: ReductionCode },
    group: number,
  ): Code {
    const offset = required(layout.groups[group]?.values.get(at.reduction));
    return eachRecord(layout, { group, record }, [
      startTotal(at, leafTotal),
      foldChunks(at, { group, into: leafTotal }),
      local.set(count, entriesOf()),
      storeResult(at, { base: local.get(record), offset, from: leafTotal }),
    ]);
  }

  function overLeaves(
    at: { reduction: number; operation: Reduction; code: ReductionCode },
    groups: readonly number[],
  ): Code {
    const offset = required(layout.values.get(at.reduction));
    return [
      startTotal(at, total),
      local.set(count, constant.f64(0)),
      groups
        .filter((group) => group !== noGroup)
        .map((group) =>
          eachRecord(layout, { group, record }, [
            foldChunks(at, { group, into: total }),
            local.set(count, apply('f64.add', local.get(count), entriesOf())),
          ]),
        ),
      storeResult(at, { base: frame, offset, from: total }),
    ];
  }

  function storeResult(
    { reduction, operation, code }: { reduction: number; operation: Reduction; code: ReductionCode },
    { base, offset, from }: { base: Code; offset: number; from: number },
  ): Code {
    const result =
      code.kind === 'power'
        ? finishPower(powers(reduction), code.order)
        : finishReduction(operation, local.get(from), local.get(count));
    return storeNumber({ base, offset }, { code, result });
  }

  function overUnits(
    { reduction, operation, code }: { reduction: number; operation: Reduction; code: ReductionCode },
    group: number,
  ): Code {
    const recordLayout = required(layout.groups[group]);
    const bytes = accumulatorBytes(program.nodes[reduction]);
    const accumulator = load('i32.load', field(required(recordLayout.accumulators.get(reduction))));
    const value = load('i32.load', field(required(recordLayout.values.get(reduction))));
    const units = load('i32.load', field(recordField.units));
    const period = load('i32.load', field(recordField.period));
    const addressOf = (place: Code, entry: Code, size: number): Code =>
      apply('i32.add', place, apply('i32.mul', entry, constant.i32(size)));
    const numberAt = (entry: Code): Code => {
      const base = addressOf(accumulator, entry, bytes);
      if (code.kind === 'wide') return load('f64.load', { base });
      const narrow = load('f32.load', { base });
      return code.kind === 'mask'
        ? apply('f64.convert_i32_u', apply('i32.ne', load('i32.load', { base }), constant.i32(0)))
        : apply('f64.promote_f32', narrow);
    };
    const first = local.get(unit);
    const rest = local.get(index);
    const foldRest =
      code.kind === 'power'
        ? call(
            functionIndex.mergePower,
            addressOf(accumulator, first, bytes),
            addressOf(accumulator, rest, bytes),
            constant.f64(code.order),
          )
        : local.set(leafTotal, foldPartials(code, local.get(leafTotal), numberAt(rest)));
    const result =
      code.kind === 'power'
        ? finishPower(addressOf(accumulator, first, bytes), code.order)
        : finishReduction(operation, local.get(leafTotal), local.get(count));
    return eachRecord(layout, { group, record }, [
      local.set(unit, constant.i32(0)),
      local.set(count, apply('f64.div', entriesOf(), apply('f64.convert_i32_u', units))),
      whileLoop(apply('i32.lt_u', first, units), [
        code.kind === 'power' ? [] : local.set(leafTotal, numberAt(first)),
        local.set(index, apply('i32.add', first, units)),
        whileLoop(apply('i32.lt_u', rest, period), [foldRest, advance(index, units)]),
        storeNumber({ base: addressOf(value, first, 4) }, { code, result }),
        advance(unit, constant.i32(1)),
      ]),
      repeatUnits({ value, units, period, index }),
    ]);
  }
}

/** A number of each unit written again and again until the period is full. */
export function repeatUnits({
  value,
  units,
  period,
  index,
}: {
  value: Code;
  units: Code;
  period: Code;
  index: number;
}): Code {
  const addressOf = (entry: Code): Code => apply('i32.add', value, apply('i32.shl', entry, constant.i32(2)));
  const current = local.get(index);
  return [
    local.set(index, units),
    whileLoop(apply('i32.lt_u', current, period), [
      store(
        'i32.store',
        { base: addressOf(current) },
        load('i32.load', { base: addressOf(apply('i32.sub', current, units)) }),
      ),
      advance(index, constant.i32(1)),
    ]),
  ];
}

/** The norm of an accumulator of powers. */
export function finishPower(address: Code, order: number): Code {
  const read = (offset: number): Code => load('f64.load', { base: address, offset });
  return [
    apply('f64.mul', read(0), call(functionIndex.pow, read(8), constant.f64(1 / order))),
    read(16),
    apply('f64.eq', read(16), constant.f64(0)),
    apply('select'),
  ];
}

/** Stores the result of a reduction: a float32, or a truth value with all bits set or none. */
export function storeNumber(
  at: { base: Code; offset?: number },
  { code, result }: { code: ReductionCode; result: Code },
): Code {
  return code.kind === 'mask'
    ? store('i32.store', at, apply('i32.sub', constant.i32(0), apply('f64.ne', result, constant.f64(0))))
    : store('f32.store', at, apply('f32.demote_f64', result));
}
