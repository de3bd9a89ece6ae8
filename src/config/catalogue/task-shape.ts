import { type AttributeDefinition, count, enumeration, flag, reference } from "./definition.js";

/** connectors §2.1; jobs-and-tasks §2.1. */
export const modes = ["Initial", "Complete", "Incremental"];
/** jobs-and-tasks §2.1: no codes are documented. */
const types = ["None=", "Changes=", "ActiveDirectory="];

export const connector = (options = {}): AttributeDefinition =>
  reference("Connector", "Connector", "Connector that it works for.", options);
export const limitedTo = reference("Connector", "Connector", "Limits it to the entity types of that connector.");
export const connection = reference("Connection", "Connection", "Connection that it uses.");
export const dirty = flag("Dirty", "Only resources that changed recently.");
export const batch = (name: string): AttributeDefinition => count(name, "Rows per batch; 0 is the default of the task.");
export const type = enumeration("Type", types, "How the source tells changes; the same value for prepare and synchronize.", {
  default: "None",
});

export const entityTypes = "TaskEntityType";
export const resourceTypes = "TaskResourceType";

export interface TaskShape {
  readonly side: "agent" | "server" | "either";
  readonly documentation: string;
  readonly source: string;
  readonly attributes?: readonly AttributeDefinition[];
  readonly children?: readonly string[];
  readonly status?: "used" | "accepted";
}
