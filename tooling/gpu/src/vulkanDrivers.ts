import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The manifests of the Vulkan drivers that the loader on Linux will find, by the rules of its documentation. */
export function vulkanDrivers(env: Readonly<Record<string, string | undefined>> = process.env): string[] {
  const named = env['VK_DRIVER_FILES'] ?? env['VK_ICD_FILENAMES'];
  return [
    ...split(env['VK_ADD_DRIVER_FILES']).filter((file) => existsSync(file)),
    ...(named === undefined ? installed(env) : split(named).filter((file) => existsSync(file))),
  ];
}

function installed(env: Readonly<Record<string, string | undefined>>): string[] {
  return [
    env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config'),
    ...split(env['XDG_CONFIG_DIRS'] ?? '/etc/xdg'),
    '/usr/local/etc',
    '/etc',
    env['XDG_DATA_HOME'] ?? join(homedir(), '.local/share'),
    ...split(env['XDG_DATA_DIRS'] ?? '/usr/local/share:/usr/share'),
  ]
    .map((folder) => join(folder, 'vulkan', 'icd.d'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)))
    .filter((file) => file.endsWith('.json'));
}

function split(list: string | undefined): string[] {
  return (list ?? '').split(':').filter((entry) => entry !== '');
}
