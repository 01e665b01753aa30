import type { CommandUnknownOpts } from '@commander-js/extra-typings';

/** Below this, what an option does goes under it, not beside it. */
const narrow = 72;

/**
 * The command, whose help fits the terminal, which says in one line what is wrong with its words, and which throws a
 * `CommanderError` instead of ending the process.
 */
export function withHelp(command: CommandUnknownOpts): CommandUnknownOpts {
  return command
    .helpOption('-h, --help', 'print this text')
    .configureHelp({
      minWidthToWrap: 30,
      formatItem: (term, termWidth, description, helper) => {
        const width = helper.helpWidth ?? 80;
        if (description === '') return `  ${term}`;
        const beside = width >= narrow;
        const indent = beside ? termWidth + 4 : 6;
        const wrapped = helper.boxWrap(description, Math.max(width - indent, 20));
        const text = wrapped.replaceAll('\n', `\n${' '.repeat(indent)}`);
        const gap = beside
          ? ' '.repeat(termWidth + 2 - helper.displayWidth(term))
          : `\n${' '.repeat(indent)}`;
        return `  ${term}${gap}${text}`;
      },
    })
    .configureOutput({
      outputError: (message, write) => write(`${message.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`),
    })
    .exitOverride();
}

/** Adds paragraphs to the end of a command's help; lines that begin with blanks stay as they are. */
export function addParagraphs(command: CommandUnknownOpts, paragraphs: readonly string[]): void {
  command.addHelpText('after', ({ command: shown }) => {
    const helper = shown.createHelp();
    const columns = shown.configureOutput().getOutHelpWidth?.() ?? 80;
    const wrap = (text: string): string => (/^ |\n {2}/.test(text) ? text : helper.boxWrap(text, columns));
    return `\n${paragraphs.map(wrap).join('\n\n')}`;
  });
}
