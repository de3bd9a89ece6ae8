import { afterAll, describe, expect, test } from "vitest";
import { onEachDatabase, testTimeoutOn } from "../database.js";
import { dayOne, type Row } from "./day.js";
import type { ChangesDocument } from "./document.js";
import { type E2eWorkspace, Workspaces } from "./workspace.js";

/** What a day brings that somebody should look at twice: each blocks, and the block says what it was. */
onEachDatabase((kind) => {
  const workspaces = new Workspaces(kind);
  afterAll(() => workspaces.removeAll());

  /** Runs Job_HR on other people; gives the lines of the block that say what stands out, as the summary, `status` and `changes` print them. */
  const lines = async (change: (workspace: E2eWorkspace) => void): Promise<string[]> => {
    const workspace = await workspaces.loaded();
    change(workspace);
    const { code, out } = await workspace.call(["run", "Job_HR"]);
    expect(code).toBe(2);
    const found = (text: string): string[] =>
      text
        .split("\n")
        .map((line) => line.trim())
        .filter((line) => line.startsWith("Stands out:"));
    const summary = found(out);
    expect(found((await workspace.call(["status", "--instance", "2"])).out)).toEqual(summary);
    expect(found((await workspace.call(["changes", "2"])).out)).toEqual(summary);
    const { document } = await workspace.json<ChangesDocument & { tasks: { message: string }[] }>("changes", "2");
    const [task] = document.tasks;
    expect(task?.message).toMatch(/^Threshold Exceeded: /);
    expect(found(task?.message ?? "")).toEqual(summary);
    return summary;
  };

  const people = (change: (row: Row) => Row) => (workspace: E2eWorkspace) => workspace.people(dayOne.people.map(change));
  const at =
    (index: number, change: (value: string) => string) =>
    (row: Row): Row =>
      row.map((value, place) => (place === index ? change(value) : value));

  describe.concurrent("a block says what stands out", { timeout: testTimeoutOn(kind, 120_000) }, () => {
    test("a file without rows", async () => {
      expect(await lines((workspace) => workspace.people([]))).toEqual([
        "Stands out: Person: all 12 resources would be deleted. Usual cause: an empty or cut file, or one of another system. Look at the source file, mend it and run the job again.",
      ]);
    });

    test("a column that came blank", async () => {
      expect(await lines(people(at(1, () => "")))).toEqual([
        "Stands out: Person.Name becomes empty in all 12 rows that change it, such as “P01”, where it was “Person 1”. Usual cause: the column came blank or under another header. Compare the source file with the day before.",
      ]);
    });

    test("a navigation that came blank", async () => {
      expect(await lines(people(at(4, () => "")))).toEqual([
        "Stands out: Person.Person_Department becomes empty in all 12 rows that change it, such as “P01”. Usual cause: the column came blank or under another header. Compare the source file with the day before.",
      ]);
    });

    test("two headers that were swapped", async () => {
      const workspace = await workspaces.empty();
      // Two columns of text: of a number and a name the first row would be refused already.
      workspace.edit("model.xml", ' Type="Int32"', "");
      await workspace.initialize();
      workspace.edit("sources/people.csv", "id,name,level", "id,level,name");
      const { code, out } = await workspace.call(["run", "Job_HR"]);
      expect(code).toBe(2);
      expect(out).toContain(
        "Stands out: Person: Level and Name changed places in all 12 rows that change both, such as “P01”, which had “1” and “Person 1”. Usual cause: two headers of the source file were swapped. Put them right and run the job again.",
      );
    });

    test("day and month of a date that changed places", async () => {
      const workspace = await workspaces.loaded();
      workspace.people(dayOne.people.map((row, n) => at(3, () => `2021-03-${String(1 + n).padStart(2, "0")}`)(row)));
      expect((await workspace.call(["run", "Job_HR", "--force"])).code).toBe(0);
      workspace.people(dayOne.people.map((row, n) => at(3, () => `2021-${String(1 + n).padStart(2, "0")}-03`)(row)));
      const { code, out } = await workspace.call(["run", "Job_HR"]);
      expect(code).toBe(2);
      // The third of March is the third of March either way.
      expect(out).toContain(
        "Stands out: Person.HiredOn names the same day in another date format in all 11 rows that change it, yyyyMMddHHmmss → yyyyddMMHHmmss, such as “P01”: “20210301000000” → “20210103000000”.",
      );
    });

    test("a blank behind every value", async () => {
      expect(await lines(people(at(1, (name) => `"${name} "`)))).toEqual([
        "Stands out: Person.Name got blanks at the end in all 12 rows that change it, such as “P01”: “Person 1” → “Person 1 ”. Usual cause: the source was moved to another spelling at once. If that was meant, resume.",
      ]);
    });

    test("keys written in another way", async () => {
      expect(await lines(people((row) => at(5, (id) => id.toLowerCase())(at(0, (id) => id.toLowerCase())(row))))).toEqual([
        "Stands out: Person: rekeyed, all 12 deleted rows come back under a key that was put in small letters, such as “P01” → “p01”. Usual cause: the export writes the key column in another way. Resuming would lose their history and links: write the key as before.",
      ]);
    });

    test("rows that got other keys", async () => {
      expect(await lines(people(at(0, (id) => `9${Number(id.slice(1)) * 7}`)))).toEqual([
        expect.stringMatching(
          /^Stands out: Person: rekeyed, all 12 deleted rows come back under another key with the same values, such as “P01” → “97”\./,
        ),
      ]);
    });
  });
});
