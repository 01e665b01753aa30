import { describeValue, InvalidOptionError, type AnyTransform, type Hyperparameters } from '@gradkit/core';

/** The paths of a transform's learning rates. */
function learningRatePaths(hyperparameters: Hyperparameters): readonly string[] {
  return Object.keys(hyperparameters).filter((path) => path.endsWith('.learningRate'));
}

/**
 * The path of the one learning rate that a transform has.
 *
 * @throws {InvalidOptionError} if it has none or several, naming what there is.
 */
export function learningRatePath(
  { name }: Pick<AnyTransform, 'name'>,
  { hyperparameters, assigned }: { readonly hyperparameters: Hyperparameters; readonly assigned?: unknown },
): string {
  const [path, ...others] = learningRatePaths(hyperparameters);
  if (path !== undefined && others.length === 0) return path;
  const ending = assigned === undefined ? '' : ` = ${describeValue(assigned)}`;
  const paths = path === undefined ? Object.keys(hyperparameters) : [path, ...others];
  const what =
    path === undefined
      ? 'no learning rate'
      : `${paths.length} learning rates, so that learningRate could mean any`;
  const remedy =
    paths.length === 0
      ? 'It has no hyperparameter at all'
      : `Write ${paths.map((each) => `optimizer.hyperparameters['${each}']${ending}`).join(', or ')}`;
  throw new InvalidOptionError(`The transform ${name} of this optimizer has ${what}. ${remedy}.`);
}
