import type { MailBlock } from "./mail-block.js";

/** A title, and the blocks that have something in them, one below the other. */
export const plainText = (title: string, blocks: readonly MailBlock[]): string =>
  `${[title, ...blocks.map(plainBlock)].filter((part) => part !== "").join("\n\n")}\n`;

const titled = (title: string, lines: readonly string[]): string => [title, "-".repeat(title.length), ...lines].join("\n");

/** One block as text of a fixed pitch; empty where there is nothing in it. */
export const plainBlock = (block: MailBlock): string => {
  switch (block.kind) {
    case "facts": {
      const width = Math.max(0, ...block.rows.map(([label]) => label.length));
      return block.rows
        .map(([label, value]) => `${label.padEnd(width)}  ${value.replaceAll("\n", `\n${" ".repeat(width + 2)}`)}`)
        .join("\n");
    }
    case "passages":
      if (block.passages.length === 0) return "";
      return titled(block.title, [
        block.passages.map(({ heading, lines }) => [heading, ...lines.map((line) => `  ${line}`)].join("\n")).join("\n\n"),
      ]);
    case "table": {
      if (block.rows.length === 0) return "";
      const widths = block.columns.map(({ title }, at) => Math.max(title.length, ...block.rows.map((row) => row[at]?.length ?? 0)));
      const line = (cells: readonly string[]): string =>
        block.columns
          .map(({ isNumber }, at) =>
            isNumber === true ? (cells[at] ?? "").padStart(widths[at] ?? 0) : (cells[at] ?? "").padEnd(widths[at] ?? 0),
          )
          .join("  ")
          .trimEnd();
      return titled(block.title, [
        line(block.columns.map(({ title }) => title)),
        ...block.rows.map(line),
        ...(block.note === null ? [] : [block.note]),
      ]);
    }
    case "commands":
      return titled(
        block.title,
        block.commands.flatMap(([command, does]) => [`  ${command}`, `      ${does}`]),
      );
  }
};
