export { register, type TensorFlow } from './register.ts';
export { runProgram, type ProgramInputs, type ProgramResults } from './runProgram.ts';
export { GradkitOptimizer, toOptimizer, type Gradients, type ToOptimizerOptions } from './toOptimizer.ts';
export { transformGradients } from './transformGradients.ts';
export type { NamedGradient, NamedWeight } from './transformSession.ts';
export { GradkitMiddleware, wrapOptimizer } from './wrapOptimizer.ts';
