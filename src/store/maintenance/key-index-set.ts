import { allSlots, type Slot } from "../../model/index.js";
import type { RepositoryModel, RunOptions } from "../synchronization.js";
import { withConnection } from "./connected.js";
import type { KeyIndex, LongStatement, MaintenanceDialect } from "./maintenance-dialect.js";
import { readTypes } from "./stored-type.js";

/** What `database indexes` did, or would do. */
export interface IndexChanges {
  readonly created: readonly string[];
  readonly dropped: readonly string[];
  /** Indexes that are there and stay. */
  readonly kept: readonly string[];
  /** The statements, in their order. */
  readonly statements: readonly string[];
}

/**
 * The indexes that follow from a model: by the mapping key of each entity type and by each property that association mappings name resources by. A type without a number was
 * never loaded: it has no row, and its first synchronization makes its indexes once the rows are there, which is faster than feeding them. Other IsKey properties get none:
 * no statement looks resources up by them.
 */
export const keyIndexesOf = (model: RepositoryModel, numbers: ReadonlyMap<string, number>): readonly KeyIndex[] => {
  const slotOf = (entityType: string, property: string): Slot | null =>
    model.entityTypes.find(({ identifier }) => identifier === entityType)?.properties.find(({ identifier }) => identifier === property)
      ?.slot ?? null;
  const found = new Map<string, KeyIndex>();
  const add = (entityType: string, property: string, isMappingKey: boolean): void => {
    const type = numbers.get(entityType);
    const slot = slotOf(entityType, property);
    if (type === undefined || slot === null) return;
    const key = `${type} ${slot}`;
    if (!found.has(key)) found.set(key, { type, slot, isMappingKey });
  };
  for (const { entityTypes } of model.connectors) {
    for (const { identifier, properties } of entityTypes) add(identifier, properties[0].property, true);
  }
  for (const { associations } of model.connectors) {
    for (const { key1, key2 } of associations) for (const { entityType, property } of [key1, key2]) add(entityType, property, false);
  }
  return [...found.values()];
};

const slotsByLowerCase = new Map(allSlots.map((slot) => [slot.toLowerCase(), slot]));
const ownName = /^(ix|ux)_ur_resources_(\d+)_([ci][0-9a-v]{1,2})$/i;

/**
 * A server may keep `<name><table><hash>`, in lower case, the table's name cut where the whole would be too long: then what stands before table and hash is the name.
 */
const givenName = (kept: string): string => {
  const [, head] = /^(.*)[0-9a-f]{32}$/.exec(kept) ?? [];
  if (head === undefined) return kept;
  const table = "ur_resources";
  const cut = Array.from(table, (_, index) => table.slice(0, table.length - index)).find((part) => head.endsWith(part));
  return cut === undefined ? head : head.slice(0, -cut.length);
};

/** The index of ours that a name stands for, `UX_UR_Resources_3_C4` for one, whatever its case; null for any other index. */
export const ownIndexOf = (name: string): { readonly prefix: "IX" | "UX"; readonly type: number; readonly slot: Slot } | null => {
  const [, prefix = "", type = "", slot = ""] = ownName.exec(givenName(name)) ?? [];
  const known = slotsByLowerCase.get(slot.toLowerCase());
  return known === undefined ? null : { prefix: prefix.toUpperCase() as "IX" | "UX", type: Number(type), slot: known };
};

/** Makes what is missing and drops indexes of ours that nothing needs any more; others are left alone. */
export const arrangeIndexes = async (
  dialect: MaintenanceDialect,
  model: RepositoryModel,
  options: RunOptions & { readonly dryRun: boolean },
): Promise<IndexChanges> => {
  const { wanted, existing } = await withConnection(dialect, options, async (connection) => {
    const types = await readTypes(connection, model);
    return {
      wanted: keyIndexesOf(model, new Map([...types].map(([identifier, { number }]) => [identifier, number]))),
      existing: await dialect.resourceIndexes(connection),
    };
  });
  const own = new Map<string, string>(
    existing.flatMap((name) => {
      const index = ownIndexOf(name);
      return index === null ? [] : [[`${index.prefix}_UR_Resources_${index.type}_${index.slot}`, name] as const];
    }),
  );
  const wantedNames = new Set(wanted.map((index) => dialect.indexName(index)));
  const created = wanted.filter((index) => !own.has(dialect.indexName(index)));
  const dropped = [...own.keys()].filter((name) => !wantedNames.has(name));
  const statements: LongStatement[] = [
    ...dropped.map((name) => ({ step: `dropping index ${name}`, sql: dialect.dropIndex(name) })),
    ...created.map((index) => ({ step: `building index ${dialect.indexName(index)}`, sql: dialect.createIndex(index) })),
  ];
  if (!options.dryRun && statements.length > 0) await dialect.runLong(statements, options);
  return {
    created: created.map((index) => dialect.indexName(index)),
    dropped,
    kept: [...own.keys()].filter((name) => wantedNames.has(name)),
    statements: statements.map(({ sql }) => sql),
  };
};
