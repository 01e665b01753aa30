import { createRequire } from 'node:module';

/**
 * Dawn from its native file, with `navigator.gpu` and the constants of WebGPU as in a browser. Dawn rounds timestamps unless it is told
 * not to, which it is.
 *
 * @throws {Error} if the file cannot be loaded, with what the system says.
 */
export function openGpu(dawnFile: string): GPU {
  const dawn: unknown = createRequire(import.meta.url)(dawnFile);
  if (typeof dawn !== 'object' || dawn === null) throw new Error(`${dawnFile} is not Dawn for Node.`);
  const [create, globals]: unknown[] = [Reflect.get(dawn, 'create'), Reflect.get(dawn, 'globals')];
  if (typeof create !== 'function') throw new Error(`${dawnFile} is not Dawn for Node.`);
  Object.assign(globalThis, globals);
  const gpu: unknown = Reflect.apply(create, undefined, [['disable-dawn-features=timestamp_quantization']]);
  if (!isGpu(gpu)) throw new Error(`${dawnFile} gives no WebGPU.`);
  if (typeof globalThis.navigator === 'object')
    Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
  else Object.defineProperty(globalThis, 'navigator', { value: { gpu }, configurable: true });
  return gpu;
}

function isGpu(value: unknown): value is GPU {
  return typeof value === 'object' && value !== null && 'requestAdapter' in value;
}
