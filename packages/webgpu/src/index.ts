export { DeviceError, DeviceLostError } from './deviceErrors.ts';
export { printShaders, type PrintedShader, type ShaderLimits } from './printShaders.ts';
export { webgpuEngine, type WebgpuEngineOptions } from './webgpuEngine.ts';
