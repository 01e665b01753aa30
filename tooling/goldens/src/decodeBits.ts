/**
 * Reads float32 numbers from their bits: 8 hexadecimal digits each, big-endian, one after the other. NaN, infinities, -0
 * and denormals come out as they went in.
 *
 * @throws {Error} if the text is not whole groups of 8 hexadecimal digits.
 * @example decodeBits('3f800000bf000000') // Float32Array [1, -0.5]
 */
export function decodeBits(bits: string): Float32Array {
  if (!/^(?:[0-9a-f]{8})*$/.test(bits)) {
    throw new Error(
      `Bits are groups of 8 lower-case hexadecimal digits, but these are not: ${bits.slice(0, 40)}`,
    );
  }
  const words = new DataView(new ArrayBuffer(bits.length / 2));
  for (let byte = 0; byte < words.byteLength; byte += 4) {
    words.setUint32(byte, Number.parseInt(bits.slice(2 * byte, 2 * byte + 8), 16));
  }
  return Float32Array.from({ length: words.byteLength / 4 }, (_, index) => words.getFloat32(4 * index));
}
