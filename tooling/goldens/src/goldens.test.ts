import { loopEngine, referenceEngine } from '@gradkit/core';
import { scheduleFromJSON } from '@gradkit/schedules';
import { createWasmEngine } from '@gradkit/wasm/binding';
import { describe, expect, test } from 'vitest';
import type { GoldenCase, GoldenThrow, GoldenValues } from './goldenCase.ts';
import { goldenComplaints } from './goldenComplaints.ts';
import { goldenError } from './goldenError.ts';
import { loadGoldenCases, loadGoldenSchedules } from './loadGoldenCases.ts';
import { runGoldenCase } from './runGoldenCase.ts';

const cases = loadGoldenCases();
const engines = [loopEngine(), createWasmEngine()];

/** Whether a run gave what the library gave. */
function isWhatTheLibraryGave(goldenCase: GoldenCase, actual: GoldenValues | GoldenThrow): boolean {
  return goldenComplaints({ ...goldenCase, ours: goldenCase.expected }, actual).length === 0;
}

describe.each([...new Set(cases.map(({ file }) => file))])('%s', (file) => {
  test.each(cases.filter((goldenCase) => goldenCase.file === file))('$name', (goldenCase) => {
    const actual = runGoldenCase(goldenCase, referenceEngine());
    expect(goldenComplaints(goldenCase, actual)).toEqual([]);
    expect(isWhatTheLibraryGave(goldenCase, actual)).toBe(goldenCase.differs === undefined);
    for (const engine of engines)
      expect(goldenComplaints(goldenCase, runGoldenCase(goldenCase, engine)), engine.name).toEqual([]);
  });
});

describe('schedules', () => {
  test.each(loadGoldenSchedules())('$name', ({ schedule, steps, ours, expected, limits, differs }) => {
    const values = Float32Array.from(steps, scheduleFromJSON(schedule));
    expect(goldenError('leaf', values, ours)).toBeLessThanOrEqual(limits.tolerance);
    expect(goldenError('leaf', values, expected) <= limits.tolerance).toBe(differs === undefined);
  });
});
