import type { Configuration } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { ChangeCommand, StagedChange, StagedCount, Store, TaskInstance } from "../../store/index.js";
import { changeText } from "../change-text.js";
import type { Command, Invocation } from "../command.js";
import { csvLines } from "../csv.js";
import { hintLines } from "../hint.js";
import { repositoryModelOf, useStoreForReading } from "../repository.js";
import { cutTo, formatCount, formatNoun, printable, TableLayout, wrap } from "../terminal/index.js";
import { named, readConfiguration } from "../workspace.js";
import { readingExitCodes } from "./exit-codes.js";

const commands: readonly ChangeCommand[] = ["insert", "update", "delete"];

/** Titles of the CSV: one line for each property that changes; a link has the key of side 1 as Key, that of side 2 before or after. */
const csvColumns = ["Kind", "Command", "Type", "Key", "Property", "Before", "After", "CausedBy"];

/** The staged changes of one Blocked task, as asked for. */
interface BlockedSet {
  readonly task: TaskInstance;
  readonly counts: readonly StagedCount[];
  readonly pages: () => AsyncIterable<readonly StagedChange[]>;
}

/**
 * `sluice changes`, design §4. The JSON document:
 *
 *     {"format":1,"jobInstance":12,"job":"…","setHash":"…",
 *      "tasks":[{"taskInstance":31,"task":"…","connector":"AD","message":"Threshold Exceeded …",
 *        "counts":[{"kind":"resource","of":"AD_Entry","command":"delete","count":240}],      of all, whatever is filtered
 *        "changes":[{"kind":"resource","command":"delete","entityType":"…","key":"…","properties":[{"property","before","after"}],"causedBy":null},
 *                   {"kind":"link","command":"delete","association":"…","key1":"…","key2":"…","causedBy":{"entityType","key"}}]}]}
 */
export const changes: Command = {
  definition: {
    name: "changes",
    description: [
      "Shows what a blocked job instance would change: each resource with its mapping key and its properties before and after, links, and for what a deletion takes along the resource that causes it. The hash names exactly this set: sluice resume N --expect HASH applies it only if it is still the same.",
    ],
    arguments: [{ name: "N", help: "the number of the job instance" }],
    options: [
      { name: "entity", value: "TYPE", help: "only resources of this entity type, and links that have it on a side" },
      { name: "command", value: "insert|update|delete", values: commands, help: "only these" },
    ],
    formats: ["table", "csv", "json"],
    exitCodes: readingExitCodes,
    example: { command: "sluice changes 12 --command delete", says: "what instance 12 would delete" },
  },
  run: async (invocation) => {
    const given = invocation.arguments;
    const id = given.instance("N");
    const configuration = await readConfiguration(invocation);
    const entityType = given.value("entity");
    if (entityType !== null) await named(configuration.entityTypes, "entity type", entityType);
    const command = commands.find((each) => each === given.value("command")) ?? null;
    await useStoreForReading(invocation, configuration, async (store) => {
      const instance = (await store?.records.find(id)) ?? null;
      if (store === null || instance === null) throw new SluiceError("JOB_INSTANCE_UNKNOWN", { jobInstance: id });
      const sets = await blockedSets(store, configuration, id, entityType, command);
      const { stagedSetHash } = await import("../../jobs/index.js");
      const hash = sets.length === 0 ? null : await stagedSetHash(store, id);
      if (hash === null) throw new SluiceError("CMD_NOTHING_STAGED", { instance: id, state: instance.state });
      const head = { jobInstance: id, job: instance.job, setHash: hash };
      if (given.isJson) await writeJson(invocation, head, sets);
      else if (given.format === "csv") await writeCsv(invocation, head, sets);
      else await writeTables(invocation, head, sets);
    });
    return 0;
  },
};

const blockedSets = async (
  store: Store,
  configuration: Configuration,
  jobInstance: number,
  entityType: string | null,
  command: ChangeCommand | null,
): Promise<BlockedSet[]> => {
  const model = repositoryModelOf(configuration);
  const sets: BlockedSet[] = [];
  for (const task of await store.records.tasks(jobInstance)) {
    if (task.state !== "Blocked") continue;
    const counts = await store.reading.stagedCounts(model, task.id);
    sets.push({ task, counts, pages: () => store.reading.stagedChanges(model, { taskInstance: task.id, entityType, command }) });
  }
  return sets;
};

interface Head {
  readonly jobInstance: number;
  readonly job: string;
  readonly setHash: string;
}

const writeJson = async ({ out }: Invocation, head: Head, sets: readonly BlockedSet[]): Promise<void> => {
  await out.writeData(`${JSON.stringify({ format: 1, ...head }).slice(0, -1)},"tasks":[`);
  for (const [index, { task, counts, pages }] of sets.entries()) {
    const about = { taskInstance: task.id, task: task.task, connector: task.connector, message: task.message, counts };
    await out.write(`${index === 0 ? "" : ",\n"}${JSON.stringify(about).slice(0, -1)}`);
    await out.writeData(',"changes":[');
    let separator = "";
    for await (const page of pages()) {
      if (out.isClosed) return;
      await out.writeData(separator + page.map((change) => JSON.stringify(change)).join(",\n"));
      separator = ",\n";
    }
    await out.writeData("]}");
  }
  await out.writeData("]}\n");
};

const writeCsv = async (invocation: Invocation, head: Head, sets: readonly BlockedSet[]): Promise<void> => {
  const { out, err } = invocation;
  await out.writeData(csvLines([csvColumns]));
  for (const { pages } of sets) {
    for await (const page of pages()) {
      if (out.isClosed) return;
      await out.writeData(csvLines(page.flatMap(csvRows)));
    }
  }
  // Nothing but the rows may stand on stdout.
  await err.lines([`set hash ${head.setHash}`]);
};

const causeText = ({ causedBy }: StagedChange): string | null => (causedBy === null ? null : `${causedBy.entityType} ${causedBy.key}`);

const csvRows = (change: StagedChange): (string | null)[][] => {
  const cause = causeText(change);
  if (change.kind === "link") {
    const { command, association, key1, key2 } = change;
    return [["link", command, association, key1, null, command === "delete" ? key2 : null, command === "delete" ? null : key2, cause]];
  }
  const { command, entityType, key, properties } = change;
  if (properties.length === 0) return [["resource", command, entityType, key, null, null, null, cause]];
  return properties.map(({ property, before, after }) => ["resource", command, entityType, key, property, before, after, cause]);
};

/** Resources and links have tables of their own; both name the cause last. */
interface TableRow {
  readonly command: ChangeCommand;
  /** Entity type or association. */
  readonly type: string;
  readonly key: string;
  /** Of a resource what changes, of a link the key of side 2. */
  readonly what: string;
  readonly cause: string | null;
}

/** Columns that the values of an insert or delete may take in a table: enough to know it by. CSV and JSON give all of them. */
const summaryColumns = 100;

/** Inserts and deletes take one line with their values, updates one for each property. */
const tableRows = (change: StagedChange): TableRow[] => {
  const { command } = change;
  const cause = causeText(change);
  if (change.kind === "link") return [{ command, type: change.association, key: change.key1, what: change.key2, cause }];
  const { entityType: type, key, properties } = change;
  if (command === "update") {
    return properties.map(({ property, before, after }) => ({
      command,
      type,
      key,
      what: `${property}: ${changeText(before, after)}`,
      cause,
    }));
  }
  const values = properties.map(({ property, before, after }) => ({ property, value: after ?? before ?? "" }));
  // The key stands in its own column.
  const others = values.filter(({ value }) => value !== key).map(({ property, value }) => `${property} ${value}`);
  return [{ command, type, key, what: cutTo(printable(others.join(", ")), summaryColumns), cause }];
};

const verbs: Readonly<Record<ChangeCommand, string>> = { insert: "inserted", update: "updated", delete: "deleted" };

/** A line for each type and association: `AD_Entry: 3 updated, 240 deleted`. */
const countLines = (counts: readonly StagedCount[]): string[] => {
  const names = new Set(counts.map(({ kind, of }) => `${kind} ${of}`));
  return [...names].map((name) => {
    const own = counts.filter(({ kind, of }) => `${kind} ${of}` === name);
    const parts = commands.flatMap((command) =>
      own
        .filter((each) => each.command === command)
        .map(({ kind, count }) => `${kind === "link" ? formatNoun(count, "link") : formatCount(count)} ${verbs[command]}`),
    );
    return `  ${own[0]?.of ?? ""}: ${parts.join(", ")}`;
  });
};

/** Why it blocked and what stands out (design §8), each sentence on a line of its own. */
const whyLines = ({ message }: TaskInstance, columns: number | undefined): string[] => {
  if (message === null) return [];
  const room = columns === undefined ? Number.POSITIVE_INFINITY : columns - 2;
  return ["", ...message.split(/\n|; /).flatMap((line) => wrap(printable(line), room).map((part) => `  ${part}`))];
};

/** How the rows of a first page are laid out, and so all that follow. */
const layoutOf = ({ out, style }: Invocation, kind: StagedChange["kind"], rows: readonly TableRow[]): TableLayout<TableRow> => {
  const paint = (text: string, { command }: TableRow): string =>
    command === "delete" ? style.bad(text) : command === "insert" ? style.good(text) : style.warning(text);
  return new TableLayout<TableRow>(
    [
      { title: "Command", value: (row) => row.command, paint },
      { title: kind === "link" ? "Links" : "Resources", value: (row) => row.type },
      { title: kind === "link" ? "Key 1" : "Key", value: (row) => row.key },
      { title: kind === "link" ? "Key 2" : "Before → after", value: (row) => row.what },
      ...(rows.some((row) => row.cause !== null) ? [{ title: "Caused by", value: (row: TableRow) => row.cause }] : []),
    ],
    rows,
    { style, indent: 2, ...(out.columns === undefined ? {} : { width: out.columns }) },
  );
};

const writeTables = async (invocation: Invocation, head: Head, sets: readonly BlockedSet[]): Promise<void> => {
  const { out, style } = invocation;
  for (const { task, counts, pages } of sets) {
    const total = counts.reduce((sum, { count }) => sum + count, 0);
    await out.lines([
      `${style.bold(head.job)}, instance ${head.jobInstance}: ${task.taskKey} would make ${formatNoun(total, "change")}`,
      ...countLines(counts),
      ...whyLines(task, out.columns),
    ]);
    let layout: TableLayout<TableRow> | null = null;
    let kind: StagedChange["kind"] | null = null;
    for await (const page of pages()) {
      if (out.isClosed) return;
      const rows = page.flatMap(tableRows);
      const lines: string[] = [];
      const [first] = page;
      // A page holds changes of one kind: resources come before links.
      if (layout === null || (first !== undefined && first.kind !== kind)) {
        kind = first?.kind ?? "resource";
        layout = layoutOf(invocation, kind, rows);
        lines.push("", layout.title());
      }
      const shown = layout;
      lines.push(...rows.map((row) => shown.line(row)));
      await out.writeData(`${lines.join("\n")}\n`);
    }
    if (layout === null) await out.lines(["", "  nothing of what was asked for"]);
    await out.lines([""]);
  }
  await out.lines([
    `Set hash ${printable(head.setHash)}`,
    ...hintLines(invocation, [
      [`changes ${head.jobInstance} --format csv`, "gives every value"],
      [`resume ${head.jobInstance} --expect ${head.setHash}`, "applies exactly this set"],
      [`cancel ${head.jobInstance}`, "drops it"],
    ]),
  ]);
};
