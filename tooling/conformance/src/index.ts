export { conformanceCases } from './conformanceCases.ts';
export type { ConformanceCase, Tree } from './conformanceCase.ts';
export {
  conformanceSuite,
  type ConformanceSubject,
  type ConformanceSuiteOptions,
  type Skip,
} from './conformanceSuite.ts';
