import { existsSync } from 'node:fs';

const places: readonly string[] = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/**
 * Where Chromium or Chrome is, or undefined; `GRADKIT_CHROMIUM` says it is somewhere else.
 *
 * @throws if `GRADKIT_REQUIRE` names `chromium` and there is none, so that a skip cannot pass for a success.
 */
export function chromiumPath(): string | undefined {
  const given = process.env['GRADKIT_CHROMIUM'];
  const found = (given === undefined ? places : [given]).find((place) => existsSync(place));
  if (found === undefined && (process.env['GRADKIT_REQUIRE'] ?? '').split(',').includes('chromium')) {
    throw new Error(
      'GRADKIT_REQUIRE asks for chromium, but there is none: install it, or name it in GRADKIT_CHROMIUM',
    );
  }
  return found;
}
