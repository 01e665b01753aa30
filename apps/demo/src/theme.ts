const inDark = '(prefers-color-scheme: dark)';

const known = new Map<string, string>();

/** A colour of the page's theme, by the name of its custom property. */
export function themeColor(name: string): string {
  const key = `${name} ${matchMedia(inDark).matches}`;
  // Remembered, because to ask for it makes the browser work out the page's styles at once.
  const color =
    known.get(key) ?? getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
  known.set(key, color);
  return color;
}

/** Calls back when the person's system turns dark or light. */
export function onThemeChange(listener: () => void): void {
  matchMedia(inDark).addEventListener('change', listener);
}
