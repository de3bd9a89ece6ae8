import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Configuration, Task } from "../../config/index.js";
import type { ConnectorMappings, SessionManifest, SynchronizationMode, SynchronizationType, TaskResult } from "../../model/index.js";
import {
  discardPrevious,
  type OnRowError,
  type PrepareRequest,
  type PrepareResult,
  pendPrevious,
  prepareInWorker,
  promotePrevious,
} from "../../sync/index.js";
import { connectionSetting } from "../connection-setting.js";
import type { AgentTaskContext, AgentTaskKind } from "../task-kind.js";

/** Cleanses the exported files of its connector and hands them over as one session, connectors §2.4, §2.5. */
export const prepareSynchronizationTask: AgentTaskKind = {
  element: "PrepareSynchronizationTask",
  side: "agent",
  summary: "Cleanses and sorts exported files and hands them over for synchronization.",
  hasDeadline: true,
  refusal: (task) => {
    const mode = task.attributes.SynchronizationMode ?? null;
    if (task.connector === null) return "it names no Connector";
    if (task.attributes.Type === "Changes") return "Type Changes needs incremental jobs, which are not built yet";
    if (mode === null) return "it names no SynchronizationMode";
    return mode === "Incremental" ? "SynchronizationMode Incremental needs incremental jobs, which are not built yet" : null;
  },
  run: async (context) => {
    const { configuration, link, work } = context;
    const { connector, entityTypes, associations, limits } = connectorOf(work.task, configuration);
    const mappings = { connector, entityTypes, associations, limits };
    // Refused before otherwise: ActiveDirectory equals None in these modes, and stays the session's Type for its synchronize.
    const mode = work.task.attributes.SynchronizationMode as Exclude<SynchronizationMode, "Incremental">;
    const type = (work.task.attributes.Type ?? "None") as SynchronizationType;
    const mappingHash = configuration.connectorHash.get(connector) ?? "";
    const { workFolder } = configuration.settings;
    await settlePrevious(context, connector);
    const { guid } = await link.announce({ connector, mode, type, mappingHash });
    try {
      const folder = collectFolder(work.task, configuration);
      const errorsFile = join(folder, `${connector}.errors.csv`);
      const result = await prepareFiles(context, { mappings, mode, collectFolder: folder, errorsFile });
      for (const { name } of result.files) await link.put(guid, name, join(folder, name));
      await link.put(guid, "errors.csv", errorsFile);
      await rm(errorsFile, { force: true });
      // Pending before the server may apply it: the baseline of the next incremental, once it was applied (design §7.4).
      pendPrevious(workFolder, folder, { connector, session: guid, mappingHash, files: result.files });
      const manifest: SessionManifest = { guid, connector, mode, type, files: result.files };
      await link.ready(manifest);
      return taskResult(result);
    } catch (error) {
      discardPrevious(workFolder, guid);
      // Refused when the instance was taken or the task given up: what went wrong first is what to tell of.
      await link
        .fail(guid)
        .catch((problem: unknown) => context.log("warn", `session ${guid} could not be ended`, { problem: String(problem) }));
      throw error;
    }
  },
};

/**
 * Brings the baselines in line with what the server did since: a process may have died between an application and its promotion. Only
 * incremental runs read them, so that whatever is wrong with them never stops this one.
 */
const settlePrevious = async ({ configuration, link, log }: AgentTaskContext, connector: string): Promise<void> => {
  const { workFolder } = configuration.settings;
  const { head, ended } = await link.settled(connector);
  try {
    for (const session of ended) discardPrevious(workFolder, session);
    if (head !== null && !promotePrevious(workFolder, connector, head)) {
      log("info", `${connector} has no baseline for incremental runs until its next complete synchronization`);
    }
  } catch (error) {
    log("warn", `the baselines of ${connector} could not be tidied`, { problem: String(error) });
  }
};

const connectorOf = (task: Task, configuration: Configuration): ConnectorMappings => {
  const connector = configuration.connectors.get(task.connector ?? "");
  if (connector === undefined) throw new Error(`${task.identifier} names a connector that its configuration does not have`);
  return connector;
};

/** `WorkingDirectory` below the work folder (connectors §2.2; its check lets nothing else pass), `Collect` where it is not given. */
const collectFolder = (task: Task, { settings }: Configuration): string =>
  join(settings.workFolder, String(task.attributes.WorkingDirectory ?? "Collect"));

const prepareFiles = async (
  { configuration, signal, onProgress }: AgentTaskContext,
  work: Pick<PrepareRequest, "mappings" | "mode" | "collectFolder" | "errorsFile">,
): Promise<PrepareResult> =>
  prepareInWorker(
    {
      ...work,
      entityTypes: [...configuration.entityTypes.values()],
      associations: [...configuration.associations.values()],
      inputFolder: join(configuration.settings.tempFolder, "ExportOutput"),
      onRowError: onRowErrorOf(work.mappings, configuration),
    },
    { signal, onProgress },
  );

const onRowErrorOf = (mappings: ConnectorMappings, configuration: Configuration): Readonly<Record<string, OnRowError>> => {
  const connections = [...mappings.entityTypes, ...mappings.associations].map(({ connection }) => connection);
  const setAside = connections.filter((connection) =>
    /^setaside$/i.test(String(connectionSetting(configuration, connection, "OnRowError"))),
  );
  return Object.fromEntries(setAside.map((connection) => [connection, "SetAside"]));
};

const taskResult = ({ counters, nearEqualKeys }: PrepareResult): TaskResult => ({
  state: "Completed",
  // Files were sent, even header-only (jobs-and-tasks §3.3).
  producedOutput: true,
  counters: { ...counters },
  ...(nearEqualKeys === 0
    ? {}
    : { reason: `${nearEqualKeys} keys differ from another only in blanks, case or Unicode form; errors.csv names them` }),
});
