import {
  isReduction,
  noGroup,
  type Kernel,
  type Load,
  type Plan,
  type Program,
  type ProgramNode,
  type Reduction,
  type Store,
} from '@gradkit/core';
import { comment } from './comment.ts';
import { floatLiteral } from './floatLiteral.ts';
import { operationCode, type Scope } from './operationCode.ts';
import { reductionCode, type ReductionCode } from './reductionCode.ts';
import {
  arraySlots,
  placeText,
  smallClosure,
  smallInputs,
  smallSlotOutputs,
  type PlanShape,
  type SmallState,
} from './shaderLayout.ts';
import { libraryFor } from './wgslLibrary.ts';

/** What of a leaf a sweep binds, besides what lies in the engine's own memory. */
export interface LeafAccess {
  readonly parameter: 'read' | 'write' | undefined;
  readonly gradient: boolean;
  readonly update: boolean;
}

/** What the shaders of one engine session have in common. */
export interface ShaderSetting {
  readonly arraySlots: readonly string[];
  readonly smallState: SmallState;
  readonly workgroupSize: number;
  /** The lanes of the smallest and the largest subgroup, where subgroup operations are to be used. */
  readonly subgroups: { readonly smallest: number; readonly largest: number } | undefined;
  /** Whether some leaves lie packed in the engine's own memory. */
  readonly packs: boolean;
}

/** A shader and what it binds. */
export interface Shader {
  readonly code: string;
  /** Whether it binds the arena: array state and packed leaves. */
  readonly bindsArena: boolean;
  readonly access: LeafAccess;
  /** How many leaves it binds by themselves. */
  readonly leavesBound: number;
}

/** The setting of a session. */
export function settingOf(
  layout: Parameters<typeof arraySlots>[0],
  options: Pick<ShaderSetting, 'smallState' | 'workgroupSize' | 'subgroups' | 'packs'>,
): ShaderSetting {
  return { arraySlots: arraySlots(layout), ...options };
}

/** What of each leaf a kernel reads and writes. */
export function accessOf({ loads, stores }: Kernel): LeafAccess {
  const reads = (op: Load['from']['op']): boolean => loads.some(({ from }) => from.op === op);
  const writes = (to: Store['to']): boolean => stores.some((store) => store.to === to);
  return {
    parameter: writes('parameter') ? 'write' : reads('parameter') ? 'read' : undefined,
    gradient: reads('gradient'),
    update: writes('update'),
  };
}

/** Whether a kernel reads or writes state arrays. */
export function touchesState({ loads, stores }: Kernel): boolean {
  return loads.some(({ from }) => from.op === 'slot') || stores.some(({ to }) => to === 'slot');
}

/** The shader of one group's part of a pass; `commits` adds what is done once a step, by one workgroup more. */
export function writeSweepShader(
  shape: PlanShape,
  setting: ShaderSetting,
  request: { pass: number; kernel: Kernel; leavesBound: number; commits: boolean },
): Shader {
  const access = accessOf(request.kernel);
  const bindsArena = setting.packs || touchesState(request.kernel);
  const bindings = leafBindings(access, { bindsArena, leavesBound: request.leavesBound });
  const main = [
    `@compute @workgroup_size(${setting.workgroupSize})`,
    `fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32${subgroupArguments(setting)}) {`,
    ...indent(subgroupStart(setting)),
    ...(request.commits
      ? [
          '  if (group.x == batch.workgroup_count) {',
          '    commit(lane);',
          '  } else {',
          '    sweep(group.x, lane);',
          '  }',
        ]
      : ['  sweep(group.x, lane);']),
    '}',
  ];
  const body = [
    ...accessors(access, { ...request, setting, bindsArena }),
    ...sweepFunction(shape, setting, request),
    ...(request.commits ? commitFunction(shape, setting) : []),
    main.join('\n'),
  ];
  return {
    code: assemble(shape, setting, { bindings, body }),
    bindsArena,
    access,
    leavesBound: request.leavesBound,
  };
}

/** The shader of one workgroup that computes and stores the numbers that the sweeps of a pass cannot fold in themselves. */
export function writeBeforeShader(shape: PlanShape, setting: ShaderSetting, pass: number): Shader {
  const known = new Set(shape.before.slice(0, pass).flat());
  const stores = (shape.before[pass] ?? []).map((node) => ({
    node,
    at: placeText('batch.values', shape.stored.get(node) ?? { fixed: 0, perLeaf: 0, perUnit: 0 }),
    note: '',
  }));
  const body = numbersFunction(shape, setting, { name: 'before', known, stores, carries: false });
  return loneShader(shape, setting, { name: 'before', body });
}

/** The shader of one workgroup that commits a step by itself, where that has to wait for the last pass. */
export function writeCommitShader(shape: PlanShape, setting: ShaderSetting): Shader {
  return loneShader(shape, setting, { name: 'commit', body: commitFunction(shape, setting) });
}

function loneShader(
  shape: PlanShape,
  setting: ShaderSetting,
  { name, body }: { name: string; body: string[] },
): Shader {
  const main = [
    `@compute @workgroup_size(${setting.workgroupSize})`,
    `fn main(@builtin(local_invocation_index) lane: u32${subgroupArguments(setting)}) {`,
    ...indent(subgroupStart(setting)),
    `  ${name}(lane);`,
    '}',
  ].join('\n');
  return {
    code: assemble(shape, setting, { bindings: [], body: [...body, main] }),
    bindsArena: false,
    access: { parameter: undefined, gradient: false, update: false },
    leavesBound: 0,
  };
}

/** How much of a name is shown in a field: names are anything, and as long as users like. */
const longestField = 60;

/** The fields of the uniform, by the names of scalar inputs: as readable as WGSL allows, and each different from all others. */
export function scalarFields(program: Program): ReadonlyMap<string, string> {
  const names = program.nodes.flatMap(({ operation }) =>
    operation.op === 'scalarInput' ? [operation.name] : [],
  );
  const fields = new Map<string, string>();
  const taken = new Set<string>();
  for (const name of new Set(names)) {
    const plain = `input_${name.replaceAll(/[^A-Za-z0-9]+/g, '_').slice(0, longestField)}`;
    let field = plain;
    for (let count = 1; taken.has(field); count++) field = `${plain}_n${count}`;
    taken.add(field);
    fields.set(name, field);
  }
  return fields;
}

function assemble(
  { plan }: PlanShape,
  setting: ShaderSetting,
  { bindings, body }: { bindings: readonly string[]; body: readonly string[] },
): string {
  const inputs = [...scalarFields(plan.program).values()].map((field) => `  ${field}: f32,`);
  // Two functions may reduce alike.
  const code = [...new Set(body)].join('\n\n');
  return [
    ...(setting.subgroups === undefined ? [] : ['enable subgroups;']),
    [
      '// The numbers of this step.',
      'struct Step {',
      '  state_read: u32,',
      '  state_write: u32,',
      '  infinity_bits: u32,',
      '  zero_bits: u32,',
      ...inputs,
      '}',
    ].join('\n'),
    batchStruct,
    ...(code.includes('Segment') || code.includes('segment_at(') ? [segmentStruct] : []),
    [
      '@group(0) @binding(0) var<uniform> step: Step;',
      '@group(0) @binding(1) var<uniform> batch: Batch;',
      '@group(0) @binding(2) var<storage, read_write> small: array<u32>;',
      ...bindings,
    ].join('\n'),
    [
      ...(code.includes('lanes[')
        ? [`var<workgroup> lanes: array<vec4<u32>, ${setting.workgroupSize}>;`]
        : []),
      ...(setting.subgroups === undefined ? [] : ['var<private> subgroup_width: u32;']),
    ].join('\n'),
    libraryFor(code),
    code,
  ]
    .filter((part) => part !== '')
    .join('\n\n')
    .concat('\n');
}

const batchStruct = `// Where the tables and the numbers of this dispatch lie in \`small\`.
struct Batch {
  segments: u32,
  workgroups: u32,
  workgroup_count: u32,
  leaves: u32,
  groups: u32,
  order: u32,
  values: u32,
  partials: u32,
  reports: u32,
  leaf_count: u32,
  unit_count: u32,
  tile_count: u32,
  unit_tile_count: u32,
  state_words: u32,
}`;

/** The fields of the uniform that describes a dispatch, in their order. */
export const batchFields = [
  'segments',
  'workgroups',
  'workgroup_count',
  'leaves',
  'groups',
  'order',
  'values',
  'partials',
  'reports',
  'leaf_count',
  'unit_count',
  'tile_count',
  'unit_tile_count',
  'state_words',
] as const;

const segmentStruct = `// A leaf, or a part of a large one, and the tile of it that a workgroup has.
struct Segment {
  slot: u32,
  size: u32,
  leaf: u32,
  start: u32,
  base: u32,
  stride: u32,
  tile: u32,
  tiles: u32,
  first_tile: u32,
  unit_tiles: u32,
}`;

function leafBindings(
  access: LeafAccess,
  { bindsArena, leavesBound }: { bindsArena: boolean; leavesBound: number },
): string[] {
  let binding = 3;
  const bind = (mode: string, name: string): string =>
    `@group(0) @binding(${binding++}) var<storage, ${mode}> ${name}: array<f32>;`;
  const lines = bindsArena ? [bind('read_write', 'arena')] : [];
  for (let slot = 0; slot < leavesBound; slot++) {
    if (access.parameter !== undefined)
      lines.push(bind(access.parameter === 'write' ? 'read_write' : 'read', `parameter${slot}`));
    if (access.gradient) lines.push(bind('read', `gradient${slot}`));
    if (access.update) lines.push(bind('read_write', `update${slot}`));
  }
  return lines;
}

interface AccessorRequest {
  readonly leavesBound: number;
  readonly setting: ShaderSetting;
  readonly bindsArena: boolean;
}

function accessors(access: LeafAccess, request: AccessorRequest): string[] {
  const { leavesBound, setting } = request;
  const slots = setting.arraySlots.length;
  const packed = (turn: number): string => `arena[segment.base + ${slots + turn}u * segment.stride + i]`;
  const cases = (line: (name: string) => string, name: string, otherwise: string | undefined): string[] => {
    if (leavesBound === 0) return otherwise === undefined ? [] : [`  ${otherwise}`];
    const last = otherwise === undefined ? leavesBound - 1 : leavesBound;
    return [
      '  switch segment.slot {',
      ...Array.from({ length: last }, (_, slot) => `    case ${slot}u: { ${line(`${name}${slot}[i]`)} }`),
      `    default: { ${otherwise ?? line(`${name}${last}[i]`)} }`,
      '  }',
    ];
  };
  const reader = (name: string, turn: number): string =>
    [
      `fn ${name}_at(segment: Segment, i: u32) -> f32 {`,
      ...cases((at) => `return ${at};`, name, setting.packs ? `return ${packed(turn)};` : undefined),
      '}',
    ].join('\n');
  const writer = (name: string, turn: number): string =>
    [
      `fn write_${name}(segment: Segment, i: u32, value: f32) {`,
      ...cases((at) => `${at} = value;`, name, setting.packs ? `${packed(turn)} = value;` : undefined),
      '}',
    ].join('\n');
  return [
    ...(access.parameter === undefined ? [] : [reader('parameter', 0)]),
    ...(access.parameter === 'write' ? [writer('parameter', 0)] : []),
    ...(access.gradient ? [reader('gradient', 1)] : []),
    ...(access.update ? [writer('update', 2)] : []),
  ];
}

/** Lines of code and the transform that they are of. */
interface OriginLines {
  readonly lines: readonly string[];
  readonly origin: string | undefined;
}

/** Lines of code below the transform that they are of, named whenever that changes. */
function annotate(parts: readonly OriginLines[]): string[] {
  let current: string | undefined;
  return parts.flatMap(({ lines, origin }) => {
    if (origin === undefined || origin === current) return lines;
    current = origin;
    return [comment(origin), ...lines];
  });
}

/** What a number that is read from the state is there. */
function noteOf({ operation }: ProgramNode): string {
  return operation.op === 'slot' ? ` ${comment(operation.slot)}` : '';
}

/** The transform that a node is of; reading a parameter or a gradient is nobody's, adding updates to parameters the step's own. */
function originOf({ nodes, origins }: Program, index: number): string | undefined {
  const op = nodes[index]?.operation.op;
  if (op === undefined || op === 'parameter' || op === 'gradient' || op === 'constant') return undefined;
  return origins[index] ?? 'the step itself';
}

function sweepFunction(
  shape: PlanShape,
  setting: ShaderSetting,
  { kernel, pass }: { kernel: Kernel; pass: number },
): string[] {
  const { program } = shape.plan;
  const storedBefore = new Set(shape.before.slice(0, pass + 1).flat());
  const reductions = kernel.feeds.flatMap(({ reduction, value }) => {
    const swept = shape.swept.get(reduction);
    return swept === undefined
      ? []
      : [{ swept, value, reduction, name: `r${reduction}`, code: reductionCode(swept.operation) }];
  });
  const unitWise = reductions.filter(({ swept }) => swept.operation.over === 'unit');
  const tileWise = reductions.filter(({ swept }) => swept.operation.over !== 'unit');
  const readsUnits = kernel.loads.some(({ per }) => per === 'unit');
  const functions: string[] = [];

  const folding = foldedNumbers(shape, setting, {
    roots: smallInputs(kernel).filter((node) => program.nodes[node]?.kind !== 'unit'),
    stored: storedBefore,
    reducers: functions,
  });

  const scope: Scope = {
    parameter: () => 'parameter_at(segment, i)',
    gradient: () => 'gradient_at(segment, i)',
    slot: (name) => slotAt(setting, name),
    scalarInput: () => '',
    size: () => '',
    reduction: () => '',
  };
  const operand = (input: number): string => {
    const node = program.nodes[input];
    if (node?.operation.op === 'constant') return constantText(node);
    if (node?.kind !== 'unit') return `v${input}`;
    const place = shape.stored.get(input);
    return place === undefined ? '' : loaded(node, `${placeText('batch.values', place)} + unit`);
  };
  const entry = annotate([
    ...[...kernel.loads.filter(({ per }) => per === 'entry'), ...kernel.body]
      .toSorted((a, b) => a.value - b.value)
      .flatMap(({ value, ...computation }) => {
        const node = program.nodes[value];
        if (node === undefined) return [];
        const operands = 'operands' in computation ? computation.operands : [];
        const text = operationCode(node.operation, operands.map(operand), scope);
        return [{ lines: [`let v${value} = ${text};${noteOf(node)}`], origin: originOf(program, value) }];
      }),
    ...reductions.map(({ name, code, value, reduction }) => ({
      lines: [`${name} = ${code.push(name, operand(value))};`],
      origin: originOf(program, reduction),
    })),
  ]);
  const writes = kernel.stores.map(({ to, node, ...write }) => {
    if (to === 'slot' && 'slot' in write)
      return `${slotAt(setting, write.slot)} = ${operand(node)}; ${comment(write.slot)}`;
    return `write_${to}(segment, i, ${operand(node)});`;
  });
  const unitLine = readsUnits
    ? ['let unit = leaf_first_unit(segment.leaf) + i % leaf_units(segment.leaf);']
    : [];
  const width = setting.workgroupSize;
  const loop =
    unitWise.length === 0
      ? [
          `for (var i = segment.tile * ${width}u + lane; i < segment.size; i += segment.tiles * ${width}u) {`,
          ...indent([...unitLine, ...entry, ...writes]),
          '}',
        ]
      : [
          'let units = leaf_units(segment.leaf);',
          'let rows = segment.size / units;',
          'let rows_of_tile = (rows + segment.tiles - 1u) / segment.tiles;',
          'let first_row = min(segment.tile * rows_of_tile, rows);',
          'let end_row = min(first_row + rows_of_tile, rows);',
          `for (var u = lane; u < units; u += ${width}u) {`,
          ...indent(unitWise.map(({ name, code }) => `var ${name} = ${code.zero};`)),
          '  for (var row = first_row; row < end_row; row++) {',
          ...indent(indent(['let i = row * units + u;', ...unitLine, ...entry, ...writes])),
          '  }',
          ...indent(
            unitWise.map(
              ({ name, swept }) =>
                `store_partial(${unitPartial(shape, swept.turn)} + segment.unit_tiles + segment.tile * units + u, ${name});`,
            ),
          ),
          '}',
        ];
  const stores = annotate(
    tileWise.map(({ name, swept, code, reduction }) => ({
      lines: [
        `${name} = ${reducer(setting, code, functions)}(lane, ${name});`,
        'if (lane == 0u) {',
        `  store_partial(${tilePartial(swept.turn)} + segment.first_tile + segment.tile, ${name});`,
        '}',
      ],
      origin: originOf(program, reduction),
    })),
  );
  const sweepText = [
    'fn sweep(workgroup: u32, lane: u32) {',
    ...indent([
      'let segment = segment_at(workgroup);',
      ...folding,
      ...tileWise.map(({ name, code }) => `var ${name} = ${code.zero};`),
      ...loop,
      ...stores,
    ]),
    '}',
  ].join('\n');
  return [...new Set(functions), sweepText];
}

function slotAt({ arraySlots: slots }: ShaderSetting, name: string): string {
  const turn = slots.indexOf(name);
  const offset = turn === 0 ? '' : turn === 1 ? 'segment.stride + ' : `${turn}u * segment.stride + `;
  return `arena[segment.base + ${offset}i]`;
}

function constantText({ operation, dtype }: ProgramNode): string {
  const value = operation.op === 'constant' ? operation.value : NaN;
  return dtype === 'bool' ? String(value !== 0) : floatLiteral(value);
}

function loaded({ dtype }: ProgramNode, at: string): string {
  return dtype === 'bool' ? `(small[${at}] != 0u)` : `load_number(${at})`;
}

function storedText({ dtype }: ProgramNode, at: string, value: string): string {
  return dtype === 'bool' ? `small[${at}] = select(0u, 1u, ${value});` : `store_number(${at}, ${value});`;
}

function tilePartial(turn: number): string {
  return turn === 0 ? '0u' : turn === 1 ? 'batch.tile_count' : `${turn}u * batch.tile_count`;
}

/** Partial results of units come after those of tiles. */
function unitPartial({ tileReductions }: PlanShape, turn: number): string {
  const tiles = tilePartial(tileReductions);
  return turn === 0 ? tiles : `${tiles} + ${turn}u * batch.unit_tile_count`;
}

/** Numbers that a workgroup of a sweep computes for itself before its loop: one for all, or one for its leaf. */
function foldedNumbers(
  shape: PlanShape,
  setting: ShaderSetting,
  { roots, stored, reducers }: { roots: readonly number[]; stored: ReadonlySet<number>; reducers: string[] },
): string[] {
  const { program } = shape.plan;
  const lines = smallClosure(program, roots, stored).flatMap((index) => {
    const node = program.nodes[index];
    if (node === undefined || node.operation.op === 'constant') return [];
    const origin = originOf(program, index);
    const place = stored.has(index) ? shape.stored.get(index) : undefined;
    if (place !== undefined) {
      const at = placeText('batch.values', place) + (node.kind === 'leafScalar' ? ' + segment.leaf' : '');
      return [{ lines: [`let v${index} = ${loaded(node, at)};`], origin }];
    }
    if (isReduction(node.operation)) {
      return [
        { lines: foldReduction(shape, setting, { index, node, leaf: 'segment.leaf', reducers }), origin },
      ];
    }
    const scope = smallScope(shape, setting, { leaf: 'segment.leaf', unit: '' });
    return [
      {
        lines: [
          `let v${index} = ${operationCode(node.operation, operandsOf(program, node), scope)};${noteOf(node)}`,
        ],
        origin,
      },
    ];
  });
  return annotate(lines);
}

function operandsOf(program: Program, node: ProgramNode): string[] {
  return node.inputs.map((input) => {
    const found = program.nodes[input];
    return found?.operation.op === 'constant' ? constantText(found) : `v${input}`;
  });
}

function smallScope(
  { plan }: PlanShape,
  { smallState }: ShaderSetting,
  { leaf, unit }: { leaf: string; unit: string },
): Scope {
  const fields = scalarFields(plan.program);
  return {
    parameter: () => '',
    gradient: () => '',
    slot: (name) => {
      const place = smallState.places.get(name);
      if (place === undefined) return '';
      const kind = kindOfPlace(place);
      const index = kind === 'unit' ? ` + ${unit}` : kind === 'leafScalar' ? ` + ${leaf}` : '';
      return `load_number(${placeText('step.state_read', place)}${index})`;
    },
    scalarInput: (name) => `step.${fields.get(name) ?? ''}`,
    size: (over) =>
      over === 'leaf' ? `f32(leaf_size(${leaf}))` : `f32(leaf_size(${leaf}) / leaf_units(${leaf}))`,
    reduction: () => '',
  };

  function kindOfPlace(place: unknown): string {
    const slot = plan.program.slotSpecs.find(({ name }) => smallState.places.get(name) === place);
    return slot?.kind ?? 'scalar';
  }
}

/** Folds the partial results of a reduction over entries, with all lanes of a workgroup. */
function foldReduction(
  shape: PlanShape,
  setting: ShaderSetting,
  { index, node, leaf, reducers }: { index: number; node: ProgramNode; leaf: string; reducers: string[] },
): string[] {
  const swept = shape.swept.get(index);
  const operation = swept?.operation ?? requireReduction(node);
  const code = reductionCode(operation);
  const name = `r${index}`;
  if (swept === undefined) return [`let v${index} = ${code.result(code.zero, '0.0f')};`];
  const ranges =
    operation.over === 'leaf'
      ? [{ first: `leaf_first_tile(${leaf})`, end: `leaf_end_tile(${leaf})` }]
      : swept.groups.map((group) => ({
          first: `group_first_tile(${group}u)`,
          end: `group_end_tile(${group}u)`,
        }));
  const count =
    operation.over === 'leaf'
      ? `f32(leaf_size(${leaf}))`
      : `f32(${swept.groups.map((group) => `group_size(${group}u)`).join(' + ')})`;
  return [
    `var ${name} = ${code.zero};`,
    ...ranges.flatMap(({ first, end }) => [
      `for (var tile = ${first} + lane; tile < ${end}; tile += ${setting.workgroupSize}u) {`,
      `  ${name} = ${code.combine(name, `partial_at(${tilePartial(swept.turn)} + tile)`)};`,
      '}',
    ]),
    `${name} = ${reducer(setting, code, reducers)}(lane, ${name});`,
    `let v${index} = ${code.result(name, count)};`,
  ];
}

function requireReduction({ operation }: ProgramNode): Reduction {
  return isReduction(operation) ? operation : { op: 'sum', over: 'leaves' };
}

/** The function that reduces what the lanes of a workgroup have; neighbours first, so that subgroups give the same bits. */
function reducer(setting: ShaderSetting, code: ReductionCode, functions: string[]): string {
  const name = `reduce_${code.name}`;
  const width = setting.workgroupSize;
  const { subgroups } = setting;
  const isFirst = '(lane & (2u * width - 1u)) == 0u';
  const across = [
    'lanes[lane] = own;',
    'workgroupBarrier();',
    `for (var width = ${subgroups?.smallest ?? 1}u; width < ${width}u; width <<= 1u) {`,
    `  if (${subgroups === undefined ? isFirst : `width >= subgroup_width && ${isFirst}`}) {`,
    `    lanes[lane] = ${code.combine('lanes[lane]', 'lanes[lane + width]')};`,
    '  }',
    '  workgroupBarrier();',
    '}',
    'let total = lanes[0];',
    'workgroupBarrier();',
    'return total;',
  ];
  // The loop is the same for all lanes, as WGSL asks; what a narrower subgroup shuffles beyond its width is not used.
  const within =
    subgroups === undefined
      ? []
      : [
          `for (var width = 1u; width < ${Math.min(subgroups.largest, width)}u; width <<= 1u) {`,
          '  let other = subgroupShuffleXor(own, width);',
          '  if (width < subgroup_width) {',
          `    own = ${code.combine('own', 'other')};`,
          '  }',
          '}',
        ];
  functions.push(
    [
      `fn ${name}(lane: u32, mine: vec4<u32>) -> vec4<u32> {`,
      ...indent(['var own = mine;', ...within, ...across]),
      '}',
    ].join('\n'),
  );
  return name;
}

function subgroupArguments({ subgroups }: ShaderSetting): string {
  return subgroups === undefined ? '' : ', @builtin(subgroup_size) subgroup_size: u32';
}

function subgroupStart({ subgroups }: ShaderSetting): string[] {
  return subgroups === undefined ? [] : ['subgroup_width = subgroup_size;'];
}

function commitFunction(shape: PlanShape, setting: ShaderSetting): string[] {
  const { program } = shape.plan;
  const slots = smallSlotOutputs(program).map(({ slot, node }) => ({
    node,
    at: placeText(
      'step.state_write',
      setting.smallState.places.get(slot) ?? { fixed: 0, perLeaf: 0, perUnit: 0 },
    ),
    note: ` ${comment(slot)}`,
  }));
  const reports = shape.reports.map(({ name, node, place }) => ({
    node,
    at: placeText('batch.reports', place),
    note: ` ${comment(`the report ${name}`)}`,
  }));
  return numbersFunction(shape, setting, {
    name: 'commit',
    known: new Set(shape.stored.keys()),
    stores: [...slots, ...reports],
    carries: slots.length > 0,
  });
}

/** Where a number is stored; the note says what it is there. */
interface NumberStore {
  readonly at: string;
  readonly note: string;
}

interface NumbersRequest {
  readonly name: string;
  /** Numbers that are stored already. */
  readonly known: ReadonlySet<number>;
  /** Which numbers are stored where. */
  readonly stores: readonly (NumberStore & { readonly node: number })[];
  /** Whether the small state is carried over first, for the parts that nothing is stored to. */
  readonly carries: boolean;
}

/**
 * A function with which one workgroup computes numbers of any kind: those that are one for all by each lane alike, those of leaves and
 * units lane by lane, kept in `small` where others need them.
 */
function numbersFunction(shape: PlanShape, setting: ShaderSetting, request: NumbersRequest): string[] {
  const { program } = shape.plan;
  const reducers: string[] = [];
  const lines: string[] = [];
  const storesOf = new Map<number, NumberStore[]>();
  for (const { node, ...store } of request.stores) storesOf.set(node, [...(storesOf.get(node) ?? []), store]);
  const needed = smallClosure(program, [...storesOf.keys()], request.known);
  const temporary = temporaries(shape, setting, { needed, known: request.known });
  let open: { key: string; lines: string[] } | undefined;
  let named: string | undefined;
  let written = new Set<number>();

  const close = (): void => {
    if (open === undefined) return;
    named = undefined;
    lines.push(...loopOver(program, setting, open), 'storageBarrier();');
    open = undefined;
    written = new Set();
  };

  if (request.carries) {
    lines.push(
      `for (var word = lane; word < batch.state_words; word += ${setting.workgroupSize}u) {`,
      '  small[step.state_write + word] = small[step.state_read + word];',
      '}',
      'storageBarrier();',
    );
  }
  for (const index of needed) {
    const node = program.nodes[index];
    if (node === undefined) continue;
    if (node.kind === 'leafScalar' || node.kind === 'unit') perLeaf(index, node);
    else {
      close();
      forAll(index, node);
    }
  }
  close();
  return [...new Set(reducers), [`fn ${request.name}(lane: u32) {`, ...indent(lines), '}'].join('\n')];

  /** Names the transform that the lines after it are of, where that changes. */
  function nameOrigin(index: number, to: string[]): void {
    const origin = originOf(program, index);
    if (origin !== undefined && origin !== named) to.push(comment(origin));
    named = origin ?? named;
  }

  function operand(input: number, at: 'leafScalar' | 'unit' | 'top'): string {
    const node = program.nodes[input];
    if (node === undefined) return '';
    if (node.operation.op === 'constant' && node.kind === 'scalar') return constantText(node);
    if (node.kind === 'scalar' || node.kind === 'vector' || at === 'top') return `v${input}`;
    if (written.has(input)) return `v${input}`;
    return loaded(node, indexed(temporary.get(input) ?? '', node));
  }

  function indexed(place: string, { kind }: ProgramNode): string {
    return kind === 'leafScalar' ? `${place} + leaf` : kind === 'unit' ? `${place} + unit` : place;
  }

  function perLeaf(index: number, node: ProgramNode): void {
    const kind = node.kind === 'unit' ? 'unit' : 'leafScalar';
    const key = `${kind} ${node.group}`;
    if (open?.key !== key) close();
    if (open === undefined) named = undefined;
    open ??= { key, lines: [] };
    const body = open.lines;
    nameOrigin(index, body);
    if (request.known.has(index)) {
      body.push(`let v${index} = ${loaded(node, indexed(temporary.get(index) ?? '', node))};`);
    } else if (node.operation.op === 'constant') {
      body.push(`let v${index} = ${constantText(node)};`);
    } else if (isReduction(node.operation)) {
      body.push(...foldAlone(index, node));
    } else {
      const scope = smallScope(shape, setting, { leaf: 'leaf', unit: 'unit' });
      const operands = node.inputs.map((input) => operand(input, kind));
      body.push(`let v${index} = ${operationCode(node.operation, operands, scope)};${noteOf(node)}`);
    }
    written.add(index);
    const places = [...(storesOf.get(index) ?? [])];
    const own = temporary.get(index);
    if (own !== undefined && !request.known.has(index) && !places.some(({ at }) => at === own))
      places.push({ at: own, note: '' });
    for (const { at, note } of places)
      body.push(`${storedText(node, indexed(at, node), `v${index}`)}${note}`);
  }

  /** A reduction over the entries of one leaf or unit, folded by one lane. */
  function foldAlone(index: number, node: ProgramNode): string[] {
    const swept = shape.swept.get(index);
    const code = reductionCode(swept?.operation ?? requireReduction(node));
    if (swept === undefined) return [`let v${index} = ${code.result(code.zero, '0.0f')};`];
    const isUnit = swept.operation.over === 'unit';
    const partial = isUnit
      ? `${unitPartial(shape, swept.turn)} + leaf_unit_tiles(leaf) + (tile - leaf_first_tile(leaf)) * leaf_units(leaf) + (unit - leaf_first_unit(leaf))`
      : `${tilePartial(swept.turn)} + tile`;
    const count = isUnit ? 'f32(leaf_size(leaf) / leaf_units(leaf))' : 'f32(leaf_size(leaf))';
    return [
      `var r${index} = ${code.zero};`,
      'for (var tile = leaf_first_tile(leaf); tile < leaf_end_tile(leaf); tile++) {',
      `  r${index} = ${code.combine(`r${index}`, `partial_at(${partial})`)};`,
      '}',
      `let v${index} = ${code.result(`r${index}`, count)};`,
    ];
  }

  function forAll(index: number, node: ProgramNode): void {
    nameOrigin(index, lines);
    if (node.kind === 'vector') vectorLines(index, node);
    else if (request.known.has(index)) {
      lines.push(`let v${index} = ${loaded(node, temporary.get(index) ?? '')};`);
    } else if (isReduction(node.operation)) {
      lines.push(...reductionLines(index, node));
    } else if (node.operation.op !== 'constant') {
      const scope = smallScope(shape, setting, { leaf: '', unit: '' });
      const operands = node.inputs.map((input) => operand(input, 'top'));
      const texts = node.inputs.map((input, turn) => {
        const found = program.nodes[input];
        return found?.operation.op === 'constant' ? constantText(found) : (operands[turn] ?? '');
      });
      lines.push(`let v${index} = ${operationCode(node.operation, texts, scope)};${noteOf(node)}`);
    }
    if (node.kind === 'vector') return;
    for (const { at, note } of storesOf.get(index) ?? []) {
      const value = node.operation.op === 'constant' ? constantText(node) : `v${index}`;
      lines.push('if (lane == 0u) {', `  ${storedText(node, at, value)}${note}`, '}');
    }
    if ((storesOf.get(index) ?? []).length > 0) lines.push('storageBarrier();');
  }

  function vectorLines(index: number, node: ProgramNode): void {
    const element = (input: number): string => {
      const found = program.nodes[input];
      if (found?.operation.op === 'constant') return constantText(found);
      return found?.kind === 'vector' ? `v${input}[k]` : `v${input}`;
    };
    const scope = smallScope(shape, setting, { leaf: '', unit: '' });
    const { operation } = node;
    const type = node.dtype === 'bool' ? 'bool' : 'f32';
    lines.push(`var v${index}: array<${type}, ${node.length}>;`);
    const [history = 0, value = 0] = node.inputs;
    if (operation.op === 'push') {
      lines.push(
        `for (var k = 0u; k < ${node.length - 1}u; k++) {`,
        `  v${index}[k] = v${history}[k + 1u];`,
        '}',
        `v${index}[${node.length - 1}] = ${element(value)};`,
      );
    } else {
      const text = request.known.has(index)
        ? loaded(node, `${temporary.get(index) ?? ''} + k`)
        : operation.op === 'slot'
          ? scope.slot(operation.slot).replace(/\)$/, ' + k)')
          : operation.op === 'constant'
            ? constantText(node)
            : operationCode(operation, node.inputs.map(element), scope);
      lines.push(`for (var k = 0u; k < ${node.length}u; k++) {`, `  v${index}[k] = ${text};`, '}');
    }
    for (const { at, note } of storesOf.get(index) ?? []) {
      lines.push(
        'if (lane == 0u) {',
        `  for (var k = 0u; k < ${node.length}u; k++) {`,
        `    ${storedText(node, `${at} + k`, `v${index}[k]`)}${note}`,
        '  }',
        '}',
        'storageBarrier();',
      );
    }
  }

  /** A reduction to one number: over entries from partial results, over leaves, units or a history from the numbers themselves. */
  function reductionLines(index: number, node: ProgramNode): string[] {
    if (shape.swept.has(index)) return foldReduction(shape, setting, { index, node, leaf: 'leaf', reducers });
    const operation = requireReduction(node);
    const code = reductionCode(operation);
    const name = `r${index}`;
    const [first = 0] = node.inputs;
    if (operation.over === 'vector') {
      const length = program.nodes[first]?.length ?? 0;
      return [
        `var ${name} = ${code.zero};`,
        `for (var k = 0u; k < ${length}u; k++) {`,
        `  ${name} = ${code.push(name, `v${first}[k]`)};`,
        '}',
        `let v${index} = ${code.result(name, `${length}.0f`)};`,
      ];
    }
    const counts = node.inputs.map((input) => {
      const { kind, group } = program.nodes[input] ?? { kind: 'leafScalar', group: 0 };
      return kind === 'unit' ? `group_units(${group}u)` : `(group_end(${group}u) - group_start(${group}u))`;
    });
    return [
      `var ${name} = ${code.zero};`,
      ...node.inputs.flatMap((input) => {
        const found = program.nodes[input];
        if (found === undefined) return [];
        const value = loaded(found, indexed(temporary.get(input) ?? '', found));
        const kind = found.kind === 'unit' ? 'unit' : 'leafScalar';
        return loopOver(program, setting, {
          key: `${kind} ${found.group}`,
          lines: [`${name} = ${code.push(name, value)};`],
        });
      }),
      `${name} = ${reducer(setting, code, reducers)}(lane, ${name});`,
      `let v${index} = ${code.result(name, counts.length === 0 ? '0.0f' : `f32(${counts.join(' + ')})`)};`,
    ];
  }
}

/** Where the numbers of leaves and units lie that one function computes and needs again in another loop. */
function temporaries(
  shape: PlanShape,
  _: ShaderSetting,
  { needed, known }: { needed: readonly number[]; known: ReadonlySet<number> },
): ReadonlyMap<number, string> {
  const { program } = shape.plan;
  const places = new Map<number, string>();
  let { fixed, perLeaf, perUnit } = shape.storedSize;
  for (const index of needed) {
    const stored = shape.stored.get(index);
    const node = program.nodes[index];
    if (node === undefined) continue;
    if (stored !== undefined) {
      places.set(index, placeText('batch.values', stored));
      continue;
    }
    if (known.has(index) || (node.kind !== 'leafScalar' && node.kind !== 'unit')) continue;
    places.set(index, placeText('batch.values', { fixed, perLeaf, perUnit }));
    if (node.kind === 'unit') perUnit++;
    else perLeaf++;
  }
  return places;
}

function loopOver(
  _: Program,
  { workgroupSize }: ShaderSetting,
  { key, lines }: { key: string; lines: readonly string[] },
): string[] {
  const [kind = '', group = '0'] = key.split(' ');
  if (kind === 'leafScalar') {
    return [
      `for (var index = group_start(${group}u) + lane; index < group_end(${group}u); index += ${workgroupSize}u) {`,
      '  let leaf = leaf_of_group(index);',
      ...indent(lines),
      '}',
    ];
  }
  return [
    `for (var index = group_start(${group}u); index < group_end(${group}u); index++) {`,
    '  let leaf = leaf_of_group(index);',
    `  for (var unit = leaf_first_unit(leaf) + lane; unit < leaf_first_unit(leaf) + leaf_units(leaf); unit += ${workgroupSize}u) {`,
    ...indent(indent(lines)),
    '  }',
    '}',
  ];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}

/** The number of words that the numbers of leaves and units take at most, beside what is stored for later passes. */
export function scratchCounts(plan: Plan): { leaves: number; units: number } {
  const small = plan.program.nodes.filter(({ group }) => group !== noGroup);
  return {
    leaves: small.filter(({ kind }) => kind === 'leafScalar').length,
    units: small.filter(({ kind }) => kind === 'unit').length,
  };
}
