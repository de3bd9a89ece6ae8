import { statSync } from "node:fs";
import { dirname } from "node:path";
import { formatBytes } from "../terminal/index.js";
import { bad, type DoctorFinding, ok, warning } from "./doctor-finding.js";
import { type Volume, volumeOf } from "./volume.js";

/** A write-ahead log up to this size is no sign of anything (bytes). */
const usualLog = 100_000_000;

/** The file of an embedded database, before anybody opens it. */
export const databaseFileFindings = (path: string): readonly DoctorFinding[] => {
  const bytes = statSync(path, { throwIfNoEntry: false })?.size ?? null;
  const log = statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
  return fileFindings(path, volumeOf(path), volumeOf(dirname(path)), bytes, log);
};

/** Pure: takes what was seen of the file, its folder, their sizes in bytes. */
export const fileFindings = (path: string, file: Volume, folder: Volume, bytes: number | null, log: number): readonly DoctorFinding[] => {
  const findings: DoctorFinding[] = [];
  const todo = "move the database to a local disk, or use a database on SQL Server: the locks of network shares cannot be trusted";
  if (file.network !== null) findings.push(bad("database.disk", `${path} lies on a network drive (${file.network})`, todo));
  if (!folder.isWritable || (file.exists && !file.isWritable)) {
    const what = file.exists
      ? `${path} or its folder cannot be written by this user`
      : `${path} is not there, and cannot be made in ${folder.found} by this user`;
    findings.push(
      bad(
        "database.file",
        what,
        "give the user that runs Sluice the right to write there; the -wal and -shm files stand beside the database",
      ),
    );
  } else if (bytes === null) {
    findings.push(ok("database.file", `there is no database at ${path} yet: the first run makes it`));
  } else if (log > usualLog && log > bytes) {
    const saw = `${path} has ${formatBytes(bytes)}, and a write-ahead log of ${formatBytes(log)}`;
    findings.push(
      warning(
        "database.file",
        saw,
        "end what reads the database for long (a browser, a backup), and let any command run: it takes the log over",
      ),
    );
  } else {
    findings.push(
      ok("database.file", `${path} is writable, ${formatBytes(bytes)}${log === 0 ? "" : `, write-ahead log ${formatBytes(log)}`}`),
    );
  }
  return findings;
};
