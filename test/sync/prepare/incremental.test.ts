import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SluiceError } from "../../../src/errors/index.js";
import {
  association,
  associationMapping,
  collected,
  entityMapping,
  entityType,
  errorRows,
  type Folders,
  folders,
  kept,
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

const errorOf = (setup: Setup): SluiceError => {
  try {
    run(at, setup);
  } catch (error) {
    if (error instanceof SluiceError) return error;
    throw error;
  }
  throw new Error("it ended well");
};

const person = entityType("Person", ["id", "name", "age:Int32", "boss"]);
const people: Setup = { types: [person], entityMappings: [entityMapping(person, "HR", ["id", "name", "age"])] };
const bosses = association("Person_Boss", "Person", true, "Person", false);
/** Rows of people say their boss too: side 1 the boss, side 2 the row's own person. */
const withBosses: Setup = {
  ...people,
  associations: [bosses],
  linkMappings: [associationMapping(bosses, "HR", "boss", "id", "id", "id")],
};
const members = association("Members", "Person", true, "Person", true);
const linksOnly: Setup = {
  types: [person],
  associations: [members],
  linkMappings: [associationMapping(members, "HR_members", "group", "member", "id", "id")],
};

/** The first run of a chain: complete; gives the setup of the incremental one behind it. */
const afterComplete = (setup: Setup): Setup => ({ ...setup, incremental: { type: "None", baseline: kept(at, run(at, setup)) } });
const changes = (setup: Setup): Setup => ({ ...setup, incremental: { type: "Changes" } });

describe("the worked example (connectors §2.11)", () => {
  const holder = entityType("Badge_Holder", ["HolderId", "FullName"]);
  const sponsor = association("Badge_Sponsor", "Badge_Holder", true, "Badge_Holder", false);
  const badges: Setup = {
    types: [holder],
    associations: [sponsor],
    entityMappings: [
      {
        identifier: "Badge_Holder",
        connector: "Badge",
        connection: "BadgeCsv",
        table: "BadgeCsv",
        properties: [
          { property: "HolderId", column: "holder_id", isUniqueKey: false },
          { property: "FullName", column: "full_name", isUniqueKey: false },
        ],
        limits: {},
      },
    ],
    linkMappings: [associationMapping(sponsor, "BadgeCsv", "sponsor_id", "holder_id", "HolderId", "HolderId")],
  };

  test("gives its files", () => {
    put(at, "BadgeCsv.csv", "holder_id,full_name,sponsor_id,note\nB1,Leo Kim,,\nB2,Ana R.,,\n");
    const incremental = afterComplete(badges);
    put(at, "BadgeCsv.csv", "holder_id,full_name,sponsor_id,note\nB2,Ana Ruiz,B9,x\nB9,Tom Hale,,y\nB2,Ana Ruiz,B9,x\n,Ghost,,z\n");
    const { counters, files, baseline } = run(at, incremental);
    expect(textOf(at, "Badge_Holder.sorted.delta")).toBe(
      "command,holder_id,full_name\ndelete,B1,\nupdate,B2,Ana Ruiz\ninsert,B9,Tom Hale\n",
    );
    expect(textOf(at, "Badge_Sponsor.sorted.delta")).toBe("command,sponsor_id,holder_id\ninsert,B9,B2\n");
    expect(textOf(at, "Badge_Holder.duplicates.csv")).toBe("holder_id,full_name\nB2,Ana Ruiz\n");
    expect(textOf(at, "Badge_Holder.nullpk.csv")).toBe("holder_id,full_name\n,Ghost\n");
    expect(counters).toEqual({
      read: 4,
      written: 4,
      duplicates: 1,
      conflictingDuplicates: 0,
      nullKeys: 1,
      rejected: 0,
      folded: 0,
      inserted: 2,
      updated: 1,
      deleted: 1,
    });
    expect(files.map(({ name, content, rows }) => [name, content, rows])).toEqual([
      ["Badge_Holder.sorted.delta", "delta", 3],
      ["Badge_Sponsor.sorted.delta", "delta", 1],
    ]);
    expect(baseline.map(({ name, content, rows }) => [name, content, rows])).toEqual([
      ["Badge_Holder.sorted.csv", "sorted", 2],
      ["Badge_Sponsor.sorted.csv", "sorted", 1],
    ]);
  });
});

describe("Type None", () => {
  test("nothing changed: deltas without rows", () => {
    put(at, "HR.csv", "id,name,age,boss\n1,a,2,3\n3,c,4,\n");
    const { counters } = run(at, afterComplete(withBosses));
    expect(textOf(at, "Person.sorted.delta")).toBe("command,id,name,age\n");
    expect(textOf(at, "Person_Boss.sorted.delta")).toBe("command,boss,id\n");
    expect(counters).toMatchObject({ read: 2, written: 0, inserted: 0, updated: 0, deleted: 0 });
  });

  test("a link that names another resource: taken away and said anew, in the order of the pairs", () => {
    put(at, "HR.csv", "id,name,age,boss\n1,a,2,3\n2,b,2,3\n3,c,4,\n");
    const incremental = afterComplete(withBosses);
    put(at, "HR.csv", "id,name,age,boss\n1,a,2,2\n2,b,2,3\n3,c,4,2\n");
    const { counters } = run(at, incremental);
    expect(textOf(at, "Person_Boss.sorted.delta")).toBe("command,boss,id\ninsert,2,1\ninsert,2,3\ndelete,3,1\n");
    expect(counters).toMatchObject({ written: 3, inserted: 2, updated: 0, deleted: 1 });
  });

  test("a baseline that is gone, changed, of other columns or lacks a mapping is refused, and nothing is left", () => {
    put(at, "HR.csv", "id,name,age,boss\n1,a,2,3\n");
    const incremental = afterComplete(withBosses);
    appendFileSync(join(at.root, "previous", "Person.sorted.csv"), "2,b,3\n");
    expect(errorOf(incremental)).toMatchObject({
      code: "SRC_BASELINE_INVALID",
      place: { file: join(at.root, "previous", "Person.sorted.csv") },
    });
    expect(collected(at)).toEqual([]);
    const { baseline } = afterComplete(withBosses).incremental ?? {};
    const [persons] = baseline?.files ?? [];
    if (baseline === undefined || baseline === null || persons === undefined) throw new Error("no baseline");
    const with_ = (other: Partial<typeof baseline> | null): Setup => ({
      ...withBosses,
      incremental: { type: "None", baseline: other === null ? null : { ...baseline, ...other } },
    });
    for (const wrong of [null, { folder: join(at.root, "nowhere") }, { files: [persons] }]) {
      expect(errorOf(with_(wrong)).code).toBe("SRC_BASELINE_INVALID");
      expect(collected(at)).toEqual([]);
    }
    const renamed: Setup = {
      ...people,
      entityMappings: [entityMapping(person, "HR", ["id", "name"])],
      incremental: { type: "None", baseline },
    };
    expect(errorOf(renamed).message).toContain("header");
  });

  test("a column of commands is not passed over: both ways out are named", () => {
    put(at, "HR.csv", "id,name,age\n1,a,2\n");
    const incremental = afterComplete(people);
    for (const [header, columnName] of [
      ["Command", null],
      ["What", "what"],
    ] as const) {
      put(at, "HR.csv", `${header},id,name,age\ninsert,1,a,2\n`);
      const error = errorOf({
        ...incremental,
        incremental: { type: "None", baseline: incremental.incremental?.baseline ?? null, columnName },
      });
      expect(error).toMatchObject({ code: "DATA_COMMAND_UNEXPECTED", place: { file: "HR.csv", line: 1 } });
      expect(error.message).toContain('Type="Changes"');
      expect(error.message).toContain('IgnoreCookieFile="1"');
    }
  });

  test("a column named like one that is mapped is data", () => {
    const order = entityType("Order", ["id", "command"]);
    const orders: Setup = { types: [order], entityMappings: [entityMapping(order, "HR")] };
    put(at, "HR.csv", "id,command\n1,march\n");
    const incremental = afterComplete(orders);
    put(at, "HR.csv", "id,command\n1,halt\n");
    run(at, incremental);
    expect(textOf(at, "Order.sorted.delta")).toBe("command,id,command\nupdate,1,halt\n");
  });

  test("in full modes a column of commands is ignored", () => {
    put(at, "HR.csv", "command,id,name,age\nnonsense,1,a,2\n");
    expect(run(at, people).counters).toMatchObject({ written: 1, inserted: 0 });
  });

  describe("rows set aside", () => {
    const aside: Setup = { ...withBosses, onRowError: "SetAside" };

    test("what stood under their keys is no deletion and no update, and stays in the baseline with its links", () => {
      put(at, "HR.csv", "id,name,age,boss\n1,a,2,5\n2,b,3,5\n3,c,4,5\n4,d,4,5\n5,e,6,\n");
      const incremental = afterComplete(aside);
      // 1 and 3 are bad, 3 has a good row beside it; 2 is gone, 4 is changed.
      put(at, "HR.csv", "id,name,age,boss\n1,a,old,2\n3,c,new,5\n3,C,4,4\n4,D,4,5\n5,e,6,\n");
      const result = run(at, incremental);
      expect(textOf(at, "Person.sorted.delta")).toBe("command,id,name,age\ndelete,2,,\nupdate,4,D,4\n");
      expect(textOf(at, "Person_Boss.sorted.delta")).toBe("command,boss,id\ninsert,4,3\ndelete,5,2\n");
      expect(result.counters).toMatchObject({ rejected: 2, written: 4 });
      expect(result.files.map(({ name }) => name)).toEqual(["Person.sorted.delta", "Person.rejected.csv", "Person_Boss.sorted.delta"]);
      expect(result.baseline.map(({ name }) => name)).toEqual(["Person.baseline.csv", "Person_Boss.baseline.csv"]);
      expect(textOf(at, "Person.baseline.csv")).toBe("id,name,age\n1,a,2\n3,c,4\n4,D,4\n5,e,6\n");
      expect(textOf(at, "Person_Boss.baseline.csv")).toBe("boss,id\n4,3\n5,1\n5,3\n5,4\n");

      // The next day the rows are good: the differences come then.
      const next: Setup = { ...aside, incremental: { type: "None", baseline: kept(at, result) } };
      put(at, "HR.csv", "id,name,age,boss\n1,a,7,2\n3,C,4,4\n4,D,4,5\n5,e,6,\n");
      run(at, next);
      expect(textOf(at, "Person.sorted.delta")).toBe("command,id,name,age\nupdate,1,a,7\nupdate,3,C,4\n");
      expect(textOf(at, "Person_Boss.sorted.delta")).toBe("command,boss,id\ninsert,2,1\ndelete,5,1\ndelete,5,3\n");
      expect(collected(at).filter((name) => name.endsWith(".baseline.csv"))).toEqual([]);
    });

    test("links by another key of the resource are found through its row in the baseline", () => {
      const user = entityType("User", ["guid", "dn", "age:Int32", "member"]);
      const group = association("Group", "User", true, "User", true);
      const setup: Setup = {
        types: [user],
        associations: [group],
        entityMappings: [entityMapping(user, "AD", ["guid", "dn", "age"])],
        linkMappings: [associationMapping(group, "AD", "dn", "member", "dn", "dn")],
        onRowError: "SetAside",
      };
      put(at, "AD.csv", 'guid,dn,age,member\ng1,"CN=1,O",1,"CN=2,O"\ng2,"CN=2,O",1,"CN=1,O"\n');
      const incremental = afterComplete(setup);
      put(at, "AD.csv", 'guid,dn,age,member\ng1,"CN=1,O",x,\ng2,"CN=2,O",1,\n');
      const result = run(at, incremental);
      expect(rowsOf(at, "Group.sorted.delta").slice(1)).toEqual([["delete", "CN=2,O", "CN=1,O"]]);
      expect(result.baseline.map(({ name, rows }) => [name, rows])).toEqual([
        ["User.baseline.csv", 2],
        ["Group.baseline.csv", 1],
      ]);
    });

    test("of a file of links: by the pair", () => {
      const setup: Setup = { ...linksOnly, onRowError: "SetAside" };
      put(at, "HR_members.csv", "group,member\ng1,u1\ng1,u2\ng2,u1\n");
      const incremental = afterComplete(setup);
      put(at, "HR_members.csv", "group,member\ng1,u1,oops\ng3,u3\n");
      const result = run(at, incremental);
      expect(textOf(at, "Members.sorted.delta")).toBe("command,group,member\ndelete,g1,u2\ndelete,g2,u1\ninsert,g3,u3\n");
      expect(textOf(at, "Members.baseline.csv")).toBe("group,member\ng1,u1\ng3,u3\n");
      expect(result.baseline.map(({ name }) => name)).toEqual(["Members.baseline.csv"]);
    });

    test("rows that were not in the baseline change nothing of it", () => {
      put(at, "HR.csv", "id,name,age,boss\n1,a,2,\n");
      const incremental = afterComplete(aside);
      put(at, "HR.csv", "id,name,age,boss\n1,a,2,\n7,x,old,1\n");
      const result = run(at, incremental);
      expect(result.counters).toMatchObject({ rejected: 1, written: 0 });
      expect(result.baseline.map(({ name }) => name)).toEqual(["Person.sorted.csv", "Person_Boss.sorted.csv"]);
      expect(collected(at)).not.toContain("Person.baseline.csv");
    });
  });
});

describe("Type Changes", () => {
  test("rows are folded by key, in file order", () => {
    put(
      at,
      "HR.csv",
      [
        "command,id,name,age",
        "insert,1,a,1",
        "update,1,b,2",
        "ADD,2,x,9",
        "delete,2,,",
        "delete,3,,",
        "Insert,3,c,4",
        "merge,4,,5",
        "merge,4,d,",
        "update,5,,",
        "delete,6,ignored,not a number",
        "insert,,nobody,1",
        "",
      ].join("\n"),
    );
    const { counters, files, baseline, nearEqualKeys } = run(at, changes(people));
    expect(textOf(at, "Person.sorted.delta")).toBe(
      [
        "command,id,name,age,#cleared",
        "insert,1,b,2,",
        "delete,2,,,",
        "insert,3,c,4,",
        "merge,4,d,5,",
        "update,5,,,",
        "delete,6,,,",
        "",
      ].join("\n"),
    );
    expect(textOf(at, "Person.nullpk.csv")).toBe("id,name,age\n,nobody,1\n");
    expect(counters).toEqual({
      read: 11,
      written: 6,
      duplicates: 0,
      conflictingDuplicates: 0,
      nullKeys: 1,
      rejected: 0,
      folded: 4,
      inserted: 2,
      updated: 2,
      deleted: 2,
    });
    expect(files.map(({ name, content, rows }) => [name, content, rows])).toEqual([["Person.sorted.delta", "delta", 6]]);
    expect(baseline).toEqual(files);
    expect(nearEqualKeys).toBe(0);
    expect(collected(at)).toEqual(["Person.duplicates.csv", "Person.nullpk.csv", "Person.sorted.delta"]);
  });

  test("values are cleansed as in a full file", () => {
    const user = entityType("User", ["guid:Guid", "name", "when:DateTime"]);
    put(
      at,
      "U.csv",
      'command,guid,name,when\nupdate,0A0A0A0A-0A0A-0A0A-0A0A-0A0A0A0A0A0A,"O""Brien, P",2020-09-29T22:00:00Z\ndelete,0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0b,,whenever\n',
    );
    run(at, changes({ types: [user], entityMappings: [entityMapping(user, "U")] }));
    expect(textOf(at, "User.sorted.delta")).toBe(
      'command,guid,name,when,#cleared\nupdate,0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a,"O""Brien, P",20200929220000,\ndelete,0a0a0a0a0a0a0a0a0a0a0a0a0a0a0a0b,,,\n',
    );
  });

  test("the column of the commands: by ColumnName, else by its name in whatever case", () => {
    put(at, "HR.csv", "id,COMMAND,name,age\n1,delete,,\n");
    run(at, changes(people));
    expect(rowsOf(at, "Person.sorted.delta")[1]).toEqual(["delete", "1", "", "", ""]);
    put(at, "HR.csv", "id,command,name,age,What\n1,delete,a,2,insert\n");
    run(at, { ...people, incremental: { type: "Changes", columnName: "what" } });
    expect(rowsOf(at, "Person.sorted.delta")[1]).toEqual(["insert", "1", "a", "2", ""]);
    const missing = errorOf({ ...people, incremental: { type: "Changes", columnName: "Action" } });
    expect(missing).toMatchObject({ code: "DATA_COMMAND_COLUMN_MISSING", place: { file: "HR.csv", line: 1 } });
    for (const way of ["Action", "ColumnName", "Type None", 'IgnoreCookieFile="1"']) expect(missing.message).toContain(way);
    put(at, "HR.csv", "id,Command,COMMAND,name,age\n1,delete,,,\n");
    expect(errorOf(changes(people)).code).toBe("DATA_COLUMN_REPEATED");
  });

  test.each(["", "modify", "insert "])("no command `%s`: with file and line", (command) => {
    put(at, "HR.csv", `command,id,name,age\ninsert,1,a,1\n${command},2,b,2\n`);
    expect(errorOf(changes(people))).toMatchObject({ code: "DATA_COMMAND_UNKNOWN", place: { file: "HR.csv", line: 3 } });
    expect(collected(at)).toEqual([]);
  });

  test("what a merge clears", () => {
    put(
      at,
      "HR.csv",
      'command,id,name,age,#cleared\nmerge,1,,,name\nmerge,2,x,,name;age\nmerge,3,a,5,\nmerge,3,,,name\nupdate,4,a,1,name\nmerge,5,,,"age;name"\nmerge,5,b,,\nmerge,6,,,id\n',
    );
    run(at, changes(people));
    expect(textOf(at, "Person.sorted.delta").split("\n").slice(1, -1)).toEqual([
      "merge,1,,,name",
      "merge,2,x,,age",
      "merge,3,,5,name",
      "update,4,a,1,",
      "merge,5,b,,age",
      "merge,6,,,",
    ]);
    put(at, "HR.csv", "command,id,name,age,#cleared\nmerge,1,,,nmae\n");
    expect(errorOf(changes(people))).toMatchObject({ code: "DATA_CLEARED_UNKNOWN", place: { line: 2 } });
  });

  test("headers with a semicolon in a cell that names them", () => {
    const odd = entityType("Odd", ["id", "a", "b"]);
    const mapping = entityMapping(odd, "HR");
    const [key, ...others] = mapping.properties;
    const setup: Setup = {
      types: [odd],
      entityMappings: [{ ...mapping, properties: [key, ...others.map((other) => ({ ...other, column: `${other.column};\\` }))] }],
    };
    put(at, "HR.csv", "command,id,a;\\,b;\\,#cleared\nmerge,1,,,a\\;\\\\;b\\;\\\\\nmerge,1,x,,\n");
    run(at, changes(setup));
    expect(rowsOf(at, "Odd.sorted.delta")[1]).toEqual(["merge", "1", "x", "", "b\\;\\\\"]);
  });

  describe("links in the rows of resources", () => {
    test("an insert or update says all links of its resource, a delete none, a merge what its cell says", () => {
      put(
        at,
        "HR.csv",
        [
          "command,id,name,age,boss,#cleared",
          "update,1,a,1,9,",
          "update,2,b,2,,",
          "delete,3,,,8,",
          "merge,4,,,9,",
          "merge,5,x,,,",
          "merge,6,,,,boss",
          "insert,7,g,1,8,",
          "update,7,g,1,9,",
          "",
        ].join("\n"),
      );
      const { counters } = run(at, changes(withBosses));
      expect(textOf(at, "Person_Boss.sorted.delta")).toBe(
        [
          "command,boss,id",
          "delete,,1",
          "delete,,2",
          "delete,,3",
          "delete,,4",
          "delete,,6",
          "delete,,7",
          "insert,9,1",
          "insert,9,4",
          "insert,9,7",
          "",
        ].join("\n"),
      );
      expect(counters).toMatchObject({ read: 8, folded: 1, nullKeys: 0, written: 7 + 9 });
    });

    test("own key on side 1, several values: deletions come before the insertions of a key", () => {
      const group = association("Group", "Person", true, "Person", true);
      const setup: Setup = { ...people, associations: [group], linkMappings: [associationMapping(group, "HR", "id", "boss", "id", "id")] };
      put(at, "HR.csv", 'command,id,name,age,boss\nupdate,1,a,1,"8\n9\n8"\ndelete,2,,,\n');
      run(at, changes(setup));
      expect(textOf(at, "Group.sorted.delta")).toBe("command,id,boss\ndelete,1,\ninsert,1,8\ninsert,1,9\ndelete,2,\n");
    });

    test("one value of several for a property that takes one: the first, the others are named", () => {
      put(at, "HR.csv", 'command,id,name,age,boss\nupdate,1,a,1,"8\n9"\n');
      const { counters } = run(at, changes(withBosses));
      expect(textOf(at, "Person_Boss.sorted.delta")).toBe("command,boss,id\ndelete,,1\ninsert,8,1\n");
      expect(counters.conflictingDuplicates).toBe(1);
      expect(rowsOf(at, "Person_Boss.duplicates.csv")).toEqual([
        ["boss", "id"],
        ["9", "1"],
      ]);
      expect(errorRows(at)).toHaveLength(1);
    });

    const user = entityType("User", ["guid", "dn", "member"]);
    const group = association("Group", "User", true, "User", true);
    const directory: Setup = {
      types: [user],
      associations: [group],
      entityMappings: [entityMapping(user, "AD", ["guid", "dn"])],
      linkMappings: [associationMapping(group, "AD", "dn", "member", "dn", "dn")],
    };

    test("by a key that is not the mapping key: a row that lacks it says nothing, but for a merge, which is named", () => {
      put(at, "AD.csv", "command,guid,dn,member\nupdate,g1,d1,d9\ndelete,g2,,\nupdate,g3,,d9\nmerge,g4,,d9\nmerge,g5,,\n");
      const { counters } = run(at, changes(directory));
      expect(textOf(at, "Group.sorted.delta")).toBe("command,dn,member\ndelete,d1,\ninsert,d1,d9\n");
      expect(counters.nullKeys).toBe(1);
      expect(rowsOf(at, "Group.nullpk.csv")).toEqual([
        ["dn", "member"],
        ["", "d9"],
      ]);
      expect(errorRows(at).map(([, row, , property]) => [row, property])).toEqual([["5", "dn"]]);
    });

    test("neither column is that of the own key: refused", () => {
      const setup: Setup = { ...directory, linkMappings: [associationMapping(group, "AD", "member", "manager", "dn", "dn")] };
      put(at, "AD.csv", "command,guid,dn,member,manager\nupdate,g1,d1,d9,d8\n");
      expect(errorOf(changes(setup)).code).toBe("DATA_OWN_KEY_UNKNOWN");
    });
  });

  describe("a table of links", () => {
    test("the last word on a pair counts", () => {
      put(
        at,
        "HR_members.csv",
        "Command,group,member\nadd,g1,u1\ndelete,g1,u1\ndelete,g1,u2\ninsert,g1,u2\nupdate,g2,u1\nmerge,g2,u2\nadd,g2,u2\ndelete,g0,u3\nadd,,u1\ndelete,g1,\n",
      );
      const { counters } = run(at, changes(linksOnly));
      expect(textOf(at, "Members.sorted.delta")).toBe(
        "command,group,member\ndelete,g0,u3\ndelete,g1,u1\ninsert,g1,u2\ninsert,g2,u1\ninsert,g2,u2\n",
      );
      expect(counters).toMatchObject({ read: 10, written: 5, folded: 3, nullKeys: 2, inserted: 3, updated: 0, deleted: 2 });
      expect(textOf(at, "Members.nullpk.csv")).toBe("group,member\n,u1\ng1,\n");
    });

    test("a property that takes one resource takes the one that came last, from whom it had before too", () => {
      const one = association("One", "Person", true, "Person", false);
      put(at, "HR_members.csv", "command,group,member\nadd,g1,u1\nadd,g2,u1\nadd,g1,u2\n");
      run(
        at,
        changes({
          ...linksOnly,
          associations: [one],
          linkMappings: [associationMapping(one, "HR_members", "group", "member", "id", "id")],
        }),
      );
      expect(textOf(at, "One.sorted.delta")).toBe("command,group,member\ndelete,,u1\ndelete,,u2\ninsert,g1,u2\ninsert,g2,u1\n");
    });
  });

  describe("deltas that were never applied", () => {
    test("come before the rows of this file", () => {
      put(at, "HR.csv", 'command,id,name,age,boss,#cleared\ninsert,1,"a, ""b""",1,9,\ndelete,2,,,,\nmerge,3,x,,,age\nupdate,4,d,4,8,\n');
      const carried = kept(at, run(at, changes(withBosses)), "pending");
      put(at, "HR.csv", "command,id,name,age,boss\nmerge,1,,7,\nmerge,2,z,,\nmerge,3,,8,9\n");
      const { counters, baseline, files } = run(at, { ...withBosses, incremental: { type: "Changes", carried } });
      expect(textOf(at, "Person.sorted.delta")).toBe(
        'command,id,name,age,#cleared\ninsert,1,"a, ""b""",7,\ninsert,2,z,,\nmerge,3,x,8,\nupdate,4,d,4,\n',
      );
      expect(textOf(at, "Person_Boss.sorted.delta")).toBe(
        "command,boss,id\ndelete,,1\ndelete,,2\ndelete,,3\ndelete,,4\ninsert,8,4\ninsert,9,1\ninsert,9,3\n",
      );
      expect(counters).toMatchObject({ read: 3, folded: 3, written: 4 + 7 });
      expect(baseline).toEqual(files);
    });

    test("one that was changed is refused", () => {
      put(at, "HR.csv", "command,id,name,age\ninsert,1,a,1\n");
      const carried = kept(at, run(at, changes(people)), "pending");
      writeFileSync(join(carried.folder, "Person.sorted.delta"), "command,id,name,age,#cleared\ninsert,1,b,1,\n");
      expect(errorOf({ ...people, incremental: { type: "Changes", carried } }).code).toBe("SRC_BASELINE_INVALID");
      expect(collected(at)).toEqual([]);
    });
  });

  describe("rows set aside", () => {
    const aside = (setup: Setup, carried: NonNullable<Setup["incremental"]>["carried"] = null): Setup => ({
      ...setup,
      onRowError: "SetAside",
      incremental: { type: "Changes", carried },
    });

    test("all commands of their keys in this file are left out, with their links; carried ones stay", () => {
      put(at, "HR.csv", "command,id,name,age,boss\ninsert,1,a,1,9\ninsert,2,b,1,9\n");
      const carried = kept(at, run(at, changes(withBosses)), "pending");
      put(
        at,
        "HR.csv",
        "command,id,name,age,boss\nupdate,1,b,2,8\nupdate,1,b,old,8\ndelete,1,,,\nupdate,3,c,3,8\nfly,4,d,4,8\ninsert,4,d,4,8\n",
      );
      const { counters, files } = run(at, aside(withBosses, carried));
      expect(textOf(at, "Person.sorted.delta")).toBe("command,id,name,age,#cleared\ninsert,1,a,1,\ninsert,2,b,1,\nupdate,3,c,3,\n");
      expect(textOf(at, "Person_Boss.sorted.delta")).toBe(
        "command,boss,id\ndelete,,1\ndelete,,2\ndelete,,3\ninsert,8,3\ninsert,9,1\ninsert,9,2\n",
      );
      expect(counters).toMatchObject({ read: 6, rejected: 5, folded: 0 });
      expect(files.map(({ name }) => name)).toEqual(["Person.sorted.delta", "Person.rejected.csv", "Person_Boss.sorted.delta"]);
      expect(errorRows(at).map(([, row, key]) => [row, key])).toEqual([
        ["3", "1"],
        ["6", "4"],
        ["2", "1"],
        ["4", "1"],
        ["7", "4"],
      ]);
    });

    test("of a table of links: those of the pair", () => {
      put(at, "HR_members.csv", "command,group,member\nadd,g1,u1\nadd,g1,u1,oops\ndelete,g1,u2\nfly,g2,u2\n");
      const { counters } = run(at, aside(linksOnly));
      expect(textOf(at, "Members.sorted.delta")).toBe("command,group,member\ndelete,g1,u2\n");
      expect(counters).toMatchObject({ read: 4, rejected: 3, written: 1 });
      expect(errorRows(at).map(([, row]) => row)).toEqual(["3", "5", "2"]);
    });

    test("that the export set aside", () => {
      put(at, "HR.csv", "command,id,name,age\ndelete,1,,\ndelete,2,,\n");
      put(at, "HR.rejected.csv", 'line,reason,command,id,name,age\n9,"too short",update,1,a,3\n');
      const { counters } = run(at, changes(people));
      expect(textOf(at, "Person.sorted.delta")).toBe("command,id,name,age,#cleared\ndelete,2,,,\n");
      expect(counters.rejected).toBe(2);
    });
  });
});

describe("a table of rows that name a person and an office each", () => {
  const office = entityType("Office", ["office", "title"]);
  const inOffice = association("Office_People", "Office", true, "Person", false);
  const setup: Setup = {
    types: [person, office],
    associations: [inOffice],
    entityMappings: [entityMapping(person, "HR", ["id", "name"]), entityMapping(office, "HR")],
    linkMappings: [associationMapping(inOffice, "HR", "office", "id", "office", "id")],
  };

  test("whole: each row gives its link, though its office came of an earlier one", () => {
    put(at, "HR.csv", "id,name,office,title\np1,A,o1,T\np2,B,o1,T\np3,C,,\np1,A,o2,T\n");
    expect(run(at, setup).counters).toMatchObject({ duplicates: 2, nullKeys: 1, conflictingDuplicates: 1 });
    expect(rowsOf(at, "Office_People.sorted.csv").slice(1)).toEqual([
      ["o1", "p1"],
      ["o1", "p2"],
    ]);
  });

  test("with commands: a delete names one of them", () => {
    put(at, "HR.csv", "command,id,name,office,title\ndelete,p1,,,\ndelete,,,o1,\n");
    run(at, changes(setup));
    expect(rowsOf(at, "Person.sorted.delta").slice(1)).toEqual([["delete", "p1", "", ""]]);
    expect(rowsOf(at, "Office.sorted.delta").slice(1)).toEqual([["delete", "o1", "", ""]]);
    put(at, "HR.csv", "command,id,name,office,title\nupdate,p2,B,o1,T\ndelete,p1,,o1,\n");
    expect(errorOf(changes(setup))).toMatchObject({ code: "DATA_DELETE_AMBIGUOUS", place: { file: "HR.csv", line: 3 } });
  });

  test("with commands: links are those of the person, who has one office; without one the link goes", () => {
    put(at, "HR.csv", "command,id,name,office,title\nupdate,p1,A,,\nupdate,p2,B,o1,T\nmerge,p3,,o1,\n");
    run(at, changes(setup));
    expect(rowsOf(at, "Office_People.sorted.delta").slice(1)).toEqual([
      ["delete", "", "p1"],
      ["delete", "", "p2"],
      ["delete", "", "p3"],
      ["insert", "o1", "p2"],
      ["insert", "o1", "p3"],
    ]);
  });

  test("with commands, where either may have several of the other: it cannot be told whose links a row says", () => {
    const many = association("Office_People", "Office", true, "Person", true);
    put(at, "HR.csv", "command,id,name,office,title\nupdate,p1,A,o1,T\n");
    expect(errorOf(changes({ ...setup, associations: [many] })).code).toBe("DATA_OWN_KEY_UNKNOWN");
  });
});

describe("links that stand under a key other than the mapping key", () => {
  const badge = entityType("Badge", ["guid", "serial"]);
  const parents = association("Badge_Parent", "Badge", false, "Badge", true);
  const setup: Setup = {
    types: [badge],
    associations: [parents],
    entityMappings: [entityMapping(badge, "HR")],
    linkMappings: [associationMapping(parents, "HR", "serial", "parent", "serial", "serial")],
  };
  const parentsOf = (text: string, more: Partial<Setup> = {}) => {
    put(at, "HR.csv", `command,guid,serial,parent\n${text}`);
    run(at, { ...changes(setup), ...more });
    return rowsOf(at, "Badge_Parent.sorted.delta").slice(1);
  };

  test("of a resource that a later row deletes, or gives another key, nothing of the earlier row stays", () => {
    expect(parentsOf("update,b1,s1,p\ndelete,b1,,\n")).toEqual([]);
    expect(parentsOf("update,b1,s1,p\nupdate,b1,s2,q\n")).toEqual([
      ["delete", "s2", ""],
      ["insert", "s2", "q"],
    ]);
    // Another resource has taken the key by then.
    expect(parentsOf("update,b1,s1,p\nupdate,b1,s2,q\nupdate,b2,s1,r\n")).toEqual([
      ["delete", "s1", ""],
      ["insert", "s1", "r"],
      ["delete", "s2", ""],
      ["insert", "s2", "q"],
    ]);
  });

  test("a merge that changes the key after a row that said links under it is refused", () => {
    put(at, "HR.csv", "command,guid,serial,parent\nupdate,b1,s1,p\nmerge,b1,s2,\n");
    expect(errorOf(changes(setup))).toMatchObject({ code: "DATA_LINK_KEY_RENAMED", place: { file: "HR.csv", line: 3 } });
  });
});
