export type { AgentLink, AgentWork } from "./agent/agent-link.js";
export { inProcessLink } from "./agent/in-process-link.js";
export { type ChangeSet, changeSetAttributes, changeSetOf, keptPlan, refuseDeactivated } from "./change-set.js";
export { loadAheadOf } from "./loaded-ahead.js";
export { taskRegistry } from "./registry.js";
export { repositoryModel } from "./repository-model.js";
export { sessionFolder, sessionsFolder } from "./session-folder.js";
export {
  isUnbuilt,
  type ServerTaskContext,
  type ServerTaskKind,
  type TaskKind,
  type TaskLog,
  type TaskRegistry,
} from "./task-kind.js";
