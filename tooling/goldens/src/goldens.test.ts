import { scheduleFromJSON } from '@gradkit/schedules';
import { createWasmEngine, loopEngine } from '@gradkit/wasm';
import { describe, expect, test } from 'vitest';
import type { GoldenCase, GoldenThrow, GoldenValues } from './goldenCase.ts';
import { goldenError } from './goldenError.ts';
import { loadGoldenCases, loadGoldenSchedules } from './loadGoldenCases.ts';
import { runGoldenCase } from './runGoldenCase.ts';

const cases = loadGoldenCases();
const engines = [loopEngine(), createWasmEngine()];

/** What is wrong with a run, one line for each leaf and step. */
function complaints(goldenCase: GoldenCase, actual: GoldenValues | GoldenThrow): string[] {
  const { ours, limits, steps } = goldenCase;
  if ('throws' in actual) {
    const isMeant = 'throws' in ours && ours.throws === actual.throws;
    return isMeant ? [] : [`threw ${actual.throws}: ${actual.message ?? ''}`];
  }
  if ('throws' in ours) return [`did not throw ${ours.throws}`];
  const wrong = ours.perStep.flatMap(({ step, leaves }) =>
    Array.from(actual.perStep[step - 1]?.leaves ?? [], ([leaf, values]) => {
      const wanted = leaves.get(leaf);
      const hasGradient = steps[step - 1]?.gradients.get(leaf) instanceof Float32Array;
      if (wanted !== undefined) {
        const error = goldenError(limits.measure, values, wanted);
        return error <= limits.tolerance
          ? ''
          : `step ${step}, ${leaf}: error ${error} above ${limits.tolerance}; ours ${shown(values)}, wanted ${shown(wanted)}`;
      }
      if (ours.what === 'updates' && values.every((value) => Object.is(value, -0))) return '';
      return `step ${step}, ${leaf} (${hasGradient ? 'with' : 'without'} a gradient): the case has no value, ours is ${shown(values)}`;
    }).filter((line) => line !== ''),
  );
  const missing = ours.perStep.flatMap(({ step, leaves }) =>
    Array.from(leaves.keys())
      .filter((leaf) => actual.perStep[step - 1]?.leaves.has(leaf) !== true)
      .map((leaf) => `step ${step}, ${leaf}: missing`),
  );
  if (ours.norm === undefined) return [...wrong, ...missing];
  const normError = goldenError('entry', [actual.norm ?? -1], [ours.norm]);
  const isNormRight = normError <= (limits.normTolerance ?? limits.tolerance);
  return [...wrong, ...missing, ...(isNormRight ? [] : [`norm ${actual.norm}, wanted ${ours.norm}`])];
}

function shown(values: Float32Array): string {
  return `[${Array.from(values.slice(0, 6), (value) => (Object.is(value, -0) ? '-0' : String(value))).join(', ')}]`;
}

/** Whether a run gave what the library gave. */
function isWhatTheLibraryGave(goldenCase: GoldenCase, actual: GoldenValues | GoldenThrow): boolean {
  return complaints({ ...goldenCase, ours: goldenCase.expected }, actual).length === 0;
}

describe.each([...new Set(cases.map(({ file }) => file))])('%s', (file) => {
  test.each(cases.filter((goldenCase) => goldenCase.file === file))('$name', (goldenCase) => {
    const actual = runGoldenCase(goldenCase);
    expect(complaints(goldenCase, actual)).toEqual([]);
    expect(isWhatTheLibraryGave(goldenCase, actual)).toBe(goldenCase.differs === undefined);
    for (const engine of engines)
      expect(complaints(goldenCase, runGoldenCase(goldenCase, engine)), engine.name).toEqual([]);
  });
});

describe('schedules', () => {
  test.each(loadGoldenSchedules())('$name', ({ schedule, steps, ours, expected, limits, differs }) => {
    const values = Float32Array.from(steps, scheduleFromJSON(schedule));
    expect(goldenError('leaf', values, ours)).toBeLessThanOrEqual(limits.tolerance);
    expect(goldenError('leaf', values, expected) <= limits.tolerance).toBe(differs === undefined);
  });
});
