import { accumulate, type AccumulateOptions } from './accumulate.ts';
import { chain, identity, namedChain, requireTransform } from './chain.ts';
import { checkOptionNames, describeValue, isPlainObject, unknownNameMessage } from './checkOptionNames.ts';
import { conditionally, type StepRange } from './conditionally.ts';
import { endWithOptimizer } from './endWithOptimizer.ts';
import { InvalidOptionError } from './errors.ts';
import { freeze } from './freeze.ts';
import type { AnyTransform, GradientTransform, LeafSpec, StateTree } from './gradientTransform.ts';
import { isJsonObject, numberFromJSON, showJSON, type JsonValue } from './jsonValue.ts';
import { namedPredicate, type LeafPredicate } from './leafPredicate.ts';
import { lookahead, type LookaheadOptions } from './lookahead.ts';
import { masked } from './masked.ts';
import { partition, type LabelRule } from './partition.ts';
import type { Schedule } from './schedule.ts';
import { skipNonFinite, type SkipNonFiniteOptions } from './skipNonFinite.ts';
import { zeroNans } from './zeroNans.ts';

// A method's parameter is compared both ways, so that a factory of any options fits; it judges them itself when it is called.
type Factory<T> = { create(options: object): T }['create'];

/** What names in JSON stand for. The combinators of this package are always known. */
export interface TransformRegistry {
  readonly transforms?: Readonly<Record<string, Factory<AnyTransform>>>;
  readonly schedules?: Readonly<Record<string, Factory<Schedule>>>;
  readonly predicates?: Readonly<Record<string, (leaf: LeafSpec) => boolean>>;
}

/**
 * Makes the transform again that `toJSON` wrote.
 *
 * @throws {InvalidOptionError} for a name that the registry does not know (naming the nearest) and for options that the transform
 *   itself refuses.
 * @example transformFromJSON(JSON.parse(text), { transforms: { clipByGlobalNorm, adam }, schedules })
 */
export function transformFromJSON(json: unknown, registry: TransformRegistry = {}): AnyTransform {
  if (!isPlainObject(registry))
    throw new InvalidOptionError(
      `A registry is { transforms, schedules, predicates }, but this one is ${describeValue(registry)}.`,
    );
  requireShallow(json);
  return transformOf(json, registry);
}

function transformOf(json: unknown, registry: TransformRegistry): AnyTransform {
  const { transform: name, options } = readTransformJSON(json);
  const combinator = Object.hasOwn(combinators, name) ? combinators[name] : undefined;
  if (combinator !== undefined) {
    checkOptionNames(name, options, combinator.options);
    return combinator.create(options, registry);
  }
  const factory = lookUp('transforms', name, registry.transforms);
  const decoded = Object.fromEntries(
    Object.entries(options).map(([key, value]) => [key, decode(value, registry)]),
  );
  return requireTransform(`The registry's ${name}`, factory(decoded));
}

/** What a name stands for in one part of the registry. */
function lookUp<T>(part: keyof TransformRegistry, name: string, known: Readonly<Record<string, T>> = {}): T {
  const what = part.slice(0, -1);
  const found = Object.hasOwn(known, name) ? known[name] : undefined;
  if (typeof found === 'function') return found;
  if (found !== undefined) {
    throw new InvalidOptionError(
      `The registry's ${what} ${JSON.stringify(name)} must be a function, but is ${describeValue(found)}.`,
    );
  }
  const names = [...Object.keys(known), ...(part === 'transforms' ? Object.keys(combinators) : [])];
  throw new InvalidOptionError(
    `${unknownNameMessage(`The registry has no ${what}`, name, names)} Pass a registry that has it, { ${part}: { ${name} } }, as the last argument.`,
  );
}

/** A transform takes three levels of JSON, or four: what is deeper than transforms may be holds itself, or a mistake. */
const mostLevels = 500;

/** Refuses what reading would not come to the end of. */
function requireShallow(json: unknown): void {
  let level = new Set([json]);
  for (let depth = 0; level.size > 0; depth++) {
    if (depth > mostLevels) {
      throw new InvalidOptionError(
        'The JSON of a transform is nested too deeply, or holds itself. Put transforms beside each other in one chain.',
      );
    }
    const next: unknown[] = [];
    for (const value of level) {
      if (typeof value === 'object' && value !== null) next.push(...Object.values(value));
    }
    level = new Set(next);
  }
}

type Options = { readonly [name: string]: JsonValue };

interface Combinator {
  /** The options that it has in JSON. */
  readonly options: readonly string[];
  create(options: Options, registry: TransformRegistry): AnyTransform;
}

const combinators: Readonly<Record<string, Combinator>> = {
  identity: { options: [], create: () => identity() },
  zeroNans: { options: [], create: () => zeroNans() },
  chain: {
    options: ['transforms'],
    create: (options, registry) =>
      chain(...listOf('chain', options).map((part) => transformOf(part, registry))),
  },
  namedChain: {
    options: ['transforms'],
    create: (options, registry) => namedChain(membersOf('namedChain', options, registry)),
  },
  masked: {
    options: ['inner', 'leaves', 'allowEmpty'],
    create: (options, registry) =>
      masked(
        innerOf('masked', options, registry),
        predicateOf('masked', options['leaves'], registry),
        emptyOf(options),
      ),
  },
  freeze: {
    options: ['leaves', 'allowEmpty'],
    create: (options, registry) =>
      freeze(predicateOf('freeze', options['leaves'], registry), emptyOf(options)),
  },
  partition: {
    options: ['transforms', 'labels', 'allowEmpty'],
    create: (options, registry) =>
      partition(
        membersOf('partition', options, registry),
        rulesOf(options['labels'], registry),
        emptyOf(options),
      ),
  },
  accumulate: {
    options: ['inner', 'every'],
    create: (options, registry) =>
      accumulate(
        innerOf('accumulate', options, registry),
        numbersOf<AccumulateOptions>(options, registry, { every: 0 }),
      ),
  },
  skipNonFinite: {
    options: ['inner', 'maxConsecutive'],
    create: (options, registry) =>
      skipNonFinite(
        innerOf('skipNonFinite', options, registry),
        numbersOf<SkipNonFiniteOptions>(options, registry, {}),
      ),
  },
  lookahead: {
    options: ['inner', 'every', 'slowStepSize'],
    create: (options, registry) => {
      const inner = innerOf('lookahead', options, registry);
      if (isOptimizer(inner)) return lookahead(inner, numbersOf<LookaheadOptions>(options, registry, {}));
      throw new InvalidOptionError(
        `lookahead needs an optimizer, but ${inner.name} yields gradients. ${endWithOptimizer(inner).advice}.`,
      );
    },
  },
  conditionally: {
    options: ['inner', 'when'],
    create: (options, registry) =>
      conditionally(innerOf('conditionally', options, registry), rangeOf(options['when'], registry)),
  },
};

/** `allowEmpty` alone; who is given it judges it. */
function emptyOf({ allowEmpty }: Options): object {
  return allowEmpty === undefined ? {} : { allowEmpty };
}

function isOptimizer(transform: AnyTransform): transform is GradientTransform<StateTree, 'updates'> {
  return transform.yields === 'updates';
}

/** Reads a value of an option: a tagged number, a schedule or a transform, or what holds some. */
export function decode(value: JsonValue, registry: TransformRegistry): unknown {
  if (!isJsonObject(value))
    return Array.isArray(value) ? value.map((part: JsonValue) => decode(part, registry)) : value;
  if (typeof value['transform'] === 'string') return transformOf(value, registry);
  if (typeof value['schedule'] === 'string') return scheduleOf(value['schedule'], value, registry);
  if (typeof value['number'] === 'string') return numberFromJSON(value);
  if (typeof value['predicate'] === 'string') return predicateOf('A predicate in JSON', value, registry);
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, decode(part, registry)]));
}

function scheduleOf(name: string, json: Options, registry: TransformRegistry): Schedule {
  checkOptionNames('A schedule in JSON', json, ['schedule', 'options']);
  const decoded = decode(json['options'] ?? {}, registry);
  const factory = lookUp('schedules', name, registry.schedules);
  return factory(typeof decoded === 'object' && decoded !== null ? decoded : {});
}

function readTransformJSON(json: unknown): { transform: string; options: Options } {
  if (
    typeof json === 'object' &&
    json !== null &&
    'transform' in json &&
    typeof json.transform === 'string'
  ) {
    const options: unknown = 'options' in json ? json.options : {};
    checkOptionNames('A transform in JSON', json, ['transform', 'options']);
    if (isOptions(options)) return { transform: json.transform, options };
  }
  throw new InvalidOptionError(
    `A transform in JSON is { "transform": name, "options": { ... } }, but this is ${showJSON(json)}.`,
  );
}

function isOptions(value: unknown): value is Options {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(owner: string, options: Options): readonly JsonValue[] {
  const list = options['transforms'];
  if (isList(list)) return list;
  throw new InvalidOptionError(
    `${owner}: "transforms" must be a list of transforms in JSON, but is ${showJSON(list)}.`,
  );
}

function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value);
}

function membersOf(
  owner: string,
  options: Options,
  registry: TransformRegistry,
): Record<string, AnyTransform> {
  const members = options['transforms'];
  if (!isJsonObject(members)) {
    throw new InvalidOptionError(
      `${owner}: "transforms" must be transforms by name, but is ${showJSON(members)}.`,
    );
  }
  return Object.fromEntries(Object.entries(members).map(([key, part]) => [key, transformOf(part, registry)]));
}

function innerOf(owner: string, options: Options, registry: TransformRegistry): AnyTransform {
  const inner = options['inner'];
  if (inner !== undefined) return transformOf(inner, registry);
  throw new InvalidOptionError(
    `${owner}: "inner" is missing in the JSON; it must be the transform that ${owner} wraps.`,
  );
}

/** The options beside `inner`; the factory that they are given to judges them. */
function numbersOf<T extends object>(options: Options, registry: TransformRegistry, like: T): T {
  const entries = Object.entries(options).filter(([name]) => name !== 'inner');
  const decoded: object = Object.fromEntries(entries.map(([name, value]) => [name, decode(value, registry)]));
  // Not Object.assign, which would let a member named __proto__ past the check of names.
  return { ...like, ...decoded };
}

function rangeOf(json: JsonValue | undefined, registry: TransformRegistry): StepRange {
  if (!isJsonObject(json))
    throw new InvalidOptionError(
      `conditionally: "when" must be { from, until, every }, but is ${showJSON(json)}.`,
    );
  return numbersOf<StepRange>(json, registry, {});
}

function predicateOf(owner: string, json: JsonValue | undefined, registry: TransformRegistry): LeafPredicate {
  if (!isJsonObject(json)) {
    throw new InvalidOptionError(
      `${owner}: "leaves" must be a pattern such as { "name": "*kernel*" }, but is ${showJSON(json)}.`,
    );
  }
  const name = json['predicate'];
  if (typeof name !== 'string') return numbersOf<LeafPredicate>(json, registry, {});
  checkOptionNames(`${owner}'s named predicate`, json, ['predicate']);
  return namedPredicate(name, lookUp('predicates', name, registry.predicates));
}

function rulesOf(json: JsonValue | undefined, registry: TransformRegistry): LabelRule[] {
  if (!isList(json))
    throw new InvalidOptionError(`partition: "labels" must be a list of rules, but is ${showJSON(json)}.`);
  return json.map((rule) => {
    const label = isJsonObject(rule) ? rule['label'] : undefined;
    if (!isJsonObject(rule) || typeof label !== 'string') {
      throw new InvalidOptionError(
        `partition: a rule must be { "label": name, "leaves": pattern }, but is ${showJSON(rule)}.`,
      );
    }
    // What else is in it is refused by name when the rule is judged.
    const { leaves, ...rest } = rule;
    return {
      ...rest,
      label,
      ...(leaves === undefined ? {} : { leaves: predicateOf('partition', leaves, registry) }),
    };
  });
}
