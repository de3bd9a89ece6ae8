import { reportOf } from "../report.js";
import { type EndNotice, notifyEnd } from "./notify-end.js";

/**
 * Tells of instances that were found dead just now (design §10): whoever recorded them as Aborted tells, since their runners cannot. Each in its own log, one after the other. Never throws.
 */
export const notifyDead = async ({
  aborted,
  ...notice
}: Omit<EndNotice, "report" | "log"> & { readonly aborted: readonly { readonly id: number }[] }): Promise<void> => {
  for (const { id } of aborted) {
    const report = await reportOf(notice.store, id).catch(() => null);
    if (report !== null) await notifyEnd({ ...notice, report });
  }
};
