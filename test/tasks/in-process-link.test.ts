import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { jobInstanceId, taskInstanceId } from "../../src/model/index.js";
import { inProcessLink, sessionFolder } from "../../src/tasks/index.js";
import { sampleWorkspace } from "./sample-workspace.js";

const linkOf = async () => {
  const { store, configuration, workspace } = await sampleWorkspace();
  const task = configuration.rootTasks.get("HR_LoadAlone");
  if (task === undefined) throw new Error("no task");
  const work = { jobInstance: jobInstanceId(1), taskInstance: taskInstanceId(1), fence: 1, task, configurationHash: configuration.hash };
  return { store, configuration, workspace, link: inProcessLink(store, configuration, work) };
};
const announcement = { connector: "HR", mode: "Complete", type: "None", mappingHash: "h" } as const;

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

test("what crosses is cloned: nothing that a wire could not carry", async () => {
  const { link } = await linkOf();
  await expect(link.announce({ ...announcement, mappingHash: (() => "h") as never })).rejects.toThrow(/could not be cloned/);
});
