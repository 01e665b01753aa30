import { expect, test } from 'vitest';
import { passWorkerAddress } from './passWorkerAddress.ts';

test("a thread's file lies beside the file that starts it", () => {
  expect(passWorkerAddress()?.href).toBe(new URL('passWorker.js', import.meta.url).href);
});
