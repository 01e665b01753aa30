import { isInBrowser, requestTestDevice } from '@gradkit/gpu';
import { webgpuEngine } from '@gradkit/webgpu';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { chainsProperty } from './chainsOnDevice.ts';
import { fuzzParameters } from './fuzzParameters.ts';

/** Each chain has shaders of its own, which take SwiftShader a second to compile; in a page, where the same Dawn runs, fewer have to do. */
const runs = isInBrowser ? 10 : 40;
const device = await requestTestDevice();

describe.skipIf(device === undefined)('webgpu', () => {
  if (device === undefined) return;
  const engine = webgpuEngine(device, { workgroupSize: 8 });

  test(
    `${runs} random chains give what the reference gives, but for rounding`,
    { timeout: 1_200_000 },
    async () => {
      await expect(fc.assert(chainsProperty(engine), fuzzParameters(runs))).resolves.toBeUndefined();
    },
  );
});
