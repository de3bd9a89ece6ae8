import type { TaskGraph, TaskNode } from "./task-graph.js";

/** Letters that take two columns of a terminal: East Asian wide and full-width forms, and most emoji. */
const wide = /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u;
const graphemes = new Intl.Segmenter();

/** Columns that a text takes on a terminal. */
const widthOf = (text: string): number => {
  let width = 0;
  for (const { segment } of graphemes.segment(text)) width += wide.test(segment) ? 2 : 1;
  return width;
};

/** A label on one line: line ends and other control characters become blanks. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\s]+/gu, " ").trim();

const headings = ["Level", "Side", "Type", "Identifier", "Name", "Depends on"] as const;

const cellsOf = (node: TaskNode, isFirstOfLevel: boolean): string[] => {
  const dependsOn = [...node.parents, ...node.ignoredParents.map((parent) => `(${parent}: not in this run)`)].join(", ");
  const side = node.task.agent === null ? node.side : `${node.side} ${node.task.agent}`;
  const name = node.isSelected ? node.task.displayName : `${node.task.displayName} (not in this run)`;
  return [isFirstOfLevel ? String(node.group) : "", side, node.task.type, node.taskKey, name, dependsOn].map(oneLine);
};

const count = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? "" : "s"}`;

/** The plan for a person: one line a task under a heading, columns aligned, the level's number on its first task. */
export const planText = (graph: TaskGraph): string => {
  const { nodes } = graph;
  const rows = nodes.map((node, index) => cellsOf(node, node.group !== nodes[index - 1]?.group));
  const table = [[...headings], ...rows];
  const widths = headings.map((_, column) => Math.max(...table.map((cells) => widthOf(cells[column] ?? ""))));
  const lines = table.map((cells) =>
    cells
      .map((cell, column) => cell + " ".repeat((widths[column] ?? 0) - widthOf(cell)))
      .join("  ")
      .trimEnd(),
  );
  const levels = new Set(nodes.map((node) => node.group)).size;
  const title = [
    ...(graph.job === null ? [] : [graph.job]),
    oneLine(graph.displayName),
    `${count(nodes.length, "task")} on ${count(levels, "level")}`,
  ].join(" · ");
  return `${[title, "", ...lines].join("\n")}\n`;
};
