import { configurationNamespace, rootName } from "../catalogue/index.js";
import type { Expansion } from "../configuration.js";
import type { XmlElement } from "../xml/element.js";

/** Characters that a reader of XML would take for something else, or would change (XML 1.0 §3.3.3). */
const escapes: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "\n": "&#10;",
  "\r": "&#13;",
  "\t": "&#9;",
};

const escaped = (text: string): string => text.replace(/[&<>"\n\r\t]/g, (character) => escapes[character] ?? character);

/** Two hyphens end a comment for a strict reader. */
const comment = (text: string): string => `<!-- ${text.replace(/-(?=-)/g, "- ").replace(/-$/, "- ")} -->`;

const elementLines = ({ name, attributes, children }: XmlElement, indent: string): string[] => {
  const written = [...attributes].map(([key, value]) => ` ${key}="${escaped(value)}"`).join("");
  if (children.length === 0) return [`${indent}<${name}${written} />`];
  return [`${indent}<${name}${written}>`, ...children.flatMap((child) => elementLines(child, `${indent}  `)), `${indent}</${name}>`];
};

/**
 * A configuration file with what scaffoldings stand for, in their place: where it takes that of the scaffoldings the same jobs are loaded. Comments say where each part comes from, and what was
 * left out.
 */
export const configurationText = (expansions: readonly Expansion[]): string =>
  `${[
    '<?xml version="1.0" encoding="utf-8"?>',
    `<${rootName} xmlns="${configurationNamespace}">`,
    ...expansions.flatMap(({ scaffolding, place, notes, elements }) => [
      `  ${comment(`${scaffolding}, ${place.file}:${place.line}`)}`,
      ...notes.map((note) => `  ${comment(note)}`),
      ...elements.flatMap((element) => elementLines(element, "  ")),
    ]),
    `</${rootName}>`,
  ].join("\n")}\n`;
