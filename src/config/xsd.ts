import {
  type AttributeDefinition,
  catalogue,
  configurationNamespace,
  type ElementDefinition,
  type Family,
  familyMembers,
  rootElements,
  rootName,
} from "./catalogue/index.js";

const escapeXml = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;").replace(/"/g, "&quot;");

const typeName = (path: string): string => path.replace(/\//g, ".");

const familyName = (attribute: AttributeDefinition): string => `${attribute.name}.${attribute.family ?? ""}.${attribute.type.kind}`;

const documentation = (text: string, indent: string): string[] =>
  text === "" ? [] : [`${indent}<xs:annotation><xs:documentation>${escapeXml(text)}</xs:documentation></xs:annotation>`];

/** Lines of one attribute without `name`, `use` and documentation: its type, inline where it is an enumeration. */
const simpleType = (attribute: AttributeDefinition, indent: string): { readonly inline: string; readonly nested: readonly string[] } => {
  const { type } = attribute;
  switch (type.kind) {
    case "boolean":
      return { inline: ' type="xs:boolean"', nested: [] };
    case "double":
      return { inline: ' type="xs:double"', nested: [] };
    case "integer":
      return {
        inline: "",
        nested: [
          `${indent}<xs:simpleType><xs:restriction base="xs:int"><xs:minInclusive value="${type.minimum}"/><xs:maxInclusive value="${type.maximum}"/></xs:restriction></xs:simpleType>`,
        ],
      };
    case "enum": {
      const values = type.values.flatMap(({ name, code, aliases }) => [name, ...(aliases ?? []), ...(code === null ? [] : [String(code)])]);
      return {
        inline: "",
        nested: [
          `${indent}<xs:simpleType><xs:restriction base="xs:string">`,
          ...values.map((value) => `${indent}  <xs:enumeration value="${escapeXml(value)}"/>`),
          `${indent}</xs:restriction></xs:simpleType>`,
        ],
      };
    }
    default:
      return { inline: ' type="xs:string"', nested: [] };
  }
};

const attributeLines = (attribute: AttributeDefinition, name: string, indent: string): string[] => {
  const { inline, nested } = simpleType(attribute, `${indent}  `);
  const standard = attribute.default === null || attribute.default === "" ? "" : ` Default: ${attribute.default}.`;
  return [
    `${indent}<xs:attribute name="${name}"${inline}>`,
    ...documentation(`${attribute.documentation}${attribute.required ? " Required." : standard}`, `${indent}  `),
    ...nested,
    `${indent}</xs:attribute>`,
  ];
};

/** Attributes of an element, aliases included; a family is a group of its own. Nothing is `required`: the relaxations cannot be said here. */
const elementAttributes = (definition: ElementDefinition): string[] =>
  definition.attributes.flatMap((attribute) =>
    attribute.family === null
      ? [attribute.name, ...attribute.aliases].flatMap((name) => attributeLines(attribute, name, "    "))
      : [`    <xs:attributeGroup ref="${familyName(attribute)}"/>`],
  );

const complexType = (definition: ElementDefinition): string[] => {
  const name = typeName(definition.path);
  if (definition.isOpen) {
    return [
      `  <xs:complexType name="${name}" mixed="true">`,
      '    <xs:sequence><xs:any minOccurs="0" maxOccurs="unbounded" processContents="skip"/></xs:sequence>',
      '    <xs:anyAttribute processContents="skip"/>',
      "  </xs:complexType>",
    ];
  }
  const children = definition.children.map(
    (path) => `      <xs:element name="${path.slice(path.lastIndexOf("/") + 1)}" type="${typeName(path)}"/>`,
  );
  return [
    `  <xs:complexType name="${name}">`,
    ...documentation(`${definition.documentation} (${definition.source})`, "    "),
    ...(children.length === 0 ? [] : ['    <xs:choice minOccurs="0" maxOccurs="unbounded">', ...children, "    </xs:choice>"]),
    ...elementAttributes(definition),
    "  </xs:complexType>",
  ];
};

const familyGroups = (): string[] => {
  const families = new Map<string, AttributeDefinition & { readonly family: Family }>();
  for (const { attributes } of catalogue.values()) {
    for (const attribute of attributes) {
      const { family } = attribute;
      if (family !== null) families.set(familyName(attribute), { ...attribute, family });
    }
  }
  return [...families].flatMap(([name, attribute]) => [
    `  <xs:attributeGroup name="${name}">`,
    ...familyMembers(attribute.family).map(
      (member) =>
        `    <xs:attribute name="${attribute.name}${member}" type="${attribute.type.kind === "boolean" ? "xs:boolean" : "xs:string"}"/>`,
    ),
    "  </xs:attributeGroup>",
  ]);
};

/**
 * The XML Schema of the configuration, for completion and hints in editors (`sluice xsd`). It says names and kinds of values; references,
 * required attributes with their exceptions and rules across elements are `sluice validate`'s. With `namespace` null it is for files
 * whose root carries no namespace.
 */
export const writeXsd = (namespace: string | null = configurationNamespace): string => {
  const target = namespace === null ? "" : ` xmlns="${namespace}" targetNamespace="${namespace}"`;
  const roots = [...rootElements.values()].map(({ name, path }) => `        <xs:element name="${name}" type="${typeName(path)}"/>`);
  return `${[
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"${target} elementFormDefault="qualified">`,
    `  <xs:element name="${rootName}">`,
    "    <xs:complexType>",
    '      <xs:choice minOccurs="0" maxOccurs="unbounded">',
    ...roots,
    "      </xs:choice>",
    "    </xs:complexType>",
    "  </xs:element>",
    ...[...catalogue.values()].flatMap(complexType),
    ...familyGroups(),
    "</xs:schema>",
  ].join("\n")}\n`;
};
