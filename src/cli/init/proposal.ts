import { SluiceError } from "../../errors/index.js";
import { firstNavigationIndex, lastIndex, maximumLength, type PropertyType } from "../../model/index.js";
import { formatCount, formatNoun } from "../terminal/index.js";
import type { ColumnFacts } from "./column-facts.js";
import type { CsvStudy } from "./csv-study.js";
import { freeName } from "./name.js";

/** A column that becomes a property. */
export interface ProposedProperty {
  readonly identifier: string;
  readonly column: string;
  readonly type: PropertyType;
  /** TargetColumnIndex. */
  readonly index: number;
  readonly why: string;
}

/** A column that names other rows of the same file. */
export interface ProposedAssociation {
  /** The navigation of the row itself, to one resource. */
  readonly property: string;
  /** The way back, to many. */
  readonly reverse: string;
  readonly column: string;
  readonly index: number;
  readonly why: string;
}

/** What `sluice init` makes of a file. */
export interface Proposal {
  readonly connector: string;
  readonly connection: string;
  readonly entityType: string;
  /** First. Always text: numbers would lose zeros in front, and keys are compared by their bytes. */
  readonly key: ProposedProperty;
  /** Without the key. */
  readonly properties: readonly ProposedProperty[];
  readonly associations: readonly ProposedAssociation[];
  /** Columns that get no property, with the reason. */
  readonly leftOut: readonly { readonly column: string; readonly why: string }[];
  /** Sentences about the file that a person should know. */
  readonly remarks: readonly string[];
}

export interface ProposalOptions {
  readonly connector: string;
  readonly entityType: string;
}

/** First index for keys and other short values (design §6), and the first and number of those for long ones (connectors §1.5). */
const firstShort = 4;
const longSlots = 4;

/** References found among the keys, of all non-empty values, from which on a column is taken for one: a few people have left. */
const leastFound = 0.9;
/** The same where the file goes on beyond the rows that were seen. */
const leastFoundOfPart = 0.5;

/** Names of columns that point to another person or unit. */
const pointing =
  /manager|mgr|supervis|superior|parent|boss|leader|sponsor|owner|report|responsib|deputy|chef|leiter|vorgesetz|respons|padre|jefe|n\+1/i;

/** Repetition and emptiness, for the choice of a key: the fewer the better. */
const faultsOf = ({ empty, repeated }: ColumnFacts): number => empty + repeated;

/** Columns that the mapping can name: an XML attribute holds one line, and a name that stands twice is no name. */
const isNamed = ({ repeatedNames }: CsvStudy, { name }: ColumnFacts): boolean =>
  name !== "" && !repeatedNames.includes(name) && !/\p{Cc}/u.test(name);

/** The column that identifies rows. Throws CMD_INIT_KEY. */
export const keyOf = (study: CsvStudy, chosen: string | null): ColumnFacts => {
  const { file, rows } = study;
  const named = study.columns.filter((column) => isNamed(study, column));
  if (chosen !== null) {
    const found = named.find(({ name }) => name === chosen) ?? named.find(({ name }) => name.toLowerCase() === chosen.toLowerCase());
    if (found !== undefined) return found;
    const problem = `it has no column '${chosen}' that stands once in its header; it has ${study.columns.map(({ name }) => name).join(", ")}`;
    throw new SluiceError("CMD_INIT_KEY", { file, problem }, { place: { file } });
  }
  const fits = named.filter((column) => faultsOf(column) === 0 && column.longest <= maximumLength(firstShort));
  // Names and times may be unlike by chance: a column that is called or written like a key goes first.
  const ranked = fits.toSorted((a, b) => rankOf(b) - rankOf(a) || a.position - b.position);
  const [best] = ranked;
  if (best !== undefined) return best;
  const nearest = named.filter(({ empty }) => empty < rows).toSorted((a, b) => faultsOf(a) - faultsOf(b) || a.position - b.position)[0];
  const near =
    nearest === undefined
      ? ""
      : `; nearest is ${nearest.name}, with ${nearest.isBounded ? "at least " : ""}${nearest.repeated} of ${rows} rows that repeat an earlier one${nearest.empty > 0 ? ` and ${nearest.empty} empty` : ""}`;
  throw new SluiceError("CMD_INIT_KEY", { file, problem: `no column identifies its rows${near}` }, { place: { file } });
};

/** How much a column looks like a key. */
const rankOf = ({ name, form, position }: ColumnFacts): number => {
  if (form === "time" || form === "date in another form" || form === "number" || form === "true or false") return -1;
  const isCalled = /(^|[^a-z])(id|no|nr|nb|key|code|uid|guid|number|num|matricule|identifier|dn)($|[^a-z])/i.test(
    name.replace(/([a-z])([A-Z])/g, "$1 $2"),
  );
  return (isCalled ? 4 : 0) + (position === 0 ? 2 : 0) + (form === "e-mail address" ? 0 : 1);
};

/** Proposes connector, entity type, mapping and association. `references`: of each column, by position. */
export const proposeFor = (
  study: CsvStudy,
  key: ColumnFacts,
  references: readonly { readonly found: number; readonly own: number; readonly values: number }[],
  { connector, entityType }: ProposalOptions,
): Proposal => {
  const taken = new Set<string>();
  const leftOut: { column: string; why: string }[] = [];
  const properties: ProposedProperty[] = [];
  const associations: ProposedAssociation[] = [];
  const keyProperty: ProposedProperty = {
    identifier: freeName(key.name, "Key", taken),
    column: key.name,
    type: "String",
    index: firstShort,
    why: `mapping key: ${faultsOf(key) === 0 ? "no value is empty, none repeats" : "chosen with --key"}`,
  };
  let [nextLong, nextShort, nextNavigation] = [0, firstShort + 1, firstNavigationIndex];
  for (const column of study.columns) {
    if (column.position === key.position) continue;
    const drop = (why: string): void =>
      void leftOut.push({ column: column.name === "" ? `column ${column.position + 1}` : column.name, why });
    if (!isNamed(study, column)) {
      drop(column.name === "" ? "it has no name" : "its name stands more than once, or holds control characters");
      continue;
    }
    const reference = references[column.position];
    if (reference !== undefined && nextNavigation <= lastIndex && isReference(study, key, column, reference)) {
      const property = freeName(column.name.replace(/[\s_.-]*(id|no|nr|number|key|code|dn|uid)$/i, ""), "Reference", taken);
      associations.push({
        property,
        reverse: freeName(`${property}Of`, "ReferenceOf", taken),
        column: column.name,
        index: nextNavigation++,
        why: `link: ${reference.found} of its ${reference.values} values are keys of other rows`,
      });
      continue;
    }
    if (column.longest > maximumLength(0)) {
      drop(`its longest value has ${column.longest} characters, and ${maximumLength(0)} is the most that can be stored`);
      continue;
    }
    const isLong = column.longest > maximumLength(firstShort);
    if (isLong ? nextLong >= longSlots : nextShort >= firstNavigationIndex) {
      drop(isLong ? `more than ${longSlots} columns have long values` : "an entity type holds 124 short values");
      continue;
    }
    const { type, why } = typeOf(column, study.isWhole);
    properties.push({
      identifier: freeName(column.name, "Column", taken),
      column: column.name,
      type: isLong ? "String" : type,
      index: isLong ? nextLong++ : nextShort++,
      why: isLong ? `text of up to ${column.longest} characters, so in C0 to C3` : why,
    });
  }
  return {
    connector,
    connection: `${connector}Csv`,
    entityType,
    key: keyProperty,
    properties,
    associations,
    leftOut,
    remarks: remarksOn(study, key),
  };
};

const isReference = (
  { isWhole }: CsvStudy,
  key: ColumnFacts,
  column: ColumnFacts,
  { found, own, values }: { readonly found: number; readonly own: number; readonly values: number },
): boolean => {
  if (values === 0 || found < values * (isWhole ? leastFound : leastFoundOfPart)) return false;
  // A second copy of the key points nowhere.
  if (own > values / 2) return false;
  // Small numbers are keys of something by chance.
  return pointing.test(column.name) || key.form !== "whole number";
};

/** A type only where every row of the file was seen and agrees: a value that does not fit its type stops a run. */
const typeOf = (
  { form, largest, longest, empty, rows, repeated, isBounded }: ColumnFacts,
  isWhole: boolean,
): { readonly type: PropertyType; readonly why: string } => {
  const some = empty === rows ? "always empty" : `${form}${empty > 0 ? `, ${empty} of ${rows} empty` : ""}`;
  const unlike = empty < rows && repeated === 0 && !isBounded ? ", no value repeats" : "";
  const text = { type: "String", why: `${some}${unlike}, up to ${formatNoun(longest, "character")}` } as const;
  if (!isWhole) return form === "text" ? text : { type: "String", why: `${some} so far, kept as text: not all rows were looked at` };
  switch (form) {
    case "true or false":
      return { type: "Bool", why: some };
    case "whole number":
      return { type: largest < 2 ** 31 ? "Int32" : "Int64", why: some };
    case "number":
      return { type: "Double", why: some };
    case "GUID":
      return { type: "Guid", why: some };
    case "time":
      return { type: "DateTime", why: some };
    case "date in another form":
      return { type: "String", why: `${some}, kept as text: day and month cannot be told apart for sure` };
    default:
      return text;
  }
};

const remarksOn = (study: CsvStudy, key: ColumnFacts): string[] => {
  const remarks: string[] = [];
  if (!study.isWhole) remarks.push(`only the first ${formatNoun(study.rows, "row")} were looked at`);
  if (study.form.encoding === "windows-1252")
    remarks.push("the file is no UTF-8, and was taken for windows-1252: look whether accented letters come out right");
  if (study.hasOuterBlanks)
    remarks.push("names in the header have blanks around them, so that ValuesToTrim cuts them off there and around values");
  if (study.uneven > 0) {
    remarks.push(
      `rows with more or fewer fields than the header: ${formatCount(study.uneven)}, the first in line ${study.firstUneven}; an export stops there: mend the file, or set OnRowError of the connection to SetAside`,
    );
  }
  if (key.empty > 0) remarks.push(`rows without ${key.name}: ${formatCount(key.empty)}; they are set aside in .nullpk.csv`);
  if (key.repeated > 0) {
    const count = `${key.isBounded ? "at least " : ""}${formatCount(key.repeated)}`;
    remarks.push(`rows that repeat an earlier ${key.name}: ${count}; the first of each stays, the others go to .duplicates.csv`);
  }
  return remarks;
};
