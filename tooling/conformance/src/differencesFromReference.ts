import {
  createStepper,
  referenceEngine,
  stateArrays,
  type AnyTransform,
  type NamedGradients,
  type NamedState,
  type Report,
  type Stepper,
} from '@gradkit/core';
import type { ConformanceCase, Tree } from './conformanceCase.ts';
import { differences, withoutDenormal } from './differences.ts';

type Arrays = Readonly<Record<string, Float32Array>>;
type StateArrays = Readonly<Record<string, Float32Array | Int32Array>>;

/** What is held to the reference: an engine or a binding at work on one transform and its parameters. */
export interface ConformanceSubject {
  /** Takes a step and applies it. Called for transforms that yield updates. */
  step(gradients: NamedGradients): void | Promise<void>;
  /** Takes a step and hands the updates over, -0 for a leaf that takes none. Called for transforms that yield gradients. */
  update(gradients: NamedGradients): Arrays | Promise<Arrays>;
  /** Uses up what windows hold. Called for transforms that yield updates. */
  flush(): boolean | Promise<boolean>;
  params(): Arrays | Promise<Arrays>;
  /** The reports of the last step. */
  report(): Report | undefined | Promise<Report | undefined>;
  /** The state by name. Left out where it cannot be seen; then it is not compared. */
  getState?(): NamedState | Promise<NamedState>;
  dispose?(): void;
}

/** Cases that an engine cannot pass, and why. */
export interface Skip {
  readonly reason: string;
  /** Names of cases; `*` stands for any characters. Each must fit a case. */
  readonly cases: readonly string[];
}

/** Sets an engine or a binding up for one transform and its parameters. */
export type CreateSubject = (
  transform: AnyTransform,
  params: Tree,
) => ConformanceSubject | Promise<ConformanceSubject>;

/** The skip that a case falls under. */
export function skipOf({ name }: ConformanceCase, skips: readonly Skip[]): Skip | undefined {
  return skips.find(({ cases }) => cases.some((pattern) => fits(pattern, name)));
}

/** Where an engine or a binding differs from core's reference in one case, as lines to read. `flushes`: numbers below 2^-126 may count as zeros. */
export async function differencesFromReference(
  { transform: make, params, steps, flushAfter = [], tolerance }: ConformanceCase,
  create: CreateSubject,
  flushes: boolean,
): Promise<readonly string[]> {
  const transform = make();
  const reference = createStepper(transform, params, { engine: referenceEngine() });
  const flushing = flushes
    ? createStepper(transform, flushedTree(params), { engine: referenceEngine() })
    : undefined;
  const subject = await create(transform, params);
  const found: string[] = [];
  try {
    for (const [step, gradients] of steps.entries()) {
      const flushedGradients = flushing === undefined ? {} : flushedArrays(gradients);
      const see = (
        what: string,
        actual: Arrays | StateArrays,
        expectedOf: (stepper: Stepper) => Arrays | StateArrays,
      ): void =>
        void found.push(
          ...differences({
            at: `step ${step}, ${what}`,
            actual,
            expected: expectedOf(reference),
            tolerance,
            ...(flushing === undefined ? {} : { flushed: expectedOf(flushing) }),
          }),
        );
      if (transform.yields === 'updates') {
        reference.step(gradients);
        flushing?.step(flushedGradients);
        await subject.step(gradients);
      } else {
        see('updates', await subject.update(gradients), (stepper) =>
          stepper.update(stepper === reference ? gradients : flushedGradients),
        );
      }
      const seeAll = async (when: string): Promise<void> => {
        see(`${when}parameters`, await subject.params(), (stepper) => stepper.params());
        see(`${when}reports`, reportArrays(await subject.report()), (stepper) =>
          reportArrays(stepper.report()),
        );
        if (subject.getState === undefined) return;
        see(`${when}state`, Object.fromEntries(stateArrays(await subject.getState())), (stepper) =>
          Object.fromEntries(stateArrays(stepper.getState())),
        );
      };
      await seeAll('');
      if (!flushAfter.includes(step)) continue;
      const isFlushed = reference.flush();
      flushing?.flush();
      if ((await subject.flush()) !== isFlushed) found.push(`step ${step}, flush: it must give ${isFlushed}`);
      await seeAll('flushed ');
    }
  } finally {
    subject.dispose?.();
    reference.dispose();
    flushing?.dispose();
  }
  return found;
}

function flushedArrays(gradients: NamedGradients): NamedGradients {
  return Object.fromEntries(
    Object.entries(gradients).map(([name, values]) => [name, values?.map(withoutDenormal) ?? null]),
  );
}

function flushedTree(tree: Tree): Tree {
  return Object.fromEntries(
    Object.entries(tree).map(([name, { values, shape }]) => [
      name,
      { values: values.map(withoutDenormal), shape },
    ]),
  );
}

function reportArrays(report: Report | undefined): Arrays {
  const { values = {}, leafValues = {} } = report ?? {};
  const leaves = Object.entries(leafValues).flatMap(([path, numbers]) =>
    Array.from(numbers, ([leaf, value]): [string, Float32Array] => [
      `${path} of ${leaf}`,
      Float32Array.of(value),
    ]),
  );
  const whole = Object.entries(values).map(([path, value]): [string, Float32Array] => [
    path,
    Float32Array.of(value),
  ]);
  return Object.fromEntries([...whole, ...leaves]);
}

/** Whether a name fits a pattern, in which `*` stands for any characters. */
export function fits(pattern: string, name: string): boolean {
  const parts = pattern.split('*');
  const [head = '', ...rest] = parts;
  if (rest.length === 0) return name === pattern;
  if (!name.startsWith(head)) return false;
  let from = head.length;
  for (const [index, part] of rest.entries()) {
    const at = index === rest.length - 1 ? name.length - part.length : name.indexOf(part, from);
    if (at < from || !name.startsWith(part, at)) return false;
    from = at + part.length;
  }
  return true;
}
