export { conformanceCases } from './conformanceCases.ts';
export type { ConformanceCase, Tree } from './conformanceCase.ts';
export { conformanceSuite, type ConformanceSuiteOptions } from './conformanceSuite.ts';
export type { ConformanceSubject, Skip } from './differencesFromReference.ts';
