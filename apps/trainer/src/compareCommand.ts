import { Command } from '@commander-js/extra-typings';
import type { CommandUnknownOpts } from '@commander-js/extra-typings';
import { comparePage } from './comparePage.ts';
import { InputError } from './inputError.ts';
import { reasonOf } from './readFileText.ts';
import { readRunSummary } from './runSummary.ts';
import { writeAtomic } from './writeAtomic.ts';

/** The command that draws runs side by side. */
export function compareCommand(): CommandUnknownOpts {
  return new Command('compare')
    .description('Draw the loss and gradient-norm curves of runs into one HTML page that needs nothing else.')
    .argument('<runs...>', 'folders of runs')
    .option('--out <file>', 'where to write it', 'compare.html')
    .action((paths, { out }) => {
      const runs = paths.map(readRunSummary);
      const empty = runs.find(({ steps }) => steps === 0);
      if (empty !== undefined) throw new InputError(`${empty.path} has no step yet.`);
      writePage(out, comparePage(runs));
      process.stdout.write(`Wrote ${out}: ${runs.length === 1 ? '1 run' : `${runs.length} runs`}.\n`);
    });
}

/** Writes a page. @throws {InputError} if it cannot be. */
export function writePage(path: string, html: string): void {
  try {
    writeAtomic(path, html);
  } catch (error) {
    throw new InputError(`${path} cannot be written: ${reasonOf(error)}.`);
  }
}
