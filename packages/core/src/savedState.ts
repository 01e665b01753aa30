import { describeValue, isPlainObject } from './checkOptionNames.ts';
import { optionToJSON } from './defineTransform.ts';
import { TreeMismatchError } from './errors.ts';
import type { AssignedHyperparameters } from './hyperparameters.ts';
import { isJsonObject, type JsonValue } from './jsonValue.ts';
import { stateArrays, stepOf, type NamedState } from './namedState.ts';
import { requireNamed } from './stepperArguments.ts';
import { decode, type TransformRegistry } from './transformFromJSON.ts';

/**
 * Writes a state to bytes, which {@link loadState} reads: every bit of every array, and what was assigned to hyperparameters.
 *
 * The bytes are a file of the safetensors format (a header in JSON, then the arrays as they lie in memory), so other tools read it too.
 * They take the arrays' bytes and about 100 more for each array.
 * @throws {TreeMismatchError} if it is no state of `getState`.
 * @throws {InvalidOptionError} if a bare function was assigned to a hyperparameter, naming it.
 * @see https://github.com/huggingface/safetensors#format
 * @example await writeFile('adam.safetensors', saveState(stepper.getState()));
 */
export function saveState(state: NamedState): Uint8Array<ArrayBuffer> {
  const { arrays, hyperparameters } = partsOf('saveState', state);
  let end = 0;
  const tensors = arrays.map(([name, array]): [string, JsonValue] => {
    const start = end;
    end += array.byteLength;
    return [name, { dtype: dtypeOf(array), shape: [array.length], data_offsets: [start, end] }];
  });
  const metadata = { format, version, hyperparameters: JSON.stringify(hyperparameters) };
  const header = toAscii(JSON.stringify(Object.fromEntries([['__metadata__', metadata], ...tensors])));
  // Spaces put the arrays where they can be viewed as float32.
  const length = Math.ceil(header.length / 8) * 8;
  const bytes = new Uint8Array(prefixLength + length + end).fill(space, prefixLength, prefixLength + length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(length), true);
  for (let index = 0; index < header.length; index++) bytes[prefixLength + index] = header.charCodeAt(index);
  let at = prefixLength + length;
  for (const [, array] of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  return bytes;
}

/**
 * Reads the state that {@link saveState} wrote.
 *
 * @param registry what names stand for that were assigned as schedules: `{ schedules }` of `@gradkit/schedules`.
 * @throws {TreeMismatchError} if the bytes are no such state, are cut off, or are of a later version, saying which.
 * @throws {InvalidOptionError} for a schedule that the registry does not know.
 * @example stepper.setState(loadState(await readFile('adam.safetensors')));
 */
export function loadState(bytes: Uint8Array, registry: TransformRegistry = {}): NamedState {
  const given: unknown = bytes;
  if (!(given instanceof Uint8Array)) {
    throw damaged(`is ${describeValue(given)}`, 'Pass the bytes that saveState gave, as a Uint8Array.');
  }
  const { header, start } = readHeader(given);
  const arrays = new Map<string, Float32Array | Int32Array>();
  let end = 0;
  for (const [name, tensor] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const { dtype, from, to } = readTensor(name, tensor);
    if (from !== end || to < from || start + to > given.length) {
      const isShort = start + to > given.length;
      throw damaged(
        isShort
          ? `is cut off: ${given.length} bytes of ${start + to} or more`
          : `has ${JSON.stringify(name)} at a wrong place`,
      );
    }
    end = to;
    // A copy, because a view must start at a multiple of four.
    const { buffer } = given.slice(start + from, start + to);
    arrays.set(name, dtype === 'F32' ? new Float32Array(buffer) : new Int32Array(buffer));
  }
  if (start + end !== given.length) throw damaged(`has ${given.length - start - end} bytes too many`);
  return stateOf(arrays, parsed(metadataOf(header)['hyperparameters']), registry);
}

/**
 * A state as JSON, which {@link stateFromJSON} reads: arrays as their bytes in base64, so that every bit survives.
 *
 * Use `saveState` for large ones: this takes four characters for three bytes.
 * @throws as `saveState` does.
 * @example localStorage.setItem('adam', JSON.stringify(stateToJSON(stepper.getState())));
 */
export function stateToJSON(state: NamedState): StateJSON {
  const { arrays, hyperparameters } = partsOf('stateToJSON', state);
  const { step, ...rest } = Object.fromEntries(arrays);
  return {
    format,
    version,
    step: step?.[0] ?? 0,
    hyperparameters,
    arrays: Object.fromEntries(Object.entries(rest).map(([name, array]) => [name, toBase64(array)])),
  };
}

/**
 * Reads the state that {@link stateToJSON} gave, after `JSON.parse`.
 *
 * @throws {TreeMismatchError} if it is no such state, or of a later version.
 * @throws {InvalidOptionError} for a schedule that the registry does not know.
 * @example stepper.setState(stateFromJSON(JSON.parse(text)));
 */
export function stateFromJSON(json: unknown, registry: TransformRegistry = {}): NamedState {
  const whole: { readonly [name: string]: unknown } = isPlainObject(json) ? { ...json } : {};
  requireFormat(whole, 'Pass what stateToJSON gave, through JSON.stringify and JSON.parse if need be.');
  const { step, hyperparameters } = whole;
  if (typeof step !== 'number' || !isPlainObject(whole['arrays'])) throw damaged('has no step or no arrays');
  const texts: [string, unknown][] = Object.entries(whole['arrays']);
  const arrays = new Map<string, Float32Array | Int32Array>([['step', Int32Array.of(step)]]);
  for (const [name, text] of texts) arrays.set(name, new Float32Array(fromBase64(name, text)));
  if (arrays.get('step')?.[0] !== step) throw damaged(`has taken ${describeValue(step)} steps`);
  return stateOf(arrays, hyperparameters, registry);
}

/** A state as {@link stateToJSON} gives it. */
export interface StateJSON {
  readonly format: string;
  readonly version: string;
  readonly step: number;
  readonly hyperparameters: { readonly [path: string]: JsonValue };
  /** The bytes of float32 numbers, little-endian, in base64. */
  readonly arrays: { readonly [name: string]: string };
}

const format = 'gradkit-state';
const version = '1';
/** The length of the header as eight bytes. */
const prefixLength = 8;
const space = 0x20;

function partsOf(
  owner: string,
  state: NamedState,
): {
  arrays: readonly [string, Float32Array | Int32Array][];
  hyperparameters: Readonly<Record<string, JsonValue>>;
} {
  requireNamed(`${owner} takes arrays`, state);
  stepOf(state);
  const arrays = stateArrays(state).filter(([name, array]) => name === 'step' || isSlot(name, array));
  const names = new Set(arrays.map(([name]) => name));
  const stranger = Object.keys(state).find((name) => !names.has(name) && name !== 'hyperparameters');
  if (stranger !== undefined) {
    throw new TreeMismatchError(
      `${owner}: ${JSON.stringify(stranger)} is no array of a state. Pass what getState gave.`,
      { leaf: stranger },
    );
  }
  return { arrays, hyperparameters: hyperparametersToJSON(state.hyperparameters ?? {}) };
}

function hyperparametersToJSON(assigned: AssignedHyperparameters): Readonly<Record<string, JsonValue>> {
  const json = Object.entries(assigned).map(([path, value]): [string, JsonValue] => {
    const dot = path.lastIndexOf('.');
    return [path, optionToJSON({ owner: path.slice(0, dot), name: path.slice(dot + 1) }, value)];
  });
  return Object.fromEntries(json);
}

function stateOf(
  arrays: ReadonlyMap<string, Float32Array | Int32Array>,
  hyperparameters: unknown,
  registry: TransformRegistry,
): NamedState {
  const floats: [string, Float32Array][] = [];
  for (const [name, array] of arrays) {
    if (isSlot(name, array)) floats.push([name, array]);
    else if (name !== 'step') throw damaged(`has ${JSON.stringify(name)}, which is no array of a state`);
  }
  const step = Int32Array.of(stepOf({ step: arrays.get('step') }));
  const assigned = assignedOf(hyperparameters, registry);
  const whole = { step, ...Object.fromEntries(floats) };
  return Object.keys(assigned).length === 0 ? whole : { ...whole, hyperparameters: assigned };
}

function isSlot(name: string, array: Float32Array | Int32Array): array is Float32Array {
  return array instanceof Float32Array && name.includes('/');
}

function assignedOf(json: unknown, registry: TransformRegistry): AssignedHyperparameters {
  if (!isPlainObject(json)) throw damaged(`has ${describeValue(json)} for hyperparameters`);
  const values: [string, JsonValue][] = Object.entries(json);
  return Object.fromEntries(
    values.map(([path, value]): [string, AssignedHyperparameters[string]] => {
      const decoded = decode(value, registry);
      if (typeof decoded === 'number' || isSchedule(decoded)) return [path, decoded];
      throw damaged(`has ${describeValue(decoded)} for the hyperparameter ${path}`);
    }),
  );
}

function readHeader(bytes: Uint8Array): { header: { readonly [name: string]: JsonValue }; start: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = bytes.length < prefixLength ? undefined : Number(view.getBigUint64(0, true));
  const isHeader = length !== undefined && bytes[prefixLength] === '{'.charCodeAt(0);
  if (length === undefined || !isHeader) throw damaged('does not begin like one', foreignRemedy);
  const start = prefixLength + length;
  if (start > bytes.length) throw damaged(`is cut off: ${bytes.length} bytes of ${start} or more`);
  const header = parsed(fromAscii(bytes.subarray(prefixLength, start)));
  if (!isJsonObject(header)) throw damaged('has a header that cannot be read', foreignRemedy);
  requireFormat(metadataOf(header), foreignRemedy);
  return { header, start };
}

const foreignRemedy = 'Pass the bytes that saveState gave, all of them.';

function metadataOf(header: { readonly [name: string]: JsonValue }): { readonly [name: string]: JsonValue } {
  const metadata = header['__metadata__'];
  return isJsonObject(metadata) ? metadata : {};
}

function requireFormat(
  { format: found, version: foundVersion }: { readonly [name: string]: unknown },
  remedy: string,
): void {
  if (found !== format) throw damaged('does not say that it is one', remedy);
  if (foundVersion === version) return;
  throw damaged(
    `is of version ${describeValue(foundVersion)}, and this Gradkit reads version "${version}"`,
    'Update @gradkit/core.',
  );
}

function readTensor(name: string, tensor: JsonValue): { dtype: 'F32' | 'I32'; from: number; to: number } {
  const {
    dtype,
    shape,
    data_offsets: offsets,
  }: { readonly [name: string]: JsonValue } = isJsonObject(tensor) ? tensor : {};
  const [from, to] = isNumbers(offsets) ? offsets : [];
  const [length] = isNumbers(shape) ? shape : [];
  if (
    (dtype === 'F32' || dtype === 'I32') &&
    from !== undefined &&
    to !== undefined &&
    length !== undefined
  ) {
    if (length * 4 === to - from && Number.isSafeInteger(length)) return { dtype, from, to };
  }
  throw damaged(`has an entry ${JSON.stringify(name)} that cannot be read`);
}

function isNumbers(json: JsonValue | undefined): json is readonly number[] {
  return Array.isArray(json) && json.every((value) => typeof value === 'number');
}

function isSchedule(value: unknown): value is (step: number) => number {
  return typeof value === 'function';
}

function dtypeOf(array: Float32Array | Int32Array): string {
  return array instanceof Float32Array ? 'F32' : 'I32';
}

function damaged(problem: string, remedy = 'Save the state again, or take another copy.'): TreeMismatchError {
  return new TreeMismatchError(`This saved state ${problem}. ${remedy}`, { leaf: '' });
}

/** JSON in which every character is one byte, lone surrogates too. */
function toAscii(json: string): string {
  return json.replaceAll(
    /[\u0080-\uffff]/g,
    (character) => String.raw`\u` + character.charCodeAt(0).toString(16).padStart(4, '0'),
  );
}

function fromAscii(bytes: Uint8Array): string {
  let text = '';
  // By pieces, because the arguments of a call are few.
  for (let start = 0; start < bytes.length; start += 4096)
    text += String.fromCharCode(...bytes.subarray(start, start + 4096));
  return text;
}

function parsed(text: unknown): JsonValue | undefined {
  try {
    const value: JsonValue = JSON.parse(String(text));
    return value;
  } catch {
    return undefined;
  }
}

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';

function toBase64(array: Float32Array | Int32Array): string {
  const bytes = new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
  const pieces: string[] = [];
  for (let at = 0; at < bytes.length; at += 3) {
    const [first = 0, second, third] = bytes.subarray(at, at + 3);
    const bits = (first << 16) | ((second ?? 0) << 8) | (third ?? 0);
    const shown = [bits >> 18, (bits >> 12) & 63, (bits >> 6) & 63, bits & 63].map(
      (six) => digits[six] ?? '',
    );
    pieces.push(...shown.slice(0, second === undefined ? 2 : third === undefined ? 3 : 4));
    pieces.push('='.repeat(second === undefined ? 2 : third === undefined ? 1 : 0));
  }
  return pieces.join('');
}

function fromBase64(name: string, text: unknown): ArrayBuffer {
  const characters = typeof text === 'string' ? text.replace(/={1,2}$/, '') : undefined;
  const length = Math.floor(((characters?.length ?? 0) * 3) / 4);
  if (characters === undefined || characters.length % 4 === 1 || length % 4 !== 0)
    throw damaged(`has ${JSON.stringify(name)} that is no float32 numbers in base64`);
  const bytes = new Uint8Array(length);
  let [bits, held, at] = [0, 0, 0];
  for (const character of characters) {
    const six = digits.indexOf(character);
    if (six === -1)
      throw damaged(`has ${JSON.stringify(name)} that is no base64, with ${JSON.stringify(character)} in it`);
    bits = ((bits << 6) | six) & 0xffff;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes[at++] = (bits >> held) & 255;
  }
  return bytes.buffer;
}
