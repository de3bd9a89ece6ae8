import { existsSync } from "node:fs";
import type { Configuration } from "../config/index.js";
import { SluiceError } from "../errors/index.js";
import type { RepositoryModel, Store, StoreOptions } from "../store/index.js";
import type { Invocation } from "./command.js";

/** What the repository must know of the configuration. */
export const repositoryModelOf = (configuration: Configuration): RepositoryModel => ({
  entityTypes: [...configuration.entityTypes.values()],
  associations: [...configuration.associations.values()],
  connectors: [...configuration.connectors.values()],
});

/** Where the database is: all that most commands need of a configuration here. */
type HasSettings = Pick<Configuration, "settings">;

/** Opens the repository for one piece of work, and closes it whatever happens. Makes a missing embedded database. */
export const useStore = async <T>(
  configuration: HasSettings,
  work: (store: Store) => Promise<T>,
  options: Pick<StoreOptions, "onWait"> = {},
): Promise<T> => {
  // Loaded here: commands that read the configuration alone do not wait for the database's driver.
  const { openStore } = await import("../store/index.js");
  const store = await openStore(configuration.settings.database, options);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
};

/** As `useStore`, for what is done to an instance: without a database there is none. Throws JOB_INSTANCE_UNKNOWN. */
export const useStoreOfInstance = async <T>(
  configuration: HasSettings,
  jobInstance: number,
  work: (store: Store) => Promise<T>,
  options: Pick<StoreOptions, "onWait">,
): Promise<T> => {
  const { database } = configuration.settings;
  if (database.kind === "sqlite" && !existsSync(database.path)) throw new SluiceError("JOB_INSTANCE_UNKNOWN", { jobInstance });
  return await useStore(configuration, work, options);
};

/**
 * As `useStore`, for commands that only read: a database that is not there yet is not made. The work then gets null, and a person is told.
 */
export const useStoreForReading = async <T>(
  invocation: Invocation,
  configuration: HasSettings,
  work: (store: Store | null) => Promise<T>,
): Promise<T> => {
  const { database } = configuration.settings;
  if (database.kind !== "sqlite" || existsSync(database.path)) return await useStore(configuration, work);
  await invocation.err.lines([invocation.errStyle.dim(`there is no database at ${database.path} yet: the first run of a job makes it`)]);
  return await work(null);
};
