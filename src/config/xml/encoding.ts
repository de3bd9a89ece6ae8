import { SluiceError } from "../../errors/index.js";

type Encoding = "utf-8" | "utf-16le" | "utf-16be" | "iso-8859-1" | "windows-1252";

/** The names under which XML declarations spell what Sluice reads (design §3). */
const encodingNames: Readonly<Record<string, Encoding>> = {
  "utf-8": "utf-8",
  utf8: "utf-8",
  "us-ascii": "utf-8",
  ascii: "utf-8",
  "iso-8859-1": "iso-8859-1",
  latin1: "iso-8859-1",
  "windows-1252": "windows-1252",
  cp1252: "windows-1252",
};

/** The declaration stands in the first bytes and is plain ASCII in every encoding but UTF-16: 256 bytes hold any that people write. */
const declarationBytes = 256;

const byBom = (bytes: Buffer): { encoding: Encoding; length: number } | null => {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return { encoding: "utf-8", length: 3 };
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { encoding: "utf-16le", length: 2 };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { encoding: "utf-16be", length: 2 };
  if (bytes[0] === 0x3c && bytes[1] === 0x00) return { encoding: "utf-16le", length: 0 };
  if (bytes[0] === 0x00 && bytes[1] === 0x3c) return { encoding: "utf-16be", length: 0 };
  return null;
};

const byDeclaration = (bytes: Buffer, file: string): Encoding => {
  const head = bytes.subarray(0, declarationBytes).toString("latin1");
  const declared = /^<\?xml\s[^>]*?\bencoding\s*=\s*["']([A-Za-z0-9._-]+)["']/.exec(head)?.[1];
  if (declared === undefined) return "utf-8";
  const encoding = encodingNames[declared.toLowerCase()];
  if (encoding === undefined) throw new SluiceError("CFG_XML_ENCODING", { encoding: declared }, { place: { file, line: 1, column: 1 } });
  return encoding;
};

/** What 0x80 to 0x9F are in windows-1252. The decoder of Node 20 takes them for ISO-8859-1. Five bytes mean nothing and stay controls. */
const windows1252 = "€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008DŽ\u008F\u0090‘’“”•–—˜™š›œ\u009DžŸ";

/** The first line whose bytes are not valid, by decoding line after line; only called once decoding the whole failed. */
const firstBadLine = (bytes: Buffer): number => {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const found = bytes.indexOf(0x0a, start);
    const end = found === -1 ? bytes.length : found + 1;
    try {
      decoder.decode(bytes.subarray(start, end));
    } catch {
      return line;
    }
    start = end;
  }
  return line;
};

/**
 * Takes the bytes of an XML file, gives its text with line ends as LF (XML 1.0 §2.11). The encoding is that of the byte order mark,
 * else of the declaration, else UTF-8 (design §3). Throws CFG_XML_ENCODING and CFG_XML_BYTES.
 */
export const decodeXml = (bytes: Buffer, file: string): string => {
  const mark = byBom(bytes);
  const encoding = mark?.encoding ?? byDeclaration(bytes, file);
  const body = mark === null ? bytes : bytes.subarray(mark.length);
  let text: string;
  if (encoding === "iso-8859-1" || encoding === "windows-1252") {
    text = body.toString("latin1");
    if (encoding === "windows-1252") text = text.replace(/[\u0080-\u009F]/g, (found) => windows1252[found.charCodeAt(0) - 0x80] ?? found);
  } else {
    try {
      text = new TextDecoder(encoding, { fatal: true }).decode(body);
    } catch (cause) {
      const line = encoding === "utf-8" ? firstBadLine(body) : 1;
      throw new SluiceError("CFG_XML_BYTES", { encoding }, { place: { file, line, column: 1 }, cause });
    }
  }
  return text.replace(/\r\n?/g, "\n");
};
