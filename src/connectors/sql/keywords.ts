import { SluiceError } from "../../errors/index.js";
import { splitConnectionString } from "../../model/index.js";

/** Keywords of a connection string: under which spellings each is known, and those that say nothing here. Without case, blanks, `_` and `-`. */
export interface Keywords<K extends string> {
  /** Beginning of an address: `postgres`. */
  readonly schemes: readonly string[];
  readonly known: Readonly<Record<K, string>>;
  /** Pools, limits and habits of other drivers, which strings of other programs carry. */
  readonly withoutEffect: string;
  /** Asked for and not possible, each with what to do instead; said where the value says yes. */
  readonly refused: Readonly<Record<string, string>>;
}

const compact = (text: string): string => text.toLowerCase().replace(/[\s_-]/g, "");
const isYes = (text: string): boolean => /^(true|yes|1|sspi|on)$/i.test(text.trim());

/** Throws SRC_SQL_CONNECTION_STRING; no value of the string may be in `problem`. */
export const badConnectionString = (source: string, problem: string): never => {
  throw new SluiceError("SRC_SQL_CONNECTION_STRING", { source, problem });
};

/**
 * Reads `keyword=value;…` or an address `scheme://user:password@host:port/database?keyword=value`. Gives the known keywords that have a
 * value; of a keyword given twice the last counts.
 * @throws SRC_SQL_CONNECTION_STRING
 */
export const readKeywords = <K extends string>(source: string, text: string, keywords: Keywords<K>): ReadonlyMap<K, string> => {
  const spellings = new Map<string, K>();
  for (const [keyword, list] of Object.entries(keywords.known) as [K, string][]) {
    for (const spelling of list.split(" ")) spellings.set(spelling, keyword);
  }
  const ignored = new Set(keywords.withoutEffect.split(" "));
  const values = new Map<K, string>();
  const isAddress = keywords.schemes.some((scheme) => text.trim().toLowerCase().startsWith(`${scheme}://`));
  const pairs = isAddress ? addressPairs(source, text.trim()) : adoPairs(source, text);
  for (const [position, [keyword, value]] of pairs.entries()) {
    const name = compact(keyword);
    const known = spellings.get(name);
    const refusal = keywords.refused[name];
    if (refusal !== undefined) {
      if (isYes(value)) badConnectionString(source, refusal);
    } else if (known !== undefined) {
      if (value !== "") values.set(known, value);
      else values.delete(known);
    } else if (!ignored.has(name)) {
      // Not named: behind a password with ; it may be a piece of it.
      badConnectionString(
        source,
        `the keyword of its part ${position + 1} is not known: correct it or leave it out; a value that holds ; must stand in double quotes`,
      );
    }
  }
  return values;
};

const adoPairs = (source: string, text: string): readonly (readonly [string, string])[] => {
  const { pairs, problem } = splitConnectionString(text);
  return pairs ?? badConnectionString(source, problem);
};

const addressPairs = (source: string, text: string): readonly (readonly [string, string])[] => {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return badConnectionString(source, "the address is none: / ? # @ : % in user and password are written percent-encoded");
  }
  if (url.hash !== "") badConnectionString(source, "the address holds a #: write %23 for it in user and password");
  const decode = (part: string): string => {
    try {
      return decodeURIComponent(part);
    } catch {
      return badConnectionString(source, "a % in the address is not followed by two hexadecimal digits: write %25 for %");
    }
  };
  const given: [string, string][] = [
    ["host", decode(url.hostname.replace(/^\[(.*)\]$/, "$1"))],
    ["port", url.port],
    ["database", decode(url.pathname.replace(/^\//, ""))],
    ["user", decode(url.username)],
    ["password", decode(url.password)],
  ];
  return [...given.filter(([, value]) => value !== ""), ...url.searchParams];
};

/** A number of a connection string. @throws SRC_SQL_CONNECTION_STRING */
export const wholeNumber = (source: string, name: string, value: string | undefined, range: readonly [number, number]): number | null => {
  if (value === undefined) return null;
  const [from, to] = range;
  const isWhole = /^\d{1,9}$/.test(value.trim()) && Number(value) >= from && Number(value) <= to;
  return isWhole ? Number(value) : badConnectionString(source, `the value of ${name} must be a whole number from ${from} to ${to}`);
};
