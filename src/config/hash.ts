import { createHash } from "node:crypto";
import type { Configuration, Connector } from "./configuration.js";
import { isSecretSetting } from "./settings/read-settings.js";

/** JSON with keys sorted, maps as sorted objects and places left out: equal configurations give equal text wherever they were written. */
const canonicalJson = (value: unknown): string => {
  if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const entries = value instanceof Map ? [...(value as ReadonlyMap<string, unknown>)] : Object.entries(value);
  const members = entries
    .filter(([key, member]) => key !== "place" && member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
};

const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");

const withoutSecrets = (value: unknown): unknown => {
  if (value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map(withoutSecrets);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => !isSecretSetting(key))
      .map(([key, member]) => [key, withoutSecrets(member)]),
  );
};

const byIdentifier = (a: { readonly identifier: string }, b: { readonly identifier: string }): number =>
  a.identifier < b.identifier ? -1 : a.identifier > b.identifier ? 1 : 0;

/** Mappings stand in the order of files, which says nothing: sorted here. */
const ordered = (connector: Connector): Connector => ({
  ...connector,
  entityTypes: connector.entityTypes.toSorted(byIdentifier),
  associations: connector.associations.toSorted(byIdentifier),
});

/**
 * Hash of a configuration: of everything that changes what a run does. The layout of files and folders, the database, waiting times and
 * secrets take no part.
 */
export const configurationHash = (configuration: Omit<Configuration, "hash" | "connectorHash">): string => {
  const { connectors, connections, entityTypes, associations, jobs, rootTasks, settings } = configuration;
  return sha256(
    canonicalJson({
      connectors: new Map([...connectors].map(([identifier, connector]) => [identifier, ordered(connector)])),
      connections,
      entityTypes,
      associations,
      jobs,
      rootTasks,
      settings: {
        maxTaskBatchSize: settings.maxTaskBatchSize,
        connections: new Map([...settings.connections].map(([identifier, values]) => [identifier, withoutSecrets(values)])),
      },
    }),
  );
};

/**
 * Hash of what the staged changes of a connector mean (design §8): its mappings, the entity types and associations they fill. Labels and
 * thresholds take no part: raising a threshold while an instance is blocked must not make it impossible to resume.
 */
export const connectorHash = (connector: Connector, model: Pick<Configuration, "entityTypes" | "associations">): string => {
  const { entityTypes, associations } = ordered(connector);
  const types = new Set([
    ...entityTypes.map(({ identifier }) => identifier),
    ...associations.flatMap(({ key1, key2 }) => [key1.entityType, key2.entityType]),
  ]);
  const bare = (mapping: object): object => ({ ...mapping, limits: undefined, displayName: undefined });
  return sha256(
    canonicalJson({
      mappings: [...entityTypes, ...associations].map(bare),
      entityTypes: [...types].sort().map((identifier) => {
        const type = model.entityTypes.get(identifier);
        return { identifier, properties: type?.properties.map(bare) };
      }),
      associations: associations.map(({ identifier }) => bare(model.associations.get(identifier) ?? {})),
    }),
  );
};
