import { SluiceError } from "../../../errors/index.js";
import { currentRows, type PlannedChange, PropertyNames, plannedChange, readPlan, sectionLines, type TypePlan } from "../../plan/index.js";
import type { ApplyPlanRequest, SynchronizeOutcome } from "../../synchronization.js";
import { type ChangeSetStage, runChangeSet, type StagedChangeSet } from "./change-set.js";
import type { Database, Statement } from "./database.js";
import { type LinkScope, stageLinks } from "./link-resolution.js";
import { stagedLines } from "./staged-lines.js";
import { headOf, type SynchronizationContext } from "./synchronize.js";

/** Differences listed by name. */
const listed = 20;
/** Lines between two looks for a stop. */
const linesPerLook = 1_000;

type PlannedResource = Extract<PlannedChange, { readonly resource: string }>;
type PlannedClaim = Extract<PlannedChange, { readonly claim: string }>;

/**
 * Applies a section of a plan: exactly it, or nothing. What the section says of resources and of the source's own links is staged from the present rows, everything that follows of it is
 * worked out as in the rehearsal, and the set is held against the plan line by line before the gate. Throws SYNC_PLAN_MOVED with what differs, SYNC_PLAN_ALTERED, SYNC_CONNECTOR_BLOCKED.
 */
export const applyPlan = (context: SynchronizationContext, request: ApplyPlanRequest): SynchronizeOutcome =>
  runChangeSet(context, request, (at) => stagePlan(at, request));

const stagePlan = (at: ChangeSetStage, request: ApplyPlanRequest): StagedChangeSet => {
  const { context, plan, staging } = at;
  const { db } = context;
  const { connector, mappingHash } = request;
  const { sections, sha256 } = readPlan(request.plan);
  const section = sections[request.section];
  if (section === undefined || section.connector !== connector || !sha256.startsWith(request.planHash)) {
    throw new SluiceError("SYNC_PLAN_ALTERED", { file: request.plan, reason: "it is another plan than the one that was started" });
  }
  if (section.mappingHash !== mappingHash) throw new SluiceError("SYNC_PLAN_MAPPINGS", { connector });
  const head = headOf(db, connector);
  const isFirst = sections.findIndex((each) => each.connector === connector) === request.section;
  if (isFirst && (head?.session ?? null) !== section.head) {
    const then = section.head === null ? "had no synchronization" : `stood at session ${section.head}`;
    throw moved(connector, [`${connector} ${then} then, and ${head === null ? "has none" : `stands at ${head.session}`} now`]);
  }
  const rows = new PlannedRows(at, new PropertyNames(request.model));
  let lines = 0;
  for (const line of sectionLines(request.plan, request.section)) {
    if (lines % linesPerLook === 0) {
      context.checkStop("staging the plan");
      context.onProgress({ step: "staging the plan", rows: lines, of: section.changes });
    }
    lines++;
    const change = plannedChange(request.plan, line);
    if ("resource" in change) rows.stage(change);
    else if ("claim" in change && change.connector === connector) rows.touch(change);
  }
  if (rows.differences.length > 0) throw moved(connector, rows.differences);
  // As `stageSession` chose when the plan was made.
  const isRebuilt = head !== null && head.mappingHash !== mappingHash;
  const scope: LinkScope = section.mode === "Incremental" ? "keys" : isRebuilt ? "all" : "unresolved";
  context.onProgress({ step: "resolving links", rows: 0 });
  const navigations = stageLinks(db, plan, connector, staging, request.taskInstance, scope);
  requireSame(at, request, rows.names);
  return {
    navigations,
    emptyMappings: new Set(section.emptyMappings),
    isInitial: section.mode === "Initial",
    notes: [],
    decision: "apply",
    planHash: sha256,
  };
};

const moved = (connector: string, differences: readonly string[]): SluiceError<"SYNC_PLAN_MOVED"> =>
  new SluiceError("SYNC_PLAN_MOVED", { connector, differences });

/** Holds what is staged against the plan. */
const requireSame = ({ context, plan }: ChangeSetStage, request: ApplyPlanRequest, names: PropertyNames): void => {
  const { connector, taskInstance } = request;
  const staged = stagedLines(context.db, plan, names, taskInstance);
  for (const line of sectionLines(request.plan, request.section)) {
    const now = staged.next();
    if (now.done === true) throw moved(connector, [`${nameOf(request.plan, line)} would change nothing now`]);
    if (now.value === line) continue;
    const [then, found] = [nameOf(request.plan, line), nameOf(request.plan, now.value)];
    throw moved(connector, [then === found ? `${then} would be another change now` : `${then} is not what would change next: ${found} is`]);
  }
  const more = staged.next();
  if (more.done !== true) throw moved(connector, [`${nameOf(request.plan, more.value)} would change too`]);
};

/** A change by what a person knows it by. */
const nameOf = (file: string, line: string): string => {
  const change = plannedChange(file, line);
  if ("resource" in change) return `the ${change.command} of ${change.resource} ${change.key}`;
  if ("link" in change) return `the ${change.command} of the link ${change.link} ${change.key1} – ${change.key2}`;
  return `what ${change.connector} says of ${change.claim} ${change.key1} – ${change.key2}`;
};

/** Stages the changes of a plan on the rows that are there now, and lists what is not as it was. */
class PlannedRows {
  readonly names: PropertyNames;
  readonly differences: string[] = [];
  readonly #at: ChangeSetStage;
  readonly #found = new Map<TypePlan, Statement>();
  readonly #claim: Statement;

  constructor(at: ChangeSetStage, names: PropertyNames) {
    this.#at = at;
    this.names = names;
    this.#claim = touchClaim(at.context.db);
  }

  /** Navigations follow from the claims; all other properties are taken from the plan. */
  stage(change: PlannedResource): void {
    const difference = this.#stage(change);
    if (difference !== null) this.#differs(difference);
  }

  /** Gives what is not as it was, or null. */
  #stage(change: PlannedResource): string | null {
    const { plan, staging } = this.#at;
    const { resource, command, key } = change;
    const type = plan.types.get(resource);
    if (type === undefined) return `there is no entity type ${resource}`;
    const values = this.#mappedValues(type, change);
    if (command === "update" && values.size === 0) return null;
    const row = this.#row(type, key);
    if (command === "insert") {
      if (row !== null) return `${resource} ${key} is there already`;
      const inserted = type.slots.map((slot) => values.get(slot)?.[1] ?? null);
      staging.stageInsert(type, inserted);
      return null;
    }
    if (row === null) return `${resource} ${key} is no longer there`;
    const [id, version, ...stored] = row;
    const current = [Number(id), String(version)] as const;
    const before = stored.map((value) => (value === null ? null : String(value)));
    for (const [index, slot] of type.slots.entries()) {
      const planned = values.get(slot);
      if (planned !== undefined && planned[0] !== before[index])
        return `${this.names.nameOf(resource, slot)} of ${resource} ${key} is not what it was`;
    }
    if (command === "delete") {
      staging.stageDelete(type, before, current);
      return null;
    }
    const after = type.slots.map((slot, index) => {
      const planned = values.get(slot);
      return planned === undefined ? (before[index] ?? null) : planned[1];
    });
    staging.stageUpdate(type, after, before, current);
    return null;
  }

  /** What the source's files added or took away; what became of other claims follows from the resources. */
  touch({ claim, connector, command, key1, key2 }: PlannedClaim): void {
    if (command === "resolve") return;
    const link = this.#at.plan.links.find((each) => each.connector === connector && each.mapping.identifier === claim);
    if (link === undefined) this.#differs(`${connector} has no mapping of ${claim}`);
    else this.#claim.run(link.number, key1, key2, command === "add" ? 1 : 0);
  }

  #mappedValues(type: TypePlan, { resource, values }: PlannedResource): ReadonlyMap<string, readonly [string | null, string | null]> {
    const mapped = new Map<string, readonly [string | null, string | null]>();
    for (const [property, change] of Object.entries(values)) {
      const slot = this.names.slotOf(resource, property);
      if (slot === null) this.#differs(`${resource} has no property ${property}`);
      else if ((type.slots as readonly string[]).includes(slot)) mapped.set(slot, change);
    }
    return mapped;
  }

  #row(type: TypePlan, key: string): ReturnType<Statement["get"]> {
    let found = this.#found.get(type);
    if (found === undefined) {
      const { db } = this.#at.context;
      found = db.prepare(
        `SELECT Id, ValidFrom, ${type.slots.join(", ")} FROM UR_Resources WHERE ${currentRows(type)} AND ${type.slots[0] ?? "Id"} = ?`,
      );
      this.#found.set(type, found);
    }
    return found.get(key);
  }

  #differs(text: string): void {
    if (this.differences.length < listed) this.differences.push(text);
    else if (this.differences.length === listed) this.differences.push("and more");
  }
}

/** A claim that comes (1) or goes (0), whether it is stored or not. Statement arguments: mapping, key 1, key 2, wanted. */
export const touchClaim = (db: Database): Statement =>
  db.prepare(
    `INSERT INTO temp.Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2)
     SELECT a.Mapping, a.Key1, a.Key2, s.Mapping IS NOT NULL, a.Wanted, 1, s.R1_Id, s.R2_Id
     FROM (SELECT ?1 AS Mapping, ?2 AS Key1, ?3 AS Key2, ?4 AS Wanted) a
     LEFT JOIN UR_LinkKeys s ON s.Mapping = a.Mapping AND s.Key1 = a.Key1 AND s.Key2 = a.Key2
     WHERE true ON CONFLICT DO UPDATE SET Wanted = excluded.Wanted`,
  );
