export { loopEngine } from './loopEngine.ts';
