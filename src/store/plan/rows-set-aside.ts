import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { SluiceError } from "../../errors/index.js";
import type { SessionFile, SessionManifest } from "../../model/index.js";
import type { LinkPlan, TypePlan } from "./repository-plan.js";

/** What the session's `.rejected.csv` files name (design §5). */
export interface SetAside {
  /** Mapping keys by entity type. */
  readonly resources: ReadonlyMap<string, ReadonlySet<string>>;
  /** The links that rows set aside could have said, by association: both keys joined by U+001F. */
  readonly pairs: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Joins the keys of a pair. */
export const pairSeparator = "\u001f";

/** Without this file nothing would be protected: one that is gone or is not the one announced ends the run. Throws SYNC_FILE_CHANGED. */
const read = (folder: string, file: SessionFile): string[][] => {
  const path = join(folder, file.name);
  const bytes = existsSync(path) ? readFileSync(path) : null;
  if (bytes === null || createHash("sha256").update(bytes).digest("hex") !== file.sha256) {
    throw new SluiceError("SYNC_FILE_CHANGED", { rows: file.rows, found: 0 }, { place: { file: path } });
  }
  return parse(bytes, { from: 2, relax_column_count: true, bom: true }) as string[][];
};

/** The links that a row could have said: each line of a value names one resource (connectors §1.8). */
const pairsOf = (value1: string, value2: string): string[] =>
  value1.split(/\r\n|\n|\r/).flatMap((key1) => value2.split(/\r\n|\n|\r/).map((key2) => `${key1}${pairSeparator}${key2}`));

/**
 * Reads the session's `.rejected.csv` files: key first for an entity type, both keys first for an association.
 * Throws SYNC_FILE_CHANGED when one is not what the manifest says.
 */
export const readSetAside = (session: SessionManifest, folder: string): SetAside => {
  const resources = new Map<string, Set<string>>();
  const pairs = new Map<string, Set<string>>();
  for (const file of session.files) {
    if (file.content !== "rejected" || file.rows === 0) continue;
    const rows = read(folder, file);
    if (file.kind === "entityType") resources.set(file.mapping, new Set(rows.map(([key = ""]) => key)));
    else pairs.set(file.mapping, new Set(rows.flatMap(([key1 = "", key2 = ""]) => pairsOf(key1, key2))));
  }
  return { resources, pairs };
};

/** Whether rows of a type were set aside in the very table that a link is said in: then they could have said links too. */
export const saysLinks = ({ resources }: SetAside, link: LinkPlan, type: TypePlan): boolean =>
  type.mapping !== null &&
  type.mapping.table.toLowerCase() === link.mapping.table.toLowerCase() &&
  (resources.get(type.identifier)?.size ?? 0) > 0;
