import path from "node:path";
import type { Findings } from "../findings.js";
import { isMailAddress, mailAddressExample } from "../mail-address.js";
import { find, type SettingBranch, type SettingNode } from "./setting-tree.js";

/** Ends of a job that can be told of. Cancelled is told of only where the settings name it: the reference has no mail for it. */
export const toldStates = ["Completed", "Warning", "Errored", "Blocked", "Aborted", "Cancelled"] as const;
export type ToldState = (typeof toldStates)[number];

/** How the connection to the mail server is encrypted. Whatever the server offers, `StartTls` and `SslOnConnect` never send in clear. */
export const mailSecurities = ["StartTls", "SslOnConnect", "StartTlsWhenAvailable", "None"] as const;
export type MailSecurity = (typeof mailSecurities)[number];

/** `MailSettings.*` (connectors §5). */
export interface MailSettings {
  /** Off: no mail is sent or written. */
  readonly isEnabled: boolean;
  /** null: mails are written to files instead. */
  readonly host: string | null;
  readonly port: number;
  readonly security: MailSecurity;
  /** null: the server asks for no login. */
  readonly username: string | null;
  readonly password: string | null;
  readonly from: string;
  /** PEM file of an authority whose certificates are trusted besides those that Node knows; absolute. */
  readonly certificateAuthorityFile: string | null;
  /** Seconds that one try may take. */
  readonly timeoutSeconds: number;
  /** Domains that mails may go to, in lower case; empty: any. */
  readonly allowedDomains: readonly string[];
  /** Gets all mails instead of those they are meant for. */
  readonly catchAll: string | null;
  /** Gets a copy of all mails. */
  readonly catchAllCopy: string | null;
  /** Where mails are written instead of being sent; absolute. null: `Temp/Mails`, where no server is set. */
  readonly pickupFolder: string | null;
}

/** `Notify.Command`: a program that is told of the ends of jobs. */
export interface NotifyCommand {
  /** A path from the workspace, or a name that is looked up on PATH. */
  readonly file: string;
  readonly parameters: readonly string[];
  readonly timeoutSeconds: number;
  readonly states: readonly ToldState[];
}

/** Who is told when a job ends, and how (jobs-and-tasks §3.7). */
export interface NotificationSettings {
  readonly mail: MailSettings;
  /** Addresses of those who have a profile, by its identifier in lower case. */
  readonly profiles: ReadonlyMap<string, readonly string[]>;
  /** Addresses that are told besides, by state. */
  readonly recipients: ReadonlyMap<ToldState, readonly string[]>;
  readonly command: NotifyCommand | null;
}

/** A server that has not answered by then is not going to (s). */
const usualMailTimeout = 20;
/** Time for a program that calls a service of its own (s). */
const usualCommandTimeout = 60;
const usualPorts: Readonly<Record<MailSecurity, number>> = { StartTls: 587, SslOnConnect: 465, StartTlsWhenAvailable: 25, None: 25 };
/** The states that the reference has mails for. */
const usualStates: readonly ToldState[] = ["Completed", "Warning", "Errored", "Blocked", "Aborted"];

/** Takes all settings; gives those of mails and notifications, with defaults. `MailSettings` may also be called `Mails`. */
export const notificationSettings = (root: SettingBranch, workspace: string, findings: Findings): NotificationSettings => {
  const refuse = (key: string, expected: string, node: SettingNode | null): void =>
    findings.error("CFG_SETTING_VALUE", { key, expected }, node?.place ?? {});
  const at = (key: string): SettingNode | null => find(root, key) ?? find(root, key.replace(/^MailSettings\./, "Mails."));
  const text = (key: string): string | null => {
    const node = at(key);
    if (node?.kind !== "leaf" || node.value === null || node.value === "" || typeof node.value === "object") return null;
    return String(node.value);
  };
  const isOn = (key: string, standard: boolean): boolean => {
    const given = text(key)?.toLowerCase();
    return given === undefined ? standard : given === "true";
  };
  const whole = (key: string, least: number, most: number): number | null => {
    const given = text(key);
    if (given === null || !/^-?\d{1,10}$/.test(given)) return null;
    if (Number(given) >= least && Number(given) <= most) return Number(given);
    refuse(key, `a whole number from ${least} to ${most}`, at(key));
    return null;
  };
  const file = (key: string): string | null => {
    const given = text(key);
    return given === null ? null : path.resolve(workspace, given);
  };
  /** Items of a list; a text stands for one, or several separated by `;`. */
  const list = (node: SettingNode | null): readonly string[] => {
    if (node?.kind !== "leaf" || node.value === null) return [];
    const items = Array.isArray(node.value) ? (node.value as unknown[]) : String(node.value).split(";");
    return items.map((item) => String(item ?? "").trim()).filter((item) => item !== "");
  };
  const addresses = (key: string, node: SettingNode | null): readonly string[] => {
    const given = list(node);
    for (const each of given)
      if (!isMailAddress(each)) refuse(key, `addresses such as ${mailAddressExample}, not ${JSON.stringify(each)}`, node);
    return given.filter(isMailAddress);
  };
  const address = (key: string): string | null => addresses(key, at(key))[0] ?? null;
  const states = (key: string, given: readonly string[], node: SettingNode | null): readonly ToldState[] => {
    const found = given.map((each) => toldStates.find((state) => state.toLowerCase() === each.toLowerCase()));
    if (found.includes(undefined)) refuse(key, `one of ${toldStates.join(", ")}`, node);
    return found.filter((state) => state !== undefined);
  };
  const members = (key: string): readonly { readonly key: string; readonly node: SettingNode }[] => {
    const node = at(key);
    return node?.kind === "branch" ? [...node.members.values()] : [];
  };

  const recipients = new Map<ToldState, readonly string[]>();
  for (const { key, node } of members("Notify.Recipients")) {
    const [state] = states("Notify.Recipients", [key], node);
    if (state !== undefined) recipients.set(state, addresses(`Notify.Recipients.${key}`, node));
  }
  const command = text("Notify.Command");
  const commandStates = states("Notify.States", list(at("Notify.States")), at("Notify.States"));

  const host = text("MailSettings.Host");
  const givenPort = whole("MailSettings.Port", 0, 65_535) ?? 0;
  const security = securityOf(text("MailSettings.SecureSocketOption"), givenPort);
  if (security === null) {
    refuse("MailSettings.SecureSocketOption", `one of Auto, ${mailSecurities.join(", ")}`, at("MailSettings.SecureSocketOption"));
  }
  const from = address("MailSettings.FromAddress");
  const picksUp = isOn("MailSettings.UseSpecifiedPickupDirectory", false);
  if (host !== null && !picksUp && text("MailSettings.FromAddress") === null) {
    refuse("MailSettings.FromAddress", "the address that mails come from, where Host is set", at("MailSettings.Host"));
  }
  const pickupFolder = file("MailSettings.PickupDirectory");
  if (picksUp && pickupFolder === null) {
    refuse(
      "MailSettings.PickupDirectory",
      "a folder, where UseSpecifiedPickupDirectory is true",
      at("MailSettings.UseSpecifiedPickupDirectory"),
    );
  }
  return {
    mail: {
      isEnabled: isOn("MailSettings.Enabled", true),
      host: picksUp ? null : host,
      port: givenPort === 0 ? usualPorts[security ?? "StartTls"] : givenPort,
      security: security ?? "StartTls",
      username: text("MailSettings.Username"),
      password: text("MailSettings.Password"),
      from: from ?? "sluice@localhost",
      certificateAuthorityFile: file("MailSettings.CertificateAuthorityFile"),
      timeoutSeconds: whole("MailSettings.Timeout", 1, 600) ?? usualMailTimeout,
      allowedDomains: list(at("MailSettings.AllowedDomains")).map((domain) => domain.toLowerCase().replace(/^@/, "")),
      catchAll: address("MailSettings.CatchAllAddress"),
      catchAllCopy: address("MailSettings.CatchAllCCAddress"),
      pickupFolder: picksUp ? pickupFolder : null,
    },
    profiles: new Map(members("Notify.Profiles").map(({ key, node }) => [key.toLowerCase(), addresses(`Notify.Profiles.${key}`, node)])),
    recipients,
    command:
      command === null
        ? null
        : {
            file: command,
            parameters: parametersOf(at("Notify.Arguments")),
            timeoutSeconds: whole("Notify.Timeout", 1, 3_600) ?? usualCommandTimeout,
            states: commandStates.length === 0 ? usualStates : commandStates,
          },
  };
};

/** `Auto`, and nothing given, is encrypted all the same: from the start on the port that is meant for it, else by STARTTLS. null: no such one. */
const securityOf = (given: string | null, port: number): MailSecurity | null => {
  if (given === null || given.toLowerCase() === "auto") return port === 465 ? "SslOnConnect" : "StartTls";
  return mailSecurities.find((each) => each.toLowerCase() === given.toLowerCase()) ?? null;
};

/** As they are written: a parameter may be empty, or hold any character. */
const parametersOf = (node: SettingNode | null): readonly string[] => {
  if (node?.kind !== "leaf" || node.value === null) return [];
  return (Array.isArray(node.value) ? (node.value as unknown[]) : [node.value]).map((item) => String(item ?? ""));
};
