import { rmSync } from 'node:fs';
import { SingleBar } from 'cli-progress';
import { findTools } from './missingPieces.ts';
import { nativeFolder } from './nativeFolder.ts';
import { provisionNative } from './provisionNative.ts';
import { findNative, useNative } from './useNative.ts';

// `pnpm native`: makes the native part of tfjs-node, unless it is there. `pnpm native --force` makes it anew.
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const [option] = process.argv.slice(2);

if (option !== undefined && option !== '--force') {
  say(`There is no option ${option}; --force makes the native part anew.`);
  process.exitCode = 2;
} else {
  if (option === '--force') rmSync(nativeFolder(), { recursive: true, force: true });
  if (option !== '--force' && useNative())
    say(`tfjs-node's native part is there: ${findNative() ?? 'its own'}`);
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
