// Interrupts jobs at each of their writes and takes them up again: npm run faults -- [--scenario NAME] [--act ACT] [--at N --phase PHASE] [--every K --offset N]
// [--seconds S] [--processes N]. Ends with 1 when anything differs from the undisturbed run.
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { scenarios } from "./scenarios.mjs";
import { closeScenario, openScenario, tryPoint } from "./try-point.mjs";

const { values } = parseArgs({
  options: {
    scenario: { type: "string", multiple: true },
    act: { type: "string", multiple: true },
    at: { type: "string" },
    phase: { type: "string" },
    every: { type: "string", default: "1" },
    offset: { type: "string", default: "0" },
    seconds: { type: "string" },
    processes: { type: "string" },
  },
});

/** A day (ms): so far the clock steps back. */
const dayMs = 86_400_000;
const every = Number(values.every);
const offset = Number(values.offset);
const until = values.seconds === undefined ? Number.POSITIVE_INFINITY : Date.now() + Number(values.seconds) * 1000;
const processes = Number(values.processes ?? availableParallelism());

/** How a scenario is disturbed, and at which of its writes. `of`: only in these scenarios; the others say nothing more. */
const acts = [
  { act: "kill", phases: ["before", "torn", "after"] },
  { act: "ENOSPC", phases: ["before"], of: ["initialization", "complete", "resume", "incremental"] },
  { act: "EACCES", phases: ["before"], of: ["complete"] },
  { act: "touch", phases: ["before"], of: ["complete"], file: "sources/people.csv" },
  { act: "clock", phases: ["before"], of: ["complete", "resume"], backMs: dayMs },
  { act: "stop", phases: ["before"], of: ["complete"], step: 5 },
];

/** In the middle of a write to a file; after what makes something final. After any other write stands the same on the disk as before the next one. */
const isPoint = (line, phase, isLast) => {
  if (phase === "torn") return line.startsWith("writeSync ");
  return phase === "before" || isLast || /^(rename|link|copyFile|unlink|rm|rmdir)(Sync)? |^sql COMMIT/.test(line);
};

const faultsOf = ({ scenario, trace }) =>
  acts
    .filter(({ act, of }) => (values.act === undefined || values.act.includes(act)) && (of === undefined || of.includes(scenario.name)))
    .flatMap(({ act, phases, of: _, step = 1, ...more }) =>
      trace.flatMap((line, index) =>
        index % step === 0
          ? phases
              .filter((phase) => isPoint(line, phase, index === trace.length - 1))
              .map((phase) => ({ act, at: index + 1, phase, ...more }))
          : [],
      ),
    )
    .filter(
      ({ at, phase }) => (values.at === undefined || at === Number(values.at)) && (values.phase === undefined || phase === values.phase),
    )
    .filter((_, n) => n % every === offset % every);

const chosen = scenarios.filter(({ name }) => values.scenario === undefined || values.scenario.includes(name));
let tried = 0;
let failed = 0;
let left = 0;

for (const [index, scenario] of chosen.entries()) {
  const opened = await openScenario(scenario);
  const since = Date.now();
  // What time there is goes to all scenarios alike.
  const end = since + Math.max(0, until - since) / (chosen.length - index);
  const faults = faultsOf(opened);
  const first = offset % Math.max(1, faults.length);
  const queue = [...faults.slice(first), ...faults.slice(0, first)];
  let failedHere = 0;
  const work = async () => {
    for (let fault = queue.shift(); fault !== undefined; fault = queue.shift()) {
      if (Date.now() > end) {
        left += 1 + queue.length;
        queue.length = 0;
        return;
      }
      const { wrong, point } = await tryPoint(opened, fault);
      tried++;
      if (wrong.length === 0) continue;
      failedHere++;
      const { act, at, phase } = fault;
      const again = `npm run faults -- --scenario ${scenario.name} --act ${act} --at ${at} --phase ${phase}`;
      console.log([`${scenario.name}: ${act} ${phase} write ${at}: ${point}`, ...wrong, `again: ${again}`].join("\n    "));
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  closeScenario(opened);
  failed += failedHere;
  console.log(
    `${scenario.name}: ${opened.trace.length} writes, ${faults.length} interruptions, ${failedHere} failed, ${Math.round((Date.now() - since) / 1000)} s`,
  );
}
console.log(`${tried} interruptions, ${failed} failed${left === 0 ? "" : `, ${left} left for want of time`}`);
process.exitCode = failed === 0 ? 0 : 1;
