/**
 * Where the file that a thread of Node is started from lies: beside this one. Undefined in a bundle that took this file's own address away, as
 * one in CommonJS may.
 */
export function passWorkerAddress(): URL | undefined {
  try {
    return new URL('./passWorker.js', import.meta.url);
  } catch {
    return undefined;
  }
}
