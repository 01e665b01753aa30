export { createWasmEngine } from './createWasmEngine.ts';
export type { Addresses } from './planFrame.ts';
export {
  createPlanRunner,
  type GradientSource,
  type PlanRunner,
  type RunnerMemory,
  type RunnerStep,
} from './planRunner.ts';
export { supportsSimd } from './supportsSimd.ts';
export { ThreadError } from './threadError.ts';
export type { WasmEngineOptions } from './wasmEngineOptions.ts';
