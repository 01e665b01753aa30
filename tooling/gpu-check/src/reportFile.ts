import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GpuReport } from '@gradkit/bench/gpuReport';
import { reportMarkdown } from './reportMarkdown.ts';

/** A report that is on the disk at any time. */
export interface ReportFile {
  readonly report: GpuReport;
  /** Changes the report and writes it, in JSON and Markdown. */
  update(change: Partial<GpuReport>): void;
}

/** Keeps a report in a folder, `report.json` and `report.md`, so that what was found is there however the process ends. */
export function openReportFile(folder: string, begun: GpuReport): ReportFile {
  mkdirSync(folder, { recursive: true });
  let report = begun;
  const write = (): void => {
    replace(join(folder, 'report.json'), `${JSON.stringify(report, undefined, 1)}\n`);
    replace(join(folder, 'report.md'), reportMarkdown(report));
  };
  write();
  return {
    get report() {
      return report;
    },
    update: (change) => {
      report = { ...report, ...change };
      write();
    },
  };
}

/** A reader, or the end of the process, never sees half of a file. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}
