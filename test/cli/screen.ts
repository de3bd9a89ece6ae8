import { EventEmitter } from "node:events";
import { widthOf } from "../../src/cli/terminal/index.js";

/** A stream that keeps what was written; a terminal where `isTTY` is set. */
export class Capture extends EventEmitter {
  text = "";
  isTTY?: boolean;
  columns?: number;
  rows?: number;

  constructor(terminal: { columns: number; rows: number } | null = null) {
    super();
    if (terminal === null) return;
    this.isTTY = true;
    this.columns = terminal.columns;
    this.rows = terminal.rows;
  }

  write(text: string): boolean {
    this.text += text;
    return true;
  }
}

/**
 * What a terminal of this size shows after a text: interprets line ends, returns, `cursor up`, `clear to the end` and colours; long lines break.
 * Lines that scrolled off can no longer be reached, as on a real one. Gives all lines, scrolled ones included.
 */
export const shownBy = (text: string, size: { columns: number; rows: number }): string[] => {
  const lines: string[] = [""];
  let row = 0;
  const top = (): number => Math.max(0, lines.length - size.rows);
  const newLine = (): void => {
    row++;
    if (row === lines.length) lines.push("");
  };
  const tokens = text.match(/\u001b\[[0-9;]*[A-Za-z]|\r|\n|[^\u001b\r\n]+/gu) ?? [];
  let column = 0;
  for (const token of tokens) {
    if (token === "\n") {
      newLine();
      column = 0;
    } else if (token === "\r") {
      column = 0;
    } else if (token.startsWith("\u001b[")) {
      if (token.endsWith("A")) row = Math.max(top(), row - Number(token.slice(2, -1) || 1));
      else if (token.endsWith("J")) {
        lines.splice(row + 1);
        lines[row] = (lines[row] ?? "").slice(0, column);
      } else if (!token.endsWith("m")) throw new Error(`the screen does not know ${JSON.stringify(token)}`);
    } else {
      for (const character of token) {
        if (widthOf((lines[row] ?? "") + character) > size.columns) {
          newLine();
          column = 0;
        }
        lines[row] = (column === 0 ? "" : (lines[row] ?? "")) + character;
        column += character.length;
      }
    }
  }
  return lines.map((line) => line.trimEnd());
};
