import { parameterCount, transformerBlock, type ParameterTree } from './parameterTree.ts';
import type { Settings } from './updateTask.ts';

/** The sizes of the character transformer and of its batch. */
export const charTransformer = {
  characters: 96,
  width: 256,
  heads: 4,
  blocks: 6,
  /** Characters in a row. */
  context: 64,
  rows: 8,
  /** The first weights are those of every other task, times this. */
  scale: 0.05,
} as const;

const { characters, width, blocks, context } = charTransformer;

/** Before each block's parts and at the end: a norm. The rows of characters serve as the output's weights too. */
export const charTransformerTree: ParameterTree = {
  name: 'a character transformer',
  leaves: [
    { name: 'characters', shape: [characters, width] },
    { name: 'positions', shape: [context, width] },
    ...Array.from({ length: blocks }, (_, block) => transformerBlock(`block${block}`, width)).flat(),
    { name: 'norm.gain', shape: [width] },
    { name: 'norm.bias', shape: [width] },
  ],
};

/** Whole training steps of the character transformer on one batch: forward, cross-entropy, backward, clip by global norm, Adam. */
export interface TransformerTask {
  readonly kind: 'transformer';
  readonly settings: Settings;
}

/** The characters of the batch, row after row; each is to be followed by the next. */
export function batchOfCharacters(): { inputs: Int32Array; targets: Int32Array } {
  const count = charTransformer.rows * context;
  const characterAt = (index: number): number => (Math.imul(index, 2_654_435_761) >>> 16) % characters;
  return {
    inputs: Int32Array.from({ length: count }, (_, index) => characterAt(index)),
    targets: Int32Array.from({ length: count }, (_, index) => characterAt(index + 1)),
  };
}

/** The number of its parameters. */
export const charTransformerSize: number = parameterCount(charTransformerTree);
