/**
 * A module of one function that makes a vector of four zeros and drops it:
 * `(module (func v128.const i32x4 0 0 0 0 drop))` in WebAssembly's binary format.
 */
const probe = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x04, 0x01, 0x60, 0x00, 0x00],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x0a, 0x17, 0x01, 0x15, 0x00, 0xfd, 0x0c, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x1a, 0x0b],
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
