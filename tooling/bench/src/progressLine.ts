import type { WriteStream } from 'node:tty';
import { SingleBar } from 'cli-progress';

/** Shows what is going on. */
export interface ProgressLine {
  /** A scenario begins, the first one of 0. */
  scenario(index: number, title: string): void;
  show(text: string): void;
  stop(): void;
}

/** A bar over the scenarios with the latest text on a terminal; elsewhere a line for each scenario. */
export function progressLine(stream: NodeJS.WriteStream | WriteStream, scenarios: number): ProgressLine {
  if (!stream.isTTY) {
    return {
      scenario: (index, title) => void stream.write(`[${index + 1}/${scenarios}] ${title}\n`),
      show: () => undefined,
      stop: () => undefined,
    };
  }
  const bar = new SingleBar({
    stream,
    format: '{bar} {value}/{total}  {text}',
    barsize: 16,
    hideCursor: true,
    linewrap: false,
    gracefulExit: true,
  });
  bar.start(scenarios, 0, { text: '' });
  return {
    scenario: (index, title) => bar.update(index, { text: title }),
    show: (text) => bar.update({ text }),
    stop: () => bar.stop(),
  };
}
