import { codeBlocks, sectionOf } from '@gradkit/docs';

/** What a README promises: a command that installs, a program, and what that prints. */
export interface ReadmeExample {
  /** The arguments of its `npm install`. */
  readonly install: readonly string[];
  readonly code: string;
  /** The lines that the program prints. */
  readonly prints: readonly string[];
}

/**
 * Reads the `npm install` under "Install" and the first block of code under "Example".
 *
 * What the program prints is what stands in a comment behind each `console.log`, or in comments `// prints: ...` in their order.
 * @throws if one of the three is missing
 */
export function readmeExample(markdown: string): ReadmeExample {
  const command = /^npm (?:install|i) (.+)$/m.exec(sectionOf(markdown, 'Install') ?? '')?.[1];
  if (command === undefined) throw new Error('No line "npm install ..." under "## Install"');
  const [block] = codeBlocks(sectionOf(markdown, 'Example') ?? '');
  if (block === undefined) throw new Error('No block of ts or js under "## Example"');
  const prints = Array.from(
    block.code.matchAll(/console\.log\(.*\/\/ (?:prints: )?(.+)$|^\s*\/\/ prints: (.+)$/gm),
    ([, behind, alone]) => (behind ?? alone ?? '').trim(),
  );
  if (prints.length === 0)
    throw new Error('The example says nowhere what it prints: write "console.log(x); // 0.6"');
  return { install: command.trim().split(/\s+/), code: block.code, prints };
}
