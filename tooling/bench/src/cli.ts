import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CommanderError } from '@commander-js/extra-typings';
import { gradkitUpdates, memoryLimits, peerUpdates, trainingContestants } from './contestants.ts';
import { latestCardReports } from './cardReports.ts';
import { engines } from './engines.ts';
import { thisMachine } from './machine.ts';
import { nodeUpdates } from './nodeContestants.ts';
import { transformerContestants } from './transformerTraining.ts';
import { parseOptions, type BenchOptions } from './parseOptions.ts';
import { performanceSection, withPerformanceSection } from './performanceSection.ts';
import { progressLine } from './progressLine.ts';
import { report } from './report.ts';
import type { Results, ScenarioResult } from './results.ts';
import { scenarios } from './scenarios.ts';
import { sweepChart, type SweepAxis } from './sweepChart.ts';
import { webgpuContestants } from './webgpuContestants.ts';

// A quick run starts no scenario later than this.
const quickSeconds = 95;

const root = fileURLToPath(new URL('../../..', import.meta.url));
const published = 'docs/performance';

// One contestant may take part in updates and in training.
const contestants = new Map(
  [
    ...memoryLimits,
    ...gradkitUpdates,
    ...peerUpdates,
    ...nodeUpdates,
    ...webgpuContestants,
    ...trainingContestants,
    ...transformerContestants,
  ].map((one) => [one.name, one]),
);

const nameable = [
  ...contestants.values(),
  ...Object.entries(engines).map(([name, { label }]) => ({ name: `compile-${name}`, label })),
];

const sweeps: Readonly<Record<string, SweepAxis>> = {
  sizes: { of: 'parameters', title: 'parameters' },
  leaves: { of: 'leaves', title: 'leaves' },
};

/**
 * Runs the command line.
 *
 * @returns the exit code: 0 done, 2 an option or a file cannot be used.
 */
export async function runCli(args: readonly string[]): Promise<number> {
  try {
    const options = parseOptions(
      args,
      { scenarios, contestants: nameable },
      {
        writeOut: (text) => process.stdout.write(text),
        writeErr: (text) => process.stderr.write(text),
      },
    );
    const results = options.from === undefined ? await measure(options) : readResults(options.from);
    process.stdout.write(`${report(results)}\n`);
    await write(results, options);
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof NoResultsError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return 2;
  }
}

async function measure(options: BenchOptions): Promise<Results> {
  const start = performance.now();
  const missing = new Map<string, string>();
  const versions: Record<string, string> = {};
  for (const [name, contestant] of contestants) {
    if (options.contestants?.has(name) === false) continue;
    const reason = await contestant.missing?.();
    if (reason === undefined) {
      const version = await contestant.version?.();
      if (version !== undefined) versions[name] = version;
    } else missing.set(name, reason);
  }
  // Several contestants may lack the same thing.
  const reasons = [...new Set(missing.values())];
  for (const reason of reasons) process.stderr.write(`${reason}\n`);

  const progress = progressLine(process.stderr, options.scenarios.length);
  const measured: ScenarioResult[] = [];
  try {
    for (const [index, scenario] of options.scenarios.entries()) {
      if (options.quick && performance.now() - start > 1000 * quickSeconds) {
        reasons.push(`Left out, since a quick run is to end within two minutes: ${scenario.title}.`);
        continue;
      }
      progress.scenario(index, scenario.title);
      measured.push(
        await scenario.run({
          quick: options.quick,
          takesPart: ({ name }) => !missing.has(name) && options.contestants?.has(name) !== false,
          progress: progress.show,
        }),
      );
    }
  } finally {
    progress.stop();
    for (const { close } of contestants.values()) await close?.();
  }
  return {
    machine: thisMachine(),
    quick: options.quick,
    seconds: (performance.now() - start) / 1000,
    versions,
    missing: reasons,
    scenarios: measured,
  };
}

/** A file that holds no results. */
class NoResultsError extends Error {}

function readResults(path: string): Results {
  try {
    const results: Results = JSON.parse(readFileSync(path, 'utf8'));
    if (Array.isArray(results.scenarios)) return results;
  } catch {
    // The same remedy as for a file of something else.
  }
  throw new NoResultsError(`${path} holds no results of the benchmark. Give a results.json that it wrote.`);
}

async function write(results: Results, { out, json, readme }: BenchOptions): Promise<void> {
  const folder = readme
    ? join(root, published)
    : (out ?? fileURLToPath(new URL('../reports', import.meta.url)));
  const document = `${JSON.stringify(results, undefined, 2)}\n`;
  const files = new Map([[join(folder, 'results.json'), document]]);
  if (json !== undefined) files.set(json, document);
  for (const scenario of results.scenarios) {
    const axis = sweeps[scenario.name];
    if (axis !== undefined) files.set(join(folder, `${scenario.name}.svg`), await sweepChart(scenario, axis));
  }
  if (readme) {
    const path = join(root, 'README.md');
    files.set(
      path,
      withPerformanceSection(
        readFileSync(path, 'utf8'),
        performanceSection(results, published, latestCardReports(join(root, published))),
      ),
    );
  }
  for (const [path, text] of files) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    process.stderr.write(`Wrote ${path}\n`);
  }
}
