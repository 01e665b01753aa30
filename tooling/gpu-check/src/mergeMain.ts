import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { NoGpuReportError } from '@gradkit/bench/cardReports';
import { mergeReport, NotMergeableError } from './mergeReport.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const { positionals } = parseArgs({ allowPositionals: true });

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

if (positionals.length === 0) {
  say('Name the reports: pnpm --filter @gradkit/gpu merge REPORT.json');
  process.exitCode = 2;
}
for (const path of positionals) {
  try {
    // pnpm runs a package's script in the package's folder.
    for (const file of mergeReport(resolve(process.env['INIT_CWD'] ?? process.cwd(), path), root))
      say(`Wrote ${file}`);
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!(error instanceof NoGpuReportError || error instanceof NotMergeableError || isMissing)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
