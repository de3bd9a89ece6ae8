import {
  currentRows,
  type LinkPlan,
  PlanDifferences,
  type PlannedChange,
  type PlannedRow,
  PropertyNames,
  plannedChange,
  plannedRow,
  plannedSection,
  plannedValues,
  requireSameLine,
  sectionLines,
  slotChanges,
  type TypePlan,
} from "../../plan/index.js";
import type { ApplyPlanRequest, SynchronizeOutcome } from "../../synchronization.js";
import { equal } from "../equality.js";
import { headOf } from "./chain.js";
import { type ChangeSetStage, runChangeSet, type StagedChangeSet } from "./change-set.js";
import type { Database, Value } from "./database.js";
import { into, type Reach, stageLinks } from "./link-resolution.js";
import { stored } from "./session-comparison.js";
import { stagedLines } from "./staged-lines.js";
import type { StagedRow } from "./staging.js";
import type { SynchronizationContext } from "./synchronize.js";
import { clearTemporary, columnTypes, createTemporary, keyColumn } from "./temporary-tables.js";

/** Lines of a plan that are held against the repository at a time. */
const pageSize = 5_000;
/** Lines between two looks for a stop. */
const linesPerLook = 1_000;

type PlannedClaim = Extract<PlannedChange, { readonly claim: string }>;

/**
 * Applies a section of a plan: exactly it, or nothing. What the section says of resources and of the source's own links is staged from the present rows, everything that follows of it is
 * worked out as in the rehearsal, and the set is held against the plan line by line before the gate. Throws SYNC_PLAN_MOVED with what differs, SYNC_PLAN_ALTERED, SYNC_CONNECTOR_BLOCKED.
 */
export const applyPlan = (context: SynchronizationContext, request: ApplyPlanRequest): Promise<SynchronizeOutcome> =>
  runChangeSet(context, request, (at) => stagePlan(at, request));

const stagePlan = async (at: ChangeSetStage, request: ApplyPlanRequest): Promise<StagedChangeSet> => {
  const { context, plan, staging } = at;
  const { db } = context;
  const { connector, mappingHash } = request;
  const head = await headOf(db, connector);
  const { section, sha256 } = plannedSection(request, head);
  const rows = new PlannedRows(at, new PropertyNames(request.model));
  await rows.open();
  let lines = 0;
  for (const line of sectionLines(request.plan, request.section)) {
    if (lines % linesPerLook === 0) {
      context.checkStop("staging the plan");
      context.onProgress({ step: "staging the plan", rows: lines, of: section.changes });
    }
    lines++;
    const change = plannedChange(request.plan, line);
    if ("resource" in change) await rows.stage(change);
    else if ("claim" in change && change.connector === connector) await rows.touch(change);
  }
  await rows.finish();
  rows.differences.refuse(connector);
  // As `gateSession` chose when the plan was made.
  const isRebuilt = head !== null && head.mappingHash !== mappingHash;
  const reach: Reach = section.mode === "Incremental" ? "changes" : isRebuilt ? "all" : "unresolved";
  context.onProgress({ step: "resolving links", rows: 0 });
  const navigations = await stageLinks(db, plan, connector, staging, request.taskInstance, reach);
  await requireSame(at, request, rows.names);
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
const requireSame = async ({ context, plan }: ChangeSetStage, request: ApplyPlanRequest, names: PropertyNames): Promise<void> => {
  const staged = stagedLines(context.db, plan, names, request.taskInstance);
  const next = async (): Promise<string | null> => {
    const { done, value } = await staged.next();
    return done === true ? null : value;
  };
  for (const line of sectionLines(request.plan, request.section)) requireSameLine(request, line, await next());
  requireSameLine(request, null, await next());
};

/** Stages the changes of a plan on the rows that are there now, page by page, and lists what is not as it was. */
class PlannedRows {
  readonly names: PropertyNames;
  readonly differences = new PlanDifferences();
  readonly #at: ChangeSetStage;
  #rows: PlannedRow[] = [];
  #claims: Value[][] = [];

  constructor(at: ChangeSetStage, names: PropertyNames) {
    this.#at = at;
    this.names = names;
  }

  async open(): Promise<void> {
    await prepareSaidClaims(this.#at.context.db);
  }

  async stage(change: Extract<PlannedChange, { readonly resource: string }>): Promise<void> {
    const row = plannedRow(this.#at.plan, this.names, change, this.differences);
    if (row === null) return;
    if (this.#rows.length === pageSize || (this.#rows[0]?.type ?? row.type) !== row.type) await this.#stagePage();
    this.#rows.push(row);
  }

  /** What the source's files added or took away; what became of other claims follows from the resources. */
  async touch({ claim, connector, command, key1, key2 }: PlannedClaim): Promise<void> {
    if (command === "resolve") return;
    const link = this.#at.plan.links.find((each) => each.connector === connector && each.mapping.identifier === claim);
    if (link === undefined) {
      this.differences.add(`${connector} has no mapping of ${claim}`);
      return;
    }
    if (this.#claims.length === pageSize) await this.#loadClaims();
    this.#claims.push([link.number, key1, key2, command === "add" ? 1 : 0]);
  }

  /** To be called after the last line. */
  async finish(): Promise<void> {
    await this.#stagePage();
    await this.#loadClaims();
    const { context, plan, request } = this.#at;
    for (const link of plan.links) if (link.connector === request.connector) await touchSaidClaims(context.db, link);
    for (const table of ["#Planned", "#SaidClaim"]) await clearTemporary(context.db, table);
  }

  async #loadClaims(): Promise<void> {
    await loadSaidClaims(this.#at.context.db, this.#claims);
    this.#claims = [];
  }

  /** Stages the rows read so far, all of one type, in the order of the plan. */
  async #stagePage(): Promise<void> {
    const page = this.#rows;
    const type = page[0]?.type;
    if (type === undefined) return;
    this.#rows = [];
    const { staging } = this.#at;
    const current = await this.#currentRows(type, page);
    const staged: StagedRow[] = [];
    const inserted: number[] = [];
    for (const [n, row] of page.entries()) {
      const found = current.get(n) ?? null;
      const values = plannedValues(row, found?.values ?? null, this.names, this.differences);
      if (values === null) continue;
      const { before, after } = values;
      const changes = slotChanges(type, before, after);
      if (row.command === "update" && Object.keys(changes).length === 0) continue;
      if (found === null) inserted.push(staged.length);
      const { command, key } = row;
      staged.push({ command, type, key, resource: found?.id ?? 0, version: found?.version ?? null, changes, causedBy: null });
    }
    const ids = await staging.idsFor(
      type,
      inserted.map((n) => staged[n]?.key ?? ""),
    );
    const idOf = new Map(inserted.map((n, index) => [n, ids[index] ?? 0]));
    await staging.stage(staged.map((row, n) => ({ ...row, resource: idOf.get(n) ?? row.resource })));
  }

  /** The stored rows of a page by their place in it. */
  async #currentRows(type: TypePlan, page: readonly PlannedRow[]): Promise<ReadonlyMap<number, CurrentRow>> {
    const { db } = this.#at.context;
    const [keySlot] = type.slots;
    const found = new Map<number, CurrentRow>();
    if (keySlot === undefined) return found;
    await createTemporary(db, "#Planned", ["N bigint NOT NULL PRIMARY KEY", `[Key] ${columnTypes.key} NOT NULL`]);
    await db.bulk(
      "#Planned",
      [
        { name: "N", type: "integer", required: true },
        { ...keyColumn("Key"), required: true },
      ],
      page.map(({ key }, n) => [n, key]),
    );
    await db.each(
      `SELECT p.N, r.Id, r.ValidFrom, ${type.slots.map((slot) => stored(slot)).join(", ")} FROM #Planned p
       JOIN UR_Resources r ON ${currentRows(type, "r.")} AND ${equal(stored(keySlot), "p.[Key]")}`,
      ([n, id, version, ...values]) => {
        found.set(Number(n), {
          id: Number(id),
          version: String(version),
          values: values.map((value) => (value === null ? null : String(value))),
        });
      },
    );
    return found;
  }
}

interface CurrentRow {
  readonly id: number;
  /** Where its version begins. */
  readonly version: string;
  /** In the order of the type's slots. */
  readonly values: readonly (string | null)[];
}

/** Makes `#SaidClaim`, empty: claims that come (Wanted = 1) or go (0), whether they are stored or not. */
const prepareSaidClaims = (db: Database): Promise<void> =>
  createTemporary(db, "#SaidClaim", [
    "Mapping int NOT NULL",
    `Key1 ${columnTypes.key} NOT NULL`,
    `Key2 ${columnTypes.key} NOT NULL`,
    "Wanted int NOT NULL",
  ]);

/** Rows of mapping, key 1, key 2, wanted. */
const loadSaidClaims = async (db: Database, rows: readonly Value[][]): Promise<void> => {
  if (rows.length === 0) return;
  await db.bulk(
    "#SaidClaim",
    [
      { name: "Mapping", type: "int", required: true },
      { ...keyColumn("Key1"), required: true },
      { ...keyColumn("Key2"), required: true },
      { name: "Wanted", type: "int", required: true },
    ],
    rows,
  );
};

/** Adds a mapping's claims of `#SaidClaim` to those that are touched, each once. */
const touchSaidClaims = async (db: Database, link: LinkPlan): Promise<void> => {
  await db.run(
    `${into} SELECT ${link.number}, a.Key1, a.Key2, CASE WHEN l.Mapping IS NULL THEN 0 ELSE 1 END, a.Wanted, 1, l.R1_Id, l.R2_Id
     FROM (SELECT s.Key1, s.Key2, MAX(s.Wanted) AS Wanted FROM #SaidClaim s WHERE s.Mapping = ${link.number}
       GROUP BY s.Key1, DATALENGTH(s.Key1), s.Key2, DATALENGTH(s.Key2)) a
     LEFT JOIN UR_LinkKeys l ON l.Mapping = ${link.number} AND ${equal("l.Key1", "a.Key1")} AND ${equal("l.Key2", "a.Key2")}`,
  );
};
