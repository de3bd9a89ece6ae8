import type { Knex } from "knex";
import type { EntityTypeNumber } from "../../model/index.js";
import { openEnd } from "../open-end.js";

/** The moment that is asked about: `yyyy-MM-ddTHH:mm:ss.sssZ`; null = now, which is the open versions. */
export type Moment = string | null;

/**
 * Keeps the versions that held at a moment, design §6 (history): from ValidFrom on, until before ValidTo.
 * `table` is the alias that the statement gives the table.
 */
export const heldAt =
  (table: string, moment: Moment) =>
  (query: Knex.QueryBuilder): void => {
    if (moment === null) query.whereRaw(`${table}.ValidTo = '${openEnd}'`);
    else query.where(`${table}.ValidFrom`, "<=", moment).where(`${table}.ValidTo`, ">", moment);
  };

/** As `heldAt`, for the rows of one entity type of UR_Resources. The type's number is a literal too: the indexes of keys are filtered by it. */
export const ofTypeAt =
  (table: string, type: EntityTypeNumber, moment: Moment) =>
  (query: Knex.QueryBuilder): void => {
    query.whereRaw(`${table}.Type = ${Number(type)}`);
    heldAt(table, moment)(query);
  };
