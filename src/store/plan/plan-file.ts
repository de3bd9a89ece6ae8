import { createHash, type Hash } from "node:crypto";
import { closeSync, openSync, readSync } from "node:fs";
import { SluiceError } from "../../errors/index.js";
import type { SynchronizationMode, SynchronizeCounters, ThresholdResult } from "../../model/index.js";
import { OutputFile } from "../../sync/index.js";
import type { StoredPlan } from "../records/job-instance.js";
import type { PlannedChange } from "./planned-change.js";

/** The first line of a plan. */
export interface PlanHeader {
  readonly format: 1;
  readonly plan: "sluice";
  /** The job, or root task, that was rehearsed. */
  readonly job: string;
  readonly madeAt: string;
  /** Keys of selected tasks that a plan cannot hold: they work outside of synchronization. */
  readonly leftOut: readonly string[];
  /** What was rehearsed, so that it can be done again. */
  readonly of?: NonNullable<StoredPlan["plannedOf"]>;
  /** Synchronizations that would change nothing, and so have no section: what they were made on. */
  readonly unchanged?: readonly Pick<PlanSection, "connector" | "head" | "mappingHash">[];
}

/** What one SynchronizeTask would do; its changes follow, one a line. */
export interface PlanSection {
  /** From 0. */
  readonly section: number;
  /** The task's key in its job. */
  readonly task: string;
  readonly connector: string;
  readonly mode: SynchronizationMode;
  /** The session whose application made the state of the connector that the plan was made on; null before the first. */
  readonly head: string | null;
  readonly mappingHash: string;
  /** Mappings whose complete file had no rows (design §7.5). */
  readonly emptyMappings: readonly string[];
  readonly counters: SynchronizeCounters;
  readonly thresholds: readonly ThresholdResult[];
  /** Why its gate would stop, or null. */
  readonly blocked: string | null;
  /** Lines that follow. */
  readonly changes: number;
}

/** All of a plan but its changes. */
export interface PlanContent {
  readonly header: PlanHeader;
  readonly sections: readonly PlanSection[];
  /** Of each section, how many of its lines are claims; the others change resources and links. */
  readonly claims: readonly number[];
  /** Lower-case hex SHA-256 over everything above the last line. */
  readonly sha256: string;
}

/** A section with the file that holds its lines, one change a line. */
export interface SectionLines {
  readonly section: PlanSection;
  /** Absolute. */
  readonly file: string;
}

/** Bytes read at a time. */
const chunkBytes = 256 * 1024;
/** Bytes of a line above which a file cannot be a plan: far more than a row of all slots may hold. */
const longestLine = 512 * 1024 * 1024;

const altered = (file: string, reason: string): SluiceError<"SYNC_PLAN_ALTERED"> =>
  new SluiceError("SYNC_PLAN_ALTERED", { file, reason }, { place: { file } });

/** Each line of a text file without its end, one after the other in flat memory. Throws SYNC_PLAN_ALTERED where it cannot be read or its last line is cut off. */
function* linesOf(file: string): Generator<Buffer> {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (error) {
    throw altered(file, `it cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  }
  try {
    let rest: Buffer[] = [];
    let kept = 0;
    for (;;) {
      const chunk = Buffer.allocUnsafe(chunkBytes);
      const length = readSync(descriptor, chunk, 0, chunkBytes, null);
      if (length === 0) break;
      let start = 0;
      for (let end = chunk.indexOf(10); end >= 0 && end < length; end = chunk.indexOf(10, start)) {
        yield Buffer.concat([...rest, chunk.subarray(start, end)]);
        rest = [];
        kept = 0;
        start = end + 1;
      }
      rest.push(chunk.subarray(start, length));
      kept += length - start;
      if (kept > longestLine) throw altered(file, "a line has no end");
    }
    if (kept > 0) throw altered(file, "its last line is cut off");
  } catch (error) {
    throw error instanceof SluiceError
      ? error
      : altered(file, `it cannot be read: ${(error as NodeJS.ErrnoException).code ?? String(error)}`);
  } finally {
    closeSync(descriptor);
  }
}

const parsed = (file: string, line: Buffer): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(line.toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below.
  }
  throw altered(file, "a line is not what a plan holds");
};

/** A claim begins with its kind, as `plannedClaim` makes it. */
const claimStart = Buffer.from('{"claim":');
const isClaim = (line: Buffer): boolean => line.subarray(0, claimStart.length).equals(claimStart);

const hashLine = (hash: Hash, line: Buffer): void => {
  hash.update(line);
  hash.update("\n");
};

/**
 * Reads a plan as a whole and gives all of it but its changes. Throws SYNC_PLAN_ALTERED where it is cut off, is not what its SHA-256 was taken over, or is no plan.
 */
export const readPlan = (file: string): PlanContent => {
  const hash = createHash("sha256");
  let header: PlanHeader | null = null;
  const sections: PlanSection[] = [];
  const claims: number[] = [];
  let due = 0;
  let sha256: string | null = null;
  for (const line of linesOf(file)) {
    if (sha256 !== null) throw altered(file, "something follows its end");
    if (header === null) {
      const first = parsed(file, line);
      if (first.plan !== "sluice") throw altered(file, "its first line is not that of a plan");
      if (first.format !== 1) throw altered(file, `its format is ${String(first.format)}, this Sluice reads 1`);
      header = first as unknown as PlanHeader;
    } else if (due > 0) {
      due--;
      if (isClaim(line)) claims[sections.length - 1] = (claims[sections.length - 1] ?? 0) + 1;
    } else {
      const value = parsed(file, line);
      if (typeof value.sha256 === "string") {
        sha256 = value.sha256;
        continue;
      }
      if (value.section !== sections.length || !Number.isSafeInteger(value.changes)) throw altered(file, "a section is missing");
      const section = value as unknown as PlanSection;
      sections.push(section);
      claims.push(0);
      due = section.changes;
    }
    hashLine(hash, line);
  }
  const found = hash.digest("hex");
  if (header === null || sha256 === null) throw altered(file, "its end is missing");
  if (sha256 !== found) throw altered(file, `its content has the SHA-256 ${found}, it was written with ${sha256}`);
  return { header, sections, claims, sha256 };
};

/** The lines of a section of a plan that `readPlan` took. */
export function* sectionLines(file: string, section: number): Generator<string> {
  let at = -1;
  let due = 0;
  let isFirst = true;
  for (const line of linesOf(file)) {
    if (isFirst) isFirst = false;
    else if (due > 0) {
      due--;
      if (at === section) yield line.toString("utf8");
    } else {
      if (at === section) return;
      const value = parsed(file, line);
      if (typeof value.section !== "number") return;
      at = value.section;
      due = Number(value.changes);
    }
  }
}

/** What a line of a section says. Throws SYNC_PLAN_ALTERED. */
export const plannedChange = (file: string, line: string): PlannedChange => {
  const value = parsed(file, Buffer.from(line));
  const isText = (name: string): boolean => typeof value[name] === "string";
  const isResource = isText("resource") && isText("key") && typeof value.values === "object" && value.values !== null;
  const isPair = (isText("link") || isText("claim")) && isText("connector") && isText("key1") && isText("key2");
  if (!isText("command") || !(isResource || isPair)) throw altered(file, "a line is not what a plan holds");
  return value as unknown as PlannedChange;
};

/** Values of people stand in a plan: nobody but its owner reads it. */
const ownerOnly = 0o600;

/** Writes a plan: it appears whole or not at all, readable by its owner alone. Gives its SHA-256, and the claims of each section. Throws SRC_WRITE_FAILED. */
export const writePlan = (file: string, header: PlanHeader, sections: readonly SectionLines[]): Pick<PlanContent, "sha256" | "claims"> => {
  const output = new OutputFile(file, undefined, ownerOnly);
  const claims: number[] = [];
  const hash = createHash("sha256");
  const append = (line: Buffer): void => {
    hashLine(hash, line);
    output.append(line, 0, line.length);
    output.appendText("\n");
  };
  try {
    append(Buffer.from(JSON.stringify(header)));
    for (const { section, file: lines } of sections) {
      append(Buffer.from(JSON.stringify(section)));
      let found = 0;
      for (const line of linesOf(lines)) {
        append(line);
        if (isClaim(line)) found++;
      }
      claims.push(found);
    }
    const sha256 = hash.digest("hex");
    output.appendText(`${JSON.stringify({ sha256 })}\n`);
    output.finish();
    return { sha256, claims };
  } catch (error) {
    output.discard();
    throw error;
  }
};
