import { StringDecoder } from "node:string_decoder";

/** A longer line (characters) is passed on in pieces: a program that never ends its line must not fill the memory. */
const longestLine = 8 * 1024;

/** Cuts the bytes of one stream into lines, ended by LF or CR LF; text is UTF-8, what is not becomes U+FFFD. */
export class LineSplitter {
  private readonly decoder = new StringDecoder("utf8");
  private rest = "";

  constructor(private readonly onLine: (line: string) => void) {}

  write(bytes: Buffer): void {
    this.take(this.decoder.write(bytes));
  }

  /** What stands behind the last line end, if anything. */
  end(): void {
    this.take(this.decoder.end());
    if (this.rest !== "") this.onLine(this.rest);
    this.rest = "";
  }

  private take(text: string): void {
    const lines = (this.rest + text).split("\n");
    this.rest = lines.pop() ?? "";
    for (const line of lines) this.pass(line.endsWith("\r") ? line.slice(0, -1) : line);
    while (this.rest.length > longestLine) {
      this.onLine(this.rest.slice(0, longestLine));
      this.rest = this.rest.slice(longestLine);
    }
  }

  private pass(line: string): void {
    for (let at = 0; at < line.length || at === 0; at += longestLine) this.onLine(line.slice(at, at + longestLine));
  }
}
