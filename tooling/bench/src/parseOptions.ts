import { Command, InvalidArgumentError, Option } from '@commander-js/extra-typings';
import type { Scenario } from './scenario.ts';

/** What the command line asks for. */
export interface BenchOptions {
  readonly quick: boolean;
  readonly scenarios: readonly Scenario[];
  /** Who takes part, by name; undefined for everybody. */
  readonly contestants: ReadonlySet<string> | undefined;
  /** Where the JSON and the pictures go. */
  readonly out: string | undefined;
  /** One more place for the JSON. */
  readonly json: string | undefined;
  /** Results of an earlier run, instead of measuring. */
  readonly from: string | undefined;
  readonly readme: boolean;
}

/** What can be named on the command line. */
export interface Known {
  readonly scenarios: readonly Scenario[];
  readonly contestants: readonly { readonly name: string; readonly label: string }[];
}

/**
 * Reads the command line.
 *
 * @throws {CommanderError} after printing help (exit code 0), or one line on what is wrong.
 */
export function parseOptions(
  args: readonly string[],
  known: Known,
  output: { writeOut(text: string): void; writeErr(text: string): void },
): BenchOptions {
  const names = known.scenarios.map(({ name }) => name);
  const command = new Command('bench')
    .description('Measures optimizer steps of Gradkit beside others, in alternating rounds of one run.')
    .option('--quick', 'fewer rounds and smaller sweeps: less than two minutes')
    .addOption(
      new Option('--only <scenarios>', 'these scenarios only, separated by commas').argParser(
        namesAmong(names),
      ),
    )
    .addOption(
      new Option('--contestants <names>', 'these contestants only, separated by commas').argParser(
        namesAmong(known.contestants.map(({ name }) => name)),
      ),
    )
    .option('--out <folder>', 'where results.json and the pictures go (default: tooling/bench/reports)')
    .option('--json <file>', 'write the results there too')
    .option('--from <file>', 'report on the results of an earlier run instead of measuring')
    .option('--readme', "write results and pictures to docs/performance and the README's section from them")
    .helpOption('-h, --help', 'print this text')
    .addHelpText('after', explanation(known))
    .configureHelp({ helpWidth: 120 })
    .configureOutput({
      ...output,
      outputError: (message, write) => write(`${message.trim().replaceAll(/\s*\n\s*/g, ' ')}\n`),
    })
    .exitOverride();
  command.parse(args, { from: 'user' });
  const { quick = false, only, contestants, out, json, from, readme = false } = command.opts();
  if (from !== undefined && (quick || contestants !== undefined)) {
    return command.error('error: --from measures nothing; --quick and --contestants mean nothing beside it.');
  }
  if (readme && from === undefined && (quick || only !== undefined || contestants !== undefined)) {
    return command.error(
      'error: --readme quotes a whole run; leave --quick, --only and --contestants out, or join results and give them by --from.',
    );
  }
  if (readme && out !== undefined) {
    return command.error('error: --readme writes to docs/performance; leave --out or --readme out.');
  }
  return {
    quick,
    scenarios: known.scenarios.filter(({ name }) => only === undefined || only.has(name)),
    contestants,
    out,
    json,
    from,
    readme,
  };
}

function namesAmong(known: readonly string[]): (text: string) => ReadonlySet<string> {
  return (text) => {
    const names = text.split(',').map((name) => name.trim());
    const unknown = names.filter((name) => !known.includes(name));
    if (unknown.length === 0) return new Set(names);
    throw new InvalidArgumentError(`There is no ${unknown.join(', ')}. Known are ${known.join(', ')}.`);
  };
}

function explanation({ scenarios, contestants }: Known): string {
  const list = (entries: readonly (readonly [string, string])[]): string => {
    const width = Math.max(...entries.map(([name]) => name.length));
    return entries.map(([name, text]) => `  ${name.padEnd(width)}  ${text}`).join('\n');
  };
  return `
Scenarios:
${list(scenarios.map(({ name, title }) => [name, title]))}

Contestants:
${list(contestants.map(({ name, label }) => [name, label]))}

PyTorch is asked for in the Python that GRADKIT_BENCH_PYTHON names, else python3; without torch its rows are left out.
A time is the median of the rounds, a ratio that of two medians, with the quartiles of the rounds' ratios. The machine
should do nothing else meanwhile.
`;
}
