import type { Knex } from "knex";
import { isoTime } from "../../model/index.js";
import type { Writer } from "../retry.js";
import { type Row, textOrNull } from "./job-instance.js";

/** A connector that a person switched off (connectors §1.2): a row of `UM_ConnectorStates`. */
export interface Deactivation {
  readonly connector: string;
  readonly at: string;
  readonly by: string;
  readonly reason: string | null;
}

/** What people decided about connectors. The configuration's IsDeactivated stands beside it. */
export class ConnectorRecords {
  readonly #writer: Writer;

  constructor(writer: Writer) {
    this.#writer = writer;
  }

  /** Connectors that are switched off, by identifier. */
  deactivations(): Promise<ReadonlyMap<string, Deactivation>> {
    return deactivations(this.#writer.knex);
  }

  /**
   * Switches a connector off: runs that begin from now on leave its export, prepare, synchronize and provisioning out. Gives false, and changes nothing, where it is off
   * already. Throws JOB_WAIT_ENDED when `signal` ended the wait for the database.
   */
  deactivate(connector: string, by: string, reason: string | null, signal?: AbortSignal): Promise<boolean> {
    return this.#writer.transaction(async (trx) => {
      const isOff = (await trx("UM_ConnectorStates").where({ Connector: connector }).first("Connector")) !== undefined;
      if (isOff) return false;
      const at = isoTime(this.#writer.timing);
      await trx("UM_ConnectorStates").insert({ Connector: connector, DeactivatedAt: at, DeactivatedBy: by, Reason: reason });
      return true;
    }, signal);
  }

  /** Switches a connector on again. Gives false where it is on. Throws JOB_WAIT_ENDED. */
  activate(connector: string, signal?: AbortSignal): Promise<boolean> {
    return this.#writer.transaction(async (trx) => (await trx("UM_ConnectorStates").where({ Connector: connector }).delete()) > 0, signal);
  }
}

/** As `ConnectorRecords.deactivations`, in a transaction of the caller's too. */
export const deactivations = async (knex: Knex | Knex.Transaction): Promise<ReadonlyMap<string, Deactivation>> => {
  const rows = (await knex("UM_ConnectorStates").orderBy("Connector")) as Row[];
  return new Map(
    rows.map((row) => [
      String(row.Connector),
      {
        connector: String(row.Connector),
        at: String(row.DeactivatedAt),
        by: String(row.DeactivatedBy),
        reason: textOrNull(row.Reason),
      },
    ]),
  );
};
