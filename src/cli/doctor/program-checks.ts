import type { Job } from "../../config/index.js";
import { formatNoun } from "../terminal/index.js";
import { bad, type DoctorFinding, ok, warning } from "./doctor-finding.js";

/** The oldest Node that Sluice runs on, as `package.json` says. */
const oldest = [20, 19] as const;
/** Last day with security fixes of the versions that Sluice runs on, by the release plan of Node. */
const endOfLife: Readonly<Record<number, string>> = { 20: "2026-04-30", 22: "2027-04-30", 24: "2028-04-30" };

/** Takes `process.versions.node` and the time now (ms). */
export const nodeFinding = (version: string, now: number): DoctorFinding => {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    return bad("program.node", `Node ${version} is older than ${oldest.join(".")}`, "install a newer one");
  }
  const end = endOfLife[major];
  if (end !== undefined && now > Date.parse(`${end}T23:59:59Z`)) {
    return warning(
      "program.node",
      `Node ${version} gets no security fixes since ${end}`,
      "install a version that does; Sluice runs on every one from 20.19 on",
    );
  }
  return ok("program.node", `Node ${version}`);
};

/** Takes the variable TZ, the zone that the process uses, and the jobs whose schedule follows it. */
export const timeZoneFinding = (given: string | undefined, zone: string, now: number, jobs: readonly Job[]): DoctorFinding => {
  const wanted = (given ?? "").replace(/^:/, "");
  if (wanted !== "" && !isZone(wanted)) {
    return warning(
      "program.timeZone",
      `TZ is '${wanted}', which is no time zone here; ${zone} is used`,
      "name one such as Europe/Paris, or UTC",
    );
  }
  const followers = jobs.filter(({ cron, cronTimeZone }) => cron !== null && cronTimeZone === "ServerTime").length;
  const offset = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(now);
  const text = offset.find(({ type }) => type === "timeZoneName")?.value ?? "";
  return ok(
    "program.timeZone",
    `${zone}${text === "" || zone === "UTC" ? "" : `, now ${text}`}; the schedule of ${formatNoun(followers, "job")} follows it`,
  );
};

const isZone = (name: string): boolean => {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
};
