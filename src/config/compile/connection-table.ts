import { findPackage } from "../catalogue/packages.js";
import { type Declared, placeText } from "../declared.js";
import type { ConfigurationElement } from "../element.js";
import type { Findings } from "../findings.js";
import { nearestName } from "../nearest.js";

/** What a ConnectionTable names: the connection, and the file in ExportOutput without `.csv`. */
export interface ResolvedTable {
  readonly connection: string;
  readonly table: string;
}

const withoutExtension = (table: string): string => table.replace(/\.csv$/i, "");

interface Candidate {
  readonly element: ConfigurationElement;
  readonly identifier: string;
  /** `_entries` as written, or nothing. */
  readonly suffix: string;
  /** Its package can write such a file. */
  readonly isAble: boolean;
}

/** Connections that a table name may mean, the longest first: the whole name, then what stands before each `_` from the right. */
const candidatesFor = (table: string, declared: Declared): readonly Candidate[] => {
  const connections = declared.ofIgnoringCase("Connection");
  const candidates: Candidate[] = [];
  for (let end = table.length; end > 0; end = table.lastIndexOf("_", end - 1)) {
    const element = connections.get(table.slice(0, end).toLowerCase());
    if (element === undefined) continue;
    const suffix = table.slice(end);
    const output = findPackage(element.required("Package"))?.output ?? "several";
    const isAble = output === "several" || (output === "single" && suffix === "");
    candidates.push({ element, identifier: element.required("Identifier"), suffix, isAble });
  }
  return candidates;
};

/**
 * Resolves a ConnectionTable (connectors §1.3, §1.7): the longest connection of the mapping's connector that equals it, or that it
 * continues with `_` and a suffix, with or without `.csv`, ignoring case. When a longer one of another connector writes such a file, the
 * name is ambiguous and refused. Gives null after an error.
 */
export const resolveTable = (
  mapping: ConfigurationElement,
  connector: string,
  declared: Declared,
  findings: Findings,
): ResolvedTable | null => {
  const table = withoutExtension(mapping.required("ConnectionTable"));
  const place = () => mapping.place("ConnectionTable");
  const candidates = candidatesFor(table, declared);
  const own = candidates.find(({ element }) => element.string("Connector") === connector);
  if (own === undefined) {
    const names = [...declared.of("Connection")]
      .filter(([, element]) => element.string("Connector") === connector)
      .map(([identifier]) => identifier);
    const nearest = findings.isFull ? null : (nearestName(table, names) ?? (names.length === 1 ? (names[0] ?? null) : null));
    findings.error("CFG_TABLE", { table, connector, nearest }, place());
    return null;
  }
  const foreign = candidates.slice(0, candidates.indexOf(own)).find(({ isAble }) => isAble);
  if (foreign !== undefined) {
    const parameters = { table, connection: foreign.identifier, connector: foreign.element.required("Connector"), own: own.identifier };
    findings.error("CFG_TABLE_FOREIGN", parameters, place());
    return null;
  }
  if (!own.isAble) {
    const parameters = { table, connection: own.identifier, package: own.element.required("Package") };
    findings.warn("CFG_TABLE_NOT_EXPORTED", parameters, place());
  }
  return { connection: own.identifier, table: `${own.identifier}${own.suffix}` };
};

/** Refuses two connections that write one file (connectors §8): `AD` of a package that writes `AD_entries`, and `AD_entries` itself. */
export const checkTablesTwice = (declared: Declared, findings: Findings): void => {
  const writers = new Map<string, { connection: string; element: ConfigurationElement }>();
  const claim = (table: string, connection: string, element: ConfigurationElement, attribute: string): void => {
    const taken = writers.get(table.toLowerCase());
    if (taken === undefined) writers.set(table.toLowerCase(), { connection, element });
    else if (taken.connection !== connection) {
      findings.error(
        "CFG_TABLE_TWICE",
        { table, connection, other: `${taken.connection} (${placeText(taken.element.place())})` },
        element.place(attribute),
      );
    }
  };
  for (const [identifier, element] of declared.of("Connection")) {
    const known = findPackage(element.required("Package"));
    if (known === null || known.modes.length === 0) continue;
    if (known.output === "single") claim(identifier, identifier, element, "Identifier");
    for (const table of known.tables) claim(`${identifier}_${table}`, identifier, element, "Identifier");
  }
  for (const table of declared.named("ConnectionTable")) {
    const connection = table.string("Connection");
    if (connection !== null) claim(withoutExtension(table.required("Identifier")), connection, table, "Identifier");
  }
  // Excel names its files by the positions of sheets, as many as there are.
  for (const [identifier, element] of declared.of("Connection")) {
    if (findPackage(element.required("Package"))?.name !== "Excel") continue;
    for (const [table, { connection }] of [...writers]) {
      const isSheet = table.startsWith(`${identifier.toLowerCase()}_`) && /^\d+$/.test(table.slice(identifier.length + 1));
      if (isSheet && connection !== identifier) claim(table, identifier, element, "Identifier");
    }
  }
};
