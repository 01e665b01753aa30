import { describeValue, InvalidOptionError, requireOnNonFinite } from '@gradkit/core';

/** Judges how a transform is to run, whoever says so: a user, or a config that was saved. */
export function checkSessionOptions(
  owner: string,
  { onNonFinite, binding }: { readonly onNonFinite?: unknown; readonly binding?: unknown },
): void {
  requireOnNonFinite(owner, onNonFinite);
  if (binding === undefined || (typeof binding === 'object' && binding !== null && 'open' in binding)) return;
  throw new InvalidOptionError(
    `${owner}: binding must be the value of a binding package, such as cpu() of @gradkit/tfjs-cpu, but is ${describeValue(binding)}.`,
  );
}
