import { createReadStream, existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { SluiceError } from "../../errors/index.js";
import type { Command } from "../command.js";
import { useStoreForReading } from "../repository.js";
import { formatTime, printable, type Style } from "../terminal/index.js";
import { readSettings } from "../workspace.js";
import { readingExitCodes } from "./exit-codes.js";

/** A line of a job's log as it is written. */
interface LogLine {
  readonly level: string;
  readonly time: string;
  readonly msg: string;
  readonly task?: string;
  readonly [detail: string]: unknown;
}

/** `sluice logs`, design §4. The JSON document is `{"format":1,"jobInstance":12,"lines":[…]}` with the lines as they stand in the file. */
export const logs: Command = {
  definition: {
    name: "logs",
    description: ["Prints the log of a job instance, Temp/JobLogs/<Job>_<instance>.log, in full or that of one task."],
    arguments: [{ name: "N", help: "the number of the job instance" }],
    options: [{ name: "task", value: "ID", help: "only lines of this task" }],
    formats: ["text", "json"],
    exitCodes: readingExitCodes,
    example: { command: "sluice logs 12 --task AD_Synchronization", says: "what that task logged in instance 12" },
  },
  run: async (invocation) => {
    const { arguments: given, out, style } = invocation;
    const id = given.instance("N");
    const task = given.value("task");
    const configuration = await readSettings(invocation);
    const instance = await useStoreForReading(invocation, configuration, async (store) => {
      const tasks = task === null ? [] : ((await store?.records.tasks(id)) ?? []).map((each) => each.task);
      if (task !== null && tasks.length > 0 && !tasks.includes(task)) {
        throw new SluiceError("CMD_LOG_TASK_UNKNOWN", { instance: id, task, tasks: [...new Set(tasks)] });
      }
      return (await store?.records.find(id)) ?? null;
    });
    if (instance === null) throw new SluiceError("JOB_INSTANCE_UNKNOWN", { jobInstance: id });
    const { jobLogPath } = await import("../../jobs/index.js");
    const path = jobLogPath(configuration, instance.job, id);
    if (!existsSync(path)) throw new SluiceError("CMD_LOG_MISSING", { instance: id, path });
    if (given.isJson) await out.write(`${JSON.stringify({ format: 1, jobInstance: id }).slice(0, -1)},"lines":[`);
    let separator = "";
    for await (const text of createInterface({ input: createReadStream(path), crlfDelay: Number.POSITIVE_INFINITY })) {
      if (out.isClosed) return 0;
      const line = parsed(text);
      if (line === null || (task !== null && !isOf(line, task))) continue;
      await out.write(given.isJson ? `${separator}${text}` : `${humanLine(line, style)}\n`);
      separator = ",\n";
    }
    if (given.isJson) await out.write("]}\n");
    return 0;
  },
};

/** null for a line that a dying process left unfinished. */
const parsed = (text: string): LogLine | null => {
  try {
    const value = JSON.parse(text) as LogLine | null;
    const isLine = typeof value === "object" && value !== null && [value.time, value.msg].every((member) => typeof member === "string");
    return isLine ? value : null;
  } catch {
    return null;
  }
};

/** A task's own lines name it; those of the runner about it begin with its key. */
const isOf = (line: LogLine, task: string): boolean =>
  line.task === task || (line.msg.startsWith(task) && /^[ :]/.test(line.msg.slice(task.length)));

/** Members that every line has, or that stand at their own place in the human form. */
const framing: ReadonlySet<string> = new Set(["level", "time", "msg", "task", "pid", "hostname"]);

const humanLine = (line: LogLine, style: Style): string => {
  const level = String(line.level).padEnd(5);
  const painted =
    line.level === "error" || line.level === "fatal" ? style.bad(level) : line.level === "warn" ? style.warning(level) : style.dim(level);
  const details = Object.entries(line).filter(([name]) => !framing.has(name));
  const rest = details.map(([name, value]) => `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`).join(" ");
  const task = line.task === undefined ? "" : `${style.bold(printable(line.task))}: `;
  return `${formatTime(line.time)} ${painted} ${task}${printable(line.msg)}${rest === "" ? "" : ` ${style.dim(printable(rest))}`}`;
};
