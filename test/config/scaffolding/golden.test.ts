import path from "node:path";
import { describe, expect, test } from "vitest";
import { type Configuration, configurationText, type Job, type Task } from "../../../src/config/index.js";
import { compileTaskGraph, graphFindings } from "../../../src/jobs/index.js";
import { findingLines } from "../workspace.js";
import { scaffolded, uses, valid } from "./sample.js";

/** What a task is, wherever and by whom it was written. */
const bare = ({ place: _, scaffolding: __, ...task }: Task): object => task;
const bareJob = ({ place: _, steps, ...job }: Job): object => ({
  ...job,
  steps: steps.map(({ task, level }) => ({ level, task: bare(task) })),
});
const jobsOf = ({ jobs, rootTasks }: Configuration): object => ({
  jobs: new Map([...jobs].map(([name, job]) => [name, bareJob(job)])),
  rootTasks: new Map([...rootTasks].map(([name, task]) => [name, bare(task)])),
});

describe.each(Object.entries(uses))("%s", (name, { xml, more }) => {
  test("stands for what its golden file says, without an error, in the scaffolding's place", async () => {
    const loaded = scaffolded(xml, more);
    expect(findingLines(loaded).filter((line) => line.includes(" error "))).toEqual([]);
    await expect(configurationText(loaded.expansions)).toMatchFileSnapshot(path.join(import.meta.dirname, "golden", `${name}.xml`));
    const made = loaded.expansions.flatMap(({ jobs }) => jobs);
    const { jobs } = valid(loaded);
    expect(made.length).toBeGreaterThan(0);
    expect([...jobs.keys()].toSorted()).toEqual(made.toSorted());
    for (const { place, steps } of jobs.values()) {
      expect([place.file, place.line]).toEqual(["Jobs.xml", 2]);
      for (const { task } of steps)
        expect([task.place.file, task.place.line, task.scaffolding]).toEqual(["Jobs.xml", 2, loaded.expansions[0]?.scaffolding]);
    }
  });

  test("what expand prints loads again to the same jobs", () => {
    const loaded = scaffolded(xml, more);
    const text = configurationText(loaded.expansions);
    const again = scaffolded(text.replace(/^.*\n<ConfigurationFile[^>]*>/, "").replace(/<\/ConfigurationFile>\n$/, ""), more);
    expect(again.expansions).toEqual([]);
    expect(jobsOf(valid(again))).toEqual(jobsOf(valid(loaded)));
  });

  test("its jobs compile; levels ascend, parents stand on earlier ones", () => {
    const configuration = valid(scaffolded(xml, more));
    expect(graphFindings(configuration)).toEqual([]);
    for (const job of configuration.jobs.values()) {
      const { nodes } = compileTaskGraph(job, { maxTaskBatchSize: 5 });
      const groups = new Map(nodes.map(({ taskKey, group }) => [taskKey, group]));
      for (const node of nodes) for (const parent of node.parents) expect(groups.get(parent)).toBeLessThan(node.group);
      const levels = job.steps.map(({ level }) => level);
      expect(levels).toEqual(levels.toSorted((a, b) => a - b));
      if (!job.isConnectorJob) expect(levels[0]).toBe(0);
    }
  });
});
