import { mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SluiceError } from "../../../src/errors/index.js";
import { prepareInWorker } from "../../../src/sync/index.js";
import {
  association,
  associationMapping,
  collected,
  entityMapping,
  entityType,
  errorRows,
  type Folders,
  folders,
  put,
  rowsOf,
  run,
  type Setup,
  textOf,
} from "./fixture.js";

let at: Folders;
beforeEach(() => {
  at = folders();
});
afterEach(() => at.remove());

const person = entityType("Person", ["id", "name", "age:Int32"]);
const people: Setup = { types: [person], entityMappings: [entityMapping(person, "HR")] };
const aside: Setup = { ...people, onRowError: "SetAside" };

/** The error that a run ends with. */
const errorOf = (setup: Setup): SluiceError => {
  try {
    run(at, setup);
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("it ended well");
};

describe("files", () => {
  test("a mapped file that is absent is named with its mapping", () => {
    const error = errorOf(people);
    expect(error.code).toBe("SRC_MAPPED_FILE_MISSING");
    expect(error.message).toContain("HR.csv");
    expect(error.message).toContain("Person");
  });

  test("a zero-byte file is no file without rows; a header alone is", () => {
    put(at, "HR.csv", "");
    expect(errorOf(people).code).toBe("SRC_FILE_EMPTY");
    put(at, "HR.csv", "id,name,age\n");
    expect(run(at, people).counters).toMatchObject({ read: 0, written: 0 });
    expect(collected(at)).toEqual(["Person.duplicates.csv", "Person.nullpk.csv", "Person.sorted.csv"]);
    for (const name of collected(at)) expect(textOf(at, name)).toBe("id,name,age\n");
  });

  test("something that is no file", () => {
    mkdirSync(join(at.input, "HR.csv"));
    expect(errorOf(people).code).toBe("SRC_FILE_UNREADABLE");
  });

  test("the table's name is found in another case", () => {
    put(at, "hr.CSV", "id,name,age\n1,a,2\n");
    expect(run(at, people).counters.written).toBe(1);
  });

  test("a file that changes while it is read", () => {
    put(at, "HR.csv", "id,name,age\n1,a,2\n");
    expect(() => run(at, people, () => utimesSync(join(at.input, "HR.csv"), 1, 1))).toThrow(
      expect.objectContaining({ code: "SRC_FILE_CHANGED" }),
    );
    expect(() => run(at, people, () => put(at, "HR.csv", "id,name,age\n1,a,2\n2,b,3\n"))).toThrow(
      expect.objectContaining({ code: "SRC_FILE_CHANGED" }),
    );
  });

  test("a manifest of another file, or no manifest at all", () => {
    const manifest = {
      format: 1,
      jobInstance: 1,
      taskInstance: 1,
      rows: 1,
      bytes: 18,
      sha256: "",
      source: "",
      sourceSize: 1,
      sourceModified: "",
    };
    put(at, "HR.csv", "id,name,age\n1,a,2\n");
    put(at, "HR.csv.manifest.json", JSON.stringify(manifest));
    expect(run(at, people).counters.written).toBe(1);
    for (const wrong of [JSON.stringify({ ...manifest, bytes: 19 }), JSON.stringify({ ...manifest, rows: 2 }), "{", "{}"]) {
      put(at, "HR.csv.manifest.json", wrong);
      expect(errorOf(people).code).toBe("SRC_MANIFEST_INVALID");
    }
  });

  test("files of a former run are gone when a run fails", () => {
    put(at, "HR.csv", "id,name,age\n1,a,2\n");
    run(at, people);
    writeFileSync(join(at.collect, "Person.sorted.delta"), "x");
    put(at, "HR.csv", "id,name,age\n1,a\n");
    expect(errorOf(people).code).toBe("DATA_FIELD_COUNT");
    expect(collected(at)).toEqual([]);
  });

  test("stopped by its caller, it leaves nothing half-written", () => {
    put(at, "HR.csv", `id,name,age\n${Array.from({ length: 40_000 }, (_, i) => `${i},name ${i},7\n`).join("")}`);
    let looks = 0;
    const stop = (): void => {
      if (++looks === 3) throw new SluiceError("SYNC_STOPPED", { step: "preparing" });
    };
    expect(() => run(at, people, stop)).toThrow(expect.objectContaining({ code: "SYNC_STOPPED" }));
    expect(collected(at)).toEqual([]);
  });

  test("a folder that cannot be written to is named", () => {
    put(at, "HR.csv", "id,name,age\n1,a,2\n");
    mkdirSync(join(at.collect, ".Person.sorted.csv.tmp"), { recursive: true });
    const error = errorOf(people);
    expect(error.code).toBe("SRC_WRITE_FAILED");
    expect(error.message).toContain("Person.sorted.csv");
    expect(collected(at)).toEqual([".Person.sorted.csv.tmp"]);
  });

  test("what a killed run left behind is removed", () => {
    put(at, "HR.csv", "id,name,age\n1,a,2\n");
    run(at, people);
    for (const name of [".Person.runs", ".Person.runs.2", ".Person.sorted.csv.tmp", ".PersonX.runs", ".Person.errors.csv.tmp"])
      writeFileSync(join(at.collect, name), "x");
    run(at, people);
    // The last is one that the preparation of a connector Person may be writing.
    expect(collected(at)).toEqual([
      ".Person.errors.csv.tmp",
      ".PersonX.runs",
      "Person.duplicates.csv",
      "Person.nullpk.csv",
      "Person.sorted.csv",
    ]);
  });
});

describe("headers", () => {
  test("lacks a mapped column: named before any row is read", () => {
    put(at, "HR.csv", "id,Name,age\n1\n");
    const error = errorOf(people);
    expect(error).toMatchObject({ code: "DATA_COLUMN_MISSING", place: { file: "HR.csv", line: 1 } });
    expect(error.message).toContain('no column "name"');
    expect(error.message).toContain('"Name"');
  });

  test("names one twice; twice an unmapped one does no harm", () => {
    put(at, "HR.csv", "id,name,name,age\n1\n");
    expect(errorOf(people).code).toBe("DATA_COLUMN_REPEATED");
    put(at, "HR.csv", "id,x,name,x,age\n1,_,a,_,2\n");
    expect(run(at, people).counters.written).toBe(1);
  });

  test("looks separated by something else", () => {
    put(at, "HR.csv", "id;name;age\n1;a;2\n");
    expect(errorOf(people).message).toContain("`;`");
  });
});

describe("rows", () => {
  const cases: [string, string, string, number][] = [
    ["too many fields", "id,name,age\n1,a,2\n2,b,3,4\n", "DATA_FIELD_COUNT", 3],
    ["too few fields", "id,name,age\n1,a,2\n2,b\n3,c,4\n", "DATA_FIELD_COUNT", 3],
    ["an empty line", "id,name,age\n\n1,a,2\n", "DATA_FIELD_COUNT", 2],
    ["a last row cut off", "id,name,age\n1,a,2\n2,b", "DATA_CUT_OFF", 3],
    ["a stray quote", 'id,name,age\n1,a"b,2\n', "DATA_QUOTE_STRAY", 2],
    ["text behind a closing quote", 'id,name,age\n1,"a"b,2\n', "DATA_QUOTE_STRAY", 2],
    ["a quote that is not closed", 'id,name,age\n1,"a,2\n2,b,3\n', "DATA_QUOTE_NOT_CLOSED", 2],
    ["NUL", "id,name,age\n1,a\0,2\n", "DATA_NUL", 2],
    ["a value of the wrong type", "id,name,age\n1,a,2\n2,b,old\n", "DATA_VALUE_TYPE", 3],
    ["a value too long for its slot", `id,name,age\n1,${"x".repeat(443)},2\n`, "DATA_VALUE_TOO_LONG", 2],
  ];
  for (const [name, text, code, line] of cases) {
    test(`${name}: ${code} with file and line`, () => {
      put(at, "HR.csv", text);
      expect(errorOf(people)).toMatchObject({ code, place: { file: "HR.csv", line } });
    });
  }

  test("an invalid byte: with its place in the file", () => {
    put(at, "HR.csv", Buffer.concat([Buffer.from("id,name,age\n1,a,2\n2,b"), Buffer.of(0xe9), Buffer.from(",3\n")]));
    const error = errorOf(people);
    expect(error).toMatchObject({ code: "DATA_ENCODING", place: { file: "HR.csv", line: 3 }, parameters: { offset: 21 } });
  });

  test("a row of no end is refused in bounded memory", () => {
    put(at, "HR.csv", `id,name,age\n1,"${"x".repeat(17 * 1024 * 1024)}",2\n`);
    expect(errorOf(aside)).toMatchObject({ code: "DATA_RECORD_TOO_LARGE", place: { line: 2 } });
  });

  test("characters count, not bytes: 442 emoji halves fit, one more does not", () => {
    put(at, "HR.csv", `id,name,age\n1,${"😀".repeat(221)},2\n2,${"漢".repeat(442)},2\n`);
    expect(run(at, people).counters.written).toBe(2);
    put(at, "HR.csv", `id,name,age\n1,${"😀".repeat(221)}a,2\n`);
    expect(errorOf(people)).toMatchObject({ code: "DATA_VALUE_TOO_LONG", parameters: { length: 443, maximum: 442 } });
  });

  test("what an error shows of a value is cut to 60 characters", () => {
    put(at, "HR.csv", `id,name,age\n1,${"y".repeat(500)},2\n`);
    expect(errorOf(people).parameters).toMatchObject({ property: "name", value: `${"y".repeat(60)}…` });
  });
});

describe("rows set aside", () => {
  test("are written with their key, counted, and named in errors.csv; the others are loaded", () => {
    put(at, "HR.csv", 'id,name,age\n3,c,3\n2,b\n1,a,old\n4,d,4,4\n5,e"e,5\n"k,6",f,x\n');
    const result = run(at, aside);
    expect(result.counters).toMatchObject({ read: 6, written: 1, rejected: 5 });
    expect(rowsOf(at, "Person.sorted.csv")).toEqual([
      ["id", "name", "age"],
      ["3", "c", "3"],
    ]);
    const rejected = rowsOf(at, "Person.rejected.csv");
    expect(rejected.map(([key, line]) => [key, line])).toEqual([
      ["id", "line"],
      ["2", "3"],
      ["1", "4"],
      ["4", "5"],
      ["5", "6"],
      ["k,6", "7"],
    ]);
    expect(rejected[2]?.slice(3)).toEqual(["age", "old"]);
    expect(result.files.map(({ name, content, rows }) => [name, content, rows])).toEqual([
      ["Person.sorted.csv", "sorted", 1],
      ["Person.rejected.csv", "rejected", 5],
    ]);
    expect(errorRows(at).map(([file, row, key]) => [file, row, key])).toEqual([
      ["HR.csv", "3", "2"],
      ["HR.csv", "4", "1"],
      ["HR.csv", "5", "4"],
      ["HR.csv", "6", "5"],
      ["HR.csv", "7", "k,6"],
    ]);
  });

  test("never without a key, over several lines, or where the file ends too early", () => {
    put(at, "HR.csv", "id,name,age\n,a\n");
    expect(errorOf(aside)).toMatchObject({ code: "DATA_REJECTED_WITHOUT_KEY", place: { line: 2 } });
    put(at, "HR.csv", 'id,name,age\n1,"a\n2,b\n3",4,5\n');
    expect(errorOf(aside).code).toBe("DATA_FIELD_COUNT");
    put(at, "HR.csv", 'id,name,age\n1,a,2\n2,"b\n3,c"x,4\n');
    expect(errorOf(aside).code).toBe("DATA_QUOTE_STRAY");
    put(at, "HR.csv", "id,name,age\n1,a,2\n2,b");
    expect(errorOf(aside).code).toBe("DATA_CUT_OFF");
    put(at, "HR.csv", 'id,name,age\n1,"a,2\n2,b,3\n');
    expect(errorOf(aside).code).toBe("DATA_QUOTE_NOT_CLOSED");
  });

  test("by the export: their keys are taken over, whatever OnRowError says here", () => {
    put(at, "HR.csv", "id,name,age\n1,a,2\n");
    put(at, "HR.rejected.csv", "line,reason,id,name,age\n7,too long,9,b\n");
    const result = run(at, people);
    expect(result.counters).toMatchObject({ read: 1, written: 1, rejected: 1 });
    expect(rowsOf(at, "Person.rejected.csv")[1]?.slice(0, 2)).toEqual(["9", "7"]);
    put(at, "HR.rejected.csv", "line,reason,id,name,age\n7,too long\n");
    expect(errorOf(people)).toMatchObject({ code: "DATA_REJECTED_WITHOUT_KEY", place: { file: "HR.csv", line: 7 } });
    put(at, "HR.rejected.csv", "line,reason,id,name,age\n7,no text,b\ufffd,c\n");
    expect(errorOf(people).code).toBe("DATA_REJECTED_WITHOUT_KEY");
  });

  test("keys are kept in the form that is stored", () => {
    const entry = entityType("Entry", ["guid:Guid", "n:Int32"]);
    put(at, "AD.csv", "n,guid\nx,0F8FAD5B-D9CB-469F-A165-70867728950E\n");
    run(at, { types: [entry], entityMappings: [entityMapping(entry, "AD")], onRowError: "SetAside" });
    expect(rowsOf(at, "Entry.rejected.csv")[1]?.[0]).toBe("0f8fad5bd9cb469fa16570867728950e");
  });
});

describe("duplicates, null keys, near-equal keys", () => {
  test("the first in file order stays; side files, counts, errors.csv", () => {
    put(at, "HR.csv", "age,id,name\n1,b,first\n2,,none\n3,a,a\n4,b,second\n5,b,third\n");
    const result = run(at, people);
    expect(result.counters).toMatchObject({ read: 5, written: 2, duplicates: 2, nullKeys: 1 });
    expect(textOf(at, "Person.sorted.csv")).toBe("id,name,age\na,a,3\nb,first,1\n");
    expect(textOf(at, "Person.duplicates.csv")).toBe("id,name,age\nb,second,4\nb,third,5\n");
    expect(textOf(at, "Person.nullpk.csv")).toBe("id,name,age\n,none,2\n");
    expect(errorRows(at).map((row) => row.slice(0, 4))).toEqual([
      ["HR.csv", "3", "", "id"],
      ["HR.csv", "5", "b", "id"],
      ["HR.csv", "6", "b", "id"],
    ]);
  });

  test("keys that differ only in blanks, case or Unicode form are all loaded, counted and named", () => {
    const keys = [
      "K1",
      "K1 ",
      "a",
      "a\t",
      "\uff5e",
      "\u{1f600}",
      "é",
      "e\u0301",
      "ß",
      "SS",
      "ı",
      "I",
      "O'Brien",
      "von der Leyen",
      "007",
      "7",
      "É",
    ];
    put(at, "HR.csv", `id,name,age\n${keys.map((key) => `${key},n,1\n`).join("")}`);
    const result = run(at, people);
    expect(
      rowsOf(at, "Person.sorted.csv")
        .slice(1)
        .map(([key]) => key),
    ).toEqual([...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(result.counters.written).toBe(keys.length);
    // K1, a, é/É/e+acute, ß/SS, ı/I
    expect(result.nearEqualKeys).toBe(11);
    const named = errorRows(at).map(([, , key, , near]) => [key, near].sort());
    expect(named).toContainEqual(["K1", "K1 "]);
    expect(named).toContainEqual(["SS", "ß"]);
    expect(named).toHaveLength(6);
  });
});

describe("values", () => {
  const types: [string, [string, string | null][]][] = [
    [
      "Byte",
      [
        ["0", "0"],
        ["255", "255"],
        ["256", null],
        ["-1", null],
      ],
    ],
    [
      "Int16",
      [
        ["-32768", "-32768"],
        ["32767", "32767"],
        ["32768", null],
        ["+5", "5"],
        ["007", "7"],
        ["-0", "0"],
      ],
    ],
    [
      "Int32",
      [
        ["2147483647", "2147483647"],
        ["2147483648", null],
        ["1.0", null],
        ["1 ", null],
        ["1,000", null],
      ],
    ],
    [
      "Int64",
      [
        ["9223372036854775807", "9223372036854775807"],
        ["9223372036854775808", null],
        ["9".repeat(100), null],
      ],
    ],
    [
      "Double",
      [
        ["1.50", "1.50"],
        ["+1e3", "1e3"],
        ["1,5", null],
        ["NaN", null],
        ["1e999", null],
        [".5", ".5"],
      ],
    ],
    [
      "Bool",
      [
        ["true", "true"],
        ["False", "false"],
        ["1", "true"],
        ["0", "false"],
        ["yes", null],
        ["", ""],
      ],
    ],
    [
      "Guid",
      [
        ["0F8FAD5B-D9CB-469F-A165-70867728950E", "0f8fad5bd9cb469fa16570867728950e"],
        ["0f8fad5bd9cb469fa16570867728950e", "0f8fad5bd9cb469fa16570867728950e"],
        ["0f8fad5bd9cb469fa16570867728950", null],
        ["0f8fad5b-d9cb-469f-a165-70867728950g", null],
        ["0f8fad5bd-9cb-469f-a165-70867728950e", null],
      ],
    ],
    [
      "DateTime",
      [
        ["20200929220000", "20200929220000"],
        ["2020-09-29T22:00:00Z", "20200929220000"],
        ["2020-09-29T22:00:00.123+02:00", "20200929200000"],
        ["2020-09-29T23:30-0530", "20200930050000"],
        ["2020-09-29", "20200929000000"],
        ["2020-09-29 22:15", "20200929221500"],
        ["20200229000000", "20200229000000"],
        ["20210229000000", null],
        ["20200929240000", null],
        ["29.09.2020", null],
        ["2020-09-29T22:00:00+99:00", null],
      ],
    ],
    [
      "Bytes",
      [
        ["AAEC", "AAEC"],
        ["AA==", "AA=="],
        ["AA=", null],
        ["A*==", null],
      ],
    ],
    [
      "String",
      [
        [" as is ", " as is "],
        ["007", "007"],
      ],
    ],
    ["Option", [["x", "x"]]],
  ];
  for (const [type, values] of types) {
    test(type, () => {
      const thing = entityType("Thing", ["id", `v:${type}`]);
      const setup: Setup = { types: [thing], entityMappings: [entityMapping(thing, "C")] };
      for (const [value, stored] of values) {
        put(at, "C.csv", `id,v\nk,"${value}"\n`);
        if (stored === null) expect(errorOf(setup), value).toMatchObject({ code: "DATA_VALUE_TYPE", parameters: { property: "v" } });
        else {
          run(at, setup);
          expect(rowsOf(at, "Thing.sorted.csv")[1]).toEqual(["k", stored]);
        }
      }
    });
  }

  test("wide slots take 4000 characters, keys 442", () => {
    const thing = entityType("Thing", ["id@-1", "v@0"]);
    const setup: Setup = { types: [thing], entityMappings: [entityMapping(thing, "C")] };
    put(at, "C.csv", `id,v\n${"k".repeat(442)},${"v".repeat(4000)}\n`);
    expect(run(at, setup).counters.written).toBe(1);
    put(at, "C.csv", `id,v\nk,${"v".repeat(4001)}\n`);
    expect(errorOf(setup)).toMatchObject({ parameters: { property: "v", maximum: 4000 } });
    put(at, "C.csv", `id,v\n${"k".repeat(443)},v\n`);
    expect(errorOf(setup)).toMatchObject({ parameters: { property: "id", maximum: 442 } });
  });

  test("one column for two properties, types and quotes mixed in one row", () => {
    const thing = entityType("Thing", ["id:Guid", "text", "again", "flag:Bool"]);
    const mapping = entityMapping(thing, "C");
    const [key, ...others] = mapping.properties;
    const setup: Setup = {
      types: [thing],
      entityMappings: [{ ...mapping, properties: [key, ...others.map((p) => (p.property === "again" ? { ...p, column: "text" } : p))] }],
    };
    put(at, "C.csv", 'flag,text,id\nTRUE,"a ""b"", c",0F8FAD5B-D9CB-469F-A165-70867728950E\n');
    run(at, setup);
    expect(rowsOf(at, "Thing.sorted.csv")[1]).toEqual(["0f8fad5bd9cb469fa16570867728950e", 'a "b", c', 'a "b", c', "true"]);
  });
});

describe("links", () => {
  const user = entityType("User", ["guid:Guid", "dn", "manager"]);
  const mapping = entityMapping(user, "AD", ["guid", "dn"]);
  const guid = (n: number): string => `00000000-0000-0000-0000-${String(n).padStart(12, "0")}`;
  const hex = (n: number): string => String(n).padStart(32, "0");

  test("of an entries file follow its rows: a duplicate, a null key and a row set aside give none", () => {
    const manages = association("Manages", "User", true, "User", false);
    put(at, "AD.csv", `guid,dn,manager\n${guid(1)},a,\n${guid(2)},b,a\n${guid(2)},b2,a\n,c,a\n${guid(3)},d,a,x\n`);
    const result = run(at, {
      types: [user],
      associations: [manages],
      entityMappings: [mapping],
      linkMappings: [associationMapping(manages, "AD", "manager", "dn", "dn", "dn")],
      onRowError: "SetAside",
    });
    expect(rowsOf(at, "Manages.sorted.csv")).toEqual([
      ["manager", "dn"],
      ["a", "b"],
    ]);
    expect(result.counters).toMatchObject({ written: 3, duplicates: 1, nullKeys: 1, rejected: 1 });
    // What is no link because its row is none is named once, with its row.
    expect(errorRows(at).map(([, row]) => row)).toEqual(["5", "6", "4"]);
  });

  test("keys are converted as the property they name", () => {
    const members = association("Members", "User", true, "User", true);
    put(at, "AD.csv", `guid,dn,manager\n${guid(1)},a,\n`);
    put(at, "AD_members.csv", `g,m\n${guid(1)},${guid(2).toUpperCase()}\n${guid(1)},${hex(2)}\n`);
    const result = run(at, {
      types: [user],
      associations: [members],
      entityMappings: [mapping],
      linkMappings: [associationMapping(members, "AD_members", "g", "m", "guid", "guid")],
    });
    expect(rowsOf(at, "Members.sorted.csv")).toEqual([
      ["g", "m"],
      [hex(1), hex(2)],
    ]);
    expect(result.counters.duplicates).toBe(1);
  });

  test("of a row whose link cannot be read: the row is set aside with its entity", () => {
    const manages = association("Manages", "User", true, "User", false);
    put(at, "AD.csv", `guid,dn,manager\n${guid(1)},a,${guid(9)}\n${guid(2)},b,nobody\n`);
    const result = run(at, {
      types: [user],
      associations: [manages],
      entityMappings: [mapping],
      linkMappings: [associationMapping(manages, "AD", "manager", "guid", "guid", "guid")],
      onRowError: "SetAside",
    });
    expect(rowsOf(at, "User.sorted.csv")).toHaveLength(2);
    expect(rowsOf(at, "User.rejected.csv")[1]?.[0]).toBe(hex(2));
    expect(result.files.map(({ name }) => name)).toEqual(["User.sorted.csv", "User.rejected.csv", "Manages.sorted.csv"]);
  });

  test("a mono-valued side keeps the first in file order; a value of several lines is one link each", () => {
    const manages = association("Manages", "User", true, "User", false);
    put(at, "L.csv", 'boss,dn\n"z\na",x\ny,x\na,w\na,w\nb,\n');
    const result = run(at, {
      types: [user],
      associations: [manages],
      linkMappings: [associationMapping(manages, "L", "boss", "dn", "dn", "dn")],
    });
    expect(rowsOf(at, "Manages.sorted.csv")).toEqual([
      ["boss", "dn"],
      ["a", "w"],
      ["z", "x"],
    ]);
    expect(rowsOf(at, "Manages.duplicates.csv").slice(1).sort()).toEqual([
      ["a", "w"],
      ["a", "x"],
      ["y", "x"],
    ]);
    expect(rowsOf(at, "Manages.nullpk.csv")).toEqual([
      ["boss", "dn"],
      ["b", ""],
    ]);
    expect(result.counters).toMatchObject({ read: 5, written: 2, duplicates: 1, conflictingDuplicates: 2, nullKeys: 1 });
  });

  test("of a link file are set aside with both keys, or not at all", () => {
    const members = association("Members", "User", true, "User", true);
    const setup: Setup = {
      types: [user],
      associations: [members],
      linkMappings: [associationMapping(members, "L", "g", "m", "dn", "dn")],
      onRowError: "SetAside",
    };
    put(at, "L.csv", "g,m\na,b,c\nd,e\n");
    run(at, setup);
    expect(rowsOf(at, "Members.rejected.csv")[1]?.slice(0, 3)).toEqual(["a", "b", "2"]);
    put(at, "L.csv", "g,m\na\nd,e\n");
    expect(errorOf(setup).code).toBe("DATA_REJECTED_WITHOUT_KEY");
  });
});

describe("in a thread", () => {
  const request = () => ({
    mappings: { connector: "C", limits: {}, entityTypes: people.entityMappings ?? [], associations: [] },
    entityTypes: people.types,
    associations: [],
    mode: "Complete" as const,
    type: "None" as const,
    columnName: null,
    baseline: null,
    carried: null,
    inputFolder: at.input,
    collectFolder: at.collect,
    errorsFile: at.errors,
    onRowError: {},
  });

  test("gives the same result, and errors with code and place", async () => {
    const options = { signal: new AbortController().signal, onProgress: () => {} };
    put(at, "HR.csv", "id,name,age\n2,b,3\n1,a,2\n");
    expect(await prepareInWorker(request(), options)).toEqual(run(at, people));
    put(at, "HR.csv", "id,name,age\n2,b,3\n1,a\n");
    await expect(prepareInWorker(request(), options)).rejects.toMatchObject({
      code: "DATA_FIELD_COUNT",
      place: { file: "HR.csv", line: 3 },
    });
  });

  test("stops when asked", async () => {
    put(at, "HR.csv", "id,name,age\n2,b,3\n");
    await expect(prepareInWorker(request(), { signal: AbortSignal.abort(), onProgress: () => {} })).rejects.toMatchObject({
      code: "SYNC_STOPPED",
    });
    expect(readFileSync(join(at.input, "HR.csv"), "utf8")).toContain("id");
  });
});
