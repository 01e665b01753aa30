import {
  defineTransform,
  div,
  equal,
  identity,
  mul,
  normOverLeaves,
  sum,
  sumOverLeaves,
  where,
} from '@gradkit/core';
import type { AnyTransform, StateTree } from '@gradkit/core';

/**
 * Runs `inner` and reports what it did to the gradients: `norm`, their joint norm before; `factor`, that after over that before; and
 * `cosine`, that of the angle between the two, 1 if only the length changed.
 *
 * Edges: for zero gradients the factor and the cosine are 1; NaN and infinities give NaN.
 */
export function clipEffect({ inner = identity() }: { inner?: AnyTransform }): AnyTransform {
  return defineTransform({
    name: 'clipEffect',
    options: {},
    schema: {},
    yields: 'gradients',
    inner: [inner],
    init: (params, context): StateTree => ({ inner: context.inner[0]?.init(params) ?? {} }),
    update: (updates, state, context) => {
      const before = isTree(state) ? state['inner'] : undefined;
      const result = context.inner[0]?.update(updates, before ?? {});
      if (result === undefined) return { updates, state };
      const [norm, after] = [normOverLeaves(updates), normOverLeaves(result.updates)];
      // Of unit vectors, because the product of two long gradients leaves float32 where their norms do not.
      const unit = where(equal(norm, 0), 1, norm);
      const unitAfter = where(equal(after, 0), 1, after);
      const product = sumOverLeaves(sum(mul(div(updates, unit), div(result.updates, unitAfter))));
      const isZero = equal(norm, 0);
      const { state: innerState, updates: clipped, ...rest } = result;
      return {
        ...rest,
        updates: clipped,
        state: { inner: innerState },
        report: { norm, factor: where(isZero, 1, div(after, unit)), cosine: where(isZero, 1, product) },
      };
    },
    optionsToJSON: () => ({ inner: { ...inner.toJSON() } }),
  });
}

function isTree(state: StateTree): state is { readonly [slot: string]: StateTree } {
  return typeof state === 'object' && !Array.isArray(state);
}
