import { adding } from './adding.ts';
import { charGru } from './charGru.ts';
import { charLstm } from './charLstm.ts';
import { charTransformer } from './charTransformer.ts';
import { mnist } from './mnist.ts';
import { simpleNetTask } from './simpleNetTask.ts';
import type { Task } from './task.ts';
import { temporalOrder } from './temporalOrder.ts';

/** Everything that can be trained. */
export const tasks: readonly Task[] = [
  simpleNetTask,
  charLstm,
  charGru,
  charTransformer,
  mnist,
  temporalOrder,
  adding,
];
