import type { Configuration } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import { isRunning } from "../../model/index.js";
import type { ConnectorStatus, JobInstance, Store } from "../../store/index.js";
import type { Command, Invocation } from "../command.js";
import { nothingKnown } from "../connector-state.js";
import { endDeadInstances } from "../dead-instances.js";
import { hintLines } from "../hint.js";
import { instanceLines, stalledSince } from "../instance-view.js";
import { repositoryModelOf, useStoreForReading } from "../repository.js";
import { alarmLines, schedulerDocument, schedulerView } from "../scheduler-state.js";
import { formatCount, formatDuration, formatTime, paintState, printable, table } from "../terminal/index.js";
import { jobNamed, named, readConfiguration, readSettings } from "../workspace.js";
import { readingExitCodes } from "./exit-codes.js";

/** Instances that the list shows: what fits on a screen. */
const listedInstances = 20;

/**
 * `sluice status`, design §4. JSON: with `--instance` the document of design §4; with `--connector`
 * `{"format":1,…ConnectorStatus,"isConfigurationChanged":false}`; else `{"format":1,"instances":[{…}],"alarms":[{…}],"schedulers":[{…}]}`.
 */
export const status: Command = {
  definition: {
    name: "status",
    description: [
      "Shows the last job instances, newest first, or those of one job. With --instance one of them in full: tasks, counters, thresholds, errors. With --connector what the repository knows of a connector: its last synchronization, a block, its sessions.",
      "Above the list stand alarms: runs that were due and did not start, until their job next completes; jobs with a schedule while no scheduler lives; a dropped configuration that was refused.",
      "A task that made no progress for 10 minutes is said to be stalled. An instance whose process died is found and becomes Aborted.",
    ],
    arguments: [{ name: "JOB", optional: true, help: "identifier of a job; default: all" }],
    options: [
      { name: "instance", value: "N", help: "the number of a job instance" },
      { name: "connector", value: "ID", help: "identifier of a connector" },
    ],
    formats: ["table", "json"],
    exitCodes: readingExitCodes,
    example: { command: "sluice status --instance 12", says: "why instance 12 is blocked, and what can be done" },
  },
  run: async (invocation) => {
    const given = invocation.arguments;
    const instance = given.instanceOption("instance");
    const connector = given.value("connector");
    const job = given.optional("JOB");
    if (instance !== null && connector !== null)
      throw new SluiceError("CMD_OPTIONS_CONFLICT", { first: "--instance", second: "--connector" });
    if (job !== null && (instance !== null || connector !== null))
      throw new SluiceError("CMD_OPTIONS_CONFLICT", { first: `the job ${job}`, second: instance === null ? "--connector" : "--instance" });
    if (connector !== null) {
      const configuration = await readConfiguration(invocation);
      await named(configuration.connectors, "connector", connector);
      await useStoreForReading(invocation, configuration, async (store) => {
        const tell = store === null ? null : await endDeadInstances(invocation, store);
        await showConnector(invocation, configuration, store, connector);
        await tell?.();
      });
      return 0;
    }
    const settings = await readSettings(invocation);
    await useStoreForReading(invocation, settings, async (store) => {
      const tell = store === null ? null : await endDeadInstances(invocation, store);
      if (instance !== null) await showInstance(invocation, settings, store, instance);
      else await showList(invocation, settings, store, job);
      await tell?.();
    });
    return 0;
  },
};

const showInstance = async (
  invocation: Invocation,
  configuration: Pick<Configuration, "settings">,
  store: Store | null,
  id: number,
): Promise<void> => {
  const instance = (await store?.records.find(id)) ?? null;
  if (store === null || instance === null) throw new SluiceError("JOB_INSTANCE_UNKNOWN", { jobInstance: id });
  const { jobLogPath, nextStepsOf, reportOf } = await import("../../jobs/index.js");
  if (invocation.arguments.isJson) {
    await invocation.out.write(`${JSON.stringify(await reportOf(store, id))}\n`);
    return;
  }
  const tasks = await store.records.tasks(id);
  const log = jobLogPath(configuration, instance.job, id);
  const attempts = await store.records.attempts(id);
  const steps = nextStepsOf(instance, tasks, instance.state, log);
  const lines = instanceLines(invocation, { instance, tasks, thresholds: "all", steps, attempts });
  const decisions = await store.records.decisions(id);
  if (decisions.length > 0) {
    lines.push("", invocation.style.bold("Decisions"));
    for (const each of decisions) {
      const reason = each.reason === null ? "" : `: ${each.reason}`;
      lines.push(printable(`  ${formatTime(each.takenAt)} ${each.decision} by ${each.takenBy}${reason}`));
    }
  }
  await invocation.out.lines(lines);
};

/** A job that the configuration no longer has may still have instances, so its name is checked only where there are none. */
const showList = async (
  invocation: Invocation,
  configuration: Pick<Configuration, "settings">,
  store: Store | null,
  job: string | null,
): Promise<void> => {
  const { out, style, clock } = invocation;
  const instances = (await store?.records.list({ limit: listedInstances, ...(job === null ? {} : { job }) })) ?? [];
  if (instances.length === 0 && job !== null) {
    const configuration = await readConfiguration(invocation);
    if (!configuration.rootTasks.has(job)) await jobNamed(configuration, job);
  }
  const view = await schedulerView(store, configuration, job);
  const stalled = new Map<number, string>();
  for (const instance of instances) {
    if (!isRunning(instance.state)) continue;
    for (const task of (await store?.records.tasks(instance.id)) ?? []) {
      const since = stalledSince(task, clock.now());
      if (since !== null) stalled.set(instance.id, since);
    }
  }
  if (invocation.arguments.isJson) {
    const documents = instances.map((instance) => ({
      jobInstance: instance.id,
      job: instance.job,
      state: instance.state,
      startedAt: instance.startedAt,
      endedAt: instance.endedAt,
      trigger: instance.trigger,
      startedBy: instance.startedBy,
      stalledSince: stalled.get(instance.id) ?? null,
      waitingFor: instance.waitingFor,
      message: instance.message,
    }));
    await out.write(`${JSON.stringify({ format: 1, instances: documents, ...schedulerDocument(view) })}\n`);
    return;
  }
  const alarms = alarmLines(invocation, view);
  if (alarms.length > 0) await out.lines([...alarms, ""]);
  if (instances.length === 0) {
    await out.lines([job === null ? "no job has run yet" : `${job} has not run yet`]);
    return;
  }
  const noteOf = (instance: JobInstance): string => {
    const since = stalled.get(instance.id);
    const [holder] = instance.waitingFor;
    if (since !== undefined) return `stalled since ${formatTime(since)}`;
    if (holder !== undefined) return `waits for ${holder.lock.replace(":", " ")}, instance ${holder.jobInstance}`;
    return (instance.message ?? "").split("\n")[0] ?? "";
  };
  await out.lines(
    table<JobInstance>(
      [
        { title: "Instance", value: (instance) => String(instance.id), align: "right" },
        { title: "Job", value: (instance) => instance.job },
        { title: "State", value: (instance) => instance.state, paint: (text, instance) => paintState(style, instance.state, text) },
        { title: "Started", value: (instance) => formatTime(instance.startedAt) },
        {
          title: "Time",
          value: (instance) =>
            formatDuration((instance.endedAt === null ? clock.now() : Date.parse(instance.endedAt)) - Date.parse(instance.startedAt)),
          align: "right",
        },
        { title: "By", value: (instance) => instance.startedBy },
        { title: "Note", value: noteOf },
      ],
      instances,
      { style, ...(out.columns === undefined ? {} : { width: out.columns }) },
    ),
  );
};

const showConnector = async (
  invocation: Invocation,
  configuration: Configuration,
  store: Store | null,
  connector: string,
): Promise<void> => {
  const { out, style } = invocation;
  const known = (await store?.reading.connectorStatus(repositoryModelOf(configuration), connector)) ?? nothingKnown(connector);
  const isConfigurationChanged = known.head !== null && known.head.mappingHash !== configuration.connectorHash.get(connector);
  if (invocation.arguments.isJson) {
    await out.write(`${JSON.stringify({ format: 1, ...known, isConfigurationChanged })}\n`);
    return;
  }
  const width = out.columns === undefined ? {} : { width: out.columns };
  const { head } = known;
  const by = head?.jobInstance == null ? "" : ` by ${head.job}, instance ${head.jobInstance}`;
  const lines = [
    style.bold(`Connector ${connector}`),
    head === null ? "  never synchronized" : `  last synchronized ${formatTime(head.appliedAt)}${by}`,
    ...(head === null ? [] : [style.dim(`  session ${head.session}`)]),
    ...(isConfigurationChanged ? [style.warning("  its mappings or entity types were changed since")] : []),
    ...chainLines(known).map((line) => style.warning(`  ${line}`)),
  ];
  for (const block of known.blocked) {
    lines.push(
      style.warning(
        `  blocked by instance ${block.jobInstance} of ${block.job}${block.since === null ? "" : ` since ${formatTime(block.since)}`}`,
      ),
      ...(block.message === null ? [] : [`  ${printable(block.message.split(/\n|; /)[0] ?? "")}`]),
      ...hintLines(invocation, [[`status --instance ${block.jobInstance}`, "shows why"]]).map((line) => `  ${line}`),
    );
  }
  if (known.entityTypes.length > 0) {
    lines.push(
      "",
      ...table(
        [
          { title: "Entity type", value: (row) => row.entityType },
          { title: "Resources", value: (row) => formatCount(row.resources), align: "right" },
        ],
        known.entityTypes,
        { style, indent: 2, ...width },
      ),
    );
  }
  if (known.associations.length > 0) {
    lines.push(
      "",
      ...table(
        [
          { title: "Association", value: (row) => row.association },
          { title: "Unresolved links", value: (row) => formatCount(row.unresolved), align: "right" },
        ],
        known.associations,
        { style, indent: 2, ...width },
      ),
    );
  }
  if (known.sessions.length > 0) {
    lines.push(
      "",
      ...table(
        [
          { title: "Session", value: (row) => row.guid },
          { title: "Mode", value: (row) => row.mode },
          { title: "State", value: (row) => row.state },
          { title: "Starts at", value: (row) => row.startsAt ?? "" },
          { title: "Changed", value: (row) => formatTime(row.changedAt) },
        ],
        known.sessions,
        { style, indent: 2, ...width },
      ),
    );
  }
  await out.lines(lines);
};

/** What keeps a connector from going on: a complete run that is due (design §7.4), a person who switched it off. */
const chainLines = ({ connector, completeRequired, deactivation }: ConnectorStatus): string[] => [
  ...(completeRequired === null ? [] : [`a complete run is required, ${printable(completeRequired)}`]),
  ...(deactivation === null
    ? []
    : [
        `deactivated by ${printable(deactivation.by)} at ${formatTime(deactivation.at)}${deactivation.reason === null ? "" : ` (${printable(deactivation.reason)})`}: sluice connector activate ${connector} switches it on`,
      ]),
];
