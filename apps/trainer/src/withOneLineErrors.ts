import type { CommandUnknownOpts } from '@commander-js/extra-typings';

/** The command, which says in one line what is wrong with its words and throws a `CommanderError` instead of ending the process. */
export function withOneLineErrors(command: CommandUnknownOpts): CommandUnknownOpts {
  return command
    .configureHelp({ helpWidth: 110 })
    .configureOutput({
      outputError: (message, write) => write(`${message.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`),
    })
    .exitOverride();
}
