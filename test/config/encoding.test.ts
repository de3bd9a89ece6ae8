import iconv from "iconv-lite";
import { expect, test } from "vitest";
import { parseXml } from "../../src/config/xml/document.js";
import { SluiceError } from "../../src/errors/index.js";

const label = (bytes: Buffer): string | undefined => parseXml(bytes, "a.xml").attributes.get("x");
const written = (encoding: string, name: string | null, value: string, addBOM = false): Buffer =>
  iconv.encode(`${name === null ? "" : `<?xml version="1.0" encoding="${name}"?>\n`}<a x="${value}"/>`, encoding, { addBOM });

test.each([
  ["UTF-8 without declaration", written("utf8", null, "Zoë 漢字 €"), "Zoë 漢字 €"],
  ["UTF-8 with byte order mark", written("utf8", "utf-8", "Zoë 漢字", true), "Zoë 漢字"],
  ["UTF-16LE with byte order mark", written("utf16le", "utf-16", "Zoë 漢字", true), "Zoë 漢字"],
  ["UTF-16BE with byte order mark", written("utf16be", "utf-16", "Zoë 漢字", true), "Zoë 漢字"],
  ["UTF-16LE without byte order mark", written("utf16le", "utf-16", "Zoë"), "Zoë"],
  ["ISO-8859-1", written("latin1", "ISO-8859-1", "Zoë"), "Zoë"],
  ["windows-1252", written("win1252", "Windows-1252", "Zoë € “q”"), "Zoë € “q”"],
  [
    "ISO-8859-1 is not windows-1252",
    Buffer.concat([Buffer.from('<?xml version="1.0" encoding="iso-8859-1"?><a x="'), Buffer.from([0x80]), Buffer.from('"/>')]),
    "\u0080",
  ],
  ["single quotes", Buffer.from(`<?xml version='1.0' encoding='UTF-8' standalone='yes'?><a x="é"/>`), "é"],
])("%s", (_, bytes, expected) => {
  expect(label(bytes)).toBe(expected);
});

const refused = (bytes: Buffer): string => {
  try {
    parseXml(bytes, "a.xml");
  } catch (error) {
    if (error instanceof SluiceError) return `${error.place.line} ${error.code}`;
  }
  return "read";
};

test.each([
  ["bytes that are no UTF-8, with their line", Buffer.from("<a>\n\n\xe9</a>", "latin1"), "3 CFG_XML_BYTES"],
  ["UTF-16 cut in the middle", written("utf16le", "utf-16", "x", true).subarray(0, -1), "1 CFG_XML_BYTES"],
  ["an encoding that is not read", written("utf8", "Shift_JIS", "x"), "1 CFG_XML_ENCODING"],
  ["bytes that are not the UTF-16 they say", written("utf8", "utf-16", "x"), "1 CFG_XML_ENCODING"],
])("%s", (_, bytes, expected) => {
  expect(refused(bytes)).toBe(expected);
});
