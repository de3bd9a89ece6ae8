import knexFactory, { type Knex } from "knex";

type ClientClass = new (configuration: object) => object;

interface RecordedQuery {
  readonly sql: string;
  readonly bindings?: readonly unknown[];
  response?: unknown;
}

/**
 * The statements that `work` would run through a knex of this client, in their order, with their values written in: nothing is connected and nothing
 * executed. `work` must not read: there is nothing to answer from.
 */
export const recordStatements = async (client: ClientClass, work: (knex: Knex) => Promise<void>): Promise<readonly string[]> => {
  const statements: string[] = [];
  class RecordingClient extends client {
    async acquireRawConnection(): Promise<object> {
      return {};
    }
    async destroyRawConnection(): Promise<void> {
      return undefined;
    }
    validateConnection(): boolean {
      return true;
    }
    /** Values keep their `?`, so that they can be written in. */
    positionBindings(sql: string): string {
      return sql;
    }
    async _query(_connection: object, query: RecordedQuery): Promise<RecordedQuery> {
      if (/^\s*select\b/i.test(query.sql)) throw new Error(`what is recorded must not read: ${query.sql}`);
      statements.push(knex.raw(query.sql, [...(query.bindings ?? [])] as Knex.RawBinding[]).toQuery());
      query.response = [];
      return query;
    }
    processResponse(): unknown[] {
      return [];
    }
  }
  const knex = knexFactory({
    client: RecordingClient as unknown as typeof Knex.Client,
    connection: {},
    useNullAsDefault: true,
    pool: { min: 0, max: 1 },
    log: { warn: () => undefined, error: () => undefined, debug: () => undefined, deprecate: () => undefined },
  });
  try {
    await work(knex);
    return statements;
  } finally {
    await knex.destroy();
  }
};
