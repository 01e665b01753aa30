import { SingleBar } from 'cli-progress';
import { findTools } from './missingPieces.ts';
import { nativeFolder } from './nativeFolder.ts';
import { missingHeaders } from './provisionOther.ts';
import { provisionNative } from './provisionNative.ts';
import { complaintOf, findNative, useNative } from './useNative.ts';

// `pnpm native`: makes the native part of tfjs-node, unless it is there. `pnpm native --force` makes it anew.
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const options = process.argv.slice(2);
const unknown = options.find((option) => option !== '--force');

if (unknown !== undefined) {
  say(`There is no option ${unknown}; --force makes the native part anew.`);
  process.exitCode = 2;
} else if (options.includes('--force')) await make();
else {
  const made = findNative();
  const complaint = made === undefined ? undefined : (complaintOf(made) ?? missingHeaders());
  if (complaint !== undefined) {
    say(`tfjs-node's native part is there, but not whole (${complaint}); it is made anew.`);
    await make();
  } else if (useNative()) say(`tfjs-node's native part is there: ${made ?? 'its own'}`);
  else await make();
}

async function make(): Promise<void> {
  const tools = findTools(nativeFolder());
  if ('missing' in tools) {
    say(
      ["tfjs-node's native part cannot be made here:", ...tools.missing.map((line) => `- ${line}`)].join(
        '\n',
      ),
    );
    process.exitCode = 1;
    return;
  }
  const bar = new SingleBar({
    format: '  {bar} {percentage}%',
    hideCursor: true,
    noTTYOutput: true,
    notTTYSchedule: 2000,
  });
  try {
    await provisionNative(tools, {
      stage: (text) => say(text),
      unpacked: (done, total) => {
        if (!bar.isActive) bar.start(total, 0);
        bar.update(done);
        if (done === total) bar.stop();
      },
    });
    say(`tfjs-node's native part is there: ${findNative() ?? ''}`);
  } catch (error) {
    bar.stop();
    say(
      `tfjs-node's native part could not be made. ${error instanceof Error ? error.message : String(error)}`,
    );
    process.exitCode = 1;
  }
}
