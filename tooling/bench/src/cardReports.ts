import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GpuReport } from './gpuReport.ts';

/** The reports of cards that are kept in a folder, each in a folder of its card's name, the newest of each card. */
export function latestCardReports(folder: string): GpuReport[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .toSorted()
    .flatMap((card) => {
      const [latest] = readdirSync(join(folder, card))
        .filter((file) => file.endsWith('.json'))
        .toSorted()
        .toReversed();
      return latest === undefined
        ? []
        : [parseGpuReport(readFileSync(join(folder, card, latest), 'utf8'), join(card, latest))];
    });
}

/** A file that holds no report of the GPU check. */
export class NoGpuReportError extends Error {
  override readonly name = 'NoGpuReportError';
}

/** Reads the report of a run of the GPU check. @throws {NoGpuReportError} naming the place if it is none. */
export function parseGpuReport(text: string, place: string): GpuReport {
  try {
    const report: GpuReport = JSON.parse(text);
    if (report.format === 1 && Array.isArray(report.contests) && Array.isArray(report.suites)) return report;
  } catch {
    // The same remedy as for a file of something else.
  }
  throw new NoGpuReportError(`${place} holds no report of the GPU check. Give a report.json that it wrote.`);
}
