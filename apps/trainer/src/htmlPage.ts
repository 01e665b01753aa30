const style = `
  :root { color-scheme: light; }
  body { font: 15px/1.5 system-ui, sans-serif; color: #222; max-width: 1340px; margin: 2rem auto; padding: 0 1.5rem; }
  h1 { font-size: 1.5rem; margin-bottom: .2rem; }
  h2 { font-size: 1.05rem; margin: 0 0 .3rem; font-weight: 600; }
  p.note { color: #555; margin: .2rem 0 1rem; }
  table { border-collapse: collapse; margin: 1rem 0 1.5rem; font-variant-numeric: tabular-nums; }
  th, td { padding: .35rem .9rem .35rem 0; text-align: left; border-bottom: 1px solid #e4e4e4; }
  th { font-weight: 600; color: #555; }
  td.number, th.number { text-align: right; }
  .swatch { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin-right: .5rem; vertical-align: -1px; }
  .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(560px, 1fr)); gap: 1.5rem; }
  figure { margin: 0; }
  svg { max-width: 100%; height: auto; }
`;

/** A page that needs nothing but itself. */
export function htmlPage(title: string, body: string): string {
  return (
    `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n` +
    `<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>${escapeHtml(title)}</title>\n` +
    `<style>${style}</style>\n</head>\n<body>\n<h1>${escapeHtml(title)}</h1>\n${body}\n</body>\n</html>\n`
  );
}

/** Text as HTML shows it. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A figure with a heading. */
export function figure(title: string, svg: string): string {
  return `<figure><h2>${escapeHtml(title)}</h2>${svg}</figure>`;
}

/** A table; a column whose cells are numbers is set to the right. Cells are HTML. */
export function htmlTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  numbersFrom: number,
): string {
  const cell =
    (tag: string) =>
    (text: string, index: number): string =>
      `<${tag}${index >= numbersFrom ? ' class="number"' : ''}>${text}</${tag}>`;
  const body = rows.map((row) => `<tr>${row.map(cell('td')).join('')}</tr>`).join('\n');
  return `<table>\n<thead><tr>${head.map(cell('th')).join('')}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}
