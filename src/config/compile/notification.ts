import type { AssignedAddress, JobNotification, Subscription } from "../configuration.js";
import type { Declared } from "../declared.js";
import type { ConfigurationElement } from "../element.js";
import { isMailAddress } from "../mail-address.js";

/** Permissions that hold a mail, in lower case: exactly these, since one above them gives the right alone (jobs-and-tasks §3.7). */
const occasions: ReadonlyMap<string, Omit<Subscription, "profile">> = new Map(
  (["Completed", "Warning", "Errored", "Blocked", "Aborted"] as const).flatMap((state): [string, Omit<Subscription, "profile">][] => [
    [`/jobs/runjob/launch/${state.toLowerCase()}`, { state, isResumed: false }],
    [`/jobs/runjob/repair/${state.toLowerCase()}`, { state, isResumed: true }],
  ]),
);

/** What a permission means for mails about the ends of jobs; null: nothing. */
export const occasionOf = (permission: string): Omit<Subscription, "profile"> | null => occasions.get(permission.toLowerCase()) ?? null;

const launch = { state: "Errored", isResumed: false } as const;
const repair = { state: "Errored", isResumed: true } as const;

/** Scaffoldings of rights that hold mails too: of errors alone. */
const scaffolded: Readonly<Record<string, readonly Omit<Subscription, "profile">[]>> = {
  JobViewAccessControlRules: [launch, repair],
  JobExecutionAccessControlRules: [launch, repair],
  RunJobNotificationAccessControlRules: [launch],
  RunJobRepairNotificationAccessControlRules: [repair],
};

/** The entries of a rule that say something of mails about the ends of jobs, and are not muted. */
export const notifyingEntries = (rule: ConfigurationElement): readonly ConfigurationElement[] =>
  rule.all("Entry").filter((entry) => entry.boolean("CanExecute") && entry.boolean("Notify"));

/** Times without a zone are UTC: a configuration means the same on every machine. */
const timeOf = (written: string): string =>
  new Date(/T|\s\d/.test(written) && !/(Z|[+-]\d\d:\d\d)$/.test(written) ? `${written}Z` : written).toISOString();

/** Compiles who is told of the ends of jobs, and the template of the mail (jobs-and-tasks §3.7, role-model §11.2, §12). */
export const compileNotification = (declared: Declared): JobNotification => {
  const subscriptions = new Map<string, Subscription>();
  const add = (profile: string, occasion: Omit<Subscription, "profile"> | null): void => {
    if (occasion !== null && profile !== "")
      subscriptions.set(`${profile} ${occasion.state} ${occasion.isResumed}`, { profile, ...occasion });
  };
  for (const rule of declared.named("AccessControlRule")) {
    // Whom a filter leaves cannot be said of the ends of jobs; a warning tells of it.
    if (rule.all("Filter").length > 0) continue;
    for (const entry of notifyingEntries(rule)) add(rule.required("Profile"), occasionOf(entry.required("Permission")));
  }
  for (const [name, made] of Object.entries(scaffolded)) {
    for (const element of declared.named(name)) for (const occasion of made) add(element.required("Profile"), occasion);
  }
  const assigned = declared.named("AssignedProfile").map(
    (element): AssignedAddress => ({
      user: element.required("User"),
      profile: element.required("Profile"),
      email: emailOf(element),
      isDenied: element.boolean("IsDenied"),
      from: timeOf(element.required("StartDate")),
      until: timeOf(element.required("EndDate")),
    }),
  );
  const template = mailTemplate(declared);
  return {
    subscriptions: [...subscriptions.values()],
    assigned,
    template: template === null ? null : { subject: template.string("SubjectTemplate_L1"), body: template.string("BodyTemplate_L1") },
  };
};

/** What is no address is left out, with a warning: it would keep a mail from everybody else. */
const emailOf = (element: ConfigurationElement): string | null => {
  const given = element.string("Email");
  return given !== null && isMailAddress(given) ? given : null;
};

/** The template of the mail about a job's end; the last one where there are several, as for everything that is written twice. */
export const mailTemplate = (declared: Declared): ConfigurationElement | null =>
  declared.named("NotificationTemplate").findLast((element) => element.required("Identifier").toLowerCase() === "runjobnotification") ??
  null;
