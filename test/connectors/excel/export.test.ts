import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { writeXlsx } from "hucre/xlsx";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exportExcel } from "../../../src/connectors/excel/export.js";
import { connectorPackages, type ExportRequest, type ExportResult } from "../../../src/connectors/index.js";
import { SluiceError } from "../../../src/errors/index.js";
import { readManifest } from "../../../src/sync/index.js";
import { exportRequest, makeFolder } from "../with-folder.js";
import { type Part, relationships, row, type WorkbookText, workbookParts, zip } from "./workbook-file.js";

let root = "";
let output = "";
beforeEach(() => {
  root = makeFolder();
  output = join(root, "ExportOutput");
});
afterEach(() => rmSync(root, { recursive: true }));

const put = (content: Uint8Array, name = "hr.xlsx"): void => writeFileSync(join(root, name), content);
const putText = (text: WorkbookText, changed: Record<string, string | Part> = {}): void => put(zip({ ...workbookParts(text), ...changed }));
const run = (
  settings: Record<string, unknown> = {},
  more: Partial<ExportRequest> = {},
  checkStop: () => void = () => {},
): Promise<ExportResult> =>
  exportExcel({ ...exportRequest(root, { Path: "hr.xlsx", ...settings }), ...more }, { checkStop, onProgress: () => {} });
const written = (name = "HR_0.csv"): string => readFileSync(join(output, name), "utf8");
const outputs = (): string[] => readdirSync(output).sort();
const errorOf = async (settings: Record<string, unknown> = {}, more: Partial<ExportRequest> = {}): Promise<SluiceError> => {
  const result = await run(settings, more).catch((error: unknown) => error);
  if (result instanceof SluiceError) return result;
  throw result instanceof Error ? result : new Error("it ended well");
};

describe("sheets that the spreadsheet library wrote", () => {
  test("texts, numbers, booleans and dates, by shared and by inline strings, of both date systems", async () => {
    const text = fc.constantFrom("", "a", "007", "O'Brien", "Zoë 😀", "a,b", 'q"q', "two\nlines", " padded ", "=1+1", "<&>", "2026-01-01");
    const date = fc.integer({ min: 0, max: 90_000 }).map((hours) => new Date(Date.UTC(1990, 0, 1) + hours * 3_600_000));
    const number = fc.tuple(fc.integer(), fc.constantFrom(1, 3, 10, 1_000)).map(([value, by]) => value / by);
    const cell = fc.oneof(text, number, fc.boolean(), date, fc.constant(null));
    const shown = (value: unknown): string => {
      if (value instanceof Date)
        return value
          .toISOString()
          .replace(/\.000Z$/, "")
          .replace(/T00:00:00$/, "");
      if (typeof value !== "number") return value === null ? "" : String(value);
      return String(Number(value.toPrecision(15)));
    };
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { maxLength: 12 }),
        fc.constantFrom("shared" as const, "inline" as const),
        fc.constantFrom("1900" as const, "1904" as const),
        async (rows, stringMode, dateSystem) => {
          put(await writeXlsx({ sheets: [{ name: "People", rows: [["id", "b c", "ü"], ...rows] }], stringMode, dateSystem }));
          const { counters } = await run();
          const kept = rows.map((cells) => cells.map(shown)).filter((cells) => cells.some((value) => value !== ""));
          expect(parse(written())).toEqual([["id", "b c", "ü"], ...kept]);
          expect(written()).toBe(stringify(parse(written()), { quote_record_delimiter: true }));
          expect(counters).toEqual({ read: kept.length, written: kept.length, rejected: 0 });
        },
      ),
      { numRuns: 60 },
    );
  });

  test("one file a sheet by its position, hidden ones too, each with its manifest", async () => {
    const sheets = ["A", "B", "C"].map((name) => ({ name, rows: [["id"], [name]], hidden: name === "B" }));
    put(await writeXlsx({ sheets }));
    expect((await run()).files).toEqual(["HR_0.csv", "HR_1.csv", "HR_2.csv"]);
    expect(["HR_0.csv", "HR_1.csv", "HR_2.csv"].map(written)).toEqual(["id\nA\n", "id\nB\n", "id\nC\n"]);
    expect(readManifest(join(output, "HR_2.csv"))).toMatchObject({
      jobInstance: 3,
      taskInstance: 9,
      mode: "complete",
      rows: 1,
      bytes: 5,
      sha256: createHash("sha256").update(written("HR_2.csv")).digest("hex"),
      source: join(root, "hr.xlsx"),
    });
  });

  test("ignored sheets leave gaps, lines are skipped by sheet", async () => {
    const rows = [["made by X"], ["id"], ["1"]];
    put(await writeXlsx({ sheets: ["A", "B", "C"].map((name) => ({ name, rows })) }));
    const SheetOptions = [{ SheetIgnored: false, NumberOfLinesToSkip: 1 }, { SheetIgnored: "true" }];
    expect((await run({ SheetOptions })).files).toEqual(["HR_0.csv", "HR_2.csv"]);
    expect([written(), written("HR_2.csv")]).toEqual(["id\n1\n", "made by X\nid\n1\n"]);
    expect((await run({ SheetOptions, NumberOfLinesToSkip: 1 })).files).toEqual(["HR_0.csv", "HR_2.csv"]);
    expect(written("HR_2.csv")).toBe("id\n1\n");
    await run({ SheetOptions: [{ SheetIgnored: true }] });
    expect(outputs()).toEqual(["HR_1.csv", "HR_1.csv.manifest.json", "HR_2.csv", "HR_2.csv.manifest.json"]);
  });
});

describe("cells", () => {
  const cells = async (text: WorkbookText, settings: Record<string, unknown> = {}): Promise<string[][]> => {
    putText(text);
    await run(settings);
    return parse(written(), { relax_column_count: true });
  };

  test("rich text is joined, how it is read aloud left out; escapes of characters that XML has not are undone", async () => {
    const strings = [
      "<si><t>id</t></si>",
      '<si><r><rPr><b/></rPr><t>Ja</t></r><r><t xml:space="preserve"> ne</t></r><rPh sb="0" eb="1"><t>YOMI</t></rPh><phoneticPr fontId="1"/></si>',
      "<si><t>a_x000D_\nb_x005F_x0041_ &amp;&#233;&#x1F600;</t></si>",
      "<si><t/></si>",
      "<si><t><![CDATA[<raw>]]></t></si>",
    ];
    const c = (n: number): string => `<c t="s"><v>${n}</v></c>`;
    const inline = '<c t="inlineStr"><is><r><t>in</t></r><r><t>line</t></r><rPh sb="0" eb="1"><t>X</t></rPh></is></c>';
    const sheets = [row(1, c(0), "n") + [1, 2, 3, 4].map((n, i) => row(i + 2, c(n), "x")).join("") + row(6, inline, "x")];
    expect((await cells({ sheets, strings })).map(([id]) => id)).toEqual(["id", "Ja ne", "a\r\nb_x0041_ &é😀", "", "<raw>", "inline"]);
  });

  test("formulas give the value that was computed last; booleans, dates as text", async () => {
    const sheets = [
      row(1, "id", "n", "b", "d") +
        row(
          2,
          '<c t="str"><f>A1&amp;"x"</f><v>idx</v></c>',
          "<c><f>1/3</f><v>0.33333333333333331</v></c>",
          '<c t="b"><f>TRUE</f><v>1</v></c>',
          '<c t="d"><v>2026-01-02T03:04:05.500Z</v></c>',
        ) +
        row(3, '<c t="str"><f>""</f></c>', "<c><v>1E3</v></c>", '<c t="b"><v>0</v></c>', '<c t="d"><v>2026-01-02T00:00:00</v></c>'),
    ];
    expect((await cells({ sheets })).slice(1)).toEqual([
      ["idx", "0.333333333333333", "true", "2026-01-02T03:04:05"],
      ["", "1000", "false", "2026-01-02"],
    ]);
  });

  test("dates by their format, in both systems, whatever the time zone of the machine", async () => {
    const formats = ["dd/mm/yyyy", "0.00", "hh:mm", "[h]:mm", '0" d"', "[$-407]d. mmmm yyyy"];
    const sheets = [
      row(1, "a", "b", "c", "d", "e", "f") +
        row(2, ...[45_000.5, 45_000.5, 0.25, 1.25, 3, 45_000].map((value, i) => `<c s="${i + 1}"><v>${value}</v></c>`)),
    ];
    const zone = process.env.TZ;
    process.env.TZ = "Pacific/Auckland";
    try {
      expect((await cells({ sheets, formats }))[1]).toEqual(["2023-03-15T12:00:00", "45000.5", "06:00:00", "30:00:00", "3", "2023-03-15"]);
      expect((await cells({ sheets, formats, is1904: true }))[1]?.slice(0, 3)).toEqual(["2027-03-16T12:00:00", "45000.5", "06:00:00"]);
    } finally {
      if (zone === undefined) delete process.env.TZ;
      else process.env.TZ = zone;
    }
  });

  test("empty rows and columns without a name are left out, wherever they stand; merged cells have their value once", async () => {
    const sheets = [
      `<row r="1"><c r="B1" t="inlineStr"><is><t>id</t></is></c><c r="D1" t="inlineStr"><is><t>n</t></is></c></row>` +
        `<row r="2" spans="1:4"><c r="A2" s="0"/></row><row r="3"><c r="A3" t="inlineStr"><is><t>remark</t></is></c></row>` +
        `<row r="5"><c r="B5"><v>1</v></c><c r="AA5" t="e"><v>#REF!</v></c></row><row r="6"><c r="B6" s="0"/><c r="D6"><v>2</v></c></row>` +
        `<row r="1048576"><c r="XFD1048576" s="0"/></row>`,
    ];
    putText({ sheets });
    expect((await run()).counters).toEqual({ read: 2, written: 2, rejected: 0 });
    expect(written()).toBe("id,n\n1,\n,2\n");
  });

  test("characters are cut from both ends, of headers too", async () => {
    expect(
      await cells({ sheets: [row(1, "$id%", " n ") + row(2, "$%ab$%", " x ") + row(3, " ", "%")] }, { ValuesToTrim: ["$", "%", " "] }),
    ).toEqual([
      ["id", "n"],
      ["ab$", "x"],
    ]);
  });

  test("the strict form, prefixes, UTF-16, comments, parts in any place", async () => {
    const strict = "http://purl.oclc.org/ooxml";
    const sheet = `\ufeff<?xml version="1.0" encoding="UTF-16"?><!-- c --><x:worksheet xmlns:x="${strict}/spreadsheetml/main"><x:sheetData><x:row><x:c t='inlineStr'><x:is><x:t>i<!-- > -->d</x:t></x:is></x:c></x:row><x:row><x:c a=">"><x:v>5</x:v></x:c></x:row></x:sheetData></x:worksheet>`;
    putText(
      { sheets: [row(1, "unused")] },
      {
        "XL/Workbook.xml": `<workbook xmlns:q="x"><sheets><sheet q:id="z" sheetId="1" name="S"/></sheets></workbook>`,
        "xl/_rels/Workbook.xml.rels": `<Relationships><Relationship Target="../data/S.xml" Type="${strict}/officeDocument/relationships/worksheet" Id="z"/></Relationships>`,
        "data/s.xml": { content: Buffer.from(sheet, "utf16le"), method: 0 },
        "xl/workbook.xml": { content: "" },
      },
    );
    // Two parts whose names differ in case only are one too many.
    expect((await errorOf()).code).toBe("SRC_WORKBOOK_DAMAGED");
    const parts = workbookParts({ sheets: [row(1, "unused")] });
    delete parts["xl/workbook.xml"];
    delete parts["xl/_rels/workbook.xml.rels"];
    put(
      zip({
        ...parts,
        "XL/Workbook.xml": `<workbook xmlns:q="x"><sheets><sheet q:id="z" sheetId="1" name="S"/></sheets></workbook>`,
        "xl/_rels/Workbook.xml.rels": `<Relationships><Relationship Target="../data/S.xml" Type="${strict}/officeDocument/relationships/worksheet" Id="z"/></Relationships>`,
        "data/s.xml": { content: Buffer.from(sheet, "utf16le"), method: 0 },
      }),
    );
    await run();
    expect(written()).toBe("id\n5\n");
  });

  test("chart sheets have a position and no file, sheets without values none either", async () => {
    const parts = workbookParts({ sheets: ["", row(1, "chart"), row(1, "id") + row(2, "1")] });
    const rels = String(parts["xl/_rels/workbook.xml.rels"]).replace(/worksheet("[^>]*sheet2)/, "chartsheet$1");
    put(zip({ ...parts, "xl/_rels/workbook.xml.rels": rels }));
    expect((await run()).files).toEqual(["HR_2.csv"]);
    putText({ sheets: ["", ""] });
    expect((await errorOf()).code).toBe("SRC_FILE_EMPTY");
  });
});

describe("bad rows", () => {
  const header = row(1, "id", "n");
  for (const [name, cell, problem] of [
    ["an error", '<c r="B3" t="e"><f>1/0</f><v>#DIV/0!</v></c>', "the error #DIV/0!"],
    ["a formula that was never computed", '<c r="B3"><f>A1</f></c>', "never computed"],
    ["a day that never was", '<c r="B3" s="1"><v>60</v></c>', "no calendar"],
    ["a date before all", '<c r="B3" s="1"><v>-5</v></c>', "no calendar"],
    ["no number", '<c r="B3"><v>1,5</v></c>', "no number"],
    ["a text that is not there", '<c r="B3" t="s"><v>7</v></c>', "does not have"],
    ["NUL", '<c r="B3" t="str"><v>a_x0000_b</v></c>', "NUL"],
    ["half a character", '<c r="B3" t="str"><v>_xD83D_</v></c>', "half a character"],
    ["no date", '<c r="B3" t="d"><v>2026-02-30</v></c>', "no calendar"],
  ] as const) {
    test(`${name}: by file, sheet and cell, or set aside with what could be read`, async () => {
      putText({ sheets: [header + row(2, "1", "a") + row(3, "2", cell) + row(4, "3", "c")], formats: ["d/m/yy"], strings: [] });
      const error = await errorOf();
      expect(error).toMatchObject({
        code: "DATA_CELL",
        place: { file: join(root, "hr.xlsx"), line: 3 },
        parameters: { sheet: "Sheet 1", cell: "B3" },
      });
      expect(error.message).toContain(problem);
      expect(outputs()).toEqual([]);
      expect((await run({ OnRowError: "SetAside" })).counters).toEqual({ read: 3, written: 2, rejected: 1 });
      expect(written()).toBe("id,n\n1,a\n3,c\n");
      expect(parse(written("HR_0.rejected.csv"))).toEqual([
        ["line", "reason", "id", "n"],
        ["3", error.message, "2", ""],
      ]);
      expect(readManifest(join(output, "HR_0.csv"))?.rows).toBe(2);
    });
  }

  test("headers are never set aside", async () => {
    putText({ sheets: [row(1, "id", '<c t="e"><v>#N/A</v></c>') + row(2, "1", "2")] });
    expect(await errorOf({ OnRowError: "SetAside" })).toMatchObject({ code: "DATA_CELL", parameters: { cell: "B1" } });
    putText({ sheets: [row(2, "id") + row(3, "1")] });
    const error = await errorOf();
    expect(error).toMatchObject({ code: "DATA_HEADER_MISSING", place: { line: 1 } });
    expect(error.message).toContain('sheet "Sheet 1", row 1');
    expect((await errorOf({ NumberOfLinesToSkip: 7 })).code).toBe("DATA_HEADER_MISSING");
  });
});

describe("files that are no good", () => {
  const good = (): Record<string, string | Part> => workbookParts({ sheets: [row(1, "id") + row(2, "1")] });
  const sheetPart = "xl/worksheets/sheet1.xml";

  test("other formats are named", async () => {
    const compound = (stream: string): Buffer => {
      const bytes = Buffer.alloc(2048);
      Buffer.from("d0cf11e0a1b11ae1", "hex").copy(bytes);
      bytes.writeUInt16LE(9, 30);
      bytes.writeUInt32LE(1, 48);
      bytes.write(stream, 1024 + 128, "utf16le");
      return bytes;
    };
    for (const [bytes, code, said] of [
      [compound("Workbook"), "SRC_WORKBOOK_FORMAT", "(.xls): open it in the spreadsheet program and save it as .xlsx"],
      [compound("EncryptedPackage"), "SRC_WORKBOOK_ENCRYPTED", "without a password"],
      [Buffer.from("id;name\n1;a\n"), "SRC_WORKBOOK_FORMAT", "no Excel workbook"],
      [zip({ mimetype: "x", "content.xml": "<a/>" }), "SRC_WORKBOOK_FORMAT", "OpenDocument"],
      [zip({ "a.txt": "x" }), "SRC_WORKBOOK_FORMAT", "no workbook"],
      [zip({ "_rels/.rels": relationships({ a: ["officeDocument", "xl/workbook.bin"] }) }), "SRC_WORKBOOK_FORMAT", ".xlsb"],
      [
        zip({ "_rels/.rels": relationships({ a: ["officeDocument", "w.xml"] }), "w.xml": "<document/>" }),
        "SRC_WORKBOOK_FORMAT",
        "without sheets",
      ],
      [zip({ ...good(), [sheetPart]: { content: "<worksheet/>", flags: 1 } }), "SRC_WORKBOOK_ENCRYPTED", "encrypted"],
      [
        await writeXlsx({ sheets: [{ name: "A", rows: [["id"]] }], encryption: { password: "p", spinCount: 10 } }),
        "SRC_WORKBOOK_ENCRYPTED",
        "",
      ],
    ] as const) {
      put(bytes);
      const error = await errorOf();
      expect(error).toMatchObject({ code, place: { file: join(root, "hr.xlsx") } });
      expect(error.message).toContain(said);
    }
    put(Buffer.alloc(0));
    expect((await errorOf()).code).toBe("SRC_FILE_EMPTY");
    expect((await errorOf({ Path: "none.xlsx" })).code).toBe("SRC_FILE_MISSING");
  });

  test("damage is found, wherever it is", async () => {
    const sheet = String(good()[sheetPart]);
    const changed = (part: string, content: string | Part): Buffer => zip({ ...good(), [part]: content });
    const without = (part: string): Buffer => {
      const parts = good();
      delete parts[part];
      return zip(parts);
    };
    const whole = zip(good());
    const scrambled = Buffer.from(whole);
    scrambled.fill(0x55, whole.indexOf(sheetPart) + sheetPart.length + 20, whole.indexOf(sheetPart) + sheetPart.length + 40);
    for (const [bytes, said] of [
      [whole.subarray(0, whole.length - 30), "cut off"],
      [Buffer.concat([Buffer.from("PK"), whole.subarray(100)]), "beyond the end"],
      [scrambled, "Sheet 1"],
      [without("xl/workbook.xml"), "xl/workbook.xml: the part is missing"],
      [without(sheetPart), "the part is missing"],
      [without("xl/styles.xml"), "the part is missing"],
      [changed(sheetPart, { content: sheet, checksum: 1 }), "checksum"],
      [changed(sheetPart, { content: sheet, size: 5 }), "checksum"],
      [changed(sheetPart, { content: sheet, method: 12 }), "unknown method"],
      [changed(sheetPart, sheet.slice(0, -30)), "ends too early"],
      [changed(sheetPart, sheet.slice(0, sheet.indexOf("</row>"))), "ends too early"],
      [changed(sheetPart, sheet.replace("</row>", "</col>")), "closed by"],
      [changed(sheetPart, `${sheet}<more/>`), "behind its end"],
      [changed(sheetPart, `<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]>${sheet}`), "document type"],
      [changed(sheetPart, sheet.replace(">id<", ">&nbsp;<")), "&nbsp;"],
      [changed(sheetPart, { content: Buffer.from(sheet.replace(">id<", ">\xe9<"), "latin1") }), "no text"],
      [changed(sheetPart, sheet.replace('r="2"', 'r="1"')), "stands behind row 1"],
      [changed(sheetPart, sheet.replace('r="2"', 'r="9999999"')), "stands behind row 1"],
      [changed(sheetPart, sheet.replace("<c ", '<c r="12" ')), "names no cell"],
      [changed(sheetPart, sheet.replace("<c ", '<c r="ZZZ1" ')), "16384 columns"],
      [changed("xl/workbook.xml", String(good()["xl/workbook.xml"]).replace("rId1", "rId9")), "leads to no part"],
    ] as const) {
      put(bytes);
      const error = await errorOf();
      expect(error, said).toMatchObject({ code: "SRC_WORKBOOK_DAMAGED", parameters: { file: join(root, "hr.xlsx") } });
      expect(error.message).toContain(said);
      expect(outputs()).toEqual([]);
    }
  });

  test("what unpacks without end is refused before it does", async () => {
    put(zip({ ...good(), [sheetPart]: { content: `<a>${`<!--${" ".repeat(99_993)}-->`.repeat(700)}</a>` } }));
    expect((await errorOf()).message).toContain("400 times its size");
    put(zip({ ...good(), [sheetPart]: { content: "x", size: 0xfffffff0 } }));
    expect((await errorOf()).code).toBe("SRC_WORKBOOK_DAMAGED");
    put(zip({ ...good(), [sheetPart]: `<worksheet>${"<a>".repeat(200)}` }));
    expect((await errorOf()).message).toContain("within each other");
    put(zip({ ...good(), [sheetPart]: `<worksheet><a b="${"x".repeat(5_000_000)}"/></worksheet>` }));
    expect((await errorOf()).message).toContain("longer than");
  });
});

describe("fresh output only", () => {
  const former = async (): Promise<void> => {
    putText({ sheets: [row(1, "id") + row(2, "1"), row(1, "id") + row(2, "2")] });
    await run({ OnRowError: "SetAside" });
    expect(outputs().length).toBe(6);
  };

  test("a failure leaves nothing of this connection, and what others wrote", async () => {
    mkdirSync(output);
    for (const name of ["HR_x.csv", "HR.csv", "HRM_0.csv", "HR_0_1.csv"]) writeFileSync(join(output, name), "id\n");
    putText({ sheets: [row(1, "id") + row(2, "1")] });
    await run();
    await errorOf({ Path: "none.xlsx" });
    expect(outputs()).toEqual(["HRM_0.csv", "HR.csv", "HR_0_1.csv", "HR_x.csv"].sort());
  });

  test("the second sheet fails: the first has no file either", async () => {
    await former();
    putText({ sheets: [row(1, "id") + row(2, "1"), row(1, "id") + row(2, '<c t="e"><v>#N/A</v></c>')] });
    expect(await errorOf()).toMatchObject({ code: "DATA_CELL", parameters: { sheet: "Sheet 2", cell: "A2" } });
    expect(outputs()).toEqual([]);
  });

  test("a source that changes while it is read, a folder that cannot be written, a stop", async () => {
    await former();
    const stopped = new Error("stopped");
    await expect(
      run({}, {}, () => {
        throw stopped;
      }),
    ).rejects.toBe(stopped);
    expect(outputs()).toEqual([]);
    await former();
    await expect(run({}, {}, () => writeFileSync(join(root, "hr.xlsx"), "x", { flag: "a" }))).rejects.toMatchObject({
      code: "SRC_FILE_CHANGED",
    });
    expect(outputs()).toEqual([]);
    for (const blocked of [".HR_1.csv.tmp", ".HR_1.csv.manifest.json.tmp", ".HR_0.rejected.csv.tmp"]) {
      await former();
      mkdirSync(join(output, blocked));
      expect((await errorOf({ OnRowError: "SetAside" })).code, blocked).toBe("SRC_WRITE_FAILED");
      rmSync(join(output, blocked), { recursive: true, force: true });
      expect(outputs()).toEqual([]);
    }
  });
});

describe("package Excel", () => {
  const excel = connectorPackages.get("Excel");
  const { signal } = new AbortController();

  test("exports in a thread: result, errors, stop", async () => {
    putText({ sheets: [row(1, "id") + row(2, "1")] });
    const request = exportRequest(root, { Path: "hr.xlsx" });
    expect(await excel?.exporter?.export(request, signal, () => {})).toEqual({
      counters: { read: 1, written: 1, rejected: 0 },
      files: ["HR_0.csv"],
    });
    expect(written()).toBe("id\n1\n");
    await expect(excel?.exporter?.export({ ...request, mode: "incremental" }, signal, () => {})).rejects.toMatchObject({
      code: "SRC_PATH_INCREMENTAL_MISSING",
    });
    await expect(excel?.exporter?.export(request, AbortSignal.abort(), () => {})).rejects.toMatchObject({ code: "SYNC_STOPPED" });
    expect(outputs()).toEqual([]);
  });

  test("a look tells the columns of each sheet that would be exported, and writes nothing", async () => {
    putText({ sheets: [row(1, "x") + row(2, "id", "n"), row(1, "hidden"), "", row(1, "k") + row(2, '<c t="e"><v>#N/A</v></c>')] });
    const settings = { PathIncremental: "hr.xlsx", SheetOptions: [{ NumberOfLinesToSkip: 1 }, { SheetIgnored: true }] };
    const view = await excel?.viewer?.look(exportRequest(root, settings));
    expect(view).toMatchObject({
      source: join(root, "hr.xlsx"),
      columns: ["id", "n"],
      tables: [
        { table: "HR_0", columns: ["id", "n"] },
        { table: "HR_3", columns: ["k"] },
      ],
    });
    expect(readdirSync(root)).toEqual(["hr.xlsx"]);
    mkdirSync(join(root, "folder"));
    await expect(excel?.viewer?.look(exportRequest(root, { Path: "folder" }))).rejects.toMatchObject({ code: "SRC_FILE_UNREADABLE" });
  });

  test("settings that cannot be are refused by name", async () => {
    putText({ sheets: [row(1, "id")] });
    for (const wrong of [
      { SheetOptions: {} },
      { SheetOptions: [1] },
      { SheetOptions: [{ SheetIgnored: "maybe" }] },
      { SheetOptions: [{ NumberOfLinesToSkip: -1 }] },
      { SheetOptions: [{ SheetIgnore: true }] },
      { OnRowError: "x" },
      { NumberOfLinesToSkip: 1.5 },
    ]) {
      expect(await errorOf(wrong), JSON.stringify(wrong)).toMatchObject({ code: "SRC_SETTING_INVALID", exit: 64 });
    }
  });
});
