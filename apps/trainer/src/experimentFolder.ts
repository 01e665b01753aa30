import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ExperimentRun } from './experimentPlan.ts';

/** Where the runs of `docs/experiments.md` are kept. */
export const experimentsRoot: string = fileURLToPath(new URL('../runs/experiments', import.meta.url));

/** A run's folder. */
export function experimentFolder({ name, seed }: Pick<ExperimentRun, 'name' | 'seed'>): string {
  return join(experimentsRoot, `${name}-seed${seed}`);
}
