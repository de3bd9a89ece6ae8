import { expect, test } from "vitest";
import type { Configuration } from "../../src/config/index.js";
import { configurationFile, load } from "./workspace.js";

const configurationOf = (loaded: ReturnType<typeof load>): Configuration => {
  expect(loaded.findings.filter(({ severity }) => severity === "error")).toEqual([]);
  if (loaded.configuration === null) throw new Error("there is no configuration");
  return loaded.configuration;
};

const world = (transformations: string): string =>
  configurationFile(`<Connector Identifier="HR" DisplayName_L1="HR"/>
    <Connection Identifier="Hr" Connector="HR" DisplayName_L1="HR" Package="Usercube.Excel@0000001">${transformations}</Connection>
    <EntityType Identifier="P"><Property Identifier="Key" TargetColumnIndex="4"/></EntityType>
    <EntityTypeMapping Identifier="P" Connector="HR" ConnectionTable="Hr_0"><Property Identifier="Key" ConnectionColumn="key" IsPrimaryKey="true"/></EntityTypeMapping>`);
const concat = '<Transformation Type="ConcatColumns" Table="Hr_0.csv" Column="Name" InputColumn="First" InputColumn3="Last"/>';
const date = '<Transformation Type="TransformDate" Table="Hr_0" Column="End" AddedDays="-0.5" MaxYear="2079" DatePattern="dd/MM/yyyy"/>';
const where = '<Transformation Type="WhereValue" Table="Hr_1" Column="Site" WhereOperator="CotContains" WhereValue="test "/>';

test("Transformations are compiled in document order, with their defaults", () => {
  const configuration = configurationOf(load({ "a.xml": world(concat + date + where) }));
  expect(configuration.connections.get("Hr")?.transformations).toEqual([
    {
      type: "ConcatColumns",
      table: "Hr_0",
      column: "Name",
      inputs: ["First", "Last"],
      separator: "",
      removeEmpty: false,
      removeDuplicates: false,
      sortValues: false,
    },
    {
      type: "TransformDate",
      table: "Hr_0",
      column: "End",
      input: "End",
      addedDays: -0.5,
      minYear: null,
      maxYear: 2079,
      datePattern: "dd/MM/yyyy",
    },
    { type: "WhereValue", table: "Hr_1", column: "Site", operator: "NotContains", value: "test " },
  ]);
});

test("their order is part of the configuration", () => {
  const hashOf = (transformations: string): string => configurationOf(load({ "a.xml": world(transformations) })).hash;
  expect(hashOf(concat + date)).not.toBe(hashOf(date + concat));
  expect(hashOf(concat + date)).toBe(hashOf(`${concat}\n<!-- then -->\n${date}`));
});
