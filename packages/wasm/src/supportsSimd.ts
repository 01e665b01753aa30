/**
 * A module of one function that makes a vector of four zeros and drops it:
 * `(module (func v128.const i32x4 0 0 0 0 drop))` in WebAssembly's binary format.
 */
const probe = Uint8Array.from(
  [
    [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0], // magic number and version
    [1, 4, 1, 0x60, 0, 0], // one type: nothing to nothing
    [3, 2, 1, 0], // one function of that type
    [10, 23, 1, 21, 0, 0xfd, 12, ...new Uint8Array(16), 0x1a, 11], // its code: a constant of 128 bits, which is dropped
  ].flat(),
);

/**
 * Whether WebAssembly with SIMD may be compiled here. It may not where there is no WebAssembly, where its SIMD is unknown, and on a page
 * whose Content-Security-Policy lacks `wasm-unsafe-eval`.
 *
 * @example const engine = supportsSimd() ? await wasmEngine() : loopEngine();
 */
export function supportsSimd(): boolean {
  if (typeof WebAssembly !== 'object' || !WebAssembly.validate(probe)) return false;
  try {
    // A policy refuses to compile, not to validate.
    return new WebAssembly.Module(probe) instanceof WebAssembly.Module;
  } catch {
    return false;
  }
}
