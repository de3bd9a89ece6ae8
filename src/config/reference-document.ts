import {
  type AttributeDefinition,
  type AttributeType,
  catalogue,
  catalogueAreas,
  type ElementDefinition,
  rootName,
} from "./catalogue/index.js";
import { type PackageDefinition, packageDefinitions } from "./catalogue/packages.js";
import { settingDefinitions } from "./catalogue/settings.js";
import { kindName } from "./declared.js";
import { generatedJobsText } from "./scaffolding/index.js";

const cell = (text: string): string => text.replace(/\|/g, "\\|").replace(/\n/g, " ");

const code = (text: string): string => `\`${text.replace(/`/g, "'")}\``;

const typeText = (type: AttributeType): string => {
  switch (type.kind) {
    case "integer":
      return type.minimum === -2_147_483_648
        ? "whole number"
        : type.maximum === 2_147_483_647
          ? `whole number from ${type.minimum}`
          : `${type.minimum} to ${type.maximum}`;
    case "double":
      return "number";
    case "boolean":
      return "bool";
    case "dateTime":
      return "date";
    case "enum":
      return type.values.map(({ name, code: number }) => (number === null ? name : `${name} (${number})`)).join(", ");
    case "reference":
      return type.to.map(kindName).join(" or ");
    case "property":
      return type.of === null ? "EntityType:Property" : "property";
    case "cron":
      return "schedule";
    default:
      return type.kind;
  }
};

const nameText = ({ name, family, aliases }: AttributeDefinition): string => {
  if (family === "language") return `${code(`${name}1`)} … ${code(`${name}16`)}`;
  if (family === "dimension") return `${code(`${name}0`)} … ${code(`${name}3V`)}`;
  return [name, ...aliases].map(code).join(", ");
};

const defaultText = ({ required, default: standard, family }: AttributeDefinition): string =>
  required ? (family === null ? "required" : "first required") : standard === null ? "" : code(String(standard));

const attributeRow = (attribute: AttributeDefinition): string =>
  `| ${nameText(attribute)} | ${cell(typeText(attribute.type))} | ${defaultText(attribute)} | ${cell(attribute.documentation)} |`;

const statusText: Readonly<Record<ElementDefinition["status"], string>> = {
  used: "",
  accepted: " Checked, but nothing acts on it yet.",
  scaffolding: " A scaffolding: checked, but what it stands for is not made yet.",
};

const parentsOf = (path: string): readonly string[] => [
  ...(catalogue.get(path)?.isRoot === true ? [rootName] : []),
  ...[...catalogue.values()].filter(({ children }) => children.includes(path)).map(({ path: parent }) => parent),
];

const parentText = (path: string): string => {
  const parents = parentsOf(path);
  return parents.length > 6 ? `${parents.slice(0, 3).map(code).join(", ")} and ${parents.length - 3} others` : parents.map(code).join(", ");
};

const elementSection = (definition: ElementDefinition): string[] => {
  const { path, documentation, attributes, children, source, status } = definition;
  return [
    `### ${path}`,
    "",
    `${documentation}${statusText[status]} Stands in ${parentText(path)}. (${source})`,
    "",
    ...(attributes.length === 0
      ? ["No attributes.", ""]
      : ["| Attribute | Type | Default | Meaning |", "|---|---|---|---|", ...attributes.map(attributeRow), ""]),
    ...(children.length === 0 || children.length > 20
      ? []
      : [`Holds: ${children.map((child) => code(child.slice(child.lastIndexOf("/") + 1))).join(", ")}.`, ""]),
  ];
};

/** Overrides have the attributes of their task: one sentence stands for all of them. */
const isListed = ({ overrides, isOpen }: ElementDefinition): boolean => overrides === null && !isOpen;

const areaSection = ({ title, elements }: (typeof catalogueAreas)[number]): string[] => {
  const open = elements.filter(({ isOpen }) => isOpen);
  return [
    `## ${title}`,
    "",
    ...(title === "Scaffoldings" ? generatedJobsText() : []),
    ...elements.filter(isListed).flatMap(elementSection),
    ...(elements.some(({ overrides }) => overrides !== null)
      ? [
          "### Overrides",
          "",
          "Each task has an override, named after it with `Override` at the end, that stands in a `Job`. `Identifier` names the task and is required; every other attribute given replaces the task's in that job, children given replace all of the task's of that name.",
          "",
        ]
      : []),
    ...(open.length === 0 ? [] : [`Accepted without looking into them: ${open.map(({ name }) => code(name)).join(", ")}.`, ""]),
  ];
};

const packageRow = ({ name, system, modes, output, tables, settings }: PackageDefinition): string => {
  const files = output === "none" ? "none" : output === "single" ? "`<connection>.csv`" : "`<connection>_<table>.csv`";
  const known = tables.length === 0 ? "" : `: ${tables.join(", ")}`;
  return `| ${code(name)} | ${cell(system)} | ${modes.join(", ") || "none"} | ${files}${known} | ${settings.map((setting) => code(setting.name)).join(", ")} |`;
};

/** `docs/configuration.md`: everything that the catalogue knows, for people. */
export const configurationReference = (): string => {
  const csv = packageDefinitions.find(({ name }) => name === "CSV");
  return `${[
    "# Configuration reference",
    "",
    "Generated from the catalogue in `src/config/catalogue`; a test keeps this file equal to it. A workspace is a folder with `*.xml` files in any layout, each with the root element `ConfigurationFile`, and the settings files `appsettings.json` and `appsettings.agent.json`.",
    "",
    "Booleans are `true`, `false`, `1` or `0`. Enumerations are written by name or by the number in brackets, in any case. A reference is the `Identifier` of the element it names. Names of attributes are matched without case, with a warning. Marks such as *connectors §1.2* name a section of [reference.md](reference.md).",
    "",
    "Contents: " +
      [...catalogueAreas.map(({ title }) => title), "Packages", "Settings"]
        .map((title) => `[${title}](#${title.toLowerCase().replace(/ /g, "-")})`)
        .join(", ") +
      ".",
    "",
    ...catalogueAreas.flatMap(areaSection),
    "## Packages",
    "",
    "`Package` of a connection is one of these, alone or as `Usercube.<name>@0000001`. Settings stand in `Connections.<connection>`.",
    "",
    "| Package | System | Modes | Files | Settings |",
    "|---|---|---|---|---|",
    ...packageDefinitions.map(packageRow),
    "",
    "Settings of the CSV package:",
    "",
    "| Setting | Type | Meaning |",
    "|---|---|---|",
    ...(csv?.settings ?? []).map(
      ({ name, type, documentation, values }) =>
        `| ${code(name)} | ${values === undefined ? type : values.join(", ")} | ${cell(documentation)} |`,
    ),
    "",
    "## Settings",
    "",
    "Both files may hold any of them; the agent's wins. Keys are compared without case; comments and trailing commas are allowed. `*` stands for any name. Any of them can be given by an environment variable: `SLUICE__` and the levels joined by two underscores, `_` standing for `.` and `-`; a number is the index of a list; with `__FILE` at the end the value is read from the file it names.",
    "",
    "| Key | Type | Default | Meaning |",
    "|---|---|---|---|",
    ...settingDefinitions.map(
      ({ key, type, documentation, default: standard, status }) =>
        `| ${code(key)} | ${type} | ${standard === null ? "" : code(String(standard))} | ${cell(documentation)}${status === "accepted" ? " Not used yet." : ""} |`,
    ),
    "",
  ].join("\n")}`;
};
