import { accessControlElements } from "./access-control.js";
import { connectorElements } from "./connectors.js";
import type { ElementDefinition } from "./definition.js";
import { jobElements } from "./jobs.js";
import { metadataElements } from "./metadata.js";
import { notificationElements } from "./notifications.js";
import { roleModelElements } from "./role-model.js";
import { scaffoldingElements } from "./scaffoldings.js";
import { allTaskElements } from "./tasks.js";
import { unusedElements } from "./unused.js";

/** Every element there is, by area, in the order of the generated reference. */
export const catalogueAreas: readonly { readonly title: string; readonly elements: readonly ElementDefinition[] }[] = [
  { title: "Connectors", elements: connectorElements },
  { title: "Entity model", elements: metadataElements },
  { title: "Jobs", elements: jobElements },
  { title: "Tasks", elements: allTaskElements },
  { title: "Role model", elements: roleModelElements },
  { title: "Access control", elements: accessControlElements },
  { title: "Notifications", elements: notificationElements },
  { title: "Scaffoldings", elements: scaffoldingElements },
  { title: "Not used", elements: unusedElements },
];

/** Every element by its path. */
export const catalogue: ReadonlyMap<string, ElementDefinition> = new Map(
  catalogueAreas.flatMap(({ elements }) => elements).map((definition) => [definition.path, definition]),
);

/** The namespace that the root element may carry (connectors §1). */
export const configurationNamespace = "urn:schemas-usercube-com:configuration";
/** The root element of every file (connectors §1). */
export const rootName = "ConfigurationFile";

/** Elements that may stand directly below the root, by name. */
export const rootElements: ReadonlyMap<string, ElementDefinition> = new Map(
  [...catalogue.values()].filter(({ isRoot }) => isRoot).map((definition) => [definition.name, definition]),
);

const childTables = new WeakMap<ElementDefinition, ReadonlyMap<string, ElementDefinition>>();

/** Elements that an element may hold, by name. */
export const childrenOf = (definition: ElementDefinition): ReadonlyMap<string, ElementDefinition> => {
  const known = childTables.get(definition);
  if (known !== undefined) return known;
  const table = new Map<string, ElementDefinition>();
  for (const path of definition.children) {
    const child = catalogue.get(path);
    if (child === undefined) throw new Error(`the catalogue has no element ${path}, child of ${definition.path}`);
    table.set(child.name, child);
  }
  childTables.set(definition, table);
  return table;
};

export * from "./definition.js";
export * from "./family.js";
