import type { OnProgress, SessionFile, SessionManifest } from "../../../model/index.js";
import { type ComparisonHandler, fieldsOf, mergeSorted, type StoredSource } from "../../../sync/index.js";
import { type CheckStop, type LinkPlan, openSortedFile, type RepositoryPlan, type TypePlan, watched } from "../../plan/index.js";
import type { Database } from "./database.js";
import { touchByFile } from "./link-resolution.js";
import type { RowsSetAside } from "./rows-set-aside.js";
import type { Staging } from "./staging.js";
import { storedLinkKeys, storedResources } from "./stored-rows.js";

export interface ComparisonContext {
  readonly db: Database;
  readonly plan: RepositoryPlan;
  readonly session: SessionManifest;
  readonly folder: string;
  readonly checkStop: CheckStop;
  readonly onProgress: OnProgress;
}

const compare = (
  context: ComparisonContext,
  file: SessionFile,
  columns: readonly string[],
  stored: StoredSource,
  keyFields: 1 | 2,
  handler: ComparisonHandler,
): void => {
  const source = openSortedFile(context.folder, file, columns);
  try {
    mergeSorted(watched(source, file.rows, `comparing ${file.mapping}`, context), stored, keyFields, handler);
  } finally {
    source.close();
  }
};

/** Stages what a complete file of an entity type changes; connectors §2.6. */
export const compareResources = (
  context: ComparisonContext,
  file: SessionFile,
  type: TypePlan,
  staging: Staging,
  aside: RowsSetAside,
): void =>
  compare(context, file, type.columns, storedResources(context.db, type), 1, {
    inserted: (record) => staging.stageInsert(type, fieldsOf(record)),
    updated: (record, stored) => {
      const values = fieldsOf(record);
      if (!aside.protectsResource(type, values[0] ?? "")) staging.stageUpdate(type, values, fieldsOf(stored));
    },
    deleted: (stored) => {
      const values = fieldsOf(stored);
      if (!aside.protectsResource(type, values[0] ?? "")) staging.stageDelete(type, values);
    },
  });

/** Notes which claims a complete link file adds or removes; they are resolved afterwards, all together. */
export const compareLinks = (context: ComparisonContext, file: SessionFile, link: LinkPlan, aside: RowsSetAside): void => {
  const { added, removed } = touchByFile(context.db);
  const keys = (record: Buffer): [string, string] => {
    const [key1, key2] = fieldsOf(record);
    return [key1 ?? "", key2 ?? ""];
  };
  compare(context, file, [link.mapping.column1, link.mapping.column2], storedLinkKeys(context.db, link), 2, {
    inserted: (record) => {
      added.run(link.number, ...keys(record));
    },
    // Both fields are the key: rows of one key are equal.
    updated: () => undefined,
    deleted: (stored) => {
      const [key1, key2] = keys(stored);
      if (!aside.protectsLink(link, key1, key2)) removed.run(link.number, key1, key2);
    },
  });
};
