import iconv from "iconv-lite";
import type { ByteSource } from "../../sync/index.js";

/** Bytes of the source decoded at a time; their UTF-8 form takes up to three times as many. */
const blockBytes = 64 * 1024;

/** What a byte sequence that is no text becomes on the way to UTF-8: a byte that UTF-8 never has, so that the record reader finds its row. */
const invalidByte = 0xff;

interface Decoder {
  write(bytes: Buffer): string;
  end(): string | undefined;
}

/** Whether the source is read as it is. */
export const isUtf8Name = (encoding: string): boolean => /^utf-?8$/i.test(encoding);

/**
 * A source of another encoding as UTF-8. Text that cannot be decoded, and the replacement character that another program left where
 * it could not decode, become a byte that is no UTF-8.
 */
export class DecodedSource implements ByteSource {
  private readonly block = Buffer.alloc(blockBytes);
  private decoder: Decoder | null = null;
  private ready: Buffer = Buffer.alloc(0);
  private at = 0;
  private isAtEnd = false;

  constructor(
    private readonly source: ByteSource,
    private readonly encoding: string,
  ) {}

  read(target: Uint8Array, offset: number, length: number): number {
    while (this.at === this.ready.length && !this.isAtEnd) this.decodeBlock();
    const count = Math.min(length, this.ready.length - this.at);
    target.set(this.ready.subarray(this.at, this.at + count), offset);
    this.at += count;
    return count;
  }

  private decodeBlock(): void {
    const length = this.source.read(this.block, 0, blockBytes);
    const bytes = this.block.subarray(0, length);
    this.decoder ??= decoderOf(this.encoding, bytes);
    if (length === 0) this.isAtEnd = true;
    const text = length === 0 ? (this.decoder.end() ?? "") : this.decoder.write(bytes);
    this.ready = text.includes("\ufffd") ? marked(text) : Buffer.from(text);
    this.at = 0;
  }
}

const marked = (text: string): Buffer => {
  const mark = Buffer.of(invalidByte);
  return Buffer.concat(text.split("\ufffd").flatMap((part, i) => (i === 0 ? [Buffer.from(part)] : [mark, Buffer.from(part)])));
};

/**
 * UTF-16 and what iconv-lite does not know by TextDecoder, everything else by iconv-lite: TextDecoder of Node 20 reads windows-1252 as
 * iso-8859-1 (0x80 is not €), and takes the one name for the other. A byte order mark decides between the two orders of UTF-16.
 */
const decoderOf = (encoding: string, first: Buffer): Decoder => {
  const utf16 = /^(?:utf-?16|ucs-?2|unicode)(le|be)?$/i.exec(encoding);
  if (utf16 !== null) {
    const isBig =
      first[0] === 0xfe && first[1] === 0xff ? true : first[0] === 0xff && first[1] === 0xfe ? false : utf16[1]?.toLowerCase() === "be";
    return textDecoder(isBig ? "utf-16be" : "utf-16le");
  }
  return iconv.encodingExists(encoding) ? iconv.getDecoder(encoding) : textDecoder(encoding);
};

const textDecoder = (label: string): Decoder => {
  const decoder = new TextDecoder(label);
  return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
};
