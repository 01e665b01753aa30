import { accessSync, constants, statSync } from 'node:fs';
import { isPartThere } from './isPartThere.ts';

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
  const looked = given === undefined ? places : [given];
  const found = looked.find(isProgram);
  const missing = `there is no Chromium at ${looked.join(', ')}. Install Debian's package chromium, or name it in GRADKIT_CHROMIUM.`;
  return isPartThere('chromium', found === undefined ? missing : undefined) ? found : undefined;
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
