import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { latestCardReports, parseGpuReport } from '@gradkit/bench/cardReports';
import type { Results } from '@gradkit/bench/results';
import { webgpuSection, withWebgpuSection } from '@gradkit/bench/webgpuSection';
import { reportMarkdown } from './reportMarkdown.ts';

/** A report that is not one of a card. */
export class NotMergeableError extends Error {
  override readonly name = 'NotMergeableError';
}

/**
 * Keeps a report under its card's name and date in `docs/performance` of the repository at `root`, and writes the README's WebGPU rows
 * anew.
 *
 * @returns the files that were written.
 * @throws {NotMergeableError} for a report of a program on the processor, and for one without a device or without any time.
 * @throws {NoGpuReportError} if the file holds no report.
 */
export function mergeReport(path: string, root: string): string[] {
  const report = parseGpuReport(readFileSync(path, 'utf8'), path);
  const { adapter, contests, started } = report;
  if (adapter === undefined) throw new NotMergeableError(`${path} is not merged: the run found no device.`);
  if (adapter.isSoftware)
    throw new NotMergeableError(
      `${path} is not merged: ${adapter.name} is a program on the processor and no card, so that its times say nothing about a GPU. Run the folder on a machine with a GPU.`,
    );
  if (contests.every(({ rows }) => rows.length === 0))
    throw new NotMergeableError(`${path} is not merged: nothing was timed on ${adapter.name}.`);
  const performance = join(root, 'docs/performance');
  const folder = join(performance, folderName(adapter.name));
  mkdirSync(folder, { recursive: true });
  const [json, markdown] = ['json', 'md'].map((ending) => join(folder, `${started.slice(0, 10)}.${ending}`));
  if (json === undefined || markdown === undefined) throw new Error('There are two files.');
  writeFileSync(json, `${JSON.stringify(report, undefined, 1)}\n`);
  writeFileSync(markdown, reportMarkdown(report));
  const readme = join(root, 'README.md');
  writeFileSync(readme, withWebgpuRows(readFileSync(readme, 'utf8'), performance));
  return [json, markdown, readme];
}

/** A README with the WebGPU rows that the benchmark's counts and the reports of cards in a folder give. */
function withWebgpuRows(readme: string, performance: string): string {
  const counts = join(performance, 'results.json');
  const results: Pick<Results, 'scenarios'> = existsSync(counts)
    ? JSON.parse(readFileSync(counts, 'utf8'))
    : { scenarios: [] };
  const points = results.scenarios.find(({ name }) => name === 'webgpu')?.points ?? [];
  return withWebgpuSection(readme, webgpuSection(points, latestCardReports(performance)));
}

/** A card's name as that of a folder: NVIDIA H100 80GB HBM3 is nvidia-h100-80gb-hbm3. */
export function folderName(card: string): string {
  const name = card
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '');
  return name === '' ? 'unnamed-card' : name;
}
