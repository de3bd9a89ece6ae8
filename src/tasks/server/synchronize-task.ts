import type { Configuration, Task } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { TaskResult } from "../../model/index.js";
import { type Session, type SynchronizeOutcome, synchronizationModule } from "../../store/index.js";
import { changeSetOf, completeRequiredBy, runChangeSet } from "../change-set.js";
import { repositoryModel } from "../repository-model.js";
import { afterApplied } from "../session-end.js";
import { sessionFolder } from "../session-folder.js";
import type { ServerTaskKind } from "../task-kind.js";

/**
 * Loads the oldest prepared session of its connector, connectors §2.6; its mode is the session's. Incremental sessions that do not start at the state which the repository has now expire:
 * what they hold, the next incremental prepare holds too (design §7.4).
 */
export const synchronizeTask: ServerTaskKind = {
  element: "SynchronizeTask",
  side: "server",
  summary: "Compares prepared files with the repository, passes the gate and applies.",
  hasDeadline: false,
  refusal: () => null,
  modules: (_task, { settings }) => [synchronizationModule(settings.database)],
  run: async (context) => {
    const { task, store, configuration, jobInstance, taskInstance, fence, signal, onProgress, log } = context;
    const connector = connectorOf(task);
    const changeSet = changeSetOf(task);
    if (changeSet !== null) return resultOf(await runChangeSet(context, connector, changeSet));
    const { head, expired } = await store.sessions.expireMoved({ jobInstance, taskInstance, fence }, connector);
    for (const { guid, startsAt } of expired)
      log("warn", `session ${guid} starts at ${startsAt}, the repository stands at ${head}: it expired`);
    const session = await store.sessions.oldestReady(connector);
    const [moved] = expired;
    if (session === null && moved !== undefined) {
      throw new SluiceError("SYNC_CHAIN_MOVED", { connector, session: moved.guid, startsAt: moved.startsAt, head });
    }
    if (session?.manifest == null) return { state: "Completed", producedOutput: false, reason: "nothing prepared" };
    requireSameMappings(session, configuration);
    if (session.type !== task.attributes.Type) {
      log("warn", `session ${session.guid} was prepared with Type ${session.type}, this task has ${String(task.attributes.Type)}`);
    }
    const outcome = await store.synchronization.synchronize(
      {
        jobInstance,
        taskInstance,
        fence,
        session: session.manifest,
        folder: sessionFolder(configuration, session.guid),
        model: repositoryModel(configuration),
        mappingHash: session.mappingHash,
        force: context.force || task.attributes.ForceSynchronization === true,
        keepChanges: keepsChanges(task),
        orphans: task.attributes.Orphans === true,
      },
      { signal, onProgress },
    );
    if (outcome.state === "Applied") await afterApplied(context, connector, session.guid);
    return resultOf(outcome);
  },
  validate: async (context, blocked) => {
    const { task, store, configuration, jobInstance, taskInstance, fence, signal, onProgress } = context;
    const connector = connectorOf(task);
    const session = (await store.records.task(blocked))?.session ?? null;
    if (session === null) throw new SluiceError("SYNC_NOTHING_STAGED", { taskInstance: blocked });
    const completeRequired = completeRequiredBy(context);
    const outcome = await store.synchronization.resume(
      {
        jobInstance,
        taskInstance,
        blocked,
        folder: sessionFolder(configuration, session),
        orphans: task.attributes.Orphans === true,
        fence,
        model: repositoryModel(configuration),
        mappingHash: configuration.connectorHash.get(connector) ?? "",
        keepChanges: keepsChanges(task),
        ...(completeRequired === null ? {} : { completeRequired }),
      },
      { signal, onProgress },
    );
    await afterApplied(context, connector, session);
    return { ...resultOf(outcome), producedOutput: true } as TaskResult;
  },
};

const connectorOf = ({ connector, identifier }: Task): string => {
  if (connector === null) throw new Error(`${identifier} has no connector, which its configuration requires`);
  return connector;
};

/** DoNotDeleteChanges: the applied rows stay for the dirty flag (jobs-and-tasks §2.2). */
const keepsChanges = (task: Task): boolean => task.attributes.DoNotDeleteChanges === true;

/** Files prepared by other mappings would load wrong columns; only a new prepare helps. */
const requireSameMappings = (session: Session, configuration: Configuration): void => {
  if (session.mappingHash !== configuration.connectorHash.get(session.connector)) {
    throw new SluiceError("SYNC_SESSION_OUTDATED", { session: session.guid, connector: session.connector });
  }
};

const resultOf = ({ state, counters, thresholds, message, changed, replaced, notes }: SynchronizeOutcome): TaskResult => {
  const instances = [...new Set(replaced)].join(", ");
  const said = [...(instances === "" ? [] : [`the staged changes of instance ${instances} were replaced`]), ...notes];
  if (state === "Applied" && message !== null) said.push(message);
  const counted = { counters: { ...counters }, thresholds };
  if (state === "Blocked") return { state, message: [message ?? "Threshold Exceeded", ...said].join("; "), ...counted };
  return { state: "Completed", producedOutput: changed, ...counted, ...(said.length === 0 ? {} : { reason: said.join("; ") }) };
};
