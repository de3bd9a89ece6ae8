/** A command of a page with what it prints. */
export interface Step {
  readonly command: string;
  readonly output: string;
}

/** `$ command` lines of a block with what they print. */
export const stepsOf = (block: string): Step[] =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const [command = "", ...output] = part.split("\n");
      return { command, output: output.join("\n").trimEnd() };
    });

/** What differs from run to run and machine to machine: times, durations, hashes, sessions, processes, who and where; and the widths of columns that hold them. */
const masked = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z| UTC)/g, "DATE")
    .replace(/\b\d\d:\d\d:\d\d\b/g, "TIME")
    .replace(/\b\d+(\.\d+)? (ms|s|min)\b/g, "DURATION")
    .replace(/\b[0-9a-f]{64}\b/g, "HASH")
    .replace(/\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, "SESSION")
    .replace(/\bprocess \d+ on [\w.-]+/g, "PROCESS")
    .replace(/\b(?:by )?[\w.-]+@[\w.-]+(?= |$)/gm, "WHO")
    .split("\n")
    .map((line) => line.trim().replace(/ +/g, " "))
    .filter((line) => line !== "")
    .join("\n");

/** Whether a command printed what a page shows: a line `…` stands for any lines, a line that ends with `…` for any end. */
export const showsOutput = (shown: string, real: string): boolean => {
  const literal = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  const pattern = masked(shown)
    .split("\n")
    .map((line) => (line === "…" ? "(?:.*\\n)*?" : line.endsWith("…") ? `${literal(line.slice(0, -1))}.*\\n` : `${literal(line)}\\n`))
    .join("");
  return new RegExp(`^${pattern}$`).test(`${masked(real)}\n`);
};
