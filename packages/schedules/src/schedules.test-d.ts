import type { Schedule, ScheduleJSON, TransformRegistry } from '@gradkit/core';
import { expectTypeOf } from 'vitest';
import { constant, cosineDecay, join, linear, scheduleFromJSON, schedules, warmup } from './index.ts';
import type { ScheduleRegistry, SerializableSchedule } from './index.ts';

expectTypeOf(constant({ value: 1 })).toEqualTypeOf<SerializableSchedule>();
expectTypeOf(constant({ value: 1 })).toExtend<Schedule>();
expectTypeOf(constant({ value: 1 })(0)).toEqualTypeOf<number>();
expectTypeOf(constant({ value: 1 }).toJSON()).toEqualTypeOf<ScheduleJSON>();
expectTypeOf(scheduleFromJSON).returns.toEqualTypeOf<Schedule>();
expectTypeOf(schedules).toExtend<ScheduleRegistry>();
expectTypeOf({ schedules }).toExtend<TransformRegistry>();
expectTypeOf<keyof typeof schedules>().toEqualTypeOf<
  | 'constant'
  | 'linear'
  | 'polynomial'
  | 'cosineDecay'
  | 'exponentialDecay'
  | 'piecewiseConstant'
  | 'piecewiseInterpolate'
  | 'warmup'
  | 'warmupCosineDecay'
  | 'oneCycle'
  | 'linearOneCycle'
  | 'join'
>();

// A bare function is a schedule, and may stand inside others.
warmup({ warmupSteps: 1, schedule: (step: number) => step });
join({ schedules: [Math.sqrt, constant({ value: 1 })], boundaries: [3] });

// @ts-expect-error transitionSteps must be given
linear({ initialValue: 1, finalValue: 0 });
// @ts-expect-error options are an object, not positions
linear(1, 0, 100);
// @ts-expect-error decaySteps is misspelt
cosineDecay({ initialValue: 1, decaysteps: 10 });
// @ts-expect-error an optional option is left out, not undefined
cosineDecay({ initialValue: 1, decaySteps: 10, finalValue: undefined });
// @ts-expect-error a schedule must return a number
warmup({ warmupSteps: 1, schedule: () => 'fast' });
