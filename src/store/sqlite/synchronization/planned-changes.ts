import {
  currentRows,
  PlanDifferences,
  type PlannedChange,
  PropertyNames,
  plannedChange,
  plannedRow,
  plannedSection,
  plannedValues,
  requireSameLine,
  sectionLines,
  type TypePlan,
} from "../../plan/index.js";
import type { ApplyPlanRequest, SynchronizeOutcome } from "../../synchronization.js";
import { type ChangeSetStage, runChangeSet, type StagedChangeSet } from "./change-set.js";
import type { Database, Statement } from "./database.js";
import { type LinkScope, stageLinks } from "./link-resolution.js";
import { stagedLines } from "./staged-lines.js";
import { headOf, type SynchronizationContext } from "./synchronize.js";

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
  const head = headOf(db, connector);
  const { section, sha256 } = plannedSection(request, head);
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
  rows.differences.refuse(connector);
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

/** Holds what is staged against the plan. */
const requireSame = ({ context, plan }: ChangeSetStage, request: ApplyPlanRequest, names: PropertyNames): void => {
  const staged = stagedLines(context.db, plan, names, request.taskInstance);
  const next = (): string | null => {
    const { done, value } = staged.next();
    return done === true ? null : value;
  };
  for (const line of sectionLines(request.plan, request.section)) requireSameLine(request, line, next());
  requireSameLine(request, null, next());
};

/** Stages the changes of a plan on the rows that are there now, and lists what is not as it was. */
class PlannedRows {
  readonly names: PropertyNames;
  readonly differences = new PlanDifferences();
  readonly #at: ChangeSetStage;
  readonly #found = new Map<TypePlan, Statement>();
  readonly #claim: Statement;

  constructor(at: ChangeSetStage, names: PropertyNames) {
    this.#at = at;
    this.names = names;
    this.#claim = touchClaim(at.context.db);
  }

  stage(change: PlannedResource): void {
    const { plan, staging } = this.#at;
    const planned = plannedRow(plan, this.names, change, this.differences);
    if (planned === null) return;
    const { type } = planned;
    const row = this.#row(type, planned.key);
    const stored = row === null ? null : row.slice(2).map((value) => (value === null ? null : String(value)));
    const found = plannedValues(planned, stored, this.names, this.differences);
    if (found === null) return;
    const { before, after } = found;
    const current = row === null ? null : ([Number(row[0]), String(row[1])] as const);
    if (before === null) staging.stageInsert(type, after ?? []);
    else if (after === null) staging.stageDelete(type, before, current);
    else staging.stageUpdate(type, after, before, current);
  }

  /** What the source's files added or took away; what became of other claims follows from the resources. */
  touch({ claim, connector, command, key1, key2 }: PlannedClaim): void {
    if (command === "resolve") return;
    const link = this.#at.plan.links.find((each) => each.connector === connector && each.mapping.identifier === claim);
    if (link === undefined) this.differences.add(`${connector} has no mapping of ${claim}`);
    else this.#claim.run(link.number, key1, key2, command === "add" ? 1 : 0);
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
