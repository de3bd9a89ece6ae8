import { copyFile, link } from "node:fs/promises";
import { join } from "node:path";
import type { Configuration } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import { type SessionFile, type SessionManifest, sessionGuid } from "../../model/index.js";
import type { RehearsedSession, Store } from "../../store/index.js";
import type { Command, Invocation } from "../command.js";
import { counterText } from "../counters.js";
import { attended, useExistingStore } from "../maintenance.js";
import { changeLines } from "../rehearsed-changes.js";
import { repositoryModelOf } from "../repository.js";
import { formatNoun, formatTime } from "../terminal/index.js";
import { named, readConfiguration } from "../workspace.js";
import { fault, unreachable, wrongCall } from "./exit-codes.js";

/** Exit code of a verification that found differences. */
const differentExit = 1;

/** What a repository is compared with. */
interface LastApplied {
  readonly session: string;
  readonly appliedAt: string;
  readonly files: readonly SessionFile[];
  /** Absolute: where the files are. */
  readonly folder: string;
}

/**
 * `sluice verify`, design §7.3. The JSON document:
 *
 *     {"format":1,"connector":"HR","equal":false,"session":"<head>","appliedAt":"…Z","counters":{"inserted":0,"updated":1,…},"notes":[…],
 *       "changes":[{"scope":"resource","identifier":"Person","command":"update","keys":["P2"],"values":{"Name":["repository","files"]}}]}
 */
export const verify: Command = {
  definition: {
    name: "verify",
    description: [
      "Compares what the repository holds of a connector with the files that were applied last, and changes nothing. Without differences the repository is what the last synchronization made it; else it lists what a complete run of the same files would change: rows altered in the database by hand, resources and links that are missing or should not be there.",
      "It takes as long as a complete synchronization without changes, and other writers wait meanwhile.",
    ],
    arguments: [{ name: "CONNECTOR", help: "identifier of the connector" }],
    options: [],
    formats: ["text", "json"],
    exitCodes: [[0, "equal"], [differentExit, "different"], wrongCall, unreachable, fault],
    example: { command: "sluice verify HR --workspace examples", says: "whether the repository still is what was loaded" },
  },
  run: async (invocation) => {
    const { arguments: given, out } = invocation;
    const connector = given.argument("CONNECTOR");
    const configuration = await readConfiguration(invocation);
    await named(configuration.connectors, "connector", connector);
    const { applied, found } = await useExistingStore(configuration, (store) => compare(invocation, configuration, store, connector));
    const total = changesIn(found);
    if (given.isJson) {
      const { counters, notes, changes } = found;
      const { session, appliedAt } = applied;
      await out.write(`${JSON.stringify({ format: 1, connector, equal: total === 0, session, appliedAt, counters, notes, changes })}\n`);
    } else await out.lines(reportLines(invocation, connector, applied, found, total));
    return total === 0 ? 0 : differentExit;
  },
};

const changesIn = ({ counters }: RehearsedSession): number =>
  counters.inserted + counters.updated + counters.deleted + counters.linksInserted + counters.linksDeleted;

/** Rehearses a complete synchronization of the last applied files. */
const compare = async (
  invocation: Invocation,
  configuration: Configuration,
  store: Store,
  connector: string,
): Promise<{ readonly applied: LastApplied; readonly found: RehearsedSession }> => {
  const { byProperty, withRehearsalFolder } = await import("../../jobs/index.js");
  return await attended(invocation, ({ signal, onProgress }) =>
    withRehearsalFolder(configuration, invocation.clock, async ({ path }) => {
      const applied = await lastApplied(configuration, store, connector, path);
      const session: SessionManifest = {
        guid: sessionGuid(applied.session),
        connector,
        mode: "Complete",
        type: "None",
        files: applied.files,
      };
      const request = {
        session,
        folder: applied.folder,
        model: repositoryModelOf(configuration),
        mappingHash: configuration.connectorHash.get(connector) ?? "",
        force: true,
      };
      const [found] = await store.synchronization.rehearse([request], { signal, onProgress });
      if (found === undefined) throw new Error("the rehearsal of one session gave none");
      return { applied, found: byProperty(found, configuration) };
    }),
  );
};

/**
 * The files that the repository was last made equal to, gathered in a folder: whole files, and the keys of rows that were set aside, which stand for what is stored under them.
 * Throws CMD_VERIFY_BASELINE.
 */
const lastApplied = async (configuration: Configuration, store: Store, connector: string, folder: string): Promise<LastApplied> => {
  const { head } = await store.reading.connectorStatus(repositoryModelOf(configuration), connector);
  const refuse = (reason: string): SluiceError => new SluiceError("CMD_VERIFY_BASELINE", { connector, reason });
  if (head === null) throw refuse("nothing of it was synchronized yet");
  const guid = sessionGuid(head.session);
  const { baselineAt } = await import("../../sync/index.js");
  const mappingHash = configuration.connectorHash.get(connector) ?? "";
  const baseline = baselineAt(configuration.settings.workFolder, connector, guid, mappingHash);
  if ("missing" in baseline) throw refuse(baseline.missing.replace(/^because /, ""));
  const gather = async (from: string, file: SessionFile): Promise<SessionFile> => {
    await linkOrCopy(join(from, file.name), join(folder, file.name));
    return file;
  };
  const files: SessionFile[] = [];
  for (const file of baseline.baseline.files) files.push(await gather(baseline.baseline.folder, file));
  const { sessionFolder } = await import("../../tasks/index.js");
  const manifest = (await store.sessions.find(guid))?.manifest ?? null;
  for (const file of manifest?.files ?? []) {
    if (file.content === "rejected")
      files.push(
        await gather(sessionFolder(configuration, guid), file).catch(() =>
          Promise.reject(refuse(`${file.name} of session ${guid} is gone`)),
        ),
      );
  }
  return { session: head.session, appliedAt: head.appliedAt, files, folder };
};

const linkOrCopy = async (from: string, to: string): Promise<void> => {
  try {
    await link(from, to);
  } catch {
    // Another volume, or a file system without links.
    await copyFile(from, to);
  }
};

const reportLines = (
  invocation: Invocation,
  connector: string,
  { session, appliedAt }: LastApplied,
  found: RehearsedSession,
  total: number,
): string[] => {
  const { style } = invocation;
  const against = `the files of session ${session}, applied ${formatTime(appliedAt)}`;
  const notes = found.notes.map((note) => style.dim(note));
  if (total === 0) return [`${style.good("equal")}: the repository holds of ${connector} what ${against}, say`, ...notes];
  return [
    `${style.bad("different")}: ${formatNoun(total, "difference")} between the repository and ${against}`,
    `a complete run of the same files would say: ${counterText({ ...found.counters })}`,
    ...notes,
    ...changeLines(invocation, "Repository → files", found.changes, total),
  ];
};
