/** Separators that a file is written with by mistake. */
const separators = [
  { character: ";", name: "`;`" },
  { character: "\t", name: "a tab (`\\t`)" },
  { character: "|", name: "`|`" },
  { character: ",", name: "`,`" },
] as const;

/** What may be behind a header that does not fit: another separator, or nearly the same name. Begins with `; ` or `: `, or is empty. */
export const headerHint = (header: readonly string[], wanted?: string): string => {
  const [only] = header;
  if (header.length === 1 && only !== undefined) {
    const counts = separators.map(({ character, name }) => ({ name, count: only.split(character).length - 1 }));
    const likely = counts.reduce((most, candidate) => (candidate.count > most.count ? candidate : most));
    if (likely.count > 0) return `; its header looks separated by ${likely.name}: set Separator of the connection`;
  }
  if (wanted === undefined) return "";
  const plain = (name: string): string =>
    name
      .normalize("NFKC")
      .toLowerCase()
      .replace(/[\s_\-.]/g, "");
  const near = header.find((name) => plain(name) === plain(wanted));
  if (near !== undefined) return `; it has "${near}"`;
  const shownColumns = 20;
  const more = header.length > shownColumns ? ", …" : "";
  return `; it has: ${header.slice(0, shownColumns).join(", ")}${more}`;
};
