import { createRequire } from "node:module";
import { Readable, Transform } from "node:stream";
import fc from "fast-check";
import type { BulkLoad } from "tedious";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SluiceError } from "../../../src/errors/index.js";
import { mssqlTarget } from "../../../src/store/mssql/connection-string.js";
import { type BulkColumn, type BulkRows, prepareLoad, RecordRows } from "../../../src/store/mssql/synchronization/bulk-rows.js";
import { Database, type Value } from "../../../src/store/mssql/synchronization/database.js";
import { joinRecord, type RecordSource } from "../../../src/sync/index.js";
import { freshDatabase, testServer } from "../../database.js";

const require = createRequire(import.meta.url);
const DriverLoad = require("tedious/lib/bulk-load.js") as new (
  ...parts: unknown[]
) => BulkLoad & {
  readonly rowToPacketTransform: Transform;
};
const { Collation } = require("tedious/lib/collation.js") as { Collation: { fromBuffer(bytes: Buffer): object } };

/** A load as the driver makes it, of a connection that is not needed for bytes alone. Latin1_General, TDS 7.4. */
const load = (): InstanceType<typeof DriverLoad> =>
  new DriverLoad(
    "#T",
    Collation.fromBuffer(Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34])),
    { tdsVersion: "7_4", useUTC: true },
    {},
    () => undefined,
  );

const bytesOf = async (stream: AsyncIterable<Buffer>): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const rowsOf = (columns: readonly BulkColumn[], rows: BulkRows): Promise<Buffer> =>
  bytesOf(prepareLoad(load(), columns, rows, () => undefined));

const columns: readonly BulkColumn[] = [
  { name: "Id", type: "integer", required: true },
  { name: "Type", type: "int", required: true },
  { name: "At", type: "time", required: true },
  { name: "State", type: "word" },
  { name: "A", type: "text", length: 442 },
  { name: "B", type: "text", length: 4_000 },
  { name: "Changes", type: "long" },
];
const character = fc.oneof(
  fc.constantFrom("a", "Z", " ", "\t", "\n", "\u0000", "\u001b", "\u001e", "\u001f", "é", "e\u0301", "ß", "～", "\u{1F600}", '"', "'"),
  fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
);
const text = (maxLength: number) => fc.option(fc.string({ unit: character, minLength: 1, maxLength }), { nil: null });
const word = fc.option(fc.constantFrom("staged", "applied", "1 missing, 2 ambiguous"), { nil: null });
const at = "2026-01-05T08:00:00.000Z";
const row = fc.tuple(
  fc.maxSafeInteger(),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  fc.constant(at),
  word,
  text(40),
  text(300),
  text(2_000),
);

/** Blocks of joined form, some records a block. */
const sourceOf = (records: readonly (readonly (string | null)[])[], perBlock: number): RecordSource => {
  let given = 0;
  return {
    next: () => {
      if (given >= records.length) return null;
      const block = Buffer.concat(records.slice(given, given + perBlock).map(joinRecord));
      given += perBlock;
      return block;
    },
  };
};

describe("rows of a bulk load", () => {
  test("the driver has what is reached inside it", () => {
    const driver = load() as unknown as Record<string, unknown>;
    expect(driver.rowToPacketTransform).toBeInstanceOf(Transform);
    expect(driver.getColMetaData).toBeInstanceOf(Function);
    expect(driver.createDoneToken).toBeInstanceOf(Function);
    // `execBulkLoad` reads the stream that stands in this property when it is called, and pipes the rows into it.
    const { Connection } = require("tedious") as { Connection: { prototype: { execBulkLoad: { toString(): string } } } };
    expect(Connection.prototype.execBulkLoad.toString()).toContain("rowStream.pipe(bulkLoad.rowToPacketTransform)");
  });

  test("values become the very bytes that the driver makes of them", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
        const driver = load();
        const theirs = driver.rowToPacketTransform;
        prepareLoad(driver, columns, [], () => undefined);
        // The driver writes what its columns are with the first row: without one there is nothing to compare.
        if (rows.length > 0) expect(await rowsOf(columns, rows)).toEqual(await bytesOf(Readable.from(rows).pipe(theirs)));
      }),
      { numRuns: 60 },
    );
  });

  test("records become the same rows as their values, whatever their blocks", async () => {
    const fields = fc.array(fc.tuple(text(40), text(300), text(20)), { maxLength: 30 });
    const texts: readonly BulkColumn[] = ["A", "B", "C"].map((name) => ({ name, type: "text", length: 4_000 }));
    const all: readonly BulkColumn[] = [
      { name: "N", type: "integer", required: true },
      { name: "At", type: "time", required: true },
      ...texts,
    ];
    await fc.assert(
      fc.asyncProperty(fields, fc.integer({ min: 1, max: 7 }), async (records, perBlock) => {
        const rows: Value[][] = records.map((record, n) => [n + 5, at, ...record]);
        const ours = new RecordRows(sourceOf(records, perBlock), [{ from: 5 }, at]);
        expect(await rowsOf(all, ours)).toEqual(await rowsOf(all, rows));
      }),
      { numRuns: 100 },
    );
  });

  test.each([
    ["a text", [{ name: "A", type: "text", length: 3 }], "abcd"],
    ["a word", [{ name: "A", type: "word" }], "x".repeat(121)],
    ["a time", [{ name: "A", type: "time" }], "2026-01-05T08:00:00.000000Z"],
  ] as const)("%s that is longer than its column ends the load, instead of being read as other fields", async (_, narrow, value) => {
    await expect(rowsOf(narrow, [[value]])).rejects.toThrow("does not fit into A");
  });

  test("a record with a text that is too long, or with other fields than the table, ends the load", async () => {
    const narrow = [{ name: "A", type: "text", length: 3 }] as const;
    const of = (records: string[][], columns: readonly BulkColumn[]) => rowsOf(columns, new RecordRows(sourceOf(records, 9), []));
    await expect(of([["abc"], ["abcd"]], narrow)).rejects.toThrow("a value of 4 characters does not fit into A");
    await expect(of([["a\u001bbcd"]], narrow)).rejects.toThrow("does not fit");
    for (const record of [
      ["a", "b"],
      ["a\u001b", "b"],
    ])
      await expect(of([record], narrow)).rejects.toThrow("a record has 2 fields where the table has 1");
  });
});

describe.skipIf(testServer === null)("a bulk load on SQL Server", () => {
  let db: Database;
  let other: Database;
  let stop: (() => void) | null = null;
  beforeEach(async () => {
    const target = mssqlTarget((await freshDatabase("SQL Server")).connectionString);
    stop = null;
    db = await Database.open(target, { checkStop: () => stop?.(), onBusy: () => undefined });
    other = await Database.open(target, { checkStop: () => undefined, onBusy: () => undefined });
    const text = (length: number | "max") => `nvarchar(${length}) COLLATE Latin1_General_100_BIN2 NULL`;
    await db.batch(
      `CREATE TABLE #T (Id bigint NOT NULL, Type int NOT NULL, At char(24) COLLATE Latin1_General_100_BIN2 NOT NULL,
         State varchar(120) COLLATE Latin1_General_100_BIN2 NULL, A ${text(442)}, B ${text(4000)}, Changes ${text("max")})`,
    );
  });
  afterEach(async () => {
    await db.close();
    await other.close();
  });

  test("what was loaded is read back as it was", async () => {
    const rows: Value[][] = [
      [1, -1, at, null, null, null, null],
      [2 ** 53 - 1, 2 ** 31 - 1, at, "staged", "K1 ", "～\u{1F600}", ""],
      [-3, 0, at, "applied", "e\u0301", "x".repeat(4_000), "ß".repeat(100_000)],
      ...fc.sample(row, { numRuns: 200, seed: 7 }).filter((values) => !JSON.stringify(values).includes("\\u0000")),
    ];
    expect(await db.bulk("#T", columns, rows)).toBe(rows.length);
    const read = await db.all("SELECT Id, Type, At, State, A, B, Changes FROM #T");
    const sorted = (values: Value[][]) =>
      values.map((one) => JSON.stringify(one.map((value, i) => (i < 2 ? Number(value) : value)))).sort();
    expect(sorted(read)).toEqual(sorted(rows));
  });

  test("many rows come in order of their number, from records and from values", async () => {
    const records = Array.from({ length: 5_000 }, (_, n) => [`K${n}`, n % 3 === 0 ? null : `v ${n}`]);
    const some = columns.filter(({ name }) => ["Id", "Type", "At", "A", "B"].includes(name));
    expect(await db.bulk("#T", some, new RecordRows(sourceOf(records, 700), [{ from: 10 }, 3, at]))).toBe(5_000);
    expect(await db.get("SELECT COUNT(*), MIN(Id), MAX(Id), COUNT(B), COUNT(State) FROM #T")).toEqual(
      [5_000, "10", "5009", 3_333, 0].map((v, i) => (i === 1 || i === 2 ? v : Number(v))),
    );
    expect(await db.get("SELECT A, B FROM #T WHERE Id = 4321")).toEqual(["K4311", null]);
  });

  const target = columns.filter(({ name }) => ["Id", "Type", "At", "A", "B"].includes(name));
  const block = (): Buffer => Buffer.concat(Array.from({ length: 2_000 }, (_, n) => joinRecord([`key ${n}`, "value".repeat(20)])));
  /** A load in a transaction that has written something before. */
  const loadFrom = (source: RecordSource): Promise<number> =>
    db.transaction(async () => {
      await db.run("INSERT INTO UM_Clock (Id, Now) VALUES (1, ?)", at);
      return db.bulk("#T", target, new RecordRows(source, [{ from: 0 }, 1, at]));
    });

  test("a source that fails ends the load with its own error, and its transaction", async () => {
    let given = 0;
    const source: RecordSource = {
      next: () => {
        if (++given === 5) throw new SluiceError("SYNC_FILE_CHANGED", { rows: 2, found: 1 });
        return block();
      },
    };
    await expect(loadFrom(source)).rejects.toThrow(expect.objectContaining({ code: "SYNC_FILE_CHANGED" }));
    expect(await other.count("SELECT COUNT(*) FROM UM_Clock")).toBe(0);
  });

  test("a stop ends a load that is under way, and its transaction; its source is not read to the end", async () => {
    let given = 0;
    const endless: RecordSource = {
      next: () => {
        if (++given === 20) {
          stop = () => {
            throw new SluiceError("SYNC_STOPPED", { step: "loading" });
          };
        }
        return block();
      },
    };
    await expect(loadFrom(endless)).rejects.toThrow(expect.objectContaining({ code: "SYNC_STOPPED" }));
    expect(await other.count("SELECT COUNT(*) FROM UM_Clock")).toBe(0);
    const read = given;
    for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(given).toBe(read);
  });
});
