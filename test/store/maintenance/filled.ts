import type { Knex } from "knex";
import type { EntityType, Property } from "../../../src/model/index.js";
import { slotOf } from "../../../src/model/index.js";
import { type DatabaseTool, databaseTool, type Maintenance } from "../../../src/store/index.js";
import { openEnd } from "../../../src/store/open-end.js";
import type { RepositoryModel, RunOptions } from "../../../src/store/synchronization.js";
import type { TestDatabase } from "../../database.js";

const property = (identifier: string, index: number, isNavigation = false): Property => ({
  identifier,
  displayName: identifier,
  type: isNavigation ? "ForeignKey" : "String",
  index,
  slot: index < 0 ? null : slotOf(index),
  isKey: false,
  isNavigation,
  historyPrecision: 0,
});

/** People with a manager in their own row, a site by a link row, and groups: names that a database could stumble over. */
const person: EntityType = {
  identifier: "Person",
  displayName: "Person",
  properties: [
    property("PersonId", 4),
    property("select", 5),
    property("Id", 6),
    property("VALIDFROM", 7),
    property("Manager", 128, true),
    property("Reports", -1, true),
    property("Groups", -1, true),
    property("Site", -1, true),
    property("Photo", -1),
  ],
};
const group: EntityType = {
  identifier: "Group",
  displayName: "Group",
  properties: [property("GroupId", 4), property("Members", -1, true)],
};
const site: EntityType = { identifier: "Site", displayName: "Site", properties: [property("SiteId", 4), property("People", -1, true)] };

const mapping = (identifier: string, key: string): RepositoryModel["connectors"][number]["entityTypes"][number] => ({
  identifier,
  connector: "HR",
  connection: "HR_Csv",
  table: identifier,
  properties: [{ property: key, column: "id", isUniqueKey: false }],
  limits: {},
});

export const model: RepositoryModel = {
  entityTypes: [person, group, site],
  associations: [
    {
      identifier: "Person_Manager",
      displayName: "",
      side1: { entityType: "Person", property: "Reports", isCollection: true, slot: null },
      side2: { entityType: "Person", property: "Manager", isCollection: false, slot: slotOf(128) },
    },
    {
      identifier: "Group_Members",
      displayName: "",
      side1: { entityType: "Group", property: "Members", isCollection: true, slot: null },
      side2: { entityType: "Person", property: "Groups", isCollection: true, slot: null },
    },
    {
      identifier: "Person_Site",
      displayName: "",
      side1: { entityType: "Person", property: "Site", isCollection: false, slot: null },
      side2: { entityType: "Site", property: "People", isCollection: true, slot: null },
    },
  ],
  connectors: [
    {
      connector: "HR",
      limits: {},
      entityTypes: [mapping("Person", "PersonId"), mapping("Group", "GroupId"), mapping("Site", "SiteId")],
      associations: [
        {
          identifier: "Group_Members",
          connector: "HR",
          connection: "HR_Csv",
          table: "members",
          column1: "group",
          column2: "person",
          key1: { entityType: "Group", property: "GroupId" },
          key2: { entityType: "Person", property: "select" },
          limits: {},
        },
      ],
    },
  ],
};

export const numbers = { Person: 1, Group: 2, Site: 3, members: 1, sites: 2 } as const;

/** Numbers of the model as a first synchronization gives them. */
export const register = async (knex: Knex): Promise<void> => {
  for (const [Identifier, MappingKey] of [
    ["Person", "PersonId"],
    ["Group", "GroupId"],
    ["Site", "SiteId"],
  ]) {
    await knex("UM_EntityTypes").insert({ Identifier, MappingKey });
  }
  for (const Association of ["Group_Members", "Person_Site"]) await knex("UM_Mappings").insert({ Association, Connector: "HR" });
};

/** The first moment of a day of November 2026. */
export const day = (number: number): string => `2026-11-${String(number).padStart(2, "0")}T00:00:00.000Z`;

export interface TestVersion {
  readonly id: number;
  readonly type?: number;
  readonly from: string;
  readonly to?: string;
  readonly by?: number;
  readonly closedBy?: number;
  readonly slots?: Readonly<Record<string, string | number>>;
}

export const addVersions = async (knex: Knex, versions: readonly TestVersion[]): Promise<void> => {
  for (const { id, type, from, to, by, closedBy, slots } of versions) {
    await knex("UR_Resources").insert({
      Id: id,
      Type: type ?? numbers.Person,
      ValidFrom: from,
      ValidTo: to ?? openEnd,
      ChangedBy: by ?? null,
      ClosedBy: closedBy ?? null,
      ...slots,
    });
  }
};

export const addLink = async (
  knex: Knex,
  mappingNumber: number,
  one: number,
  two: number,
  from: string,
  to = openEnd,
  by: number | null = null,
) => {
  await knex("UR_ResourceLinks").insert({ Mapping: mappingNumber, R1_Id: one, R2_Id: two, ValidFrom: from, ValidTo: to, ChangedBy: by });
};

/** An ended instance of one task; gives both numbers. */
export const addInstance = async (
  knex: Knex,
  ended: string,
  options: { readonly job?: string; readonly state?: string; readonly taskState?: string } = {},
): Promise<{ readonly instance: number; readonly task: number }> => {
  const state = options.state ?? "Completed";
  await knex("UJ_JobInstances").insert({
    Job: options.job ?? "HR",
    State: state,
    StartDate: ended,
    EndDate: state === "InProgress" ? null : ended,
    Trigger: "CommandLine",
    StartedBy: "ann",
    Host: "h",
    Pid: 1,
    ProcessStart: "1",
    Fence: 1,
    ConfigurationHash: "c",
    PlanHash: "p",
    Plan: "{}",
  });
  const [made] = (await knex("UJ_JobInstances").max("Id as Id")) as { Id: number }[];
  const instance = Number(made?.Id);
  await knex("UJ_TaskInstances").insert({
    JobInstance: instance,
    TaskKey: "Load",
    Task: "Load",
    Type: "SynchronizeTask",
    Level: 0,
    Position: 0,
    State: options.taskState ?? "Completed",
    Connector: "HR",
  });
  const [task] = (await knex("UJ_TaskInstances").max("Id as Id")) as { Id: number }[];
  return { instance, task: Number(task?.Id) };
};

export const toolOf = ({ setting }: TestDatabase): Promise<DatabaseTool> => databaseTool(setting);

export const maintenanceOf = async (database: TestDatabase): Promise<Maintenance> => {
  const { maintenance } = await toolOf(database);
  if (maintenance === null) throw new Error("there is no database");
  return maintenance;
};

export const quietly: RunOptions = { signal: new AbortController().signal, onProgress: () => undefined };
