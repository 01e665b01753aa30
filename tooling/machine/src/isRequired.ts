/**
 * Whether `GRADKIT_REQUIRE`, a list with commas, names a thing: a test that needs it fails where it is missing, instead of being skipped, so that
 * a skip cannot pass for a success.
 */
export function isRequired(name: string): boolean {
  return (process.env['GRADKIT_REQUIRE'] ?? '').split(',').includes(name);
}
