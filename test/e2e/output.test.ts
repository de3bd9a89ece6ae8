import { readFileSync } from "node:fs";
import { parse } from "csv-parse/sync";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onEachDatabase } from "../database.js";
import { dayOne, dayTwo } from "./day.js";
import { type RunDocument, taskOf } from "./document.js";
import { type E2eWorkspace, Workspaces } from "./workspace.js";

onEachDatabase((kind) => {
  const workspaces = new Workspaces(kind);
  afterAll(() => workspaces.removeAll());

  /** Values that a careless writer of CSV, or a careless reader, damages. */
  const awkward: readonly string[] = [
    "=1+1",
    "+49 30 1",
    "-x",
    "@sum",
    "007",
    "O'Brien",
    'the "boss"',
    "a,b",
    "a;b",
    "a\nb",
    "a\r\nb",
    " lead",
    "trail ",
    "漢字",
    "😀",
    "NULL",
    "\\N",
    "'",
    "true",
  ];

  describe("CSV, the contract of design §4", () => {
    let workspace: E2eWorkspace;
    beforeAll(async () => {
      workspace = await workspaces.empty();
      const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
      workspace.people([
        ...awkward.map((name, n) => [`A${String(n).padStart(2, "0")}`, quoted(name), "", "", "D1", ""]),
        ["B1", "", "0", "", "", "A00"],
      ]);
      const { code } = await workspace.call(["run", "Job_HR", "--force"]);
      expect(code).toBe(0);
    });

    test("UTF-8 without BOM, comma, LF, a header of property identifiers; values exactly as stored; null is empty", async () => {
      const child = await workspace.child(["resources", "Person", "--format", "csv"]).ended;
      expect([child.code, child.err]).toEqual([0, ""]);
      expect(child.out.startsWith("PersonId,Name,Level,HiredOn,Department,Manager\n")).toBe(true);
      expect(child.out.endsWith("\n")).toBe(true);
      expect(child.out.replaceAll("a\r\nb", "")).not.toContain("\r");
      // csv-parse is the oracle; it reads RFC 4180 strictly.
      const [, ...rows] = parse(child.out, { bom: false }) as string[][];
      expect(rows.slice(0, -1).map(([, name]) => name)).toEqual(awkward);
      expect(rows.at(-1)).toEqual(["B1", "", "0", "", "", "A00"]);
      expect(child.out).toContain("\nB1,,0,,,A00\n");
      // In this process and in one of its own it is the same.
      expect(await workspace.csv("resources", "Person")).toBe(child.out);
    });

    test("what was exported can be loaded again: nothing changes", async () => {
      const rows = parse(await workspace.csv("resources", "Person")) as string[][];
      const back = await workspaces.empty({ connections: { HR_People: { Path: "sources/back.csv" } } });
      back.write("sources/back.csv", (await workspace.csv("resources", "Person")).replace(/^.*\n/, "id,name,level,hired,dept,manager\n"));
      expect((await back.call(["run", "Job_HR", "--force"])).code).toBe(0);
      expect(parse(await back.csv("resources", "Person"))).toEqual(rows);
    });

    test("--with-id puts Id first, and gives the same rows", async () => {
      const plain = parse(await workspace.csv("resources", "Person")) as string[][];
      const withId = parse(await workspace.csv("resources", "Person", "--with-id")) as string[][];
      expect(withId[0]?.[0]).toBe("Id");
      expect(withId.map((row) => row.slice(1))).toEqual(plain);
      const ids = withId.slice(1).map(([id]) => Number(id));
      expect(new Set(ids).size).toBe(plain.length - 1);
      expect(ids.every(Number.isSafeInteger)).toBe(true);
    });

    test("of a type without resources: the header alone", async () => {
      expect(await workspace.csv("resources", "AD_Entry")).toBe("EntryGuid,Dn,Login,Owner\n");
      expect((await workspace.csv("links", "AD_Members")).split("\n")).toHaveLength(2);
    });

    test.each(awkward.map((name, n) => [name, `A${String(n).padStart(2, "0")}`]))(
      "--where Name=%j finds exactly that one",
      async (name, key) => {
        const rows = parse(await workspace.csv("resources", "Person", "--where", `Name=${name}`)) as string[][];
        expect(rows.slice(1).map(([id]) => id)).toEqual([key]);
      },
    );

    test("--where for no value, by a navigation, and several at once", async () => {
      const keys = async (...where: string[]): Promise<(string | undefined)[]> =>
        (parse(await workspace.csv("resources", "Person", ...where.flatMap((each) => ["--where", each]))) as string[][])
          .slice(1)
          .map(([id]) => id);
      expect(await keys("Name=")).toEqual(["B1"]);
      expect(await keys("Manager=A00")).toEqual(["B1"]);
      expect(await keys("Department=D1", "Name=007")).toEqual(["A04"]);
      expect(await keys("Department=D1", "Name=nobody")).toEqual([]);
      expect(await keys("Name=o'brien")).toEqual([]);
    });

    test("JSON and table hold the same values", async () => {
      const [header = [], ...rows] = parse(await workspace.csv("resources", "Person")) as string[][];
      const { document } = await workspace.json<{ format: number; entityType: string; rows: Record<string, string | null>[] }>(
        "resources",
        "Person",
      );
      expect([document.format, document.entityType]).toEqual([1, "Person"]);
      expect(document.rows).toEqual(rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] === "" ? null : row[i]]))));
      const { out } = await workspace.call(["resources", "Person"]);
      expect(out.split("\n")[0]?.trim().split(/\s+/)).toEqual(header);
      for (const key of rows.map(([id]) => id)) expect(out).toContain(key);
    });
  });

  describe("time", () => {
    let workspace: E2eWorkspace;
    let first: RunDocument;
    let second: RunDocument;
    beforeAll(async () => {
      workspace = await workspaces.empty();
      first = (await workspace.json("run", "Job_Initialize")).document;
      workspace.writeDay(dayTwo);
      second = (await workspace.json("run", "Job_HR")).document;
      expect([first.state, second.state]).toEqual(["Completed", "Completed"]);
    });

    test("--as-of shows the repository as it stood: before, between and after", async () => {
      const keysAt = async (moment: string): Promise<string[][]> =>
        (parse(await workspace.csv("resources", "Person", "--as-of", moment)) as string[][]).slice(1);
      expect(await keysAt("2000-01-01")).toEqual([]);
      const between = (await keysAt(second.startedAt)).sort();
      expect(between.map(([id, name]) => [id, name])).toEqual(dayOne.people.map(([id, name]) => [id, name]));
      expect(between.find(([id]) => id === "P04")?.at(-1)).toBe("P01");
      const now = (parse(await workspace.csv("resources", "Person")) as string[][]).slice(1);
      expect((await keysAt(second.endedAt ?? "")).sort()).toEqual(now.sort());
      expect(now.find(([id]) => id === "P04")?.at(-1)).toBe("P02");
      expect(now.map(([id]) => id)).not.toContain("P11");
      const refused = await workspace.failure("resources", "Person", "--as-of", "2026-02-30");
      expect([refused.code, refused.error.code]).toEqual([64, "CMD_OPTION_VALUE_INVALID"]);
    });

    test("show --history names each version and the task that opened it, for a changed, a deleted and a new one", async () => {
      interface Version {
        readonly validFrom: string;
        readonly validTo: string | null;
        readonly openedBy: { readonly task: string; readonly jobInstance: number } | null;
        readonly closedBy: { readonly task: string; readonly jobInstance: number } | null;
        readonly changes: readonly { readonly property: string; readonly before: string | null; readonly after: string | null }[];
      }
      const shown = async (key: string) =>
        (await workspace.json<{ isOpen: boolean; versions: Version[] }>("show", "Person", key, "--history")).document;
      const changed = await shown("P03");
      expect(changed.versions.map(({ openedBy }) => [openedBy?.task, openedBy?.jobInstance])).toEqual([
        ["Initialize_Synchronize_HR", 1],
        ["HR_Synchronize", 2],
      ]);
      expect(changed.versions[1]?.changes).toEqual([{ property: "Name", before: "Person 3", after: "O'Brien, Zoë" }]);
      expect(changed.versions[0]?.validTo).toBe(changed.versions[1]?.validFrom);
      const gone = await shown("P11");
      expect([gone.isOpen, gone.versions.length, gone.versions[0]?.closedBy?.task]).toEqual([false, 1, "HR_Synchronize"]);
      const { out } = await workspace.call(["show", "Person", "P03", "--history"]);
      expect(out).toContain("Name: Person 3 → O'Brien, Zoë");
      expect(out).toContain("HR_Synchronize in Job_HR, instance 2");
      const unchanged = await shown("P01");
      expect(unchanged.versions).toHaveLength(1);
      // The new one has its links, and the one that names another is seen from both sides.
      expect((await workspace.call(["show", "Person", "P02"])).out).toMatch(/Reports +Person +P04/);
    });

    test("links lists the keys of both sides, under the navigations' names", async () => {
      const [header, ...rows] = parse(await workspace.csv("links", "AD_Members")) as string[][];
      expect(header).toHaveLength(2);
      expect(rows).toEqual(dayOne.members.map(([group = "", member = ""]) => [group.replace("CN=g", "G"), member.replace("CN=p", "E")]));
    });

    test("logs: every line of the file, whole and of one task", async () => {
      const file = readFileSync(workspace.path("Temp/JobLogs/Job_HR_2.log"), "utf8").trimEnd().split("\n");
      const { document } = await workspace.json<{ format: number; jobInstance: number; lines: { msg: string; time: string }[] }>(
        "logs",
        "2",
      );
      expect([document.format, document.jobInstance]).toEqual([1, 2]);
      expect(document.lines).toEqual(file.map((line) => JSON.parse(line)));
      const { out } = await workspace.call(["logs", "2", "--task", "HR_Prepare"]);
      expect(out).toContain("HR_Prepare");
      expect(out).not.toContain("HR_Synchronize");
      for (const task of second.tasks) expect(document.lines.some(({ msg }) => msg === `${task.task} Completed`)).toBe(true);
      expect(await workspace.failure("logs", "99")).toMatchObject({ code: 64, error: { code: "JOB_INSTANCE_UNKNOWN" } });
    });

    test("--json leaves stdout to the document; progress goes to stderr", async () => {
      const { code, out, err } = await workspace.child(["run", "Job_HR", "--json"]).ended;
      expect(code).toBe(0);
      expect(out.endsWith("}\n")).toBe(true);
      expect(out.split("\n")).toHaveLength(2);
      expect(taskOf(JSON.parse(out), "HR_Synchronize").producedOutput).toBe(false);
      expect(err).toMatch(/^(?:SQLite|SQL Server) .*, 27 resources\n/);
      expect(err).toContain("HR_Synchronize Completed");
    });

    test("a secret of the settings is in no output and no log", async () => {
      const secret = "s3cret-Passw0rd";
      const own = await workspaces.empty({ connections: { HR_People: { Path: `sources/${secret}.csv`, Password: secret } } });
      const { code, out, err } = await own.call(["run", "Job_HR"]);
      expect(code).toBe(1);
      expect(out + err).not.toContain(secret);
      const { document } = await own.json("status", "--instance", "1");
      expect(JSON.stringify(document)).not.toContain(secret);
      expect((await own.call(["logs", "1"])).out).not.toContain(secret);
      expect(own.read("Temp/JobLogs/Job_HR_1.log")).not.toContain(secret);
    });
  });
});
