import { SluiceError } from "../../errors/index.js";
import type { ApplyPlanRequest } from "../synchronization.js";
import type { Head } from "./chain.js";
import { type PlanSection, plannedChange, readPlan } from "./plan-file.js";
import type { PlannedChange } from "./planned-change.js";
import type { PropertyNames } from "./property-names.js";
import type { RepositoryPlan, TypePlan } from "./repository-plan.js";

/** Differences listed by name. */
const listed = 20;

const moved = (connector: string, differences: readonly string[]): SluiceError<"SYNC_PLAN_MOVED"> =>
  new SluiceError("SYNC_PLAN_MOVED", { connector, differences });

/** What is not as it was when a plan was made. */
export class PlanDifferences {
  readonly #found: string[] = [];

  add(text: string): void {
    if (this.#found.length < listed) this.#found.push(text);
    else if (this.#found.length === listed) this.#found.push("and more");
  }

  /** Throws SYNC_PLAN_MOVED where there are any. */
  refuse(connector: string): void {
    if (this.#found.length > 0) throw moved(connector, this.#found);
  }
}

/**
 * Reads the section of a plan that is to be applied, and holds it against the configuration and the head of its connector. Throws SYNC_PLAN_ALTERED, SYNC_PLAN_MAPPINGS, SYNC_PLAN_MOVED.
 */
export const plannedSection = (
  { plan, planHash, section: number, connector, mappingHash }: ApplyPlanRequest,
  head: Head | null,
): { readonly section: PlanSection; readonly sha256: string } => {
  const { sections, sha256 } = readPlan(plan);
  const section = sections[number];
  if (section === undefined || section.connector !== connector || !sha256.startsWith(planHash)) {
    throw new SluiceError("SYNC_PLAN_ALTERED", { file: plan, reason: "it is another plan than the one that was started" });
  }
  if (section.mappingHash !== mappingHash) throw new SluiceError("SYNC_PLAN_MAPPINGS", { connector });
  const isFirst = sections.findIndex((each) => each.connector === connector) === number;
  if (isFirst && (head?.session ?? null) !== section.head) {
    const then = section.head === null ? "had no synchronization" : `stood at session ${section.head}`;
    throw moved(connector, [`${connector} ${then} then, and ${head === null ? "has none" : `stands at ${head.session}`} now`]);
  }
  return { section, sha256 };
};

/** A change by what a person knows it by. */
const nameOf = (file: string, line: string): string => {
  const change = plannedChange(file, line);
  if ("resource" in change) return `the ${change.command} of ${change.resource} ${change.key}`;
  if ("link" in change) return `the ${change.command} of the link ${change.link} ${change.key1} – ${change.key2}`;
  return `what ${change.connector} says of ${change.claim} ${change.key1} – ${change.key2}`;
};

/** Holds a line of a plan against the line that stands in its place now; null: there is none any more. Throws SYNC_PLAN_MOVED. */
export const requireSameLine = (
  { plan, connector }: Pick<ApplyPlanRequest, "plan" | "connector">,
  line: string | null,
  now: string | null,
): void => {
  if (line === now) return;
  if (now === null) throw moved(connector, [`${nameOf(plan, line ?? "")} would change nothing now`]);
  if (line === null) throw moved(connector, [`${nameOf(plan, now)} would change too`]);
  const [then, found] = [nameOf(plan, line), nameOf(plan, now)];
  throw moved(connector, [then === found ? `${then} would be another change now` : `${then} is not what would change next: ${found} is`]);
};

type PlannedResource = Extract<PlannedChange, { readonly resource: string }>;

/** A resource that a plan changes by its mapped properties: before and after by slot. */
export interface PlannedRow {
  readonly command: PlannedResource["command"];
  readonly type: TypePlan;
  readonly key: string;
  readonly values: ReadonlyMap<string, readonly [string | null, string | null]>;
}

/** What a plan says of a resource, navigations aside: they follow from the claims. Null where nothing else changes, and where it cannot be told, which `differences` gets. */
export const plannedRow = (
  plan: RepositoryPlan,
  names: PropertyNames,
  { resource, command, key, values }: PlannedResource,
  differences: PlanDifferences,
): PlannedRow | null => {
  const type = plan.types.get(resource);
  if (type === undefined) {
    differences.add(`there is no entity type ${resource}`);
    return null;
  }
  const mapped = new Map<string, readonly [string | null, string | null]>();
  for (const [property, change] of Object.entries(values)) {
    const slot = names.slotOf(resource, property);
    if (slot === null) differences.add(`${resource} has no property ${property}`);
    else if ((type.slots as readonly string[]).includes(slot)) mapped.set(slot, change);
  }
  return command === "update" && mapped.size === 0 ? null : { command, type, key, values: mapped };
};

/** A row of a plan with the values of its type's slots, in their order: before and after, null for no row. */
export interface PlannedValues {
  readonly before: readonly (string | null)[] | null;
  readonly after: readonly (string | null)[] | null;
}

/** Holds a planned row against the one that is stored now (null: none). Gives what becomes of it; null where it is not as it was, which `differences` gets. */
export const plannedValues = (
  { command, type, key, values }: PlannedRow,
  stored: readonly (string | null)[] | null,
  names: PropertyNames,
  differences: PlanDifferences,
): PlannedValues | null => {
  const name = `${type.identifier} ${key}`;
  if (command === "insert" || stored === null) {
    if (command === "insert" && stored === null) return { before: null, after: type.slots.map((slot) => values.get(slot)?.[1] ?? null) };
    differences.add(stored === null ? `${name} is no longer there` : `${name} is there already`);
    return null;
  }
  const other = type.slots.find((slot, index) => {
    const planned = values.get(slot);
    return planned !== undefined && planned[0] !== (stored[index] ?? null);
  });
  if (other !== undefined) {
    differences.add(`${names.nameOf(type.identifier, other)} of ${name} is not what it was`);
    return null;
  }
  if (command === "delete") return { before: stored, after: null };
  const after = type.slots.map((slot, index) => {
    const planned = values.get(slot);
    return planned === undefined ? (stored[index] ?? null) : planned[1];
  });
  return { before: stored, after };
};
