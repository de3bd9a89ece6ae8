import type { Knex } from "knex";
import type { SluiceError } from "../../errors/index.js";
import type { EntityAssociation, TaskInstanceId } from "../../model/index.js";
import type { RepositoryModel } from "../synchronization.js";
import { type ConnectorStatus, countOpenResources, readConnectorStatus } from "./connector-status.js";
import { type LinkRow, readLinks } from "./link-table.js";
import { readNeededConfigurations } from "./needed-configurations.js";
import { readRefusedModel } from "./refused-model.js";
import { type ResourceQuery, type ResourceRow, readResources } from "./resource-table.js";
import { type ResourceView, readResource } from "./resource-view.js";
import { countStaged, readStagedChanges, type StagedChange, type StagedCount, type StagedQuery } from "./staged-changes.js";

export type { ConnectorStatus } from "./connector-status.js";
export { linkColumns } from "./link-table.js";
export { type Condition, resourceColumns } from "./resource-table.js";
export type { Author, ResourceView } from "./resource-view.js";
export { createServiceReading, type RecordMarks, type SeenInstance, type ServiceReading } from "./service-reading.js";
export type { ChangeCommand, StagedChange, StagedCount } from "./staged-changes.js";

/** All that people read of the repository (design §4). Nothing here writes; what may be long comes in pages and one snapshot. */
export interface ResourceReading {
  resources(model: RepositoryModel, query: ResourceQuery): AsyncIterable<readonly ResourceRow[]>;
  links(model: RepositoryModel, association: EntityAssociation): AsyncIterable<readonly LinkRow[]>;
  /** One resource, also a closed one; null when its key never had one. */
  resource(model: RepositoryModel, entityType: string, key: string, withHistory: boolean): Promise<ResourceView | null>;
  stagedChanges(model: RepositoryModel, query: StagedQuery): AsyncIterable<readonly StagedChange[]>;
  stagedCounts(model: RepositoryModel, taskInstance: TaskInstanceId): Promise<readonly StagedCount[]>;
  connectorStatus(model: RepositoryModel, connector: string): Promise<ConnectorStatus>;
  /** What the next synchronization would refuse of a model because data was loaded under another one: SYNC_KEY_MOVED, SYNC_SLOT_MOVED. */
  refusedModel(model: RepositoryModel): Promise<readonly SluiceError[]>;
  /** Hashes of configurations that instances were started with which run or may be resumed. */
  neededConfigurations(): Promise<readonly string[]>;
  /** Open resources of all types: what the first line of a run names. */
  resourceCount(): Promise<number>;
}

export const createResourceReading = (knex: Knex): ResourceReading => ({
  resources: (model, query) => readResources(knex, model, query),
  links: (model, association) => readLinks(knex, model, association),
  resource: (model, entityType, key, withHistory) => readResource(knex, model, entityType, key, withHistory),
  stagedChanges: (model, query) => readStagedChanges(knex, model, query),
  stagedCounts: (model, taskInstance) => countStaged(knex, model, taskInstance),
  connectorStatus: (model, connector) => readConnectorStatus(knex, model, connector),
  refusedModel: (model) => readRefusedModel(knex, model),
  neededConfigurations: () => readNeededConfigurations(knex),
  resourceCount: () => countOpenResources(knex),
});
