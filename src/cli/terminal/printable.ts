/**
 * Text from data or files as a terminal may show it: control characters, which could move the cursor or change the
 * screen, and the invisible marks that turn the direction of text are replaced by visible signs.
 */
const unsafe = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Unicode has a picture for every C0 control: U+2400 + code; DEL is U+2421; the others become U+FFFD. */
const pictureOf = (character: string): string => {
  const code = character.charCodeAt(0);
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
};

export const printable = (text: string): string => text.replace(unsafe, pictureOf);
