export * from './algebra.ts';
export { accumulate, type AccumulateOptions, type AccumulateState } from './accumulate.ts';
export {
  alias,
  chain,
  identity,
  namedChain,
  requireTransform,
  type AliasOptions,
  type StatesOf,
  type YieldsOf,
} from './chain.ts';
export {
  compileCommits,
  compileNumbers,
  compileReports,
  type NumberMemory,
  type Task,
} from './compileNumbers.ts';
export { conditionally, type StepPredicate, type StepRange } from './conditionally.ts';
export type { EmptyOptions } from './emptyOptions.ts';
export { freeze } from './freeze.ts';
export {
  namedPredicate,
  readPredicate,
  type LeafPattern,
  type LeafPredicate,
  type NamedLeafPredicate,
  type ReadPredicate,
} from './leafPredicate.ts';
export { lookahead, type LookaheadOptions, type LookaheadState } from './lookahead.ts';
export { masked, maskedBy } from './masked.ts';
export { partition, type LabelOf, type LabelRule } from './partition.ts';
export { skipNonFinite, type SkipNonFiniteOptions, type SkipNonFiniteState } from './skipNonFinite.ts';
export { transformFromJSON, type TransformRegistry } from './transformFromJSON.ts';
export { zeroNans } from './zeroNans.ts';
export { checkOptionNames, describeValue, nearestName, unknownNameMessage } from './checkOptionNames.ts';
export { callAround, callWith, checkOptions, type GivenOptions, type OptionSchema } from './checkOptions.ts';
export {
  createStepper,
  gradientsError,
  requireOnNonFinite,
  type NamedGradients,
  type Stepper,
  type StepperOptions,
} from './createStepper.ts';
export {
  createDeviceStepper,
  type DeviceGradients,
  type DeviceStepper,
  type DeviceStepperOptions,
} from './createDeviceStepper.ts';
export type { DeviceEngine, DeviceSession, DeviceStep, StateCopy } from './deviceEngine.ts';
export {
  defineTransform,
  optionToJSON,
  stateless,
  type HyperparametersOf,
  type SettingsOf,
  type TransformDefinition,
  type TypedContext,
} from './defineTransform.ts';
export type { Engine, EngineSession, EngineStep, Layout } from './engine.ts';
export {
  InvalidOptionError,
  MissingParamsError,
  NonFiniteGradientError,
  SymbolicValueError,
  TreeMismatchError,
} from './errors.ts';
export { GradkitError } from './gradkitError.ts';
export type {
  AnyTransform,
  EmptyState,
  GradientTransform,
  InitContext,
  InnerTransform,
  InnerUpdate,
  InnerUpdateOptions,
  LeafSpec,
  LiveOption,
  StateTree,
  StepMoment,
  TransformJSON,
  TransformStructure,
  TransformUpdate,
  UpdateContext,
  Yields,
} from './gradientTransform.ts';
export { groupLayouts, numberCount, slotLength, type GroupLayout, type LeafLayout } from './groupLayout.ts';
export {
  assignedHyperparameters,
  type AssignedHyperparameters,
  type Hyperparameters,
} from './hyperparameters.ts';
export { initializeState } from './initializeState.ts';
export { interpretProgram } from './interpretProgram.ts';
export { numberFromJSON, numberToJSON, type JsonValue } from './jsonValue.ts';
export { readState, stateArrays, stateEntries, writeState, type NamedState } from './namedState.ts';
export {
  binaryMeaning,
  elementwiseMeaning,
  isElementwise,
  isBinary,
  isReduction,
  isUnary,
  unaryMeaning,
  type BinaryName,
  type ElementwiseName,
  type Operation,
  type OperationName,
  type Over,
  type Reduction,
  type ReductionName,
  type UnaryName,
} from './operation.ts';
export { flag, hyperparameter, structuralNumber, type NumberRange, type Option } from './option.ts';
export { hyperparameterClocks } from './place.ts';
export { planProgram, type Pass, type Plan, type Sweep, type Write } from './plan.ts';
export { printKernels } from './printKernels.ts';
export { passCount, printPlan, printProgram } from './printProgram.ts';
export {
  sizeInLeaf,
  sizeOfShape,
  unitCount,
  type Output,
  type Program,
  type ProgramNode,
  type SlotSpec,
} from './program.ts';
export {
  lowerNumbers,
  lowerPlan,
  type Computation,
  type Kernel,
  type KernelPass,
  type Kernels,
  type Load,
  type Store,
} from './kernel.ts';
export { loopEngine } from './loopEngine.ts';
export type { Memory } from './memory.ts';
export { monoidOf, type Monoid } from './monoid.ts';
export type { LeafValues } from './stepperArguments.ts';
export { referenceEngine } from './referenceEngine.ts';
export { requireLeaves } from './requireLeaves.ts';
export { readReport, type ReadReports, type Report, type ReportedNumbers } from './report.ts';
export { loadState, saveState, stateFromJSON, stateToJSON, type StateJSON } from './savedState.ts';
export type { Schedule, ScheduleJSON } from './schedule.ts';
export {
  isSymbolicTensor,
  noGroup,
  type DType,
  type Kind,
  type KindOf,
  type Leaf,
  type LeafScalar,
  type Mask,
  type Operand,
  type Scalar,
  type SymbolicTensor,
  type Unit,
  type Vector,
  type Widest,
} from './symbolicTensor.ts';
export { toCode } from './toCode.ts';
export {
  createTransformRun,
  hyperparametersOf,
  toProgram,
  type PreparedStep,
  type StepRequest,
  type TransformRun,
} from './transformRun.ts';
export { heldReport } from './trace.ts';
export type { Windows } from './windows.ts';
