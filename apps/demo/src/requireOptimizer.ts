import {
  InvalidOptionError,
  transformFromJSON,
  type AnyTransform,
  type GradientTransform,
  type StateTree,
  type TransformJSON,
} from '@gradkit/core';
import { transformRegistry } from './transformRegistry.ts';

/** The transform that JSON describes. @throws {InvalidOptionError} if it cannot be made, or yields gradients. */
export function requireOptimizer(json: TransformJSON): GradientTransform<StateTree, 'updates'> {
  const transform = transformFromJSON(json, transformRegistry);
  if (isOptimizer(transform)) return transform;
  throw new InvalidOptionError(
    `${transform.name} yields gradients, which would climb the loss. End it with an optimizer such as sgd.`,
  );
}

function isOptimizer(transform: AnyTransform): transform is GradientTransform<StateTree, 'updates'> {
  return transform.yields === 'updates';
}
