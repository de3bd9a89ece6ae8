import type { DatabaseInspection, ServerFacts } from "../../store/inspection/index.js";
import { formatBytes, formatCount, formatDuration, formatNoun } from "../terminal/index.js";
import { bad, type DoctorFinding, ok, warning } from "./doctor-finding.js";
import { failureFinding } from "./failure-finding.js";

/** A server's clock that is off by more than this shows in what people read (ms); by more than the second, sign-ins by token fail. */
const noticedSkewMs = 2_000;
const harmfulSkewMs = 300_000;
/** The first compatibility level of the versions that Sluice is made for: SQL Server 2017. */
const oldestLevel = 140;
/** A log of this many bytes and of more than the data is one that nobody cuts. */
const bigLog = 1_000_000_000;
/** Columns that a finding lists. */
const listed = 3;

/** What was seen of a database that was looked at, in words. `hint` makes a command line of this workspace. */
export const databaseFindings = (seen: DatabaseInspection, hint: (command: string) => string): readonly DoctorFinding[] => {
  const findings: DoctorFinding[] = [];
  if (!seen.isReachable) return [failureFinding("database", seen.failure)];
  const size = seen.size === null ? "" : `, ${formatBytes(seen.size)}`;
  const resources = seen.resources === null ? "" : `, ${formatNoun(seen.resources, "resource")}`;
  findings.push(ok("database", `${seen.database} answers${size}${resources}`));
  if (seen.damage !== null) findings.push(soundness(seen.damage));
  if (seen.server !== null) findings.push(...serverFindings(seen.server, seen.size));
  findings.push(schemaFinding(seen, hint));
  // What was reached is told above; the rest could not be read.
  if (seen.failure !== null) findings.push(failureFinding("database.tables", seen.failure));
  return findings;
};

const soundness = (damage: readonly string[]): DoctorFinding =>
  damage.length === 0
    ? ok("database.integrity", "the quick check found no fault")
    : bad(
        "database.integrity",
        `the quick check found faults: ${damage.join("; ")}`,
        "let nothing run, restore the database from a backup, and check the disk",
      );

const schemaFinding = ({ schema, server, database }: DatabaseInspection, hint: (command: string) => string): DoctorFinding => {
  const check = "database.schema";
  if (schema === null) {
    return server === null
      ? ok(check, "it has no tables yet; the first run makes them")
      : bad(check, `${database} has no tables of Sluice`, `${hint("database migrate")} makes them`);
  }
  if (schema.unknown.length > 0) {
    return bad(check, `it was written by a newer Sluice (${schema.unknown.join(", ")})`, "use that version of Sluice or a newer one");
  }
  if (schema.missing.length > 0) {
    const saw = `it lacks ${schema.missing.join(", ")}`;
    return server === null
      ? ok(check, `${saw}; the next command brings it up to date`)
      : bad(check, saw, `${hint("database migrate")} brings it up to date`);
  }
  return ok(check, "it is up to date");
};

const serverFindings = (server: ServerFacts, size: number | null): readonly DoctorFinding[] => [
  versionFinding(server),
  ...isolationFindings(server),
  ...permissionFindings(server),
  collationFinding(server),
  clockFinding(server),
  ...spaceFindings(server, size),
];

const versionFinding = ({ capabilities }: ServerFacts): DoctorFinding => {
  const check = "database.version";
  const { version, edition, compatibilityLevel, isBabelfish } = capabilities;
  if (isBabelfish) {
    const saw = `version ${version} is no SQL Server, but PostgreSQL that speaks its protocol`;
    return warning(check, saw, "use it to try things out; in production Sluice is made for SQL Server 2017 or newer and Azure SQL");
  }
  if (compatibilityLevel < oldestLevel) {
    const todo = `ALTER DATABASE … SET COMPATIBILITY_LEVEL = ${oldestLevel} or more; Sluice is made for SQL Server 2017 or newer`;
    return bad(check, `SQL Server ${version}, ${edition}, with compatibility level ${compatibilityLevel}`, todo);
  }
  return ok(check, `SQL Server ${version}, ${edition}, compatibility level ${compatibilityLevel}`);
};

const isolationFindings = ({ capabilities }: ServerFacts): readonly DoctorFinding[] => [
  capabilities.readCommittedSnapshot
    ? ok("database.isolation", "READ_COMMITTED_SNAPSHOT is on: readers never wait for a run")
    : warning(
        "database.isolation",
        "READ_COMMITTED_SNAPSHOT is off: commands that read wait while a synchronization applies, and may deadlock with it",
        "while nothing is connected: ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON WITH ROLLBACK IMMEDIATE",
      ),
  capabilities.snapshotIsolation
    ? ok("database.snapshots", "snapshot isolation is allowed: a long list shows one moment")
    : warning(
        "database.snapshots",
        "snapshot isolation is not allowed: a long list read while a job writes may show two moments",
        "ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON",
      ),
];

const permissionFindings = ({ capabilities }: ServerFacts): readonly DoctorFinding[] => {
  const check = "database.permissions";
  if (capabilities.isReadOnly) {
    return [
      bad(
        check,
        "the database takes no writes: it is set READ_ONLY, or a secondary replica",
        "name the primary in ConnectionString, or ALTER DATABASE … SET READ_WRITE",
      ),
    ];
  }
  if (!capabilities.canWrite) {
    const todo = "as an administrator: ALTER ROLE db_datareader ADD MEMBER <user>; ALTER ROLE db_datawriter ADD MEMBER <user>";
    return [bad(check, "this login may not read, add, change and delete rows in the schema dbo", todo)];
  }
  if (!capabilities.canChangeSchema) {
    const todo =
      "ALTER ROLE db_ddladmin ADD MEMBER <user>, or run database migrate, indexes and views, and the first load of a connector, with another login";
    return [
      warning(
        check,
        "this login may read and write, but not make tables and indexes, which the first synchronization of an entity type does",
        todo,
      ),
    ];
  }
  return [ok(check, "this login may read, write, and make tables and indexes")];
};

const collationFinding = ({ wrongCollations, capabilities }: ServerFacts): DoctorFinding => {
  const check = "database.collation";
  if (wrongCollations.length === 0)
    return ok(check, `our columns compare by bytes; the database's own collation is ${capabilities.collation}`);
  const names = wrongCollations.slice(0, listed).map(({ column, collation }) => `${column} has ${collation}`);
  const more = wrongCollations.length > listed ? `, and ${formatCount(wrongCollations.length - listed)} others` : "";
  return bad(
    check,
    `columns that must compare by bytes were changed: ${names.join(", ")}${more}`,
    "restore the database from before that, or copy the rows into a database made by sluice database migrate",
  );
};

const clockFinding = ({ clock }: ServerFacts): DoctorFinding => {
  const check = "database.clock";
  const off = Math.abs(clock.skew);
  // The answer's way is no skew.
  if (off - clock.uncertainty <= noticedSkewMs) return ok(check, "the server's clock agrees with this machine's");
  const saw = `the server's clock is ${formatDuration(off)} ${clock.skew > 0 ? "ahead of" : "behind"} this machine's`;
  const todo = "let both take their time from the same source (NTP)";
  return off > harmfulSkewMs ? bad(check, saw, todo) : warning(check, saw, todo);
};

const spaceFindings = ({ room, log, capabilities }: ServerFacts, size: number | null): readonly DoctorFinding[] => {
  const findings: DoctorFinding[] = [];
  if (room !== null) {
    const saw = `the data files may take ${formatBytes(room)} more`;
    // A load of as much again is what a copy or a changed mapping may bring.
    const isTight = size !== null && room < size / 10;
    findings.push(isTight ? warning("database.space", saw, "raise MAXSIZE of the data files, or add one") : ok("database.space", saw));
  }
  if (log !== null) {
    const saw = `the log takes ${formatBytes(log.bytes)}, recovery model ${capabilities.recoveryModel}`;
    const isGrowing = log.waitsFor === "LOG_BACKUP" && log.bytes > bigLog && log.bytes > (size ?? 0);
    findings.push(
      isGrowing
        ? warning(
            "database.log",
            `${saw}, and waits for a backup`,
            "back up the log regularly (BACKUP LOG), or use the recovery model SIMPLE",
          )
        : ok("database.log", saw),
    );
  }
  return findings;
};
