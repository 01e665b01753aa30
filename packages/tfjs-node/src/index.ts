export { loadTensorFlow } from './loadTensorFlow.ts';
export { NativeBindingError } from './nativeBindingError.ts';
export { node } from './node.ts';
