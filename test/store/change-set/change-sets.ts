import { randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type SessionGuid, sessionGuid, type TaskInstanceId, taskInstanceId } from "../../../src/model/index.js";
import { readPlan, writePlan } from "../../../src/store/plan/index.js";
import type { ChangeSetRequest, SynchronizeOutcome } from "../../../src/store/synchronization.js";
import type { Rehearsal, Synchronized, World } from "../synchronization/world.js";

type Connector = "HR" | "AD";

export interface ChangeSetOptions {
  readonly force?: boolean;
  readonly mappingHash?: string;
}

/** Plans and undo on the repository of a world. */
export class ChangeSets {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** Rehearses sessions and writes the plan of all of them; gives its path. */
  async plan(sessions: readonly Rehearsal[]): Promise<string> {
    const { folder } = this.#world;
    const tried = sessions.map((session) => ({ ...session, planFile: join(folder, `${randomUUID()}.jsonl`) }));
    const found = await this.#world.rehearse(tried);
    const file = join(folder, `${randomUUID()}.plan`);
    const sections = found.map(({ connector, counters, thresholds, message, planned }, section) => {
      if (planned === undefined) throw new Error("nothing was written for the plan");
      const { head, mappingHash, emptyMappings, lines } = planned;
      const mode = tried[section]?.mode ?? "Complete";
      const about = { section, task: connector, connector, mode, head, mappingHash, emptyMappings, counters, thresholds, blocked: message };
      return { section: { ...about, changes: lines }, file: tried[section]?.planFile ?? "" };
    });
    writePlan(file, { format: 1, plan: "sluice", job: "J", madeAt: "2026", leftOut: [] }, sections);
    return file;
  }

  apply(plan: string, section: number, connector: Connector, options: ChangeSetOptions = {}): Promise<Synchronized> {
    const { engine } = this.#world;
    return this.#run(connector, options, (request) =>
      engine.applyPlan(this.#world.tools(), { ...request, plan, planHash: readPlan(plan).sha256.slice(0, 16), section }),
    );
  }

  undo(undone: TaskInstanceId | number, connector: Connector, options: ChangeSetOptions = {}): Promise<Synchronized> {
    const { engine } = this.#world;
    return this.#run(connector, options, (request) => engine.undo(this.#world.tools(), { ...request, undone: taskInstanceId(undone) }));
  }

  async #run(
    connector: Connector,
    { force = false, mappingHash = "h" }: ChangeSetOptions,
    work: (request: ChangeSetRequest) => Promise<SynchronizeOutcome>,
  ): Promise<Synchronized> {
    const world = this.#world;
    const ids = await world.instance(connector);
    const session: SessionGuid = sessionGuid(randomUUID());
    const folder = join(world.folder, "sessions", session);
    mkdirSync(folder, { recursive: true });
    world.time += 3_600_000;
    const request = { ...ids, fence: 7, connector, session, folder, model: world.model, mappingHash, force, keepChanges: false };
    const outcome = await work({ ...request, completeRequired: "because the test says so" });
    if (outcome.state === "Blocked") await world.db.run("UPDATE UJ_JobInstances SET State = 'Blocked' WHERE Id = ?", ids.jobInstance);
    return { ...outcome, ...ids, session, folder };
  }
}
