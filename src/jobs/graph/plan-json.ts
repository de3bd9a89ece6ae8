import { planHash } from "./plan-hash.js";
import type { TaskGraph } from "./task-graph.js";

/**
 * `plan --json` (design §4), one document:
 *
 *     {"format":1,"job":"Job_AD_Complete","displayName":"…","hash":"…",
 *      "tasks":[{"taskKey":"AD_Sync","task":"AD_Sync","type":"SynchronizeTask","displayName":"…","side":"server","agent":null,
 *        "level":2,"writtenLevel":-1,"position":2,"connector":"AD","connection":null,"continueOnError":false,
 *        "dependsOn":["AD_Export"],"ignoredParents":[],"isSelected":true}],
 *      "warnings":[{"code":"…","message":"…","file":"…","line":1,"column":1}]}
 *
 * `job` is null for a root task without a job. `tasks` are in the order of the run. `level` = effective group from 0, as in `status`;
 * `writtenLevel` -1 = none. `taskKey` differs from `task` only where a task stands more than once in its job; `dependsOn` names keys.
 * `hash` is the one an instance keeps of its plan.
 */
export const planJson = (graph: TaskGraph): string =>
  JSON.stringify({
    format: 1,
    job: graph.job,
    displayName: graph.displayName,
    hash: planHash(graph),
    tasks: graph.nodes.map(({ taskKey, task, side, group, level, position, continueOnError, parents, ignoredParents, isSelected }) => ({
      taskKey,
      task: task.identifier,
      type: task.type,
      displayName: task.displayName,
      side,
      agent: task.agent,
      level: group,
      writtenLevel: level,
      position,
      connector: task.connector,
      connection: task.connection,
      continueOnError,
      dependsOn: parents,
      ignoredParents,
      isSelected,
    })),
    warnings: graph.warnings.map(({ code, message, file, line, column }) => ({ code, message, file, line, column })),
  });
