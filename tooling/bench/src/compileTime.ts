import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { engines } from './engines.ts';
import { transformerTree } from './parameterTree.ts';
import type { Row } from './results.ts';
import type { Scenario } from './scenario.ts';
import { spreadOf, type Round } from './statistics.ts';

const title = 'From a transform to its first step, 52 leaves, in a process that has done nothing before';

/** Tracing, planning and compiling, once for each structure of parameters. */
export const compileTime: Scenario = {
  name: 'compile',
  title,
  run: async (bench) => {
    const rows: Row[] = [];
    for (const [name, { label }] of Object.entries(engines)) {
      const contestant = `compile-${name}`;
      if (!bench.takesPart({ name: contestant })) continue;
      const rounds: Round[] = [];
      for (let round = 0; round < (bench.quick ? 3 : 15); round++) {
        bench.progress(`compiling for the ${label}, process ${round + 1}`);
        rounds.push({ round, milliseconds: await inNewProcess(name) });
      }
      rows.push({
        contestant,
        label: `trace, plan and compile: ${label}`,
        milliseconds: spreadOf(rounds.map(({ milliseconds }) => milliseconds)),
        stepsPerRound: 1,
        rounds,
      });
    }
    const { length: leaves } = transformerTree.leaves;
    return {
      name: 'compile',
      title,
      points: [{ name: `${leaves} leaves`, parameters: 4 * leaves, leaves, rows, leftOut: [] }],
    };
  },
};

const script = fileURLToPath(new URL('compileOnce.ts', import.meta.url));

async function inNewProcess(engine: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    script,
    engine,
  ]);
  return Number(stdout);
}
