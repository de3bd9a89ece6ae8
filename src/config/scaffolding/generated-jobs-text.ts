import { catalogueAreas } from "../catalogue/index.js";

/** Task elements that no run acts on yet. */
const idle = (): readonly string[] =>
  catalogueAreas
    .flatMap(({ elements }) => elements)
    .filter(({ declares, overrides, status }) => declares === "Task" && overrides === null && status === "accepted")
    .map(({ name }) => `\`${name}\``);

/** What scaffoldings for jobs make, for people: the introduction of their chapter in the configuration reference. */
export const generatedJobsText = (): readonly string[] => [
  "A scaffolding for jobs stands for a job with its tasks, made each time the configuration is read: it follows connectors, connections and rules as they change. `sluice expand` prints what is made, as XML that can take its place. Findings about what is made name the scaffolding's line. A job of the same name, written or made, is an error (`CFG_SCAFFOLDING_JOB`).",
  "",
  "| Scaffolding | Job, unless `JobIdentifier` names it | Schedule |",
  "|---|---|---|",
  "| `CreateConnectorSynchroComplete`, `…Incremental` | `<Connector>_SynchroComplete`, `<Connector>_SynchroIncremental` | `CronTabExpression` |",
  "| `CreateAgentSynchroComplete`, `…Incremental` | `<Agent>_SynchroComplete`, `<Agent>_SynchroIncremental` | `CronTabExpression` |",
  "| `CreateInitializationJob` | `<Agent>_Initialization` | none; `UserStartDenied` |",
  "| `CreateAccessCertificationJob` | `AccessCertification` | `*/15 * * * *` server time, or `CronTabExpression` |",
  "| `CleanDatabaseJob` | `CleanDatabase` | none |",
  "| `CreateConnectorsJobs` | `<Connector>_VirtualJob` for each connector | none; `UserStartDenied` |",
  "",
  "**Identifiers of tasks** are `<Job>_<Task>_<Connection or connector>_<Mode or round>` with what there is of it, `<Task>` being the element without `Task`: `HR_SynchroComplete_Export_People`, `HR_SynchroComplete_PrepareSynchronization_HR_Complete`, `HR_SynchroComplete_Synchronize_HR`, `HR_SynchroComplete_MaintainIndexes`, `Local_Initialization_ComputeRoleModel_2`. They change only with what they name, so that another connection renames no task. Tasks of a connector's own job are `<Connector>_Connector<Name>`, `<Name>` being Export, PrepareSynchronization, Synchronization, Expression, Correlation, Policy, GenerateOrders, Fulfillment, Classification, BuildRoleModel or RefreshSchema.",
  "",
  "| Level | Complete | Incremental |",
  "|---|---|---|",
  "| 0 | Export of each connection, `IgnoreCookieFile`, `ContinueOnError` | Export, `ContinueOnError`; `IgnoreCookieFile` where changes cannot be told |",
  "| 1 | PrepareSynchronization `Complete`, after all exports of its connector | PrepareSynchronization `Incremental`, likewise |",
  "| 2 | Synchronize, after its preparation | Synchronize, `DoNotDeleteChanges`, likewise |",
  "| 3 | UpdateEntityPropertyExpressions | SetRecentlyModifiedFlag, after every synchronization |",
  "| 4 | ComputeCorrelationKeys | UpdateEntityPropertyExpressions, `Dirty` |",
  "| 5 | ComputeRoleModel | ComputeCorrelationKeys, `Dirty`, after the flag |",
  "| 6 | ComputeRiskScores | ComputeRoleModel, `Dirty`, after the flag |",
  "| 7 | GenerateProvisioningOrders of each connector | the same |",
  "| 8 | Fulfill, `ContinueOnError`, after its orders | Fulfill, `Dirty`, `ContinueOnError`, after its orders |",
  "| from 9, one each | Agent only, and where there are such rules: UpdateClassification, SetInternalUserProfiles. UpdateParametersContextDisplayNames, SendRoleModelNotifications, agent only: ManageConfigurationIndexes, MaintainIndexes | |",
  "",
  "An initialization job has at 0 CreateDatabaseViews, 1 to 3 export, preparation `Initial` and synchronization with `ForceSynchronization`, without dependencies; from 6 on three rounds (`Jobs.InitializationRounds`) of expressions, correlation keys, role model, orders and fulfilment for each `PrincipalDataConnector`; from 40 expressions, with `Configuration` its deployment, correlation keys, role model with everything blocked for review; from 49 risk scores, classification, profiles, ResetValidFrom, context names, pre-existing rights, upkeep of indexes.",
  "",
  "**Which connectors take part.** A job of an agent takes those whose `Agent` it is (or that name none, where `OpenId.AgentIdentifier` is that agent); `CompleteJob` and `IncrementalJob` say with what. Its incremental job leaves out those whose exports cannot tell changes: each has to have an incremental mode, and files a `PathIncremental`. A job of a connector takes that one, `NotUsed` or not, with what `OnlySynchronization` and `OnlyProvisioning` leave; if it cannot tell changes, its incremental job exports the whole, and the preparation compares it with what was applied last. `Type` is `ActiveDirectory` for that system, in incremental jobs `Changes` where all exports tell changes, else None. An initialization job follows its arguments alone. A deactivated connector, and a synchronization to which nothing is mapped, are left out; a job left without work is a warning (`CFG_SCAFFOLDING_IDLE`).",
  "",
  "**Agent and client.** Agent-side tasks name the connector's agent, else `OpenId.AgentIdentifier`; and the client of `OpenIdIdentifier`, else `OpenId.DefaultOpenIdClient`. Where neither is said, the job is not made (`CFG_SCAFFOLDING_NEEDS`).",
  "",
  "**AddTask** puts a step with a task of the configuration before or after the task that `TaskToCompareWith` names, on a level of its own, which is one of the free ones where there are any; else later levels move on. Without `Before` and `After` it goes beside it. Several after one task keep their order. **LinkDependTask** makes `Task` depend on `DependOn`, in this job only. Both name tasks by identifier, by the number among those of their kind in the job (`HR_SynchroComplete_Fulfill1`), or by kind (`Fulfill`, `FulfillTask`); the occurrence picks one of several, from 0. **DoNotCreateJob** makes the tasks alone, at the root. `FormatPropertiesInResource`, `FulfillInternalWorkflowsPath`, `CopyOccurence` and `OldAlgorithm` change nothing yet.",
  "",
  "**A connector's own job** is run by `sluice run --connector ID --mode complete|incremental`, one task of it with `--task Export` and the like: its tasks name nothing but the connector, and get agent, connections (a task for each), mode and type then. A blocked one is resumed in the mode it was launched in.",
  "",
  `**Tasks that are not offered yet** end in a generated job as Completed without output, and say so in the log, in \`status\` and in \`expand\`; what depends on them is skipped. So does the export of a connection that nothing is mapped to, where exports of its package are not offered yet. In a job written by hand they are refused (\`TASK_NOT_BUILT\`). They are ${idle().join(", ")}.`,
  "",
];
