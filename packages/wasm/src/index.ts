export { loopEngine } from './loopEngine.ts';
export { supportsSimd } from './supportsSimd.ts';
