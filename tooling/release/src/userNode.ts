import { nodeBinary, type NodeVersion } from '@gradkit/node-versions';

/** A Node that users may have. */
interface UserNode {
  readonly version: NodeVersion | 'of the tools';
  /** The folder of its `node`; none for that of the tools. */
  readonly binary: string | undefined;
  /** Whether it is not installed, so that a test of it would run on another one. */
  readonly isMissing: boolean;
}

/**
 * Finds a Node; where it is missing, the reason goes to the console, and tests of it are to be skipped.
 *
 * @throws if `GRADKIT_REQUIRE` names it (`node20.10`) and it is missing, so that a skip cannot pass for a success.
 */
export function userNode(version: UserNode['version']): UserNode {
  const binary = version === 'of the tools' ? undefined : nodeBinary(version);
  return { version, binary, isMissing: version !== 'of the tools' && binary === undefined };
}
