import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exportCsv } from "../../../src/connectors/csv/export.js";
import {
  connectorPackages,
  type Exporter,
  type ExportRequest,
  type ExportResult,
  exportConnection,
} from "../../../src/connectors/index.js";
import { type TransformInput, transformFiles } from "../../../src/connectors/transformation/transform-files.js";
import type { SluiceError } from "../../../src/errors/index.js";
import type { Transformation } from "../../../src/model/index.js";
import { readManifest } from "../../../src/sync/index.js";
import { killedAfter } from "../../sync/dying-disk.js";
import { exportRequest, makeFolder } from "../with-folder.js";

let root = "";
let output = "";
beforeEach(() => {
  root = makeFolder();
  output = join(root, "ExportOutput");
  mkdirSync(output);
});
afterEach(() => rmSync(root, { recursive: true }));

const put = (content: string, name = "hr.csv"): void => writeFileSync(join(root, name), content);
const written = (name = "HR.csv"): string => readFileSync(join(output, name), "utf8");
const outputs = (): string[] => readdirSync(output).sort();
const tools = { checkStop: () => {}, onProgress: () => {} };

const onHr = <T extends object>(transformation: T) => ({ table: "HR", ...transformation });
const isGerman = onHr({ type: "WhereValue", column: "site", operator: "StartsWith", value: "DE_" }) as Transformation;
const fullName = onHr({
  type: "ConcatColumns",
  column: "full",
  inputs: ["first", "last"],
  separator: " ",
  removeEmpty: true,
  removeDuplicates: false,
  sortValues: false,
}) as Transformation;
const dayLater = onHr({
  type: "TransformDate",
  column: "end",
  input: "end",
  addedDays: 1,
  minYear: 1900,
  maxYear: 2100,
  datePattern: "dd/MM/yyyy",
}) as Transformation;
const all = [isGerman, fullName, dayLater];

const csv: Exporter = { export: async (request) => exportCsv(request, tools) };
const run = (
  transformations: readonly Transformation[],
  settings: Record<string, unknown> = {},
  more: Partial<ExportRequest> = {},
  exporter = csv,
): Promise<ExportResult> =>
  exportConnection(
    {
      exporter,
      request: { ...exportRequest(root, { Path: "hr.csv", ...settings }), ...more },
      transformations,
      connections: ["HR", "HR_1"],
    },
    new AbortController().signal,
    () => {},
  );

const header = "id,first,last,site,end\n";

describe("between export and prepare", () => {
  test("the file is what was transformed, its manifest renewed", async () => {
    put(`${header}1,Ana,"O""Neil, jr.",DE_1,31/12/2026\n2,Tom,,FR_1,01/01/2026\n3,,Lee,DE_2,\n4,Zoë,"a\nb",DE_2,31/12/9999\n`);
    const result = await run(all);
    expect(result).toEqual({ counters: { read: 4, written: 3, rejected: 0 }, files: ["HR.csv"] });
    expect(written()).toBe(
      'id,first,last,site,end,full\n1,Ana,"O""Neil, jr.",DE_1,01/01/2027,"Ana O""Neil, jr."\n3,,Lee,DE_2,,Lee\n4,Zoë,"a\nb",DE_2,31/12/9999,"Zoë a\nb"\n',
    );
    expect(outputs()).toEqual(["HR.csv", "HR.csv.manifest.json"]);
    expect(readManifest(join(output, "HR.csv"))).toMatchObject({
      jobInstance: 3,
      taskInstance: 9,
      mode: "complete",
      rows: 3,
      bytes: Buffer.byteLength(written()),
      sha256: createHash("sha256").update(written()).digest("hex"),
      source: join(root, "hr.csv"),
    });
  });

  test("rows are what the same steps make of csv-parse's, in canonical form", async () => {
    const cell = fc.constantFrom("", "a", "DE_x", 'q"q', "a,b", "l\nm", "é");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell, cell), { maxLength: 20 }), async (rows) => {
        put(stringify([["first", "last", "site"], ...rows], { quoted: true }));
        await run([isGerman, fullName]);
        const kept = rows.filter(([, , site]) => site.startsWith("DE_"));
        const expected = kept.map((row) => [...row, [row[0], row[1]].filter((value) => value !== "").join(" ")]);
        expect(written()).toBe(stringify([["first", "last", "site", "full"], ...expected], { quote_record_delimiter: true }));
      }),
      { numRuns: 25 },
    );
  });

  test("long files, and rows that no step changes", async () => {
    const rows = Array.from({ length: 60_000 }, (_, i) => `${i},a,b,${i % 3 === 0 ? "DE_" : "FR_"}${i},\n`);
    put(header + rows.join(""));
    expect((await run([isGerman])).counters).toEqual({ read: 60_000, written: 20_000, rejected: 0 });
    expect(written()).toBe(header + rows.filter((_, i) => i % 3 === 0).join(""));
  });

  test("without Transformations the export writes where it always does", async () => {
    mkdirSync(join(output, ".HR.export"));
    put(`${header}1,a,b,DE_1,\n`);
    await run([]);
    expect(outputs()).toEqual(["HR.csv", "HR.csv.manifest.json"]);
    expect(written()).toBe(`${header}1,a,b,DE_1,\n`);
  });

  test("of several files each has its own, the others are moved", async () => {
    const sheets = [0, 1, 2];
    const exporter: Exporter = {
      export: async (request, signal, onProgress) => {
        const results = [];
        for (const n of sheets) results.push(await csv.export({ ...request, connection: `HR_${n}` }, signal, onProgress));
        return { counters: { read: 6, written: 6, rejected: 0 }, files: results.flatMap(({ files }) => files) };
      },
    };
    put("id,site\n1,DE_1\n2,FR_1\n");
    writeFileSync(join(output, "HR_7.csv"), "of a former run");
    writeFileSync(join(output, "HR_1.csv"), "of another connection");
    writeFileSync(join(output, "OTHER.csv"), "of another connection");
    const result = await run([{ ...isGerman, table: "HR_2" }], {}, {}, exporter);
    expect(result).toEqual({ counters: { read: 6, written: 5, rejected: 0 }, files: ["HR_0.csv", "HR_1.csv", "HR_2.csv"] });
    expect(written("HR_0.csv")).toBe("id,site\n1,DE_1\n2,FR_1\n");
    expect(written("HR_2.csv")).toBe("id,site\n1,DE_1\n");
    expect(outputs().filter((name) => name.endsWith(".csv"))).toEqual(["HR_0.csv", "HR_1.csv", "HR_2.csv", "OTHER.csv"]);
    await expect(run([{ ...isGerman, table: "HR_9" }], {}, {}, exporter)).rejects.toMatchObject({ code: "SRC_TRANSFORMATION_TABLE" });
    // What HR_1 is called after may be the connection of that name: it is left alone.
    expect(outputs().filter((name) => name.endsWith(".csv"))).toEqual(["HR_1.csv", "OTHER.csv"]);
  });

  test("of an incremental export a row that no longer matches is deleted", async () => {
    put(`command,${header}insert,1,a,b,DE_1,\nupdate,2,a,b,FR_1,\ndelete,3,,,,\n`);
    await run([isGerman], { PathIncremental: "hr.csv" }, { mode: "incremental" });
    expect(written()).toBe(`command,${header}insert,1,a,b,DE_1,\ndelete,2,a,b,FR_1,\ndelete,3,,,,\n`);
  });
});

describe("bad rows", () => {
  test("stop the task by file and line", async () => {
    put(`${header}1,a,b,DE_1,31/12/2026\n2,a,b,DE_1,2026-12-31\n`);
    await expect(run(all)).rejects.toMatchObject({
      code: "DATA_TRANSFORMATION_VALUE",
      place: { file: "HR.csv", line: 3 },
      message: expect.stringContaining('"2026-12-31" is not a date written as dd/MM/yyyy'),
    });
    expect(outputs()).toEqual([]);
  });

  test("or are set aside with those of the export; what steps would have written is left empty", async () => {
    put(`${header}1,a,b,DE_1,31/12/2026\n2,c,d,DE_1,soon\n3,x\n4,e,f,FR_1,never\n`);
    const result = await run(all, { OnRowError: "SetAside" });
    expect(result).toEqual({ counters: { read: 4, written: 1, rejected: 2 }, files: ["HR.csv"] });
    expect(written()).toBe("id,first,last,site,end,full\n1,a,b,DE_1,01/01/2027,a b\n");
    const rejected = parse(written("HR.rejected.csv"), { relax_column_count: true }) as string[][];
    expect(rejected.map(([line, , ...fields]) => [line, ...fields])).toEqual([
      ["line", "id", "first", "last", "site", "end", "full"],
      ["4", "3", "x"],
      ["3", "2", "c", "d", "DE_1", "", "c d"],
    ]);
    expect(readManifest(join(output, "HR.csv"))?.rows).toBe(1);
  });
});

describe("whole or not at all", () => {
  const former = async (): Promise<void> => {
    put(`${header}1,a,b,DE_1,31/12/2026\n`);
    await run(all, { OnRowError: "SetAside" });
    expect(outputs()).toEqual(["HR.csv", "HR.csv.manifest.json", "HR.rejected.csv"]);
  };

  test("a failure of the export or of the steps leaves nothing, not even what was there before", async () => {
    for (const [content, code] of [
      [`${header}1,a,b,DE_1,31/12/2026\n2\n`, "DATA_FIELD_COUNT"],
      ["id,site\n1,DE_1\n", "DATA_TRANSFORMATION_COLUMN"],
      ["", "SRC_FILE_EMPTY"],
    ] as const) {
      await former();
      put(content);
      await expect(run(all)).rejects.toMatchObject({ code });
      expect(outputs()).toEqual([]);
    }
    await former();
    await expect(run([...all, { ...isGerman, table: "HR_x" }])).rejects.toMatchObject({
      code: "SRC_TRANSFORMATION_TABLE",
      message: expect.stringContaining("it wrote HR.csv"),
    });
    expect(outputs()).toEqual([]);
    await former();
    await expect(run(all, { OnRowError: "no" })).rejects.toMatchObject({ code: "SRC_SETTING_INVALID" });
    expect(outputs()).toEqual([]);
  });

  test("killed before any call of the file system: no file of the export is ever taken for a transformed one", async () => {
    const apart = join(output, ".HR.export");
    const names = ["HR_0.csv", "HR_1.csv"];
    const input: TransformInput = {
      connection: "HR",
      inputFolder: apart,
      outputFolder: output,
      files: names,
      transformations: [{ ...isGerman, table: "HR_0" }],
      isIncremental: false,
      onRowError: "SetAside",
    };
    const exported = (): void => {
      for (const name of outputs()) rmSync(join(output, name), { recursive: true });
      for (const name of names)
        exportCsv(
          { ...exportRequest(root, { Path: "hr.csv", OnRowError: "SetAside" }), connection: name.slice(0, -4), outputFolder: apart },
          tools,
        );
    };
    put(`${header}1,a,b,DE_1,\n2,a,b,FR_1,\n3\n`);
    exported();
    transformFiles(input, tools);
    const whole = new Map([...names, "HR_0.rejected.csv", "HR_1.rejected.csv"].map((name) => [name, written(name)]));
    expect(whole.get("HR_0.csv")).toBe(`${header}1,a,b,DE_1,\n`);
    let survived = 0;
    let published = 0;
    for (exported(); killedAfter(survived, () => transformFiles(input, tools)); survived++) {
      for (const name of names) {
        const path = join(output, name);
        if (!existsSync(path)) continue;
        published++;
        expect(written(name)).toBe(whole.get(name));
        expect(readManifest(path)?.bytes).toBe(whole.get(name)?.length);
        expect(written(name.replace(".csv", ".rejected.csv"))).toBe(whole.get(name.replace(".csv", ".rejected.csv")));
      }
      exported();
    }
    expect(survived).toBeGreaterThan(20);
    expect(published).toBeGreaterThan(2);
  });
});

test("the packages of connections are transformed, too, in their threads", async () => {
  put(`${header}1,a,b,DE_1,\n2,a,b,FR_1,\n`);
  const exporter = connectorPackages.get("CSV")?.exporter;
  if (exporter === undefined) throw new Error("there is no CSV");
  expect(await run([isGerman], {}, {}, exporter)).toEqual({ counters: { read: 2, written: 1, rejected: 0 }, files: ["HR.csv"] });
  const stopped = exportConnection(
    { exporter, request: exportRequest(root, { Path: "hr.csv" }), transformations: [isGerman], connections: ["HR"] },
    AbortSignal.abort(),
    () => {},
  ).catch((error: SluiceError) => error.code);
  expect(await stopped).toBe("SYNC_STOPPED");
  expect(outputs()).toEqual([]);
});
