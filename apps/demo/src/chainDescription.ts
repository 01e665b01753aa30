import type { JsonValue, TransformJSON } from '@gradkit/core';

/** The clips that the page lets a person put into the chain, with the option that holds the threshold. */
export const clips = {
  clipByGlobalNorm: { option: 'maxNorm', title: 'Clip by global norm', short: 'norm' },
  clipByNorm: { option: 'maxNorm', title: 'Clip each leaf by norm', short: 'leaf norm' },
  clipByValue: { option: 'limit', title: 'Clip by value', short: 'value' },
} as const;

export type ClipName = keyof typeof clips;

/** The optimizers that the page lets a person end the chain with. */
export const optimizerNames = ['sgd', 'adam', 'adamw', 'rmsprop', 'lion'] as const;

type OptimizerName = (typeof optimizerNames)[number];

export interface Clip {
  readonly name: ClipName;
  readonly threshold: number;
}

/** A chain as the page builds it: clips in order, then an optimizer. */
export interface ChainDescription {
  readonly clips: readonly Clip[];
  readonly optimizer: OptimizerName;
  readonly learningRate: number;
}

/** The chain as the data that `transformFromJSON` reads. */
export function chainToJSON({ clips: list, optimizer, learningRate }: ChainDescription): TransformJSON {
  const transforms = [
    ...list.map(({ name, threshold }) => ({
      transform: name,
      options: { [clips[name].option]: threshold },
    })),
    { transform: optimizer, options: { learningRate } },
  ];
  return { transform: 'chain', options: { transforms } };
}

/** The chain that a transform in JSON is, if the page could have built it. */
export function chainFromJSON(json: TransformJSON): ChainDescription | undefined {
  const members = membersOf(json);
  const last = members.at(-1);
  const optimizer = optimizerNames.find((name) => name === last?.transform);
  const learningRate = onlyNumber(last?.options, 'learningRate');
  if (optimizer === undefined || learningRate === undefined) return undefined;
  const list = members.slice(0, -1).map(({ transform, options }): Clip | undefined => {
    if (!isClipName(transform)) return undefined;
    const threshold = onlyNumber(options, clips[transform].option);
    return threshold === undefined ? undefined : { name: transform, threshold };
  });
  const known = list.filter((clip) => clip !== undefined);
  if (known.length < list.length || new Set(known.map(({ name }) => name)).size < known.length)
    return undefined;
  return { clips: known, optimizer, learningRate };
}

/** The transforms of a chain in JSON; of anything else, the thing itself. */
export function membersOf(json: TransformJSON): readonly TransformJSON[] {
  const list = json.transform === 'chain' ? json.options['transforms'] : undefined;
  if (!Array.isArray(list)) return [json];
  return list.filter((member: unknown) => isTransformJSON(member));
}

/** The same transform without its clips, wherever they stand: what the run on the left takes. */
export function withoutClips(json: TransformJSON): TransformJSON {
  return stripped(json) ?? { transform: 'identity', options: {} };
}

/** Whether a transform clips, wherever in it. */
export function hasClip(json: TransformJSON): boolean {
  return JSON.stringify(withoutClips(json)) !== JSON.stringify(json);
}

/** The clips at the top of a chain, alone. */
export function clipsOnly(json: TransformJSON): TransformJSON {
  const transforms = membersOf(json).filter((member) => isClip(member));
  return { transform: 'chain', options: { transforms: transforms.map(toJsonValue) } };
}

function isClip({ transform }: TransformJSON): boolean {
  return /clip|adaGc/i.test(transform);
}

function stripped(json: TransformJSON): TransformJSON | undefined {
  if (isClip(json)) return undefined;
  const { inner, transforms } = json.options;
  const options: Record<string, JsonValue> = { ...json.options };
  if (isTransformJSON(inner)) {
    const left = stripped(inner);
    if (left === undefined) return undefined;
    options['inner'] = toJsonValue(left);
  }
  if (Array.isArray(transforms)) options['transforms'] = transforms.flatMap(strippedValue);
  else if (typeof transforms === 'object' && transforms !== null) {
    options['transforms'] = Object.fromEntries(
      Object.entries(transforms).flatMap(([key, member]) =>
        strippedValue(member).map((left): [string, JsonValue] => [key, left]),
      ),
    );
  }
  return { transform: json.transform, options };
}

function strippedValue(member: unknown): JsonValue[] {
  const left = isTransformJSON(member) ? stripped(member) : undefined;
  return left === undefined ? [] : [toJsonValue(left)];
}

export function isTransformJSON(value: unknown): value is TransformJSON {
  return (
    typeof value === 'object' &&
    value !== null &&
    'transform' in value &&
    typeof value.transform === 'string' &&
    'options' in value &&
    typeof value.options === 'object' &&
    value.options !== null
  );
}

export function isClipName(name: string): name is ClipName {
  return Object.hasOwn(clips, name);
}

function toJsonValue({ transform, options }: TransformJSON): JsonValue {
  return { transform, options };
}

function onlyNumber(options: TransformJSON['options'] | undefined, name: string): number | undefined {
  const value = options?.[name];
  return typeof value === 'number' && Object.keys(options ?? {}).length === 1 ? value : undefined;
}
