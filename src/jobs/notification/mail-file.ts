import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** Longest line of a header that is kept whole everywhere (RFC 5322 §2.1.1: 998 characters). */
const longestReason = 900;

/**
 * Writes a mail that was not sent as `<name>.eml`, or `<name>-2.eml` and so on where there is one, and gives its path. It opens as a draft in mail programs; why it was not sent stands in
 * its header `X-Sluice-Unsent`. Throws what the file system throws; then nothing is left under that name.
 */
export const writeMailFile = (folder: string, name: string, bytes: Buffer, reason: string | null): string => {
  mkdirSync(folder, { recursive: true });
  const safe = name.replaceAll(/[^\p{L}\p{N}._-]/gu, "_");
  let path = join(folder, `${safe}.eml`);
  for (let number = 2; existsSync(path); number++) path = join(folder, `${safe}-${number}.eml`);
  const unsent = reason === null ? "" : `X-Sluice-Unsent: ${reason.replaceAll(/[^ -~]+/g, " ").slice(0, longestReason)}\r\n`;
  const content = Buffer.concat([Buffer.from(`X-Unsent: 1\r\n${unsent}`, "ascii"), bytes]);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(temporary, "w");
    try {
      for (let from = 0; from < content.length; ) from += writeSync(file, content, from);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  return path;
};
