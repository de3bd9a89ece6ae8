import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const exportTask = (prefix, connection, attributes) =>
  `<ExportTask Identifier="${prefix}_Export_${connection}" Agent="Local" DisplayName_L1="Export" OpenIdClient="Job" Connection="${connection}" Level="0" ${attributes}/>`;

const connectors = { HR: ["HR_People", "HR_Departments"], AD: ["AD_Entries", "AD_Members"] };

/** A job that exports, prepares and synchronizes connectors, each at levels of its own. */
const job = (name, names, { mode = "Complete", type = "None", attributes = "", job: jobAttributes = "" }) => {
  // Only a source that says its changes is asked for them; all others are read whole.
  const reads = type === "Changes" ? "" : 'IgnoreCookieFile="true"';
  const ofType = type === "None" ? "" : `Type="${type}"`;
  return `<Job Identifier="${name}" DisplayName_L1="${name}" Agent="Local" ${jobAttributes}>
    ${names.flatMap((connector) => connectors[connector].map((each) => exportTask(name, each, reads))).join("\n    ")}
    ${names.map((connector) => `<PrepareSynchronizationTask Identifier="${name}_Prepare_${connector}" Agent="Local" Connector="${connector}" DisplayName_L1="Prepare" OpenIdClient="Job" SynchronizationMode="${mode}" ${ofType} Level="1"/>`).join("\n    ")}
    ${names.map((connector, n) => `<SynchronizeTask Identifier="${name}_Synchronize_${connector}" Connector="${connector}" DisplayName_L1="Synchronize" ${ofType} Level="${2 + n}" ${attributes}/>`).join("\n    ")}
  </Job>`;
};

const limits =
  'MaximumInsertedLines="9" MaximumUpdatedLines="9" MaximumDeletedLines="2" MaximumLinkInsertedLines="9" MaximumLinkDeletedLines="9" MaxPercentageInsertedLines="0" MaxPercentageUpdatedLines="0" MaxPercentageDeletedLines="0" MaxLinkPercentageInsertedLines="0" MaxLinkPercentageUpdatedLines="0" MaxLinkPercentageDeletedLines="0"';

const model = `<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile>
  <Agent Identifier="Local" DisplayName_L1="Local"/>
  <OpenIdClient Identifier="Job" DisplayName_L1="Jobs" Profile="Runner" HashedSecret="x"/>
  <Profile Identifier="Runner" DisplayName_L1="Runner"/>
  <Connector Identifier="HR" DisplayName_L1="HR" Agent="Local" ${limits}/>
  <Connection Identifier="HR_People" Connector="HR" DisplayName_L1="People" Package="CSV"/>
  <Connection Identifier="HR_Departments" Connector="HR" DisplayName_L1="Departments" Package="CSV"/>
  <Connector Identifier="AD" DisplayName_L1="AD" Agent="Local" ${limits}/>
  <Connection Identifier="AD_Entries" Connector="AD" DisplayName_L1="Entries" Package="CSV"/>
  <Connection Identifier="AD_Members" Connector="AD" DisplayName_L1="Members" Package="CSV"/>
  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="PersonId" DisplayName_L1="No" TargetColumnIndex="4" IsKey="true"/>
    <Property Identifier="Name" DisplayName_L1="Name" TargetColumnIndex="5"/>
    <Property Identifier="HiredOn" DisplayName_L1="Hired" Type="DateTime" TargetColumnIndex="6"/>
    <Property Identifier="Department" DisplayName_L1="Department" Type="ForeignKey" TargetColumnIndex="128"/>
    <Property Identifier="Accounts" DisplayName_L1="Accounts" Type="ForeignKey"/>
  </EntityType>
  <EntityType Identifier="Department" DisplayName_L1="Department">
    <Property Identifier="Code" DisplayName_L1="Code" TargetColumnIndex="4" IsKey="true"/>
    <Property Identifier="Label" DisplayName_L1="Label" TargetColumnIndex="5"/>
    <Property Identifier="People" DisplayName_L1="People" Type="ForeignKey"/>
  </EntityType>
  <EntityType Identifier="AD_Entry" DisplayName_L1="Entry">
    <Property Identifier="EntryGuid" DisplayName_L1="Guid" TargetColumnIndex="4" IsKey="true"/>
    <Property Identifier="Dn" DisplayName_L1="Dn" TargetColumnIndex="5" IsKey="true"/>
    <Property Identifier="Owner" DisplayName_L1="Owner" Type="ForeignKey" TargetColumnIndex="128"/>
    <Property Identifier="Members" DisplayName_L1="Members" Type="ForeignKey"/>
    <Property Identifier="MemberOf" DisplayName_L1="Member of" Type="ForeignKey"/>
  </EntityType>
  <EntityAssociation Identifier="Person_Department" DisplayName_L1="D" Property1="Person:Department" Property2="Department:People" IsProperty2Collection="true"/>
  <EntityAssociation Identifier="AD_Members" DisplayName_L1="G" Property1="AD_Entry:Members" IsProperty1Collection="true" Property2="AD_Entry:MemberOf" IsProperty2Collection="true"/>
  <EntityAssociation Identifier="AD_Owner" DisplayName_L1="O" Property1="AD_Entry:Owner" Property2="Person:Accounts" IsProperty2Collection="true"/>
  <EntityTypeMapping Identifier="Person" Connector="HR" ConnectionTable="HR_People">
    <Property Identifier="PersonId" ConnectionColumn="id" IsPrimaryKey="true"/>
    <Property Identifier="Name" ConnectionColumn="name"/>
    <Property Identifier="HiredOn" ConnectionColumn="hired"/>
  </EntityTypeMapping>
  <EntityTypeMapping Identifier="Department" Connector="HR" ConnectionTable="HR_Departments">
    <Property Identifier="Code" ConnectionColumn="code" IsPrimaryKey="true"/>
    <Property Identifier="Label" ConnectionColumn="name"/>
  </EntityTypeMapping>
  <EntityAssociationMapping Identifier="Person_Department" Connector="HR" ConnectionTable="HR_People" Column1="id" EntityPropertyMapping1="Person:PersonId" Column2="dept" EntityPropertyMapping2="Department:Code"/>
  <EntityTypeMapping Identifier="AD_Entry" Connector="AD" ConnectionTable="AD_Entries">
    <Property Identifier="EntryGuid" ConnectionColumn="guid" IsPrimaryKey="true"/>
    <Property Identifier="Dn" ConnectionColumn="dn" IsUniqueKey="true"/>
  </EntityTypeMapping>
  <EntityAssociationMapping Identifier="AD_Members" Connector="AD" ConnectionTable="AD_Members" Column1="dn" EntityPropertyMapping1="AD_Entry:Dn" Column2="member" EntityPropertyMapping2="AD_Entry:Dn"/>
  <EntityAssociationMapping Identifier="AD_Owner" Connector="AD" ConnectionTable="AD_Entries" Column1="guid" EntityPropertyMapping1="AD_Entry:EntryGuid" Column2="employee" EntityPropertyMapping2="Person:PersonId"/>
  ${job("Job_Initialize", ["HR", "AD"], { mode: "Initial", attributes: 'ForceSynchronization="true"', job: 'IsInitializationJob="true"' })}
  ${job("Job_All", ["HR", "AD"], {})}
  ${job("Job_HR", ["HR"], {})}
  ${job("Job_Incremental", ["HR", "AD"], { mode: "Incremental" })}
  ${job("Job_Changes", ["HR"], { mode: "Incremental", type: "Changes" })}
</ConfigurationFile>
`;

const connections = (path) => ({
  HR_People: { [path]: "sources/people.csv" },
  HR_Departments: { [path]: "sources/departments.csv" },
  AD_Entries: { [path]: "sources/entries.csv" },
  AD_Members: { [path]: "sources/members.csv" },
});

const csv = (rows) => rows.map((row) => `${row.map((field) => (field.includes(",") ? `"${field}"` : field)).join(",")}\n`).join("");
const people = (rows) => csv([["id", "name", "hired", "dept"], ...rows]);
const departments = (rows) => csv([["code", "name"], ...rows]);
const entries = (rows) => csv([["guid", "dn", "employee"], ...rows]);
const members = (rows) => csv([["dn", "member"], ...rows]);

/** Day 1: a claim without its department and an account without its person, which a later day brings or not. */
const dayOne = {
  "sources/people.csv": people([
    ["P1", "Ada", "2020-01-01", "D1"],
    ["P2", "Zoë", "2020-01-02", "D2"],
    ["P3", "Grace", "2020-01-03", "D9"],
    ["P4", "Alan", "2020-01-04", "D1"],
  ]),
  "sources/departments.csv": departments([
    ["D1", "Finance"],
    ["D2", "Sales"],
  ]),
  "sources/entries.csv": entries([
    ["E1", "CN=p1", "P1"],
    ["E2", "CN=p2", "P2"],
    ["E5", "CN=p5", "P5"],
    ["G1", "CN=g1", ""],
  ]),
  "sources/members.csv": members([
    ["CN=g1", "CN=p1"],
    ["CN=g1", "CN=p2"],
    ["CN=g1", "CN=p5"],
  ]),
};

/** Day 2: a joiner, a leaver, another name, a department that claims waited for; an account that goes, one whose dn moves, memberships that come and go. */
const dayTwo = {
  "sources/people.csv": people([
    ["P1", "Ada L.", "2020-01-01", "D2"],
    ["P2", "Zoë", "2020-01-02", "D2"],
    ["P3", "Grace", "2020-01-03", "D9"],
    ["P5", "Edsger", "2020-01-05", ""],
  ]),
  "sources/departments.csv": departments([
    ["D1", "Finance"],
    ["D2", "Sales"],
    ["D9", "Research"],
  ]),
  "sources/entries.csv": entries([
    ["E1", "CN=p1,OU=new", "P1"],
    ["E5", "CN=p5", "P5"],
    ["E6", "CN=p6", "P6"],
    ["G1", "CN=g1", ""],
  ]),
  "sources/members.csv": members([
    ["CN=g1", "CN=p5"],
    ["CN=g1", "CN=p1"],
    ["CN=g1", "CN=p6"],
  ]),
};

/** More leavers than may go. */
const blockingDay = { ...dayTwo, "sources/people.csv": people([["P1", "Ada", "2020-01-01", "D1"]]) };

/** Commands as a source of Type Changes says them. */
const changesDay = {
  "sources/people.csv": csv([
    ["command", "id", "name", "hired", "dept"],
    ["update", "P1", "Ada L.", "2020-01-01", "D2"],
    ["delete", "P4", "", "", ""],
    ["insert", "P5", "Edsger", "2020-01-05", ""],
    ["merge", "P2", "Zoe", "", ""],
  ]),
  "sources/departments.csv": csv([
    ["command", "code", "name"],
    ["insert", "D9", "Research"],
  ]),
};

export const days = { one: dayOne, two: dayTwo, blocking: blockingDay, changes: changesDay };

const write = (folder, files) => {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
};

const newFolder = () => realpathSync(mkdtempSync(join(tmpdir(), "sluice-faults-")));

/** A workspace in a folder of its own: two connectors with links, sources of day 1, nothing loaded. */
export const makeWorkspace = () => {
  const folder = newFolder();
  const settings = JSON.stringify({
    Connections: Object.fromEntries(Object.entries(connections("Path")).map(([name, { Path }]) => [name, { Path, PathIncremental: Path }])),
  });
  write(folder, { "model.xml": model, "appsettings.agent.json": settings, "appsettings.json": "{}", ...dayOne });
  return folder;
};

export const writeDay = write;

export const copyWorkspace = (from) => {
  const folder = newFolder();
  cpSync(from, folder, { recursive: true });
  return folder;
};

export const removeWorkspace = (folder) => rmSync(folder, { recursive: true, force: true });
