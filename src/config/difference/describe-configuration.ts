import type {
  AssociationMapping,
  AssociationSide,
  EntityAssociation,
  EntityType,
  EntityTypeMapping,
  KeyReference,
} from "../../model/index.js";
import type { Configuration, Connection, Connector, Job, Task } from "../configuration.js";
import { attributesOf, byIdentifier, type DescribedElement } from "./described-element.js";

/** An element without parts. */
const leaf = (element: string, attributes: ReadonlyMap<string, string>): DescribedElement => ({
  element,
  attributes,
  parts: new Map(),
  order: null,
});

/** Labels by language number, as they are written: `DisplayName_L1`. The name derived from them says nothing besides. */
const labels = (displayNames: Readonly<Record<number, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(displayNames).map(([language, label]) => [`DisplayName_L${language}`, label]));
const labelled = { identifier: null, displayName: null, displayNames: null };

/** Whether an identifier was written or generated changes nothing once it is the same. */
const describeTask = (task: Task, more: object = {}): DescribedElement =>
  leaf(
    task.type,
    attributesOf(
      { ...task.attributes, ...labels(task.displayNames), ...task, ...more },
      {
        ...labelled,
        isGeneratedIdentifier: null,
        attributes: null,
        type: "Element",
        parents: "TaskDependsOnTask",
        entityTypes: "TaskEntityType",
        resourceTypes: "TaskResourceType",
      },
    ),
  );

const describeJob = (job: Job): DescribedElement => ({
  element: "Job",
  attributes: attributesOf({ ...labels(job.displayNames), ...job }, { ...labelled, steps: null, cron: "CronTabExpression" }),
  parts: byIdentifier(
    job.steps,
    ({ task }) => task.identifier,
    ({ task, level }) => describeTask(task, { level }),
  ),
  order: "Order of tasks",
});

const mappingNames = { identifier: null, limits: "", table: "ConnectionTable" };

const describeTypeMapping = (mapping: EntityTypeMapping): DescribedElement => ({
  element: "EntityTypeMapping",
  attributes: attributesOf({ ...mapping, key: mapping.properties[0].property }, { ...mappingNames, properties: null, key: "IsPrimaryKey" }),
  parts: byIdentifier(
    mapping.properties,
    ({ property }) => property,
    (property) => leaf("Property", attributesOf(property, { property: null, column: "ConnectionColumn" })),
  ),
  order: "Order of properties",
});

const reference = ({ entityType, property }: KeyReference): string => `${entityType}:${property}`;

const describeAssociationMapping = (mapping: AssociationMapping): DescribedElement =>
  leaf(
    "EntityAssociationMapping",
    attributesOf(
      { ...mapping, key1: reference(mapping.key1), key2: reference(mapping.key2) },
      { ...mappingNames, key1: "EntityPropertyMapping1", key2: "EntityPropertyMapping2" },
    ),
  );

/** An identifier may stand for elements of two kinds: the kind makes it one of a kind. */
const under = <T>(
  kind: string,
  elements: Iterable<readonly [string, T]>,
  describe: (element: T) => DescribedElement,
): (readonly [string, DescribedElement])[] => [...elements].map(([identifier, element]) => [`${kind} ${identifier}`, describe(element)]);

const describeConnector = (connector: Connector): DescribedElement => {
  const identifierOf = ({ identifier }: { readonly identifier: string }): string => identifier;
  const same = (described: DescribedElement): DescribedElement => described;
  return {
    element: "Connector",
    attributes: attributesOf(connector, { connector: null, limits: "", entityTypes: null, associations: null }),
    parts: new Map([
      ...under("EntityTypeMapping", byIdentifier(connector.entityTypes, identifierOf, describeTypeMapping), same),
      ...under("EntityAssociationMapping", byIdentifier(connector.associations, identifierOf, describeAssociationMapping), same),
    ]),
    // That of files, which says nothing.
    order: null,
  };
};

const describeConnection = (connection: Connection): DescribedElement =>
  leaf(
    "Connection",
    attributesOf(connection, { identifier: null, deactivation: "DeactivationExportFulfill", transformations: "Transformation" }),
  );

const describeEntityType = (type: EntityType): DescribedElement => ({
  element: "EntityType",
  attributes: attributesOf(type, { identifier: null, properties: null }),
  parts: byIdentifier(
    type.properties,
    ({ identifier }) => identifier,
    (property) => leaf("Property", attributesOf(property, { identifier: null, index: "TargetColumnIndex" })),
  ),
  order: "Order of properties",
});

/** One side under its number: `Property1`, `IsProperty1Collection`. */
const sideOf = ({ entityType, property, isCollection, slot, ...more }: AssociationSide, side: 1 | 2): object => ({
  [`Property${side}`]: `${entityType}:${property}`,
  [`IsProperty${side}Collection`]: isCollection,
  [`Slot${side}`]: slot,
  [`Side${side}`]: more,
});

const describeAssociation = (association: EntityAssociation): DescribedElement =>
  leaf(
    "EntityAssociation",
    attributesOf(
      { ...association, ...sideOf(association.side1, 1), ...sideOf(association.side2, 2) },
      { identifier: null, side1: null, side2: null },
    ),
  );

/** Members that are listed by themselves, or that say where and not what. */
const described = new Set([
  "workspace",
  "settings",
  "hash",
  "connectorHash",
  "jobs",
  "rootTasks",
  "connectors",
  "connections",
  "entityTypes",
  "associations",
]);

/** Everything of a configuration but its settings, in the order in which people read it. */
export const describeConfiguration = (configuration: Configuration): ReadonlyMap<string, DescribedElement> =>
  new Map([
    ...under("Job", configuration.jobs, describeJob),
    ...under("Task", configuration.rootTasks, (task) => describeTask(task)),
    ...under("Connector", configuration.connectors, describeConnector),
    ...under("Connection", configuration.connections, describeConnection),
    ...under("EntityType", configuration.entityTypes, describeEntityType),
    ...under("EntityAssociation", configuration.associations, describeAssociation),
    ...Object.entries(configuration)
      .filter(([key]) => !described.has(key))
      .map(([key, value]): [string, DescribedElement] => {
        const element = key.charAt(0).toUpperCase() + key.slice(1);
        return [element, leaf(element, attributesOf({ value }, { value: "" }))];
      }),
  ]);
