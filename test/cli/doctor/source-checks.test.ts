import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeXlsx } from "hucre/xlsx";
import { afterEach, beforeEach, expect, test } from "vitest";
import { sourceFindings } from "../../../src/cli/doctor/source-checks.js";
import { loadWorkspace } from "../../../src/config/index.js";
import { makeFolder } from "../../connectors/with-folder.js";

let root = "";
beforeEach(() => {
  root = makeFolder();
  mkdirSync(join(root, "data"));
  writeFileSync(join(root, "appsettings.agent.json"), JSON.stringify({ Connections: { Hr: { Path: "data/hr.xlsx" } } }));
});
afterEach(() => rmSync(root, { recursive: true }));

const mapping = (type: string, table: string, column: string, index: number): string =>
  `<EntityType Identifier="${type}"><Property Identifier="Key" TargetColumnIndex="${index}"/></EntityType>
  <EntityTypeMapping Identifier="${type}" Connector="HR" ConnectionTable="${table}"><Property Identifier="Key" ConnectionColumn="${column}" IsPrimaryKey="true"/></EntityTypeMapping>`;

const findings = async (mappings: string, transformations = ""): Promise<string> => {
  const xml = `<ConfigurationFile><Connector Identifier="HR" DisplayName_L1="HR"/>
    <Connection Identifier="Hr" Connector="HR" DisplayName_L1="HR" Package="Excel">${transformations}</Connection>${mappings}</ConfigurationFile>`;
  writeFileSync(join(root, "hr.xml"), xml);
  const { configuration } = loadWorkspace({ workspace: root, env: {} });
  if (configuration === null) throw new Error("the configuration is wrong");
  const { findings: found } = await sourceFindings(configuration);
  return JSON.stringify(found);
};

test("each sheet is held to the mappings that read it; a column that a Transformation adds is not missed", async () => {
  const sheets = [
    { name: "People", rows: [["id", "first", "last"]] },
    { name: "Sites", rows: [["site"]] },
  ];
  writeFileSync(join(root, "data", "hr.xlsx"), await writeXlsx({ sheets }));
  const both = mapping("P", "Hr_0", "id", 4) + mapping("S", "hr_1", "site", 4);
  expect(await findings(both)).toContain("2 tables");
  expect(await findings(both + mapping("Q", "Hr_0", "site", 4))).toContain("lacks in Hr_0 columns that mappings name: site");
  expect(await findings(mapping("P", "Hr_2", "id", 4))).toContain("lacks the table Hr_2, which mappings read");
  const concat = '<Transformation Type="ConcatColumns" Table="Hr_0" Column="full" InputColumn="first" InputColumn2="last"/>';
  expect(await findings(mapping("P", "Hr_0", "full", 4))).toContain("columns that mappings name: full");
  expect(await findings(mapping("P", "Hr_0", "full", 4), concat)).toContain("2 tables");
});
