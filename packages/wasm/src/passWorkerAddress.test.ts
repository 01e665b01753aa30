import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { passWorkerAddress } from './passWorkerAddress.ts';

test("a thread's file lies where its address says", () => {
  const address = passWorkerAddress();
  expect(address?.pathname).toMatch(/\/passWorker\.js$/);
  expect(address !== undefined && existsSync(address)).toBe(true);
});
