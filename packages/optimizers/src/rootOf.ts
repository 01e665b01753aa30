import { add, sqrt, type Leaf, type Scalar } from '@gradkit/core';

/** The root of squares, and epsilon: added to the root, or before it is taken. */
export function rootOf(
  squares: Leaf,
  { epsilon, epsilonInRoot }: { epsilon: Scalar; epsilonInRoot: boolean },
): Leaf {
  return epsilonInRoot ? sqrt(add(squares, epsilon)) : add(sqrt(squares), epsilon);
}
