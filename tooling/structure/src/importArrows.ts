import { importedPackages } from './importedPackages.ts';
import { isTest, type WorkspacePackage } from './workspace.ts';

/**
 * Who may import whom among the published packages. A transform never knows an engine, an engine never knows a transform, and core
 * knows nobody, not even an npm package.
 */
const allowedImports: Readonly<Record<string, readonly string[]>> = {
  '@gradkit/core': [],
  '@gradkit/clip-norm': ['@gradkit/core'],
  '@gradkit/clip-value': ['@gradkit/core'],
  '@gradkit/clip-adaptive': ['@gradkit/core'],
  '@gradkit/optimizers': ['@gradkit/core'],
  '@gradkit/schedules': ['@gradkit/core'],
  '@gradkit/wasm': ['@gradkit/core'],
  '@gradkit/webgpu': ['@gradkit/core'],
  '@gradkit/tfjs': ['@gradkit/core'],
  '@gradkit/tfjs-cpu': ['@gradkit/core', '@gradkit/tfjs', '@gradkit/wasm'],
  '@gradkit/tfjs-wasm': ['@gradkit/core', '@gradkit/tfjs', '@gradkit/wasm'],
  '@gradkit/tfjs-node': ['@gradkit/core', '@gradkit/tfjs', '@gradkit/wasm'],
  '@gradkit/tfjs-webgpu': ['@gradkit/core', '@gradkit/tfjs', '@gradkit/webgpu'],
  '@gradkit/eslint-plugin': [],
};

/**
 * Reports what a published package may not depend on: in its package.json and in its import statements, types included. Tests may
 * import whatever devDependencies declare. Apps and tooling may import anything.
 */
export function findForbiddenImports(packages: readonly WorkspacePackage[]): string[] {
  return packages.filter(({ manifest }) => manifest.private !== true).flatMap(forbiddenImportsOf);
}

function forbiddenImportsOf({ folder, manifest, sources }: WorkspacePackage): string[] {
  const { name } = manifest;
  const allowed = allowedImports[name];
  if (allowed === undefined) {
    return [
      `${folder}/package.json: ${name} has no row in allowedImports (tooling/structure); say whom it may import`,
    ];
  }
  const problems: string[] = [];
  const shipped = { ...manifest.dependencies, ...manifest.optionalDependencies };
  const reachable = new Set([...Object.keys(shipped), ...Object.keys(manifest.peerDependencies ?? {})]);

  for (const dependency of reachable) {
    if (dependency.startsWith('@gradkit/') && !allowed.includes(dependency)) {
      problems.push(`${folder}/package.json: ${name} may not depend on ${dependency}${listOf(allowed)}`);
    }
  }
  for (const dependency of Object.keys(shipped)) {
    if (dependency.startsWith('@tensorflow/')) {
      problems.push(
        `${folder}/package.json: ${dependency} must be a peer dependency, or a user gets a second TensorFlow.js`,
      );
    }
  }
  if (name === '@gradkit/core' && reachable.size > 0) {
    problems.push(
      `${folder}/package.json: @gradkit/core has no dependencies; found ${[...reachable].join(', ')}`,
    );
  }

  const forTests = new Set([...reachable, ...Object.keys(manifest.devDependencies ?? {}), ...atTheRoot]);
  for (const source of sources) {
    for (const imported of importedPackages(source)) {
      const where = `${folder}/${source.path}`;
      if (imported.startsWith('@gradkit/') && !isTest(source) && !allowed.includes(imported)) {
        problems.push(`${where}: ${name} may not import ${imported}${listOf(allowed)}`);
      } else if (!(isTest(source) ? forTests : reachable).has(imported)) {
        if ((isTest(source) || onNode.has(name)) && imported.startsWith('node:')) continue;
        problems.push(
          `${where}: imports ${imported}, which ${folder}/package.json does not declare${isTest(source) ? '' : ' for users'}`,
        );
      }
    }
  }
  return problems;
}

// Packages that run on Node alone may import what it has.
const onNode: ReadonlySet<string> = new Set(['@gradkit/tfjs-node']);

// Every test may import these; the root's package.json declares them.
const atTheRoot = ['vitest', 'fast-check'];

function listOf(allowed: readonly string[]): string {
  return allowed.length === 0
    ? '; it may depend on no package of Gradkit'
    : `; only on ${allowed.join(', ')}`;
}
