import { isInBrowser, requestTestDevice } from '@gradkit/gpu';
import { webgpuEngine } from '@gradkit/webgpu';
import { describe, expect, test } from 'vitest';
import { decodeGoldenCases } from './decodeGoldenCases.ts';
import type { GoldenCase, GoldenLimits } from './goldenCase.ts';
import { goldenComplaints } from './goldenComplaints.ts';
import { goldenFiles } from './goldenFiles.ts';
import { readJson } from './jsonReader.ts';
import { runGoldenCaseOnDevice } from './runGoldenCase.ts';

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

/** What WGSL cannot keep. */
const skips = new Map([
  [
    'The largest float32 numbers whose norm is one',
    'the factor of the clip, 1 / 3.4e38, is below 2^-126, and WGSL may flush such numbers to zero',
  ],
]);

/**
 * Each shader is compiled by SwiftShader, which takes far longer than running it, and what runs in a page is the same Dawn: there, one
 * case of each chain of transforms has to do, whatever their options.
 */
function oneOfEachChain(cases: readonly GoldenCase[]): readonly GoldenCase[] {
  const namesOf = ({ transform }: GoldenCase): string =>
    Array.from(JSON.stringify(transform).matchAll(/"transform":"(\w+)"/g), ([, name]) => name).join();
  return [...new Map(cases.toReversed().map((goldenCase) => [namesOf(goldenCase), goldenCase])).values()];
}

/**
 * SwiftShader rounds as IEEE 754 says, so what is kept to the bit on the CPU is kept there. WGSL asks for less: a division may be off by
 * 2.5 units of the last place and a root by more, so elsewhere such a case has 1e-6 of the largest number, eight such units.
 */
function limitsOn(info: GPUAdapterInfo, limits: GoldenLimits): GoldenLimits {
  const isExact =
    limits.measure !== 'bits' || /swiftshader/i.test(`${info.architecture} ${info.description}`);
  return isExact ? limits : { ...limits, measure: 'leaf', tolerance: 1e-6 };
}

const here = isInBrowser ? oneOfEachChain(all.flat()) : all.flat();

describe.skipIf(device === undefined)('webgpu', () => {
  if (device === undefined) return;
  // Small workgroups, because a device that is a program goes through the lanes one by one.
  const engine = webgpuEngine(device, { workgroupSize: 8 });

  test.each(here.filter(({ name }) => !skips.has(name)))('$file: $name', async (goldenCase) => {
    const limits = limitsOn(device.adapterInfo, goldenCase.limits);
    expect(
      goldenComplaints({ ...goldenCase, limits }, await runGoldenCaseOnDevice(goldenCase, engine)),
    ).toEqual([]);
  });

  test.for([...skips])('%s', ([name, reason], { skip }) => {
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
