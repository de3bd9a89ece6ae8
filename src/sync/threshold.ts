import { populationGuard, type ThresholdLimits, type ThresholdName, type ThresholdResult } from "../model/index.js";

/** What is staged in one scope, and what it stands against (design §8). */
export interface ScopeCounts {
  /** `Connector AD`, `EntityType AD_Entry`, `EntityAssociation AD_Members`. */
  readonly scope: string;
  readonly limits: ThresholdLimits;
  readonly inserted: number;
  readonly updated: number;
  readonly deleted: number;
  readonly linksInserted: number;
  /** Resources whose mono-valued navigation changes its target (connectors §7.6). */
  readonly linksUpdated: number;
  readonly linksDeleted: number;
  /** Open resources of the scope when compared. */
  readonly resources: number;
  /** Open link rows of the scope when compared. */
  readonly links: number;
}

/** A type or association of which a session may not close everything (design §7.5). */
export interface Population {
  readonly scope: string;
  /** What would be closed. */
  readonly closed: number;
  /** What is open now. */
  readonly open: number;
  /** Its complete file has no rows: then closing any of it blocks, though rows set aside or another mapping keep the rest. */
  readonly isFileEmpty: boolean;
}

interface Measure {
  readonly count: (counts: ScopeCounts) => number;
  readonly base: (counts: ScopeCounts) => number;
  readonly isPercentage: boolean;
  /** For a person: `resources deleted`. */
  readonly noun: string;
}

const resources = (counts: ScopeCounts): number => counts.resources;
const links = (counts: ScopeCounts): number => counts.links;
const measure = (
  count: (counts: ScopeCounts) => number,
  base: (counts: ScopeCounts) => number,
  isPercentage: boolean,
  noun: string,
): Measure => ({ count, base, isPercentage, noun });

const measures: Readonly<Record<ThresholdName, Measure>> = {
  MaximumInsertedLines: measure((c) => c.inserted, resources, false, "resources inserted"),
  MaximumUpdatedLines: measure((c) => c.updated, resources, false, "resources updated"),
  MaximumDeletedLines: measure((c) => c.deleted, resources, false, "resources deleted"),
  MaxPercentageInsertedLines: measure((c) => c.inserted, resources, true, "resources inserted"),
  MaxPercentageUpdatedLines: measure((c) => c.updated, resources, true, "resources updated"),
  MaxPercentageDeletedLines: measure((c) => c.deleted, resources, true, "resources deleted"),
  MaximumLinkInsertedLines: measure((c) => c.linksInserted, links, false, "links inserted"),
  MaximumLinkUpdatedLines: measure((c) => c.linksUpdated, links, false, "navigations changed"),
  MaximumLinkDeletedLines: measure((c) => c.linksDeleted, links, false, "links deleted"),
  MaxLinkPercentageInsertedLines: measure((c) => c.linksInserted, links, true, "links inserted"),
  // A navigation kept in a column is a property of a resource: its percentage is of resources.
  MaxLinkPercentageUpdatedLines: measure((c) => c.linksUpdated, resources, true, "navigations changed"),
  MaxLinkPercentageDeletedLines: measure((c) => c.linksDeleted, links, true, "links deleted"),
};

/**
 * Checks every active threshold of every scope; design §8, connectors §1.9. Pure.
 * A threshold is exceeded when count > limit, or count × 100 > percent × base; with base 0 a positive count exceeds a percentage.
 * Gives all active ones, scope by scope in the order given, then a population guard for each population that would be closed wholly.
 */
export const evaluateThresholds = (scopes: readonly ScopeCounts[], populations: readonly Population[]): ThresholdResult[] => {
  const results: ThresholdResult[] = [];
  for (const scope of scopes) {
    for (const name of Object.keys(measures) as ThresholdName[]) {
      const limit = scope.limits[name] ?? 0;
      if (limit <= 0) continue;
      const { count: countOf, base, isPercentage } = measures[name];
      const count = countOf(scope);
      const of = base(scope);
      const exceeded = isPercentage ? count * 100 > limit * of : count > limit;
      results.push({ scope: scope.scope, name, limit, count, of, exceeded });
    }
  }
  for (const { scope, closed, open, isFileEmpty } of populations) {
    if (open > 0 && (closed >= open || (isFileEmpty && closed > 0)))
      results.push({ scope, name: populationGuard, limit: open, count: closed, of: open, exceeded: true });
  }
  return results;
};

/** `1 resource deleted`, `2 resources deleted`: the nouns above begin with their plural. */
const counted = (n: number, noun: string): string => `${grouped(n)} ${n === 1 ? noun.replace(/s(?= )/, "") : noun}`;

const grouped = (n: number): string => n.toLocaleString("en-US");

const explain = (result: ThresholdResult): string => {
  const { scope, name, limit, count, of } = result;
  if (name === populationGuard) {
    const what =
      count >= of ? `would close all ${grouped(of)}` : `its file has no rows and would close ${grouped(count)} of ${grouped(of)}`;
    return `${scope}: ${what}, which only a resume may do`;
  }
  const { isPercentage, noun } = measures[name];
  const base = of === 0 ? "of 0: first load" : `of ${grouped(of)}`;
  return `${scope}: ${counted(count, noun)} ${base}, limit ${grouped(limit)}${isPercentage ? " %" : ""} (${name})`;
};

/**
 * The message of a block (design §8): begins `Threshold Exceeded`, names each exceeded threshold with count, limit and base, and for a first
 * load the two ways out. Takes the results of `evaluateThresholds`; gives null when none is exceeded.
 */
export const blockMessage = (results: readonly ThresholdResult[]): string | null => {
  const exceeded = results.filter((result) => result.exceeded);
  if (exceeded.length === 0) return null;
  const firstLoad = exceeded.some((result) => result.of === 0 && result.name !== populationGuard);
  const wayOut = firstLoad ? ". This is a first load: resume it after a look at its changes, or load with an initialization job" : "";
  return `Threshold Exceeded: ${exceeded.map(explain).join("; ")}${wayOut}`;
};
