import { resolve } from "node:path";
import type { Configuration } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import { readConnectionString } from "../model/index.js";

type DatabaseSetting = Configuration["settings"]["database"];

/**
 * A database named by an option, written as `ConnectionString` in `appsettings.json` (design §3); a relative path starts at `cwd`. Gives with it what must not be
 * printed. Throws CMD_OPTION_VALUE_INVALID, DB_CONNECTION_STRING.
 */
export const databaseNamed = (
  option: string,
  given: string,
  cwd: string,
): { readonly database: DatabaseSetting; readonly secrets: readonly string[] } => {
  const text = given.trim();
  const path = /^sqlite:(.+)$/i.exec(text)?.[1]?.replace(/^\/\/(?=\/)/, "");
  if (path !== undefined) return { database: { kind: "sqlite", path: resolve(cwd, path) }, secrets: [] };
  if (!/^mssql:\/\/|=/i.test(text)) {
    const expected = "sqlite:<path>, an ADO connection string (Server=...;Database=...) or an mssql:// address";
    throw new SluiceError("CMD_OPTION_VALUE_INVALID", { option, value: "what it was given", expected });
  }
  const { values, problem } = readConnectionString(text);
  if (values === null) throw new SluiceError("DB_CONNECTION_STRING", { problem });
  const password = values.get("password");
  return { database: { kind: "mssql", connectionString: text }, secrets: [text, ...(password === undefined ? [] : [password])] };
};
