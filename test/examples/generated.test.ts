import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { generatedFiles } from "../../examples/generate.mjs";
import { examples } from "./workspace.js";

const folder = join(examples, "days");
const generated = generatedFiles();

type Row = Readonly<Record<string, string>>;
const rowsOf = (day: number, name: string): Row[] =>
  parse(readFileSync(join(folder, String(day), `${name}.csv`)), {
    columns: true,
    bom: true,
    delimiter: name.startsWith("ad_") ? ";" : ",",
    record_delimiter: name.startsWith("ad_") ? "\r\n" : "\n",
  });
const column = (rows: readonly Row[], name: string): string[] => rows.map((row) => row[name] ?? "");
const repeated = (values: readonly string[]): string[] => values.filter((value, index) => value !== "" && values.indexOf(value) !== index);
const present = (day: number, type: "entries" | "users") => ({
  dns: new Set(column(rowsOf(day, "ad_entries"), "dn")),
  numbers: new Set(
    column(type === "entries" ? rowsOf(day, "ad_entries") : rowsOf(day, "hr_users"), type === "entries" ? "employeeID" : "EmployeeId"),
  ),
});

test("the committed files are those that the generator makes, byte by byte, and no others", () => {
  const committed = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(folder.length + 1)
        .replaceAll("\\", "/"),
    );
  expect(committed.sort()).toEqual([...generated.keys()].sort());
  for (const [path, text] of generated) {
    const isEqual = readFileSync(join(folder, ...path.split("/"))).equals(Buffer.from(text));
    expect(isEqual, `${path}: run node examples/generate.mjs`).toBe(true);
  }
});

describe.each([1, 2, 3])("day %i", (day) => {
  test("every file is well-formed, with the columns that the mappings name", () => {
    expect(Object.keys(rowsOf(day, "hr_users")[0] ?? {}).join()).toBe(
      "EmployeeId,DisplayName,LastName,FirstName,Mail,Title,OrganizationCode,ManagerId,ContractType,Site,StartDate,EndDate",
    );
    expect(Object.keys(rowsOf(day, "hr_organizations")[0] ?? {}).join()).toBe("Code,Name,ParentCode,Description");
    expect(Object.keys(rowsOf(day, "ad_entries")[0] ?? {})).toEqual(
      expect.arrayContaining(
        "objectGUID,dn,objectClass,employeeID,businessCategory,extensionAttribute15,objectCategory,sAMAccountName,userPrincipalName,parentdn".split(
          ",",
        ),
      ),
    );
    expect(Object.keys(rowsOf(day, "ad_members")[0] ?? {})).toEqual(["dn", "member"]);
    expect(Object.keys(rowsOf(day, "ad_managers")[0] ?? {})).toEqual(["employeeID", "manager"]);
  });

  test("keys are unique, save the row planted twice, and there, save the row planted without one", () => {
    const users = column(rowsOf(day, "hr_users"), "EmployeeId");
    expect(repeated(users)).toEqual(["000008"]);
    expect(users.filter((number) => number === "")).toHaveLength(1);
    expect(users.filter((number) => !/^\d{6}$/.test(number))).toEqual([""]);
    const entries = rowsOf(day, "ad_entries");
    for (const name of ["objectGUID", "dn", "employeeID", "sAMAccountName", "userPrincipalName"])
      expect(repeated(column(entries, name)), name).toEqual([]);
    expect(column(entries, "objectGUID").filter((guid) => !/^[0-9a-f]{32}$/.test(guid))).toEqual([]);
    expect(Math.max(...column(entries, "sAMAccountName").map((login) => login.length))).toBeLessThanOrEqual(20);
    expect(repeated(column(rowsOf(day, "hr_organizations"), "Code"))).toEqual([]);
  });

  test("HR is whole: organizations form one tree, everybody but the first has a manager who is there", () => {
    const organizations = rowsOf(day, "hr_organizations");
    const codes = new Set(column(organizations, "Code"));
    expect(organizations.filter(({ ParentCode = "" }) => !codes.has(ParentCode)).map(({ Code }) => Code)).toEqual(["U000"]);
    const users = rowsOf(day, "hr_users").filter(({ EmployeeId }) => EmployeeId !== "");
    const numbers = new Set(column(users, "EmployeeId"));
    expect(users.filter(({ ManagerId = "" }) => !numbers.has(ManagerId)).map(({ EmployeeId }) => EmployeeId)).toEqual(["000001"]);
    expect(users.filter(({ OrganizationCode = "" }) => !codes.has(OrganizationCode))).toEqual([]);
    expect(users.length).toBeGreaterThan(1990);
  });
});

describe.each([1, 2])("day %i", (day) => {
  test("two members do not resolve, whatever the day; managers all do but for the tutor without an account on day 1", () => {
    const { dns, numbers } = present(day, "entries");
    const members = rowsOf(day, "ad_members");
    const lost = members.filter(({ dn = "", member = "" }) => !dns.has(dn) || !dns.has(member));
    expect(lost).toHaveLength(2);
    const composed = new Set([...dns].map((dn) => dn.normalize("NFC")));
    expect(lost.filter(({ member = "" }) => composed.has(member))).toHaveLength(1);
    const managers = rowsOf(day, "ad_managers");
    expect(managers.filter(({ employeeID = "", manager = "" }) => !numbers.has(employeeID) || !numbers.has(manager))).toHaveLength(
      day === 1 ? 1 : 0,
    );
    expect(repeated(members.map((row) => JSON.stringify(row)))).toHaveLength(1);
  });

  test("accounts and people agree: nearly all people have one, some accounts have nobody", () => {
    const people = present(day, "users").numbers;
    const accounts = rowsOf(day, "ad_entries").filter(({ objectClass }) => objectClass === "user");
    const numbers = new Set(column(accounts, "employeeID"));
    const without = [...people].filter((number) => number !== "" && !numbers.has(number));
    expect(without.length).toBeGreaterThan(20);
    expect(without.length).toBeLessThan(100);
    expect(accounts.filter(({ employeeID }) => employeeID === "").length).toBeGreaterThan(20);
    expect(rowsOf(day, "ad_entries").filter(({ objectClass }) => objectClass === "group").length - 200).toBe(day === 1 ? 0 : 1);
  });
});

test("the awkward are there on day 1, in HR and in the directory", () => {
  const users = rowsOf(1, "hr_users");
  const entries = rowsOf(1, "ad_entries");
  const names = [
    "Siobhán O'Brien",
    "Käthe von der Leyen",
    "Zoë Lefèvre",
    "漢字 山田",
    "Văn Đức Nguyễn",
    "Łukasz Wiśniewski",
    "Αλέξανδρος Παπαδόπουλος",
    "Иван Петренко",
    "Rene\u0301 Béranger",
    "Jennifer Null",
    'William "Bill" Quinn',
    "Ferdinand Weiß, Dr.",
    "Suharti",
  ];
  for (const name of names) {
    const number = users.find(({ DisplayName }) => DisplayName === name)?.EmployeeId;
    expect(number, name).toBeDefined();
    expect(entries.find(({ employeeID }) => employeeID === number)?.displayName).toBe(name);
  }
  expect(users.find(({ EmployeeId }) => EmployeeId === "000007")?.LastName).toBe("O'Brien");
  const descriptions = [...column(entries, "description"), ...column(rowsOf(1, "hr_organizations"), "Description")];
  for (const sign of [";", '"', "\n", ","]) expect(descriptions.filter((text) => text.includes(sign)).length, sign).toBeGreaterThan(0);
});

test("day 2 brings joiners, leavers, movers and renames; a rename or a move changes the dn and keeps the GUID", () => {
  const before = new Map(rowsOf(1, "ad_entries").map((row) => [row.objectGUID, row]));
  const renamed = rowsOf(2, "ad_entries").filter(({ objectGUID, dn }) => before.has(objectGUID) && before.get(objectGUID)?.dn !== dn);
  expect(renamed.length).toBeGreaterThan(10);
  const [first, second] = [present(1, "users").numbers, present(2, "users").numbers];
  expect([...second].filter((number) => !first.has(number))).toHaveLength(14);
  expect([...first].filter((number) => !second.has(number))).toHaveLength(9);
  const organizations = new Map(rowsOf(1, "hr_users").map((row) => [row.EmployeeId, row.OrganizationCode]));
  const moved = rowsOf(2, "hr_users").filter(
    ({ EmployeeId, OrganizationCode }) => organizations.has(EmployeeId) && organizations.get(EmployeeId) !== OrganizationCode,
  );
  expect(moved.length).toBeGreaterThan(15);
});

test("on day 3 the entries stop at a line end after two of five rows, and the link files are those of day 2", () => {
  const bytes = readFileSync(join(folder, "3", "ad_entries.csv"));
  expect(bytes.subarray(-2).toString()).toBe("\r\n");
  const share = rowsOf(3, "ad_entries").length / rowsOf(2, "ad_entries").length;
  expect(share).toBeGreaterThan(0.38);
  expect(share).toBeLessThan(0.42);
  for (const name of ["ad_members", "ad_managers"]) {
    expect(readFileSync(join(folder, "3", `${name}.csv`)).equals(readFileSync(join(folder, "2", `${name}.csv`)))).toBe(true);
  }
});
