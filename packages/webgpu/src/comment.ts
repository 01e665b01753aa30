/** A line comment of WGSL. Names are anything that a user calls a transform or a slot, and must not end the line. */
export function comment(name: string): string {
  return `// ${name.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, '?')}`;
}
