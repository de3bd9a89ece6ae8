import { readdirSync, readFileSync, statSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadSnapshot, loadWorkspace } from "../../../src/config/index.js";
import { SluiceError } from "../../../src/errors/index.js";
import { type ConfigurationSource, openConfigurationSource, readCurrent, snapshotFolder } from "../../../src/jobs/index.js";
import { DropFolder, HandClock, jobFile, model } from "./dropping.js";

interface Opened {
  readonly drop: DropFolder;
  readonly clock: HandClock;
  readonly source: ConfigurationSource;
}

const open = async (drop = new DropFolder(), env: Record<string, string> = {}, clock = new HandClock()): Promise<Opened> => ({
  drop,
  clock,
  source: await openConfigurationSource({ workspace: drop.folder, env, timing: clock }),
});

const jobs = ({ inForce }: ConfigurationSource): readonly string[] => [...inForce.configuration.jobs.keys()].sort();
const cron = ({ inForce }: ConfigurationSource, job = "Job_HR"): string | null => inForce.configuration.jobs.get(job)?.cron ?? null;
const broken = jobFile("Job_HR", "0 4 * *");

describe("a dropped configuration", () => {
  test("takes over when two looks in a row found the files the same", async () => {
    const { drop, clock, source } = await open();
    const before = source.inForce;
    expect(before.since).toBe("2026-11-21T09:00:00.000Z");
    expect(await source.look()).toBe("same");
    drop.drop("jobs/ad.xml", jobFile("Job_AD", "0 5 * * *"));
    clock.pass(10);
    expect(await source.look()).toBe("same");
    expect(source.inForce).toBe(before);
    expect(await source.look()).toBe("changed");
    expect(jobs(source)).toEqual(["Job_AD", "Job_HR"]);
    expect(source.inForce.since).toBe("2026-11-21T09:00:10.000Z");
    expect(source.refused).toBeNull();
    expect(await source.look()).toBe("same");
    // Who holds the former one keeps it.
    expect([...before.configuration.jobs.keys()]).toEqual(["Job_HR"]);
  });

  test("is not read while it is being copied", async () => {
    const { drop, source } = await open();
    const text = jobFile("Job_HR", "0 4 * * *");
    const answers: string[] = [];
    for (let length = 1; length < text.length; length += 40) {
      drop.drop("jobs/hr.xml", text.slice(0, length));
      answers.push(await source.look());
    }
    expect(new Set(answers)).toEqual(new Set(["same"]));
    drop.drop("jobs/hr.xml", text);
    expect([await source.look(), await source.look()]).toEqual(["same", "changed"]);
    expect(cron(source)).toBe("0 4 * * *");
    expect(drop.notes).toEqual([]);
  });

  test("loses the jobs of a file that was removed", async () => {
    const { drop, source } = await open();
    drop.remove("jobs/hr.xml");
    expect([await source.look(), await source.look()]).toEqual(["same", "changed"]);
    expect(jobs(source)).toEqual([]);
  });

  test("says nothing of a file that was written again with the same text", async () => {
    const { drop, source } = await open();
    const before = source.inForce;
    drop.touch("jobs/hr.xml", new Date("2026-11-20T00:00:00Z"));
    expect([await source.look(), await source.look(), await source.look()]).toEqual(["same", "same", "same"]);
    expect(source.inForce).toBe(before);
  });

  test("takes settings, secrets among them, that change no hash", async () => {
    const { drop, source } = await open();
    const { hash } = source.inForce.configuration;
    drop.drop("appsettings.agent.json", drop.read("appsettings.agent.json").replace("first-secret", "second-secret"));
    drop.drop("appsettings.json", JSON.stringify({ Scheduler: { MissedRuns: "All" } }));
    expect([await source.look(), await source.look()]).toEqual(["same", "changed"]);
    const { configuration } = source.inForce;
    expect(configuration.hash).toBe(hash);
    expect(configuration.settings.scheduler.missedRuns).toBe("All");
    expect(configuration.settings.connections.get("people")?.Password).toBe("second-secret");
  });

  test("takes a secret that was mounted anew", async () => {
    const drop = new DropFolder();
    drop.drop("secrets/password.txt", "one-secret\n");
    const { source } = await open(drop, { SLUICE__Connections__People__Password__FILE: "secrets/password.txt" });
    expect(source.inForce.configuration.settings.connections.get("people")?.Password).toBe("one-secret");
    drop.drop("secrets/password.txt", "two-secret\n");
    expect([await source.look(), await source.look()]).toEqual(["same", "changed"]);
    expect(source.inForce.configuration.settings.connections.get("people")?.Password).toBe("two-secret");
  });
});

describe("an invalid one", () => {
  test("is refused with its findings, and the one in force goes on until it is mended", async () => {
    const { drop, clock, source } = await open();
    const before = source.inForce;
    drop.drop("jobs/hr.xml", broken);
    clock.pass(60);
    expect([await source.look(), await source.look(), await source.look()]).toEqual(["same", "refused", "same"]);
    expect(source.inForce).toBe(before);
    expect(source.refused?.at).toBe("2026-11-21T09:01:00.000Z");
    expect(source.refused?.findings.filter(({ severity }) => severity === "error").map(({ code, file }) => [code, file])).toEqual([
      ["CFG_VALUE", "jobs/hr.xml"],
    ]);
    expect(drop.notes).toEqual(["jobs/hr.xml.refused.txt"]);
    const note = drop.read("jobs/hr.xml.refused.txt");
    expect(note).toContain("Refused at 2026-11-21T09:01:00.000Z: the configuration of 2026-11-21T09:00:00.000Z stays in force.");
    expect(note).toMatch(/^jobs\/hr\.xml:2:\d+: error CFG_VALUE: /m);
    drop.drop("jobs/hr.xml", jobFile("Job_HR", "0 4 * * *"));
    expect([await source.look(), await source.look()]).toEqual(["same", "changed"]);
    expect(source.refused).toBeNull();
    expect(drop.notes).toEqual([]);
    expect(cron(source)).toBe("0 4 * * *");
  });

  test("that goes back to what is in force is no longer refused", async () => {
    const { drop, clock, source } = await open();
    const { since } = source.inForce;
    const text = drop.read("jobs/hr.xml");
    drop.drop("jobs/hr.xml", "<ConfigurationFile>");
    expect([await source.look(), await source.look()]).toEqual(["same", "refused"]);
    drop.drop("jobs/hr.xml", text);
    clock.pass(60);
    expect([await source.look(), await source.look()]).toEqual(["same", "changed"]);
    expect(source.refused).toBeNull();
    expect(source.inForce.since).toBe(since);
    expect(drop.notes).toEqual([]);
  });

  test("has a note beside the dropped file where the errors lie in others", async () => {
    const { drop, source } = await open();
    drop.drop("model.xml", model.replace('<Connector Identifier="HR"', '<Connector Identifier="People_HR"'));
    expect([await source.look(), await source.look()]).toEqual(["same", "refused"]);
    expect(drop.notes).toEqual(["jobs/hr.xml.refused.txt", "model.xml.refused.txt"]);
    expect(drop.read("jobs/hr.xml.refused.txt")).toContain("CFG_REFERENCE");
    drop.remove("model.xml");
    expect([await source.look(), await source.look()]).toEqual(["same", "refused"]);
    expect(drop.read("model.xml.refused.txt")).toContain("Errors in other files:\njobs/hr.xml:3:");
  });

  test("counts a task graph that cannot run as invalid, as validate does", async () => {
    const { drop, source } = await open();
    const task = (id: string, parent: string) =>
      `<SynchronizeTask Identifier="${id}" Connector="HR" DisplayName_L1="S"><TaskDependsOnTask ParentTask="${parent}"/></SynchronizeTask>`;
    drop.drop(
      "jobs/loop.xml",
      `<ConfigurationFile><Job Identifier="Loop" DisplayName_L1="L">${task("A", "B")}${task("B", "A")}</Job></ConfigurationFile>`,
    );
    expect([await source.look(), await source.look()]).toEqual(["same", "refused"]);
    expect(source.refused?.findings.map(({ code }) => code)).toContain("JOB_GRAPH_CYCLE");
    expect(drop.notes).toEqual(["jobs/loop.xml.refused.txt"]);
  });

  test("of settings has its note beside them, and no secret in it", async () => {
    const { drop, source } = await open();
    drop.drop("appsettings.agent.json", '{"Connections":{"People":{"Path":["first-secret"],"Password":"third-secret","Encoding":7}}');
    expect([await source.look(), await source.look()]).toEqual(["same", "refused"]);
    expect(drop.notes).toEqual(["appsettings.agent.json.refused.txt"]);
    expect(drop.read("appsettings.agent.json.refused.txt")).not.toMatch(/-secret/);
  });

  test("that names another database, Work folder or port waits for a restart", async () => {
    const { drop, source } = await open();
    for (const [key, value] of [
      ["ConnectionString", "sqlite:other.db"],
      ["Service.Port", 19_464],
      ["WorkFolderPath", "Elsewhere"],
    ] as const) {
      const [group = "", name] = key.split(".");
      drop.drop("appsettings.json", JSON.stringify(name === undefined ? { [key]: value } : { [group]: { [name]: value } }));
      expect([await source.look(), await source.look()]).toEqual(["same", "refused"]);
      expect(source.refused?.findings.find(({ code }) => code === "CFG_RESTART_NEEDED")?.message).toContain(key);
    }
    expect(drop.notes).toEqual(["appsettings.json.refused.txt"]);
    const again = await open(drop);
    expect(again.source.refused).toBeNull();
    expect(again.source.inForce.configuration.settings.workFolder).toBe(drop.path("Elsewhere"));
  });

  test("refuses what cannot be kept, and tries again after a minute", async () => {
    const { drop, clock, source } = await open();
    const before = source.inForce;
    drop.remove("Work/Configurations");
    drop.drop("Work/Configurations", "in the way");
    drop.drop("jobs/hr.xml", jobFile("Job_HR", "0 4 * * *"));
    expect([await source.look(), await source.look(), await source.look()]).toEqual(["same", "refused", "same"]);
    expect(source.inForce).toBe(before);
    expect(source.refused?.findings.map(({ code, severity }) => `${severity} ${code}`)).toContain("error SRC_WRITE_FAILED");
    drop.remove("Work/Configurations");
    expect(await source.look()).toBe("same");
    clock.pass(61);
    expect(await source.look()).toBe("changed");
    expect(source.refused).toBeNull();
    expect(cron(source)).toBe("0 4 * * *");
  });

  test("is what an absent workspace is, and the service goes on", async () => {
    const { drop, source } = await open();
    const before = source.inForce;
    drop.remove(".");
    expect([await source.look(), await source.look()]).toEqual(["refused", "same"]);
    expect(source.inForce).toBe(before);
  });
});

describe("a restart", () => {
  test("goes on with the last good configuration while the files are invalid", async () => {
    const first = await open();
    const { drop, clock } = first;
    drop.drop("jobs/other.xml", jobFile("Job_Other", "0 6 * * *"));
    clock.pass(10);
    expect([await first.source.look(), await first.source.look()]).toEqual(["same", "changed"]);
    drop.drop("jobs/hr.xml", broken);
    clock.pass(100);
    const { source } = await open(drop, {}, clock);
    expect(source.inForce.configuration).toEqual(first.source.inForce.configuration);
    expect(source.inForce.since).toBe("2026-11-21T09:00:10.000Z");
    expect(source.refused?.findings.map(({ code }) => code)).toContain("CFG_VALUE");
    expect(drop.notes).toEqual(["jobs/hr.xml.refused.txt"]);
    expect(await source.look()).toBe("same");
    drop.drop("jobs/hr.xml", jobFile("Job_HR", "0 4 * * *"));
    expect([await source.look(), await source.look()]).toEqual(["same", "changed"]);
    expect(drop.notes).toEqual([]);
  });

  test("keeps since when the configuration is in force, and takes notes away that no longer hold", async () => {
    const first = await open();
    const { drop, clock } = first;
    const text = drop.read("jobs/hr.xml");
    drop.drop("jobs/hr.xml", broken);
    expect([await first.source.look(), await first.source.look()]).toEqual(["same", "refused"]);
    drop.drop("jobs/hr.xml", text);
    clock.pass(100);
    const { source } = await open(drop, {}, clock);
    expect(source.inForce.since).toBe("2026-11-21T09:00:00.000Z");
    expect(drop.notes).toEqual([]);
  });

  test("ends with a sentence where there is neither a valid nor a last good one", async () => {
    const drop = new DropFolder();
    drop.drop("jobs/hr.xml", broken);
    const failed = await open(drop).then(
      () => null,
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(SluiceError);
    expect(String(failed)).toMatch(/the configuration has an error .*no earlier configuration was kept/);
    drop.remove(".");
    await expect(open(drop)).rejects.toMatchObject({ code: "CFG_NONE_IN_FORCE", exit: 64 });
  });

  test("does not log in without the password that the broken settings held", async () => {
    const { drop } = await open();
    drop.drop("appsettings.agent.json", "{");
    await expect(open(drop)).rejects.toThrow(/needs Connections\.People\.Password/);
    const { source } = await open(drop, { SLUICE__Connections__People__Password: "from the environment" });
    expect(source.inForce.configuration.settings.connections.get("people")).toEqual({
      Path: "sources/people.csv",
      Password: "from the environment",
    });
  });
});

describe("what is kept", () => {
  test("is the configuration without secrets, for its owner only", async () => {
    const { drop, source } = await open();
    const { hash } = source.inForce.configuration;
    expect(drop.kept).toEqual([hash, "current"].sort());
    expect(readCurrent(drop.path("Work"))).toEqual({ hash, since: source.inForce.since });
    const folder = snapshotFolder(drop.path("Work"), hash);
    const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => /\./.test(file));
    expect(files.sort()).toEqual(["appsettings.json", "jobs/hr.xml", "model.xml"]);
    for (const file of files) {
      expect(readFileSync(`${folder}/${file}`, "utf8")).not.toContain("first-secret");
      // Windows has no such permissions: there the folder's own count.
      if (process.platform !== "win32") expect(statSync(`${folder}/${file}`).mode & 0o077).toBe(0);
    }
    const loaded = loadSnapshot(folder, { workspace: drop.folder, env: {} });
    expect(loaded.configuration).toEqual(source.inForce.configuration);
    expect(loaded.missingSecrets).toEqual([]);
  });
});

/** What may lie in a file, and whether it is valid there. */
const texts: Readonly<Record<string, string>> = {
  good: jobFile("Job_X", "0 1 * * *"),
  other: jobFile("Job_X", "0 2 * * *"),
  invalid: jobFile("Job_X", "0 2 * *"),
  cut: jobFile("Job_X", "0 1 * * *").slice(0, 90),
};

const step = fc.oneof(
  fc.record({ do: fc.constant("drop" as const), text: fc.constantFrom(...Object.keys(texts)) }),
  fc.record({ do: fc.constantFrom("remove" as const, "touch" as const, "restart" as const, "look" as const) }),
);

test("what is in force is the last valid state that stood still, whatever is dropped", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
      const drop = new DropFolder();
      const clock = new HandClock();
      let { source } = await open(drop, {}, clock);
      let lastGood = source.inForce.configuration;
      let wasRefused = false;
      for (const each of steps) {
        clock.pass(1);
        if (each.do === "drop") drop.drop("jobs/x.xml", texts[each.text] ?? "");
        else if (each.do === "remove") drop.remove("jobs/x.xml");
        else if (each.do === "touch") drop.touch("jobs/hr.xml", new Date(clock.now()));
        else if (each.do === "restart") source = (await open(drop, {}, clock)).source;
        if (each.do !== "look" && each.do !== "restart") continue;
        const answers = [await source.look(), await source.look()];
        const { configuration } = loadWorkspace({ workspace: drop.folder, env: {} });
        const isNew = configuration !== null && (wasRefused || configuration.hash !== lastGood.hash);
        if (each.do === "look") expect(answers.includes("changed")).toBe(isNew);
        lastGood = configuration ?? lastGood;
        wasRefused = configuration === null;
        expect(source.inForce.configuration).toEqual(lastGood);
        expect(source.refused !== null).toBe(wasRefused);
        expect(drop.notes).toEqual(wasRefused ? ["jobs/x.xml.refused.txt"] : []);
        expect(readCurrent(drop.path("Work"))?.hash).toBe(lastGood.hash);
      }
    }),
    { numRuns: 40 },
  );
});
