import type { Skip } from './differencesFromReference.ts';

/** Why a WebGPU engine may take numbers below 2^-126 for zeros. */
export const webgpuFlushes = 'WGSL may flush numbers below 2^-126 to zero';

const denormals = ['1e-45', '-1e-45', '1e-38', '-1e-38'];

/** What WGSL cannot keep. */
export const webgpuSkips: readonly Skip[] = [
  {
    reason: `the constant itself is below 2^-126; ${webgpuFlushes}`,
    cases: denormals.flatMap((constant) =>
      ['add', 'sub', 'mul', 'div'].map(
        (operation) => `elementwise: ${operation} with the constant ${constant}`,
      ),
    ),
  },
];
