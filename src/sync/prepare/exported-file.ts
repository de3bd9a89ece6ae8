import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

/** Path of a table's exported file, whose name's case may differ from the configuration's (connectors §1.7); null where there is none, or where several differ in case alone. */
export const exportedFile = (folder: string, table: string): string | null => {
  const exact = join(folder, `${table}.csv`);
  if (existsSync(exact)) return exact;
  const wanted = `${table}.csv`.toLowerCase();
  const [other, ...more] = existsSync(folder) ? readdirSync(folder).filter((name) => name.toLowerCase() === wanted) : [];
  return other !== undefined && more.length === 0 ? join(folder, other) : null;
};
