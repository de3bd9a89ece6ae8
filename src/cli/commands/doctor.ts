import { resolve } from "node:path";
import type { Command, Invocation } from "../command.js";
import { type DoctorFinding, examine, type Level } from "../doctor/index.js";
import { hintedCommand } from "../hint.js";
import { formatNoun, padTo, printable, widthOf, wrap } from "../terminal/index.js";
import { readWorkspace } from "../workspace.js";
import { fault } from "./exit-codes.js";

/**
 * `sluice doctor`, design §4. With `--json` one document:
 *
 *     {"format":1,"healthy":false,"errors":1,"warnings":2,
 *      "findings":[{"check":"database.isolation","level":"warning","saw":"…","todo":"…"}]}     todo: null where level is "ok"
 */
export const doctor: Command = {
  definition: {
    name: "doctor",
    description: [
      "Looks at all that a run needs: configuration, sources, folders, disk, database, permissions, isolation, clock, and what may be left of runs that died. Each finding says what was seen and what to do.",
      "It changes nothing, and answers whatever is broken. It asks the database and opens the sources, which validate does not.",
    ],
    arguments: [],
    options: [],
    formats: ["text", "json"],
    exitCodes: [[0, "no error; there may be warnings"], [1, "at least one error"], [64, "wrong arguments"], fault],
    example: { command: "sluice doctor --workspace examples", says: "one line for each thing that was looked at" },
  },
  run: async (invocation) => {
    const { arguments: given, out, env, clock } = invocation;
    const findings = await examine({
      loaded: await readWorkspace(invocation),
      workspace: resolve(invocation.workspace),
      now: () => clock.now(),
      nodeVersion: process.versions.node,
      env,
      timeZone: (await import("../../jobs/index.js")).localTimeZone(),
      hint: (command) => hintedCommand(invocation, command),
    });
    const count = (level: Level): number => findings.filter((finding) => finding.level === level).length;
    const [errors, warnings] = [count("error"), count("warning")];
    if (given.isJson) {
      await out.write(`${JSON.stringify({ format: 1, healthy: errors === 0, errors, warnings, findings })}\n`);
    } else {
      await out.lines([
        ...findings.flatMap((finding) => linesOf(finding, invocation, findings)),
        "",
        summary(invocation, errors, warnings),
      ]);
    }
    return errors === 0 ? 0 : 1;
  },
};

/** Text is no wider than this even on a wide terminal: longer lines read badly. */
const readable = 120;

const marks: Readonly<Record<Level, string>> = { ok: "ok", warning: "warning", error: "error" };

/** Level, check, and what was seen; below it what to do. Wrapped on a terminal only: lines of a pipe are for other programs. */
const linesOf = ({ check, level, saw, todo }: DoctorFinding, { out, style }: Invocation, all: readonly DoctorFinding[]): string[] => {
  const paint = level === "ok" ? style.good : level === "warning" ? style.warning : style.bad;
  const first = Math.max(...all.map((finding) => widthOf(finding.check)));
  const indent = "warning".length + first + 4;
  const width = out.columns === undefined ? Number.POSITIVE_INFINITY : Math.max(readable / 3, Math.min(out.columns, readable) - indent);
  const wrapped = (text: string): string[] => (Number.isFinite(width) ? wrap(text, width) : [text]);
  const [head = "", ...rest] = wrapped(printable(saw));
  const advice = todo === null ? [] : wrapped(`→ ${printable(todo)}`);
  return [
    `${paint(padTo(marks[level], "warning".length))}  ${padTo(printable(check), first)}  ${head}`,
    ...[...rest, ...advice].map((line) => `${" ".repeat(indent)}${line}`),
  ];
};

const summary = ({ style }: Invocation, errors: number, warnings: number): string => {
  const text = `${errors === 0 ? "no errors" : formatNoun(errors, "error")}, ${warnings === 0 ? "no warnings" : formatNoun(warnings, "warning")}`;
  return errors > 0 ? style.bad(text) : warnings > 0 ? style.warning(text) : style.good(text);
};
