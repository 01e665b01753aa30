/**
 * A module of one function that makes a vector of four zeros and drops it:
 * `(module (func v128.const i32x4 0 0 0 0 drop))` in WebAssembly's binary format.
 */
const probe = Uint8Array.from(
  [
    '00 61 73 6d 01 00 00 00', // magic number and version
    '01 04 01 60 00 00', // one type: nothing to nothing
    '03 02 01 00', // one function of that type
    '0a 17 01 15 00 fd 0c 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 1a 0b', // its code
  ].flatMap((section) => section.split(' ').map((byte) => Number.parseInt(byte, 16))),
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
