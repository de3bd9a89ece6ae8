import { headOf, padTo, widthOf } from "./width.js";

/**
 * Breaks text at blanks so that no line is wider than `columns`; a word that is wider than a line is broken.
 * Further lines begin with `indent` blanks.
 */
export const wrap = (text: string, columns: number, indent = 0): string[] => {
  const lines: string[] = [];
  let line = "";
  const room = Math.max(1, columns - indent);
  for (const word of text.split(" ")) {
    const candidate = line === "" ? word : `${line} ${word}`;
    const limit = lines.length === 0 ? columns : room;
    if (widthOf(candidate) <= limit) {
      line = candidate;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (widthOf(line) > room) {
      // A character wider than the line itself goes on a line of its own.
      const head = headOf(line, room) || headOf(line, 2);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  lines.push(line);
  return lines.map((each, index) => (index === 0 ? each : padTo("", indent) + each));
};
