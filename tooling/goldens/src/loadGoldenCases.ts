import { readdirSync, readFileSync } from 'node:fs';
import { decodeBits } from './decodeBits.ts';
import { decodeGoldenCases, decodeGoldenSchedules } from './decodeGoldenCases.ts';
import type { GoldenCase, GoldenSchedule, GoldenSimpleNet } from './goldenCase.ts';
import { readJson } from './jsonReader.ts';
import type { JsonReader } from './jsonReader.ts';

const ownFolder = new URL('../cases/', import.meta.url);

/**
 * Reads every case of a transform or optimizer, SimpleNet's among them, decoded.
 *
 * @param folder Where the files are, with a slash at the end. Default: this package's.
 * @throws {Error} naming the file and the place if one does not have the format of README.md.
 * @example
 * for (const { name, transform, ours } of loadGoldenCases()) test(name, () => { ... });
 */
export function loadGoldenCases(folder: URL = ownFolder): GoldenCase[] {
  return goldenFiles(folder).flatMap(({ name, content }) => decodeGoldenCases(name, content));
}

/** Reads every case of a schedule, decoded. @throws {Error} as {@link loadGoldenCases}. */
export function loadGoldenSchedules(): GoldenSchedule[] {
  return goldenFiles(ownFolder).flatMap(({ content }) => decodeGoldenSchedules(content));
}

/** Reads PyTorch's SimpleNet, decoded. @throws {Error} as {@link loadGoldenCases}. */
export function loadGoldenSimpleNet(): GoldenSimpleNet {
  const content = readGoldenFile(ownFolder, 'simplenet.json');
  const cases = new Map(
    decodeGoldenCases('simplenet', content).map((goldenCase) => [goldenCase.name, goldenCase]),
  );
  const runs = content
    .at('runs')
    .list()
    .map((run) => {
      const goldenCase = cases.get(run.at('case').text());
      if (goldenCase === undefined) throw new Error(`${run.place} names a case that is not there.`);
      return {
        goldenCase,
        losses: decodeBits(run.at('losses').text()),
        gradientNorms: decodeBits(run.at('gradientNorms').text()),
      };
    });
  return {
    batch: content.at('batch').number(),
    inputs: decodeBits(content.at('inputs').text()),
    targets: decodeBits(content.at('targets').text()),
    runs,
  };
}

function goldenFiles(folder: URL): { name: string; content: JsonReader }[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.json'))
    .toSorted()
    .map((file) => ({ name: file.slice(0, -'.json'.length), content: readGoldenFile(folder, file) }));
}

function readGoldenFile(folder: URL, file: string): JsonReader {
  return readJson(readFileSync(new URL(file, folder), 'utf8'), file);
}
