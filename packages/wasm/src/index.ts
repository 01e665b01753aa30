export type { Addresses } from './planFrame.ts';
export {
  createPlanRunner,
  type GradientSource,
  type PlanRunner,
  type RunnerMemory,
  type RunnerStep,
} from './planRunner.ts';
export { createWasmEngine, wasmEngine, type WasmEngineOptions } from './wasmEngine.ts';
