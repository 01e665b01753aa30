import type { ConformanceCase } from './conformanceCase.ts';
import { elementwiseCases } from './elementwiseCases.ts';
import { flushCases } from './flushCases.ts';
import { reductionCases } from './reductionCases.ts';
import { nameCases, transformCases } from './transformCases.ts';

/** All cases. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...elementwiseCases,
  ...reductionCases,
  ...transformCases,
  ...flushCases,
  ...nameCases,
];
