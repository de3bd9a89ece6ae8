import { afterAll } from "vitest";
import { type Clock, systemTiming, type TaskInstanceId } from "../../../src/model/index.js";
import { mssqlTarget } from "../../../src/store/mssql/connection-string.js";
import { Database as MssqlDatabase } from "../../../src/store/mssql/synchronization/database.js";
import { createMssqlSynchronization } from "../../../src/store/mssql/synchronization/index.js";
import { applyPlan as applyPlanOnMssql } from "../../../src/store/mssql/synchronization/planned-changes.js";
import { rehearse as rehearseOnMssql } from "../../../src/store/mssql/synchronization/rehearse.js";
import { resumeStaged as resumeOnMssql } from "../../../src/store/mssql/synchronization/resume.js";
import { stagedSetHash as setHashOnMssql } from "../../../src/store/mssql/synchronization/set-hash.js";
import { synchronize as synchronizeOnMssql } from "../../../src/store/mssql/synchronization/synchronize.js";
import { undo as undoOnMssql } from "../../../src/store/mssql/synchronization/undo.js";
import { openConnection } from "../../../src/store/sqlite/connection.js";
import { Database as SqliteDatabase } from "../../../src/store/sqlite/synchronization/database.js";
import { createSqliteSynchronization } from "../../../src/store/sqlite/synchronization/index.js";
import { applyPlan as applyPlanOnSqlite } from "../../../src/store/sqlite/synchronization/planned-changes.js";
import { rehearse as rehearseOnSqlite } from "../../../src/store/sqlite/synchronization/rehearsal.js";
import { resumeStaged as resumeOnSqlite } from "../../../src/store/sqlite/synchronization/resume.js";
import { stagedSetHash as setHashOnSqlite } from "../../../src/store/sqlite/synchronization/set-hash.js";
import { synchronize as synchronizeOnSqlite } from "../../../src/store/sqlite/synchronization/synchronize.js";
import { undo as undoOnSqlite } from "../../../src/store/sqlite/synchronization/undo.js";
import type {
  ApplyPlanRequest,
  RehearsedSession,
  RehearseRequest,
  ResumeRequest,
  SynchronizationStore,
  SynchronizeOutcome,
  SynchronizeRequest,
  UndoRequest,
} from "../../../src/store/synchronization.js";
import type { TestDatabase } from "../../database.js";

/** What a synchronization is handed by whoever runs it, but its connection. */
export interface EngineTools {
  readonly clock: Clock;
  readonly checkStop: (step: string) => void;
  readonly onProgress: () => void;
}

/** The synchronization of a database without the thread around it, so that tests hold its clock and its stop. */
export interface Engine {
  synchronize(tools: EngineTools, request: SynchronizeRequest): Promise<SynchronizeOutcome>;
  resume(tools: EngineTools, request: ResumeRequest): Promise<SynchronizeOutcome>;
  rehearse(tools: EngineTools, requests: readonly RehearseRequest[]): Promise<readonly RehearsedSession[]>;
  applyPlan(tools: EngineTools, request: ApplyPlanRequest): Promise<SynchronizeOutcome>;
  undo(tools: EngineTools, request: UndoRequest): Promise<SynchronizeOutcome>;
  setHash(task: TaskInstanceId): Promise<string>;
  readonly drop: SynchronizationStore["drop"];
  close(): Promise<void>;
}

/**
 * Connections to databases on the server that no engine uses now. Tests share them, one after the other: what a new one costs (temporary tables, first plans) would be
 * paid for each of a hundred worlds.
 */
const idle = new Map<string, MssqlDatabase>();
afterAll(async () => {
  for (const db of idle.values()) await db.close();
});

const connect = async (connectionString: string): Promise<MssqlDatabase> => {
  const known = idle.get(connectionString);
  idle.delete(connectionString);
  // A test may have broken it.
  if (
    known !== undefined &&
    (await known.batch("SELECT 1 AS One").then(
      () => true,
      () => false,
    ))
  )
    return known;
  // A test's own look for a stop counts; one that the clock drives would make the count depend on the machine's speed.
  return MssqlDatabase.open(mssqlTarget(connectionString), { checkStop: () => undefined, onBusy: () => undefined });
};

/** An engine on a test's database, for one world. */
export const openEngine = async ({ setting }: TestDatabase): Promise<Engine> => {
  if (setting.kind === "sqlite") {
    const connection = openConnection(setting.path);
    const db = new SqliteDatabase(connection);
    return {
      synchronize: async (tools, request) => synchronizeOnSqlite({ db, ...tools }, request),
      resume: async (tools, request) => resumeOnSqlite({ db, ...tools }, request),
      rehearse: async (tools, requests) => rehearseOnSqlite({ db, ...tools }, requests),
      applyPlan: async (tools, request) => applyPlanOnSqlite({ db, ...tools }, request),
      undo: async (tools, request) => undoOnSqlite({ db, ...tools }, request),
      setHash: async (task) => setHashOnSqlite(db, task),
      drop: createSqliteSynchronization(setting.path, systemTiming).drop,
      close: async () => connection.close(),
    };
  }
  const { connectionString } = setting;
  const within = async <T>(work: (db: MssqlDatabase) => Promise<T>): Promise<T> => {
    const db = await connect(connectionString);
    try {
      return await work(db);
    } finally {
      idle.set(connectionString, db);
    }
  };
  return {
    synchronize: (tools, request) => within((db) => synchronizeOnMssql({ db, ...tools }, request)),
    resume: (tools, request) => within((db) => resumeOnMssql({ db, ...tools }, request)),
    rehearse: (tools, requests) => within((db) => rehearseOnMssql({ db, ...tools }, requests)),
    applyPlan: (tools, request) => within((db) => applyPlanOnMssql({ db, ...tools }, request)),
    undo: (tools, request) => within((db) => undoOnMssql({ db, ...tools }, request)),
    setHash: (task) => within((db) => setHashOnMssql(db, task)),
    drop: createMssqlSynchronization(connectionString, systemTiming).drop,
    close: async () => undefined,
  };
};
