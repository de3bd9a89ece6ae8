import type { LinkCommand, ResourceCommand, SourceDelta, SourceFiles } from "./world.js";

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

/** A side of an association whose claims follow the row: which key of a claim, and the position of that key in the row. */
export interface FollowedKey {
  readonly association: string;
  readonly entityType: string;
  readonly n: 0 | 1;
  readonly index: number;
}

type Row = readonly (string | null)[];
type Pair = readonly [string, string];

const afterCommand = (
  { command, fields, cleared = [] }: ResourceCommand,
  columns: readonly string[],
  before: Row | undefined,
): Row | null => {
  if (command === "delete") return null;
  if (command !== "merge" || before === undefined) return fields;
  return fields.map((field, index) => field ?? (cleared.includes(columns[index] ?? "") ? null : (before[index] ?? null)));
};

/** What the commands of an incremental session leave of the claims of an association: deletes before inserts (connectors §2.4). */
const afterLinkCommands = (claims: readonly Pair[], commands: readonly LinkCommand[]): Pair[] => {
  const deletes = commands.filter(({ command }) => command === "delete").map(({ keys }) => keys);
  const isDeleted = (claim: Pair): boolean => deletes.some((keys) => keys.every((key, n) => key === null || key === claim[n]));
  const kept = claims.filter((claim) => !isDeleted(claim));
  const inserted = commands.flatMap(({ command, keys: [one, two] }): Pair[] => (command === "insert" ? [[one ?? "", two ?? ""]] : []));
  return [...new Map([...kept, ...inserted].map((claim) => [text(claim), claim])).values()];
};

/** Claims of renamed rows: gone, but that a merge takes them along to its new key, unless several rows left the old one. */
const afterRenames = (claims: readonly Pair[], n: 0 | 1, moves: readonly { readonly from: string; readonly to: string | null }[]): Pair[] =>
  claims.flatMap((claim): Pair[] => {
    const of = moves.filter(({ from }) => from === claim[n]);
    const [move] = of;
    if (move === undefined) return [claim];
    if (of.length > 1 || move.to === null) return [];
    return [n === 0 ? [move.to, claim[1]] : [claim[0], move.to]];
  });

/**
 * What a source says once the commands of an incremental session are done: the pure reading of connectors §2.4. `columns`: mapped columns by entity type; `followed`: sides whose
 * claims follow the row (none with Type None).
 */
export const afterDelta = (
  said: SourceFiles,
  delta: SourceDelta,
  columns: Readonly<Record<string, readonly string[]>>,
  followed: readonly FollowedKey[],
): SourceFiles => {
  const rows: Record<string, Row[]> = {};
  const links: Record<string, Pair[]> = Object.fromEntries(Object.entries(said.links).map(([name, claims]) => [name, [...claims]]));
  for (const [type, names] of Object.entries(columns)) {
    const stored = new Map((said.rows[type] ?? []).map((row) => [row[0] ?? "", row]));
    const moves = followed
      .filter(({ entityType }) => entityType === type)
      .map((side) => ({ side, moves: [] as { from: string; to: string | null }[] }));
    for (const command of delta.rows[type] ?? []) {
      const key = command.fields[0] ?? "";
      const before = stored.get(key);
      const after = afterCommand(command, names, before);
      for (const { side, moves: found } of moves) {
        const from = before?.[side.index] ?? null;
        const to = after?.[side.index] ?? null;
        if (from !== null && from !== to) found.push({ from, to: command.command === "merge" ? to : null });
      }
      if (after === null) stored.delete(key);
      else stored.set(key, after);
    }
    for (const { side, moves: found } of moves) links[side.association] = afterRenames(links[side.association] ?? [], side.n, found);
    rows[type] = [...stored.values()];
  }
  for (const [association, commands] of Object.entries(delta.links))
    links[association] = afterLinkCommands(links[association] ?? [], commands);
  return { rows, links };
};

/** The commands that lead from one state of a source to another, as Type None has them. */
export const deltaBetween = (before: SourceFiles, after: SourceFiles): SourceDelta => {
  const rows: Record<string, ResourceCommand[]> = {};
  for (const type of new Set([...Object.keys(before.rows), ...Object.keys(after.rows)])) {
    const old = new Map((before.rows[type] ?? []).map((row) => [row[0] ?? "", row]));
    const now = new Map((after.rows[type] ?? []).map((row) => [row[0] ?? "", row]));
    rows[type] = [
      ...[...old].flatMap(([key, row]): ResourceCommand[] =>
        now.has(key) ? [] : [{ command: "delete", fields: row.map((_, n) => (n === 0 ? key : null)) }],
      ),
      ...[...now].flatMap(([key, fields]): ResourceCommand[] => {
        const former = old.get(key);
        if (former === undefined) return [{ command: "insert", fields }];
        return text(former) === text(fields) ? [] : [{ command: "update", fields }];
      }),
    ];
  }
  const links: Record<string, LinkCommand[]> = {};
  for (const association of new Set([...Object.keys(before.links), ...Object.keys(after.links)])) {
    const old = new Set((before.links[association] ?? []).map(text));
    const now = new Set((after.links[association] ?? []).map(text));
    links[association] = [
      ...[...old].filter((pair) => !now.has(pair)).map((pair): LinkCommand => ({ command: "delete", keys: JSON.parse(pair) as Pair })),
      ...[...now].filter((pair) => !old.has(pair)).map((pair): LinkCommand => ({ command: "insert", keys: JSON.parse(pair) as Pair })),
    ];
  }
  return { rows, links };
};
