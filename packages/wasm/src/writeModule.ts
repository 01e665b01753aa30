import { flatten, unsigned, valueTypeByte, type Code, type ValueType } from './instruction.ts';

/** One function of a module. Parameters are the first locals. */
export interface WasmFunction {
  /** The name under which it is exported; undefined for one that only others call. */
  readonly name?: string;
  readonly parameters: readonly ValueType[];
  readonly results: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** The locals of a function that is being written. */
export interface Locals {
  readonly types: readonly ValueType[];
  /** The number of a new local. */
  add(type: ValueType): number;
}

/** Locals behind `parameters` parameters. */
export function createLocals(parameters: number): Locals {
  const types: ValueType[] = [];
  return {
    types,
    add: (type) => {
      types.push(type);
      return parameters + types.length - 1;
    },
  };
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
    list(parameters.map((type) => [valueTypeByte[type]])),
    list(results.map((type) => [valueTypeByte[type]])),
  ]);
  const limits = isShared ? [0x03, unsigned(1), unsigned(65_536)] : [0x00, unsigned(1)];
  const memory = [name('gradkit'), name('memory'), 0x02, limits];
  const exported = functions.flatMap((function_, index) =>
    function_.name === undefined ? [] : [[name(function_.name), 0x00, unsigned(index)]],
  );
  const bodies = functions.map((function_) => bodyOf(function_));
  const sections = [
    section(1, flatten(list(types))),
    section(2, flatten(list([memory]))),
    section(3, flatten(list(functions.map((_, index) => unsigned(index))))),
    section(7, flatten(list(exported))),
    section(10, [...unsigned(bodies.length), ...bodies.flat()]),
  ];
  return Uint8Array.from([[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00], ...sections].flat());
}

/** The functions that every module begins with are written once. */
const writtenBodies = new WeakMap<WasmFunction, readonly number[]>();

function bodyOf(function_: WasmFunction): readonly number[] {
  const known = writtenBodies.get(function_);
  if (known !== undefined) return known;
  const declared = list(function_.locals.map((type) => [1, valueTypeByte[type]]));
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

function name(text: string): Code {
  const bytes = Array.from(text, (character) => character.charCodeAt(0));
  return [unsigned(bytes.length), bytes];
}
