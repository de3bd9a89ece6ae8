import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import type {
  AssociationMapping,
  ConnectorMappings,
  EntityAssociation,
  EntityType,
  EntityTypeMapping,
  PropertyType,
} from "../../../src/model/index.js";
import { type EarlierFiles, type OnRowError, type PrepareRequest, type PrepareResult, prepare } from "../../../src/sync/prepare/index.js";

/** In memory where the system offers it: every file is synced, which a disk takes milliseconds for. */
const scratch = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

/** A workspace's folders for one test; `remove` when it is done. */
export const folders = () => {
  const root = mkdtempSync(join(scratch, "prepare-"));
  const input = join(root, "ExportOutput");
  mkdirSync(input);
  return {
    root,
    input,
    collect: join(root, "Collect"),
    errors: join(root, "session", "errors.csv"),
    remove: () => rmSync(root, { recursive: true }),
  };
};
export type Folders = ReturnType<typeof folders>;

/** `name`, `name:Guid`, `name:Int32@0`: property, type, TargetColumnIndex (its place from 4 on by default). The first is the mapping key. */
export const entityType = (identifier: string, properties: readonly string[]): EntityType => ({
  identifier,
  displayName: identifier,
  properties: properties.map((text, i) => {
    const [, name = "", type = "String", index] = /^(\w+)(?::(\w+))?(?:@(-?\d+))?$/.exec(text) ?? [];
    return {
      identifier: name,
      displayName: name,
      type: type as PropertyType,
      index: index === undefined ? i + 4 : Number(index),
      slot: null,
      isKey: i === 0,
      isNavigation: false,
      historyPrecision: 0,
    };
  }),
});

/** Maps each property to the column of its name, in the order given. */
export const entityMapping = (
  type: EntityType,
  table: string,
  properties = type.properties.map((p) => p.identifier),
): EntityTypeMapping => {
  const [first, ...others] = properties.map((property) => ({ property, column: property, isUniqueKey: false }));
  if (first === undefined) throw new Error("no property");
  return { identifier: type.identifier, connector: "C", connection: "C", table, properties: [first, ...others], limits: {} };
};

/** `A_Links`: side 1 and side 2 as `Type`, collection or not. */
export const association = (
  identifier: string,
  type1: string,
  isCollection1: boolean,
  type2: string,
  isCollection2: boolean,
): EntityAssociation => ({
  identifier,
  displayName: identifier,
  side1: { entityType: type1, property: "p1", isCollection: isCollection1, slot: null },
  side2: { entityType: type2, property: "p2", isCollection: isCollection2, slot: null },
});

export const associationMapping = (
  { identifier, side1, side2 }: EntityAssociation,
  table: string,
  column1: string,
  column2: string,
  key1: string,
  key2: string,
): AssociationMapping => ({
  identifier,
  connector: "C",
  connection: "C",
  table,
  column1,
  column2,
  key1: { entityType: side1.entityType, property: key1 },
  key2: { entityType: side2.entityType, property: key2 },
  limits: {},
});

export interface Setup {
  readonly types: readonly EntityType[];
  readonly associations?: readonly EntityAssociation[];
  readonly entityMappings?: readonly EntityTypeMapping[];
  readonly linkMappings?: readonly AssociationMapping[];
  readonly onRowError?: OnRowError;
  /** Complete by default. */
  readonly incremental?: Pick<PrepareRequest, "type"> & Partial<Pick<PrepareRequest, "columnName" | "baseline" | "carried">>;
}

export const run = (at: Folders, setup: Setup, checkStop: (step: string) => void = () => {}): PrepareResult => {
  const mappings: ConnectorMappings = {
    connector: "C",
    limits: {},
    entityTypes: setup.entityMappings ?? [],
    associations: setup.linkMappings ?? [],
  };
  return prepare(
    {
      mappings,
      entityTypes: setup.types,
      associations: setup.associations ?? [],
      mode: setup.incremental === undefined ? "Complete" : "Incremental",
      type: "None",
      columnName: null,
      baseline: null,
      carried: null,
      ...setup.incremental,
      inputFolder: at.input,
      collectFolder: at.collect,
      errorsFile: at.errors,
      onRowError: { C: setup.onRowError ?? "Stop" },
    },
    { checkStop, onProgress: () => {} },
  );
};

/** Keeps what a run made for the next one, in a folder of its own. */
export const kept = (at: Folders, { baseline }: PrepareResult, name = "previous"): EarlierFiles => {
  const folder = join(at.root, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  for (const file of baseline) copyFileSync(join(at.collect, file.name), join(folder, file.name));
  return { folder, files: baseline };
};

export const put = (at: Folders, name: string, content: string | Uint8Array): void => writeFileSync(join(at.input, name), content);

/** Rows of a file in the collect folder, header included. */
export const rowsOf = (at: Folders, name: string): string[][] => parse(readFileSync(join(at.collect, name)), { relax_column_count: true });
export const textOf = (at: Folders, name: string): string => readFileSync(join(at.collect, name), "utf8");
export const errorRows = (at: Folders): string[][] => parse(readFileSync(at.errors)).slice(1);
export const collected = (at: Folders): string[] => readdirSync(at.collect).sort();
