/** What tests need of a machine, and some machines lack: `node` is tfjs-node's native part, `webgpu` a WebGPU device in Node. */
const partNames = [
  'cpu',
  'node',
  'node20',
  'node20.10',
  'node22.11',
  'node24',
  'webgpu',
  'chromium',
  'torch',
] as const;

/** The name of a part, as `GRADKIT_REQUIRE` lists it. */
export type PartName = (typeof partNames)[number];

/**
 * Whether `GRADKIT_REQUIRE`, a list with commas, names a part: a test that needs it fails where it is missing, instead of being skipped, so that
 * a skip cannot pass for a success.
 *
 * @throws if the list has a name that no part has, because a misspelt one would require nothing.
 */
export function isRequired(name: PartName): boolean {
  const listed = (process.env['GRADKIT_REQUIRE'] ?? '')
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
  const known: readonly string[] = partNames;
  const unknown = listed.filter((entry) => !known.includes(entry));
  if (unknown.length > 0) {
    throw new Error(`GRADKIT_REQUIRE names ${unknown.join(', ')}; the parts are ${partNames.join(', ')}.`);
  }
  return listed.includes(name);
}
