import { existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";

/** Whether a file is one that exports of a connection write: `HR.csv`, `HR_0.csv`, with what stands beside them. `connections`: all identifiers; the longest that fits has it (connectors §1.3). */
export const isOutputOf = (connection: string, connections: readonly string[], name: string): boolean => {
  const table = /^(.*?)(?:\.rejected)?\.csv(?:\.manifest\.json)?$/i.exec(name)?.[1]?.toLowerCase();
  if (table === undefined) return false;
  const isOf = (identifier: string): boolean => table === identifier || table.startsWith(`${identifier}_`);
  const own = connection.toLowerCase();
  return isOf(own) && !connections.some((other) => other.length > own.length && isOf(other.toLowerCase()));
};

/** Removes what exports of a connection left, of whatever tables (design §5: fresh input only). */
export const removeOutputOf = (connection: string, connections: readonly string[], outputFolder: string): void => {
  if (!existsSync(outputFolder)) return;
  const names = readdirSync(outputFolder).filter((name) => isOutputOf(connection, connections, name));
  // A file goes before its manifest: without one it would be taken for another program's.
  const isFile = (name: string): number => Number(/\.csv$/i.test(name) && !/\.rejected\.csv$/i.test(name));
  for (const name of names.sort((a, b) => isFile(b) - isFile(a))) rmSync(join(outputFolder, name), { force: true });
};
