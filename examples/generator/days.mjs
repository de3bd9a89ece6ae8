/**
 * Three days in the life of the company. A day: `{ units, people, entries, cutAfter }`, plain copies; `cutAfter` is the number of entries
 * after which the entries file of that day stops, or null.
 */
import { control, firstDirectory, folders, follow } from "./directory.mjs";
import { firstUnits, headTitle, sites, titlesOf } from "./organization.mjs";
import { displayNameOf, domain, firstPeople, mailName, makePerson, managerOf, randomName } from "./people.mjs";
import { randomStream } from "./random.mjs";

/** Share of the entries that is left in the file of day 3. */
const leftOnDayThree = 0.4;

const copyOf = (world, cutAfter = null) => ({
  units: world.units.map((unit) => ({ ...unit })),
  people: new Map([...world.people].map(([id, person]) => [id, { ...person }])),
  entries: new Map(
    [...world.directory.entries].map(([key, entry]) => [
      key,
      entry.members === undefined ? { ...entry } : { ...entry, members: new Set(entry.members) },
    ]),
  ),
  cutAfter,
});

/** The three days, in order. */
export const days = () => {
  const world = firstDay();
  const first = copyOf(world);
  secondDay(world);
  const second = copyOf(world);
  thirdDay(world);
  return [first, second, copyOf(world, Math.floor(world.directory.entries.size * leftOnDayThree))];
};

const firstDay = () => {
  const units = firstUnits();
  const { people, heads, takeMail } = firstPeople(units);
  // Planted: the tutor of one intern has no account on day 1, so the link to the manager cannot be resolved until day 2 brings it.
  const intern = [...people.values()].find(({ contract, unit }) => contract === "Intern" && unit.startsWith("U2"));
  const tutor = [...people.values()].find(
    ({ id, unit, contract }) => unit === intern.unit && contract === "Employee" && heads.get(unit) !== id && id > "001000",
  );
  intern.managerId = tutor.id;
  const { directory, withoutAccount } = firstDirectory(people, units, heads, tutor.id);
  return { units, people, heads, takeMail, directory, withoutAccount, tutor: tutor.id };
};

const unitOf = (world, code) => world.units.find((unit) => unit.code === code);
const groupOf = (world, code) => world.directory.entries.get(`group GG_${code}`);
const groupsOf = (world) => [...world.directory.entries.values()].filter(({ members }) => members !== undefined);
/** The account follows its person, where there is one. */
const update = (world, person) => {
  const entry = world.directory.entries.get(person.id);
  if (entry !== undefined) follow(entry, person, unitOf(world, person.unit));
};

const join = (world, random, name, unit, id, start) => {
  const person = makePerson(random, name, id, unit, random.pick(sites), world.takeMail);
  person.start = start;
  person.managerId = world.heads.get(unit.code);
  world.people.set(id, person);
  return person;
};

const giveAccount = (world, person) => {
  const entry = world.directory.addAccount(person, unitOf(world, person.unit));
  groupOf(world, person.unit).members.add(entry.key);
};

/** A person is gone from HR; the account is disabled, moved aside and taken out of its groups. */
const leave = (world, id) => {
  world.people.delete(id);
  const entry = world.directory.entries.get(id);
  if (entry === undefined) return;
  Object.assign(entry, {
    folder: folders.disabled,
    userAccountControl: control.disabled,
    description: "Left; to be deleted after 90 days",
  });
  for (const group of groupsOf(world)) group.members.delete(id);
};

const move = (world, random, person, unit) => {
  groupOf(world, person.unit).members.delete(person.id);
  Object.assign(person, { unit: unit.code, managerId: world.heads.get(unit.code), title: random.pick(titlesOf(unit)) });
  if (world.directory.entries.has(person.id)) groupOf(world, unit.code).members.add(person.id);
};

const secondDay = (world) => {
  const random = randomStream("day 2");
  const { people, heads, directory } = world;
  const isHead = (id) => [...heads.values()].includes(id);
  const ordinary = random.shuffled(
    [...people.values()].filter(
      ({ id, contract }) => !isHead(id) && id > "001000" && contract === "Employee" && id !== world.tutor && !world.withoutAccount.has(id),
    ),
  );
  const take = (count) => ordinary.splice(0, count);

  // A new unit with a promoted head, and one that is called differently from now on.
  const unit = { code: "U190", name: "Applied AI", parent: "U100", description: "New since today", weight: 0, level: 2 };
  world.units.push(unit);
  unitOf(world, "U420").name = "Field Service & Repair";
  directory.addGroup("GG_U190", "Everybody in Applied AI", []);
  const [firstHead] = take(1);
  heads.set(unit.code, firstHead.id);
  move(world, random, firstHead, unit);
  Object.assign(firstHead, { title: headTitle(unit), managerId: managerOf(firstHead, world.units, heads) });
  update(world, firstHead);

  // Movers: another unit and manager; every third to another site too, which moves the account in the directory.
  take(21).forEach((person, index) => {
    move(world, random, person, index < 6 ? unit : random.pick(world.units.slice(8, 50)));
    if (index % 3 === 0) person.site = sites[(sites.findIndex(({ code }) => code === person.site) + 1) % sites.length].code;
    update(world, person);
  });

  // Renames after a wedding: name, mail and distinguished name change, the login stays.
  const newNames = ["O'Connor", "Ångström", "von Ahlefeldt-Dehn", "Øst"];
  take(newNames.length).forEach((person, index) => {
    Object.assign(person, { lastName: newNames[index], latinLast: newNames[index] });
    Object.assign(person, { displayName: displayNameOf(person), mail: `${world.takeMail(mailName(person))}@${domain}` });
    update(world, person);
  });

  // Leavers: eight ordinary people, and the head of Payroll, whose people get another head.
  for (const { id } of take(8)) leave(world, id);
  const formerHead = heads.get("U620");
  const successor = [...people.values()].find(
    ({ id, unit: code, contract }) => code === "U620" && id !== formerHead && contract === "Employee" && directory.entries.has(id),
  );
  heads.set("U620", successor.id);
  leave(world, formerHead);
  successor.title = headTitle(unitOf(world, "U620"));
  update(world, successor);
  for (const person of people.values()) if (person.unit === "U620") person.managerId = managerOf(person, world.units, heads);

  // Joiners: fourteen, of whom two have no account yet.
  const names = [
    { first: "Ngọc Ánh", last: "Nguyễn" },
    { first: "Niamh", last: "O'Brien" },
    { first: "鈴木:Suzuki", last: "漢字:Kanji" },
  ];
  const last = Number([...people.keys()].pop());
  for (let index = 0; index < 14; index++) {
    const name = names[index] ?? randomName(random, random.pick(sites));
    const person = join(
      world,
      random,
      name,
      index < 3 ? unit : random.pick(world.units.slice(8, 50)),
      String(last + 1 + index).padStart(6, "0"),
      "2026-03-03",
    );
    if (index < 12) giveAccount(world, person);
  }
  // The tutor's account: the link that was unresolved on day 1 heals.
  giveAccount(world, people.get(world.tutor));

  // In the directory only: accounts of people who left in autumn are deleted, a service account comes, a group is renamed with its members.
  const former = [...directory.entries.keys()].filter((key) => key.startsWith("former "));
  for (const key of former.slice(0, 6)) directory.entries.delete(key);
  directory.addService("svc-badge-2", "Badge readers; gate C");
  const renamed = directory.entries.get("group SG_APP_AG010");
  Object.assign(renamed, { cn: "SG_APP_AG010_Archive", displayName: "SG_APP_AG010_Archive", description: "Application 10; read only" });
  const grown = directory.entries.get("group SG_APP_AG003");
  for (const { id } of take(12)) grown.members.add(id);
  const shrunk = directory.entries.get("group SG_APP_AG004");
  for (const key of [...shrunk.members].slice(0, 2)) shrunk.members.delete(key);
};

const thirdDay = (world) => {
  const random = randomStream("day 3");
  const employees = [...world.people.values()].filter(
    ({ id, contract }) => contract === "Employee" && id > "001000" && ![...world.heads.values()].includes(id),
  );
  // HR as on any other day: a joiner, a leaver, three new titles.
  const [leaver, ...promoted] = random.sample(employees, 4);
  for (const person of promoted) {
    person.title = `Senior ${person.title}`;
    update(world, person);
  }
  leave(world, leaver.id);
  const last = Number([...world.people.keys()].pop());
  const joiner = join(
    world,
    random,
    { first: "Zoë", last: "O'Brien-Müller" },
    unitOf(world, "U740"),
    String(last + 1).padStart(6, "0"),
    "2026-03-04",
  );
  giveAccount(world, joiner);
};
