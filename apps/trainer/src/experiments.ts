// Trains what docs/experiments.md reports and writes that page. What is finished is not trained again, so it can be stopped and
// started; `--write` only writes the page, from what is there.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { experimentFolder } from './experimentFolder.ts';
import { experimentRuns } from './experimentPlan.ts';
import type { ExperimentRun } from './experimentPlan.ts';
import { writeExperimentsPage } from './experimentsPage.ts';
import { readResultOf } from './runFolder.ts';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

function trainOnce(run: ExperimentRun): void {
  const folder = experimentFolder(run);
  const outcome = existsSync(folder) ? readResultOf(folder)?.['outcome'] : undefined;
  if (outcome !== undefined && outcome !== 'interrupted') return;
  const [task = '', ...rest] = run.args;
  const where = existsSync(join(folder, 'config.json'))
    ? ['--resume', folder, ...(run.part === 'minutes' ? ['--seconds', '120'] : [])]
    : [...rest, '--backend', run.backend, '--seed', String(run.seed), '--run', folder];
  process.stdout.write(`${run.name}, seed ${run.seed}\n`);
  const { status } = spawnSync(process.execPath, [main, 'train', task, ...where], { stdio: 'ignore' });
  if (status !== 0 && status !== 1) throw new Error(`${run.name}, seed ${run.seed}, ended with ${status}.`);
}

if (!process.argv.includes('--write')) for (const run of experimentRuns) trainOnce(run);
writeExperimentsPage();
