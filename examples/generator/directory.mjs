/**
 * The Active Directory of day 1. An entry: the columns of `ad_entries.csv` but `dn` and `parentdn`, which follow from `cn` and `folder`.
 * `members` of a group are keys of entries; `managerOf` gives the key of an account's manager.
 */
import { plainLatin } from "./names.mjs";
import { sites } from "./organization.mjs";
import { domain, uniqueNames } from "./people.mjs";
import { guidOf, randomStream } from "./random.mjs";

const root = "DC=halden,DC=example";
export const folders = { groups: `OU=Groups,${root}`, services: `OU=Services,${root}`, disabled: `OU=Disabled,${root}` };
const folderOf = (siteCode) => `OU=${sites.find(({ code }) => code === siteCode).folder},OU=People,${root}`;

/** Takes a value, gives it as the value of a relative distinguished name: special characters behind a backslash (RFC 4514 §2.4). */
const escaped = (value) => value.replace(/[\\,+"<>;=]/gu, "\\$&").replace(/^[# ]| $/gu, "\\$&");
export const dnOf = ({ cn, folder }) => `CN=${escaped(cn)},${folder}`;

/** userAccountControl: 512 normal, +2 disabled, +65536 password does not expire. */
export const control = { enabled: "512", disabled: "514", service: "66048" };
/** Longest sAMAccountName that Active Directory takes. */
const maximumLogin = 20;

const whenCreated = (random, day) =>
  `${day.replaceAll("-", "")}${[random.between(7, 17), random.between(0, 59), random.between(0, 59)].map((part) => String(part).padStart(2, "0")).join("")}`;

/** An empty directory: what makes entries, with the names taken so far. */
export const newDirectory = () => {
  const random = randomStream("directory");
  const takeLogin = uniqueNames();
  const takeCn = uniqueNames();
  const entries = new Map();
  const add = (key, entry) => {
    const complete = {
      key,
      objectGUID: guidOf(key),
      employeeID: "",
      businessCategory: "",
      extensionAttribute15: "",
      givenName: "",
      sn: "",
      mail: "",
      title: "",
      department: "",
      description: "",
      userAccountControl: "",
      ...entry,
    };
    entries.set(key, complete);
    return complete;
  };
  return {
    entries,
    addAccount: (person, unit) => {
      const base = [plainLatin(person.latinFirst), plainLatin(person.latinLast)].filter((name) => name !== "").join(".");
      // The directory is from 2009: whoever was there before got an account then.
      const created = person.start < "2009-06-02" ? "2009-06-02" : person.start;
      return add(person.id, {
        objectClass: "user",
        objectCategory: "person",
        employeeID: person.id,
        sAMAccountName: takeLogin(base.slice(0, maximumLogin), (login, suffix) => login.slice(0, maximumLogin - suffix.length) + suffix),
        cn: takeCn(person.displayName, (name, suffix) => (suffix === "" ? name : `${name} (${person.id})`)),
        folder: folderOf(person.site),
        userAccountControl: control.enabled,
        whenCreated: whenCreated(random, created),
        ...personColumns(person, unit),
      });
    },
    addService: (name, description) =>
      add(`service ${name}`, {
        objectClass: "user",
        objectCategory: "person",
        sAMAccountName: name,
        cn: name,
        displayName: name,
        description,
        folder: folders.services,
        userAccountControl: control.service,
        whenCreated: whenCreated(random, "2014-09-01"),
      }),
    addFormer: (name, login) =>
      add(`former ${login}`, {
        objectClass: "user",
        objectCategory: "person",
        sAMAccountName: takeLogin(login),
        cn: `${name} (left)`,
        displayName: name,
        description: "Left; to be deleted after 90 days",
        folder: folders.disabled,
        userAccountControl: control.disabled,
        whenCreated: whenCreated(random, "2019-03-11"),
      }),
    addGroup: (name, description, members) =>
      add(`group ${name}`, {
        objectClass: "group",
        objectCategory: "group",
        sAMAccountName: name,
        cn: name,
        displayName: name,
        description,
        folder: folders.groups,
        whenCreated: whenCreated(random, "2011-05-16"),
        members: new Set(members),
      }),
  };
};

/** The columns of an account that follow the HR system. */
const personColumns = (person, unit) => ({
  businessCategory: person.contract,
  extensionAttribute15: person.unit,
  givenName: person.firstName,
  sn: person.lastName,
  displayName: person.displayName,
  mail: person.mail,
  title: person.title,
  department: unit.name,
});

/** What the directory does when HR reports a change: the columns follow, a new name or site moves the entry. The login stays. */
export const follow = (entry, person, unit) => {
  if (entry.displayName !== person.displayName) entry.cn = person.displayName;
  entry.folder = folderOf(person.site);
  Object.assign(entry, personColumns(person, unit));
};

/** userPrincipalName: accounts only. */
export const principalOf = ({ objectClass, sAMAccountName }) => (objectClass === "user" ? `${sAMAccountName}@${domain}` : "");

/** Number of groups in all. */
const groupCount = 200;
/** People in production who have no account. */
const withoutAccount = 60;

const serviceAccounts = [
  ["svc-backup", "Nightly backup; do not disable"],
  ["svc-erp", "ERP <-> directory"],
  ["svc-print", ""],
  ["svc-scan", 'Scan to "home"'],
  ["svc-monitor", "Monitoring\nOwner: Networks\nCalls: 24/7"],
  ["svc-deploy", ""],
  ["svc-mdm", ""],
  ["svc-badge", "Badge readers; gates A, B"],
  ["svc-mes-lodz", "Łódź line control"],
  ["svc-mes-sp", "Linha de montagem São Paulo"],
  ["svc-sync", ""],
  ["svc-vpn", ""],
  ["svc-wiki", ""],
  ["svc-ci", ""],
  ["svc-signing", ""],
  ["svc-dhcp", ""],
  ["svc-dns", ""],
  ["svc-mail", ""],
  ["svc-fax", "Until 2027"],
  ["svc-camera", ""],
  ["svc-hvac", ""],
  ["svc-payroll", ""],
  ["svc-travel", ""],
  ["svc-crm", ""],
  ["svc-bi", "Reports; read only"],
];
const formerPeople = [
  ["Gunnar Aas", "gunnar.aas"],
  ["Helga Brandt", "helga.brandt"],
  ["Yves Côté", "yves.cote"],
  ["Mary O'Neill", "mary.oneill"],
  ["Jan Zając", "jan.zajac"],
  ["Raúl Peña", "raul.pena"],
  ["Inês de Sá", "ines.desa"],
  ["Mehmet Koç", "mehmet.koc"],
  ["Lê Anh Dũng", "le.anhdung"],
  ["Νίκος Μακρής", "nikos.makris"],
  ["Юлия Бойко", "yuliya.boiko"],
  ["田中 翔", "sho.tanaka"],
  ["Omar Khoury", "omar.khoury"],
  ["Sunil Rao", "sunil.rao"],
  ["Bram van 't Hof", "bram.vanthof"],
];

/** Takes people and units of day 1, gives the directory, and the ids of the people left without an account. */
export const firstDirectory = (people, units, heads, tutor) => {
  const random = randomStream("accounts");
  const directory = newDirectory();
  const unitOf = (person) => units.find(({ code }) => code === person.unit);
  const assemblers = [...people.values()].filter(
    ({ id, unit, managerId }) => unit.startsWith("U2") && heads.get(unit) !== id && managerId !== tutor && id > "001000",
  );
  const left = new Set(
    random.sample(
      assemblers.map(({ id }) => id),
      withoutAccount - 1,
    ),
  );
  left.add(tutor);
  for (const person of people.values()) if (!left.has(person.id)) directory.addAccount(person, unitOf(person));
  for (const [name, description] of serviceAccounts) directory.addService(name, description);
  for (const [name, login] of formerPeople) directory.addFormer(name, login);
  describe(directory.entries, random);
  addGroups(directory, units, random);
  return { directory, withoutAccount: left };
};

/** Descriptions as administrators write them: with the separator, with quotes, over two lines. */
const describe = (entries, random) => {
  const accounts = [...entries.values()].filter(({ employeeID }) => employeeID !== "");
  random.sample(accounts, 40).forEach((account, index) => {
    account.description = [
      `Badge ${1000 + index}; gate ${"ABC"[index % 3]}`,
      `On leave\nDeputy: ${accounts[index].displayName}`,
      `"VIP" since ${2010 + (index % 15)}`,
      "Phone first, then mail",
    ][index % 4];
  });
};

const addGroups = (directory, units, random) => {
  const accounts = [...directory.entries.values()].filter(({ employeeID }) => employeeID !== "");
  const keys = accounts.map(({ key }) => key);
  for (const unit of units) {
    directory.addGroup(
      `GG_${unit.code}`,
      `Everybody in ${unit.name}`,
      accounts.filter((account) => account.extensionAttribute15 === unit.code).map(({ key }) => key),
    );
  }
  for (const site of sites) {
    const there = accounts.filter(({ folder }) => folder === folderOf(site.code)).map(({ key }) => key);
    directory.addGroup(`DL ${site.name}`, `Floor news ${site.name}`, random.sample(there, 20));
  }
  const divisions = units.filter(({ level }) => level === 1);
  for (const division of divisions) {
    // Groups in groups: a division's group holds the groups of its departments.
    directory.addGroup(
      `GG_${division.code}_All`,
      `${division.name}; all departments`,
      units.filter(({ parent }) => parent === division.code).map(({ code }) => `group GG_${code}`),
    );
  }
  for (let number = 1; directory.entries.size < accounts.length + serviceAccounts.length + formerPeople.length + groupCount; number++) {
    const name = `SG_APP_AG${String(number).padStart(3, "0")}`;
    // The third has nobody yet.
    directory.addGroup(name, `Application ${number}`, number === 3 ? [] : random.sample(keys, random.between(3, 22)));
  }
};
