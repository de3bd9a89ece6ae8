/** The workspace that the product is measured in: one entity type, one association, a job for each task. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mappedColumns } from "./columns.mjs";

/** Slots 0–3 are for long texts: the properties start at the next. */
const firstSlot = 4;

const properties = mappedColumns
  .map(
    (column, i) =>
      `    <Property Identifier="${column}" Type="String" TargetColumnIndex="${firstSlot + i}"${i === 0 ? ' IsKey="true"' : ""} />`,
  )
  .join("\n");
const mapped = mappedColumns
  .map((column, i) => `    <Property Identifier="${column}" ConnectionColumn="${column}"${i === 0 ? ' IsPrimaryKey="true"' : ""} />`)
  .join("\n");
/** Percentages as a large directory has them; a fixed number would depend on the number of rows. */
const limits =
  ["Inserted", "Updated", "Deleted"].map((command) => `Maximum${command}Lines="0" MaxPercentage${command}Lines="10"`).join(" ") +
  ["Inserted", "Deleted"].map((command) => ` MaximumLink${command}Lines="0" MaxLinkPercentage${command}Lines="10"`).join("");
const job = (identifier, task) => `  <Job Identifier="${identifier}" DisplayName_L1="${identifier}" Agent="Local">\n    ${task}\n  </Job>`;
const named = (identifier) => `Identifier="${identifier}" DisplayName_L1="${identifier}"`;
const prepare = (identifier, connector, mode) =>
  `<PrepareSynchronizationTask ${named(identifier)} Agent="Local" OpenIdClient="Job" Connector="${connector}" Type="None" SynchronizationMode="${mode}" />`;

/** `groups`: the connector that the members come from. */
const configurationOf = (groups) => `<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">
  <Agent Identifier="Local" DisplayName_L1="This computer" />
  <Profile Identifier="JobRunner" DisplayName_L1="Runs jobs" />
  <OpenIdClient Identifier="Job" DisplayName_L1="Jobs" Profile="JobRunner"
    HashedSecret="325m5LDRJYQpCd5xdvnzoSnD9qjk98IFG++cPEhxNO0=" />
  <EntityType Identifier="Entry" DisplayName_L1="Entry">
${properties}
    <Property Identifier="member" Type="ForeignKey" />
    <Property Identifier="memberOf" Type="ForeignKey" />
  </EntityType>
  <EntityAssociation Identifier="Members" DisplayName_L1="Members"
    Property1="Entry:member" IsProperty1Collection="true" Property2="Entry:memberOf" IsProperty2Collection="true" />
  <Connector Identifier="Directory" DisplayName_L1="Directory" Agent="Local" ${limits} />
  <Connector Identifier="Groups" DisplayName_L1="Groups" Agent="Local" ${limits} />
  <Connection Identifier="Entries" DisplayName_L1="Entries" Connector="Directory" Package="CSV" />
  <Connection Identifier="GroupMembers" DisplayName_L1="Group members" Connector="${groups}" Package="CSV" />
  <EntityTypeMapping Identifier="Entry" Connector="Directory" ConnectionTable="Entries">
${mapped}
  </EntityTypeMapping>
  <EntityAssociationMapping Identifier="Members" Connector="${groups}" ConnectionTable="GroupMembers"
    Column1="dn" EntityPropertyMapping1="Entry:dn" Column2="member" EntityPropertyMapping2="Entry:dn" />
${[
  job("Export", `<ExportTask ${named("Export_Entries")} Agent="Local" OpenIdClient="Job" Connection="Entries" IgnoreCookieFile="true" />`),
  job(
    "Export_Members",
    `<ExportTask ${named("Export_GroupMembers")} Agent="Local" OpenIdClient="Job" Connection="GroupMembers" IgnoreCookieFile="true" />`,
  ),
  job("Prepare", prepare("Prepare_Directory", "Directory", "Complete")),
  job("Prepare_Initial", prepare("Prepare_Directory_Initial", "Directory", "Initial")),
  ...(groups === "Groups" ? [job("Prepare_Members", prepare("Prepare_Groups", "Groups", "Complete"))] : []),
  job("Synchronize", `<SynchronizeTask ${named("Synchronize_Directory")} Connector="Directory" Type="None" />`),
].join("\n")}
</ConfigurationFile>
`;

/** Path of what the export of a connection writes. */
export const exported = (workspace, connection) => join(workspace, "Temp", "ExportOutput", `${connection}.csv`);
/** Path of the sorted file of a mapping. */
export const sorted = (workspace, mapping) => join(workspace, "Work", "Collect", `${mapping}.sorted.csv`);

/**
 * Makes the workspace, or changes what it reads. `entries` and `members` are absolute paths of sources; `isOneConnector`: entries and members come
 * from the same connector, and are synchronized together.
 */
export const writeWorkspace = (folder, { entries = "none.csv", members = "none.csv", separator = ";", isOneConnector = false }) => {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "Benchmark.xml"), configurationOf(isOneConnector ? "Directory" : "Groups"));
  writeFileSync(join(folder, "appsettings.json"), JSON.stringify({ WorkFolderPath: "Work", TempFolderPath: "Temp" }));
  const connections = { Entries: { Path: entries, Separator: separator }, GroupMembers: { Path: members, Separator: separator } };
  writeFileSync(join(folder, "appsettings.agent.json"), JSON.stringify({ Connections: connections }));
};
