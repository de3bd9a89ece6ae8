/** connectors §1: reserved for types and properties in any case; `InternalDisplayName` is every type's own. */
const reserved: ReadonlySet<string> = new Set(
  "id if for while return break else continue ref out class interface struct foreach do char byte string int long null public private protected static const abstract try catch sealed void true false finally throw exception override readonly enum delegate internaldisplayname".split(
    " ",
  ),
);

/** Letters and digits of a text as one name of unaccented letters, each word with a capital: `e-mail adresse` → `EMailAdresse`; empty where none is left. */
export const pascalCase = (text: string): string => {
  const words = text
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .replace(/ß/g, "ss")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
  return words
    .map(
      (word) =>
        word.charAt(0).toUpperCase() +
        (/^[A-Z0-9]+$/.test(word) && words.length > 1 && word.length > 3 ? word.slice(1).toLowerCase() : word.slice(1)),
    )
    .join("");
};

/** A name that a property or type may have, unlike all that were given before (connectors §1, §1.5). Remembers it. */
export const freeName = (text: string, fallback: string, taken: Set<string>): string => {
  const plain = pascalCase(text);
  const started = plain === "" ? fallback : /^\d/.test(plain) ? `${fallback}${plain}` : plain;
  const base = reserved.has(started.toLowerCase()) ? `${started}Value` : started;
  let name = base;
  for (let number = 2; taken.has(name.toLowerCase()); number++) name = `${base}${number}`;
  taken.add(name.toLowerCase());
  return name;
};
