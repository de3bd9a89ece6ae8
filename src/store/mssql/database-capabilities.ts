import type { Value } from "../maintenance/index.js";
import { type MssqlCapabilities, readCapabilities } from "./capabilities.js";

/** Capabilities of the database that a connection with rows as arrays is to: the columns' names stand in the question. */
export const capabilitiesOf = (connection: { all(sql: string): Promise<Value[][]> }): Promise<MssqlCapabilities> =>
  readCapabilities(async (sql) => {
    const columns = [...sql.matchAll(/ AS ([A-Z]\w*)(?=,|\s*FROM)/g)].map(([, name = ""]) => name);
    return (await connection.all(sql)).map((row) => Object.fromEntries(columns.map((name, index) => [name, row[index] ?? null])));
  });
