import { charGru } from './charGru.ts';
import { charLstm } from './charLstm.ts';
import { charTransformer } from './charTransformer.ts';
import type { Task } from './task.ts';

/** Everything that can be trained. */
export const tasks: readonly Task[] = [charLstm, charGru, charTransformer];
