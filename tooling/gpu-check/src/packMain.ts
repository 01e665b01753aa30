import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { packFolder, PackError } from './packFolder.ts';

const { values } = parseArgs({ options: { out: { type: 'string' } } });

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  if (values.out === undefined)
    throw new PackError('Say where the folder goes: pnpm --filter @gradkit/gpu run pack --out FOLDER');
  // pnpm runs a package's script in the package's folder.
  const out = resolve(process.env['INIT_CWD'] ?? process.cwd(), values.out);
  const { bytes, files } = await packFolder(out, { say });
  say(
    `${out}: ${files.length} files, ${(bytes / 1e6).toFixed(1)} MB. Copy it to a machine with a GPU and start ./run.sh there.`,
  );
} catch (error) {
  if (!(error instanceof PackError)) throw error;
  say(error.message);
  process.exitCode = 1;
}
