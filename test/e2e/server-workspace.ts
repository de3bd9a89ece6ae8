import { expect } from "vitest";
import { mssqlTarget } from "../../src/store/mssql/connection-string.js";
import { testServer } from "../database.js";
import type { Act, ChildRun } from "./child.js";
import type { Failure, RunDocument } from "./document.js";
import { ServerLine } from "./server-line.js";
import type { E2eWorkspace } from "./workspace.js";

/** What the test server says instead of SQL Server's 229. */
const unnumbered = 33_557_097;
export const permissionDenied = { from: unnumbered, text: /^permission denied|must be owner/, to: 229 };

const password = (/(?:Password|PWD)\s*=\s*([^;]+)/i.exec(testServer ?? "")?.[1] ?? "no password").trim();

/** No person sees where in the program something happened, or a secret. */
export const expectPlain = (text: string): void => {
  expect(text).not.toContain(password);
  expect(text).not.toMatch(/\n\s+at |node_modules|\.js:\d|TASK_FAULT|CMD_FAULT|\[object /);
};

/** A workspace whose database is reached through a line that the test disturbs. */
export class DisturbedWorkspace {
  readonly workspace: E2eWorkspace;
  readonly line: ServerLine;
  /** What leads a process through the line. */
  readonly environment: Readonly<Record<string, string>>;

  private constructor(workspace: E2eWorkspace, line: ServerLine, connectionString: string) {
    this.workspace = workspace;
    this.line = line;
    this.environment = { SLUICE__ConnectionString: connectionString };
  }

  static async of(workspace: E2eWorkspace, more = ""): Promise<DisturbedWorkspace> {
    const { ConnectionString: direct } = JSON.parse(workspace.read("appsettings.json")) as { ConnectionString: string };
    const { server, options } = mssqlTarget(direct).configuration;
    const line = new ServerLine(server, options?.port ?? 1433);
    const port = await line.listen();
    return new DisturbedWorkspace(workspace, line, `${direct};Server=127.0.0.1,${port};Encrypt=false;${more}`);
  }

  /** The program inside this process. */
  async call(...argv: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
    const answer = await this.workspace.call(argv, { env: this.environment });
    expectPlain(answer.out);
    expectPlain(answer.err);
    return answer;
  }

  /** A run, resume or status of an instance: its document. */
  async document(...argv: string[]): Promise<{ readonly code: number; readonly document: RunDocument }> {
    const { code, out } = await this.call(...argv, "--json");
    return { code, document: JSON.parse(out) as RunDocument };
  }

  /** What does not start: the one document, and the sentence that a person reads instead. */
  async failure(...argv: string[]): Promise<{ readonly code: number; readonly error: Failure["error"] }> {
    const person = await this.call(...argv);
    const { code, out } = await this.call(...argv, "--json");
    const { error } = JSON.parse(out) as Failure;
    expect(person.code).toBe(code);
    expect(person.err).toContain(`error ${error.code}: ${error.message}\n`);
    return { code, error };
  }

  child(argv: readonly string[], acts: readonly Act[] = []): ChildRun {
    return this.workspace.child(argv, { env: this.environment, acts });
  }
}
