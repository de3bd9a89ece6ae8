/** An element as it is compared: what it says, and the elements that belong to it. */
export interface DescribedElement {
  /** As it is called in XML: `Job`, `ExportTask`. */
  readonly element: string;
  /** Values as people read them, by documented name; what is not set is left out. */
  readonly attributes: ReadonlyMap<string, string>;
  /** By identifier. */
  readonly parts: ReadonlyMap<string, DescribedElement>;
  /** What the order of the parts is called where it counts; null where it says nothing. */
  readonly order: string | null;
}

/** `isUniqueKey` → `IsUniqueKey`. */
const documentedName = (key: string): string => key.charAt(0).toUpperCase() + key.slice(1);

const isScalar = (value: unknown): boolean => value === null || typeof value !== "object";

/** Lists of texts that could be read two ways are written as JSON. */
const listText = (items: readonly unknown[]): string => {
  const texts = items.map(String);
  return texts.some((text) => text === "" || text.includes(",")) ? JSON.stringify(items) : texts.join(", ");
};

/** What members are called in XML, by the name that they would have here: an empty one stands for no level of its own, null leaves the member out. */
type Names = Readonly<Record<string, string | null>>;

const isPlace = (value: unknown): boolean => typeof value === "object" && value !== null && "file" in value && "line" in value;

const collect = (value: unknown, name: string, names: Names, into: Map<string, string>): void => {
  if (value === null || value === undefined) return;
  const below = (key: string): string => (name === "" ? key : `${name}.${key}`);
  if (isScalar(value)) into.set(name, String(value));
  else if (Array.isArray(value)) {
    if (value.length === 0) return;
    if (value.every(isScalar)) into.set(name, listText(value));
    else for (const [index, item] of (value as readonly unknown[]).entries()) collect(item, below(String(index + 1)), names, into);
  } else {
    const isMap = value instanceof Map;
    for (const [key, member] of isMap ? (value as ReadonlyMap<unknown, unknown>) : Object.entries(value as object)) {
      const text = String(key);
      const given = names[below(text)];
      if (given === null || (text === "place" && isPlace(member))) continue;
      collect(member, given === undefined ? below(isMap ? text : documentedName(text)) : given, names, into);
    }
  }
};

/**
 * All that an object says, leaf by leaf. Whatever is not left out by name is taken, so that a member added later is compared too; places in files are not.
 */
export const attributesOf = (value: object, names: Names = {}): ReadonlyMap<string, string> => {
  const attributes = new Map<string, string>();
  collect(value, "", names, attributes);
  return attributes;
};

/** Elements by identifier; one that stands twice gets a number: `Load (2)`. */
export const byIdentifier = <T>(
  items: Iterable<T>,
  identifierOf: (item: T) => string,
  describe: (item: T) => DescribedElement,
): ReadonlyMap<string, DescribedElement> => {
  const described = new Map<string, DescribedElement>();
  const count = new Map<string, number>();
  for (const item of items) {
    const identifier = identifierOf(item);
    const number = (count.get(identifier) ?? 0) + 1;
    count.set(identifier, number);
    described.set(number === 1 ? identifier : `${identifier} (${number})`, describe(item));
  }
  return described;
};
