/** The streams of one seed, so that what one of them is used for cannot move another. */
export const randomStreams = {
  split: 0,
  batches: 1,
  weights: 2,
  evaluation: 3,
  samples: 4,
} as const;
