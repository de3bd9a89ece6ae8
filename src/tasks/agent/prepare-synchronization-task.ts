import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Configuration, Task } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import type { ConnectorMappings, SessionManifest, SynchronizationMode, SynchronizationType, TaskResult } from "../../model/index.js";
import {
  baselineAt,
  bindCookies,
  discardPrevious,
  type EarlierFiles,
  exportedFile,
  type OnRowError,
  type PrepareRequest,
  type PrepareResult,
  pendPrevious,
  prepareInWorker,
  prepareModule,
  readManifest,
  writeManifest,
} from "../../sync/index.js";
import { connectionsOf } from "../chain.js";
import { connectionSetting } from "../connection-setting.js";
import type { AgentTaskContext, AgentTaskKind } from "../task-kind.js";
import type { SettledSessions } from "./agent-link.js";
import { damagedEarlier, type EarlierState, earlierState, refuse } from "./earlier-files.js";
import { settle } from "./settle.js";

/**
 * Cleanses the exported files of its connector and hands them over as one session, connectors §2.4, §2.5; incremental ones as the changes since the state that the chain stands at
 * (design §7.4).
 */
export const prepareSynchronizationTask: AgentTaskKind = {
  element: "PrepareSynchronizationTask",
  side: "agent",
  summary: "Cleanses and sorts exported files and hands them over for synchronization.",
  hasDeadline: true,
  refusal: (task) => {
    if (task.connector === null) return "it names no Connector";
    const mode = modeOf(task);
    if (mode === null) return "it names no SynchronizationMode";
    if (mode !== "Incremental" && typeOf(task) === "Changes") return "Type Changes goes with SynchronizationMode Incremental alone";
    return mode === "Incremental" && typeOf(task) === "ActiveDirectory"
      ? "Type ActiveDirectory in SynchronizationMode Incremental needs the connector for Active Directory, which is not built yet"
      : null;
  },
  modules: () => [prepareModule],
  run: async (context) => {
    const { configuration, link, work } = context;
    const { connector, entityTypes, associations, limits } = connectorOf(work.task, configuration);
    const mappings = { connector, entityTypes, associations, limits };
    const mode = modeOf(work.task);
    if (mode === null) throw new Error(`${work.task.identifier} has no mode, which was refused before`);
    const type = typeOf(work.task);
    const mappingHash = configuration.connectorHash.get(connector) ?? "";
    const { workFolder } = configuration.settings;
    const settled = await settle(context, connector);
    const incremental = { connector, type, mappingHash, exported: exportedSince(work.task, mappings, configuration) };
    const earlier = mode === "Incremental" ? await earlierState(context, incremental, settled) : null;
    const startsAt = earlier?.startsAt ?? null;
    if (type !== "Changes") refuseChangesAsWhole(work.task, mappings, configuration);
    const { guid, sequence } = await link.announce({ connector, mode, type, mappingHash, startsAt });
    let isPending = false;
    try {
      const folder = collectFolder(work.task, configuration);
      const errorsFile = join(folder, `${connector}.errors.csv`);
      const result = await prepareFiles(context, {
        mappings,
        mode,
        type,
        columnName: textOrNull(work.task.attributes.ColumnName),
        baseline: earlier === null ? replacedBaseline(workFolder, connector, mappingHash, settled) : earlier.baseline,
        carried: earlier?.carried ?? null,
        collectFolder: folder,
        errorsFile,
      });
      for (const { name } of result.files) await link.put(guid, name, join(folder, name));
      await link.put(guid, "errors.csv", errorsFile);
      await rm(errorsFile, { force: true });
      // Before the server may apply it: what the next incremental run goes on from, once it was applied (design §7.4).
      const cookies = bindCookies(workFolder, guid, connectionsOf(configuration, connector));
      const { baseline: files } = result;
      // Where nothing was ever applied, nothing is stored under the keys of rows set aside.
      const isWhole = result.isBaselineWhole || settled.head === null;
      pendPrevious(workFolder, folder, { connector, session: guid, sequence, type, startsAt, mappingHash, files, isWhole, cookies });
      isPending = true;
      const manifest: SessionManifest = { guid, connector, mode, type, files: result.files };
      await link.ready(manifest);
      notePrepared(context, mappings, guid);
      return taskResult(result, mode, earlier);
    } catch (error) {
      // Changes that are whole are carried on by the next session, whatever became of this one.
      if (!isPending || type !== "Changes") discardPrevious(workFolder, connector, guid);
      // Refused when the instance was taken or the task given up: what went wrong first is what to tell of.
      await link
        .fail(guid)
        .catch((problem: unknown) => context.log("warn", `session ${guid} could not be ended`, { problem: String(problem) }));
      const damaged = earlier === null ? null : damagedEarlier(error);
      if (damaged !== null) await refuse(context, connector, `because ${damaged} is not as its session left it`);
      throw error;
    }
  },
};

/** Type Changes means incremental where no mode is said (connectors §2.10). */
const modeOf = (task: Task): SynchronizationMode | null => {
  const mode = (task.attributes.SynchronizationMode ?? null) as SynchronizationMode | null;
  return mode === null && typeOf(task) === "Changes" ? "Incremental" : mode;
};

const typeOf = (task: Task): SynchronizationType => (task.attributes.Type ?? "None") as SynchronizationType;

/** A file with changes alone, taken for the whole, would delete everything that did not change (connectors §4.3). Throws SRC_CHANGES_AS_WHOLE, SRC_MANIFEST_INVALID. */
const refuseChangesAsWhole = (task: Task, mappings: ConnectorMappings, configuration: Configuration): void => {
  for (const table of tablesOf(mappings)) {
    const file = exportedFile(outputFolder(task, configuration), table);
    if (file === null || readManifest(file)?.mode !== "incremental") continue;
    throw new SluiceError("SRC_CHANGES_AS_WHOLE", { file, task: task.identifier }, { place: { file } });
  }
};

/** What the repository holds before whole files replace it, where that can be told: rows of them that are set aside stand for it. */
const replacedBaseline = (workFolder: string, connector: string, mappingHash: string, { head }: SettledSessions): EarlierFiles | null => {
  if (head === null) return null;
  const found = baselineAt(workFolder, connector, head.session, mappingHash);
  return "missing" in found ? null : found.baseline;
};

/** By mapping: the session that its exported file begins with, of an export by cookies. */
const exportedSince = (task: Task, mappings: ConnectorMappings, configuration: Configuration): ReadonlyMap<string, string> =>
  new Map(
    tablesOf(mappings).flatMap((table) => {
      const file = exportedFile(outputFolder(task, configuration), table);
      const since = file === null ? undefined : readManifest(file)?.since;
      if (since === undefined) return [];
      return [...mappings.entityTypes, ...mappings.associations]
        .filter((mapping) => mapping.table === table)
        .map(({ identifier }): [string, string] => [identifier, since]);
    }),
  );

/** Exported changes that were handed over may be replaced by the next ones without a word. */
const notePrepared = ({ work, configuration, log }: AgentTaskContext, mappings: ConnectorMappings, guid: string): void => {
  try {
    for (const table of tablesOf(mappings)) {
      const file = exportedFile(outputFolder(work.task, configuration), table);
      const manifest = file === null ? null : readManifest(file);
      if (file !== null && manifest?.mode === "incremental") writeManifest(file, { ...manifest, prepared: guid });
    }
  } catch (error) {
    log("warn", `the exported files that session ${guid} holds could not be marked`, { problem: String(error) });
  }
};

const tablesOf = ({ entityTypes, associations }: ConnectorMappings): readonly string[] => [
  ...new Set([...entityTypes, ...associations].map(({ table }) => table)),
];

/** Where the exported files are: `ExportOutput` below the temp folder, but for the documented tool, which may name another folder there (jobs-and-tasks §4.2). */
const outputFolder = ({ attributes }: Task, { settings }: Configuration): string =>
  join(settings.tempFolder, String(attributes.SourcesDirectory ?? "ExportOutput"));

const textOrNull = (value: unknown): string | null => (typeof value === "string" && value !== "" ? value : null);

const connectorOf = (task: Task, configuration: Configuration): ConnectorMappings => {
  const connector = configuration.connectors.get(task.connector ?? "");
  if (connector === undefined) throw new Error(`${task.identifier} names a connector that its configuration does not have`);
  return connector;
};

/** `WorkingDirectory` below the work folder (connectors §2.2; its check lets nothing else pass), `Collect` where it is not given. */
const collectFolder = (task: Task, { settings }: Configuration): string =>
  join(settings.workFolder, String(task.attributes.WorkingDirectory ?? "Collect"));

const prepareFiles = async (
  context: AgentTaskContext,
  work: Omit<PrepareRequest, "entityTypes" | "associations" | "inputFolder" | "onRowError">,
): Promise<PrepareResult> => {
  const { configuration, signal, onProgress } = context;
  return prepareInWorker(
    {
      ...work,
      entityTypes: [...configuration.entityTypes.values()],
      associations: [...configuration.associations.values()],
      inputFolder: outputFolder(context.work.task, configuration),
      onRowError: onRowErrorOf(work.mappings, configuration),
    },
    { signal, onProgress },
  );
};

const onRowErrorOf = (mappings: ConnectorMappings, configuration: Configuration): Readonly<Record<string, OnRowError>> => {
  const connections = [...mappings.entityTypes, ...mappings.associations].map(({ connection }) => connection);
  const setAside = connections.filter((connection) =>
    /^setaside$/i.test(String(connectionSetting(configuration, connection, "OnRowError"))),
  );
  return Object.fromEntries(setAside.map((connection) => [connection, "SetAside"]));
};

/**
 * Complete and initial: files were sent, even header-only, and that is output; incremental: at least one row of a delta (jobs-and-tasks §3.3). A session without one is handed over all the
 * same: it makes older ones needless that still wait, and a SynchronizeTask that depends on nothing finds nothing to do.
 */
const taskResult = (
  { counters, nearEqualKeys, files }: PrepareResult,
  mode: SynchronizationMode,
  earlier: EarlierState | null,
): TaskResult => {
  const producedOutput = mode !== "Incremental" || files.some(({ content, rows }) => content === "delta" && rows > 0);
  const said: string[] = [];
  if (!producedOutput && earlier !== null) said.push(`nothing differs from session ${earlier.startsAt}`);
  if (earlier?.carriedFrom != null) said.push(`with the changes of session ${earlier.carriedFrom}, which was not applied`);
  if (nearEqualKeys > 0) said.push(`${nearEqualKeys} keys differ from another only in blanks, case or Unicode form; errors.csv names them`);
  return { state: "Completed", producedOutput, counters: { ...counters }, ...(said.length === 0 ? {} : { reason: said.join("; ") }) };
};
