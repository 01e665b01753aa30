export const clippings = ['none', 'norm', 'value'] as const;

/** What is done to the gradients before SGD: nothing, a clip of their joint norm, or a clip of each entry. */
export type Clipping = (typeof clippings)[number];
