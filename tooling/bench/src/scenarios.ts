import { bytesMoved } from './bytesMoved.ts';
import { compileTime } from './compileTime.ts';
import { nodeScenarios } from './nodeScenarios.ts';
import type { Scenario } from './scenario.ts';
import { leafSweep, sizeSweep } from './sweeps.ts';
import { trainingStep } from './trainingStep.ts';
import { transformerTraining } from './transformerTraining.ts';
import { simpleNetUpdate, tenSquaresUpdate, transformerUpdate } from './updateScenarios.ts';
import { webgpuScenario } from './webgpuScenario.ts';

/** Everything that is compared, in the order of the report. */
export const scenarios: readonly Scenario[] = [
  simpleNetUpdate,
  transformerUpdate,
  tenSquaresUpdate,
  trainingStep,
  ...nodeScenarios,
  transformerTraining,
  bytesMoved,
  compileTime,
  sizeSweep,
  leafSweep,
  webgpuScenario,
];
