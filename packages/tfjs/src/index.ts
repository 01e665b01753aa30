export { shareListener, wrapMethods, type SharedListener, type WrappedMethod } from './backendListener.ts';
export type { Binding, BindingResults, BindingSession, BindingStep } from './binding.ts';
export {
  engineBinding,
  type EngineBindingOptions,
  type ParameterMemory,
  type TensorMemory,
} from './engineBinding.ts';
export { hasFunctions } from './hasFunctions.ts';
export { jsonLines, type JsonLinesOptions } from './jsonLines.ts';
export { addHolder, noHolders, type Holders } from './memoryHolders.ts';
export { register, type OptimizerRegistry, type TensorFlow } from './register.ts';
export { requireNoOptions } from './requireNoOptions.ts';
export { opByOp } from './opByOp.ts';
export { runProgram, type ProgramInputs, type ProgramResults } from './runProgram.ts';
export { GradkitOptimizer, toOptimizer, type ToOptimizerOptions } from './toOptimizer.ts';
export type { Gradients } from './toNamedGradients.ts';
export { shapeOfKind } from './shapeOfKind.ts';
export { stateTensors, type StateTensors } from './stateTensors.ts';
export { touchedLeaves, type TouchedLeaves } from './touchedLeaves.ts';
export { transformGradients, type TransformGradientsOptions } from './transformGradients.ts';
export {
  checkEvery,
  requireMethods,
  createTrainingLog,
  type ReportingOptimizer,
  type TrainingLog,
  type TrainingLogEntry,
  type TrainingLogOptions,
} from './trainingLog.ts';
export type { GradientListener, NamedGradient, NamedVariable, NamedWeight } from './transformSession.ts';
export { GradkitMiddleware, wrapOptimizer } from './wrapOptimizer.ts';
