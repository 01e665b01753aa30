import type { DeviceEngine } from '@gradkit/core';
import type { GoldenCase, GoldenLimits } from './goldenCase.ts';
import { goldenComplaints } from './goldenComplaints.ts';
import { runGoldenCaseOnDevice } from './runGoldenCase.ts';

/** Cases that WGSL cannot keep, by name, and why. */
export const goldenSkipsOnDevice: ReadonlyMap<string, string> = new Map([
  [
    'The largest float32 numbers whose norm is one',
    'the factor of the clip, 1 / 3.4e38, is below 2^-126, and WGSL may flush such numbers to zero',
  ],
]);

/** Runs a case on a device and gives what is wrong, one line for each leaf and step. */
export async function goldenComplaintsOnDevice<Buffer extends object>(
  goldenCase: GoldenCase,
  { engine, info }: { readonly engine: DeviceEngine<Buffer>; readonly info: GPUAdapterInfo },
): Promise<string[]> {
  const limits = limitsOn(info, goldenCase.limits);
  return goldenComplaints({ ...goldenCase, limits }, await runGoldenCaseOnDevice(goldenCase, engine));
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
