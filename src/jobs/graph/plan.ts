import { planDot, planMermaid } from "./plan-diagram.js";
import { planJson } from "./plan-json.js";
import { planText } from "./plan-text.js";
import type { TaskGraph } from "./task-graph.js";

/** What `plan --format` takes (design §4). */
export const planFormats = ["text", "mermaid", "dot", "json"] as const;
export type PlanFormat = (typeof planFormats)[number];

const writers: Record<PlanFormat, (graph: TaskGraph) => string> = {
  text: planText,
  mermaid: planMermaid,
  dot: planDot,
  json: (graph) => `${planJson(graph)}\n`,
};

/** The task graph as text that ends with a line end. Warnings are in `graph.warnings`; of the formats only `json` has them too. */
export const formatPlan = (graph: TaskGraph, format: PlanFormat): string => writers[format](graph);
