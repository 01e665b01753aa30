/** The files of cases, for where no folder can be listed: a page. */
export const goldenFiles = [
  'float64-norms',
  'float64-optimizers',
  'keras',
  'optax-clips',
  'optax-optimizers',
  'optax-wrappers',
  'pytorch-clip-norm',
  'pytorch-clip-value',
  'pytorch-non-finite',
  'pytorch-optimizers',
  'schedules',
  'simplenet',
  'tfjs',
] as const;
