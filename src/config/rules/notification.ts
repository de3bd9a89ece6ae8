import { mailTemplate, notifyingEntries, occasionOf } from "../compile/notification.js";
import type { Configuration } from "../configuration.js";
import type { Declared } from "../declared.js";
import type { Findings } from "../findings.js";
import { isMailAddress } from "../mail-address.js";
import { mailPlaceholders, placeholdersOf } from "../mail-placeholder.js";
import { nearestName } from "../nearest.js";

type Compiled = Pick<Configuration, "notification" | "settings">;

/** The part of a permission that names when a mail is sent. */
const occasionPath = /^\/Jobs\/RunJob\/(?:Launch|Repair)\/./i;

const warnAboutRules = (declared: Declared, findings: Findings): void => {
  for (const rule of declared.named("AccessControlRule")) {
    for (const entry of notifyingEntries(rule)) {
      const permission = entry.required("Permission");
      if (!occasionPath.test(permission)) continue;
      if (occasionOf(permission) === null) findings.warn("CFG_NOTIFY_PERMISSION", { permission }, entry.place("Permission"));
      else if (rule.all("Filter").length > 0) findings.warn("CFG_NOTIFY_FILTER", { rule: rule.required("Identifier") }, rule.place());
    }
  }
};

const warnAboutProfiles = ({ notification, settings }: Compiled, declared: Declared, findings: Findings): void => {
  const { profiles } = settings.notification;
  // Who keeps addresses elsewhere, or wants no mails, is not told of every rule.
  if (profiles.size === 0) return;
  const known = [...declared.of("Profile").keys()];
  const mayBeMade = declared.all.some(({ definition }) => definition.creates.includes("Profile"));
  for (const profile of profiles.keys()) {
    if (mayBeMade || known.some((each) => each.toLowerCase() === profile)) continue;
    findings.warn("CFG_NOTIFY_PROFILE", { profile, nearest: nearestName(profile, known) }, { file: "appsettings.json" });
  }
  const told = new Set(notification.subscriptions.map(({ profile }) => profile));
  const addressed = new Set(notification.assigned.filter(({ email }) => email !== null).map(({ profile }) => profile));
  for (const profile of told) {
    if ((profiles.get(profile.toLowerCase()) ?? []).length > 0 || addressed.has(profile)) continue;
    findings.warn("CFG_NOTIFY_NOBODY", { profile }, declared.of("Profile").get(profile)?.place() ?? { file: "appsettings.json" });
  }
};

const warnAboutAddresses = (declared: Declared, findings: Findings): void => {
  for (const element of declared.named("AssignedProfile")) {
    const address = element.string("Email");
    if (address !== null && !isMailAddress(address)) findings.warn("CFG_NOTIFY_ADDRESS", { address }, element.place("Email"));
  }
};

const warnAboutTemplate = (declared: Declared, findings: Findings): void => {
  const template = mailTemplate(declared);
  for (const attribute of ["SubjectTemplate_L1", "BodyTemplate_L1"]) {
    for (const placeholder of new Set(placeholdersOf(template?.string(attribute) ?? ""))) {
      if (mailPlaceholders.some((name) => name.toLowerCase() === placeholder.toLowerCase())) continue;
      const nearest = nearestName(placeholder, mailPlaceholders);
      findings.warn("CFG_NOTIFY_PLACEHOLDER", { placeholder, nearest }, template?.place(attribute) ?? {});
    }
  }
};

/** Warnings about mails that nobody would get, or would not be as they are meant (jobs-and-tasks §3.7, role-model §12). */
export const warnAboutNotification = (compiled: Compiled, declared: Declared, findings: Findings): void => {
  warnAboutRules(declared, findings);
  warnAboutProfiles(compiled, declared, findings);
  warnAboutAddresses(declared, findings);
  warnAboutTemplate(declared, findings);
};
