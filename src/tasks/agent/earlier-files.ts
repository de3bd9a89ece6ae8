import { SluiceError } from "../../errors/index.js";
import type { SessionGuid, SynchronizationType } from "../../model/index.js";
import { baselineAt, carriedAt, cookiesLeftBy, type PrepareRequest } from "../../sync/index.js";
import type { AgentTaskContext } from "../task-kind.js";
import type { SettledSessions } from "./agent-link.js";

/** What an incremental prepare goes on from. */
export interface EarlierState extends Pick<PrepareRequest, "baseline" | "carried"> {
  readonly startsAt: SessionGuid;
  /** The session whose changes are carried on; null where there are none. */
  readonly carriedFrom: SessionGuid | null;
}

/** What an incremental prepare is of. */
export interface IncrementalWork {
  readonly connector: string;
  readonly type: SynchronizationType;
  readonly mappingHash: string;
  /** By mapping: the session that its exported file begins with, of an export by cookies. */
  readonly exported: ReadonlyMap<string, string>;
}

/**
 * Finds what an incremental prepare of a connector goes on from (design §7.4): Type None the whole files of the state it starts at; Type Changes that this state was made by the same
 * mappings, and the changes that were prepared since and never applied. What was exported by the cookies of that very state says those itself, and without what was taken back
 * meanwhile: nothing is carried on to it. Where something of it is gone, the server notes why, and SYNC_COMPLETE_REQUIRED is thrown.
 */
export const earlierState = async (context: AgentTaskContext, work: IncrementalWork, settled: SettledSessions): Promise<EarlierState> => {
  const { connector, type, mappingHash, exported } = work;
  const { workFolder } = context.configuration.settings;
  const { start, unapplied } = settled;
  if (start === null) return refuse(context, connector, "because nothing of it was ever applied");
  const { session } = start;
  if (start.mappingHash !== mappingHash) {
    return refuse(context, connector, `because its mappings or entity types were changed after session ${session}`);
  }
  if (type === "None") {
    const found = baselineAt(workFolder, connector, session, mappingHash);
    if ("missing" in found) return refuse(context, connector, found.missing);
    return { startsAt: session, baseline: found.baseline, carried: null, carriedFrom: null };
  }
  if (cookiesLeftBy(workFolder, connector, session) === null) {
    return refuse(context, connector, `because nothing in ${workFolder} tells of session ${session}, which the changes start at`);
  }
  const carried = carriedAt(workFolder, connector, session, mappingHash);
  // A later one holds what those before it held.
  if (unapplied !== null && (carried?.sequence ?? -1) < unapplied.sequence) {
    const reason = `because the changes of session ${unapplied.session}, which were never applied, are not there to be carried on from session ${session}`;
    return refuse(context, connector, reason);
  }
  const files = carried?.files.filter(({ mapping }) => exported.get(mapping) !== session) ?? [];
  if (carried === null || files.length === 0) return { startsAt: session, baseline: null, carried: null, carriedFrom: null };
  return { startsAt: session, baseline: null, carried: { folder: carried.folder, files }, carriedFrom: carried.session };
};

/** The file of an earlier session that a preparation could not go on from, by what it threw: somebody altered it. null where the error is about something else. */
export const damagedEarlier = (error: unknown): string | null =>
  error instanceof SluiceError && error.code === "SRC_BASELINE_INVALID" ? (error.parameters as { readonly file: string }).file : null;

/** Notes the reason, then throws it. */
export const refuse = async ({ link }: AgentTaskContext, connector: string, reason: string): Promise<never> => {
  await link.completeRequired(connector, reason);
  throw new SluiceError("SYNC_COMPLETE_REQUIRED", { connector, reason });
};
