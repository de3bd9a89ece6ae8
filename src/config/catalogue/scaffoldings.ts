import {
  type AttributeDefinition,
  count,
  cron,
  type ElementDefinition,
  element,
  enumeration,
  flag,
  identifier,
  label,
  reference,
  softReference,
  string,
} from "./definition.js";

const source = "jobs-and-tasks §5.1";
const scaffolding = { status: "scaffolding" } as const;

const named: readonly AttributeDefinition[] = [
  label({}),
  { ...identifier("name", "Name of the job; absent: computed.", {}), name: "JobIdentifier" },
  flag("OldAlgorithm", "For internal use; changes nothing."),
];

const argument = (name: string, documentation: string, attributes: readonly AttributeDefinition[]) =>
  element(`Scaffolding/${name}`, source, documentation, attributes, { isRoot: false });

const connectorArgument = (name: string, documentation: string) =>
  argument(name, documentation, [reference("ConnectorIdentifier", "Connector", "The connector.", { required: true })]);

const jobArguments = [
  argument("AddTask", "Puts a task into the job.", [
    reference("Task", "Task", "The task.", { required: true }),
    string("TaskToCompareWith", "Generated task before or after which it goes.", { required: true }),
    flag("Before", "Before it, on a level of its own. Neither: beside it."),
    flag("After", "After it, on a level of its own."),
    count("Occurence", "Which occurrence of that task, from 0."),
    count("CopyOccurence", "Which occurrence of the task is meant; changes nothing, since it is the same task."),
  ]),
  argument("CronTabExpression", "Schedules the job.", [
    cron("CronTab", "When it starts.", { required: true }),
    enumeration("CronTimeZone", ["UTC", "ServerTime"], "Clock of the schedule.", { default: "UTC" }),
  ]),
  argument("LinkDependTask", "Makes a task depend on another.", [
    string("Task", "Task that waits.", { required: true }),
    string("DependOn", "Task that it waits for.", { required: true }),
    count("ChildOccurence", "Which occurrence of the first, from 0."),
    count("ParentOccurence", "Which occurrence of the second, from 0."),
  ]),
  argument("OpenIdIdentifier", "Client of the agent-side tasks.", [
    softReference("Identifier", "OpenIdClient", "The client.", { required: true }),
  ]),
  argument("Configuration", "Folder that is deployed.", [string("Path", "The folder.", { required: true })]),
  argument("FulfillInternalWorkflowsPath", "Workflow file of a connector; changes nothing yet.", [
    reference("ConnectorIdentifier", "Connector", "The connector.", { required: true }),
    string("Path", "The file.", { required: true }),
  ]),
  connectorArgument("NoConnectorSynchronization", "Leaves the synchronization of a connector out."),
  connectorArgument("NoConnectorProvisioning", "Leaves the provisioning of a connector out."),
  connectorArgument("NotUsed", "Leaves a connector out."),
  connectorArgument("PrincipalDataConnector", "Connector that brings the identities."),
  argument("NoProvisioning", "Leaves provisioning out.", []),
  argument("NoSynchronization", "Leaves synchronization out.", []),
  argument("DoNotCreateJob", "Makes the tasks only.", []),
  argument("FormatPropertiesInResource", "Orders carry typed values; changes nothing yet.", []),
];

const withArguments = (...names: readonly string[]) => ({
  children: names.map((name) => `Scaffolding/${name}`),
});

const forConnector = withArguments(
  "AddTask",
  "CronTabExpression",
  "FormatPropertiesInResource",
  "FulfillInternalWorkflowsPath",
  "LinkDependTask",
  "NoProvisioning",
  "NoSynchronization",
  "OpenIdIdentifier",
);
const forAgent = withArguments(
  "AddTask",
  "CronTabExpression",
  "FormatPropertiesInResource",
  "FulfillInternalWorkflowsPath",
  "LinkDependTask",
  "OpenIdIdentifier",
  "DoNotCreateJob",
);

const connector = reference("Connector", "Connector", "The connector.", { required: true });
const agent = softReference("Agent", "Agent", "The agent.", { required: true });

const jobScaffoldings = [
  element("CreateConnectorSynchroComplete", source, "Complete job of a connector.", [connector, ...named], forConnector),
  element("CreateConnectorSynchroIncremental", source, "Incremental job of a connector.", [connector, ...named], forConnector),
  element("CreateAgentSynchroComplete", source, "Complete job of an agent.", [agent, ...named], forAgent),
  element("CreateAgentSynchroIncremental", source, "Incremental job of an agent.", [agent, ...named], forAgent),
  element(
    "CreateInitializationJob",
    source,
    "Job that loads an empty repository.",
    [agent, ...named],
    withArguments(
      "AddTask",
      "Configuration",
      "FormatPropertiesInResource",
      "NoConnectorProvisioning",
      "NoConnectorSynchronization",
      "NotUsed",
      "OpenIdIdentifier",
      "PrincipalDataConnector",
    ),
  ),
  element(
    "CreateAccessCertificationJob",
    source,
    "Job for access certification campaigns.",
    named,
    withArguments("AddTask", "CronTabExpression", "DoNotCreateJob"),
  ),
  element("CleanDatabaseJob", source, "Job that closes what died.", []),
  element("CreateConnectorsJobs", source, "Jobs for the screens of the connectors.", []),
];

const entityTypeScaffoldings = [
  element(
    "ConnectorMappings",
    "connectors §1.10",
    "Mappings of an entity type whose files are named after it.",
    [
      connector,
      reference("EntityType", "EntityType", "The entity type.", { required: true }),
      flag("IsIncremental", "Its files carry commands."),
      string("Package", "Package of the connection."),
    ],
    { ...scaffolding, creates: ["EntityTypeMapping", "EntityAssociationMapping", "Connection"] },
  ),
];

const jobRight = (name: string, documentation: string) =>
  element(name, "jobs-and-tasks §3.7", documentation, [softReference("Profile", "Profile", "Who gets it.", { required: true })]);

/** Rights on jobs, of which the mails about errors are used. */
const jobRights = [
  jobRight("JobExecutionAccessControlRules", "Rights to run jobs, and mails about errors."),
  jobRight("JobViewAccessControlRules", "Rights to look at jobs, and mails about errors."),
  jobRight("RunJobNotificationAccessControlRules", "Mails about jobs that end with an error."),
  jobRight("RunJobRepairNotificationAccessControlRules", "Mails about resumed jobs that end with an error."),
];

/** Scaffoldings for rights and screens, of which the public documentation has a page each; what they make plays no part in a run. */
const otherNames = [
  "AccessReviewAdministrationAccessControlRules",
  "AssignProfileAccessControlRules",
  "BasketRulesControlRules",
  "BootstrapModule",
  "BulkPerformManualProvisioningAccessControlRules",
  "BulkResourceReconciliationAccessControlRules",
  "BulkReviewProvisioningAccessControlRules",
  "BulkRoleReconciliationAccessControlRules",
  "ConnectorResourceTypeAccessControl",
  "ConnectorsAccessControlRules",
  "CreateAdministratorProfile",
  "CreateResourceIncrementalAccessControlRules",
  "CreateUpdateDeleteAccessControlRules",
  "CreateUpdateDeleteMenus",
  "CreateUpdateDeleteTemplate",
  "CreateUpdateDeleteWorkflows",
  "EntityReportDefault",
  "EntityTypeDisplayName",
  "EntityTypeDisplayTable",
  "EntityTypeDisplayTableAdaptable",
  "EntityTypeDisplayTargetResourceTable",
  "EntityTypeMenuItem",
  "EntityTypeSearchBar",
  "GetJobLogAccessControlRules",
  "GetJobLogAdministrationAccessControlRules",
  "GovernanceRolesAccessControlRules",
  "JobAdministrationAccessControlRules",
  "JobTaskAdministrationAccessControlRules",
  "ManageAccounts",
  "ManageSettingAccessControlRule",
  "MonitoringAdministrationAccessControlRules",
  "OpenIdClientAdministrationAccessControlRules",
  "OptimizeDisplayTable",
  "PendingAssignedResourceTypesAccessControlRules",
  "PerformManualProvisioningAccessControlRules",
  "PolicySimulationControlRules",
  "ProfileAdministrationAccessControlRules",
  "ProvisioningAccessControlRules",
  "ReconciliateResourcesAccessControlRules",
  "ReconciliateRolesAccessControlRules",
  "RedundantAssignmentAccessControlRule",
  "ReportAccessControlRules",
  "ResourceApiAdministration",
  "ResourceChangesViewAccessControlRules",
  "ResourcePickerControlRules",
  "ResourceTypeMappingControlRules",
  "ReviewProvisioningAccessControlRules",
  "ReviewRolesAccessControlRules",
  "RisksAdministrationAccessControlRules",
  "RoleAdministrationAccessControlRules",
  "RoleAndSimulationControlRules",
  "RoleNamingAccessControlRules",
  "RunJobAdministrationAccessControlRules",
  "RunJobRepairAdministrationAccessControlRules",
  "SearchBarPageAccessControl",
  "SettingsAccessControlRules",
  "SimulationAccessControlRules",
  "SynchronizationAccessControlRules",
  "TargetResourceReport",
  "TargetResourceReportAccessControlRules",
  "TargetResourceReportMenus",
  "TaskAdministrationAccessControlRules",
  "TaskInstanceAdministrationAccessControlRules",
  "UniverseAccessControlRules",
  "UniverseDataModel",
  "UpdateResourcesAccessControlRules",
  "UpdateResourcesMenus",
  "UpdateResourcesTemplate",
  "UpdateResourcesWorkflows",
  "ViewAccessControlRules",
  "ViewHistoryResourceTemplate",
  "ViewSourceResourceTemplate",
  "ViewTargetResourceTemplate",
  "ViewTemplate",
  "ViewTemplateAdaptable",
  "WorkflowAccessControlRules",
  "WorkflowActorsNotification",
  "WorkflowConfigurationControlRules",
  "WorkflowEntityType",
  "WorkflowEntityTypeDisplayEntityType",
  "WorkflowEntityTypeDisplayTable",
  "WorkflowEntityTypeSearchBar",
  "WorkflowFulfillmentControlRules",
  "WorkflowOverviewControlRules",
  "WorkflowPerformerNotification",
  "WorkforceModule",
];

/** What some of them make that other elements refer to. */
const makes: Readonly<Record<string, readonly string[]>> = {
  CreateAdministratorProfile: ["Profile"],
  BootstrapModule: ["Profile", "OpenIdClient"],
  WorkforceModule: ["EntityType", "Property", "EntityAssociation", "Dimension", "Policy", "ContextRule", "Profile"],
  WorkflowEntityType: ["EntityType", "EntityAssociation"],
};

const otherScaffoldings = otherNames.map((name) =>
  element(name, "public documentation", "Makes rights, screens or data of the product.", [], {
    ...scaffolding,
    isOpen: true,
    creates: makes[name] ?? [],
  }),
);

/** jobs-and-tasks §5, connectors §1.10: elements that stand for others. They are checked; a run that needs what they make is refused. */
export const scaffoldingElements: readonly ElementDefinition[] = [
  ...jobScaffoldings,
  ...jobArguments,
  ...entityTypeScaffoldings,
  ...jobRights,
  ...otherScaffoldings,
];
