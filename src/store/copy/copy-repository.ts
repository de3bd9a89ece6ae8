import { existsSync } from "node:fs";
import { SluiceError } from "../../errors/index.js";
import { systemTiming, type Timing } from "../../model/index.js";
import { mssqlTarget } from "../mssql/connection-string.js";
import { mssqlFailure } from "../mssql/failure.js";
import { databaseName } from "../mssql/open.js";
import { storeFailure } from "../sqlite/failure.js";
import { type DatabaseSetting, openStore } from "../store.js";
import { type CopiedColumn, misfit, type Stored } from "./column.js";
import { EmbeddedSource, type SourceTable } from "./embedded-source.js";
import { ServerTarget } from "./server-target.js";
import { TableDigest } from "./table-digest.js";

/** What the copy is doing now. */
export interface CopyProgress {
  readonly step: "reading" | "copying" | "indexing" | "verifying";
  /** null: nothing of one table. */
  readonly table: string | null;
  /** Rows done of the table. */
  readonly rows: number;
  readonly of: number;
}

export interface CopyRequest {
  readonly from: DatabaseSetting;
  readonly to: DatabaseSetting;
  /** Reads and checks everything, writes nothing. */
  readonly isDryRun: boolean;
  readonly timing?: Timing;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: CopyProgress) => void;
}

interface CopiedTable {
  readonly table: string;
  readonly rows: number;
  /** 32 hexadecimal digits, equal on both sides. */
  readonly checksum: string;
}

export interface CopyReport {
  /** What messages call the two databases. */
  readonly from: string;
  readonly to: string;
  readonly tables: readonly CopiedTable[];
  readonly rows: number;
  readonly indexes: number;
}

/** How long another program may hold the target before the copy gives up (ms): nobody runs on an empty repository. */
const patienceMs = 15_000;
/** Rows between two looks whether somebody wants an end, and two words of progress. */
const lookEvery = 10_000;

/** A table with what both databases say of it. */
interface Plan {
  readonly table: SourceTable;
  /** Columns of the target that the source fills somewhere, in the source's order. */
  readonly carried: readonly CopiedColumn[];
  readonly others: readonly CopiedColumn[];
}

/**
 * Moves an embedded repository to an empty, migrated one on SQL Server: every table, history, staged changes, sessions and decisions included, all numbers kept, so that
 * the next run goes on there as if nothing had happened. The source is held, not changed; the target gets everything in one transaction or nothing, after counts
 * and checksums of both sides were found equal within it. A copy that dies at any moment leaves the target empty.
 * Throws DB_COPY_*, DB_SCHEMA_*, DB_LOCKED, and what the file or the server refuses.
 */
export const copyRepository = async (request: CopyRequest): Promise<CopyReport> => {
  const { from, to, timing = systemTiming } = request;
  if (from.kind !== "sqlite" || to.kind !== "mssql") throw new SluiceError("DB_COPY_DIRECTION", { from: nameOf(from), to: nameOf(to) });
  if (!existsSync(from.path)) throw new SluiceError("DB_COPY_NO_SOURCE", { path: from.path });
  const target = mssqlTarget(to.connectionString);
  const database = databaseName(target);
  // Opened as every command does: the source is brought up to date, instances of dead runners end; the target must be up to date.
  const source = await openStore(from, { timing });
  try {
    await source.records.abortDead();
  } finally {
    await source.close();
  }
  await (await openStore(to, { timing })).close();
  const checkStop = (): void => {
    if (request.signal?.aborted === true) throw new SluiceError("DB_COPY_STOPPED", { database });
  };
  const held = await EmbeddedSource.hold(from.path, timing);
  try {
    held.requireIdle();
    const since = timing.now();
    const onBusy = (): void => {
      checkStop();
      if (timing.now() - since > patienceMs) throw new SluiceError("DB_LOCKED", { database, seconds: patienceMs / 1_000 });
    };
    const server = await ServerTarget.open(target, { checkStop, onBusy });
    try {
      return await new Copy(held, server, request, { from: nameOf(from), to: database, checkStop }).run();
    } finally {
      await server.close();
    }
  } catch (error) {
    // Either side may have failed; each knows its own errors by their numbers, and leaves others as they are.
    throw mssqlFailure(storeFailure(error, from.path, 0), database);
  } finally {
    held.close();
  }
};

const nameOf = (setting: DatabaseSetting): string =>
  setting.kind === "sqlite" ? setting.path : databaseName(mssqlTarget(setting.connectionString));

interface Surroundings {
  readonly from: string;
  readonly to: string;
  readonly checkStop: () => void;
}

class Copy {
  readonly #source: EmbeddedSource;
  readonly #target: ServerTarget;
  readonly #request: CopyRequest;
  readonly #surroundings: Surroundings;

  constructor(source: EmbeddedSource, target: ServerTarget, request: CopyRequest, surroundings: Surroundings) {
    this.#source = source;
    this.#target = target;
    this.#request = request;
    this.#surroundings = surroundings;
  }

  async run(): Promise<CopyReport> {
    const plans = planOf(this.#source.tables(), await this.#target.columns());
    if (this.#request.isDryRun) {
      await this.#target.requireEmpty(plans.map(({ table }) => table.name));
      return this.#report(plans.map((plan) => ({ plan, digest: this.#read(plan) })));
    }
    return this.#target.transaction(async () => {
      await this.#target.requireEmpty(plans.map(({ table }) => table.name));
      const copied: { readonly plan: Plan; readonly digest: TableDigest }[] = [];
      for (const plan of plans) copied.push({ plan, digest: await this.#load(plan) });
      this.#tell({ step: "indexing", table: null, rows: 0, of: 0 });
      await this.#target.makeKeyIndexes(this.#source.keyIndexes());
      for (const { plan, digest } of copied) await this.#verify(plan, digest);
      return this.#report(copied);
    });
  }

  #report(copied: readonly { readonly plan: Plan; readonly digest: TableDigest }[]): CopyReport {
    const { from, to } = this.#surroundings;
    const tables = copied.map(({ plan, digest }) => ({ table: plan.table.name, rows: digest.rows, checksum: digest.checksum }));
    return { from, to, tables, rows: tables.reduce((sum, { rows }) => sum + rows, 0), indexes: this.#source.keyIndexes().length };
  }

  #tell(progress: CopyProgress): void {
    this.#request.onProgress?.(progress);
  }

  #read(plan: Plan): TableDigest {
    const digest = new TableDigest();
    for (const row of this.#rows(plan, "reading")) digest.add(row);
    return digest;
  }

  async #load(plan: Plan): Promise<TableDigest> {
    const digest = new TableDigest();
    let refused: unknown = null;
    const rows = function* (this: Copy): Generator<Stored[]> {
      try {
        for (const row of this.#rows(plan, "copying")) {
          digest.add(row);
          yield row;
        }
      } catch (error) {
        refused = error;
        throw error;
      }
    };
    try {
      await this.#target.load(plan.table.name, plan.carried, rows.call(this));
    } catch (error) {
      // What the driver says of a load whose rows failed is not why they did.
      throw refused ?? error;
    }
    await this.#target.continueNumbers(plan.table);
    return digest;
  }

  /** The rows of a table, each checked: what the server would cut, pad or misread is refused by name. */
  *#rows({ table, carried }: Plan, step: CopyProgress["step"]): Generator<Stored[]> {
    const isOwn = ownRow(table.name, carried);
    let count = 0;
    this.#tell({ step, table: table.name, rows: 0, of: table.rows });
    if (table.rows === 0) return;
    for (const row of this.#source.rows(
      table.name,
      carried.map(({ name }) => name),
    )) {
      if (count % lookEvery === 0) this.#surroundings.checkStop();
      count++;
      if (!isOwn(row)) continue;
      for (let i = 0; i < carried.length; i++) {
        const column = carried[i] as CopiedColumn;
        const reason = misfit(column, row[i]);
        if (reason !== null)
          throw new SluiceError("DB_COPY_VALUE", { table: table.name, column: column.name, row: rowName(carried, row), reason });
      }
      yield row;
      if (count % lookEvery === 0) this.#tell({ step, table: table.name, rows: count, of: table.rows });
    }
    this.#tell({ step, table: table.name, rows: table.rows, of: table.rows });
  }

  async #verify({ table, carried, others }: Plan, expected: TableDigest): Promise<void> {
    this.#surroundings.checkStop();
    this.#tell({ step: "verifying", table: table.name, rows: 0, of: table.rows });
    const { digest, strays } = await this.#target.digest(table.name, carried, others);
    if (digest.equals(expected) && strays === 0) return;
    throw new SluiceError("DB_COPY_DIFFERS", {
      database: this.#surroundings.to,
      table: table.name,
      expected: `${expected.rows} rows, checksum ${expected.checksum}`,
      found: `${digest.rows} rows, checksum ${digest.checksum}${strays === 0 ? "" : `, ${strays} rows with other values`}`,
    });
  }
}

/** The row `writer` of UM_Sequences is each database's own. */
const ownRow = (table: string, carried: readonly CopiedColumn[]): ((row: readonly Stored[]) => boolean) => {
  const name = carried.findIndex((column) => column.name === "Name");
  return table === "UM_Sequences" ? (row) => row[name] !== "writer" : () => true;
};

/** What tells a row to a person: its first columns. */
const rowName = (carried: readonly CopiedColumn[], row: readonly Stored[]): string =>
  carried
    .slice(0, 2)
    .map(({ name }, index) => `${name} ${row[index]}`)
    .join(", ");

/** Both databases have the same migrations, hence the same tables and columns. */
const planOf = (tables: readonly SourceTable[], columns: ReadonlyMap<string, readonly CopiedColumn[]>): readonly Plan[] =>
  tables.map((table) => {
    const own = columns.get(table.name) ?? [];
    const carried = table.filled.map((name) => {
      const column = own.find((each) => each.name === name);
      if (column === undefined)
        throw new Error(`the target has no column ${table.name}.${name}, though both databases have the same migrations`);
      return column;
    });
    return { table, carried, others: own.filter(({ name }) => !table.filled.includes(name)) };
  });
