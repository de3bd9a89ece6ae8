/**
 * The words of SQL as SQLite and SQL Server write it: names, keywords, `;` and single signs, without comments, texts and quoted names (a quoted name gives `"`).
 * Names that begin with `#` or `@` are one word.
 */
export function* statementWords(text: string): Generator<string> {
  const token =
    /--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)|\[(?:[^\]]|\]\])*(?:\]|$)|`[^`]*(?:`|$)|[@#\p{L}_][\p{L}\p{N}_@#$]*|[^\s]/gu;
  for (const [found] of text.matchAll(token)) {
    if (found.startsWith("--") || found.startsWith("/*") || found.startsWith("'")) continue;
    yield /^["[`]/.test(found) ? '"' : found;
  }
}

/** Whether something but `;` follows the first `;`. */
export const isSeveralStatements = (text: string): boolean => {
  let isAfter = false;
  for (const word of statementWords(text)) {
    if (word === ";") isAfter = true;
    else if (isAfter) return true;
  }
  return false;
};

const changing = new Set("insert update delete merge truncate create alter drop grant revoke deny commit".split(" "));
/** Words that may stand between such a keyword and the name it works on. */
const between = new Set("into from table top ( ) if exists".split(" "));
/** `EXECUTE AS`, options and the like begin with other words; a number is that of TOP. */
const isNumber = (word: string): boolean => /^\d$/.test(word);

/**
 * The keyword by which a batch for SQL Server writes to something other than a temporary table or a table variable, or ends the transaction
 * itself; null where none is seen. What a procedure does inside is not seen: the transaction is rolled back for that.
 */
export const changingKeyword = (text: string): string | null => {
  const words = [...statementWords(text)];
  for (const [index, word] of words.entries()) {
    const keyword = word.toLowerCase();
    const isInto =
      keyword === "into" && !["insert", "merge"].includes(words[index - 1]?.toLowerCase() ?? "") && words[index + 1] !== undefined;
    if (!changing.has(keyword) && !isInto) continue;
    let at = index + 1;
    while (between.has(words[at]?.toLowerCase() ?? "") || isNumber(words[at] ?? "")) at++;
    if (!/^[#@]/.test(words[at] ?? "")) return isInto ? "SELECT INTO" : keyword.toUpperCase();
  }
  return null;
};
