/** The rows of a day's five exports, and their text. */
import { dnOf, principalOf } from "./directory.mjs";

/** Exports of the directory are separated by `;`, with a byte order mark and CRLF, as Windows tools write them; those of HR by `,` and LF. */
const directoryForm = { separator: ";", lineEnd: "\r\n", start: "\uFEFF" };
const hrForm = { separator: ",", lineEnd: "\n", start: "" };

const userColumns = [
  "EmployeeId",
  "DisplayName",
  "LastName",
  "FirstName",
  "Mail",
  "Title",
  "OrganizationCode",
  "ManagerId",
  "ContractType",
  "Site",
  "StartDate",
  "EndDate",
];
const organizationColumns = ["Code", "Name", "ParentCode", "Description"];
const entryColumns = [
  "objectGUID",
  "dn",
  "objectClass",
  "employeeID",
  "businessCategory",
  "extensionAttribute15",
  "objectCategory",
  "sAMAccountName",
  "userPrincipalName",
  "parentdn",
  "givenName",
  "sn",
  "displayName",
  "mail",
  "title",
  "department",
  "description",
  "userAccountControl",
  "whenCreated",
];
const memberColumns = ["dn", "member"];
const managerColumns = ["employeeID", "manager"];

const byText = (one, other) => (one < other ? -1 : one > other ? 1 : 0);

const userRow = (person) => ({
  EmployeeId: person.id,
  DisplayName: person.displayName,
  LastName: person.lastName,
  FirstName: person.firstName,
  Mail: person.mail,
  Title: person.title,
  OrganizationCode: person.unit,
  ManagerId: person.managerId,
  ContractType: person.contract,
  Site: person.site,
  StartDate: person.start,
  EndDate: person.end,
});

/**
 * Planted in every HR export: one row twice (the second goes to `.duplicates.csv`) and one without a number (to `.nullpk.csv`), as a
 * draft that somebody saved too early.
 */
const userRows = ({ people }) => {
  const rows = [...people.values()].map(userRow);
  const draft = Object.fromEntries(userColumns.map((column) => [column, ""]));
  return [...rows.slice(0, 40), rows[7], ...rows.slice(40), { ...draft, DisplayName: "New colleague (draft)", LastName: "?" }];
};

const organizationRows = ({ units }) =>
  units.map(({ code, name, parent, description }) => ({ Code: code, Name: name, ParentCode: parent, Description: description }));

/** In the order of objectGUID, which is as good as none: a directory promises none. */
const entryRows = ({ entries, cutAfter }) => {
  const rows = [...entries.values()]
    .map((entry) => ({ ...entry, dn: dnOf(entry), parentdn: entry.folder, userPrincipalName: principalOf(entry) }))
    .sort((one, other) => byText(one.objectGUID, other.objectGUID));
  return cutAfter === null ? rows : rows.slice(0, cutAfter);
};

/** Planted in the members of every day: links that stay unresolved. They belong to the first application group. */
const orphanMembers = (entries) => {
  const decomposed = [...entries.values()].find(({ givenName }) => givenName.includes("e\u0301"));
  return [
    // An account of another forest, known here by its security identifier only.
    "CN=S-1-5-21-1004336348-1177238915-682003330-512,CN=ForeignSecurityPrincipals,DC=halden,DC=example",
    // An entry that is there, but whose é is written as one letter here: keys are compared byte by byte.
    dnOf(decomposed).normalize("NFC"),
  ];
};

const memberRows = ({ entries }) => {
  const rows = [];
  for (const entry of entries.values()) {
    for (const member of entry.members ?? []) rows.push({ dn: dnOf(entry), member: dnOf(entries.get(member)) });
    if (entry.key === "group SG_APP_AG001") for (const member of orphanMembers(entries)) rows.push({ dn: dnOf(entry), member });
  }
  // Planted: the first membership stands there twice.
  return [...rows, rows[0]];
};

/** Accounts and their managers by employee number, as far as HR knows the person. The manager may have no account (day 1, one tutor). */
const managerRows = ({ people, entries }) =>
  [...people.values()]
    .filter(({ id, managerId }) => managerId !== "" && entries.has(id))
    .map(({ id, managerId }) => ({ employeeID: id, manager: managerId }));

/** Takes a day of `days()`, gives its exports: `{ name, columns, form, rows }`, cells as text. */
export const exportsOf = (day, directoryDay = day) => [
  { name: "hr_users.csv", columns: userColumns, form: hrForm, rows: userRows(day) },
  { name: "hr_organizations.csv", columns: organizationColumns, form: hrForm, rows: organizationRows(day) },
  { name: "ad_entries.csv", columns: entryColumns, form: directoryForm, rows: entryRows(day) },
  { name: "ad_members.csv", columns: memberColumns, form: directoryForm, rows: memberRows(directoryDay) },
  { name: "ad_managers.csv", columns: managerColumns, form: directoryForm, rows: managerRows(directoryDay) },
];

const cell = (value, separator) => (/["\r\n]/u.test(value) || value.includes(separator) ? `"${value.replaceAll('"', '""')}"` : value);

/** Takes an export, gives the text of its file. */
export const textOf = ({ columns, form, rows }) => {
  const line = (values) => values.map((value) => cell(value, form.separator)).join(form.separator) + form.lineEnd;
  return form.start + line(columns) + rows.map((row) => line(columns.map((column) => row[column]))).join("");
};
