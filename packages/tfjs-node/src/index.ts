export { loadTensorFlow } from './loadTensorFlow.ts';
export { NativeBindingError } from './nativeBindingError.ts';
export { node } from './node.ts';
export { tensorBoard, type SummaryWriter, type TensorBoardOptions } from './tensorBoard.ts';
