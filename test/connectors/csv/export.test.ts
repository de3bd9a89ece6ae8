import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import iconv from "iconv-lite";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { exportCsv } from "../../../src/connectors/csv/export.js";
import { connectorPackages, type ExportRequest, type ExportResult } from "../../../src/connectors/index.js";
import { SluiceError } from "../../../src/errors/index.js";

const scratch = existsSync("/dev/shm") ? "/dev/shm" : tmpdir();
let root = "";
let output = "";
beforeEach(() => {
  root = mkdtempSync(join(scratch, "export-"));
  output = join(root, "ExportOutput");
});
afterEach(() => rmSync(root, { recursive: true }));

const request = (settings: Record<string, unknown>): ExportRequest => ({
  connection: "HR",
  settings: { Path: "hr.csv", ...settings },
  workspace: root,
  sourcesRootPaths: [],
  outputFolder: output,
  mode: "complete",
  forceComplete: false,
  cookies: null,
  newCookies: join(root, "cookies"),
  jobInstance: 3,
  taskInstance: 9,
});
const put = (content: string | Uint8Array, name = "hr.csv"): void => writeFileSync(join(root, name), content);
const run = (settings: Record<string, unknown> = {}, more: Partial<ExportRequest> = {}, checkStop: () => void = () => {}): ExportResult =>
  exportCsv({ ...request(settings), ...more }, { checkStop, onProgress: () => {} });
const written = (name = "HR.csv"): string => readFileSync(join(output, name), "utf8");
const errorOf = (settings: Record<string, unknown> = {}, more: Partial<ExportRequest> = {}): SluiceError => {
  try {
    run(settings, more);
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("it ended well");
};

describe("canonical form", () => {
  test("from any separator, line end, quoting style and encoding is what csv-stringify writes of what csv-parse reads", () => {
    const cell = fc.constantFrom(
      "",
      "a",
      "O'Brien",
      "Zoë",
      "007",
      "von der Leyen",
      "a,b",
      "a;b",
      'q"q',
      "two\nlines",
      "cr\rlf\r\n",
      "\ttab",
      "€",
    );
    fc.assert(
      fc.property(
        fc.array(fc.array(cell, { minLength: 3, maxLength: 3 }), { maxLength: 15 }),
        fc.constantFrom(",", ";", "\t", "|", "~"),
        fc.constantFrom("\n", "\r\n", "\r"),
        fc.boolean(),
        fc.constantFrom("UTF-8", "utf8", "windows-1252", "UTF-16", "utf-16le", "utf-16be", "iso-8859-15"),
        fc.boolean(),
        (rows, delimiter, record_delimiter, quoted, encoding, bom) => {
          const text = stringify([["id", "b c", "ü"], ...rows], { delimiter, record_delimiter, quoted, quote_record_delimiter: true });
          put(iconv.encode(text, encoding === "UTF-16" ? "utf-16le" : encoding, { addBOM: bom && /utf/i.test(encoding) }));
          const result = run({ Separator: delimiter === "\t" ? "\\t" : delimiter, Encoding: encoding });
          const parsed = parse(text, { delimiter, record_delimiter: ["\r\n", "\n", "\r"] });
          expect(written()).toBe(stringify(parsed, { quote_record_delimiter: true }));
          expect(result).toEqual({ counters: { read: rows.length, written: rows.length, rejected: 0 }, files: ["HR.csv"] });
        },
      ),
      { numRuns: 150 },
    );
  });

  test("encodings read as what they are called", () => {
    for (const [encoding, text] of [
      ["shift_jis", "漢字"],
      ["gb18030", "汉字"],
      ["windows-1252", "€uro"],
      ["cp850", "Zoë"],
      ["koi8-r", "Привет"],
      ["utf-32le", "😀"],
    ] as const) {
      put(iconv.encode(`id,n\n1,${text}\n`, encoding));
      run({ Encoding: encoding });
      expect(written()).toBe(`id,n\n1,${text}\n`);
    }
  });

  test("characters over the borders of what is read at a time", () => {
    const text = `id,n\n${Array.from({ length: 20_000 }, (_, i) => `${i},😀é漢${"x".repeat(i % 7)}\n`).join("")}`;
    for (const encoding of ["utf-16le", "utf-16be", "gb18030"]) {
      put(iconv.encode(text, encoding));
      run({ Encoding: encoding });
      expect(written()).toBe(text);
    }
  });

  test("lines before the header are skipped, characters trimmed one after the other", () => {
    put('made by X\r\non Monday\n$id%,n\n$%ab$%,$$x$\n"$a,b$",%\n');
    run({ NumberOfLinesToSkip: 2, ValuesToTrim: ["$", "%"] });
    expect(written()).toBe('id,n\nab$,x\n"a,b",\n');
  });

  test("trimming may take away what had to be quoted", () => {
    put('id,n\n"a,","b"\n');
    run({ ValuesToTrim: [","] });
    expect(written()).toBe("id,n\na,b\n");
  });

  test("a header alone is fine", () => {
    put("id,n");
    expect(run().counters).toEqual({ read: 0, written: 0, rejected: 0 });
    expect(written()).toBe("id,n\n");
  });

  test("long stretches of canonical text with a foreign row now and then", () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => (i % 9_000 === 8 ? `"${i}",x\r\n` : `${i},"a,${i}"\n`));
    put(`id,n\n${rows.join("")}`);
    run();
    expect(written()).toBe(`id,n\n${rows.map((row, i) => (row.endsWith("\r\n") ? `${i},x\n` : row)).join("")}`);
  });
});

describe("the manifest", () => {
  test("says what was written from what", () => {
    put("id,n\n1,a\n2,b\n");
    utimesSync(join(root, "hr.csv"), 1_700_000_000, 1_700_000_000);
    run();
    expect(JSON.parse(written("HR.csv.manifest.json"))).toEqual({
      format: 1,
      jobInstance: 3,
      taskInstance: 9,
      mode: "complete",
      rows: 2,
      bytes: 13,
      sha256: createHash("sha256").update(written()).digest("hex"),
      source: join(root, "hr.csv"),
      sourceSize: 13,
      sourceModified: "2023-11-14T22:13:20.000Z",
    });
  });
});

describe("fresh input only", () => {
  const former = (): void => {
    put("id,n\n1,a\n");
    run({ OnRowError: "SetAside" });
    expect(readdirSync(output).sort()).toEqual(["HR.csv", "HR.csv.manifest.json", "HR.rejected.csv"]);
  };

  test("a failure leaves nothing, not even what was there before", () => {
    for (const [content, settings] of [
      ["id,n\n1,a\n2\n", {}],
      ["", {}],
      ["id,n\n1,a\n", { Path: "nowhere.csv" }],
      ["id,n\n1,a\n", { Separator: "ab" }],
      ["id,n\n1,a\n", { Path: null }],
    ] as const) {
      former();
      put(content);
      errorOf(settings);
      expect(readdirSync(output)).toEqual([]);
    }
  });

  test("a source that changes while it is read", () => {
    former();
    expect(() => run({}, {}, () => put("id,n\n1,a\n2,b\n"))).toThrow(expect.objectContaining({ code: "SRC_FILE_CHANGED" }));
    expect(() => run({}, {}, () => utimesSync(join(root, "hr.csv"), 5, 5))).toThrow(expect.objectContaining({ code: "SRC_FILE_CHANGED" }));
    expect(() => run({}, {}, () => rmSync(join(root, "hr.csv")))).toThrow(expect.objectContaining({ code: "SRC_FILE_CHANGED" }));
    expect(readdirSync(output)).toEqual([]);
  });

  test("whatever cannot be written: no file appears under its final name", () => {
    for (const blocked of [".HR.csv.tmp", ".HR.csv.manifest.json.tmp", ".HR.rejected.csv.tmp"]) {
      former();
      mkdirSync(join(output, blocked));
      expect(errorOf({ OnRowError: "SetAside" }).code, blocked).toBe("SRC_WRITE_FAILED");
      rmSync(join(output, blocked), { recursive: true, force: true });
      expect(readdirSync(output)).toEqual([]);
    }
    former();
    expect(() =>
      run({}, {}, () => {
        throw new Error("killed");
      }),
    ).toThrow("killed");
    expect(readdirSync(output)).toEqual([]);
  });
});

describe("sources", () => {
  test("missing, unreadable, zero-byte: by name", () => {
    expect(errorOf({ Path: "nowhere.csv" })).toMatchObject({ code: "SRC_FILE_MISSING", parameters: { file: join(root, "nowhere.csv") } });
    mkdirSync(join(root, "folder"));
    expect(errorOf({ Path: "folder" }).code).toBe("SRC_FILE_UNREADABLE");
    put("");
    expect(errorOf()).toMatchObject({ code: "SRC_FILE_EMPTY" });
    put("\ufeff");
    expect(errorOf()).toMatchObject({ code: "DATA_HEADER_MISSING" });
  });

  test.skipIf(process.getuid?.() === 0 || process.platform === "win32")("without permission to read", () => {
    put("id\n1\n");
    chmodSync(join(root, "hr.csv"), 0);
    expect(errorOf().code).toBe("SRC_FILE_UNREADABLE");
  });

  test("stay below SourcesRootPaths, symbolic links followed", () => {
    mkdirSync(join(root, "in"));
    mkdirSync(join(root, "out"));
    put("id\n1\n", "in/a.csv");
    put("id\n1\n", "out/a.csv");
    symlinkSync(join(root, "out", "a.csv"), join(root, "in", "link.csv"));
    symlinkSync(join(root, "in"), join(root, "alias"));
    const roots = { sourcesRootPaths: [join(root, "in")] };
    expect(run({ Path: "in/a.csv" }, roots).counters.read).toBe(1);
    expect(run({ Path: "alias/a.csv" }, { sourcesRootPaths: [join(root, "alias")] }).counters.read).toBe(1);
    for (const path of ["out/a.csv", "in/../out/a.csv", "in/link.csv", "out/none.csv", "in", join(root, "inside.csv")]) {
      expect(errorOf({ Path: path }, roots).code, path).toBe("SRC_OUTSIDE_ROOTS");
    }
    expect(errorOf({ Path: "in/none.csv" }, roots).code).toBe("SRC_FILE_MISSING");
  });
});

describe("which file is read", () => {
  const paths = { Path: "full.csv", PathIncremental: "changes.csv" };
  beforeEach(() => {
    put("id,n\n1,a\n2,b\n", "full.csv");
    put("Command,id,n\ndelete,2,\n", "changes.csv");
  });

  test("the full one of a complete export, the changes of an incremental one, commands as they are", () => {
    run(paths);
    expect(written()).toBe("id,n\n1,a\n2,b\n");
    run(paths, { mode: "incremental" });
    expect(written()).toBe("Command,id,n\ndelete,2,\n");
    expect(JSON.parse(written("HR.csv.manifest.json"))).toMatchObject({ mode: "incremental", source: join(root, "changes.csv") });
  });

  test("without the one that is asked for the error says what to do, and no older output stays", () => {
    for (const [settings, more, code] of [
      [{ Path: null, PathIncremental: "changes.csv" }, {}, "SRC_PATH_MISSING"],
      [{ Path: " " }, {}, "SRC_PATH_MISSING"],
      [{ Path: null }, { forceComplete: true }, "SRC_PATH_MISSING"],
      [{ Path: "full.csv" }, { mode: "incremental" }, "SRC_PATH_INCREMENTAL_MISSING"],
      [{ Path: "full.csv" }, { mode: "incremental", forceComplete: true }, "SRC_PATH_INCREMENTAL_MISSING"],
    ] as const) {
      run(paths);
      const error = errorOf(settings, more);
      expect(error.code).toBe(code);
      expect(error.message).toContain('IgnoreCookieFile="1"');
      expect(readdirSync(output)).toEqual([]);
    }
  });

  test("forced complete: the changes where there is no full file", () => {
    run({ Path: null, PathIncremental: "changes.csv" }, { forceComplete: true });
    expect(written()).toBe("Command,id,n\ndelete,2,\n");
    run(paths, { forceComplete: true });
    expect(written()).toBe("id,n\n1,a\n2,b\n");
  });
});

describe("a file name by pattern", () => {
  const isFileNameRegex = { IsFileNameRegex: true };
  beforeEach(() => mkdirSync(join(root, "in")));

  test("the whole name has to match, folders are not looked into", () => {
    put("id\n1\n", "in/badge_20260101.csv");
    put("id\n2\n", "in/badge_20260101.csv.bak");
    put("id\n3\n", "in/old_badge_20260101.csv");
    mkdirSync(join(root, "in", "badge_folder.csv"));
    run({ Path: "in/badge_(.*?).csv", ...isFileNameRegex });
    expect(written()).toBe("id\n1\n");
    expect(JSON.parse(written("HR.csv.manifest.json")).source).toBe(join(root, "in", "badge_20260101.csv"));
    run({ Path: "hr\\d*\\.csv", ...isFileNameRegex, PathIncremental: "in/old.*" }, { mode: "incremental" });
    expect(written()).toBe("id\n3\n");
  });

  test("of several the one created last is read", () => {
    // Times of creation cannot be set: files are made until one has another time than the first.
    put("id\nfirst\n", "in/b0.csv");
    const createdOf = (name: string): bigint => statSync(join(root, "in", name), { bigint: true }).birthtimeNs;
    let last = 0;
    do put("id\nlater\n", `in/a${++last}.csv`);
    while (createdOf(`a${last}.csv`) === createdOf("b0.csv") && last < 100_000);
    utimesSync(join(root, "in", "b0.csv"), Date.now() / 1000 + 60, Date.now() / 1000 + 60);
    const isKnown = createdOf("b0.csv") > 0n;
    run({ Path: "in/[ab]\\d+\\.csv", ...isFileNameRegex });
    expect(written()).toBe(isKnown ? "id\nlater\n" : "id\nfirst\n");
  });

  test("no match says where, what and what is there", () => {
    expect(errorOf({ Path: "in/x.*", ...isFileNameRegex }).message).toContain("there is no file");
    for (const name of ["e", "d", "c", "b", "a", "f"]) put("id\n", `in/${name}.csv`);
    const error = errorOf({ Path: "in/x.*", ...isFileNameRegex });
    expect(error).toMatchObject({ code: "SRC_NO_FILE_MATCHES", parameters: { folder: join(root, "in"), pattern: "x.*" } });
    expect(error.message).toContain("there are a.csv, b.csv, c.csv, d.csv, e.csv and 1 more");
    expect(errorOf({ Path: "nowhere/x.*", ...isFileNameRegex }).message).toContain("the folder does not exist");
  });

  test("a pattern that cannot be followed is refused, one that would run for ever does not", () => {
    put("id\n1\n", `in/${"a".repeat(200)}.csv`);
    expect(errorOf({ Path: "in/(?=a).*", ...isFileNameRegex })).toMatchObject({ code: "SRC_PATTERN_INVALID", exit: 64 });
    expect(errorOf({ Path: "in/((a+)+)+b", ...isFileNameRegex }).code).toBe("SRC_NO_FILE_MATCHES");
  });

  test("stays below SourcesRootPaths: the folder, and where a link in it leads", () => {
    mkdirSync(join(root, "out"));
    put("id\n1\n", "in/a.csv");
    put("id\n2\n", "out/b.csv");
    const roots = { sourcesRootPaths: [join(root, "in")] };
    expect(run({ Path: "in/.*", ...isFileNameRegex }, roots).counters.read).toBe(1);
    expect(errorOf({ Path: "out/.*", ...isFileNameRegex }, roots).code).toBe("SRC_OUTSIDE_ROOTS");
    expect(errorOf({ Path: "in/../.*", ...isFileNameRegex }, roots).code).toBe("SRC_OUTSIDE_ROOTS");
    symlinkSync(join(root, "out", "b.csv"), join(root, "in", "link.csv"));
    symlinkSync(join(root, "out"), join(root, "in", "junction"));
    expect(errorOf({ Path: "in/link.*", ...isFileNameRegex }, roots).code).toBe("SRC_OUTSIDE_ROOTS");
    expect(errorOf({ Path: "in/junction/.*", ...isFileNameRegex }, roots).code).toBe("SRC_OUTSIDE_ROOTS");
  });
});

describe("settings", () => {
  test("keys ignore case; numbers may be text, as environment variables are", () => {
    put("x\nid;n\n1;a\n");
    run({ separator: ";", NUMBEROFLINESTOSKIP: "1" });
    expect(written()).toBe("id,n\n1,a\n");
  });

  test("what cannot be is refused by name", () => {
    put("id,n\n1,a\n");
    for (const wrong of [
      { Separator: "" },
      { Separator: '"' },
      { Separator: "\n" },
      { Separator: "§" },
      { Separator: 5 },
      { NumberOfLinesToSkip: -1 },
      { NumberOfLinesToSkip: 1.5 },
      { ValuesToTrim: "$" },
      { ValuesToTrim: [""] },
      { OnRowError: "Ignore" },
      { Path: 7 },
    ]) {
      expect(errorOf(wrong)).toMatchObject({
        code: "SRC_SETTING_INVALID",
        exit: 64,
        parameters: { connection: "HR", setting: Object.keys(wrong)[0] },
      });
    }
    expect(errorOf({ Encoding: "klingon" }).code).toBe("SRC_ENCODING_UNKNOWN");
    expect(errorOf({ IsFileNameRegex: "perhaps" }).code).toBe("SRC_SETTING_INVALID");
    expect(run({ IsFileNameRegex: false }).counters.read).toBe(1);
  });
});

describe("bad rows", () => {
  const cases: [string, string | Uint8Array, Record<string, unknown>, string, number][] = [
    ["too many fields", "id,n\n1,a\n2,b,c\n", {}, "DATA_FIELD_COUNT", 3],
    ["too few fields", "id,n\n1\n2,b\n", {}, "DATA_FIELD_COUNT", 2],
    ["cut off", "id,n\n1,a\n2", {}, "DATA_CUT_OFF", 3],
    ["a stray quote, lines skipped counted", 'x\nid,n\n1,a"\n', { NumberOfLinesToSkip: 1 }, "DATA_QUOTE_STRAY", 3],
    ["a quote that is not closed", 'id,n\n1,"a\n', {}, "DATA_QUOTE_NOT_CLOSED", 2],
    ["NUL", "id,n\n1,a\0\n", {}, "DATA_NUL", 2],
    ["UTF-16 taken for UTF-8", Buffer.from("id,n\n1,a\n", "utf16le"), {}, "DATA_NUL", 1],
    ["windows-1252 taken for UTF-8", iconv.encode("id,n\n1,a\n2,é\n", "windows-1252"), {}, "DATA_ENCODING", 3],
    [
      "half a character at the end of UTF-16",
      Buffer.concat([iconv.encode("id,n\n1,a\n2,b", "utf-16le"), Buffer.of(0x41)]),
      { Encoding: "utf-16" },
      "DATA_ENCODING",
      3,
    ],
    ["an unpaired surrogate", iconv.encode("id,n\n1,\ud800x\n", "utf-16le"), { Encoding: "utf-16" }, "DATA_ENCODING", 2],
    [
      "bytes that shift_jis has not",
      Buffer.concat([Buffer.from("id,n\n1,"), Buffer.of(0xff, 0x0a)]),
      { Encoding: "shift_jis" },
      "DATA_ENCODING",
      2,
    ],
  ];
  for (const [name, content, settings, code, line] of cases) {
    test(`${name}: ${code}`, () => {
      put(content);
      expect(errorOf(settings)).toMatchObject({ code, place: { file: join(root, "hr.csv"), line } });
    });
  }

  test("a wrong separator is guessed", () => {
    put("id;n;m\n1;a,b;c\n");
    expect(errorOf().message).toContain("`;`");
    put("id\tn\n1,5\t2\n");
    expect(errorOf().message).toContain("a tab");
  });

  test("set aside: line, reason and fields, counted; the others are written", () => {
    put(Buffer.concat([Buffer.from('id,n\n1,a\n2\n3,b,c\n4,d"d\n5,'), Buffer.of(0xe9), Buffer.from("\n6,f\n")]));
    const result = run({ OnRowError: "setaside" });
    expect(result.counters).toEqual({ read: 6, written: 2, rejected: 4 });
    expect(written()).toBe("id,n\n1,a\n6,f\n");
    const rejected = parse(written("HR.rejected.csv"), { relax_column_count: true }) as string[][];
    expect(rejected.map((row) => [row[0], ...row.slice(2)])).toEqual([
      ["line", "id", "n"],
      ["3", "2"],
      ["4", "3", "b", "c"],
      ["5", "4"],
      ["6", "5", "\ufffd"],
    ]);
    expect(JSON.parse(written("HR.csv.manifest.json")).rows).toBe(2);
  });

  test("never set aside: a file that ends too early, a row over several lines", () => {
    for (const text of ["id,n\n1,a\n2", 'id,n\n1,"a\n2,b\n', 'id,n\n1,"a\n2,b"x\n3,c\n']) {
      put(text);
      errorOf({ OnRowError: "SetAside" });
      expect(readdirSync(output)).toEqual([]);
    }
  });

  test("a quote that is not closed, and a row of nothing but separators, in bounded memory", () => {
    put(`id,n\n1,"${"x\n".repeat(9 * 1024 * 1024)}`);
    expect(errorOf({ OnRowError: "SetAside" })).toMatchObject({ code: "DATA_RECORD_TOO_LARGE", place: { line: 2 } });
    put(`id,n\n${",".repeat(5 * 1024 * 1024)}\n`);
    expect(errorOf()).toMatchObject({ code: "DATA_RECORD_TOO_LARGE" });
  });
});

describe("package CSV", () => {
  const exporter = connectorPackages.get("CSV")?.exporter;

  test("exports in a thread: result, errors, stop", async () => {
    put("id;n\n1;a\n");
    const signal = new AbortController().signal;
    expect(await exporter?.export(request({ Separator: ";" }), signal, () => {})).toEqual({
      counters: { read: 1, written: 1, rejected: 0 },
      files: ["HR.csv"],
    });
    expect(written()).toBe("id,n\n1,a\n");
    await expect(exporter?.export(request({ Path: "none" }), signal, () => {})).rejects.toMatchObject({ code: "SRC_FILE_MISSING" });
    await expect(exporter?.export(request({}), AbortSignal.abort(), () => {})).rejects.toMatchObject({ code: "SYNC_STOPPED" });
    expect(readdirSync(output)).toEqual([]);
  });
});
