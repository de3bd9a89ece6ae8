import { readdirSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type Configuration, configurationDifferences, type ElementDifference, loadWorkspace } from "../../../src/config/index.js";
import { configurationFile, fixtures, load, workspaceOf } from "../workspace.js";

const valid = readdirSync(path.join(fixtures, "valid"));
const loadValid = (workspace: string): Configuration => {
  const { configuration, findings } = loadWorkspace({ workspace, env: {} });
  if (configuration === null) throw new Error(JSON.stringify(findings));
  return configuration;
};
const fixture = (name: string): Configuration => loadValid(path.join(fixtures, "valid", name));

describe("equal configurations", () => {
  test.each(valid)("of %s do not differ", (name) => {
    expect(configurationDifferences(fixture(name), fixture(name))).toEqual({ elements: [], settings: [] });
  });

  test("do not differ for being written elsewhere", () => {
    const element = '<Agent Identifier="A" DisplayName_L1="A"/>';
    const job = '<Job Identifier="J" DisplayName_L1="J"/>';
    const before = loadValid(workspaceOf({ "a.xml": configurationFile(element + job) }));
    const after = loadValid(workspaceOf({ "b/x.xml": configurationFile(`\n\n${job}`), "c.xml": configurationFile(element) }));
    const { elements, settings } = configurationDifferences(before, after);
    expect(elements).toEqual([]);
    // Two folders: theirs alone differ.
    expect(settings.map(({ name }) => name)).toEqual(["Database.Path", "WorkFolderPath", "TempFolderPath"]);
  });
});

type Path = readonly (string | number)[];

/** Members that a change of says nothing by itself: places, hashes, and what is derived from a member beside it. */
const derived = new Set(["place", "hash", "connectorHash", "workspace", "isGeneratedIdentifier", "secrets"]);
/** Attributes that a task has members of its own for. */
const ownMembers = new Set(["Agent", "OpenIdClient", "Connector", "Connection", "ContinueOnError"]);

/** Paths of all scalars below a value, entries of maps by their keys. */
const leaves = (value: unknown, at: Path = []): readonly Path[] => {
  if (typeof value !== "object" || value === null) return value === undefined ? [] : [at];
  if (Array.isArray(value)) return value.flatMap((item, index) => leaves(item, [...at, index]));
  const entries = value instanceof Map ? [...(value as ReadonlyMap<string, unknown>)] : Object.entries(value);
  return entries.flatMap(([key, member]) =>
    derived.has(key) || (key === "displayName" && "displayNames" in value) || (at.at(-1) === "attributes" && ownMembers.has(key))
      ? []
      : leaves(member, [...at, key]),
  );
};

const other = (value: unknown): unknown => {
  if (typeof value === "number") return value + 1;
  if (typeof value === "boolean") return !value;
  return value === null ? "given now" : `${String(value)}~`;
};

/** The same value with another scalar at a path. */
const changed = (value: unknown, at: Path): unknown => {
  const [key, ...rest] = at;
  if (key === undefined) return other(value);
  if (Array.isArray(value)) return value.map((item, index) => (index === key ? changed(item, rest) : item));
  if (value instanceof Map) {
    return new Map([...(value as ReadonlyMap<string, unknown>)].map(([k, member]) => [k, k === key ? changed(member, rest) : member]));
  }
  return Object.fromEntries(Object.entries(value as object).map(([k, member]) => [k, k === key ? changed(member, rest) : member]));
};

/** An element's own name below a map is the name that it has there. */
const isName = (at: Path): boolean => at.length === 3 && (at[2] === "identifier" || (at[0] === "connectors" && at[2] === "connector"));

/** The last one of each kind: that of the fifth property says no more than that of the first, and there are thousands. */
const oneOfEachKind = (paths: readonly Path[]): readonly Path[] => [
  ...new Map(
    paths.map((at) => [at.map((level, index) => (typeof level === "number" || index === 1 ? "*" : level)).join("."), at]),
  ).values(),
];

describe("every attribute that changes", () => {
  test.each([...valid, "../../../../examples"])("of %s shows up", (name) => {
    const before = fixture(name);
    const all = oneOfEachKind(leaves(before).filter((at) => !isName(at)));
    expect(all.length).toBeGreaterThan(20);
    const silent = all.filter((at) => {
      const { elements, settings } = configurationDifferences(before, changed(before, at) as Configuration);
      return elements.length + settings.length === 0;
    });
    expect(silent).toEqual([]);
  });
});

const base = (more = "", job = "", mapping = ""): string =>
  configurationFile(`
  <Agent Identifier="Local" DisplayName_L1="Local"/>
  <Connector Identifier="HR" DisplayName_L1="HR" Agent="Local" MaximumDeletedLines="10" MaximumInsertedLines="10" MaximumUpdatedLines="10"/>
  <Connection Identifier="People" Connector="HR" DisplayName_L1="People" Package="CSV"/>
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="PersonId" DisplayName_L1="No" TargetColumnIndex="4" IsKey="true"/>
    <Property Identifier="Name" DisplayName_L1="Name" TargetColumnIndex="5"/>
    ${more}
  </EntityType>
  <EntityTypeMapping Identifier="Person" Connector="HR" ConnectionTable="People" ${mapping}>
    <Property Identifier="PersonId" ConnectionColumn="id" IsPrimaryKey="true"/>
    <Property Identifier="Name" ConnectionColumn="name"/>
  </EntityTypeMapping>
  ${job}`);

const elementsOf = (before: string, after: string): readonly ElementDifference[] => {
  const files = (xml: string) => {
    const { configuration, findings } = load({ "a.xml": xml });
    if (configuration === null) throw new Error(JSON.stringify(findings));
    return configuration;
  };
  return configurationDifferences(files(before), files(after)).elements;
};

const task = (id: string, more = ""): string => `<SynchronizeTask Identifier="${id}" Connector="HR" DisplayName_L1="${id}" ${more}/>`;

describe("differences", () => {
  test("name the attribute as it is written, before and after", () => {
    const job = (cron: string, tasks: string) => `<Job Identifier="J" DisplayName_L1="J" CronTabExpression="${cron}">${tasks}</Job>`;
    const before = base("", job("0 3 * * *", task("A", 'Level="1"') + task("B", 'Level="2"')));
    const after = base(
      '<Property Identifier="Mail" DisplayName_L1="Mail" TargetColumnIndex="6"/>',
      job("0 4 * * *", task("A", 'Level="2"') + task("C", 'Level="3"')),
      'MaximumDeletedLines="5"',
    ).replace('ConnectionColumn="name"', 'ConnectionColumn="full"');
    expect(elementsOf(before, after)).toMatchObject([
      {
        element: "Job",
        identifier: "J",
        change: "changed",
        attributes: [{ name: "CronTabExpression", before: "0 3 * * *", after: "0 4 * * *" }],
        parts: [
          { element: "SynchronizeTask", identifier: "A", change: "changed", attributes: [{ name: "Level", before: "1", after: "2" }] },
          { element: "SynchronizeTask", identifier: "C", change: "added" },
          { element: "SynchronizeTask", identifier: "B", change: "removed" },
        ],
      },
      {
        element: "Connector",
        identifier: "HR",
        attributes: [],
        parts: [
          {
            element: "EntityTypeMapping",
            identifier: "Person",
            attributes: [{ name: "MaximumDeletedLines", before: null, after: "5" }],
            parts: [{ element: "Property", identifier: "Name", attributes: [{ name: "ConnectionColumn", before: "name", after: "full" }] }],
          },
        ],
      },
      { element: "EntityType", identifier: "Person", parts: [{ element: "Property", identifier: "Mail", change: "added" }] },
    ]);
  });

  test("tell of tasks that changed places", () => {
    const job = (tasks: string) => base("", `<Job Identifier="J" DisplayName_L1="J">${tasks}</Job>`);
    expect(elementsOf(job(task("A") + task("B") + task("C")), job(task("C") + task("A") + task("D")))).toMatchObject([
      {
        attributes: [{ name: "Order of tasks", before: "A, C", after: "C, A" }],
        parts: [
          { identifier: "D", change: "added" },
          { identifier: "B", change: "removed" },
        ],
      },
    ]);
  });

  test("keep secrets to themselves, and texts that hold one", () => {
    const settings = (password: string, path: string) =>
      load({
        "a.xml": base(),
        "appsettings.agent.json": JSON.stringify({
          ConnectionString: `Server=db;User Id=u;Password=${password};Database=d`,
          Databases: { Main: `Server=x;Password=${password}` },
          Connections: { People: { Path: path, Password: password } },
        }),
      }).configuration;
    const [before, after] = [settings("old-password", "a.csv"), settings("new-password", "b-new-password.csv")];
    if (before === null || after === null) throw new Error("invalid");
    const found = configurationDifferences(before, {
      ...after,
      settings: { ...after.settings, workFolder: before.settings.workFolder, tempFolder: before.settings.tempFolder },
    });
    expect(found).toEqual({
      elements: [],
      settings: [
        { name: "Database.ConnectionString", before: "***", after: "***" },
        { name: "Databases.main", before: "***", after: "***" },
        { name: "Connections.people.Path", before: "a.csv", after: "b-***.csv" },
        { name: "Connections.people.Password", before: "***", after: "***" },
      ],
    });
  });
});
