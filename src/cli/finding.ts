import type { Finding } from "../config/index.js";
import { printable, type Style } from "./terminal/index.js";

/** `file:line:column: error CODE: text` (design §4). */
export const findingLine = (finding: Finding, style: Style): string => {
  const place = [finding.file, finding.line, finding.column].filter((part) => part !== undefined).join(":");
  const severity = finding.severity === "error" ? style.bad("error") : style.warning("warning");
  return `${printable(place)}: ${severity} ${finding.code}: ${printable(finding.message)}`;
};

/** By file, then line, then column, then code, so that two runs print the same. */
export const sortFindings = (findings: readonly Finding[]): Finding[] =>
  [...findings].sort(
    (a, b) =>
      Buffer.compare(Buffer.from(a.file), Buffer.from(b.file)) ||
      (a.line ?? 0) - (b.line ?? 0) ||
      (a.column ?? 0) - (b.column ?? 0) ||
      Buffer.compare(Buffer.from(a.code), Buffer.from(b.code)),
  );
