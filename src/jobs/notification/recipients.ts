import type { Configuration, ToldState } from "../../config/index.js";

/** Who gets the mail. */
export interface Recipients {
  readonly to: readonly string[];
  readonly copy: readonly string[];
  /** Addresses outside `MailSettings.AllowedDomains`. */
  readonly leftOut: readonly string[];
}

/** What decides it. */
export interface Occasion {
  readonly state: ToldState;
  readonly isResumed: boolean;
  /** `yyyy-MM-ddTHH:mm:ss.sssZ`. */
  readonly at: string;
}

type Told = Pick<Configuration, "notification" | "settings">;

/** Addresses of those who have a profile: from the settings, and of those to whom the configuration gives it by name, at that time. */
const addressesOf = (profile: string, at: string, { notification, settings }: Told): readonly string[] => {
  const assigned = notification.assigned.filter((one) => one.profile === profile && one.from <= at && at <= one.until);
  const denied = new Set(assigned.filter(({ isDenied }) => isDenied).map(({ user }) => user));
  return [
    ...(settings.notification.profiles.get(profile.toLowerCase()) ?? []),
    ...assigned.flatMap(({ user, email }) => (email === null || denied.has(user) ? [] : [email])),
  ];
};

/** An address once, however its letters are written. */
const once = (addresses: readonly string[]): readonly string[] => [
  ...new Map(addresses.map((address) => [address.toLowerCase(), address])).values(),
];

/**
 * Who is told of the end of a job by mail (jobs-and-tasks §3.7): whoever has a profile that holds the permission of exactly that state, for the first run of an instance or for a resumed
 * one, and whom the settings name for it.
 */
export const recipientsOf = (configuration: Told, { state, isResumed, at }: Occasion): Recipients => {
  const { mail, recipients } = configuration.settings.notification;
  const profiles = configuration.notification.subscriptions.filter((one) => one.state === state && one.isResumed === isResumed);
  const wanted = once([...(recipients.get(state) ?? []), ...profiles.flatMap(({ profile }) => addressesOf(profile, at, configuration))]);
  const isAllowed = (address: string): boolean =>
    mail.allowedDomains.length === 0 || mail.allowedDomains.includes(address.slice(address.lastIndexOf("@") + 1).toLowerCase());
  const to = mail.catchAll === null ? wanted.filter(isAllowed) : wanted.length > 0 ? [mail.catchAll] : [];
  return {
    to,
    copy: to.length > 0 && mail.catchAllCopy !== null && !to.includes(mail.catchAllCopy) ? [mail.catchAllCopy] : [],
    leftOut: mail.catchAll === null ? wanted.filter((address) => !isAllowed(address)) : [],
  };
};

/** Whether a mail about such an end could have a recipient at all: the record need not be read otherwise. */
export const mayBeMailed = (configuration: Told, state: ToldState): boolean =>
  configuration.settings.notification.mail.isEnabled &&
  (configuration.settings.notification.recipients.has(state) ||
    configuration.notification.subscriptions.some((one) => one.state === state));
