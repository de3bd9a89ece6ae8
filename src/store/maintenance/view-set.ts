import { SluiceError } from "../../errors/index.js";
import type { RepositoryModel, RunOptions } from "../synchronization.js";
import { withConnection } from "./connected.js";
import { entityViews, viewMark } from "./entity-view.js";
import type { MaintenanceDialect } from "./maintenance-dialect.js";
import { readTypes, registerTypes, type StoredEntityType } from "./stored-type.js";

/** What `database views` did, or would do. */
export interface ViewChanges {
  /** Names of the views of ours that were dropped, those made anew included. */
  readonly dropped: readonly string[];
  readonly created: readonly {
    readonly entityType: string;
    readonly view: string;
    readonly columns: readonly string[];
    readonly renamed: readonly { readonly property: string; readonly column: string }[];
  }[];
  readonly statements: readonly string[];
}

/**
 * Drops the `zz_*` views of ours and makes one for each entity type of the model, in one transaction (jobs-and-tasks §2.1). Types without a number get theirs, so that views made
 * before a first load show it. Throws DB_VIEW_TAKEN where a view of somebody else has a name that is needed.
 */
export const arrangeViews = (
  dialect: MaintenanceDialect,
  model: RepositoryModel,
  options: RunOptions & { readonly dryRun: boolean },
): Promise<ViewChanges> => {
  return withConnection(dialect, options, async (connection) => {
    if (options.dryRun) {
      const existing = await dialect.views(connection);
      return planViews(dialect, model, withGuesses(model, await readTypes(connection, model)), existing);
    }
    return connection.transaction(async () => {
      await registerTypes(connection, model);
      const changes = planViews(dialect, model, await readTypes(connection, model), await dialect.views(connection));
      for (const statement of changes.statements) await connection.execute(statement);
      return changes;
    });
  });
};

/** A dry run gives no numbers out; a type that has none gets the next one in the statement that is shown. */
const withGuesses = (model: RepositoryModel, types: ReadonlyMap<string, StoredEntityType>): ReadonlyMap<string, StoredEntityType> => {
  const all = new Map(types);
  let next = Math.max(0, ...[...types.values()].map(({ number }) => number));
  for (const { identifier, properties } of model.entityTypes) {
    if (all.has(identifier)) continue;
    const slots = new Map(
      properties.flatMap((property) => (property.slot === null ? [] : [[property.identifier, property.slot] as const])),
    );
    all.set(identifier, { number: ++next, slots, keySlot: null });
  }
  return all;
};

const planViews = (
  dialect: MaintenanceDialect,
  model: RepositoryModel,
  types: ReadonlyMap<string, StoredEntityType>,
  existing: Awaited<ReturnType<MaintenanceDialect["views"]>>,
): ViewChanges => {
  const own = existing.filter(({ definition }) => definition?.includes(viewMark) === true);
  const foreign = new Set(existing.filter((view) => !own.includes(view)).map(({ name }) => name.toLowerCase()));
  const views = entityViews(model, types, dialect);
  const taken = views.find(({ name }) => foreign.has(name.toLowerCase()));
  if (taken !== undefined) throw new SluiceError("DB_VIEW_TAKEN", { database: dialect.database, view: taken.name });
  return {
    dropped: own.map(({ name }) => name),
    created: views.map(({ entityType, name, columns, renamed }) => ({ entityType, view: name, columns, renamed })),
    statements: [...own.map(({ name }) => `DROP VIEW ${dialect.quote(name)}`), ...views.map(({ statement }) => statement)],
  };
};
