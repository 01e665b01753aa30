/** What takes no room on a screen, or cannot be told from a blank there. */
const unseen = /[^\P{White_Space} ]|\p{Default_Ignorable_Code_Point}|\p{Cc}|\p{Cf}/gu;

/** A text in quotes, on one line, with every character that cannot be seen written out: `"a\u{200b}b"`. */
export function visibleText(text: string): string {
  return JSON.stringify(text).replaceAll(
    unseen,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

/** A text as it looks: composed, without what cannot be seen, blanks of all kinds as one each, none at its ends. */
export function looksOf(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll(/\p{White_Space}+/gu, ' ')
    .replaceAll(unseen, '')
    .trim();
}
