import type { Knex } from "knex";
import type { EntityAssociation, EntityType, Property, PropertyType } from "../../../src/model/index.js";
import { slotOf } from "../../../src/model/index.js";
import { openStore } from "../../../src/store/index.js";
import { openEnd } from "../../../src/store/open-end.js";
import type { ResourceReading } from "../../../src/store/reading/index.js";
import type { RepositoryModel } from "../../../src/store/synchronization.js";
import { type DatabaseKind, lastingDatabase } from "../../database.js";

const property = (identifier: string, index: number, options: { type?: PropertyType; isNavigation?: boolean } = {}): Property => ({
  identifier,
  displayName: identifier,
  type: options.type ?? "String",
  index,
  slot: index < 0 ? null : slotOf(index),
  isKey: false,
  isNavigation: options.isNavigation ?? false,
  historyPrecision: 0,
});

const navigation = (identifier: string, index = -1): Property => property(identifier, index, { type: "ForeignKey", isNavigation: true });

const entityTypes: readonly EntityType[] = [
  {
    identifier: "Person",
    displayName: "Person",
    properties: [
      property("Name", 5),
      property("PersonId", 4),
      navigation("Manager", 128),
      navigation("Reports"),
      navigation("Groups"),
      navigation("Site"),
      property("Photo", -1, { type: "Binary" }),
      property("Mail", 6),
    ],
  },
  { identifier: "Group", displayName: "Group", properties: [property("GroupId", 4), navigation("Members")] },
  { identifier: "Site", displayName: "Site", properties: [property("SiteId", 4), navigation("People")] },
];

const side = (entityType: string, name: string, isCollection: boolean, slot: number | null = null): EntityAssociation["side1"] => ({
  entityType,
  property: name,
  isCollection,
  slot: slot === null ? null : slotOf(slot),
});

const associations: readonly EntityAssociation[] = [
  // R1 = the manager, R2 = the report: R2 belongs to R1.Reports, R1 to R2.Manager.
  { identifier: "Person_Manager", displayName: "", side1: side("Person", "Reports", true), side2: side("Person", "Manager", false, 128) },
  { identifier: "Group_Members", displayName: "", side1: side("Group", "Members", true), side2: side("Person", "Groups", true) },
  { identifier: "Person_Site", displayName: "", side1: side("Person", "Site", false), side2: side("Site", "People", true) },
];

/** People, groups and sites: a navigation kept in a column, a many-to-many one, and a mono-valued one without a column. */
export const model: RepositoryModel = {
  entityTypes,
  associations,
  connectors: [
    {
      connector: "HR",
      limits: {},
      entityTypes: [
        {
          identifier: "Person",
          connector: "HR",
          connection: "HRCsv",
          table: "people",
          properties: [{ property: "PersonId", column: "id", isUniqueKey: false }],
          limits: {},
        },
      ],
      associations: [
        {
          identifier: "Group_Members",
          connector: "HR",
          connection: "HRCsv",
          table: "members",
          column1: "group",
          column2: "person",
          key1: { entityType: "Group", property: "GroupId" },
          key2: { entityType: "Person", property: "PersonId" },
          limits: {},
        },
      ],
    },
  ],
};

export const numbers = { person: 1, group: 2, site: 3, members: 1, site_of: 2, members2: 3 } as const;
const firstDay = "2026-11-01T00:00:00.000Z";

/** Rows whose numbers are said, in a table that gives them by itself: SQL Server takes such rows only while told so, statement for statement. */
export const insertNumbered = async (knex: Knex, table: string, rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> => {
  const insert = knex(table).insert(rows);
  if (knex.client.dialect !== "mssql") return void (await insert);
  await knex.raw(`SET IDENTITY_INSERT [${table}] ON; ${insert.toQuery()}; SET IDENTITY_INSERT [${table}] OFF`);
};

/** An empty repository that knows the model's identifiers, read as the product does. */
export const openRepository = async (
  kind: DatabaseKind,
): Promise<{ readonly knex: Knex; readonly reading: ResourceReading; readonly close: () => Promise<void> }> => {
  const database = await lastingDatabase(kind);
  const { knex, reading, close } = await openStore(database.setting);
  await insertNumbered(knex, "UM_EntityTypes", [
    { Id: 1, Identifier: "Person", MappingKey: "PersonId" },
    { Id: 2, Identifier: "Group", MappingKey: "GroupId" },
    { Id: 3, Identifier: "Site", MappingKey: "SiteId" },
  ]);
  const stored = entityTypes.flatMap((type, index) =>
    type.properties.flatMap((p) =>
      p.slot === null ? [] : [{ EntityType: index + 1, Identifier: p.identifier, Slot: p.slot, Type: p.type }],
    ),
  );
  await knex("UM_Properties").insert(stored);
  await insertNumbered(knex, "UM_Mappings", [
    { Id: numbers.members, Association: "Group_Members", Connector: "HR" },
    { Id: numbers.site_of, Association: "Person_Site", Connector: "HR" },
    { Id: numbers.members2, Association: "Group_Members", Connector: "AD" },
  ]);
  return {
    knex,
    reading,
    close: async () => {
      await close();
      await database.close();
    },
  };
};

export interface TestVersion {
  readonly id: number;
  readonly type: number;
  readonly from?: string;
  readonly to?: string;
  readonly changedBy?: number;
  readonly closedBy?: number;
  readonly [slot: string]: string | number | null | undefined;
}

export const addVersions = async (knex: Knex, versions: readonly TestVersion[]): Promise<void> => {
  const rows = versions.map(({ id, type, from, to, changedBy, closedBy, ...slots }) => ({
    Id: id,
    Type: type,
    ValidFrom: from ?? firstDay,
    ValidTo: to ?? openEnd,
    ChangedBy: changedBy ?? null,
    ClosedBy: closedBy ?? null,
    ...slots,
  }));
  // SQLite takes 500 members of a compound select, SQL Server 2,100 values; the rows of tests have fewer than 15.
  for (let at = 0; at < rows.length; at += 100) await knex("UR_Resources").insert(rows.slice(at, at + 100));
};

export const addLinks = async (
  knex: Knex,
  links: readonly (readonly [mapping: number, r1: number, r2: number, from?: string, to?: string])[],
): Promise<void> => {
  const rows = links.map(([mapping, r1, r2, from, to]) => ({
    Mapping: mapping,
    R1_Id: r1,
    R2_Id: r2,
    ValidFrom: from ?? firstDay,
    ValidTo: to ?? openEnd,
  }));
  for (let at = 0; at < rows.length; at += 100) await knex("UR_ResourceLinks").insert(rows.slice(at, at + 100));
};

/** A job instance with one task instance, for versions and staged rows to name. */
export const addTask = async (
  knex: Knex,
  task: { id: number; jobInstance: number; job: string; task: string; state?: string; jobState?: string; connector?: string },
): Promise<void> => {
  await insertNumbered(knex, "UJ_JobInstances", [
    {
      Id: task.jobInstance,
      Job: task.job,
      State: task.jobState ?? "Completed",
      StartDate: firstDay,
      EndDate: firstDay,
      Trigger: "CommandLine",
      StartedBy: "ann@host",
      Host: "host",
      Pid: 1,
      ProcessStart: "1",
      Fence: 1,
      ConfigurationHash: "c",
      PlanHash: "p",
      Plan: "{}",
    },
  ]);
  await insertNumbered(knex, "UJ_TaskInstances", [
    {
      Id: task.id,
      JobInstance: task.jobInstance,
      TaskKey: task.task,
      Task: task.task,
      Type: "SynchronizeTask",
      Level: 0,
      Position: 0,
      State: task.state ?? "Completed",
      Connector: task.connector ?? null,
      EndDate: firstDay,
    },
  ]);
};

/** All pages of a reading as one list. */
export const all = async <T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> => {
  const found: T[] = [];
  for await (const page of pages) found.push(...page);
  return found;
};
