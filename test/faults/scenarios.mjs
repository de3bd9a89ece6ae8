import { join } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";
import { call, callFor } from "./program.mjs";
import { days, makeWorkspace, writeDay } from "./workspace.mjs";

/**
 * What is interrupted: `prepare` makes the workspace before it, `command` is killed at each of its writes, `again` takes it up in the same workspace and gives
 * `{code, text}` of its last command, `ends` the exit code of both.
 */
const loaded = async () => {
  const folder = makeWorkspace();
  await callFor(0, folder, ["run", "Job_Initialize"]);
  return folder;
};

const blocked = async () => {
  const folder = await loaded();
  writeDay(folder, days.blocking);
  await callFor(2, folder, ["run", "Job_HR"]);
  return folder;
};

/** Back to the first schema, with what later migrations brought taken away. */
const undo = {
  "004-service": [
    ...["UJ_TaskAttempts", "UJ_JobAttempts", "UJ_Schedules", "UJ_ScheduledRuns", "UJ_Schedulers"].map((table) => `DROP TABLE ${table}`),
    "ALTER TABLE UJ_TaskInstances DROP COLUMN Attempt",
    "ALTER TABLE UJ_JobInstances DROP COLUMN Attempt",
    "ALTER TABLE UJ_JobInstances DROP COLUMN HaltReason",
  ],
  "003-incremental": ["DROP TABLE UM_ConnectorStates", "ALTER TABLE UM_ConnectorHeads DROP COLUMN CompleteRequired"],
  "002-leases": ["DROP INDEX uj_jobinstances_state_index", "ALTER TABLE UJ_JobInstances DROP COLUMN LeaseUntil"],
};
const toFirstSchema = (folder) => {
  const db = new DatabaseSync(join(folder, "Work", "sluice.db"));
  try {
    for (const [name, statements] of Object.entries(undo)) {
      if (db.prepare("DELETE FROM UM_Migrations WHERE Name = ?").run(name).changes === 0) continue;
      for (const statement of statements) db.exec(statement);
    }
    const rest = db.prepare("SELECT Name FROM UM_Migrations").all();
    if (rest.length !== 1) throw new Error(`scenarios.mjs does not know how to undo ${rest.map(({ Name }) => Name).join(", ")}`);
  } finally {
    db.close();
  }
};

const runAgain = (job) => (folder) => call(folder, ["run", job]);

/** A block that was closed cannot be closed again. */
const cancelAgain = async (folder) => {
  const again = await call(folder, ["cancel", "2"]);
  return again.code === 64 && again.text.includes("JOB_ENDED") ? { ...again, code: 0 } : again;
};

/** Instance 2 is taken up; where it was not opened yet the job is run, where it had come to its end nothing is left. What follows a synchronization's commit does its connector's next export. */
const takeUp = (job, lastExport) => async (folder) => {
  const again = await call(folder, ["resume", "2"]);
  if (again.code === 64 && again.text.includes("JOB_INSTANCE_UNKNOWN")) return call(folder, ["run", job]);
  if (again.code !== 0 && !again.text.includes("JOB_NOT_RESUMABLE")) return again;
  return call(folder, ["run", job, "--to", `${job}_Export_${lastExport}`]);
};

export const scenarios = [
  { name: "initialization", prepare: makeWorkspace, command: ["run", "Job_Initialize"], again: runAgain("Job_Initialize"), ends: 0 },
  {
    name: "complete",
    prepare: async () => {
      const folder = await loaded();
      writeDay(folder, days.two);
      return folder;
    },
    command: ["run", "Job_All"],
    again: runAgain("Job_All"),
    ends: 0,
  },
  {
    name: "block",
    prepare: async () => {
      const folder = await loaded();
      writeDay(folder, days.blocking);
      return folder;
    },
    command: ["run", "Job_HR"],
    again: runAgain("Job_HR"),
    ends: 2,
  },
  {
    name: "complete, taken up",
    prepare: async () => {
      const folder = await loaded();
      writeDay(folder, days.two);
      return folder;
    },
    command: ["run", "Job_All"],
    again: takeUp("Job_All", "AD_Members"),
    ends: 0,
  },
  { name: "resume", prepare: blocked, command: ["resume", "2"], again: takeUp("Job_HR", "HR_Departments"), ends: 0 },
  { name: "cancel", prepare: blocked, command: ["cancel", "2"], again: cancelAgain, ends: 0 },
  {
    name: "migration",
    prepare: async () => {
      const folder = await loaded();
      writeDay(folder, days.two);
      toFirstSchema(folder);
      return folder;
    },
    command: ["run", "Job_HR"],
    again: runAgain("Job_HR"),
    ends: 0,
  },
  {
    name: "incremental",
    prepare: async () => {
      const folder = await loaded();
      writeDay(folder, days.two);
      return folder;
    },
    command: ["run", "Job_Incremental"],
    again: runAgain("Job_Incremental"),
    ends: 0,
  },
  {
    name: "incremental, taken up",
    prepare: async () => {
      const folder = await loaded();
      writeDay(folder, days.two);
      return folder;
    },
    command: ["run", "Job_Incremental"],
    again: takeUp("Job_Incremental", "AD_Members"),
    ends: 0,
  },
  {
    name: "changes",
    prepare: async () => {
      const folder = await loaded();
      writeDay(folder, days.changes);
      return folder;
    },
    command: ["run", "Job_Changes"],
    again: runAgain("Job_Changes"),
    ends: 0,
  },
  {
    name: "changes, taken up",
    prepare: async () => {
      const folder = await loaded();
      writeDay(folder, days.changes);
      return folder;
    },
    command: ["run", "Job_Changes"],
    again: takeUp("Job_Changes", "HR_Departments"),
    ends: 0,
  },
];
