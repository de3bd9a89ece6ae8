import { afterEach, describe, expect, test } from "vitest";
import { SluiceError } from "../../../src/errors/index.js";
import { jobInstanceId, systemTiming, taskInstanceId } from "../../../src/model/index.js";
import { withAttempts } from "../../../src/store/mssql/synchronization/attempts.js";
import { createMssqlSynchronization } from "../../../src/store/mssql/synchronization/index.js";
import { type DatabaseKind, testServer } from "../../database.js";
import { type SourceFiles, World } from "../synchronization/world.js";

const people = (rows: readonly (readonly [string, string | null])[], bosses: readonly (readonly [string, string])[] = []): SourceFiles => ({
  rows: { Person: rows },
  links: { Person_Boss: bosses },
});

const worlds: World[] = [];
const open = async (kind: DatabaseKind, limits: Parameters<typeof World.open>[1] = {}): Promise<World> => {
  const world = await World.open(kind, limits);
  worlds.push(world);
  return world;
};
afterEach(async () => {
  for (const world of worlds.splice(0)) await world.close();
});

/** Every version and link there ever was, with the instances that opened and closed it. */
const history = async (world: World): Promise<string[]> => {
  const rows = [
    ...(await world.db.all("SELECT Id, Type, C4, C5, I40, ValidFrom, ValidTo, ChangedBy, ClosedBy FROM UR_Resources")),
    ...(await world.db.all("SELECT Type, [Key], Id FROM UR_RetiredKeys")),
    ...(await world.db.all("SELECT Mapping, Key1, Key2, R1_Id, R2_Id, Reason FROM UR_LinkKeys")),
  ];
  return rows.map((row) => JSON.stringify(row)).sort();
};

describe.skipIf(testServer === null)("what a synchronization writes on SQL Server", () => {
  test("is, over several pages, row by row what it writes on SQLite: Ids, versions, instances, keys that return", async () => {
    const count = 5_500;
    const key = (n: number): string => `P${String(n).padStart(5, "0")}`;
    const all = Array.from({ length: count }, (_, n) => n);
    // Names that change to another, to none and from none; rows that go and come back; a boss of the next one, who changes at the second run.
    const nameAt = (run: number, n: number): string | null => (n % 7 === run ? null : n % 50 === 0 ? "always" : `Name ${n} ${run}`);
    const isThere = (run: number, n: number): boolean => !(run === 2 && n % 10 === 3);
    const files = (run: number): SourceFiles =>
      people(
        all.filter((n) => isThere(run, n)).map((n) => [key(n), nameAt(run, n)] as const),
        all.filter((n) => n % 4 === 0).map((n) => [key((n + run) % count), key(n)] as const),
      );
    const written = async (kind: DatabaseKind): Promise<string[]> => {
      const world = await open(kind);
      for (const run of [1, 2, 3]) expect((await world.synchronize("HR", files(run))).state).toBe("Applied");
      expect(await world.dangling()).toBe(0);
      return history(world);
    };
    expect(await written("SQL Server")).toEqual(await written("SQLite"));
  }, 240_000);

  test("an Initial load gives keys that were known before their former Ids, and new ones the next", async () => {
    const world = await open("SQL Server");
    const first = [
      ["a", "1"],
      ["b", "2"],
      ["b ", "3"],
    ] as const;
    await world.synchronize("HR", people(first, [["a", "b"]]));
    const idsOf = async (): Promise<Map<string, number>> =>
      new Map((await world.db.all("SELECT C4, Id FROM UR_Resources")).map(([key, id]) => [String(key), Number(id)]));
    const former = await idsOf();
    await world.resume(await world.synchronize("HR", people([])));
    await world.synchronize("HR", people([["a0", null], ...first, ["z", null]], [["z", "b "]]), { mode: "Initial" });
    const now = await idsOf();
    for (const [key, id] of former) expect(now.get(key)).toBe(id);
    const added = [now.get("a0"), now.get("z")].map(Number);
    expect(added).toEqual([4, 5]);
    expect(await world.db.count("SELECT COUNT(*) AS N FROM UR_RetiredKeys")).toBe(0);
    expect((await world.state()).rows.Person).toEqual([
      '["a","1",null]',
      '["a0",null,null]',
      '["b","2",null]',
      '["b ","3","z"]',
      '["z",null,null]',
    ]);
  });

  test("conflicts are counted, and the first of them named", async () => {
    const rows = (name: string) => Array.from({ length: 30 }, (_, n) => [`k${n}`, name] as const);
    const world = await open("SQL Server", { HR: { MaximumUpdatedLines: 1 } });
    await world.synchronize("HR", people(rows("before")), { force: true });
    const blocked = await world.synchronize("HR", people(rows("after")));
    expect(blocked.state).toBe("Blocked");
    await world.db.run("UPDATE UR_Resources SET C5 = 'other', ValidFrom = '2026-01-06T00:00:00.000Z'");
    const conflict = world.resume(blocked);
    await expect(conflict).rejects.toThrow(expect.objectContaining({ code: "SYNC_CONFLICT" }));
    await expect(conflict).rejects.toThrow(/30 .*Person k0: C5 is no longer what it was when compared.*and 10 more/s);
    expect(await world.db.count("SELECT COUNT(*) AS N FROM UR_Resources WHERE C5 = 'after'")).toBe(0);
  });

  test("a drop under a fence that is no longer the instance's drops nothing", async () => {
    const world = await open("SQL Server", { HR: { MaximumInsertedLines: 1 } });
    const blocked = await world.synchronize(
      "HR",
      people([
        ["a", null],
        ["b", null],
      ]),
    );
    const drop = (fence: number) =>
      world.engine.drop({ jobInstance: jobInstanceId(blocked.jobInstance), taskInstance: taskInstanceId(blocked.taskInstance), fence });
    await expect(drop(6)).rejects.toThrow(expect.objectContaining({ code: "SYNC_FENCE_STALE" }));
    expect(await world.db.count("SELECT COUNT(*) AS N FROM UR_ResourceChanges")).toBe(2);
    await drop(7);
    expect(await world.db.count("SELECT COUNT(*) AS N FROM UR_ResourceChanges")).toBe(0);
    await expect(world.resume(blocked)).rejects.toThrow(expect.objectContaining({ code: "SYNC_NOTHING_STAGED" }));
  });
});

describe("a transaction that the server rolled back in favour of another one", () => {
  const timing = { now: () => 0, sleep: async () => undefined };
  const deadlock = Object.assign(new Error("chosen as the deadlock victim"), { number: 1205 });

  test("is made again, a few times", async () => {
    let made = 0;
    const done = withAttempts(
      { ...systemTiming, ...timing },
      () => undefined,
      async () => {
        if (++made < 3) throw deadlock;
        return "done";
      },
    );
    expect(await done).toBe("done");
    made = -10;
    await expect(
      withAttempts(
        { ...systemTiming, ...timing },
        () => undefined,
        async () => {
          made++;
          throw deadlock;
        },
      ),
    ).rejects.toBe(deadlock);
    expect(made).toBe(-6);
  });

  test("is not made again after a stop, nor after any other error", async () => {
    const stop = (): never => {
      throw new SluiceError("SYNC_STOPPED", { step: "waiting" });
    };
    await expect(
      withAttempts({ ...systemTiming, ...timing }, stop, async () => {
        throw deadlock;
      }),
    ).rejects.toThrow(expect.objectContaining({ code: "SYNC_STOPPED" }));
    let made = 0;
    const lost = Object.assign(new Error("cut"), { code: "ECONNRESET" });
    await expect(
      withAttempts(
        { ...systemTiming, ...timing },
        () => undefined,
        async () => {
          made++;
          throw lost;
        },
      ),
    ).rejects.toBe(lost);
    expect(made).toBe(1);
  });
});

test("a server that is not there is said so, without a word of the connection string's secret", async () => {
  const store = createMssqlSynchronization(
    "Server=127.0.0.1,1;Database=x;User Id=u;Password=Secret-9;Encrypt=false;Connect Timeout=2;ConnectRetryCount=0",
    systemTiming,
  );
  const error: unknown = await store.setHash(taskInstanceId(1)).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: "DB_SERVER_UNREACHABLE" });
  expect(JSON.stringify([String(error), error])).not.toContain("Secret-9");
});
