export { clipByValue, type ClipByValueOptions } from './clipByValue.ts';
export { softClip, type SoftClipOptions } from './softClip.ts';
