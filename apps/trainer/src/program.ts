import { Command, CommanderError } from '@commander-js/extra-typings';
import { compareCommand } from './compareCommand.ts';
import { withHelp } from './helpText.ts';
import { InputError } from './inputError.ts';
import { mainCommand, mainOptions } from './mainCommand.ts';
import type { MainCommand } from './mainCommand.ts';
import { runMainJob } from './mainJob.ts';
import { runTraining } from './runTraining.ts';
import { sweepCommand } from './sweepCommand.ts';
import { tasks } from './tasks.ts';
import { trainCommand } from './trainCommand.ts';

/**
 * Runs the command line on the process's own streams.
 *
 * @returns the exit code: 0 done, 1 diverged, 2 something given cannot be used, 70 a fault of the trainer, 130 and 143 interrupted by
 *   SIGINT and SIGTERM.
 */
export async function runProgram(args: readonly string[], signal: AbortSignal): Promise<number> {
  let code = 0;
  const train = new Command('train').description(
    'Train a model with any chain of gradient transforms and keep the run in a folder, from which it can go on.',
  );
  for (const task of tasks) {
    train.addCommand(
      trainCommand(task, async (request) => {
        code = await runTraining(request, signal);
      }),
    );
  }
  const main = mainCommand();
  const program = main
    .enablePositionalOptions()
    .helpCommand('help [command]', 'show the help of a command')
    .addCommand(train.summary(`train one of ${tasks.map(({ name }) => name).join(', ')} and keep the run`))
    .addCommand(compareCommand().summary('draw the curves of runs into one HTML page'))
    .addCommand(
      sweepCommand(signal, (given) => {
        code = given;
      }).summary('train a task with several clips and seeds'),
    )
    .hook('preSubcommand', (_, subcommand) => refuseBefore(subcommand.name(), main));
  for (const command of [program, ...program.commands, ...train.commands]) withHelp(command);
  // A first word is a command, known or not; without an action of its own the program says which are.
  if (args[0]?.startsWith('-') !== false) {
    program.allowExcessArguments().action(async () => {
      const [word] = program.args;
      if (word !== undefined) {
        throw new InputError(
          `${word} is neither an option nor the first word; commands are train, compare and sweep, and a file goes after --data.`,
        );
      }
      code = await runMainJob(mainOptions(main), signal);
    });
  }
  try {
    await program.parseAsync([...args], { from: 'user' });
    return code;
  } catch (error) {
    return exitCodeOf(error, signal);
  }
}

/** @throws {InputError} if options of the main job stand before a command, where they would mean nothing. */
function refuseBefore(name: string, main: MainCommand): void {
  const misplaced = main.options.find(
    (option) => main.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (misplaced === undefined) return;
  throw new InputError(
    `${misplaced.long} before ${name} means nothing; write the command first: trainer ${name} ... ${misplaced.long}.`,
  );
}

/** Says in one line what ended the program. */
function exitCodeOf(error: unknown, signal: AbortSignal): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  if (signal.aborted) {
    process.stderr.write('Interrupted; nothing was written.\n');
    return signal.reason === 'SIGTERM' ? 143 : 130;
  }
  if (error instanceof InputError) {
    process.stderr.write(`error: ${oneLine(error.message)}\n`);
    return 2;
  }
  process.stderr.write(`error: ${faultLine(error)}\n`);
  return 70;
}

function faultLine(error: unknown): string {
  if (process.env['GRADKIT_STACK'] !== undefined && error instanceof Error)
    return error.stack ?? error.message;
  const message = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return `${oneLine(message)} (This is a fault of the trainer; GRADKIT_STACK=1 shows where.)`;
}

function oneLine(text: string): string {
  return text.trim().replaceAll(/\s*\n\s*/g, ' ');
}
