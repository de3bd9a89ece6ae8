import { isUtf8 } from "node:buffer";

/** Offset of the first byte at which no UTF-8 character begins; the length where all is well. */
export const invalidUtf8At = (bytes: Uint8Array): number => {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] as number;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    if (length > 1 && (at + length > bytes.length || !isUtf8(bytes.subarray(at, at + length)))) return at;
    at += length;
  }
  return at;
};
