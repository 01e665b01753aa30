export { provisionOther } from './provisionOther.ts';
export { useNative } from './useNative.ts';
export { useNativeInTests } from './useNativeInTests.ts';
