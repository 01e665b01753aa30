import { createWriteStream, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPromise, type Entry } from 'yauzl';

/** Bytes that are unpacked, of all that there are. */
export type UnpackProgress = (done: number, total: number) => void;

const headerFolders = ['tensorflow/c', 'tensorflow/core/platform', 'tsl/platform', 'xla/tsl/c'];

/** Unpacks TensorFlow's C library to `folder`/lib and the headers that go with it to `folder`/include. */
export async function unpackWheel(
  wheelFile: string,
  folder: string,
  onProgress: UnpackProgress,
): Promise<void> {
  const zip = await openPromise(wheelFile, { autoClose: false });
  try {
    const wanted: { entry: Entry; target: string }[] = [];
    for await (const entry of zip.eachEntry()) {
      const target = targetOf(entry.fileName);
      if (target !== undefined) wanted.push({ entry, target: join(folder, target) });
    }
    const total = wanted.reduce((sum, { entry }) => sum + entry.uncompressedSize, 0);
    let done = 0;
    for (const { entry, target } of wanted) {
      mkdirSync(dirname(target), { recursive: true });
      const source = await zip.openReadStreamPromise(entry);
      source.on('data', (chunk: Buffer) => onProgress((done += chunk.length), total));
      await pipeline(source, createWriteStream(target));
    }
  } finally {
    zip.close();
  }
}

function targetOf(name: string): string | undefined {
  const library = /^tensorflow\/(libtensorflow_(?:cc|framework)\.so\.2)$/.exec(name)?.[1];
  if (library !== undefined) return `lib/${library}`;
  const header = /^tensorflow\/include\/(.+\.h)$/.exec(name)?.[1];
  const isWanted = header !== undefined && headerFolders.some((prefix) => header.startsWith(`${prefix}/`));
  return isWanted ? `include/${header}` : undefined;
}
