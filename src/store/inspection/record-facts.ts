import { lifeOf } from "../records/index.js";
import type { Ask } from "./inspection.js";

interface RunningInstance {
  readonly jobInstance: number;
  readonly job: string;
  readonly state: string;
  readonly since: string;
  /** `process 12 on host`. */
  readonly runner: string;
  /** Of the runner: `unknown` is another machine's, whose lease decides. */
  readonly life: "alive" | "dead" | "unknown";
  /** On the database's clock. */
  readonly leaseUntil: string | null;
}

interface HeldLock {
  readonly lock: string;
  readonly jobInstance: number;
  readonly runner: string;
  readonly life: "alive" | "dead" | "unknown";
  readonly since: string;
}

interface WaitingSession {
  readonly guid: string;
  readonly connector: string;
  readonly state: string;
  readonly since: string;
}

interface QuietTask {
  readonly jobInstance: number;
  readonly task: string;
  /** Its last sign of progress. */
  readonly since: string;
}

interface BlockedInstance {
  readonly jobInstance: number;
  readonly job: string;
  readonly since: string;
}

/** The record of jobs as far as something may be left of runs that ended otherwise than they should. */
export interface RecordFacts {
  readonly running: readonly RunningInstance[];
  readonly locks: readonly HeldLock[];
  /** Sessions that no synchronization took yet. */
  readonly sessions: readonly WaitingSession[];
  readonly tasks: readonly QuietTask[];
  readonly blocked: readonly BlockedInstance[];
  /** The last transaction time given out; null before the first. */
  readonly clock: string | null;
}

type Row = Readonly<Record<string, unknown>>;

const text = (row: Row, name: string): string => String(row[name] ?? "");
const orNull = (row: Row, name: string): string | null => (row[name] === null || row[name] === undefined ? null : String(row[name]));

const runnerOf = (row: Row): { readonly runner: string; readonly life: RunningInstance["life"] } => {
  const identity = { host: text(row, "Host"), pid: Number(row.Pid), processStart: text(row, "ProcessStart") };
  return { runner: `process ${identity.pid} on ${identity.host}`, life: lifeOf(identity) };
};

/** Reads the tables of a database that is up to date. */
export const readRecordFacts = async (ask: Ask): Promise<RecordFacts> => {
  const instances = await ask(
    `SELECT Id AS Id, Job AS Job, State AS State, StartDate AS StartDate, EndDate AS EndDate, Host AS Host, Pid AS Pid, ProcessStart AS ProcessStart, LeaseUntil AS LeaseUntil
     FROM UJ_JobInstances WHERE State IN ('Waiting', 'InProgress', 'Blocked') ORDER BY Id`,
  );
  const locks = await ask(
    "SELECT Name AS Name, JobInstance AS JobInstance, Host AS Host, Pid AS Pid, ProcessStart AS ProcessStart, AcquiredAt AS AcquiredAt FROM UJ_Locks ORDER BY Name",
  );
  const sessions = await ask(
    "SELECT Guid AS Guid, Connector AS Connector, State AS State, ChangedAt AS ChangedAt FROM UJ_SynchronizationSessions WHERE State IN ('open', 'ready') ORDER BY Sequence",
  );
  const tasks = await ask(
    `SELECT JobInstance AS JobInstance, Task AS Task, StartDate AS StartDate, LastProgressUpdate AS LastProgressUpdate FROM UJ_TaskInstances WHERE State = 'InProgress' ORDER BY Id`,
  );
  const [clock] = await ask("SELECT Now AS LastNow FROM UM_Clock");
  return {
    running: instances
      .filter((row) => row.State !== "Blocked")
      .map((row) => ({
        jobInstance: Number(row.Id),
        job: text(row, "Job"),
        state: text(row, "State"),
        since: text(row, "StartDate"),
        leaseUntil: orNull(row, "LeaseUntil"),
        ...runnerOf(row),
      })),
    blocked: instances
      .filter((row) => row.State === "Blocked")
      .map((row) => ({ jobInstance: Number(row.Id), job: text(row, "Job"), since: orNull(row, "EndDate") ?? text(row, "StartDate") })),
    locks: locks.map((row) => ({
      lock: text(row, "Name"),
      jobInstance: Number(row.JobInstance),
      since: text(row, "AcquiredAt"),
      ...runnerOf(row),
    })),
    sessions: sessions.map((row) => ({
      guid: text(row, "Guid"),
      connector: text(row, "Connector"),
      state: text(row, "State"),
      since: text(row, "ChangedAt"),
    })),
    tasks: tasks.map((row) => ({
      jobInstance: Number(row.JobInstance),
      task: text(row, "Task"),
      since: orNull(row, "LastProgressUpdate") ?? text(row, "StartDate"),
    })),
    clock: clock === undefined ? null : orNull(clock, "LastNow"),
  };
};
