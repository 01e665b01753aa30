import type { DeviceEngine } from '@gradkit/core';
import { createDeviceStepper } from '@gradkit/core';
import { conformanceCases } from '@gradkit/conformance/cases';
import { differencesFromReference, skipOf } from '@gradkit/conformance/differencesFromReference';
import { webgpuSkips } from '@gradkit/conformance/webgpuSkips';
import type { SuiteResult } from '@gradkit/bench/gpuReport';
import { tryChainsOnDevice } from '@gradkit/fuzz';
import { goldenComplaintsOnDevice, goldenSkipsOnDevice, loadGoldenCases } from '@gradkit/goldens';
import { CardLostError, untilLost } from './cardLost.ts';

/** What a suite runs with. */
export interface SuiteOptions {
  readonly device: GPUDevice;
  readonly engine: DeviceEngine<GPUBuffer>;
  /** It stops after so many milliseconds and says how many cases are left. */
  readonly milliseconds: number;
  readonly onProgress?: (result: SuiteResult) => void;
}

interface Case {
  readonly name: string;
  /** Why it is skipped; undefined where it is not. */
  readonly skip: string | undefined;
  /** What is wrong, one line each. */
  run(): Promise<readonly string[]>;
}

/** What PyTorch, Optax, Keras and float64 give. `folder` is where the files of cases are. */
export async function runGoldens(options: SuiteOptions, folder: URL): Promise<SuiteResult> {
  const { device, engine } = options;
  const cases = loadGoldenCases(folder).map((goldenCase): Case => ({
    name: `${goldenCase.file}: ${goldenCase.name}`,
    skip: goldenSkipsOnDevice.get(goldenCase.name),
    run: async () => goldenComplaintsOnDevice(goldenCase, { engine, info: device.adapterInfo }),
  }));
  return runCases('goldens', cases, options);
}

/** Everything that can be seen of a transform, beside core's reference. */
export async function runConformance(options: SuiteOptions): Promise<SuiteResult> {
  const { engine } = options;
  const cases = conformanceCases.map((conformanceCase): Case => ({
    name: conformanceCase.name,
    skip: skipOf(conformanceCase, webgpuSkips)?.reason,
    run: async () =>
      differencesFromReference(
        conformanceCase,
        (transform, params) => createDeviceStepper(transform, params, { engine }),
        true,
      ),
  }));
  return runCases('conformance', cases, options);
}

/** Random chains of transforms on random trees, beside core's reference. */
export async function runChains(options: SuiteOptions, chains: number): Promise<SuiteResult> {
  const begin = performance.now();
  const { device, engine, milliseconds } = options;
  const tried = await untilLost(device, tryChainsOnDevice(engine, { chains, milliseconds }));
  if (tried.complaint !== undefined)
    await untilLost(device, new Promise((resolve) => setTimeout(resolve, 100)));
  return {
    name: 'random chains',
    seconds: (performance.now() - begin) / 1000,
    passed: tried.chains,
    wrong: tried.complaint === undefined ? [] : [tried.complaint],
    skipped: [],
    leftOut: chains - tried.chains - (tried.complaint === undefined ? 0 : 1),
  };
}

/** Cases that lie side by side are alike: where the time does not last, some of each kind should be among those that were run. */
const stride = 7;

async function runCases(
  name: string,
  cases: readonly Case[],
  { device, milliseconds, onProgress }: SuiteOptions,
): Promise<SuiteResult> {
  const begin = performance.now();
  const wrong: string[] = [];
  const skipped: { name: string; reason: string }[] = [];
  let passed = 0;
  let seen = 0;
  const result = (): SuiteResult => ({
    name,
    seconds: (performance.now() - begin) / 1000,
    passed,
    wrong: [...wrong],
    skipped: [...skipped],
    leftOut: cases.length - seen,
  });
  const strided = Array.from({ length: stride }, (_, first) =>
    cases.filter((_case, index) => index % stride === first),
  ).flat();
  for (const { name: caseName, skip, run } of strided) {
    if (performance.now() - begin > milliseconds) break;
    seen++;
    if (skip !== undefined) {
      skipped.push({ name: caseName, reason: skip });
      continue;
    }
    const found = await untilLost(device, run()).catch(thrown);
    // A case may have caught what a lost device threw.
    if (found.length > 0) await untilLost(device, new Promise((resolve) => setTimeout(resolve, 100)));
    if (found.length === 0) passed++;
    else wrong.push(`${caseName}: ${found.slice(0, 3).join('; ')}`);
    if (seen % 20 === 1) onProgress?.(result());
  }
  return result();
}

function thrown(error: unknown): readonly string[] {
  if (error instanceof CardLostError) throw error;
  return [`threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`];
}
