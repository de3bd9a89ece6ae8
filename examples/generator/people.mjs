/** The people of day 1 as the HR system knows them. A person: `{ id, firstName, lastName, latinFirst, latinLast, displayName, mail, title, unit, site, managerId, contract, start, end }`; `unit` and `site` are codes, dates `yyyy-MM-dd`. */
import { cultures, plainLatin, spelling } from "./names.mjs";
import { headTitle, sites, titlesOf } from "./organization.mjs";
import { randomStream } from "./random.mjs";

export const peopleCount = 2000;
export const domain = "halden.example";

/** People whose names or numbers have broken an import somewhere. Their numbers are 000002 and on, in this order. */
const awkward = [
  { first: "Zoë", last: "Lefèvre" },
  { first: "Käthe", last: "von der Leyen" },
  { first: "漢字:Kanji", last: "山田:Yamada" },
  { first: "Văn Đức", last: "Nguyễn" },
  { first: "Łukasz", last: "Wiśniewski" },
  // Gets 000007: a number whose zeros must not be lost.
  { first: "Siobhán", last: "O'Brien" },
  { first: "Αλέξανδρος:Alexandros", last: "Παπαδόπουλος:Papadopoulos" },
  { first: "Иван:Ivan", last: "Петренко:Petrenko" },
  // The é is an e and a combining accent here: a different text from the é of one letter.
  { first: "Rene\u0301", last: "Béranger" },
  // No value, but a name.
  { first: "Jennifer", last: "Null" },
  { first: 'William "Bill"', last: "Quinn" },
  // A comma, which a distinguished name must escape.
  { first: "Ferdinand", last: "Weiß, Dr." },
  { first: "Aïssatou", last: "N’Diaye" },
  // One name only: the first name is empty.
  { first: "", last: "Suharti" },
  { first: "Hubert Blaine", last: "Wolfeschlegelsteinhausenbergerdorff" },
  { first: "ΐρις:Iris", last: "Ξενάκης:Xenakis" },
];

const siteOfUnit = { "Assembly Łódź": "LOD", "Assembly São Paulo": "SAO", "Japan 日本": "TYO" };

/** Keeps logins and mail addresses unique: `name`, `name2`, `name3` … */
export const uniqueNames = () => {
  const used = new Map();
  return (wanted, shape = (base, suffix) => `${base}${suffix}`) => {
    let number = used.get(wanted) ?? 0;
    let name;
    do {
      number += 1;
      name = shape(wanted, number === 1 ? "" : String(number));
    } while (used.has(name) && name !== wanted);
    used.set(wanted, number);
    if (!used.has(name)) used.set(name, 1);
    return name;
  };
};

export const displayNameOf = ({ firstName, lastName }) => (firstName === "" ? lastName : `${firstName} ${lastName}`);

/** Local part of a mail address; the mailboxes of a person who changes name get a new one. */
export const mailName = (person) =>
  [person.latinFirst, person.latinLast]
    .map((name) => plainLatin(name))
    .filter((name) => name !== "")
    .join(".");

const date = (year, month, day) => `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;

/** Takes a random stream and a site, gives a first and a last name: two of three people have names of the site's country. */
export const randomName = (random, site) => {
  const culture = random.chance(0.66) ? cultures[site.home] : cultures[random.pick(Object.keys(cultures))];
  return { first: random.pick(culture.first), last: random.pick(culture.last) };
};

/** Takes names, an id, a unit and a site, gives a person without a manager. */
export const makePerson = (random, { first, last }, id, unit, site, takeMail) => {
  const [given, family] = [spelling(first), spelling(last)];
  const contract = random.weighted([
    ["Employee", 88],
    ["Contractor", 9],
    ["Intern", 3],
  ]);
  const person = {
    id,
    firstName: given.written,
    lastName: family.written,
    latinFirst: given.latin,
    latinLast: family.latin,
    title: contract === "Intern" ? "Intern" : random.pick(titlesOf(unit)),
    unit: unit.code,
    site: site.code,
    managerId: "",
    contract,
    start:
      contract === "Intern"
        ? date(2025, random.between(7, 12), 1)
        : date(random.between(1998, 2025), random.between(1, 12), random.between(1, 28)),
    end: contract === "Employee" ? "" : date(random.between(2026, 2027), random.between(4, 12), 28),
  };
  return { ...person, displayName: displayNameOf(person), mail: `${takeMail(mailName(person))}@${domain}` };
};

/** Takes the units of day 1, gives the people by id, the head of each unit, the unit's head being everybody's manager there. */
export const firstPeople = (units) => {
  const random = randomStream("people");
  const takeMail = uniqueNames();
  const people = new Map();
  const heads = new Map();
  let number = 0;
  for (let index = 0; index < peopleCount; index++) {
    // The founders and the awkward have the first numbers; later ones have gaps where people left long ago.
    number = index <= awkward.length ? index + 1 : number < 1000 ? 1001 : number + random.between(1, 4);
    // One person for every unit first, so that each has a head.
    const isAwkward = index > 0 && index <= awkward.length;
    const unit = isAwkward
      ? random.pick(units.slice(8))
      : (units[heads.size] ?? random.weighted(units.map((other) => [other, other.weight])));
    const site = sites.find(({ code }) => code === siteOfUnit[unit.name]) ?? random.weighted(sites.map((other) => [other, other.weight]));
    const name = isAwkward ? awkward[index - 1] : randomName(random, site);
    const person = makePerson(random, name, String(number).padStart(6, "0"), unit, site, takeMail);
    if (!isAwkward && heads.size < units.length) {
      Object.assign(person, { contract: "Employee", end: "", title: headTitle(unit) });
      heads.set(unit.code, person.id);
    }
    people.set(person.id, person);
  }
  for (const person of people.values()) person.managerId = managerOf(person, units, heads);
  return { people, heads, takeMail };
};

/** The head of the person's unit; of a head, the head of the unit above; nobody for the first. */
export const managerOf = (person, units, heads) => {
  const head = heads.get(person.unit);
  if (head !== person.id) return head;
  const { parent } = units.find(({ code }) => code === person.unit);
  return parent === "" ? "" : heads.get(parent);
};
