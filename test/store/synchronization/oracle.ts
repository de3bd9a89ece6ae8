import type { SourceFiles } from "./world.js";

/** What the sources of both connectors last said. */
export interface Said {
  readonly HR: SourceFiles;
  readonly AD: SourceFiles;
}

export const nothingSaid: SourceFiles = { rows: {}, links: {} };

const text = (row: readonly unknown[]): string => JSON.stringify(row);
const byBytes = (a: readonly (string | null)[], b: readonly (string | null)[]): number =>
  Buffer.compare(Buffer.from(a[0] ?? ""), Buffer.from(b[0] ?? ""));

/** The repository as it must be: a pure function of what the sources last said (design §7.3), however it was reached. */
export const expectedState = (said: Said): { rows: Record<string, string[]>; links: Record<string, string[]>; unresolved: string[] } => {
  const people = said.HR.rows.Person ?? [];
  const entries = said.AD.rows.Entry ?? [];
  const find = (rows: readonly (readonly (string | null)[])[], column: number, key: string): string | null => {
    const found = rows.filter((row) => row[column] === key);
    return found.length === 1 ? (found[0]?.[0] ?? null) : null;
  };
  const unresolved: string[] = [];
  const resolve = (
    association: string,
    claims: readonly (readonly [string, string])[],
    one: (key: string) => string | null,
    two: (key: string) => string | null,
  ): [string, string][] =>
    claims.flatMap(([key1, key2]): [string, string][] => {
      const r1 = one(key1);
      const r2 = two(key2);
      if (r1 !== null && r2 !== null) return [[r1, r2]];
      unresolved.push(text([association, key1, key2]));
      return [];
    });
  const person = (key: string): string | null => find(people, 0, key);
  const guid = (key: string): string | null => find(entries, 0, key);
  const dn = (key: string): string | null => find(entries, 1, key);
  const bosses = new Map(resolve("Person_Boss", said.HR.links.Person_Boss ?? [], person, person).map(([boss, one]) => [one, boss]));
  const owners = new Map(resolve("Entry_Owner", said.AD.links.Entry_Owner ?? [], person, guid).map(([owner, one]) => [one, owner]));
  const members = resolve("Entry_Members", said.AD.links.Entry_Members ?? [], dn, dn);
  return {
    rows: {
      Person: [...people].sort(byBytes).map((row) => text([...row, bosses.get(row[0] ?? "") ?? null])),
      Entry: [...entries].sort(byBytes).map((row) => text([...row, owners.get(row[0] ?? "") ?? null])),
    },
    links: { Entry_Members: members.map(text).sort() },
    unresolved: unresolved.sort(),
  };
};
