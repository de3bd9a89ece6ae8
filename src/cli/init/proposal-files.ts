import type { CsvForm } from "./csv-form.js";
import type { Proposal, ProposedProperty } from "./proposal.js";

/** A file to write, its path relative to the workspace with `/`. */
export interface ProposedFile {
  readonly path: string;
  readonly text: string;
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** ` Identifier="A" Type="B"`; null leaves an attribute out. */
const attributes = (values: Readonly<Record<string, string | number | null>>): string =>
  Object.entries(values)
    .flatMap(([name, value]) => (value === null ? [] : [` ${name}="${escaped(String(value))}"`]))
    .join("");

const document = (comment: string, lines: readonly string[]): string =>
  [
    '<?xml version="1.0" encoding="utf-8"?>',
    '<ConfigurationFile xmlns="urn:schemas-usercube-com:configuration">',
    "",
    `  <!-- ${comment} -->`,
    ...lines.map((line) => (line === "" ? "" : `  ${line}`)),
    "",
    "</ConfigurationFile>",
    "",
  ].join("\n");

/** A label is no `Id` (connectors §1.5), and never empty. */
const label = (text: string): string => (/^\s*(id)?\s*$/i.test(text) ? "Identifier" : text);

/** The reference's defaults (connectors §1.9), written out so that they are seen. */
const thresholds: readonly string[] = [
  'MaximumInsertedLines="100" MaximumUpdatedLines="100" MaximumDeletedLines="100"',
  'MaxPercentageInsertedLines="5" MaxPercentageUpdatedLines="5" MaxPercentageDeletedLines="5"',
  'MaximumLinkInsertedLines="1000" MaximumLinkDeletedLines="1000"',
  'MaxLinkPercentageInsertedLines="5" MaxLinkPercentageDeletedLines="5"',
];

const agent = "Local";

const connectorFile = (proposal: Proposal): string => {
  const { connector, connection, entityType, key, properties, associations } = proposal;
  const scalar = ({ identifier, column, type, index }: ProposedProperty): string =>
    `  <Property${attributes({ Identifier: identifier, DisplayName_L1: label(column), Type: type === "String" ? null : type, TargetColumnIndex: index, IsKey: identifier === key.identifier ? "true" : null })} />`;
  const all = [key, ...properties];
  return document("What is read, how it is stored, and how much may change before a run stops for a person.", [
    `<Agent Identifier="${agent}" DisplayName_L1="This machine" />`,
    "",
    "<!-- A run that would insert, update or delete more than this stops as Blocked: lines, and percent of what is stored. 0 switches a limit off. -->",
    `<Connector${attributes({ Identifier: connector, DisplayName_L1: connector, Agent: agent })}`,
    ...thresholds.map((line, index) => `  ${line}${index === thresholds.length - 1 ? " />" : ""}`),
    `<Connection${attributes({ Identifier: connection, Connector: connector, DisplayName_L1: `${connector} file`, Package: "Usercube.CSV@0000001" })} />`,
    "",
    "<!-- TargetColumnIndex: where a value is stored; 0 to 3 hold 4,000 characters, 4 to 127 hold 442, 128 to 152 one link. An index that holds data must not move. -->",
    `<EntityType${attributes({ Identifier: entityType, DisplayName_L1: entityType.replaceAll("_", " ") })}>`,
    ...all.map(scalar),
    ...associations.flatMap(({ property, reverse, column, index }) => [
      `  <Property${attributes({ Identifier: property, DisplayName_L1: label(column), Type: "ForeignKey", TargetColumnIndex: index })} />`,
      `  <Property${attributes({ Identifier: reverse, DisplayName_L1: reverse, Type: "ForeignKey" })} />`,
    ]),
    "</EntityType>",
    "",
    "<!-- ConnectionColumn: the header in the file. IsPrimaryKey: the column that identifies a row. -->",
    `<EntityTypeMapping${attributes({ Identifier: entityType, Connector: connector, ConnectionTable: connection })}>`,
    ...all.map(
      ({ identifier, column }) =>
        `  <Property${attributes({ Identifier: identifier, ConnectionColumn: column, IsPrimaryKey: identifier === key.identifier ? "true" : null })} />`,
    ),
    "</EntityTypeMapping>",
    ...associations.flatMap(({ property, reverse, column }) => {
      const identifier = `${entityType}_${property}`;
      const keyReference = `${entityType}:${key.identifier}`;
      return [
        "",
        `<EntityAssociation${attributes({ Identifier: identifier, DisplayName_L1: label(column), IsProperty1Collection: "true", Property1: `${entityType}:${reverse}`, Property2: `${entityType}:${property}` })} />`,
        `<EntityAssociationMapping${attributes({ Identifier: identifier, Connector: connector, ConnectionTable: connection, Column1: column, EntityPropertyMapping1: keyReference, Column2: key.column, EntityPropertyMapping2: keyReference })} />`,
      ];
    }),
  ]);
};

/** Names of the three jobs. */
export const jobsOf = ({ connector }: Proposal) =>
  ({
    initialize: `Job_${connector}_Initialize`,
    complete: `Job_${connector}_Complete`,
    incremental: `Job_${connector}_Incremental`,
  }) as const;

const jobLines = (
  proposal: Proposal,
  job: {
    readonly identifier: string;
    readonly name: string;
    readonly attributes: Readonly<Record<string, string>>;
    readonly mode: "Initial" | "Complete" | "Incremental";
  },
): string[] => {
  const { connector, connection } = proposal;
  const { identifier, name, mode } = job;
  const isInitial = mode === "Initial";
  const shared = { Agent: agent, OpenIdClient: "Job" };
  const task = (part: string): string => `${identifier.slice("Job_".length)}_${part}`;
  return [
    `<Job${attributes({ Identifier: identifier, DisplayName_L1: name, Agent: agent, ...job.attributes })}>`,
    `  <ExportTask${attributes({ Identifier: task("Export"), DisplayName_L1: "Export", ...shared, Connection: connection, IgnoreCookieFile: "true", InitMode: isInitial ? "true" : null, Level: 0 })} />`,
    `  <PrepareSynchronizationTask${attributes({ Identifier: task("Prepare"), DisplayName_L1: "Prepare", ...shared, Connector: connector, SynchronizationMode: mode, Level: 1 })}>`,
    `    <TaskDependsOnTask ParentTask="${task("Export")}" />`,
    "  </PrepareSynchronizationTask>",
    `  <SynchronizeTask${attributes({ Identifier: task("Synchronize"), DisplayName_L1: "Load", Connector: connector, ForceSynchronization: isInitial ? "true" : null, Level: 2 })}>`,
    `    <TaskDependsOnTask ParentTask="${task("Prepare")}" />`,
    "  </SynchronizeTask>",
    "</Job>",
  ];
};

const jobsFile = (proposal: Proposal): string => {
  const { initialize, complete, incremental } = jobsOf(proposal);
  return document(
    "Export, prepare, load. Tasks of one level run at the same time; a task runs when the one it depends on has produced something.",
    [
      "<!-- Once, on an empty repository: loads everything without looking at limits. -->",
      ...jobLines(proposal, { identifier: initialize, name: "First load", attributes: { IsInitializationJob: "true" }, mode: "Initial" }),
      "",
      "<!-- Every night: makes the repository equal to the file; rows that are gone are deleted. -->",
      ...jobLines(proposal, {
        identifier: complete,
        name: "Complete",
        attributes: { CronTabExpression: "0 3 * * *", CronTimeZone: "ServerTime" },
        mode: "Complete",
      }),
      "",
      "<!-- In between: loads what differs from the file that was loaded last. -->",
      ...jobLines(proposal, {
        identifier: incremental,
        name: "Incremental",
        attributes: { CronTabExpression: "*/15 * * * *", CronTimeZone: "ServerTime", IsIncremental: "true" },
        mode: "Incremental",
      }),
    ],
  );
};

/**
 * The files of a workspace for a proposal. Takes how the file is written and its path as the settings name it.
 */
export const filesOf = (proposal: Proposal, form: CsvForm, path: string, trimsBlanks: boolean): readonly ProposedFile[] => {
  const connection = {
    Path: path,
    ...(form.separator === "," ? {} : { Separator: form.separator === "\t" ? "\\t" : form.separator }),
    ...(form.encoding === "UTF-8" ? {} : { Encoding: form.encoding }),
    ...(form.linesToSkip === 0 ? {} : { NumberOfLinesToSkip: form.linesToSkip }),
    ...(trimsBlanks ? { ValuesToTrim: [" "] } : {}),
  };
  return [
    { path: "appsettings.json", text: `${JSON.stringify({ Connections: { [proposal.connection]: connection } }, null, 2)}\n` },
    { path: `Conf/${proposal.connector}.xml`, text: connectorFile(proposal) },
    { path: "Conf/Jobs.xml", text: jobsFile(proposal) },
  ];
};
