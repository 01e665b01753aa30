import { parseSync } from 'oxc-parser';
import type { SourceFile } from './workspace.ts';

/** The packages that a file imports or re-exports from, statically or by a literal `import()`; types count. */
export function importedPackages({ path, text }: SourceFile): string[] {
  const { module, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new Error(`${path}: ${error.message}`);
  const specifiers = [
    ...module.staticImports.map(({ moduleRequest }) => moduleRequest.value),
    ...module.staticExports.flatMap(({ entries }) =>
      entries.map(({ moduleRequest }) => moduleRequest?.value),
    ),
    ...module.dynamicImports.map(({ moduleRequest }) =>
      literal(text.slice(moduleRequest.start, moduleRequest.end)),
    ),
  ];
  const packages = specifiers.filter((specifier) => specifier !== undefined && !specifier.startsWith('.'));
  return Array.from(new Set(packages.map((specifier) => packageOf(specifier ?? ''))));
}

function literal(expression: string): string | undefined {
  return /^(['"`])([^'"`$]*)\1$/.exec(expression)?.[2];
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}
