/** What a test changes of the workspace. */
export interface WorkspaceOptions {
  /** Attributes of connector HR, besides its standard limits. */
  readonly hrLimits?: string;
  readonly adLimits?: string;
  /** Added to every ExportTask of the complete jobs. */
  readonly exportAttributes?: string;
  /** Settings of connections, merged over the standard ones. */
  readonly connections?: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  /** Scheduler.MaxLockWatchTime, seconds. */
  readonly maxLockWatchTime?: number;
  /** Further elements at the end of jobs.xml. */
  readonly more?: string;
}

const noPercentages =
  'MaxPercentageInsertedLines="0" MaxPercentageUpdatedLines="0" MaxPercentageDeletedLines="0" MaxLinkPercentageInsertedLines="0" MaxLinkPercentageDeletedLines="0"';
/** Small numbers, so that a handful of rows reaches them. */
export const standardLimits = `MaximumInsertedLines="5" MaximumUpdatedLines="4" MaximumDeletedLines="3" MaximumLinkInsertedLines="6" MaximumLinkDeletedLines="4" ${noPercentages}`;

export const modelXml = ({
  hrLimits = standardLimits,
  adLimits = standardLimits,
}: WorkspaceOptions): string => `<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile>
  <Agent Identifier="Local" DisplayName_L1="Local"/>
  <OpenIdClient Identifier="Job" DisplayName_L1="Jobs" Profile="Runner" HashedSecret="x"/>
  <Profile Identifier="Runner" DisplayName_L1="Runner"/>
  <Connector Identifier="HR" DisplayName_L1="HR" Agent="Local" ${hrLimits}/>
  <Connection Identifier="HR_People" Connector="HR" DisplayName_L1="People" Package="CSV"/>
  <Connection Identifier="HR_Departments" Connector="HR" DisplayName_L1="Departments" Package="CSV"/>
  <Connector Identifier="AD" DisplayName_L1="AD" Agent="Local" ${adLimits}/>
  <Connection Identifier="AD_Entries" Connector="AD" DisplayName_L1="Entries" Package="Usercube.CSV@0000001"/>
  <Connection Identifier="AD_Members" Connector="AD" DisplayName_L1="Members" Package="Usercube.CSV@0000001"/>

  <EntityType Identifier="Person" DisplayName_L1="Person">
    <Property Identifier="PersonId" DisplayName_L1="No" TargetColumnIndex="4" IsKey="true"/>
    <Property Identifier="Name" DisplayName_L1="Name" TargetColumnIndex="5"/>
    <Property Identifier="Level" DisplayName_L1="Level" Type="Int32" TargetColumnIndex="6"/>
    <Property Identifier="HiredOn" DisplayName_L1="Hired" Type="DateTime" TargetColumnIndex="7"/>
    <Property Identifier="Department" DisplayName_L1="Department" Type="ForeignKey" TargetColumnIndex="128"/>
    <Property Identifier="Manager" DisplayName_L1="Manager" Type="ForeignKey" TargetColumnIndex="129"/>
    <Property Identifier="Reports" DisplayName_L1="Reports" Type="ForeignKey"/>
    <Property Identifier="Accounts" DisplayName_L1="Accounts" Type="ForeignKey"/>
  </EntityType>
  <EntityType Identifier="Department" DisplayName_L1="Department">
    <Property Identifier="Code" DisplayName_L1="Code" TargetColumnIndex="4" IsKey="true"/>
    <Property Identifier="Label" DisplayName_L1="Label" TargetColumnIndex="5"/>
    <Property Identifier="People" DisplayName_L1="People" Type="ForeignKey"/>
  </EntityType>
  <EntityType Identifier="AD_Entry" DisplayName_L1="Entry">
    <Property Identifier="EntryGuid" DisplayName_L1="Guid" TargetColumnIndex="4"/>
    <Property Identifier="Dn" DisplayName_L1="Dn" TargetColumnIndex="5" IsKey="true"/>
    <Property Identifier="Login" DisplayName_L1="Login" TargetColumnIndex="6"/>
    <Property Identifier="Owner" DisplayName_L1="Owner" Type="ForeignKey" TargetColumnIndex="128"/>
    <Property Identifier="Members" DisplayName_L1="Members" Type="ForeignKey"/>
    <Property Identifier="MemberOf" DisplayName_L1="Member of" Type="ForeignKey"/>
  </EntityType>
  <EntityAssociation Identifier="Person_Department" DisplayName_L1="D" Property1="Person:Department" Property2="Department:People" IsProperty2Collection="true"/>
  <EntityAssociation Identifier="Person_Manager" DisplayName_L1="M" Property1="Person:Manager" Property2="Person:Reports" IsProperty2Collection="true"/>
  <EntityAssociation Identifier="AD_Members" DisplayName_L1="G" Property1="AD_Entry:Members" IsProperty1Collection="true" Property2="AD_Entry:MemberOf" IsProperty2Collection="true"/>
  <EntityAssociation Identifier="AD_Owner" DisplayName_L1="O" Property1="AD_Entry:Owner" Property2="Person:Accounts" IsProperty2Collection="true"/>

  <EntityTypeMapping Identifier="Person" Connector="HR" ConnectionTable="HR_People">
    <Property Identifier="PersonId" ConnectionColumn="id" IsPrimaryKey="true"/>
    <Property Identifier="Name" ConnectionColumn="name"/>
    <Property Identifier="Level" ConnectionColumn="level"/>
    <Property Identifier="HiredOn" ConnectionColumn="hired"/>
  </EntityTypeMapping>
  <EntityTypeMapping Identifier="Department" Connector="HR" ConnectionTable="HR_Departments">
    <Property Identifier="Code" ConnectionColumn="code" IsPrimaryKey="true"/>
    <Property Identifier="Label" ConnectionColumn="name"/>
  </EntityTypeMapping>
  <EntityAssociationMapping Identifier="Person_Department" Connector="HR" ConnectionTable="HR_People" Column1="id" EntityPropertyMapping1="Person:PersonId" Column2="dept" EntityPropertyMapping2="Department:Code"/>
  <EntityAssociationMapping Identifier="Person_Manager" Connector="HR" ConnectionTable="HR_People" Column1="id" EntityPropertyMapping1="Person:PersonId" Column2="manager" EntityPropertyMapping2="Person:PersonId"/>
  <EntityTypeMapping Identifier="AD_Entry" Connector="AD" ConnectionTable="AD_Entries">
    <Property Identifier="EntryGuid" ConnectionColumn="guid" IsPrimaryKey="true"/>
    <Property Identifier="Dn" ConnectionColumn="dn" IsUniqueKey="true"/>
    <Property Identifier="Login" ConnectionColumn="login"/>
  </EntityTypeMapping>
  <EntityAssociationMapping Identifier="AD_Members" Connector="AD" ConnectionTable="AD_Members" Column1="dn" EntityPropertyMapping1="AD_Entry:Dn" Column2="member" EntityPropertyMapping2="AD_Entry:Dn"/>
  <EntityAssociationMapping Identifier="AD_Owner" Connector="AD" ConnectionTable="AD_Entries" Column1="guid" EntityPropertyMapping1="AD_Entry:EntryGuid" Column2="employee" EntityPropertyMapping2="Person:PersonId"/>
</ConfigurationFile>
`;

const exportTask = (prefix: string, connection: string, attributes: string): string =>
  `<ExportTask Identifier="${prefix}_Export_${connection}" Agent="Local" DisplayName_L1="Export" OpenIdClient="Job" Connection="${connection}" IgnoreCookieFile="true" Level="0" ${attributes}/>`;

const completeJob = (connector: string, connections: readonly string[], attributes: string): string => {
  const name = `Job_${connector}`;
  return `<Job Identifier="${name}" DisplayName_L1="${connector}" Agent="Local" CronTabExpression="0 3 * * *">
    ${connections.map((connection) => exportTask(connector, connection, attributes)).join("\n    ")}
    <PrepareSynchronizationTask Identifier="${connector}_Prepare" Agent="Local" Connector="${connector}" DisplayName_L1="Prepare" OpenIdClient="Job" SynchronizationMode="Complete" Level="1">
      ${connections.map((connection) => `<TaskDependsOnTask ParentTask="${connector}_Export_${connection}"/>`).join("\n      ")}
    </PrepareSynchronizationTask>
    <SynchronizeTask Identifier="${connector}_Synchronize" Connector="${connector}" DisplayName_L1="Synchronize" Level="2">
      <TaskDependsOnTask ParentTask="${connector}_Prepare"/>
    </SynchronizeTask>
  </Job>`;
};

const hr = ["HR_People", "HR_Departments"];
const ad = ["AD_Entries", "AD_Members"];

/** Job_Initialize loads both connectors; Job_HR and Job_AD are complete jobs; Job_Unrelated exports the people, nothing else. */
export const jobsXml = ({ exportAttributes = "", more = "" }: WorkspaceOptions): string => `<?xml version="1.0" encoding="utf-8"?>
<ConfigurationFile>
  <Job Identifier="Job_Initialize" DisplayName_L1="First load" Agent="Local" IsInitializationJob="true">
    ${[...hr, ...ad].map((connection) => exportTask("Initialize", connection, 'InitMode="true"')).join("\n    ")}
    <PrepareSynchronizationTask Identifier="Initialize_Prepare_HR" Agent="Local" Connector="HR" DisplayName_L1="Prepare" OpenIdClient="Job" SynchronizationMode="Initial" Level="1"/>
    <PrepareSynchronizationTask Identifier="Initialize_Prepare_AD" Agent="Local" Connector="AD" DisplayName_L1="Prepare" OpenIdClient="Job" SynchronizationMode="Initial" Level="1"/>
    <SynchronizeTask Identifier="Initialize_Synchronize_HR" Connector="HR" DisplayName_L1="Load" ForceSynchronization="true" Level="2"/>
    <SynchronizeTask Identifier="Initialize_Synchronize_AD" Connector="AD" DisplayName_L1="Load" ForceSynchronization="true" Level="3"/>
  </Job>
  ${completeJob("HR", hr, exportAttributes)}
  ${completeJob("AD", ad, exportAttributes)}
  <Job Identifier="Job_Unrelated" DisplayName_L1="People only" Agent="Local">
    ${exportTask("Unrelated", "HR_People", "")}
  </Job>
  ${more}
</ConfigurationFile>
`;
