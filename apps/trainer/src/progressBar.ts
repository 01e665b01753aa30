import type { WriteStream } from 'node:tty';
import { SingleBar } from 'cli-progress';
import { formatNumber } from './formatNumber.ts';
import type { TrainingObserver } from './train.ts';

/** A bar that follows one run on a terminal, as wide as the terminal leaves room for. */
export interface ProgressBar extends TrainingObserver {
  /** Leaves the bar where it is and gives the cursor back. */
  stop(): void;
}

/** Draws the bar of a run with `steps` steps in `epochs` epochs. */
export function drawProgressBar(
  stream: WriteStream,
  run: { name: string; steps: number; epochs: number },
): ProgressBar {
  const digits = String(run.epochs).length;
  const shown = { name: run.name.padEnd(5), epoch: '0'.padStart(digits), loss: ''.padEnd(10) };
  const words = `${shown.name}  epoch ${shown.epoch}/${run.epochs}  loss ${shown.loss} `;
  const bar = new SingleBar({
    stream,
    format: `{name} {bar} epoch {epoch}/${run.epochs}  loss {loss}`,
    barCompleteChar: '\u2588',
    barIncompleteChar: '\u2591',
    barsize: Math.min(Math.max(stream.columns - words.length, 4), 40),
    hideCursor: true,
    linewrap: true,
    gracefulExit: false,
  });
  bar.start(run.steps, 0, shown);
  return {
    step: ({ epoch, step }) => bar.update(step, { epoch: String(epoch).padStart(digits) }),
    epoch: ({ loss }) => bar.update({ loss: formatNumber(loss) }),
    stop: () => bar.stop(),
  };
}
