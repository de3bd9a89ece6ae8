import { DraftJob } from "./draft-job.js";
import { frame } from "./job-frame.js";
import type { Made, Workshop } from "./workshop.js";

/** `CreateAccessCertificationJob`, jobs-and-tasks §5.4: every quarter of an hour unless it says otherwise. */
export const accessCertificationJob = (workshop: Workshop): Made => {
  const { scaffolding } = workshop;
  const draft = new DraftJob(scaffolding.string("JobIdentifier") ?? "AccessCertification", null, scaffolding);
  draft.add(0, { element: "UpdateAccessCertificationCampaignTask", label: "Start and stop campaigns" });
  draft.add(1, { element: "SetAccessCertificationReviewerTask", label: "Assign reviewers" });
  draft.add(2, { element: "SendAccessCertificationNotificationTask", label: "Notify reviewers" });
  draft.add(3, { element: "ProcessAccessCertificationItemsTask", label: "Withdraw what was refused" });
  return frame(workshop, draft, "Access certification", { CronTabExpression: "*/15 * * * *", CronTimeZone: "ServerTime" }, []);
};

/** `CleanDatabaseJob`, jobs-and-tasks §5.4. */
export const cleanDatabaseJob = (workshop: Workshop): Made => {
  const draft = new DraftJob("CleanDatabase", null, workshop.scaffolding);
  draft.add(0, { element: "CleanDataBase", label: "Close what died" });
  return frame(workshop, draft, "Clean database", {}, []);
};
