import { isInBrowser, requestTestDevice } from '@gradkit/gpu';
import { webgpuEngine } from '@gradkit/webgpu';
import { describe, expect, test } from 'vitest';
import { decodeGoldenCases } from './decodeGoldenCases.ts';
import type { GoldenCase } from './goldenCase.ts';
import { goldenFiles } from './goldenFiles.ts';
import { goldenComplaintsOnDevice, goldenSkipsOnDevice } from './goldensOnDevice.ts';
import { readJson } from './jsonReader.ts';

const device = await requestTestDevice();

async function textOf(file: string): Promise<string> {
  const url = new URL(`../cases/${file}.json`, import.meta.url);
  if (isInBrowser) return (await fetch(url)).text();
  const { readFile } = await import('node:fs/promises');
  return readFile(url, 'utf8');
}

const all = await Promise.all(
  goldenFiles.map(async (file) => decodeGoldenCases(file, readJson(await textOf(file), file))),
);

/**
 * Each shader is compiled by SwiftShader, which takes far longer than running it, and what runs in a page is the same Dawn: there, one
 * case of each chain of transforms has to do, whatever their options.
 */
function oneOfEachChain(cases: readonly GoldenCase[]): readonly GoldenCase[] {
  const namesOf = ({ transform }: GoldenCase): string =>
    Array.from(JSON.stringify(transform).matchAll(/"transform":"(\w+)"/g), ([, name]) => name).join();
  return [...new Map(cases.toReversed().map((goldenCase) => [namesOf(goldenCase), goldenCase])).values()];
}

const here = isInBrowser ? oneOfEachChain(all.flat()) : all.flat();

describe.skipIf(device === undefined)('webgpu', () => {
  if (device === undefined) return;
  // Small workgroups, because a device that is a program goes through the lanes one by one.
  const engine = webgpuEngine(device, { workgroupSize: 8 });

  test.each(here.filter(({ name }) => !goldenSkipsOnDevice.has(name)))('$file: $name', async (goldenCase) => {
    expect(await goldenComplaintsOnDevice(goldenCase, { engine, info: device.adapterInfo })).toEqual([]);
  });

  test.for([...goldenSkipsOnDevice])('%s', ([name, reason], { skip }) => {
    expect(all.flat().map((goldenCase) => goldenCase.name)).toContain(name);
    skip(reason);
  });
});

test('the list of files is complete', async () => {
  if (isInBrowser) return;
  const { readdir } = await import('node:fs/promises');
  const files = await readdir(new URL('../cases/', import.meta.url));
  expect(files.toSorted()).toEqual(goldenFiles.map((file) => `${file}.json`));
});
