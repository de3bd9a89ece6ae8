import type { Configuration } from "../config/index.js";
import type { RepositoryModel } from "../store/index.js";

/** What the repository must know of the configuration, as plain data that crosses to a worker thread. */
export const repositoryModel = (configuration: Configuration): RepositoryModel => ({
  entityTypes: [...configuration.entityTypes.values()],
  associations: [...configuration.associations.values()],
  connectors: [...configuration.connectors.values()].map(({ connector, limits, entityTypes, associations }) => ({
    connector,
    limits,
    entityTypes,
    associations,
  })),
});
