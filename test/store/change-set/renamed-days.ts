import fc from "fast-check";
import { type EntityAssociation, slotOf } from "../../../src/model/index.js";
import type { RepositoryModel } from "../../../src/store/synchronization.js";
import type { SourceFiles } from "../synchronization/world.js";

/** Entries that there are on some day, by number. */
const numbers = [0, 1, 2, 3, 4] as const;
/** More names than entries, so that a name is new, or was another's the day before. */
const names = ["A", "B", "C", "D", "E", "F", "G"].map((name) => `CN=${name}`);
const pairs = numbers.flatMap((one) => numbers.map((two): readonly [number, number] => [one, two]));

interface Day {
  /** By number: there, or not. */
  readonly present: readonly boolean[];
  /** By number: its name, no two the same. */
  readonly dn: readonly string[];
  /** Which of `pairs` are members. */
  readonly members: readonly boolean[];
  /** By number: who leads it. */
  readonly leads: readonly (number | null)[];
}

const mostly = (share: number): fc.Arbitrary<boolean> => fc.nat(99).map((n) => n < share);
const many = <T>(one: fc.Arbitrary<T>, length: number): fc.Arbitrary<T[]> => fc.array(one, { minLength: length, maxLength: length });

const anyDay: fc.Arbitrary<Day> = fc.record({
  present: many(mostly(85), numbers.length),
  dn: fc.shuffledSubarray(names, { minLength: numbers.length, maxLength: numbers.length }),
  members: many(mostly(30), pairs.length),
  leads: many(fc.option(fc.constantFrom(...numbers), { freq: 2 }), numbers.length),
});

/** Two days of a directory: on the second most is as on the first, other names than which go from one entry to another. */
export interface RenamedDays {
  readonly days: readonly [Day, Day];
  /** Entries that have a member whom nobody knows, as long as they are there on both days. */
  readonly waiting: readonly boolean[];
}

const merged = <T>(first: readonly T[], second: readonly T[], changed: readonly boolean[]): T[] =>
  first.map((value, index) => (changed[index] === true ? (second[index] ?? value) : value));

export const renamedDays: fc.Arbitrary<RenamedDays> = fc
  .record({ first: anyDay, second: anyDay, changed: many(mostly(20), pairs.length), waiting: many(mostly(30), numbers.length) })
  .map(({ first, second, changed, waiting }) => ({
    days: [
      first,
      {
        present: merged(first.present, second.present, changed),
        dn: second.dn,
        members: merged(first.members, second.members, changed),
        leads: merged(first.leads, second.leads, changed),
      },
    ],
    waiting,
  }));

/** What the source says on a day (from 0). */
export const day = ({ days, waiting }: RenamedDays, which: 0 | 1): SourceFiles => {
  const { present, dn, members, leads } = days[which];
  const nameOf = (number: number): string => dn[number] ?? "";
  const both = (one: number, two: number): boolean => present[one] === true && present[two] === true;
  const said = pairs.filter(([one, two], index) => members[index] === true && both(one, two));
  const waits = numbers.filter((number) => waiting[number] === true && days.every((each) => each.present[number] === true));
  return {
    rows: { Entry: numbers.filter((number) => present[number] === true).map((number) => [`g${number}`, nameOf(number), null]) },
    links: {
      Entry_Members: [
        ...said.map(([one, two]): [string, string] => [nameOf(one), nameOf(two)]),
        ...waits.map((number): [string, string] => [nameOf(number), "CN=nobody"]),
      ],
      Entry_Lead: leads.flatMap((lead, number): [string, string][] =>
        lead !== null && both(lead, number) ? [[nameOf(lead), nameOf(number)]] : [],
      ),
    },
  };
};

const lead: EntityAssociation = {
  identifier: "Entry_Lead",
  displayName: "Lead",
  side1: { entityType: "Entry", property: "Leads", isCollection: true, slot: null },
  side2: { entityType: "Entry", property: "Lead", isCollection: false, slot: slotOf(130) },
};

/** The model with a navigation that is named by a key which changes. */
export const withLeads = (model: RepositoryModel): RepositoryModel => {
  const navigation = (identifier: string, index: number) => ({
    ...({ identifier, displayName: identifier, type: "ForeignKey", index, slot: index < 0 ? null : slotOf(index) } as const),
    ...{ isKey: false, isNavigation: true, historyPrecision: 0 },
  });
  return {
    entityTypes: model.entityTypes.map((type) =>
      type.identifier === "Entry" ? { ...type, properties: [...type.properties, navigation("Leads", -1), navigation("Lead", 130)] } : type,
    ),
    associations: [...model.associations, lead],
    connectors: model.connectors.map((one) => {
      const members = one.associations.find(({ identifier }) => identifier === "Entry_Members");
      return members === undefined
        ? one
        : { ...one, associations: [...one.associations, { ...members, identifier: "Entry_Lead", table: "leads" }] };
    }),
  };
};
