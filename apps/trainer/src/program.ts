import { Command, CommanderError } from '@commander-js/extra-typings';
import { compareCommand } from './compareCommand.ts';
import { InputError } from './inputError.ts';
import { runTraining } from './runTraining.ts';
import { sweepCommand } from './sweepCommand.ts';
import { tasks } from './tasks.ts';
import { trainCommand } from './trainCommand.ts';
import { withOneLineErrors } from './withOneLineErrors.ts';

/** The commands that keep runs in folders. Without one of them, the trainer does its main job. */
export const commandNames = ['train', 'compare', 'sweep'] as const;

/**
 * Runs a command of {@link commandNames} on the process's own streams.
 *
 * @returns the exit code: 0 done, 1 diverged, 2 something given cannot be used, 130 and 143 interrupted by SIGINT and SIGTERM.
 */
export async function runProgram(args: readonly string[], signal: AbortSignal): Promise<number> {
  let code = 0;
  const train = new Command('train').description('Train a model and keep the run in a folder.');
  for (const task of tasks) {
    train.addCommand(
      trainCommand(task, async (request) => {
        code = await runTraining(request, signal);
      }),
    );
  }
  const program = new Command('trainer')
    .description('Trains small models on TensorFlow.js with any chain of gradient transforms.')
    .addCommand(train)
    .addCommand(compareCommand())
    .addCommand(
      sweepCommand(signal, (given) => {
        code = given;
      }),
    );
  for (const command of [program, ...program.commands, ...train.commands]) {
    withOneLineErrors(command);
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof InputError)) throw error;
    process.stderr.write(`error: ${error.message}\n`);
    return 2;
  }
}
