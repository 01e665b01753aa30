import { unknownNameMessage, type Hyperparameters } from '@gradkit/core';

/**
 * What to write in place of an assignment to a property that an optimizer does not have: the hyperparameter that is meant, by its path,
 * by the name at the end of it, or by what other libraries call it; else the transform that does what is wanted; else the nearest.
 */
export function propertyAdvice(
  name: string,
  { hyperparameters, value }: { readonly hyperparameters: Hyperparameters; readonly value: string },
): string {
  const paths = Object.keys(hyperparameters);
  const meant = meantBy(name, paths);
  if (meant.length > 0)
    return `Write ${meant.map((path) => `optimizer.hyperparameters['${path}'] = ${value}`).join(', or ')}.`;
  const part = parts.find(({ pattern }) => pattern.test(plainName(name)));
  if (part !== undefined) return `It is a part of the transform: ${part.code}.`;
  const write = paths.length === 0 ? '' : ` Write optimizer.hyperparameters[path] = ${value}.`;
  return unknownNameMessage('There is no hyperparameter', name, paths) + write;
}

/** Whether a name is one that some library has for the learning rate. */
export function isLearningRate(name: string): boolean {
  return ['lr', 'learningrate'].includes(plainName(name));
}

/** The paths whose last part is the same name in whichever spelling, or which are the whole name. */
function meantBy(name: string, paths: readonly string[]): readonly string[] {
  if (paths.includes(name)) return [name];
  const plain = plainName(name);
  const wanted = new Map(Object.entries(otherNames)).get(plain) ?? [plain];
  return paths.filter((path) => wanted.includes(plainName(path.slice(path.lastIndexOf('.') + 1))));
}

function plainName(name: string): string {
  return name.replaceAll(/[^a-z0-9]/gi, '').toLowerCase();
}

/** What Keras and PyTorch call the numbers of a chain. */
const otherNames: Readonly<Record<string, readonly string[]>> = {
  lr: ['learningrate'],
  eps: ['epsilon'],
  wd: ['weightdecay'],
  rho: ['decay'],
  alpha: ['decay'],
  clipnorm: ['maxnorm'],
  globalclipnorm: ['maxnorm'],
  clipvalue: ['limit'],
};

/** What is no number of a chain but a transform to put into it. */
const parts = [
  { pattern: /clipvalue/, code: 'toOptimizer(chain(clipByValue({ limit }), ...))' },
  { pattern: /clip/, code: 'toOptimizer(chain(clipByGlobalNorm({ maxNorm }), ...))' },
  { pattern: /weightdecay/, code: 'toOptimizer(adamw({ learningRate, weightDecay }))' },
  { pattern: /momentum/, code: 'toOptimizer(sgd({ learningRate, momentum }))' },
  { pattern: /accumulation/, code: 'toOptimizer(accumulate(inner, { every }))' },
] as const;
