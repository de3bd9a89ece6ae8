import path from "node:path";
import { describe, expect, test } from "vitest";
import { attributeNames, catalogue, catalogueAreas, childrenOf, findAttribute, rootElements } from "../../src/config/catalogue/index.js";
import { findPackage, packageDefinitions } from "../../src/config/catalogue/packages.js";
import { configurationReference } from "../../src/config/index.js";
import { maximalDocument } from "./maximal-document.js";
import { codes, configurationFile, findingLines, load } from "./workspace.js";

const definitions = [...catalogue.values()];

test("every path stands once, every child exists, everything can be reached from the root", () => {
  expect(definitions).toHaveLength(catalogueAreas.flatMap(({ elements }) => elements).length);
  const reached = new Set<string>();
  const visit = (path: string): void => {
    const definition = catalogue.get(path);
    if (definition === undefined || reached.has(path)) return;
    reached.add(path);
    for (const child of childrenOf(definition).values()) visit(child.path);
  };
  for (const { path: root } of rootElements.values()) visit(root);
  expect(definitions.map(({ path: own }) => own).filter((own) => !reached.has(own))).toEqual([]);
});

test("names of an element's attributes are unambiguous, documented, and defaults are of the type", () => {
  for (const definition of definitions) {
    const names = attributeNames(definition).map((name) => name.toLowerCase());
    expect(new Set(names).size, definition.path).toBe(names.length);
    for (const attribute of definition.attributes) {
      expect(attribute.documentation, `${definition.path} ${attribute.name}`).toMatch(/\.$/);
      expect(attribute.required && attribute.default !== null, `${definition.path} ${attribute.name}`).toBe(false);
      const { type, default: standard } = attribute;
      if (standard === null) continue;
      if (type.kind === "boolean") expect(standard).toBeTypeOf("boolean");
      else if (type.kind === "integer" || type.kind === "double") expect(standard).toBeTypeOf("number");
      else if (type.kind === "enum") expect(type.values.map(({ name }) => name)).toContain(standard);
      else expect(standard).toBeTypeOf("string");
    }
  }
});

test("references name kinds that something declares, or that are only known elsewhere", () => {
  const kinds = new Set(definitions.map(({ declares }) => declares));
  for (const { path: own, attributes } of definitions) {
    for (const { type, name } of attributes) {
      if (type.kind === "reference") for (const kind of type.to) expect(kinds.has(kind), `${own} ${name} → ${kind}`).toBe(true);
      if (type.kind === "property" && type.of !== null) {
        const of = type.of.replace("^", "");
        const holders = type.of.startsWith("^")
          ? definitions.filter(({ children }) => children.includes(own))
          : definitions.filter((other) => other.path === own);
        for (const holder of holders)
          expect(
            holder.attributes.some((attribute) => attribute.name === of),
            `${holder.path} ${of}`,
          ).toBe(true);
      }
    }
  }
});

test.each([
  ["SingleRole", "D3V", "D3V"],
  ["SingleRole", "d1a", "D1A"],
  ["SingleRole", "D40", null],
  ["SingleRole", "DW", null],
  ["SingleRole", "R0", "R0"],
  ["Connector", "DisplayName_L16", "DisplayName_L16"],
  ["Connector", "DisplayName_L0", null],
  ["Connector", "DisplayName_L01", null],
  ["ContextRule", "B10", "B10"],
  ["Job", "CrontabExpression", "CronTabExpression"],
])("%s %s is %s", (element, name, expected) => {
  const definition = catalogue.get(element);
  if (definition === undefined) throw new Error(element);
  expect(findAttribute(definition, name)?.name ?? null).toBe(expected);
});

describe("a document with every element and attribute of the catalogue", () => {
  test("is understood to the last attribute", () => {
    const loaded = load({ "a.xml": maximalDocument() });
    // What the values mean together is nonsense, so rules across elements complain; names, values and references do not.
    const about = ["CFG_ELEMENT", "CFG_ATTRIBUTE", "CFG_VALUE", "CFG_REFERENCE", "CFG_PROPERTY", "CFG_TEXT", "CFG_XML"];
    expect(findingLines(loaded).filter((line) => about.some((code) => line.includes(` ${code}`)))).toEqual([]);
    const counted = definitions.filter(({ isOpen, isRoot, status }) => isOpen || (isRoot && status === "scaffolding"));
    expect(new Set(loaded.accepted.keys())).toEqual(new Set(counted.map(({ name }) => name)));
  });
});

describe("packages", () => {
  test.each(packageDefinitions.map(({ name }) => name))("%s by its documented and its short name", (name) => {
    expect(findPackage(`Usercube.${name}@0000001`)?.name).toBe(name);
    expect(findPackage(name.toLowerCase())?.name).toBe(name);
    const connection = (text: string) =>
      configurationFile(
        `<Connector Identifier="X" DisplayName_L1="X"/><Connection Identifier="C" Connector="X" DisplayName_L1="C" Package="${text}"/>`,
      );
    expect(load({ "a.xml": connection(`Usercube.${name}@0000001`) }).configuration?.connections.get("C")?.package).toBe(name);
  });

  test("an undocumented one is an error", () => {
    expect(findPackage("Usercube.CSVX@0000001")).toBeNull();
    expect(
      codes(
        load({
          "a.xml": configurationFile(
            '<Connector Identifier="X" DisplayName_L1="X"/><Connection Identifier="C" Connector="X" DisplayName_L1="C" Package="Nothing"/>',
          ),
        }),
      ),
    ).toEqual(["CFG_PACKAGE"]);
  });
});

test("docs/configuration.md is what the catalogue says (npx vitest run test/config -u writes it)", async () => {
  await expect(configurationReference()).toMatchFileSnapshot(path.resolve(import.meta.dirname, "../../docs/configuration.md"));
});
