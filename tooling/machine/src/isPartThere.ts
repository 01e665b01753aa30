import { isRequired, type PartName } from './isRequired.ts';

const said = new Set<string>();

/**
 * Whether tests can use a part of the machine. Where it is missing, they skip, whatever other parts are there: the reason goes to the
 * console, once in a process.
 *
 * @param missing why the part cannot be used, and what to do about it; undefined where it can.
 * @throws if `GRADKIT_REQUIRE` names the part and it is missing, so that a skip cannot pass for a success.
 */
export function isPartThere(name: PartName, missing: string | undefined): boolean {
  if (missing === undefined) return true;
  if (isRequired(name)) throw new Error(`GRADKIT_REQUIRE asks for ${name}, but ${missing}`);
  const reason = `Tests that need ${name} are skipped: ${missing} GRADKIT_REQUIRE=${name} would let them fail.`;
  if (!said.has(reason)) console.warn(reason);
  said.add(reason);
  return false;
}
