#!/usr/bin/env node
import { runCli } from './cli.ts';

const interruption = new AbortController();
process.once('SIGINT', () => interruption.abort());

// A reader that has seen enough (`trainer | head`) closes the pipe: that is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  process.exit(0);
});

process.exitCode = await runCli(process.argv.slice(2), interruption.signal);
