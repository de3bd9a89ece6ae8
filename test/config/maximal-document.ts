import {
  type AttributeDefinition,
  type AttributeType,
  childrenOf,
  type ElementDefinition,
  familyMembers,
  rootElements,
} from "../../src/config/catalogue/index.js";

/** A value that the type takes, in a spelling that is not the canonical one where there is another. */
const sampleValue = (type: AttributeType, name: string): string => {
  switch (type.kind) {
    case "boolean":
      return "1";
    case "integer":
      return String(Math.max(type.minimum, Math.min(type.maximum, 5)));
    case "double":
      return "-0.5";
    case "dateTime":
      return "2030-12-31T18:00:00Z";
    case "enum": {
      const last = type.values.at(-1);
      return last?.code === null || last === undefined ? (last?.name ?? "") : String(last.code);
    }
    case "reference":
      return `The${type.to[0]}`;
    case "property":
      return "TheEntityType:Value";
    case "binding":
      return "TheEntityType:Value";
    case "table":
      return "TheConnection_rows.csv";
    case "path":
      return "Folder/Below";
    case "format":
      return "bit:Value:2";
    case "cron":
      return "*/15 2 * * 1-5";
    default:
      return `${name} &lt;&amp;&#233;`;
  }
};

/** Two attributes of these spell one thing. */
const isOtherSpelling = (element: ElementDefinition, attribute: AttributeDefinition): boolean =>
  element.name === "TaskEntityType" && attribute.name === "Identifier";

const attributesOf = (element: ElementDefinition): string =>
  element.attributes
    .filter((attribute) => !isOtherSpelling(element, attribute))
    .flatMap((attribute) => {
      const { type, family, name } = attribute;
      if (type.kind === "identifier") return [`${name}="${element.declares === null ? "Some" : `The${element.declares}`}"`];
      if (family === null) return [`${name}="${sampleValue(type, name)}"`];
      const members = familyMembers(family);
      return [members[0], members.at(-1)].map((member) => `${name}${member}="${sampleValue(type, name)}"`);
    })
    .join(" ");

const elementText = (element: ElementDefinition, indent: string): string => {
  if (element.path === "EntityType/Property") return `${indent}<Property Identifier="Value" TargetColumnIndex="4"/>`;
  const children = [...childrenOf(element).values()].map((child) => elementText(child, `${indent}  `));
  const attributes = element.isOpen ? 'Anything="1"' : attributesOf(element);
  return children.length === 0
    ? `${indent}<${element.name} ${attributes}/>`
    : `${indent}<${element.name} ${attributes}>\n${children.join("\n")}\n${indent}</${element.name}>`;
};

/** A configuration file with every element of the catalogue wherever it may stand, and every attribute of it. */
export const maximalDocument = (): string =>
  `<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">\n${[...rootElements.values()].map((element) => elementText(element, "  ")).join("\n")}\n</ConfigurationFile>\n`;
