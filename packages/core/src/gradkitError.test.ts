import { beforeAll, expect, test, vi } from 'vitest';
import * as own from './errors.ts';
import { GradkitError } from './gradkitError.ts';

/** The errors again, from a second copy of their file. */
let others: typeof own = own;
let OtherBase = GradkitError;

beforeAll(async () => {
  vi.resetModules();
  others = await import('./errors.ts');
  ({ GradkitError: OtherBase } = await import('./gradkitError.ts'));
});

const makers: readonly [string, (errors: typeof own) => Error][] = [
  ['InvalidOptionError', (errors) => new errors.InvalidOptionError('x')],
  ['TreeMismatchError', (errors) => new errors.TreeMismatchError('x', { leaf: 'a' })],
  ['MissingParamsError', (errors) => new errors.MissingParamsError('x')],
  ['NonFiniteGradientError', (errors) => new errors.NonFiniteGradientError({ leaves: ['a'], step: 0 })],
  ['SymbolicValueError', (errors) => new errors.SymbolicValueError('x')],
];

const classesOf = (errors: typeof own): [string, unknown][] =>
  Object.entries(errors).filter(([name]) => name.endsWith('Error'));

test('there are two copies, and every class has a maker here', () => {
  expect(others.InvalidOptionError).not.toBe(own.InvalidOptionError);
  expect(classesOf(own).map(([name]) => name)).toEqual(expect.arrayContaining(makers.map(([name]) => name)));
  expect(classesOf(own)).toHaveLength(makers.length);
});

test.each(makers)(
  "%s of one copy is an instance of the other copy's class, and of no other class",
  (name, make) => {
    for (const [here, there] of [
      [own, others],
      [others, own],
    ] as const) {
      const instanceOf = classesOf(there).filter(
        ([, type]) => typeof type === 'function' && make(here) instanceof type,
      );
      expect(instanceOf.map(([named]) => named)).toEqual([name]);
    }
    expect(make(others)).toBeInstanceOf(GradkitError);
    expect(make(own)).toBeInstanceOf(OtherBase);
  },
);

test('a class of the user is not taken for the one that it extends', () => {
  class Mine extends own.InvalidOptionError {}
  expect(new Mine('x')).toBeInstanceOf(own.InvalidOptionError);
  expect(new Mine('x')).toBeInstanceOf(others.InvalidOptionError);
  expect(new own.InvalidOptionError('x')).not.toBeInstanceOf(Mine);
  expect(new others.InvalidOptionError('x')).not.toBeInstanceOf(Mine);
});

test.each([
  undefined,
  null,
  1,
  'InvalidOptionError',
  { kind: 'Gradkit InvalidOptionError' },
  Object.create(null),
])('%o is no error of Gradkit', (value) => {
  expect(value instanceof own.InvalidOptionError).toBe(false);
  expect(value instanceof GradkitError).toBe(false);
});

test('a plain error of the same name is none either', () => {
  expect(Object.assign(new Error('x'), { name: 'InvalidOptionError' })).not.toBeInstanceOf(
    own.InvalidOptionError,
  );
});
