import type { Command, Invocation } from "../command.js";
import { type ConnectorLine, connectorLine } from "../connector-state.js";
import { csvLines } from "../csv.js";
import { endDeadInstances } from "../dead-instances.js";
import { hintedCommand } from "../hint.js";
import { useStoreForReading } from "../repository.js";
import { formatTime, printable, table } from "../terminal/index.js";
import { readConfiguration } from "../workspace.js";
import { readingExitCodes } from "./exit-codes.js";

const csvColumns = [
  "Connector",
  "State",
  "Because",
  "CompleteJob",
  "IncrementalJob",
  "LastSynchronization",
  "Job",
  "Head",
  "BlockedBy",
  "NextIncremental",
  "CompleteRequired",
];

/**
 * `sluice connectors`, connectors §1.2. The JSON document:
 *
 *     {"format":1,"connectors":[{"connector":"HR","displayName":"…","state":"active","because":null,"completeJob":"Used","incrementalJob":"Used",
 *       "lastSynchronization":"…Z","job":"Job_HR","jobInstance":3,"head":"<session>","blocked":[{"jobInstance","job","task","since","message"}],
 *       "nextIncremental":{"type":"None","completeRequired":null}}]}
 */
export const connectors: Command = {
  definition: {
    name: "connectors",
    description: [
      "Lists the connectors: whether each is active and else who switched it off, its last synchronization, a block with the instance that a person has to decide on, and its chain: whether the next incremental run can go on from there, or a complete one has to come first, and why.",
    ],
    arguments: [],
    options: [],
    formats: ["table", "csv", "json"],
    exitCodes: readingExitCodes,
    example: { command: "sluice connectors --workspace examples", says: "one line for each connector, and below what needs a person" },
  },
  run: async (invocation) => {
    const configuration = await readConfiguration(invocation);
    const { out, arguments: given } = invocation;
    const lines = await useStoreForReading(invocation, configuration, async (store) => {
      const tell = store === null ? null : await endDeadInstances(invocation, store);
      const found: ConnectorLine[] = [];
      for (const connector of configuration.connectors.values()) found.push(await connectorLine(configuration, store, connector));
      await tell?.();
      return found;
    });
    if (given.isJson) await out.write(`${JSON.stringify({ format: 1, connectors: lines.map(documentOf) })}\n`);
    else if (given.format === "csv") await out.write(csvLines([csvColumns, ...lines.map(csvRow)]));
    else await out.lines(tableLines(invocation, lines));
    return 0;
  },
};

const documentOf = ({ connector, state, because, status, next }: ConnectorLine): object => ({
  connector: connector.connector,
  displayName: connector.displayName,
  state,
  because,
  completeJob: connector.completeJob,
  incrementalJob: connector.incrementalJob,
  lastSynchronization: status.head?.appliedAt ?? null,
  job: status.head?.job ?? null,
  jobInstance: status.head?.jobInstance ?? null,
  head: status.head?.session ?? null,
  blocked: status.blocked.map(({ jobInstance, job, task, since, message }) => ({ jobInstance, job, task, since, message })),
  nextIncremental: next,
});

const blockText = ({ status }: ConnectorLine): string => status.blocked.map(({ jobInstance }) => String(jobInstance)).join(" ");

const csvRow = (line: ConnectorLine): (string | null)[] => {
  const { connector, state, because, status, next } = line;
  const { head } = status;
  return [
    connector.connector,
    state,
    because,
    connector.completeJob,
    connector.incrementalJob,
    head?.appliedAt ?? null,
    head?.job ?? null,
    head?.session ?? null,
    blockText(line),
    next?.type ?? null,
    next?.completeRequired ?? null,
  ];
};

const nextText = ({ next }: ConnectorLine): string => {
  if (next === null) return "no incremental job";
  return next.completeRequired === null ? `Type ${next.type}` : "complete first";
};

/** How it takes part in generated jobs, where it does not in all of them. */
const useText = ({ completeJob, incrementalJob }: ConnectorLine["connector"]): string =>
  [
    ...(completeJob === "Used" ? [] : [`complete ${completeJob}`]),
    ...(incrementalJob === "Used" ? [] : [`incremental ${incrementalJob}`]),
  ].join(", ");

const tableLines = (invocation: Invocation, lines: readonly ConnectorLine[]): string[] => {
  const { style, out } = invocation;
  if (lines.length === 0) return ["the configuration has no connectors"];
  return [
    ...table<ConnectorLine>(
      [
        { title: "Connector", value: ({ connector }) => connector.connector },
        {
          title: "State",
          value: ({ state }) => state,
          paint: (text, { state }) => (state === "active" ? style.good(text) : style.warning(text)),
        },
        { title: "Last synchronization", value: ({ status }) => (status.head === null ? "never" : formatTime(status.head.appliedAt)) },
        { title: "By", value: ({ status }) => status.head?.job ?? "" },
        { title: "Blocked by", value: blockText, align: "right", paint: (text) => style.warning(text) },
        { title: "Next incremental", value: nextText },
        ...(lines.some(({ connector }) => useText(connector) !== "")
          ? [{ title: "Use in jobs", value: ({ connector }: ConnectorLine) => useText(connector) }]
          : []),
      ],
      lines,
      { style, ...(out.columns === undefined ? {} : { width: out.columns }) },
    ),
    ...lines.flatMap((line) => noteLines(invocation, line)),
  ];
};

/** What needs a person, and the command for it. */
const noteLines = (invocation: Invocation, { connector, because, status, next }: ConnectorLine): string[] => {
  const id = connector.connector;
  const notes: string[] = [];
  if (because !== null) {
    const wayOut = connector.isDeactivated ? "" : `; ${hintedCommand(invocation, `connector activate ${id}`)} switches it on`;
    notes.push(`deactivated, ${because}${wayOut}`);
  }
  for (const { jobInstance, job, since } of status.blocked) {
    const when = since === null ? "" : ` since ${formatTime(since)}`;
    notes.push(
      `blocked by instance ${jobInstance} of ${job}${when}: ${hintedCommand(invocation, `changes ${jobInstance}`)} shows what it staged, ${hintedCommand(invocation, `resume ${jobInstance}`)} applies it`,
    );
  }
  if (next?.completeRequired != null) notes.push(`an incremental run needs a complete one first: ${next.completeRequired}`);
  return notes.map((note) => printable(`${id}: ${note}`));
};
