import type { Configuration, LoadedWorkspace } from "../../config/index.js";
import type { DatabaseInspection } from "../../store/inspection/index.js";
import { repositoryModelOf } from "../repository.js";
import { formatNoun } from "../terminal/index.js";
import { databaseFindings } from "./database-checks.js";
import { databaseFileFindings } from "./database-file-checks.js";
import { bad, type DoctorFinding, ok, warning } from "./doctor-finding.js";
import { examined } from "./failure-finding.js";
import { folderFindings } from "./folder-checks.js";
import { jobFindings } from "./job-checks.js";
import { notificationFindings } from "./notification-checks.js";
import { nodeFinding, timeZoneFinding } from "./program-checks.js";
import { sourceFindings } from "./source-checks.js";

/** Everything that is looked at, handed in. */
export interface Patient {
  readonly loaded: LoadedWorkspace;
  /** Absolute. */
  readonly workspace: string;
  readonly now: () => number;
  readonly nodeVersion: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeZone: string;
  /** Makes a command line of this workspace. */
  readonly hint: (command: string) => string;
}

/** Files take up to so many times the size of the sources on the way: exported, sorted, prepared, kept (docs/operations.md). */
const fileFactor = 4;

/** Looks at everything in a fixed order. Changes nothing and never throws: what cannot be looked at is a finding. */
export const examine = async (patient: Patient): Promise<readonly DoctorFinding[]> => {
  const { loaded, workspace, now, nodeVersion, env, timeZone, hint } = patient;
  const { configuration, settings } = loaded;
  const jobs = [...(configuration?.jobs.values() ?? [])];
  const findings: DoctorFinding[] = [
    nodeFinding(nodeVersion, now()),
    ...(await examined("program.timeZone", () => [timeZoneFinding(env.TZ, timeZone, now(), jobs)])),
    configurationFinding(loaded, hint),
  ];
  if (settings === null) return findings;
  let sourceBytes = 0;
  if (configuration === null) {
    findings.push(warning("sources", "they were not looked at, since the configuration has errors", "correct those, and ask again"));
  } else {
    findings.push(
      ...(await examined("sources", async () => {
        const sources = await sourceFindings(configuration);
        sourceBytes = sources.bytes;
        return sources.findings;
      })),
    );
  }
  const { database } = settings;
  let seen: DatabaseInspection | null = null;
  const ofDatabase: DoctorFinding[] = [];
  if (database.kind === "sqlite") ofDatabase.push(...(await examined("database.file", () => databaseFileFindings(database.path))));
  const isThere = database.kind === "mssql" || !ofDatabase.some(({ saw }) => saw.startsWith("there is no database"));
  if (isThere) {
    ofDatabase.push(
      ...(await examined("database", async () => {
        const { inspectDatabase } = await import("../../store/inspection/index.js");
        const inspection = await inspectDatabase(database, now);
        seen = inspection;
        return databaseFindings(inspection, hint);
      })),
    );
  }
  const inspection = seen as DatabaseInspection | null;
  const databaseBytes = database.kind === "sqlite" ? (inspection?.size ?? 0) : 0;
  findings.push(
    ...(await examined("folders", () =>
      folderFindings({
        workFolder: settings.workFolder,
        tempFolder: settings.tempFolder,
        // A transaction may write as much to the log as the database holds.
        workNeeds: databaseBytes + fileFactor * sourceBytes,
        tempNeeds: sourceBytes,
      }),
    )),
    ...ofDatabase,
  );
  findings.push(
    ...(await examined("notify", () =>
      notificationFindings({ notification: settings.notification, workspace, searchPath: env.PATH ?? "" }),
    )),
  );
  const records = inspection?.records ?? null;
  if (database.kind === "mssql" && configuration !== null && records !== null) {
    findings.push(...(await examined("database.indexes", async () => [await indexFinding(configuration, hint)])));
  }
  if (records !== null) {
    const skew = inspection?.server?.clock.skew ?? 0;
    findings.push(...(await examined("jobs", () => jobFindings(records, { now: now(), databaseNow: now() + skew }, hint))));
  }
  return findings;
};

/** The indexes that the configuration calls for; only looked for, as a dry run does. */
const indexFinding = async (configuration: Configuration, hint: (command: string) => string): Promise<DoctorFinding> => {
  const { databaseTool } = await import("../../store/index.js");
  const { maintenance } = await databaseTool(configuration.settings.database);
  const options = { dryRun: true, signal: new AbortController().signal, onProgress: () => undefined };
  const changes = await maintenance?.indexes(repositoryModelOf(configuration), options);
  const [missing, kept] = [changes?.created ?? [], changes?.kept ?? []];
  return missing.length === 0
    ? ok("database.indexes", `${formatNoun(kept.length, "key index", "key indexes")}, none is missing`)
    : warning(
        "database.indexes",
        `indexes that keys are looked up by are missing: ${missing.join(", ")}`,
        `${hint("database indexes")} makes them`,
      );
};

const configurationFinding = ({ configuration, findings, files }: LoadedWorkspace, hint: (command: string) => string): DoctorFinding => {
  const check = "configuration";
  const errors = findings.filter(({ severity }) => severity === "error");
  const warnings = findings.length - errors.length;
  const [first] = errors;
  if (first !== undefined) {
    const saw = `${formatNoun(errors.length, "error")}, the first: ${first.code}: ${first.message}`;
    return bad(check, saw, `${hint("validate")} lists all; until then no job runs`);
  }
  const what = `${formatNoun(files, "file")}, ${formatNoun(configuration?.connectors.size ?? 0, "connector")}, ${formatNoun(configuration?.jobs.size ?? 0, "job")}`;
  return warnings === 0
    ? ok(check, `${what}: no errors, no warnings`)
    : warning(check, `${what}: ${formatNoun(warnings, "warning")}`, `${hint("validate")} lists them`);
};
