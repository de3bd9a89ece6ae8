import {
  type AttributeDefinition,
  binding,
  count,
  double,
  element,
  enumeration,
  flag,
  format,
  identifier,
  integer,
  label,
  property,
  reference,
  softReference,
  string,
  table,
} from "./definition.js";

const limit = (name: string, standard: number, documentation: string): AttributeDefinition =>
  integer(name, null, null, `${documentation} 0 switches it off.`, { default: standard });

const resourceLimits = (lines: number, percent: number): readonly AttributeDefinition[] => [
  limit("MaximumInsertedLines", lines, "Most resources that one synchronization may insert."),
  limit("MaximumUpdatedLines", lines, "Most resources that one synchronization may update."),
  limit("MaximumDeletedLines", lines, "Most resources that one synchronization may delete."),
  limit("MaxPercentageInsertedLines", percent, "Most resources that one synchronization may insert, in percent of the stored ones."),
  limit("MaxPercentageUpdatedLines", percent, "Most resources that one synchronization may update, in percent of the stored ones."),
  limit("MaxPercentageDeletedLines", percent, "Most resources that one synchronization may delete, in percent of the stored ones."),
];

const linkLimits = (lines: number | null, percent: number | null): readonly AttributeDefinition[] => {
  const standard = (value: number | null) => (value === null ? {} : { default: value });
  const of = (name: string, value: number | null, documentation: string) =>
    integer(name, null, null, `${documentation} 0 switches it off.`, standard(value));
  return [
    of("MaximumLinkInsertedLines", lines, "Most links that one synchronization may insert."),
    of("MaximumLinkDeletedLines", lines, "Most links that one synchronization may delete."),
    of("MaxLinkPercentageInsertedLines", percent, "Most links that one synchronization may insert, in percent of the stored ones."),
    of("MaxLinkPercentageDeletedLines", percent, "Most links that one synchronization may delete, in percent of the stored ones."),
  ];
};

const updatedLinkLimits: readonly AttributeDefinition[] = [
  limit("MaximumLinkUpdatedLines", 0, "Most resources whose mono-valued navigation may change its target."),
  limit(
    "MaxLinkPercentageUpdatedLines",
    0,
    "Most resources whose mono-valued navigation may change its target, in percent of the stored ones.",
  ),
];

const use = ["Used", "NotUsed", "OnlySynchronization", "OnlyProvisioning"];

/** connectors §1.1–1.4, §1.7–1.9. */
export const connectorElements = [
  element(
    "Agent",
    "connectors §1.1",
    "Place where the agent-side tasks of its connectors and jobs run.",
    [
      identifier("name", "Name; equals `OpenId.AgentIdentifier` of the agent's settings."),
      label(),
      string("URI", "Address of the agent; the server setting `Agents.<id>.Uri` replaces it."),
      enumeration("State", ["Unknown", "Online", "Offline"], "Last known state.", { default: "Unknown" }),
    ],
    { declares: "Agent" },
  ),
  element(
    "Connector",
    "connectors §1.2",
    "One managed system: its connections, entity types, mappings and thresholds.",
    [
      identifier("name", "Name of the connector."),
      label(),
      softReference("Agent", "Agent", "Agent that runs its tasks."),
      enumeration("CompleteJob", use, "How it takes part in scaffolded complete jobs.", { default: "Used" }),
      enumeration("IncrementalJob", use, "How it takes part in scaffolded incremental jobs.", { default: "Used" }),
      flag("IsDeactivated", "Switches its exports and its provisioning off."),
      ...resourceLimits(100, 5),
      ...linkLimits(1000, 5),
      ...updatedLinkLimits,
    ],
    { declares: "Connector", ignoresCase: true },
  ),
  element(
    "Connection",
    "connectors §1.3",
    "One way into a managed system: a package and its settings.",
    [
      identifier(
        "name",
        "Name of the connection, also the key of its settings and the start of its file names. Unique when case is ignored.",
      ),
      reference("Connector", "Connector", "Connector that it serves.", { required: true }),
      label(),
      string("Package", "Package that reads or writes the system: `Usercube.CSV@0000001` or `CSV`.", { required: true }),
      enumeration("DeactivationExportFulfill", ["None", "Export", "Fulfill"], "What of it is switched off.", { default: "None" }),
    ],
    { declares: "Connection", ignoresCase: true, children: ["Connection/Transformation"] },
  ),
  element("Connection/Transformation", "connectors §1.3", "A change of the exported file between export and prepare.", [
    enumeration("Type", ["ConcatColumns=", "TransformDate=", "WhereValue="], "What it does.", { required: true }),
    string("Table", "File it changes, without `.csv`: the connection, or the connection with `_` and a suffix. Case counts.", {
      required: true,
    }),
    string("Column", "Column that is filtered, or written (then it may be new). Case counts.", { required: true }),
    string("InputColumn", "Column that is read. TransformDate reads `Column` where it is absent."),
    string("InputColumn2", "Second column that is read."),
    string("InputColumn3", "Third column that is read."),
    string("InputColumn4", "Fourth column that is read."),
    string("InputColumn5", "Fifth column that is read."),
    string("ConcatSeparator", "Text between the joined values."),
    flag("RemoveEmpty", "Leaves empty values out."),
    flag("RemoveDuplicates", "Leaves a value out that equals the one before it."),
    flag("SortValues", "Sorts the values."),
    double("AddedDays", "Days to add; may be negative or a fraction."),
    integer("MinYear", 1, 9999, "Dates before this year stay as they are."),
    integer("MaxYear", 1, 9999, "Dates after this year stay as they are."),
    string("DatePattern", "How the dates are written: `yyyy MM dd HH mm ss fff` and signs. Absent: ISO 8601 or `yyyyMMddHHmmss`."),
    enumeration(
      "WhereOperator",
      ["Equals=", "NotEquals=", "Contains=", "NotContains|CotContains=", "StartsWith=", "EndsWith=", "Regex="],
      "Comparison; rows that match are kept.",
    ),
    string("WhereValue", "Value compared with; upper and lower case differ."),
  ]),
  element(
    "ConnectionTable",
    "connectors §1.4",
    "Cached schema: one table that a connection can export. Helps editing only.",
    [
      reference("Connection", "Connection", "Connection that exports it.", { required: true }),
      identifier("free", "Name of the table."),
      string("DisplayName", "Label."),
      label({}),
      string("Path", "Path of the table in the system."),
    ],
    { status: "accepted", children: ["ConnectionTable/Column"] },
  ),
  element(
    "ConnectionTable/Column",
    "connectors §1.4",
    "One column of a cached schema.",
    [
      identifier("free", "Name of the column."),
      string("DisplayName", "Label."),
      string("ForeignColumn", "Column of another table that it refers to."),
      flag("IsMultivalued", "Holds several values."),
      enumeration("KeyType", ["None", "Primary", "Unique"], "Whether it identifies rows.", { default: "None" }),
      string("Path", "Group, such as an object class."),
      count("ValueLength", "Longest value; 0 is unknown."),
      enumeration(
        "ValueType",
        ["String", "Bytes", "Int32", "Int64", "DateTime", "Bool", "Guid", "Double", "Binary", "Byte", "Int16"],
        "Type of the values.",
      ),
    ],
    { status: "accepted" },
  ),
  element(
    "EntityTypeMapping",
    "connectors §1.7",
    "Where the resources of an entity type come from.",
    [
      reference("Identifier", "EntityType", "The entity type.", { required: true }),
      reference("Connector", "Connector", "Connector that brings the resources.", { required: true }),
      table("ConnectionTable", "Exported file, without `.csv`: the connection, or the connection with `_` and a suffix."),
      string("C0", "Setting of the package, such as the kinds of objects of Entra ID."),
      ...resourceLimits(0, 0),
    ],
    { children: ["EntityTypeMapping/Property"], declares: "EntityTypeMapping", ignoresCase: true },
  ),
  element("EntityTypeMapping/Property", "connectors §1.7", "The column that a property comes from.", [
    property("Identifier", "^Identifier", "Property of the entity type.", { required: true }),
    string("ConnectionColumn", "Header of the column. Absent: the property is not synchronized."),
    format("Format", "How the system writes the value (connectors §1.11)."),
    flag("IsPrimaryKey", "The mapping key: identifies rows, never changes. One per mapping."),
    flag("IsUniqueKey", "Also identifies rows, for associations. Up to three per mapping."),
    flag("IsMultiValuedProperty", "The column holds a list separated by line breaks."),
  ]),
  element("EntityAssociationMapping", "connectors §1.8", "Where the links of an entity association come from.", [
    reference("Identifier", "EntityAssociation", "The entity association.", { required: true }),
    reference("Connector", "Connector", "Connector that brings the links.", { required: true }),
    table("ConnectionTable", "Exported file, without `.csv`.", { required: true }),
    string("Column1", "Header of the column with the key of side 1.", { required: true }),
    string("Column2", "Header of the column with the key of side 2.", { required: true }),
    property("EntityPropertyMapping1", null, "Mapped key that Column1 holds.", { required: true }),
    property("EntityPropertyMapping2", null, "Mapped key that Column2 holds.", { required: true }),
    string("C0", "Setting of the package, such as the table that ServiceNow writes to."),
    limit("MaximumInsertedLines", 0, "Most links that one synchronization may insert."),
    limit("MaximumDeletedLines", 0, "Most links that one synchronization may delete."),
    limit("MaxPercentageInsertedLines", 0, "Most links that one synchronization may insert, in percent of the stored ones."),
    limit("MaxPercentageDeletedLines", 0, "Most links that one synchronization may delete, in percent of the stored ones."),
    ...linkLimits(null, null),
  ]),
  element(
    "PasswordResetSettings",
    "role-model §10",
    "How passwords of new accounts are made and sent.",
    [
      identifier("name", "Name."),
      label({}),
      enumeration("Mode", ["Disabled", "One-Way|OneWay", "Two-Way|TwoWay"], "Whether passwords can be reset.", { default: "Disabled" }),
      flag("AutoGenerate", "Makes a password by itself."),
      string("DefaultPassword", "Password when none is made."),
      flag("MustChange", "The user must change it at the first login."),
      flag("DisableNotifications", "Sends no mail."),
      string("NotificationCC", "Further recipients."),
      string("StrengthCheck", "Regular expression that a password must match."),
      count("GeneratedLength", "Length of a generated password.", { default: 12 }),
      count("GeneratedLowerCaseCharsCount", "Lower-case letters in it.", { default: 6 }),
      count("GeneratedUpperCaseCharsCount", "Upper-case letters in it.", { default: 2 }),
      count("GeneratedDigitCharsCount", "Digits in it.", { default: 2 }),
      count("GeneratedSymbolCharsCount", "Symbols in it.", { default: 2 }),
      binding("BeneficiaryEmailBinding", "Mail address of the owner."),
      binding("BeneficiaryFullNameBinding", "Name of the owner."),
      binding("NotifiedEmailBinding", "Mail address of whom to tell."),
      binding("NotifiedFullNameBinding", "Name of whom to tell."),
    ],
    { status: "accepted", declares: "PasswordResetSettings" },
  ),
  ...resourceTypeMappings(),
];

function resourceTypeMappings() {
  const connection = reference("Connection", "Connection", "Connection that writes.", { required: true });
  const common = [reference("Identifier", "ResourceType", "The resource type.", { required: true }), connection];
  const own = (path: string) => property("Property", "^Identifier", `Property of the target type of ${path}.`, { required: true });
  return [
    element("ResourceTypeMapping", "role-model §3.7", "Connection that provisions a resource type.", common, { status: "accepted" }),
    element(
      "LdapResourceTypeMapping",
      "role-model §3.7",
      "How a resource type is written to an LDAP directory.",
      [
        ...common,
        string("DefaultObjectClass", "Object classes of new entries, one a line.", { required: true }),
        string("RDNAttributeIdentifier", "Attribute that names an entry below its parent.", { required: true }),
        reference("PasswordResetSetting", "PasswordResetSettings", "How passwords are made."),
        flag("UsePermissiveModify", "Asks the server to forgive changes that are there already."),
        flag("UseTreeDelete", "Deletes an entry with what is below it."),
      ],
      { status: "accepted", children: ["LdapResourceTypeMapping/Property"] },
    ),
    element(
      "LdapResourceTypeMapping/Property",
      "role-model §3.7",
      "What a property means to the directory.",
      [
        own("the resource type"),
        flag("IsDNProperty", "Holds the distinguished name."),
        flag("IsParentProperty", "Names the parent entry."),
        flag("IsRDNProperty", "Holds the relative distinguished name."),
        flag("IsUserAccountControlProperty", "Holds userAccountControl."),
        string("DataSourceBacklinkColumnName", "Attribute of the other entry through which the link is written."),
        string("MultiValueSeparator", "Separator of several values."),
      ],
      { status: "accepted" },
    ),
    element(
      "ScimResourceTypeMapping",
      "role-model §3.7",
      "How a resource type is written by SCIM.",
      [...common, string("DefaultObjectClass", "SCIM endpoint, such as Users.")],
      { status: "accepted", children: ["ScimResourceTypeMapping/Property"] },
    ),
    element(
      "ScimResourceTypeMapping/Property",
      "role-model §3.7",
      "What a property means to SCIM.",
      [own("the resource type"), flag("IsDNProperty", "Holds the id.")],
      { status: "accepted" },
    ),
    element(
      "ManualProvisioningResourceTypeMapping",
      "role-model §3.7",
      "Provisioning by people, through tickets.",
      [...common, flag("TicketSynchroIsNotAvailable", "A closed ticket counts as verified.")],
      { status: "accepted" },
    ),
  ];
}
