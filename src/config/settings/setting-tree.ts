import type { Place } from "../../errors/index.js";
import type { Findings } from "../findings.js";
import { positionOf, type SourceText } from "../xml/source.js";
import type { JsonNode } from "./json.js";

/** Settings of all sources laid over each other: keys compared ignoring case, later sources win, lists are replaced. */
export interface SettingBranch {
  readonly kind: "branch";
  /** By lower-case key. */
  readonly members: Map<string, { key: string; node: SettingNode }>;
  readonly place: Place;
}
export interface SettingLeaf {
  readonly kind: "leaf";
  /** A scalar, or a list or an object inside a list, as JSON. */
  value: unknown;
  readonly place: Place;
}
export type SettingNode = SettingBranch | SettingLeaf;

export const branch = (place: Place): SettingBranch => ({ kind: "branch", members: new Map(), place });

const plain = (node: JsonNode): unknown => {
  if (node.kind === "scalar") return node.value;
  if (node.kind === "list") return node.items.map(plain);
  return Object.fromEntries(node.members.map(({ key, value }) => [key, plain(value)]));
};

/** Lays one file over what is there. A key that stands twice in one object is an error: .NET refuses it too. */
export const overlay = (target: SettingBranch, node: JsonNode, source: SourceText, findings: Findings): void => {
  if (node.kind !== "object") return;
  const here = new Set<string>();
  for (const { key, offset, value } of node.members) {
    const place = { file: source.file, ...positionOf(source, offset) };
    const lower = key.toLowerCase();
    if (here.has(lower)) {
      findings.error("CFG_SETTING_TWICE", { key }, place);
      continue;
    }
    here.add(lower);
    if (value.kind !== "object") {
      target.members.set(lower, { key, node: { kind: "leaf", value: plain(value), place } });
      continue;
    }
    const known = target.members.get(lower)?.node;
    const inner = known?.kind === "branch" ? known : branch(place);
    if (inner !== known) target.members.set(lower, { key, node: inner });
    overlay(inner, value, source, findings);
  }
};

/** The value below a node as plain JSON. */
export const plainValue = (node: SettingNode): unknown =>
  node.kind === "leaf"
    ? node.value
    : Object.fromEntries([...node.members.values()].map(({ key, node: inner }) => [key, plainValue(inner)]));

/** Takes levels joined by `.`, gives what stands there; null when nothing does. */
export const find = (root: SettingBranch, key: string): SettingNode | null => {
  let node: SettingNode = root;
  for (const level of key.split(".")) {
    const next: SettingNode | undefined = node.kind === "branch" ? node.members.get(level.toLowerCase())?.node : undefined;
    if (next === undefined) return null;
    node = next;
  }
  return node;
};
