#!/usr/bin/env node
import { runProgram } from './program.ts';

const interruption = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  // The first one ends the run in good order; after it the signal does what it does to any program.
  process.once(signal, () => interruption.abort(signal));
}

// A reader that has seen enough (`trainer | head`) closes the pipe: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await runProgram(process.argv.slice(2), interruption.signal);
