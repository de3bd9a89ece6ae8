import { describe, expect, test } from "vitest";
import { databaseFindings } from "../../src/cli/doctor/database-checks.js";
import { fileFindings } from "../../src/cli/doctor/database-file-checks.js";
import { folderFinding } from "../../src/cli/doctor/folder-checks.js";
import type { DoctorFinding } from "../../src/cli/doctor/index.js";
import { nodeFinding, timeZoneFinding } from "../../src/cli/doctor/program-checks.js";
import type { Volume } from "../../src/cli/doctor/volume.js";
import { SluiceError } from "../../src/errors/index.js";
import type { DatabaseInspection, ServerFacts } from "../../src/store/inspection/index.js";

const hint = (command: string): string => `sluice ${command}`;
const troubles = (findings: readonly DoctorFinding[]): string[] =>
  findings.filter(({ level }) => level !== "ok").map(({ level, check }) => `${level} ${check}`);

const volume: Volume = { found: "/srv/Work", exists: true, isFolder: true, isWritable: true, free: 50e9, network: null, device: 1 };

const capabilities: ServerFacts["capabilities"] = {
  version: "16.0.4135.4",
  edition: "Developer Edition (64-bit)",
  isBabelfish: false,
  compatibilityLevel: 160,
  collation: "SQL_Latin1_General_CP1_CI_AS",
  readCommittedSnapshot: true,
  snapshotIsolation: true,
  isReadOnly: false,
  recoveryModel: "FULL",
  tableCompression: true,
  onlineIndexRebuild: true,
  rangeLocks: true,
  canSeeServerState: true,
  canChangeSchema: true,
  canWrite: true,
};
const server: ServerFacts = {
  capabilities,
  clock: { skew: 12, uncertainty: 2 },
  room: 90e9,
  log: { bytes: 2e9, waitsFor: "NOTHING" },
  wrongCollations: [],
};
const well: DatabaseInspection = {
  database: "db1/sluice",
  failure: null,
  isReachable: true,
  schema: { missing: [], unknown: [] },
  size: 4e9,
  damage: null,
  server,
  records: null,
  resources: 1_000_000,
};
const withServer = (change: Partial<ServerFacts>): DatabaseInspection => ({ ...well, server: { ...server, ...change } });
const able = (change: Partial<ServerFacts["capabilities"]>): DatabaseInspection =>
  withServer({ capabilities: { ...capabilities, ...change } });

describe("a database on a server", () => {
  test("that is well gives no trouble", () => {
    expect(troubles(databaseFindings(well, hint))).toEqual([]);
    expect(troubles(databaseFindings(withServer({ room: null, log: null }), hint))).toEqual([]);
  });

  test.each<[string, DatabaseInspection, string]>([
    ["readers wait", able({ readCommittedSnapshot: false }), "warning database.isolation"],
    ["no snapshots", able({ snapshotIsolation: false }), "warning database.snapshots"],
    ["read-only", able({ isReadOnly: true }), "error database.permissions"],
    ["no right to write", able({ canWrite: false }), "error database.permissions"],
    ["no right to make tables", able({ canChangeSchema: false }), "warning database.permissions"],
    ["an old level", able({ compatibilityLevel: 130 }), "error database.version"],
    ["a stand-in", able({ isBabelfish: true, compatibilityLevel: 120 }), "warning database.version"],
    [
      "columns of another collation",
      withServer({ wrongCollations: [{ column: "UR_Resources.C4", collation: "Latin1_General_CI_AS" }] }),
      "error database.collation",
    ],
    ["a clock some seconds off", withServer({ clock: { skew: -5_000, uncertainty: 10 } }), "warning database.clock"],
    ["a clock many minutes off", withServer({ clock: { skew: 3_600_000, uncertainty: 10 } }), "error database.clock"],
    ["little room", withServer({ room: 1e8 }), "warning database.space"],
    ["a log that nobody cuts", withServer({ log: { bytes: 9e9, waitsFor: "LOG_BACKUP" } }), "warning database.log"],
    ["no tables", { ...well, schema: null, resources: null }, "error database.schema"],
    ["an older schema", { ...well, schema: { missing: ["002-leases"], unknown: [] } }, "error database.schema"],
    ["a newer schema", { ...well, schema: { missing: [], unknown: ["999"] } }, "error database.schema"],
    ["something that could not be read", { ...well, failure: new Error("odd") }, "error database.tables"],
    [
      "nobody there",
      { ...well, isReachable: false, server: null, failure: new SluiceError("DB_MISSING", { database: "d" }) },
      "error database",
    ],
  ])("with %s: one finding, with what to do", (_, seen, expected) => {
    const findings = databaseFindings(seen, hint);
    expect(troubles(findings)).toEqual([expected]);
    expect(findings.find(({ level }) => level !== "ok")?.todo).toMatch(/\w/);
  });

  test("an answer that was long on its way is no skew", () => {
    expect(troubles(databaseFindings(withServer({ clock: { skew: 3_000, uncertainty: 1_500 } }), hint))).toEqual([]);
  });
});

describe("an embedded database", () => {
  const embedded: DatabaseInspection = { ...well, server: null, damage: [] };
  test("lacks migrations or tables without harm, and damage is told", () => {
    expect(troubles(databaseFindings(embedded, hint))).toEqual([]);
    expect(troubles(databaseFindings({ ...embedded, schema: { missing: ["002-leases"], unknown: [] } }, hint))).toEqual([]);
    expect(troubles(databaseFindings({ ...embedded, schema: null }, hint))).toEqual([]);
    expect(troubles(databaseFindings({ ...embedded, damage: ["row 7 missing from index"] }, hint))).toEqual(["error database.integrity"]);
  });

  const path = "/srv/Work/sluice.db";
  const file: Volume = { ...volume, found: path, isFolder: false };
  test("on a network drive, not writable, with a log that grew, not there", () => {
    expect(troubles(fileFindings(path, file, volume, 4e9, 1e9))).toEqual([]);
    expect(troubles(fileFindings(path, { ...file, network: "NFS" }, volume, 4e9, 0))).toEqual(["error database.disk"]);
    expect(troubles(fileFindings(path, { ...file, isWritable: false }, volume, 4e9, 0))).toEqual(["error database.file"]);
    expect(troubles(fileFindings(path, file, { ...volume, isWritable: false }, 4e9, 0))).toEqual(["error database.file"]);
    expect(troubles(fileFindings(path, file, volume, 1e8, 4e9))).toEqual(["warning database.file"]);
    const absent: Volume = { ...volume, exists: false };
    expect(fileFindings(path, absent, absent, null, 0)).toMatchObject([{ level: "ok", saw: expect.stringContaining("no database") }]);
    const locked: Volume = { ...absent, found: "/srv", isWritable: false };
    expect(fileFindings(path, locked, locked, null, 0)).toMatchObject([
      { level: "error", saw: expect.stringContaining("cannot be made in /srv") },
    ]);
  });
});

describe("folders", () => {
  const finding = (change: Partial<Volume>, needs = 1e9): DoctorFinding =>
    folderFinding("folders.work", "WorkFolderPath", "/srv/Work", { ...volume, ...change }, needs, null);
  test.each<[string, Partial<Volume>, DoctorFinding["level"]]>([
    ["with room", {}, "ok"],
    ["of unknown room", { free: null }, "ok"],
    ["that can be made", { exists: false, found: "/srv" }, "ok"],
    ["with less room than a run may need", { free: 0.9e9 }, "warning"],
    ["as good as full", { free: 5e6 }, "error"],
    ["not writable", { isWritable: false }, "error"],
    ["that cannot be made", { exists: false, isWritable: false, found: "/srv" }, "error"],
    ["that is a file", { isFolder: false }, "error"],
  ])("%s", (_, change, level) => {
    expect(finding(change).level).toBe(level);
  });
});

describe("the program", () => {
  const now = Date.parse("2026-11-21T12:00:00Z");
  test("Node: too old, without security fixes, well, unknown", () => {
    expect(["20.18.3", "20.20.2", "22.12.0", "31.0.0"].map((version) => nodeFinding(version, now).level)).toEqual([
      "error",
      "warning",
      "ok",
      "ok",
    ]);
    expect(nodeFinding("20.20.2", Date.parse("2026-04-30T12:00:00Z")).level).toBe("ok");
  });

  test("time zone: named, with its offset; TZ that is none", () => {
    expect(timeZoneFinding(undefined, "Europe/Paris", now, []).saw).toContain("GMT+01:00");
    expect(timeZoneFinding(":UTC", "UTC", now, []).level).toBe("ok");
    expect(timeZoneFinding("CEST?", "UTC", now, []).level).toBe("warning");
  });
});
