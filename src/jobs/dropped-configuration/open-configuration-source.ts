import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import {
  type Configuration,
  type Finding,
  type LoadedWorkspace,
  loadSnapshot,
  loadWorkspace,
  type Settings,
  type WorkspaceContent,
} from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import { isoTime, type Timing } from "../../model/index.js";
import { graphFindings } from "../graph/index.js";
import type { ConfigurationInForce, ConfigurationSource, Look, RefusedConfiguration } from "./configuration-source.js";
import { readCurrent, writeCurrent } from "./current-configuration.js";
import { areSame, type FileStates, lookAtFiles, movedFiles } from "./file-states.js";
import { clearRefusal, writeRefusal } from "./refusal-notes.js";
import { markUsed, storeSnapshot } from "./snapshot-folder.js";
import { snapshotFolder } from "./snapshot-path.js";

export interface ConfigurationSourceOptions {
  readonly workspace: string;
  /** Variables that override settings (design §3); they stay as they are while the source is open. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timing: Timing;
}

/** How long what failed for a reason outside the files (a full disk) is left alone before it is tried again (ms). */
const retryMs = 60_000;

/**
 * Opens the configuration of a service: the workspace's where it is valid; else the last good one that a service took, with what lies there refused. Throws CFG_NONE_IN_FORCE when there is
 * neither (exit 64).
 */
export const openConfigurationSource = (options: ConfigurationSourceOptions): Promise<ConfigurationSource> =>
  Promise.resolve().then(() => new WorkspaceSource({ ...options, workspace: resolve(options.workspace) }));

/** A workspace as it was read, with everything that is wrong with it. */
interface Reading {
  readonly loaded: LoadedWorkspace;
  readonly findings: readonly Finding[];
  /** null when a finding is an error. */
  readonly valid: { readonly configuration: Configuration; readonly content: WorkspaceContent } | null;
}

const read = (options: ConfigurationSourceOptions): Reading => {
  const loaded = loadWorkspace(options);
  const { configuration, content } = loaded;
  const findings = configuration === null ? loaded.findings : [...loaded.findings, ...graphFindings(configuration)];
  const isValid = !findings.some(({ severity }) => severity === "error");
  return { loaded, findings, valid: isValid && configuration !== null && content !== null ? { configuration, content } : null };
};

/** Tells whether two contents are the same, secrets included; stays in memory. */
const digestOf = ({ files, settings }: WorkspaceContent): string => {
  const hash = createHash("sha256").update(JSON.stringify(settings));
  for (const [file, bytes] of files) hash.update(`\n${file} ${bytes.length}\n`).update(bytes);
  return hash.digest("hex");
};

const finding = (severity: Finding["severity"], error: SluiceError, file: string): Finding => ({
  severity,
  code: error.code,
  message: error.message,
  file: error.place.file ?? file,
});

const writeFailed = (file: string, error: unknown): SluiceError =>
  error instanceof SluiceError
    ? error
    : new SluiceError(
        "SRC_WRITE_FAILED",
        { file, reason: (error as NodeJS.ErrnoException).code ?? String(error) },
        { place: { file }, cause: error },
      );

class WorkspaceSource implements ConfigurationSource {
  readonly #options: ConfigurationSourceOptions;
  #inForce: ConfigurationInForce;
  /** Of what is in force; null after a restart on the last good one: another settings file may give the same. */
  #digest: string | null = null;
  #refused: RefusedConfiguration | null = null;
  /** What was found in it, as one text: the same is not said twice. */
  #refusedFor: string | null = null;
  /** The files as they were when they were last read; null: they are read again when they stand still. */
  #settled: FileStates | null;
  /** Those in force; null after a restart on the last good one: nobody saw them. */
  #ofInForce: FileStates | null = null;
  /** As the last look found them, when they moved. */
  #pending: FileStates | null = null;
  /** When a refusal that was not the files' fault is tried again (ms since 1970); null: there is none. */
  #retryAt: number | null = null;

  constructor(options: ConfigurationSourceOptions) {
    this.#options = options;
    const before = existsSync(options.workspace) ? lookAtFiles(options) : new Map();
    const reading = read(options);
    this.#settled = existsSync(options.workspace) && areSame(before, lookAtFiles(options)) ? before : null;
    if (reading.valid !== null) {
      const { configuration, content } = reading.valid;
      const { workFolder } = configuration.settings;
      const former = readCurrent(workFolder);
      const since = former?.hash === configuration.hash ? former.since : isoTime(options.timing);
      this.#inForce = { configuration, since };
      this.#ofInForce = before;
      this.#digest = digestOf(content);
      storeSnapshot(configuration, content);
      try {
        writeCurrent(workFolder, { hash: configuration.hash, since });
        clearRefusal(options.workspace, workFolder);
      } catch (error) {
        throw writeFailed(workFolder, error);
      }
      return;
    }
    this.#inForce = this.#lastGood(reading);
    this.#refuse(reading.findings, reading.loaded.settings, before);
  }

  get inForce(): ConfigurationInForce {
    return this.#inForce;
  }

  get refused(): RefusedConfiguration | null {
    return this.#refused;
  }

  look(): Promise<Look> {
    return Promise.resolve().then(() => {
      try {
        return this.#look();
      } catch (error) {
        // A folder that went away while it was listed, a share that does not answer: the next look finds out.
        const failed = finding("error", writeFailed(this.#options.workspace, error), this.#options.workspace);
        this.#settled = null;
        return this.#refuse([failed], null, this.#ofInForce ?? new Map());
      }
    });
  }

  #look(): Look {
    const files = lookAtFiles(this.#options);
    const isSettled = areSame(this.#settled, files);
    const isDue = this.#retryAt !== null && this.#options.timing.now() >= this.#retryAt;
    if (isSettled && !isDue) {
      this.#pending = null;
      return "same";
    }
    if (!isSettled && !areSame(this.#pending, files)) {
      this.#pending = files;
      return "same";
    }
    const reading = read(this.#options);
    const after = lookAtFiles(this.#options);
    if (!areSame(files, after)) {
      // Somebody writes at this moment: what was read may be of two minds.
      this.#pending = after;
      return "same";
    }
    this.#pending = null;
    this.#settled = files;
    this.#retryAt = null;
    return reading.valid === null
      ? this.#refuse(reading.findings, reading.loaded.settings, files)
      : this.#take(reading.valid, reading.findings, files);
  }

  #take({ configuration, content }: NonNullable<Reading["valid"]>, findings: readonly Finding[], files: FileStates): Look {
    const { settings } = configuration;
    const digest = digestOf(content);
    if (digest === this.#digest && this.#refused === null) {
      this.#ofInForce = files;
      return "same";
    }
    const moved = this.#needsRestart(settings);
    if (moved !== null) {
      const error = new SluiceError("CFG_RESTART_NEEDED", { setting: moved });
      return this.#refuse([...findings, finding("error", error, "appsettings.json")], settings, files);
    }
    const since = digest === this.#digest ? this.#inForce.since : isoTime(this.#options.timing);
    try {
      // A run may be starting with the former one at this moment, however long ago it was kept.
      markUsed(this.#inForce.configuration);
      storeSnapshot(configuration, content);
      writeCurrent(settings.workFolder, { hash: configuration.hash, since });
      clearRefusal(this.#options.workspace, settings.workFolder);
    } catch (error) {
      this.#retryAt = this.#options.timing.now() + retryMs;
      return this.#refuse([...findings, finding("error", writeFailed(settings.workFolder, error), settings.workFolder)], settings, files);
    }
    this.#inForce = { configuration, since };
    this.#ofInForce = files;
    this.#digest = digest;
    this.#refused = null;
    this.#refusedFor = null;
    return "changed";
  }

  /** Where the service keeps everything is asked once, at its start: what runs now works there. */
  #needsRestart({ database, workFolder, service }: Settings): string | null {
    const { settings } = this.#inForce.configuration;
    // First: the default database lies in it.
    if (workFolder !== settings.workFolder) return "WorkFolderPath";
    if (JSON.stringify(database) !== JSON.stringify(settings.database)) return "ConnectionString";
    if (service.address !== settings.service.address) return "Service.Address";
    return service.port === settings.service.port ? null : "Service.Port";
  }

  #refuse(findings: readonly Finding[], settings: Settings | null, files: FileStates): Look {
    const { configuration, since } = this.#inForce;
    const at = isoTime(this.#options.timing);
    const text = JSON.stringify(findings);
    const isKnown = text === this.#refusedFor;
    const all = [...findings];
    try {
      writeRefusal({
        workspace: this.#options.workspace,
        workFolder: configuration.settings.workFolder,
        at: isKnown ? (this.#refused?.at ?? at) : at,
        inForceSince: since,
        findings,
        dropped: this.#dropped(files),
        secrets: [...configuration.settings.secrets, ...(settings?.secrets ?? [])],
      });
    } catch (error) {
      all.push(finding("warning", writeFailed(this.#options.workspace, error), this.#options.workspace));
    }
    if (isKnown) return "same";
    this.#refusedFor = text;
    this.#refused = { at, findings: all };
    return "refused";
  }

  /** Files of the workspace that are not as they are in force, the last changed first; files that went come last. */
  #dropped(files: FileStates): readonly string[] {
    const time = (path: string): number => files.get(path)?.modifiedAt ?? 0;
    const inWorkspace = (path: string): boolean => path.startsWith(this.#options.workspace + sep);
    const isXml = (path: string): boolean => /\.xml$/i.test(path);
    const moved = (this.#ofInForce === null ? [...files.keys()] : movedFiles(this.#ofInForce, files))
      .filter((path) => inWorkspace(path) && !(isXml(path) && this.#isAsKept(path)))
      .toSorted((a, b) => time(b) - time(a));
    if (this.#ofInForce !== null) return moved;
    // Nobody saw the files before, and settings are not kept as they were written: where no XML differs, the last changed one stands for them.
    const differing = moved.filter(isXml);
    return differing.length > 0 ? differing : moved.slice(0, 1);
  }

  /** Whether an XML file holds what it held in the last good configuration. */
  #isAsKept(path: string): boolean {
    const { settings, hash } = this.#inForce.configuration;
    try {
      const kept = readFileSync(join(snapshotFolder(settings.workFolder, hash), relative(this.#options.workspace, path)));
      return kept.equals(readFileSync(path));
    } catch {
      return false;
    }
  }

  #lastGood({ loaded, findings }: Reading): ConfigurationInForce {
    const errors = findings.filter(({ severity }) => severity === "error");
    const first = errors[0]?.message ?? "";
    const none = (reason: string): SluiceError => new SluiceError("CFG_NONE_IN_FORCE", { errors: errors.length, first, reason });
    const workFolder = loaded.settings?.workFolder;
    const current = workFolder === undefined ? null : readCurrent(workFolder);
    if (workFolder === undefined || current === null) throw none("no earlier configuration was kept");
    const { configuration, missingSecrets } = loadSnapshot(snapshotFolder(workFolder, current.hash), this.#options);
    if (configuration?.hash !== current.hash) throw none(`the last good one, ${current.hash.slice(0, 12)}, cannot be read any more`);
    // To log in without a password, again and again, locks accounts.
    if (missingSecrets.length > 0) throw none(`the last good one needs ${missingSecrets.join(", ")}, which no settings give now`);
    return { configuration, since: current.since };
  }
}
