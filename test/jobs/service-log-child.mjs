// Writes numbered lines to the service's log and says each number on stdout afterwards, until it is killed. Uses the build. Argument: the settings.
import { writeSync } from "node:fs";
import { openServiceLog } from "../../dist/jobs/service-log.js";

const settings = JSON.parse(process.argv[2]);
const log = openServiceLog({ settings: () => settings, clock: { now: () => Date.parse("2026-11-21T12:00:00Z") } });
for (let number = 1; ; number++) {
  log.write("info", "a line", { number });
  writeSync(1, `${number}\n`);
}
