import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { minVersion, satisfies, valid } from 'semver';

/** The fields of a package.json that say which versions of TensorFlow.js it is for. */
interface Manifest {
  readonly version?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A package and the versions of TensorFlow.js that it claims. */
export interface Claim {
  /** From the repository's root, such as `packages/tfjs`. */
  readonly folder: string;
  /** The range of each of its peers, by name. */
  readonly ranges: Readonly<Record<string, string>>;
  /** The version of `@tensorflow/tfjs-core` that its range begins with. */
  readonly lowest: string;
}

const core = '@tensorflow/tfjs-core';

/** What the packages claim in their package.json. */
export function readClaims(root: string): Claim[] {
  return readdirSync(join(root, 'packages'))
    .map((name) => `packages/${name}`)
    .filter((folder) => existsSync(join(root, folder, 'package.json')))
    .flatMap((folder) => {
      const peers = Object.entries(readManifest(join(root, folder)).peerDependencies ?? {});
      const ranges = Object.fromEntries(peers.filter(([name]) => name.startsWith('@tensorflow/')));
      const range = ranges[core];
      return range === undefined ? [] : [{ folder, ranges, lowest: lowestOf(range) }];
    });
}

/** The lowest version in a range. */
export function lowestOf(range: string): string {
  const lowest = minVersion(range);
  if (lowest === null) throw new RangeError(`No version is in the range ${range}`);
  return lowest.version;
}

/** The folder whose node_modules have the lowest versions of a claim. */
export function versionsFolder(root: string, { lowest }: Claim): string {
  return join(root, 'tooling/tfjs-versions/versions', lowest);
}

/** Whether the package's own tests run on its lowest versions already, because those are the ones that the repository uses. */
export function isOnLowest(root: string, { folder, ranges }: Claim): boolean {
  return Object.entries(ranges).every(
    ([name, range]) => installedVersion(join(root, folder), name) === lowestOf(range),
  );
}

/** The version of a package that is installed for another one. */
export function installedVersion(folder: string, name: string): string | undefined {
  const installed = join(folder, 'node_modules', name);
  return existsSync(installed) ? readManifest(installed).version : undefined;
}

/**
 * Reports each peer whose range does not begin with the version that its suite runs on, or does not end with the highest one that it runs
 * on: the major version of what the repository uses.
 */
export function findUntestedVersions(root: string, claims: readonly Claim[]): string[] {
  return claims.flatMap((claim) => {
    const { folder, ranges } = claim;
    const versions = isOnLowest(root, claim) ? join(root, folder) : versionsFolder(root, claim);
    return Object.entries(ranges).flatMap(([name, range]) => {
      const lowest = lowestOf(range);
      const low = installedVersion(versions, name);
      const high = installedVersion(join(root, folder), name);
      const nextMajor = `${Number(high?.split('.')[0]) + 1}.0.0`;
      return [
        ...(low === lowest
          ? []
          : [
              `${folder}: ${name} begins with ${lowest}, but the suite runs on ${low ?? 'none'} at the lowest`,
            ]),
        ...(high !== undefined && satisfies(high, range)
          ? []
          : [`${folder}: the suite runs on ${name} ${high ?? 'none'}, which ${range} leaves out`]),
        ...(satisfies(nextMajor, range)
          ? [`${folder}: ${name} ${range} claims ${nextMajor}, on which no suite runs`]
          : []),
      ];
    });
  });
}

/** Reports versions that are ranges: what is installed must not move, or the lowest would be another one tomorrow. */
export function findMovingVersions(root: string): string[] {
  const folder = join(root, 'tooling/tfjs-versions/versions');
  return readdirSync(folder).flatMap((name) =>
    Object.entries(readManifest(join(folder, name)).dependencies ?? {})
      .filter(([, version]) => valid(version) === null)
      .map(([dependency, version]) => `versions/${name}: ${dependency} is ${version}; name one version`),
  );
}

function readManifest(folder: string): Manifest {
  const manifest: Manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return manifest;
}
