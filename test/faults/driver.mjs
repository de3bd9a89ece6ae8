import { DatabaseSync as Driver } from "@photostructure/sqlite";

export * from "@photostructure/sqlite";

/** Set by preload.mjs in each thread. */
const { writes, guarded } = globalThis[Symbol.for("sluice faults")];

/** The driver, with each statement that writes counted. Its own methods can neither be written nor configured. */
export class DatabaseSync extends Driver {
  exec(sql) {
    return writes(sql)
      ? guarded(
          sql,
          () => super.exec(sql),
          () => super.exec("ROLLBACK"),
        )
      : super.exec(sql);
  }

  prepare(sql, ...rest) {
    const statement = super.prepare(sql, ...rest);
    if (!writes(sql)) return statement;
    const rollBack = () => super.exec("ROLLBACK");
    for (const name of ["run", "get", "all", "iterate"]) {
      const original = statement[name];
      Object.defineProperty(statement, name, { value: (...values) => guarded(sql, () => original.apply(statement, values), rollBack) });
    }
    return statement;
  }
}
