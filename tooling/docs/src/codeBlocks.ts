/** A fenced block of TypeScript or JavaScript in a Markdown text. */
export interface CodeBlock {
  readonly code: string;
  /** The line of the text, from 1, at which the code begins. */
  readonly line: number;
  /** What stands after the language, such as `sketch` in "```ts sketch". */
  readonly info: string;
}

const fence = /^```(?:ts|js|typescript|javascript)\b([^\n]*)\n([\s\S]*?)^```/gm;

/** The blocks of a Markdown text whose language is TypeScript or JavaScript. */
export function codeBlocks(markdown: string): CodeBlock[] {
  return Array.from(markdown.matchAll(fence), ({ index, 1: info = '', 2: code = '' }) => ({
    code,
    info: info.trim(),
    line: markdown.slice(0, index).split('\n').length + 1,
  }));
}

/** What stands under a second-level heading that begins with `heading`. */
export function sectionOf(markdown: string, heading: string): string | undefined {
  return markdown
    .split(/^## /m)
    .slice(1)
    .find((section) => section.startsWith(heading));
}
