export { createWasmEngine } from './wasmEngine.ts';
export type { Addresses } from './planFrame.ts';
export {
  createPlanRunner,
  type GradientSource,
  type PlanRunner,
  type RunnerMemory,
  type RunnerStep,
} from './planRunner.ts';
