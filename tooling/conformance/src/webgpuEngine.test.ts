import { createDeviceStepper } from '@gradkit/core';
import { requestTestDevice } from '@gradkit/gpu';
import { webgpuEngine } from '@gradkit/webgpu';
import { describe } from 'vitest';
import { conformanceSuite } from './conformanceSuite.ts';
import { webgpuFlushes, webgpuSkips } from './webgpuSkips.ts';

const device = await requestTestDevice();

describe.skipIf(device === undefined)('webgpu', () => {
  if (device === undefined) return;
  const engine = webgpuEngine(device, { workgroupSize: 64 });
  conformanceSuite({
    name: 'webgpu',
    skip: webgpuSkips,
    flushesDenormals: webgpuFlushes,
    create: (transform, params) => createDeviceStepper(transform, params, { engine }),
  });
});
