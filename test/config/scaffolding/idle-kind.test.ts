import { expect, test } from "vitest";
import { idleNotes } from "../../../src/config/scaffolding/idle-kind.js";
import { generatedJobsText } from "../../../src/config/scaffolding/index.js";
import { isUnbuilt, taskRegistry } from "../../../src/tasks/index.js";

const unbuilt = [...taskRegistry.values()].filter(isUnbuilt).map(({ element }) => element);

test("what the documentation and expand call not offered is what a run does not do", () => {
  const listed = generatedJobsText().at(-2) ?? "";
  expect([...listed.matchAll(/`([A-Z]\w+(?:Task|Base))`/g)].map((match) => match[1]).toSorted()).toEqual(unbuilt.toSorted());
  expect(idleNotes([...taskRegistry.keys()])).toEqual([
    expect.stringMatching(new RegExp(`: ${[...taskRegistry.keys()].filter((name) => unbuilt.includes(name)).join(", ")}$`)),
  ]);
  expect(idleNotes(["ExportTask", "CleanDataBase"])).toEqual([]);
});
