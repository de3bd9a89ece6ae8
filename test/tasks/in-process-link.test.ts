import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inProcessLink, sessionFolder } from "../../src/tasks/index.js";
import { onEachDatabase } from "../database.js";
import { runningPrepare, sampleWorkspace } from "./sample-workspace.js";

onEachDatabase((kind) => {
  const linkOf = async () => {
    const sample = await sampleWorkspace({ kind });
    const { store, configuration, workspace } = sample;
    const task = configuration.rootTasks.get("HR_LoadAlone");
    if (task === undefined) throw new Error("no task");
    const running = await runningPrepare(sample);
    const work = { ...running, task, configurationHash: configuration.hash };
    return { running, store, configuration, workspace, link: inProcessLink(store, configuration, work) };
  };
  const announcement = { connector: "HR", mode: "Complete", type: "None", mappingHash: "h", startsAt: null } as const;

  test("hands a file over whole, twice as once, and leaves the agent's own", async () => {
    const { store, configuration, workspace, link } = await linkOf();
    const { guid } = await link.announce(announcement);
    const own = join(workspace, "Person.sorted.csv");
    writeFileSync(own, "number,name\n");
    await link.put(guid, "Person.sorted.csv", own);
    await link.put(guid, "Person.sorted.csv", own);
    const folder = sessionFolder(configuration, guid);
    expect(readFileSync(join(folder, "Person.sorted.csv"), "utf8")).toBe("number,name\n");
    expect(existsSync(join(folder, "Person.sorted.csv.part"))).toBe(false);
    expect(statSync(own).isFile()).toBe(true);
    await link.ready({ guid, connector: "HR", mode: "Complete", type: "None", files: [] });
    expect((await store.sessions.oldestReady("HR"))?.guid).toBe(guid);
  });

  test("a failed session leaves nothing", async () => {
    const { store, configuration, link } = await linkOf();
    const { guid } = await link.announce(announcement);
    expect(existsSync(sessionFolder(configuration, guid))).toBe(true);
    await link.fail(guid);
    expect(existsSync(sessionFolder(configuration, guid))).toBe(false);
    expect((await store.sessions.find(guid))?.state).toBe("failed");
  });

  test("what a taken instance still sends is refused, and its files stay for who has it", async () => {
    const { store, configuration, running, link } = await linkOf();
    const { guid } = await link.announce(announcement);
    await store
      .knex("UJ_JobInstances")
      .where({ Id: running.jobInstance })
      .update({ Fence: running.fence + 1 });
    await expect(link.announce(announcement)).rejects.toMatchObject({ code: "JOB_FENCED" });
    await expect(link.ready({ guid, connector: "HR", mode: "Complete", type: "None", files: [] })).rejects.toMatchObject({
      code: "JOB_FENCED",
    });
    await expect(link.fail(guid)).rejects.toMatchObject({ code: "JOB_FENCED" });
    expect((await store.sessions.of("HR")).map(({ state }) => state)).toEqual(["open"]);
    expect(existsSync(sessionFolder(configuration, guid))).toBe(true);
  });

  test("what crosses is cloned: nothing that a wire could not carry", async () => {
    const { link } = await linkOf();
    await expect(link.announce({ ...announcement, mappingHash: (() => "h") as never })).rejects.toThrow(/could not be cloned/);
  });
});
