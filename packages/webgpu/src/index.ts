export { DeviceError, DeviceLostError } from './deviceErrors.ts';
export { webgpuEngine, type WebgpuEngineOptions } from './webgpuEngine.ts';
