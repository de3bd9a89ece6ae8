import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import iconv from "iconv-lite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { main } from "../../src/cli/main.js";
import { Capture } from "./screen.js";

interface Proposed {
  readonly identifier: string;
  readonly column: string;
  readonly type: string;
  readonly index: number;
}
interface Answer {
  readonly rows: number;
  readonly form: { encoding: string; separator: string; linesToSkip: number };
  readonly proposal: {
    readonly connector: string;
    readonly entityType: string;
    readonly key: Proposed;
    readonly properties: readonly Proposed[];
    readonly associations: readonly { property: string; reverse: string; column: string }[];
    readonly leftOut: readonly { column: string; why: string }[];
    readonly remarks: readonly string[];
  };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-init-"));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const call = async (...argv: string[]): Promise<{ code: number; out: string; err: string }> => {
  const stdout = new Capture();
  const stderr = new Capture();
  const code = await main(argv, { stdout, stderr, env: {}, cwd: folder, clock: { now: () => Date.parse("2026-11-21T12:00:00Z") } });
  return { code, out: stdout.text, err: stderr.text };
};
const put = (name: string, content: string | Buffer): void => writeFileSync(join(folder, name), content);
const propose = async (...argv: string[]): Promise<Answer> => {
  const { code, out, err } = await call("init", ...argv, "--dry-run", "--json");
  expect(code, err + out).toBe(0);
  return JSON.parse(out) as Answer;
};
const refused = async (...argv: string[]): Promise<string> => {
  const { code, err } = await call("init", ...argv);
  expect(code).toBe(64);
  expect(readdirSync(folder).filter((name) => name === "Conf" || name === "appsettings.json")).toEqual([]);
  return err;
};

const staff = [
  "employee_id;Full Name;Manager ID;e-mail;start;active;id;note",
  "E1;Ann Ash;;ann@x.example;2020-01-02;true;7;",
  "E2;Zoë O'B;E1;zoe@x.example;2021-05-06;false;8;a & b <c>",
  'E3;"Bob; jr";E1;bob@x.example;2021-05-06;false;9;"say ""hi"""',
  "E4;Cyd;E2;;2022-05-06;false;10;",
  "",
].join("\n");

describe("init", { timeout: 120_000 }, () => {
  test("writes a workspace that validates without a finding, loads, and goes on day by day", async () => {
    put("staff.csv", staff);
    const { code, out } = await call("init", "staff.csv");
    expect(code).toBe(0);
    expect(out).toContain("4 rows, 8 columns, separator ;, UTF-8");
    expect(out).toMatch(/employee_id +EmployeeId +String, C4 +mapping key: no value is empty, none repeats/);
    expect(out).toMatch(/Manager ID +Manager, ManagerOf +link +link: 3 of its 3 values are keys of other rows/);
    expect(out).toContain("sluice run Job_Staff_Initialize --dry-run");
    expect(await call("validate")).toEqual({ code: 0, out: "2 files, 1 connector, 3 jobs: no errors, no warnings\n", err: "" });

    expect((await call("run", "Job_Staff_Initialize", "--dry-run")).code).toBe(0);
    expect((await call("run", "Job_Staff_Initialize")).code).toBe(0);
    const loaded = (await call("resources", "Staff_Entry", "--format", "csv")).out;
    expect(loaded).toBe(
      [
        "EmployeeId,FullName,EMail,Start,Active,IdValue,Note,Manager",
        "E1,Ann Ash,ann@x.example,20200102000000,true,7,,",
        "E2,Zoë O'B,zoe@x.example,20210506000000,false,8,a & b <c>,E1",
        'E3,Bob; jr,bob@x.example,20210506000000,false,9,"say ""hi""",E1',
        "E4,Cyd,,20220506000000,false,10,,E2",
        "",
      ].join("\n"),
    );
    const complete = await call("run", "Job_Staff_Complete", "--json");
    expect([complete.code, complete.out]).toEqual([0, expect.stringContaining('"inserted":0,"updated":0,"deleted":0')]);
    put("staff.csv", staff.replace("Cyd", "Cyd Two"));
    expect((await call("run", "Job_Staff_Incremental", "--force")).code).toBe(0);
    expect((await call("show", "Staff_Entry", "E4")).out).toContain("Cyd Two");
    expect((await call("verify", "Staff")).code).toBe(0);
  });

  test("names are given, and the file may lie outside the workspace", async () => {
    put("2026 é liste.csv", staff);
    expect(
      (await call("init", "2026 é liste.csv", "-w", "identity", "--connector", "HR", "--entity-type", "Person", "--key", "E-MAIL")).code,
    ).toBe(0);
    expect((await call("validate", "-w", "identity")).out).toContain("no errors, no warnings");
    expect(existsSync(join(folder, "identity", "Conf", "HR.xml"))).toBe(true);
    const { out } = await call("run", "Job_HR_Initialize", "-w", "identity");
    // One row has no e-mail address.
    expect(out).toMatch(/HR_Initialize_Synchronize +Completed +.*3 inserted/);
    expect((await propose("2026 é liste.csv", "-w", "other")).proposal.connector).toBe("EListe");
    for (const name of ["1a", "a b", "../x"]) {
      expect(await refused("2026 é liste.csv", "-w", "third", "--connector", name)).toContain("a letter, then letters, digits and _");
    }
  });

  test.each([
    [
      "a tab, UTF-16 with its mark",
      iconv.encode(staff.replaceAll(";", "\t"), "utf16le", { addBOM: true }),
      { encoding: "UTF-16LE", separator: "\t" },
    ],
    ["windows-1252", iconv.encode(staff, "windows-1252"), { encoding: "windows-1252", separator: ";" }],
    [
      "a line that names the separator",
      Buffer.from(`sep=;\r\n${staff.replaceAll("\n", "\r\n")}`),
      { encoding: "UTF-8", separator: ";", linesToSkip: 1 },
    ],
    ["a mark of UTF-8", Buffer.from(`\ufeff${staff}`), { encoding: "UTF-8", separator: ";" }],
    ["bars", Buffer.from(staff.replaceAll(";", "|")), { encoding: "UTF-8", separator: "|" }],
  ])("reads %s as the export will", async (_, content, form) => {
    put("staff.csv", content);
    expect((await propose("staff.csv")).form).toMatchObject(form);
    await call("init", "staff.csv");
    expect((await call("validate")).out).toContain("no errors, no warnings");
    expect((await call("run", "Job_Staff_Initialize")).code).toBe(0);
    const { out } = await call("show", "Staff_Entry", "E2");
    expect(out).toMatch(/FullName +Zoë O'B\n[\s\S]*Manager +E1/);
  });

  test("values choose type and place: long ones in C0 to C3, zeros in front kept, dates that could be two left as text", async () => {
    const row = (n: number): string =>
      `K${n},00${n},${n * 1000},${n}.5,0${(n % 9) + 1}/02/2026,2026-01-0${(n % 9) + 1}T10:00:00Z,${"x".repeat(500 + n)},8c6f0d3e-1111-4222-8333-00000000000${n % 10},,${"y".repeat(n === 1 ? 4001 : 1)}`;
    put(
      "all.csv",
      `code,zip,number,rate,day,moment,long text,guid,nothing,huge\n${Array.from({ length: 5 }, (_, i) => row(i + 1)).join("\n")}\n`,
    );
    const { proposal } = await propose("all.csv");
    expect(proposal.key).toMatchObject({ column: "code", index: 4, type: "String" });
    expect(Object.fromEntries(proposal.properties.map(({ column, type }) => [column, type]))).toEqual({
      zip: "String",
      number: "Int32",
      rate: "Double",
      day: "String",
      moment: "DateTime",
      "long text": "String",
      guid: "Guid",
      nothing: "String",
    });
    expect(proposal.properties.find(({ column }) => column === "long text")?.index).toBe(0);
    expect(proposal.leftOut).toEqual([{ column: "huge", why: expect.stringContaining("4001 characters") }]);
    await call("init", "all.csv");
    expect((await call("run", "Job_All_Initialize")).code).toBe(0);
  });

  test("columns that cannot be told apart are left out; names that are reserved or alike become others", async () => {
    put("odd.csv", " id ,class,Class,a b,A-B,,twice,twice,1st,名前\n1,a,b,c,d,e,f,g,h,i\n2,a,b,c,d,e,f,g,h,j\n");
    const { proposal } = await propose("odd.csv");
    expect(proposal.key.identifier).toBe("IdValue");
    expect(proposal.properties.map(({ identifier }) => identifier)).toEqual([
      "ClassValue",
      "ClassValue2",
      "AB",
      "AB2",
      "Column1st",
      "Column",
    ]);
    expect(proposal.leftOut.map(({ column }) => column)).toEqual(["column 6", "twice", "twice"]);
    expect(proposal.remarks).toContainEqual(expect.stringContaining("ValuesToTrim"));
    await call("init", "odd.csv");
    expect((await call("validate")).out).toContain("no errors, no warnings");
    expect((await call("run", "Job_Odd_Initialize")).code).toBe(0);
  });

  test("small numbers are links only where the column's name says so", async () => {
    put("units.csv", "no,floor,parent\n1,1,\n2,1,1\n3,2,1\n4,3,2\n");
    const { proposal } = await propose("units.csv");
    expect(proposal.associations.map(({ column }) => column)).toEqual(["parent"]);
    expect(proposal.properties.map(({ column, type }) => [column, type])).toEqual([["floor", "Int32"]]);
  });

  test("what the rows do not fit is said", async () => {
    put("uneven.csv", "key,name\nA,1\nB\nA,3\n,3\n");
    expect(await refused("uneven.csv")).toContain("nearest is name");
    const { proposal } = await propose("uneven.csv", "--key", "key");
    expect(proposal.remarks).toEqual([
      expect.stringContaining("rows with more or fewer fields than the header: 1, the first in line 3"),
      expect.stringContaining("rows without key: 1"),
      expect.stringContaining("rows that repeat an earlier key: 1"),
    ]);
  });

  test("nothing is written where there is something, with --dry-run, or after a refusal", async () => {
    put("staff.csv", staff);
    const shown = await call("init", "staff.csv", "--dry-run");
    expect([shown.code, shown.out]).toEqual([0, expect.stringContaining("nothing was written (--dry-run)")]);
    expect(shown.out).toContain('<EntityTypeMapping Identifier="Staff_Entry"');
    expect(readdirSync(folder)).toEqual(["staff.csv"]);
    expect((await call("init", "staff.csv")).code).toBe(0);
    const again = await call("init", "staff.csv");
    expect([again.code, again.err]).toEqual([64, expect.stringContaining("CMD_INIT_WORKSPACE")]);
  });

  test.each([
    ["no header", "1,2\n3,4\n", "CMD_INIT_HEADER", "'1' is a whole number"],
    ["a first row like all the others", "P1,Ann\nP2,Bob\nP3,Cyd\n", "CMD_INIT_HEADER", "'P1' is written like every value below it"],
    ["one column", "name\nAnn\nBob\n", "CMD_INIT_HEADER", "one column"],
    ["no unique column", "a,b\n3,x\n3,y\n4,y\n", "CMD_INIT_KEY", "nearest is a, with 1 of 3 rows"],
    ["no rows", "a,b\n", "CMD_INIT_FILE", "no row to look at"],
    ["nothing", "", "CMD_INIT_FILE", "it is empty"],
    ["a workbook", "PK\u0003\u0004xxxx", "CMD_INIT_FILE", "package Excel"],
    ["a quote without an end", 'a,b\n1,"x\n', "CMD_INIT_FILE", "uote"],
    ["other bytes", "a\u0000b,c\n", "CMD_INIT_FILE", "NUL"],
  ])("refuses %s", async (_, content, code, says) => {
    put("bad.csv", content);
    const err = await refused("bad.csv");
    expect(err).toContain(code);
    expect(err).toContain(says);
  });

  test("refuses a file that is not there, a folder, and a key that is no column", async () => {
    expect(await refused("missing.csv")).toContain("there is no such file");
    expect(await refused(".")).toContain("it is no file");
    put("staff.csv", staff);
    expect(await refused("staff.csv", "--key", "badge")).toContain("it has employee_id, Full Name");
  });

  test("a large file is looked at in part, and its types are left open", async () => {
    const rows = Array.from({ length: 100_001 }, (_, n) => `E${n},${n % 2 === 0 ? "true" : "false"},E${Math.floor(n / 10)}`);
    put("large.csv", `id,active,boss\n${rows.join("\n")}\n`);
    const { rows: seen, proposal } = await propose("large.csv");
    expect(seen).toBe(100_000);
    expect(proposal.properties).toMatchObject([{ column: "active", type: "String" }]);
    expect(proposal.associations.map(({ property }) => property)).toEqual(["Boss"]);
    expect(proposal.remarks).toContainEqual(expect.stringContaining("only the first 100,000 rows"));
  });

  test("whatever the file holds, it is refused by name or makes a workspace without a finding", async () => {
    const name = fc.oneof(fc.string({ maxLength: 12 }), fc.constantFrom("id", "class", "Id", "name", "manager", 'Ä"&<>', "a\tb", " x "));
    const cell = fc.oneof(
      fc.string({ maxLength: 8 }),
      fc.nat({ max: 20 }).map(String),
      fc.constantFrom("", "true", "2020-01-01", "x".repeat(450)),
    );
    const table = fc
      .record({ header: fc.uniqueArray(name, { minLength: 2, maxLength: 6 }), delimiter: fc.constantFrom(",", ";", "\t") })
      .chain(({ header, delimiter }) =>
        fc
          .array(fc.array(cell, { minLength: header.length - 1, maxLength: header.length - 1 }), { minLength: 1, maxLength: 8 })
          .map((rows) => stringify([["key", ...header.slice(1)], ...rows.map((row, n) => [`K-${n}-k`, ...row])], { delimiter })),
      );
    let written = 0;
    await fc.assert(
      fc.asyncProperty(table, async (text) => {
        rmSync(folder, { recursive: true, force: true });
        folder = mkdtempSync(join(tmpdir(), "sluice-init-"));
        put("any.csv", text);
        const made = await call("init", "any.csv");
        if (made.code !== 0) {
          expect(made.err).toMatch(/error CMD_INIT_\w+: /);
          return;
        }
        written++;
        expect((await call("validate")).out).toBe("2 files, 1 connector, 3 jobs: no errors, no warnings\n");
      }),
      { numRuns: 150 },
    );
    expect(written).toBeGreaterThan(50);
  });
});
