import type { Configuration, LoadedWorkspace } from "../../../src/config/index.js";
import { configurationFile, findingLines, load } from "../workspace.js";

/** Three connectors of one agent: files that tell changes, files that do not, and one that is written to only; a second agent with one. */
export const declarations = `
  <Agent Identifier="Local" DisplayName_L1="Here"/><Agent Identifier="Plant" DisplayName_L1="There"/>
  <Profile Identifier="Runner" DisplayName_L1="Runs jobs"/><Profile Identifier="User" DisplayName_L1="Users"/>
  <OpenIdClient Identifier="Job" DisplayName_L1="Jobs" HashedSecret="x" Profile="Runner"/>
  <Connector Identifier="HR" DisplayName_L1="People" Agent="Local"/>
  <Connection Identifier="People" Connector="HR" DisplayName_L1="People" Package="CSV"/>
  <Connection Identifier="Teams" Connector="HR" DisplayName_L1="Teams" Package="Usercube.CSV@0000001"/>
  <Connector Identifier="Badge" DisplayName_L1="Badges" Agent="Local"/>
  <Connection Identifier="Cards" Connector="Badge" DisplayName_L1="Cards" Package="Excel"/>
  <Connection Identifier="BadgeApi" Connector="Badge" DisplayName_L1="Badge API" Package="Powershell"/>
  <Connector Identifier="Desk" DisplayName_L1="Tickets" Agent="Local" CompleteJob="OnlyProvisioning" IncrementalJob="NotUsed"/>
  <Connection Identifier="Tickets" Connector="Desk" DisplayName_L1="Tickets" Package="Manual"/>
  <Connector Identifier="Depot" DisplayName_L1="Depot" Agent="Plant"/>
  <Connection Identifier="Stock" Connector="Depot" DisplayName_L1="Stock" Package="CSV"/>
  <EntityType Identifier="Person"><Property Identifier="No" TargetColumnIndex="4"/></EntityType>
  <EntityType Identifier="Card"><Property Identifier="Number" TargetColumnIndex="4"/></EntityType>
  <EntityType Identifier="Item"><Property Identifier="Code" TargetColumnIndex="4"/></EntityType>
  <EntityTypeMapping Identifier="Person" Connector="HR" ConnectionTable="People"><Property Identifier="No" ConnectionColumn="no" IsPrimaryKey="true"/></EntityTypeMapping>
  <EntityTypeMapping Identifier="Card" Connector="Badge" ConnectionTable="Cards_0"><Property Identifier="Number" ConnectionColumn="no" IsPrimaryKey="true"/></EntityTypeMapping>
  <EntityTypeMapping Identifier="Item" Connector="Depot" ConnectionTable="Stock"><Property Identifier="Code" ConnectionColumn="code" IsPrimaryKey="true"/></EntityTypeMapping>
  <ResetValidFromTask Identifier="Report" DisplayName_L1="Report"><TaskDependsOnTask ParentTask="Other"/></ResetValidFromTask>
  <ResetValidFromTask Identifier="Other" DisplayName_L1="Other"/>`;

/** Rules for which classification and profiles exist. */
export const roleModel = `
  <Policy Identifier="P" DisplayName_L1="Policy"/><Category Identifier="C" DisplayName_L1="Category" Policy="P"/>
  <ResourceType Identifier="Card_Std" DisplayName_L1="Card" Policy="P" Category="C" SourceEntityType="Person" TargetEntityType="Card"/>
  <ResourceClassificationRule Policy="P" ResourceType="Card_Std"/>
  <ProfileRuleContext ResourceType="Card_Std"><ProfileRule Profile="User"/></ProfileRuleContext>`;

const settings = {
  Connections: {
    People: { Path: "people.csv", PathIncremental: "changes.csv" },
    Teams: { Path: "teams.csv", PathIncremental: "changes.csv" },
    Cards: { Path: "cards.xlsx" },
    Stock: { Path: "stock.csv" },
  },
};

/** A workspace with these scaffoldings in a file of their own, at line 2. */
export const scaffolded = (scaffoldings: string, more = "", given: object = settings): LoadedWorkspace =>
  load({
    "Declarations.xml": configurationFile(declarations + more),
    "Jobs.xml": configurationFile(`\n${scaffoldings}\n`),
    "appsettings.json": JSON.stringify(given),
  });

export const valid = (loaded: LoadedWorkspace): Configuration => {
  if (loaded.configuration === null) throw new Error(findingLines(loaded).join("\n"));
  return loaded.configuration;
};

const client = '<OpenIdIdentifier Identifier="Job"/>';

/** Every scaffolding with an ordinary use of it, by the name of its golden file. */
export const uses: Readonly<Record<string, { readonly xml: string; readonly more?: string }>> = {
  "connector-complete": {
    xml: `<CreateConnectorSynchroComplete Connector="HR" DisplayName_L1="People" DisplayName_L2="Personnes">${client}<CronTabExpression CronTab="0 3 * * *" CronTimeZone="ServerTime"/></CreateConnectorSynchroComplete>`,
  },
  "connector-incremental": {
    xml: `<CreateConnectorSynchroIncremental Connector="HR" JobIdentifier="HR_Quick">${client}</CreateConnectorSynchroIncremental>`,
  },
  "connector-incremental-of-whole-files": {
    xml: `<CreateConnectorSynchroIncremental Connector="Badge">${client}</CreateConnectorSynchroIncremental>`,
  },
  "agent-complete": { xml: `<CreateAgentSynchroComplete Agent="Local">${client}</CreateAgentSynchroComplete>`, more: roleModel },
  "agent-incremental": { xml: `<CreateAgentSynchroIncremental Agent="Local">${client}</CreateAgentSynchroIncremental>`, more: roleModel },
  initialization: {
    xml: `<CreateInitializationJob Agent="Local">${client}<Configuration Path="Conf"/><PrincipalDataConnector ConnectorIdentifier="Badge"/><NotUsed ConnectorIdentifier="Desk"/></CreateInitializationJob>`,
    more: roleModel,
  },
  "access-certification": { xml: "<CreateAccessCertificationJob/>" },
  "clean-database": { xml: "<CleanDatabaseJob/>" },
  "connectors-jobs": { xml: "<CreateConnectorsJobs/>" },
};
