import type { JsonValue } from './jsonValue.ts';

/** A schedule as data: the name of its factory and the options it was made with. */
export interface ScheduleJSON {
  readonly schedule: string;
  readonly options: { readonly [name: string]: JsonValue };
}

/**
 * A number that depends on the step, 0 at the first one. It must be a pure function of the step: it is called on the
 * host before each step, and its value enters the program as a scalar, so that nothing is traced again.
 *
 * A schedule of `@gradkit/schedules` also carries `toJSON`; a bare function works everywhere but in `toJSON`.
 *
 * @example const halving: Schedule = (step) => 0.1 * 0.5 ** step;
 */
export interface Schedule {
  (step: number): number;
  toJSON?(): ScheduleJSON;
}
