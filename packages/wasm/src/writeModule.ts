import { flatten, unsigned, type Code } from './instruction.ts';

/** The types of variables and of results, by their names in the text format. */
export type ValueType = keyof typeof typeByte;

const typeByte = { i32: 0x7f, f64: 0x7c, v128: 0x7b } as const;

/** A parameter or a local of a function. */
export interface Variable {
  readonly get: Code;
  set(value: Code): Code;
}

/** One function of a module. */
export interface WasmFunction {
  /** The name under which it is exported; undefined for one that only others call. */
  readonly name?: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** Writes a function; `addLocal` makes a variable that starts with zero. */
export function writeFunction(
  signature: Omit<WasmFunction, 'locals' | 'body'>,
  write: (parameters: readonly Variable[], addLocal: (type: ValueType) => Variable) => Code,
): WasmFunction {
  const locals: ValueType[] = [];
  const parameters = signature.parameters.map((_, index) => variable(index));
  const body = write(parameters, (type) => variable(parameters.length + locals.push(type) - 1));
  return { ...signature, locals, body };
}

function variable(index: number): Variable {
  return { get: [0x20, unsigned(index)], set: (value) => [value, 0x21, unsigned(index)] };
}

/**
 * The bytes of a module of functions over one imported memory, `gradkit.memory`. Functions are numbered as they stand in the list.
 *
 * `isShared` must be what the memory is: a module for shared memory cannot be linked with another one, and the other way round.
 */
export function writeModule(
  functions: readonly WasmFunction[],
  { isShared }: { isShared: boolean },
): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters, results }) => [
    0x60,
    list(parameters.map((type) => [typeByte[type]])),
    list(results.map((type) => [typeByte[type]])),
  ]);
  const limits = isShared ? [0x03, unsigned(1), unsigned(65_536)] : [0x00, unsigned(1)];
  const exported = functions.flatMap(({ name }, index) =>
    name === undefined ? [] : [[text(name), 0x00, unsigned(index)]],
  );
  const sections = [
    section(1, flatten(list(types))),
    section(2, flatten(list([[text('gradkit'), text('memory'), 0x02, limits]]))),
    section(3, flatten(list(functions.map((_, index) => unsigned(index))))),
    section(7, flatten(list(exported))),
    section(10, [...unsigned(functions.length), ...functions.flatMap(bodyOf)]),
  ];
  return Uint8Array.from([[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], ...sections].flat());
}

/** The functions that every module begins with are written once. */
const writtenBodies = new WeakMap<WasmFunction, readonly number[]>();

function bodyOf(function_: WasmFunction): readonly number[] {
  const known = writtenBodies.get(function_);
  if (known !== undefined) return known;
  const declared = list(function_.locals.map((type) => [1, typeByte[type]]));
  const bytes = flatten([declared, function_.body, 0x0b]);
  const body = [...unsigned(bytes.length), ...bytes];
  writtenBodies.set(function_, body);
  return body;
}

function section(id: number, bytes: readonly number[]): readonly number[] {
  return [id, ...unsigned(bytes.length), ...bytes];
}

function list(items: readonly Code[]): Code {
  return [unsigned(items.length), items];
}

function text(value: string): Code {
  return list(Array.from(value, (character) => [character.charCodeAt(0)]));
}
