import type { TaskGraph, TaskNode } from "./task-graph.js";

/** Nodes are named by their place, so that no identifier ever is syntax. */
const idOf = (node: TaskNode): string => `n${node.position}`;

const levelsOf = (graph: TaskGraph): { level: number; nodes: TaskNode[] }[] => {
  const levels: { level: number; nodes: TaskNode[] }[] = [];
  for (const node of graph.nodes) {
    const last = levels.at(-1);
    if (last?.level === node.group) last.nodes.push(node);
    else levels.push({ level: node.group, nodes: [node] });
  }
  return levels;
};

const linksOf = (graph: TaskGraph): { parent: TaskNode; child: TaskNode }[] => {
  const byKey = new Map(graph.nodes.map((node) => [node.taskKey, node]));
  return graph.nodes.flatMap((child) =>
    child.parents.flatMap((key) => {
      const parent = byKey.get(key);
      return parent === undefined ? [] : [{ parent, child }];
    }),
  );
};

const linesOf = ({ task, taskKey, side }: TaskNode): string[] => [
  taskKey,
  task.displayName,
  `${task.type}, ${task.agent === null ? side : `${side} ${task.agent}`}`,
];

const noControls = (text: string): string => text.replace(/\p{Cc}+/gu, " ");

/** Mermaid reads `#34;` and the like inside a quoted label; what could end the label, open markup or start an entity is written so. */
const mermaidText = (text: string): string => noControls(text).replace(/["#&<>`\\]/g, (character) => `#${character.charCodeAt(0)};`);

/** The plan as a Mermaid flowchart: a box for each level, arrows from parent to child; what is not in this run is dashed. */
export const planMermaid = (graph: TaskGraph): string => {
  const levels = levelsOf(graph);
  const unselected = graph.nodes.filter((node) => !node.isSelected).map(idOf);
  const lines = [
    "flowchart TD",
    ...levels.flatMap(({ level, nodes }) => [
      `  subgraph level${level}["Level ${level}"]`,
      ...nodes.map((node) => `    ${idOf(node)}["${linesOf(node).map(mermaidText).join("<br/>")}"]`),
      "  end",
    ]),
    ...levels.slice(1).map(({ level }, index) => `  level${levels[index]?.level} ~~~ level${level}`),
    ...linksOf(graph).map(({ parent, child }) => `  ${idOf(parent)} --> ${idOf(child)}`),
    ...(unselected.length === 0 ? [] : ["  classDef notInThisRun stroke-dasharray: 4", `  class ${unselected.join(",")} notInThisRun`]),
  ];
  return `${lines.join("\n")}\n`;
};

/** In a quoted DOT string only the quote and, before it or an escape, the backslash are special. */
const dotText = (text: string): string => noControls(text).replace(/["\\]/g, (character) => `\\${character}`);

/** The plan in Graphviz's language: a cluster for each level, edges from parent to child; what is not in this run is dashed. */
export const planDot = (graph: TaskGraph): string => {
  const levels = levelsOf(graph);
  const lines = [
    `digraph "${dotText(graph.job ?? graph.displayName)}" {`,
    "  rankdir=TB;",
    "  node [shape=box];",
    ...levels.flatMap(({ level, nodes }) => [
      `  subgraph cluster_${level} {`,
      `    label="Level ${level}";`,
      ...nodes.map(
        (node) => `    ${idOf(node)} [label="${linesOf(node).map(dotText).join("\\n")}"${node.isSelected ? "" : ", style=dashed"}];`,
      ),
      "  }",
    ]),
    ...levels.slice(1).flatMap(({ nodes: [to] }, index) => {
      const from = levels[index]?.nodes[0];
      return from === undefined || to === undefined ? [] : [`  ${idOf(from)} -> ${idOf(to)} [style=invis];`];
    }),
    ...linksOf(graph).map(({ parent, child }) => `  ${idOf(parent)} -> ${idOf(child)};`),
    "}",
  ];
  return `${lines.join("\n")}\n`;
};
