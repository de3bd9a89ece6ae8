/** What a synchronization of each day must count, worked out from the rows by their keys, without any code of Sluice. */

const byKey = (rows, key) => {
  const found = new Map();
  // The first row of a key stays, rows without one are left out.
  for (const row of rows) if (row[key] !== "" && !found.has(row[key])) found.set(row[key], row);
  return found;
};

const rowsOf = (files, name) => {
  const { columns, rows } = files.find((file) => file.name === name);
  return rows.map((row) => Object.fromEntries(columns.map((column) => [column, row[column]])));
};

/** Resources by type and key, each as one comparable text with its mono-valued links; links as pairs of keys; unresolved rows. */
const hrState = (files) => {
  const texts = (rows, key) => new Map([...byKey(rows, key)].map(([name, row]) => [name, JSON.stringify(row)]));
  return {
    types: {
      Directory_Organization: texts(rowsOf(files, "hr_organizations.csv"), "Code"),
      Directory_User: texts(rowsOf(files, "hr_users.csv"), "EmployeeId"),
    },
    links: {},
    orphans: 0,
  };
};

const directoryState = (files) => {
  const entries = byKey(rowsOf(files, "ad_entries.csv"), "objectGUID");
  const byDn = new Map([...entries.values()].map((row) => [row.dn, row.objectGUID]));
  const byNumber = new Map(
    [...entries.values()].filter(({ employeeID }) => employeeID !== "").map((row) => [row.employeeID, row.objectGUID]),
  );
  let orphans = 0;
  const resolved = (rows, first, second) => {
    const pairs = new Map();
    for (const row of new Map(rows.map((other) => [JSON.stringify(other), other])).values()) {
      const [one, other] = [first(row), second(row)];
      if (one === undefined || other === undefined) orphans += 1;
      else pairs.set(`${one} ${other}`, [one, other]);
    }
    return pairs;
  };
  const members = resolved(
    rowsOf(files, "ad_members.csv"),
    ({ dn }) => byDn.get(dn),
    ({ member }) => byDn.get(member),
  );
  const managers = resolved(
    rowsOf(files, "ad_managers.csv"),
    ({ employeeID }) => byNumber.get(employeeID),
    ({ manager }) => byNumber.get(manager),
  );
  const managerOf = new Map(managers.values());
  return {
    types: { AD_Entry: new Map([...entries].map(([key, row]) => [key, JSON.stringify({ ...row, of: managerOf.get(key) ?? "" })])) },
    links: { AD_Members: members },
    orphans,
  };
};

const counted = (before, after) => {
  let [inserted, updated, deleted] = [0, 0, 0];
  for (const [key, value] of after) {
    if (!before.has(key)) inserted += 1;
    else if (typeof value === "string" && before.get(key) !== value) updated += 1;
  }
  for (const key of before.keys()) if (!after.has(key)) deleted += 1;
  return { inserted, updated, deleted };
};

const sizes = (maps) => Object.fromEntries(Object.entries(maps).map(([name, map]) => [name, map.size]));
const sum = (counts, name) => counts.reduce((total, count) => total + count[name], 0);

/** `counters` as the SynchronizeTask reports them, `resources` and `links` as they are when the files are loaded. */
const difference = (before, after) => {
  const types = Object.keys(after.types).map((type) => counted(before?.types[type] ?? new Map(), after.types[type]));
  const links = Object.keys(after.links).map((association) => counted(before?.links[association] ?? new Map(), after.links[association]));
  return {
    counters: {
      inserted: sum(types, "inserted"),
      updated: sum(types, "updated"),
      deleted: sum(types, "deleted"),
      linksInserted: sum(links, "inserted"),
      linksDeleted: sum(links, "deleted"),
      orphans: after.orphans,
    },
    resources: sizes(after.types),
    links: sizes(after.links),
  };
};

/** Takes the exports of the three days, gives what `expected.json` holds: by day and connector, each day compared with the one before. */
export const expectedOf = (exportsOfDays) => {
  const hr = exportsOfDays.map(hrState);
  const directory = exportsOfDays.map(directoryState);
  return {
    format: 1,
    days: exportsOfDays.map((_, index) => ({
      day: index + 1,
      HR: { blocked: false, ...difference(hr[index - 1], hr[index]) },
      AD: { blocked: index === 2, ...difference(directory[index - 1], directory[index]) },
    })),
  };
};
