import { afterEach, expect, test, vi } from 'vitest';
import { supportsSimd } from './supportsSimd.ts';

const real = WebAssembly;

afterEach(() => {
  vi.unstubAllGlobals();
});

test('Node has WebAssembly with SIMD', () => {
  expect(supportsSimd()).toBe(true);
});

test('without WebAssembly there is none', () => {
  vi.stubGlobal('WebAssembly', undefined);
  expect(supportsSimd()).toBe(false);
});

test('a machine that does not know the instructions has none', () => {
  vi.stubGlobal('WebAssembly', { validate: () => false, Module: real.Module });
  expect(supportsSimd()).toBe(false);
});

test('a policy that forbids compiling leaves none, although the module is valid', () => {
  const Module = vi.fn<() => never>(function refuse() {
    throw new real.CompileError("blocked by the page's Content-Security-Policy");
  });
  vi.stubGlobal('WebAssembly', { validate: real.validate, Module });
  expect(supportsSimd()).toBe(false);
  expect(Module).toHaveBeenCalledTimes(1);
});
