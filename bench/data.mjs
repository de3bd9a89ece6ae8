/**
 * Makes the files that the benchmark reads: two days of a directory's entries, one day of group members, or what makes of the entries a
 * directory with groups. The same bytes on every machine.
 *
 *     node bench/data.mjs entries 1000000 FOLDER      entries.day1.csv, entries.day2.csv, expected.json
 *     node bench/data.mjs members 3000000 FOLDER      members.csv, expected.json
 *     node bench/data.mjs directory 1000000 FOLDER    links.day1.csv, links.day2.csv, links.day3.csv, entries.day3.csv, expected.json
 *
 * Separator `;`, header, LF. What the entries hold, so that a wrong implementation shows:
 * - key `dn` of about 67 bytes, not in order; half of the rows have text that is not ASCII, some of it outside the BMP, where the order
 *   of UTF-16 is not that of UTF-8;
 * - 2 % of the rows have a field that needs quotes; 12 of the 14 columns are mapped;
 * - 0.1 % of the rows have no key; 0.1 % repeat one, half of them exactly, half with another title;
 * - day 2: 1 % of the rows updated, 0.5 % new, 0.5 % gone, and 1 % in which only a column differs that is not mapped.
 * Members: both columns are the key; 0.1 % of the rows lack the second, 0.1 % are there twice.
 * Directory: links between entries, each side named by its `dn`: three for each entry, 3,000,000 at most. Of the entries that stand for groups and
 * members, those without a key leave their links unresolved.
 * - Day 2: links of entries that are gone are gone, 0.5 % of the others too; new entries are in up to three groups.
 * - Day 3: 12 % of the entries updated, more than a threshold lets pass, and 1 % of the links gone.
 *
 * `entries.quoted.csv` is day 2 as PowerShell's Export-Csv writes it: separator `,`, every field quoted.
 */
import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { columns } from "./columns.mjs";

/** 32-bit mix of a row's number and a salt: every value below is a pure function of both. */
const mix = (row, salt) => {
  let x = (row ^ Math.imul(salt + 1, 0x9e3779b1) ^ 1) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
};
const fraction = (row, salt) => mix(row, salt) / 2 ** 32;

const list = (text) => text.split("|");
const givenNames = list(
  "Alice|Bruno|Chloé|David|Élodie|Farid|Grace|Hugo|Inès|Jürgen|Karim|Léa|Mohamed|Nora|Olivier|Paula|Quentin|Rachel|Søren|Thomas|Ulrike|Victor|Wei|Xavier|Yasmine|Zoë|Andrew|Barbara|Christopher|Deborah|Emmanuel|Francesca",
);
const surnames = list(
  "Martin|Bernard|Dubois|Robert|Richard|Petit|Durand|Leroy|Moreau|Simon|Laurent|Lefèvre|Michel|Garcia|Müller|Schneider|Fischer|Weber|Smith|Johnson|Williams|Brown|O'Neill|Jones|Miller|Davis|Rodríguez|Martínez|Nguyễn|Kowalski|Rossi|Andersson|Novák|Papadopoulos|van den Berg|Øster|Silva|Santos|Ivanov|Yılmaz",
);
const departments = list("Finance|Human Resources|IT|Legal|Marketing|Operations|R&D|Sales|Support|Qualité");
const titles = list("Analyst|Engineer|Manager|Consultant|Director|Assistant|Technician|Architect|Ingénieur");
const cities = list("Paris|Lyon|Marseille|Berlin|London|Madrid|Roma|Genève|Zürich|København");

const suffix = "DC=corp,DC=example,DC=com";
const given = (row) => givenNames[mix(row, 1) & 31];
const surname = (row) => surnames[mix(row, 2) % surnames.length];
const department = (row) => departments[mix(row, 3) % departments.length];

const dnOf = (row) => {
  const number = row.toString(36).toUpperCase();
  const share = fraction(row, 20);
  let name = `${given(row)} ${surname(row)} ${number}`;
  if (share < 0.001) name = `\u{1F600} ${name}`;
  else if (share < 0.002) name = `\uFF21 ${name}`;
  else if (share < 0.012) name = `${surname(row)}\\, ${given(row)} ${number}`;
  return `CN=${name},OU=${department(row)},OU=Users,${suffix}`;
};

const displayName = (row) => {
  const kind = mix(row, 6) % 100;
  if (kind === 0) return `${surname(row)}; ${given(row)}`;
  if (kind === 1) return `${given(row)} "${surname(row)[0]}" ${surname(row)}`;
  return `${surname(row)} ${given(row)}`;
};

/** `change`: "none", "update" of mapped columns, "touch" of a column that is not mapped, "repeat" with another title. */
const fieldsOf = (row, dn, change) => {
  const number = String(row).padStart(8, "0");
  const isUpdate = change === "update";
  const pair = (salt) => (mix(row, salt) % 90) + 10;
  const title = titles[mix(row, 4) % titles.length];
  const date = isUpdate || change === "touch" ? "20260702" : `202606${String((mix(row, 13) % 28) + 1).padStart(2, "0")}`;
  return [
    dn,
    `E${number}`,
    `u${number}`,
    mix(row, 14) % 10 === 0 ? "" : `u${number}@corp.example.com`,
    given(row),
    surname(row),
    displayName(row),
    department(row),
    change === "repeat" ? `Duplicate ${title}` : title,
    cities[(mix(row, 5) + (isUpdate ? 1 : 0)) % cities.length],
    isUpdate && mix(row, 8) % 2 === 1 ? "" : `+33 1 ${pair(7)} ${pair(9)} ${pair(10)} ${pair(11)}`,
    mix(row, 12) % 20 === 0 ? "514" : "512",
    "user",
    `${date}${String(mix(row, 15) % 240_000).padStart(6, "0")}.0Z`,
  ];
};

const escaped = (field) => `"${field.replaceAll('"', '""')}"`;
const plainLine = (fields) => `${fields.map((field) => (/[;"]/.test(field) ? escaped(field) : field)).join(";")}\n`;
const quotedLine = (fields) => `${fields.map(escaped).join(",")}\n`;

/** Text gathered before a write, in characters. */
const writeEvery = 2 ** 20;

const fileOf = (path) => {
  const descriptor = openSync(path, "w");
  let text = "";
  return {
    add: (line) => {
      text += line;
      if (text.length < writeEvery) return;
      writeSync(descriptor, text);
      text = "";
    },
    close: () => {
      writeSync(descriptor, text);
      closeSync(descriptor);
    },
  };
};

const hasNoKey = (row) => row % 1000 === 501;
const isRepeated = (row) => row % 1000 === 502;

/** What the second and the third day do to a row; never to one without a key, nor to one that is there twice. */
const fate = (row, day) => {
  if (day === 1 || hasNoKey(row) || isRepeated(row)) return "none";
  const number = mix(row, 30) % 200;
  if (number === 0) return "delete";
  if (number <= 2) return "update";
  if (day === 3 && number > 4 && number <= 28) return "update late";
  return number <= 4 ? "touch" : "none";
};

/** New rows get numbers that no other row of a file of up to ten million rows has. */
const newRowsFrom = 10_000_000;
const newRows = (count) => Math.round(count * 0.005);
const newRow = (count, n) => count + newRowsFrom + count + n;

/** Calls `write` with the fields of each line of a day; gives what they hold, and how many rows have which fate. */
const writeDay = (count, number, write) => {
  const counts = { lines: 0, nullKeys: 0, duplicates: 0 };
  const fates = { insert: 0, update: 0, delete: 0, "update late": 0 };
  const total = count + (number > 1 ? newRows(count) : 0);
  let repeat = -1;
  write(columns);
  for (let n = 0; n < total; n++) {
    const isNew = n >= count;
    const row = isNew ? newRow(count, n - count) : n;
    if (!isNew && isRepeated(row)) repeat = row;
    else if (repeat >= 0 && row % 1000 === 900) {
      write(fieldsOf(repeat, dnOf(repeat), Math.floor(repeat / 1000) % 2 === 1 ? "repeat" : "none"));
      counts.lines++;
      counts.duplicates++;
      repeat = -1;
    }
    const change = isNew ? "none" : fate(row, number);
    if (isNew) fates.insert++;
    else if (change in fates) fates[change]++;
    if (change === "delete") continue;
    const isNull = !isNew && hasNoKey(row);
    write(fieldsOf(row, isNull ? "" : dnOf(row), change === "update late" ? "update" : change));
    counts.lines++;
    if (isNull) counts.nullKeys++;
  }
  return { day: { ...counts, sorted: counts.lines - counts.nullKeys - counts.duplicates }, fates };
};

const writeEntries = (count, folder) => {
  const first = fileOf(join(folder, "entries.day1.csv"));
  const { day: day1 } = writeDay(count, 1, (fields) => first.add(plainLine(fields)));
  first.close();
  const second = fileOf(join(folder, "entries.day2.csv"));
  const quoted = fileOf(join(folder, "entries.quoted.csv"));
  const { day: day2, fates } = writeDay(count, 2, (fields) => {
    second.add(plainLine(fields));
    quoted.add(quotedLine(fields));
  });
  second.close();
  quoted.close();
  const { insert, update, delete: gone } = fates;
  return { day1, day2, changes: { insert, update, delete: gone } };
};

const writeMembers = (count, folder) => {
  const users = Math.ceil(count / 3);
  const groups = Math.max(1, Math.round(count / 50));
  const counts = { lines: 0, nullKeys: 0, duplicates: 0 };
  const file = fileOf(join(folder, "members.csv"));
  file.add("dn;member\n");
  for (let n = 0; n < count; n++) {
    const group = mix(n, 40) % groups;
    // Each user is in three groups; the round in the group's name keeps a pair from coming up twice by chance.
    const round = Math.floor(n / users);
    const name = `GRP_${departments[group % departments.length].replace(" ", "_")}_${String(group).padStart(6, "0")}_${"ABC"[round]}${round}`;
    const line = `CN=${name},OU=Groups,${suffix};${n % 1000 === 501 ? "" : dnOf(n % users)}\n`;
    file.add(line);
    counts.lines++;
    if (n % 1000 === 501) counts.nullKeys++;
    if (n % 1000 !== 502) continue;
    file.add(line);
    counts.lines++;
    counts.duplicates++;
  }
  file.close();
  return { ...counts, sorted: counts.lines - counts.nullKeys - counts.duplicates };
};

/** Links of a directory: as many for each entry, and never more than a large one has. */
const linksPerEntry = 3;
const mostLinks = 3_000_000;
const membersPerGroup = 50;

/**
 * Calls `visit` with each link there ever is: both rows, the last day that has it, and whether it is there on the first. A link comes up once:
 * each round of members has groups of its own.
 */
const eachLink = (count, visit) => {
  const links = Math.min(count * linksPerEntry, mostLinks);
  const members = links / linksPerEntry;
  const groups = Math.max(1, Math.round(members / membersPerGroup));
  const memberStride = Math.floor(count / members);
  const groupStride = Math.floor(count / (groups * linksPerEntry));
  const groupOf = (n, round) => ((mix(n, 40) % groups) * linksPerEntry + round) * groupStride;
  for (let n = 0; n < links; n++) {
    const number = mix(n, 41) % 200;
    const [group, member] = [groupOf(n, Math.floor(n / members)), (n % members) * memberStride];
    const isGone = number === 0 || fate(group, 2) === "delete" || fate(member, 2) === "delete";
    visit(group, member, { isFirst: true, last: isGone ? 1 : number <= 2 ? 2 : 3 });
  }
  const added = newRows(count);
  for (let n = 0; n < Math.min(added * linksPerEntry, newRows(links)); n++) {
    const group = groupOf(links + n, Math.floor(n / added));
    if (fate(group, 2) !== "delete") visit(group, newRow(count, n % added), { isFirst: false, last: 3 });
  }
};

const writeDirectory = (count, folder) => {
  const day = (number) => {
    const counts = { lines: 0, orphans: 0, linksInserted: 0, linksDeleted: 0 };
    const file = fileOf(join(folder, `links.day${number}.csv`));
    file.add("dn;member\n");
    eachLink(count, (group, member, { isFirst, last }) => {
      const first = isFirst ? 1 : 2;
      const isOrphan = hasNoKey(group) || (isFirst && hasNoKey(member));
      if (!isOrphan && first === number) counts.linksInserted++;
      if (!isOrphan && last === number - 1) counts.linksDeleted++;
      if (first > number || last < number) return;
      // The key that an entry without one would have.
      file.add(`${dnOf(group)};${dnOf(member)}\n`);
      counts.lines++;
      if (isOrphan) counts.orphans++;
    });
    file.close();
    return counts;
  };
  const [day1, day2, day3] = [day(1), day(2), day(3)];
  const third = fileOf(join(folder, "entries.day3.csv"));
  const { day: entries, fates } = writeDay(count, 3, (fields) => third.add(plainLine(fields)));
  third.close();
  return { links: { day1, day2, day3 }, day3: { ...entries, update: fates["update late"] } };
};

const writers = { entries: writeEntries, members: writeMembers, directory: writeDirectory };
const [kind, count, folder] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const expected = writers[kind](Number(count), folder);
// Last: a folder without it is not finished.
writeFileSync(join(folder, "expected.json"), `${JSON.stringify(expected, null, 2)}\n`);
