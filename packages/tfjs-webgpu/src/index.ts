export { registerRaisedWebgpu } from './registerRaisedWebgpu.ts';
export { webgpu } from './webgpu.ts';
