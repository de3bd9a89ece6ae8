/**
 * How many columns of a terminal a text takes. East Asian wide and fullwidth characters and emoji take two, marks and
 * joiners none; a grapheme counts as its widest part, as terminals draw it.
 */

/** Ranges of code points two columns wide (East Asian Width W and F, emoji presentation), ascending, both ends included. */
const wideRanges: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x2329, 0x232a],
  [0x23e9, 0x23ec],
  [0x23f0, 0x23f0],
  [0x23f3, 0x23f3],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x267f, 0x267f],
  [0x2693, 0x2693],
  [0x26a1, 0x26a1],
  [0x26aa, 0x26ab],
  [0x26bd, 0x26be],
  [0x26c4, 0x26c5],
  [0x26ce, 0x26ce],
  [0x26d4, 0x26d4],
  [0x26ea, 0x26ea],
  [0x26f2, 0x26f3],
  [0x26f5, 0x26f5],
  [0x26fa, 0x26fa],
  [0x26fd, 0x26fd],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x274c],
  [0x274e, 0x274e],
  [0x2753, 0x2755],
  [0x2757, 0x2757],
  [0x2795, 0x2797],
  [0x27b0, 0x27b0],
  [0x27bf, 0x27bf],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b50],
  [0x2b55, 0x2b55],
  [0x2e80, 0x303e],
  [0x3041, 0x33ff],
  [0x3400, 0x4dbf],
  [0x4e00, 0x9fff],
  [0xa000, 0xa4cf],
  [0xa960, 0xa97f],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe10, 0xfe19],
  [0xfe30, 0xfe6f],
  [0xff00, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18cff],
  [0x1b000, 0x1b2ff],
  [0x1f004, 0x1f004],
  [0x1f0cf, 0x1f0cf],
  [0x1f18e, 0x1f18e],
  [0x1f191, 0x1f19a],
  [0x1f1e6, 0x1f202],
  [0x1f210, 0x1f23b],
  [0x1f240, 0x1f248],
  [0x1f250, 0x1f251],
  [0x1f260, 0x1f265],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f7e0, 0x1f7eb],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];

const isWide = (codePoint: number): boolean => {
  let low = 0;
  let high = wideRanges.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const [first, last] = wideRanges[middle] ?? [0, 0];
    if (codePoint < first) high = middle - 1;
    else if (codePoint > last) low = middle + 1;
    else return true;
  }
  return false;
};

/** Marks, format characters and controls: they take no column of their own. */
const zeroWidth = /^[\p{Mn}\p{Me}\p{Cf}\p{Cc}]$/u;
const printableAscii = /^[\x20-\x7e]*$/;
/** Our own colours: select graphic rendition. */
const colour = /\u001b\[[0-9;]*m/g;
const emojiSelector = 0xfe0f;

const codePointWidth = (character: string, codePoint: number): number => {
  if (codePoint < 0x7f) return codePoint < 0x20 ? 0 : 1;
  if (zeroWidth.test(character)) return 0;
  return isWide(codePoint) ? 2 : 1;
};

let segmenter: Intl.Segmenter | undefined;
/** The user-perceived characters of a text. */
const graphemes = (text: string): Iterable<string> => {
  if (printableAscii.test(text)) return text;
  segmenter ??= new Intl.Segmenter("en", { granularity: "grapheme" });
  return Array.from(segmenter.segment(text), (part) => part.segment);
};

const graphemeWidth = (grapheme: string): number => {
  let width = 0;
  for (const character of grapheme) {
    const codePoint = character.codePointAt(0) ?? 0;
    width = Math.max(width, codePoint === emojiSelector ? 2 : codePointWidth(character, codePoint));
  }
  return width;
};

/** Columns that a text takes on a terminal; colours count nothing. */
export const widthOf = (text: string): number => {
  if (printableAscii.test(text)) return text.length;
  let width = 0;
  for (const grapheme of graphemes(text.replace(colour, ""))) width += graphemeWidth(grapheme);
  return width;
};

/** The longest beginning of a text that takes at most `columns`. Takes text without colours. */
export const headOf = (text: string, columns: number): string => {
  let head = "";
  let width = 0;
  for (const grapheme of graphemes(text)) {
    width += graphemeWidth(grapheme);
    if (width > columns) break;
    head += grapheme;
  }
  return head;
};

/** The text cut to at most `columns`, with `…` in the place of what is missing. Takes text without colours. */
export const cutTo = (text: string, columns: number): string => {
  if (widthOf(text) <= columns) return text;
  return columns <= 0 ? "" : `${headOf(text, columns - 1)}…`;
};

/** Fills a text with blanks to `columns`; longer text stays as it is. */
export const padTo = (text: string, columns: number, align: "left" | "right" = "left"): string => {
  const blanks = " ".repeat(Math.max(0, columns - widthOf(text)));
  return align === "left" ? text + blanks : blanks + text;
};
