import type { UnbuiltTaskKind } from "./task-kind.js";

const unbuilt = (side: "agent" | "server", later: string, kinds: Readonly<Record<string, string>>): UnbuiltTaskKind[] =>
  Object.entries(kinds).map(([element, summary]) => ({ element, side, summary, later }));

/** Documented tasks that wait for a later feature (jobs-and-tasks §2): known by name, so that a run can say what they need. */
export const unbuiltKinds: readonly UnbuiltTaskKind[] = [
  ...unbuilt("agent", "it needs provisioning, which is not built yet", {
    FulfillTask: "Fetches provisioning orders and writes to the managed system.",
  }),
  ...unbuilt("server", "it needs provisioning, which is not built yet", {
    GenerateProvisioningOrdersTask: "Makes provisioning orders of what the role model decided.",
  }),
  ...unbuilt("agent", "it needs the server's API, which is not built yet", {
    InvokeApiTask: "Calls a server API.",
    InvokeAspectsTask: "Calls an API of the server.",
  }),
  ...unbuilt("agent", "it needs schemas read from managed systems, which are not built yet", {
    RefreshSchemaTask: "Reads the schema of a connection again.",
  }),
  ...unbuilt("agent", "it needs workflows, which are not built yet", {
    ActivityInstanceActorTask: "Computes the actors of workflow activities again.",
  }),
  ...unbuilt("server", "it needs expressions, which are not built yet", {
    UpdateEntityPropertyExpressionsTask: "Computes expression properties again.",
  }),
  ...unbuilt("server", "it needs the role model, which is not built yet", {
    ComputeCorrelationKeysTask: "Fills the correlation keys of resources.",
    ComputeRoleModelTask: "Applies the rules of the role model.",
    ComputeRiskScoresTask: "Computes risk scores.",
    UpdateClassificationTask: "Applies classification rules.",
    SetInternalUserProfilesTask: "Maintains automatic profiles.",
    BuildRoleModelTask: "Applies role naming rules.",
    SavePreExistingAccessRightsTask: "Makes the assignments of a first load pre-existing ones.",
    GetRoleMiningTask: "Mines roles.",
    UpdateParametersContextDisplayNamesTask: "Updates display names of parameter contexts.",
  }),
  ...unbuilt("server", "it needs notifications, which are not built yet", {
    SendRoleModelNotificationsTask: "Reminds reviewers of roles.",
    SendNotificationsTask: "Sends notifications.",
  }),
  ...unbuilt("server", "it needs access certification, which is not built yet", {
    UpdateAccessCertificationCampaignTask: "Starts and stops certification campaigns.",
    SetAccessCertificationReviewerTask: "Assigns certification items to reviewers.",
    SendAccessCertificationNotificationTask: "Notifies reviewers of campaigns.",
    ProcessAccessCertificationItemsTask: "Deprovisions refused items.",
  }),
  ...unbuilt("server", "it needs deployments, which are not built yet", {
    DeployConfigurationTask: "Deploys the XML configuration.",
  }),
];
