import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Configuration, Task } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import { sessionGuid, type TaskInstanceId, taskInstanceId } from "../model/index.js";
import type { Store, SynchronizeOutcome } from "../store/index.js";
import { repositoryModel } from "./repository-model.js";
import { afterApplied } from "./session-end.js";
import { sessionFolder } from "./session-folder.js";
import type { ServerTaskContext } from "./task-kind.js";

/** A synchronization whose changes come from a plan or from the history instead of a session's files. */
export type ChangeSet =
  | {
      readonly from: "plan";
      /** What the plan's SHA-256 begins with: the name under which it is kept. */
      readonly planHash: string;
      /** From 0. */
      readonly section: number;
    }
  | { readonly from: "history"; readonly undone: TaskInstanceId };

/** Attributes of a SynchronizeTask that no configuration has: what it applies. */
export const changeSetAttributes = (changeSet: ChangeSet): Task["attributes"] =>
  changeSet.from === "plan" ? { Plan: changeSet.planHash, PlanSection: changeSet.section } : { Undo: changeSet.undone };

/** What a SynchronizeTask applies; null where it loads a session's files. */
export const changeSetOf = ({ attributes }: Task): ChangeSet | null => {
  const { Plan, PlanSection, Undo } = attributes;
  if (typeof Plan === "string") return { from: "plan", planHash: Plan, section: Number(PlanSection) };
  return typeof Undo === "number" ? { from: "history", undone: taskInstanceId(Undo) } : null;
};

/** `Work/Plans/<hash>.jsonl`: plans that were applied, or wait to be: what was checked is what is applied, also after a block. */
export const keptPlan = ({ settings }: Pick<Configuration, "settings">, planHash: string): string =>
  join(settings.workFolder, "Plans", `${planHash}.jsonl`);

/** Why the connector's next run has to be a complete one, as the end of a sentence (design §7.4). */
export const completeRequiredBy = ({ task, jobInstance }: Pick<ServerTaskContext, "task" | "jobInstance">): string | null => {
  const changeSet = changeSetOf(task);
  if (changeSet === null) return null;
  return changeSet.from === "plan"
    ? `because instance ${jobInstance} applied a plan, which leaves no files to go on from`
    : `because instance ${jobInstance} turned back what task instance ${changeSet.undone} had loaded, so that no files hold what it has now`;
};

/** Refuses connectors that are switched off (connectors §1.2): left out as in a run, a change set would be applied in part. Throws SYNC_CONNECTOR_DEACTIVATED. */
export const refuseDeactivated = async (
  { connectors: known }: Pick<Configuration, "connectors">,
  store: Store,
  connectors: readonly string[],
): Promise<void> => {
  const deactivations = await store.connectors.deactivations();
  for (const connector of connectors) {
    const by = deactivations.get(connector)?.by ?? null;
    if (by !== null || known.get(connector)?.isDeactivated === true) throw new SluiceError("SYNC_CONNECTOR_DEACTIVATED", { connector, by });
  }
};

/** Stages and applies a change set in a session of its own. Throws SYNC_PLAN_*, SYNC_UNDO_*, SYNC_CONNECTOR_BLOCKED, SYNC_CONNECTOR_DEACTIVATED. */
export const runChangeSet = async (context: ServerTaskContext, connector: string, changeSet: ChangeSet): Promise<SynchronizeOutcome> => {
  const { task, store, configuration, jobInstance, taskInstance, fence, force, signal, onProgress } = context;
  const { changeSets } = store.synchronization;
  await refuseDeactivated(configuration, store, [connector]);
  const session = sessionGuid(randomUUID());
  const folder = sessionFolder(configuration, session);
  await mkdir(folder, { recursive: true });
  const request = {
    jobInstance,
    taskInstance,
    fence,
    connector,
    session,
    folder,
    model: repositoryModel(configuration),
    mappingHash: configuration.connectorHash.get(connector) ?? "",
    force,
    keepChanges: task.attributes.DoNotDeleteChanges === true,
    completeRequired: completeRequiredBy(context) ?? "",
  };
  const options = { signal, onProgress };
  try {
    const outcome =
      changeSet.from === "plan"
        ? await changeSets.applyPlan({ ...request, ...changeSet, plan: keptPlan(configuration, changeSet.planHash) }, options)
        : await changeSets.undo({ ...request, undone: changeSet.undone }, options);
    if (outcome.state === "Applied") await afterApplied(context, connector, session);
    return outcome;
  } catch (error) {
    await rm(folder, { recursive: true, force: true }).catch(() => undefined);
    throw error;
  }
};
