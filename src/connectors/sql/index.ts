import { SluiceError } from "../../errors/index.js";
import type { ConnectorPackage } from "../connector.js";
import { type Dbms, withoutDriver } from "./dbms.js";
import { sqlExporter } from "./export.js";

export { type Dbms, dbmsNamed, dbmsOfConnectionString, isolationLevel, isolationLevels } from "./dbms.js";
export { runSqlInWorker } from "./export.js";
export { readStatement } from "./settings.js";
export type { SqlWork } from "./work.js";

const built: Readonly<Record<string, Dbms | null>> = {
  SQL: null,
  "SQL.SQLServer": "SQLServer",
  "SQL.PostgreSQL": "PostgreSQL",
  "SQL.MySQL": "MySQL",
  "SQL.SQLite": "SQLite",
};

/** Known by name: the error of a run says what to use instead. */
const refusing = (name: string): ConnectorPackage => ({
  name,
  exporter: {
    export: async ({ connection }) => {
      const { dbms, instead } = withoutDriver[name.toLowerCase()] ?? { dbms: name, instead: "there is no driver for it" };
      throw new SluiceError("SRC_SQL_DRIVER", { source: `connection ${connection}`, dbms, instead });
    },
  },
});

/** Packages of databases (connectors §4.5). An export runs in a thread of its own. */
export const sqlPackages: readonly ConnectorPackage[] = [
  ...Object.entries(built).map(([name, dbms]) => ({ name, exporter: sqlExporter(dbms) })),
  ...["SQL.ODBC", "SQL.Oracle", "SQL.SAPAse"].map(refusing),
];
