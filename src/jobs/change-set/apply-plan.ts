import { chmod, copyFile, mkdir, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type { Configuration } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import { systemTiming } from "../../model/index.js";
import { type PlanContent, readPlan } from "../../store/index.js";
import { keptPlan, refuseDeactivated } from "../../tasks/index.js";
import type { RunReport } from "../report.js";
import { runJob } from "../run-job.js";
import type { RunSurroundings } from "../run-request.js";
import { applyName, shortPlanHash } from "./change-set-name.js";
import { refuseBlocked } from "./refuse-blocked.js";

export interface ApplyPlanRequest extends RunSurroundings {
  /** Absolute path of what `run --plan` wrote. */
  readonly file: string;
  /** Thresholds are computed, shown, and not enforced. */
  readonly force?: boolean | undefined;
  /** Told what the plan holds, before anything is started; also of a plan that holds no change. */
  readonly onPlan?: ((plan: PlanContent) => Promise<void>) | undefined;
}

/** Age at which a kept plan goes (ms, 90 days): no instance that is resumed waits that long for the rest of its plan. */
const keptMs = 90 * 24 * 60 * 60_000;

/**
 * Applies a plan as an instance of its own, exactly or not at all: its sections one after the other, each as a synchronization with its gate (design §8), which may block and be resumed. A copy
 * is kept in `Work/Plans` until the instance has completed. Gives null, and starts none, where the plan holds no change. Throws CMD_PLAN_UNREADABLE, SYNC_PLAN_ALTERED, SYNC_PLAN_MAPPINGS, SYNC_PLAN_MOVED, SYNC_CONNECTOR_BLOCKED, SYNC_CONNECTOR_DEACTIVATED (64), and what
 * `runJob` throws; then nothing was changed. What differs only row by row makes the task Errored with SYNC_PLAN_MOVED.
 */
export const applyPlan = async (request: ApplyPlanRequest): Promise<RunReport | null> => {
  const { configuration, store, file, force, onPlan } = request;
  const { now } = request.timing ?? systemTiming;
  const plan = await keep(configuration, file, now());
  const kept = keptPlan(configuration, shortPlanHash(plan.sha256));
  const isEmpty = plan.sections.length === 0;
  // That there is nothing to do is true only of what it was made on.
  const madeOn = isEmpty ? (plan.header.unchanged ?? []) : plan.sections;
  const connectors = madeOn.map(({ connector }) => connector);
  for (const [index, { connector, mappingHash, head }] of madeOn.entries()) {
    if (configuration.connectorHash.get(connector) !== mappingHash) throw new SluiceError("SYNC_PLAN_MAPPINGS", { connector });
    // A later section of a connector goes on from the one before.
    if (connectors.indexOf(connector) < index) continue;
    const stands = (await store.sessions.chain(connector)).head?.session ?? null;
    if (stands === head) continue;
    const text = (session: string | null): string => (session === null ? "no synchronization" : `session ${session}`);
    throw new SluiceError("SYNC_PLAN_MOVED", { connector, differences: [`it stood at ${text(head)}, and stands at ${text(stands)} now`] });
  }
  if (isEmpty) {
    await rm(kept, { force: true });
    await onPlan?.(plan);
    return null;
  }
  await refuseBlocked(store, connectors);
  await refuseDeactivated(configuration, store, connectors);
  await onPlan?.(plan);
  const what = { rootTask: applyName(plan.sha256, connectors), isChangeSet: true, plannedOf: plan.header.of } as const;
  const report = await runJob({ ...request, what, force });
  if (report.state === "Completed") await rm(kept, { force: true });
  return report;
};

/** Copies the plan, then reads the copy: what is checked is what is applied. Old ones go. */
const keep = async (configuration: Configuration, file: string, now: number): Promise<PlanContent> => {
  const folder = dirname(keptPlan(configuration, ""));
  await mkdir(folder, { recursive: true });
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found !== null && now - found.mtimeMs > keptMs) await rm(path, { force: true });
  }
  const temporary = join(folder, `.${process.pid}.${basename(file)}.tmp`);
  try {
    await copyFile(file, temporary).catch((error: NodeJS.ErrnoException) => {
      throw new SluiceError("CMD_PLAN_UNREADABLE", { file, reason: error.code ?? error.message }, { place: { file } });
    });
    // Values of people stand in it, whatever the file that was given lets others read.
    await chmod(temporary, 0o600);
    const plan = readPlan(temporary);
    await rename(temporary, keptPlan(configuration, shortPlanHash(plan.sha256)));
    return plan;
  } catch (error) {
    if (!(error instanceof SluiceError) || error.code !== "SYNC_PLAN_ALTERED") throw error;
    // A person knows the file by the name that was given.
    const { reason } = error.parameters as { readonly reason: string };
    throw new SluiceError("SYNC_PLAN_ALTERED", { file, reason }, { place: { file }, cause: error });
  } finally {
    await rm(temporary, { force: true });
  }
};
