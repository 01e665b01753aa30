import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'gradkit-gpu-'));
afterAll(() => rmSync(folder, { recursive: true }));

// A driver that is installed but has no library, as after a package was removed by halves.
const brokenDriver = join(folder, 'broken_icd.json');
writeFileSync(
  brokenDriver,
  JSON.stringify({
    file_format_version: '1.0.0',
    ICD: { library_path: join(folder, 'libnowhere.so'), api_version: '1.1.0' },
  }),
);

/** Asks for a device in a process whose Vulkan has only these drivers. */
async function ask(drivers: string, required: string): Promise<{ said: string; out: string }> {
  const script = `import { requestTestDevice } from '${new URL('requestTestDevice.ts', import.meta.url).href}';
    requestTestDevice().then((device) => console.log(typeof device), ({ message }) => console.log(message)).then(() => process.exit());`;
  const env = { ...process.env, VK_ICD_FILENAMES: drivers, GRADKIT_REQUIRE: required };
  Reflect.deleteProperty(env, 'VK_DRIVER_FILES');
  Reflect.deleteProperty(env, 'VK_ADD_DRIVER_FILES');
  const args = ['--input-type=module-typescript', '--no-warnings', '--eval', script];
  const { stdout, stderr } = await run(process.execPath, args, { env });
  return { said: stderr, out: stdout.trim() };
}

describe.skipIf(process.platform !== 'linux').each([
  { half: 'no driver', drivers: '/nowhere.json' },
  { half: 'a driver without a device', drivers: brokenDriver },
])('with $half of Vulkan', ({ drivers }) => {
  test('there is no device, and the reason is said', async () => {
    const { said, out } = await ask(drivers, 'node');
    expect(out).toBe('undefined');
    expect(said).toMatch(
      /Tests that need webgpu are skipped: .*\. GRADKIT_REQUIRE=webgpu would let them fail\./,
    );
  });

  test('there is an error with the reason where a device is required', async () => {
    const { out } = await ask(drivers, 'node,webgpu');
    expect(out).toMatch(/^GRADKIT_REQUIRE asks for webgpu, but (this machine has no Vulkan|Dawn finds no)/);
  });
});
