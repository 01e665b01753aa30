import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import type { Tools } from './missingPieces.ts';
import { bindingSources, nativeFolder, tfjsNodeFolder } from './nativeFolder.ts';
import { complaintOf, nativeFile } from './useNative.ts';
import { unpackWheel, type UnpackProgress } from './unpackWheel.ts';
import { wheel } from './wheel.ts';

/** What a person sees while it takes its time. */
export interface ProvisionProgress {
  /** A stage begins. */
  stage(text: string): void;
  unpacked: UnpackProgress;
}

const headers = createRequire(import.meta.url).resolve('node-api-headers/package.json');

/**
 * Makes the native part of tfjs-node in {@link nativeFolder}: fetches the wheel with pip, checks its checksum, unpacks TensorFlow's
 * library and compiles tfjs-node's own sources against it. All of it appears at once, when it is done.
 *
 * @throws if pip fails, if the wheel is not the one whose checksum is kept here, or if the compiler fails; nothing is left behind.
 */
export async function provisionNative(tools: Tools, progress: ProvisionProgress): Promise<void> {
  const folder = nativeFolder();
  mkdirSync(dirname(folder), { recursive: true });
  // In the same folder, so that it can be renamed.
  const draft = mkdtempSync(`${folder}.partial-`);
  // As any folder, for all users of a shared cache; a temporary one is for its maker only.
  chmodSync(draft, 0o755);
  const removeDraft = (): void => rmSync(draft, { recursive: true, force: true });
  process.once('exit', removeDraft);
  const stop = (): void => process.exit(130);
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  try {
    progress.stage(`Fetching ${wheel.name} ${wheel.version} with pip (274 MB)`);
    const file = await fetchWheel(tools.pip, draft);
    progress.stage('Unpacking the library and its headers');
    await unpackWheel(file, draft, progress.unpacked);
    rmSync(file);
    progress.stage("Compiling tfjs-node's own part (about 15 s)");
    await compileNative(tools.compiler, { tfjsNode: tfjsNodeFolder(), tensorFlow: draft, to: draft });
    // What lies there, if anything, does not load: its user asked for it to be made.
    rmSync(folder, { recursive: true, force: true });
    renameSync(draft, folder);
    const complaint = complaintOf(join(folder, nativeFile));
    if (complaint !== undefined) throw new Error(`What was made does not load: ${complaint}`);
  } finally {
    removeDraft();
    process.off('exit', removeDraft);
    process.off('SIGINT', stop);
    process.off('SIGTERM', stop);
  }
}

/** Fetches the wheel into a folder; pip checks the checksum, and so do we, because pip's mirror is not ours. */
export async function fetchWheel(pip: Tools['pip'], folder: string): Promise<string> {
  const [command, ...args] = pip;
  const requirements = join(folder, 'requirements.txt');
  writeFileSync(requirements, `${wheel.name}==${wheel.version} --hash=sha256:${wheel.sha256}\n`);
  await runVisibly(command, [
    ...args,
    'download',
    '--disable-pip-version-check',
    '--no-cache-dir',
    '--no-deps',
    '--only-binary=:all:',
    '--require-hashes',
    `--python-version=${wheel.pythonVersion}`,
    '--implementation=cp',
    `--abi=${wheel.abi}`,
    `--platform=${wheel.platform}`,
    `--requirement=${requirements}`,
    `--dest=${folder}`,
  ]);
  const file = join(folder, wheel.file);
  const found = await sha256(file);
  if (found !== wheel.sha256) {
    throw new Error(
      `${wheel.file} has the checksum ${found}; it must be ${wheel.sha256}. Ask whoever runs the mirror.`,
    );
  }
  rmSync(requirements);
  return file;
}

/**
 * Compiles the native part of a tfjs-node into the folder `to`, against TensorFlow's library and headers in another, or the same one.
 *
 * @throws if the compiler fails.
 */
export async function compileNative(
  compiler: string,
  { tfjsNode, tensorFlow, to }: { tfjsNode: string; tensorFlow: string; to: string },
): Promise<void> {
  const lib = join(tensorFlow, 'lib');
  await promisify(execFile)(
    compiler,
    [
      '-shared',
      '-fPIC',
      '-O2',
      '-std=c++17',
      '-DNAPI_VERSION=8',
      `-I${tfjsNode}`,
      `-I${join(tensorFlow, 'include')}`,
      `-I${join(dirname(headers), 'include')}`,
      ...bindingSources(tfjsNode).filter((path) => path.endsWith('.cc')),
      '-o',
      join(to, nativeFile),
      `-L${lib}`,
      '-l:libtensorflow_cc.so.2',
      '-l:libtensorflow_framework.so.2',
      `-Wl,-rpath,$ORIGIN/${relative(to, lib)}`,
    ],
    { maxBuffer: 2 ** 26 },
  );
}

async function sha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk);
  return hash.digest('hex');
}

/** Runs a command whose progress a person is to see. */
async function runVisibly(command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`${basename(command)} ended with ${code}; what it said stands above.`);
}
