import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { writeXsd } from "../../src/config/index.js";
import { parseXml } from "../../src/config/xml/document.js";
import { maximalDocument } from "./maximal-document.js";
import { fixtures, workspaceOf } from "./workspace.js";

const hasXmllint = spawnSync("xmllint", ["--version"]).status === 0;
const namespace = ' xmlns="urn:schemas-usercube-com:configuration"';

test("the schema is well-formed and does not depend on when it is written", () => {
  expect(parseXml(Buffer.from(writeXsd()), "sluice.xsd").name).toBe("schema");
  expect(writeXsd()).toBe(writeXsd());
});

/** Files under a folder of fixtures, all put into the namespace that the schema is for. */
const documents = (folder: string): readonly (readonly [string, string])[] =>
  readdirSync(path.join(fixtures, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".xml"))
    .map((name) => {
      const text = readFileSync(path.join(fixtures, folder, name), "utf8");
      return [
        name,
        text.includes("schemas-usercube") ? text : text.replace("<ConfigurationFile>", `<ConfigurationFile${namespace}>`),
      ] as const;
    });

const isValid = (text: string): boolean => {
  const folder = workspaceOf({ "sluice.xsd": writeXsd(), "a.xml": text });
  const { status, stderr } = spawnSync(
    "xmllint",
    ["--noout", "--nonet", "--schema", path.join(folder, "sluice.xsd"), path.join(folder, "a.xml")],
    { encoding: "utf8" },
  );
  if (status !== 0 && status !== 3) throw new Error(stderr);
  return status === 0;
};

describe.skipIf(!hasXmllint)("xmllint with the schema (skipped where it is not installed)", () => {
  test.each(documents("valid"))("takes valid/%s", (_, text) => {
    expect(isValid(text)).toBe(true);
  });

  test("takes every element and attribute of the catalogue", () => {
    expect(isValid(maximalDocument())).toBe(true);
  });

  test.each(documents("invalid").filter(([name]) => ["elements.xml", "attributes.xml", "values.xml"].includes(name)))(
    "refuses invalid/%s",
    (_, text) => {
      expect(isValid(text)).toBe(false);
    },
  );

  test("a file without namespace has a schema too", () => {
    const folder = workspaceOf({ "a.xml": '<ConfigurationFile><Connector Identifier="X" DisplayName_L1="X"/></ConfigurationFile>' });
    writeFileSync(path.join(folder, "plain.xsd"), writeXsd(null));
    expect(() =>
      execFileSync("xmllint", ["--noout", "--schema", path.join(folder, "plain.xsd"), path.join(folder, "a.xml")], { stdio: "pipe" }),
    ).not.toThrow();
  });
});
