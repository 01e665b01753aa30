import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { codeBlocks } from './codeBlocks.ts';

export interface MarkdownFile {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

const here = fileURLToPath(new URL('..', import.meta.url));
const compiler = fileURLToPath(new URL('../../../node_modules/typescript/bin/tsc', import.meta.url));

/**
 * Type-checks each block of code as a module of its own against the sources of the packages, and reports each problem at its place in
 * the Markdown file. A block marked "```ts sketch" shows a shape only and is left out.
 */
export async function typeProblems(files: readonly MarkdownFile[], folderName: string): Promise<string[]> {
  const folder = join(here, '.examples', folderName);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const origins = new Map<string, string>();
  for (const { path, text } of files) {
    for (const { code, line, info } of codeBlocks(text)) {
      if (info === 'sketch') continue;
      const name = `${path.replaceAll(/[^\w-]/g, '_')}_${line}.ts`;
      origins.set(name, path);
      // Blank lines in front, so that the compiler's line numbers are those of the Markdown file.
      writeFileSync(join(folder, name), `${'\n'.repeat(line - 1)}${code}\nexport {};\n`);
    }
  }
  const options = {
    extends: '../../../../tsconfig.base.json',
    compilerOptions: {
      composite: false,
      emitDeclarationOnly: false,
      noEmit: true,
      isolatedDeclarations: false,
      noUnusedLocals: false,
      noUnusedParameters: false,
      rootDir: '../../../..',
      lib: ['ES2023', 'DOM'],
      types: ['node'],
    },
    include: ['*.ts'],
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(options));
  const output = await compile(folder);
  rmSync(folder, { recursive: true, force: true });
  const located = /^(?:.*\/)?([\w-]+\.ts)(\(\d+,\d+\): .*)$/;
  return output
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, name = '', rest = ''] = located.exec(line) ?? [];
      const origin = origins.get(name);
      return origin === undefined ? line : `${origin}${rest}`;
    });
}

function compile(folder: string): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [compiler, '-p', folder, '--pretty', 'false'], (error, stdout, stderr) => {
      if (stderr !== '') reject(new Error(stderr));
      else if (error !== null && stdout === '') reject(error);
      else resolve(stdout);
    });
  });
}
