import { createHash } from "node:crypto";
import type { EventEmitter } from "node:events";
import type { BulkLoad, Request } from "tedious";
import { vi } from "vitest";
import { ServerConnection } from "../../../src/sqlserver/index.js";

type Value = string | number | boolean | null;

/** What the server answered to a statement: its rows, and how many it changed. */
export interface Answer {
  readonly rows: readonly (readonly Value[])[];
  readonly affected: number;
}

/** What is reached of the driver's requests and connections besides their documented members; its version is pinned exactly. */
interface OpenRequest extends EventEmitter {
  readonly sqlTextOrProcedure?: string;
  readonly parameters: readonly { readonly value: unknown }[];
  callback: (error: Error | null | undefined, affected?: number) => void;
}
type Done = (error: Error | null) => void;

/** The synchronization's own connections take as long as they need; knex's have a time limit. */
const isOurs = (connection: ServerConnection): boolean =>
  (connection as unknown as { readonly config: { readonly options: { readonly requestTimeout: number } } }).config.options
    .requestTimeout === 0;

const plain = (value: unknown): Value =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? value
    : value === null || value === undefined
      ? null
      : String(value);

/** Rows of a load as the server gets them; the first piece describes the columns, as the statement does, in words of the connection. */
const digestOf = (load: BulkLoad, pieces: readonly Buffer[]): string => {
  const hash = createHash("sha256");
  for (const piece of pieces.slice(1)) hash.update(piece);
  return `${load.getBulkInsertSql().trim()}\n-- rows: SHA-256 ${hash.digest("hex").slice(0, 16)}`;
};

/**
 * The driver at the edge of the synchronization on SQL Server: every statement that leaves it is noted. With `answers` no server is asked: each statement is answered
 * as a server once did, in the order of the recording. Without, a server answers, and what it says is noted too.
 */
export class RecordedDriver {
  readonly answers: Answer[] = [];
  readonly #given: readonly Answer[] | null;
  #statements: string[] = [];
  #next = 0;

  constructor(given: readonly Answer[] | null) {
    this.#given = given;
    this.#onRequests("execSql", "statement");
    this.#onRequests("execSqlBatch", "batch");
    for (const [name, text] of [
      ["beginTransaction", "BEGIN TRANSACTION"],
      ["commitTransaction", "COMMIT TRANSACTION"],
      ["rollbackTransaction", "ROLLBACK TRANSACTION"],
    ] as const) {
      this.#on(name, (connection, original, args) => {
        this.#statements.push(`-- transaction\n${text};`);
        if (this.#given === null) original.apply(connection, args);
        else setImmediate(() => (args[0] as Done)(null));
      });
    }
    this.#onLoads();
    this.#on("connect", (connection, original, args) => {
      if (this.#given === null) original.apply(connection, args);
      else setImmediate(() => (args[0] as (error?: Error) => void)());
    });
    this.#on("close", (connection, original, args) => {
      if (this.#given === null) original.apply(connection, args);
      else setImmediate(() => connection.emit("end"));
    });
  }

  /** What left since the last time. */
  take(): string {
    const taken = this.#statements.join("\n\n");
    this.#statements = [];
    return `${taken}\n`;
  }

  #answer(): Answer {
    const answer = this.#given?.[this.#next++];
    if (answer === undefined) throw new Error(`the recording has no answer to: ${this.#statements.at(-1)}`);
    return answer;
  }

  #on(
    name:
      | "execSql"
      | "execSqlBatch"
      | "execBulkLoad"
      | "beginTransaction"
      | "commitTransaction"
      | "rollbackTransaction"
      | "connect"
      | "close",
    instead: (connection: ServerConnection, original: (...args: unknown[]) => unknown, args: unknown[]) => void,
  ): void {
    const original = ServerConnection.prototype[name] as (...args: unknown[]) => unknown;
    vi.spyOn(ServerConnection.prototype, name).mockImplementation(function (this: ServerConnection, ...args: unknown[]) {
      if (isOurs(this)) instead(this, original, args);
      else original.apply(this, args);
    } as never);
  }

  #onRequests(name: "execSql" | "execSqlBatch", kind: "statement" | "batch"): void {
    this.#on(name, (connection, original, args) => {
      const request = args[0] as Request & OpenRequest;
      // The driver sends a load's own statement by itself.
      if (/^insert bulk /.test(String(request.sqlTextOrProcedure))) return void original.apply(connection, args);
      const text = String(request.sqlTextOrProcedure)
        .split("\n")
        .map((line) => line.trim())
        .join("\n");
      const values = request.parameters.map(({ value }) => JSON.stringify(plain(value)));
      this.#statements.push(`-- ${kind}${values.length === 0 ? "" : ` with ${values.join(", ")}`}\n${text};`);
      if (this.#given === null) {
        const rows: Value[][] = [];
        const { callback } = request;
        request.on("row", (columns: readonly { readonly value: unknown }[]) => rows.push(columns.map(({ value }) => plain(value))));
        request.callback = (error, affected) => {
          this.answers.push({ rows, affected: affected ?? 0 });
          callback.call(request, error, affected);
        };
        original.apply(connection, args);
        return;
      }
      const { rows, affected } = this.#answer();
      setImmediate(() => {
        for (const row of rows)
          request.emit(
            "row",
            row.map((value) => ({ value })),
          );
        request.callback(null, affected);
      });
    });
  }

  #onLoads(): void {
    this.#on("execBulkLoad", (connection, original, args) => {
      const [load, chunks] = args as [BulkLoad & OpenRequest, AsyncIterable<Buffer>];
      const place = this.#statements.push("") - 1;
      const pieces: Buffer[] = [];
      const seen = async function* (): AsyncGenerator<Buffer> {
        for await (const chunk of chunks) {
          pieces.push(Buffer.from(chunk));
          yield chunk;
        }
      };
      const note = (): void => {
        this.#statements[place] = `-- load\n${digestOf(load, pieces)};`;
      };
      if (this.#given === null) {
        const { callback } = load;
        load.callback = (error, affected) => {
          note();
          this.answers.push({ rows: [], affected: affected ?? 0 });
          callback.call(load, error, affected);
        };
        original.call(connection, load, seen());
        return;
      }
      const { affected } = this.#answer();
      void (async () => {
        for await (const _ of seen());
        note();
        load.callback(null, affected);
      })();
    });
  }
}
