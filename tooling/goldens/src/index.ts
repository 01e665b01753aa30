export { decodeBits } from './decodeBits.ts';
export type {
  GoldenCase,
  GoldenLimits,
  GoldenMeasure,
  GoldenSchedule,
  GoldenSimpleNet,
  GoldenSimpleNetRun,
  GoldenSource,
  GoldenThrow,
  GoldenTransform,
  GoldenValues,
} from './goldenCase.ts';
export { goldenError } from './goldenError.ts';
export { goldenComplaintsOnDevice, goldenSkipsOnDevice } from './goldensOnDevice.ts';
export type { JsonObject, JsonValue } from './jsonReader.ts';
export { loadGoldenCases, loadGoldenSchedules, loadGoldenSimpleNet } from './loadGoldenCases.ts';
export { goldenRegistry, runGoldenCase } from './runGoldenCase.ts';
