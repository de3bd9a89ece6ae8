import path from "node:path";
import { describe, expect, test } from "vitest";
import type { Configuration, NotificationSettings } from "../../../src/config/index.js";
import { configurationFile, findingLines, load } from "../../config/workspace.js";
import { silentNotification } from "../runner/sample-configuration.js";

const configurationOf = (xml: string, settings: object = {}, env: Readonly<Record<string, string>> = {}): Configuration => {
  const loaded = load({ "a.xml": configurationFile(xml), "appsettings.json": JSON.stringify(settings) }, env);
  if (loaded.configuration === null) throw new Error(findingLines(loaded).join("\n"));
  return loaded.configuration;
};
const linesOf = (xml: string, settings: object = {}): readonly string[] =>
  findingLines(load({ "a.xml": configurationFile(xml), "appsettings.json": JSON.stringify(settings) }));
const settingsOf = (settings: object, env: Readonly<Record<string, string>> = {}): NotificationSettings =>
  configurationOf("", settings, env).settings.notification;

const profiles = '<Profile Identifier="Operator"/><Profile Identifier="Auditor"/>';
const rule = (entries: string, more = ""): string =>
  `${profiles}<AccessControlRule Identifier="R" DisplayName_L1="R" Profile="Operator" EntityType="Job">${entries}${more}</AccessControlRule>`;
const entry = (permission: string, attributes = 'CanExecute="true"'): string => `<Entry Permission="${permission}" ${attributes}/>`;

describe("settings", () => {
  test("nothing set: nobody is told", () => expect(settingsOf({})).toEqual(silentNotification));

  test("all set", () => {
    const configuration = configurationOf(profiles, {
      MailSettings: {
        Host: "mail.example.org",
        Port: 2525,
        SecureSocketOption: "starttlswhenavailable",
        Username: "sluice",
        Password: "correct horse",
        FromAddress: "sluice@example.org",
        CertificateAuthorityFile: "Conf/ca.pem",
        Timeout: 7,
        Enabled: false,
        AllowedDomains: "example.org; Example.COM",
        CatchAllAddress: "all@example.org",
        CatchAllCCAddress: "copy@example.org",
      },
      Notify: {
        Profiles: { Operator: ["a@example.org", "b@example.org"], Auditor: "c@example.org;d@example.org" },
        Recipients: { errored: ["e@example.org"], Cancelled: "f@example.org" },
        Command: "Tools/tell.sh",
        Arguments: ["--to", "", "a b"],
        Timeout: 5,
        States: ["Blocked", "errored"],
      },
    });
    expect(configuration.settings.notification).toEqual({
      mail: {
        isEnabled: false,
        host: "mail.example.org",
        port: 2525,
        security: "StartTlsWhenAvailable",
        username: "sluice",
        password: "correct horse",
        from: "sluice@example.org",
        certificateAuthorityFile: path.join(configuration.workspace, "Conf", "ca.pem"),
        timeoutSeconds: 7,
        allowedDomains: ["example.org", "example.com"],
        catchAll: "all@example.org",
        catchAllCopy: "copy@example.org",
        pickupFolder: null,
      },
      profiles: new Map([
        ["operator", ["a@example.org", "b@example.org"]],
        ["auditor", ["c@example.org", "d@example.org"]],
      ]),
      recipients: new Map([
        ["Errored", ["e@example.org"]],
        ["Cancelled", ["f@example.org"]],
      ]),
      command: { file: "Tools/tell.sh", parameters: ["--to", "", "a b"], timeoutSeconds: 5, states: ["Blocked", "Errored"] },
    });
    expect(configuration.settings.secrets).toEqual(["correct horse"]);
  });

  test("Mails is another spelling of MailSettings, and the environment reaches both", () => {
    const env = { SLUICE__MailSettings__Password: "from the environment", SLUICE__Notify__Profiles__Operator__0: "x@example.org" };
    const { mail, profiles: told } = settingsOf({ Mails: { Host: "m", FromAddress: "s@example.org" } }, env);
    expect(mail).toMatchObject({ host: "m", from: "s@example.org", password: "from the environment" });
    expect(told).toEqual(new Map([["operator", ["x@example.org"]]]));
  });

  test.each([
    [{}, 587, "StartTls"],
    [{ Port: 465 }, 465, "SslOnConnect"],
    [{ Port: 0, SecureSocketOption: "Auto" }, 587, "StartTls"],
    [{ SecureSocketOption: "SslOnConnect" }, 465, "SslOnConnect"],
    [{ SecureSocketOption: "None" }, 25, "None"],
    [{ Port: 465, SecureSocketOption: "StartTls" }, 465, "StartTls"],
  ])("%j listens on %i by %s", (given, port, security) => {
    expect(settingsOf({ MailSettings: { Host: "m", FromAddress: "s@example.org", ...given } }).mail).toMatchObject({ port, security });
  });

  test("mails for another program to send", () => {
    const configuration = configurationOf("", {
      MailSettings: { Host: "m", UseSpecifiedPickupDirectory: true, PickupDirectory: "../Mails" },
    });
    expect(configuration.settings.notification.mail).toMatchObject({
      host: null,
      pickupFolder: path.resolve(configuration.workspace, "../Mails"),
    });
  });

  test.each([
    [{ MailSettings: { Host: "m" } }, "MailSettings.FromAddress"],
    [{ MailSettings: { Host: "m", FromAddress: "Sluice <s@example.org>" } }, "MailSettings.FromAddress"],
    [{ MailSettings: { SecureSocketOption: "SSL" } }, "MailSettings.SecureSocketOption"],
    [{ MailSettings: { Port: 70_000 } }, "MailSettings.Port"],
    [{ MailSettings: { UseSpecifiedPickupDirectory: true } }, "MailSettings.PickupDirectory"],
    [{ Notify: { Recipients: { Failed: ["a@example.org"] } } }, "Notify.Recipients"],
    [{ Notify: { Recipients: { Errored: ["a@example.org\r\nBcc: b@example.org"] } } }, "Notify.Recipients.Errored"],
    [{ Notify: { Profiles: { Operator: ["nobody"] } } }, "Notify.Profiles.Operator"],
    [{ Notify: { States: ["Done"], Command: "x" } }, "Notify.States"],
    [{ Notify: { Timeout: 0, Command: "x" } }, "Notify.Timeout"],
  ])("%j is refused", (settings, key) => {
    const errors = linesOf(profiles, settings).filter((line) => line.includes("error"));
    expect(errors).toHaveLength(1);
    expect(errors[0]).toContain(`CFG_SETTING_VALUE: the setting ${key} must be `);
  });
});

describe("rules", () => {
  const subscriptionsOf = (xml: string): readonly string[] =>
    configurationOf(xml).notification.subscriptions.map(
      ({ profile, state, isResumed }) => `${profile} ${isResumed ? "Repair" : "Launch"} ${state}`,
    );

  test("exactly the permission of a state holds the mail, one above it does not", () => {
    const states = ["Completed", "Warning", "Errored", "Blocked", "Aborted"];
    const entries = ["Launch", "Repair"].flatMap((verb) => states.map((state) => entry(`/Jobs/RunJob/${verb}/${state}`)));
    expect(subscriptionsOf(rule(entries.join("")))).toEqual(
      ["Launch", "Repair"].flatMap((verb) => states.map((state) => `Operator ${verb} ${state}`)),
    );
    expect(subscriptionsOf(rule(["/Jobs/RunJob/Launch", "/Jobs/RunJob", "/Jobs"].map((path) => entry(path)).join("")))).toEqual([]);
  });

  test("not given, or muted, is none", () => {
    const muted = entry("/Jobs/RunJob/Launch/Errored", 'CanExecute="true" Notify="false"');
    expect(subscriptionsOf(rule(muted + entry("/Jobs/RunJob/Launch/Blocked", "")))).toEqual([]);
  });

  test("scaffoldings hold mails about errors alone", () => {
    expect(subscriptionsOf(`${profiles}<JobViewAccessControlRules Profile="Auditor"/>`)).toEqual([
      "Auditor Launch Errored",
      "Auditor Repair Errored",
    ]);
    expect(subscriptionsOf(`${profiles}<JobExecutionAccessControlRules Profile="Auditor"/>`)).toEqual([
      "Auditor Launch Errored",
      "Auditor Repair Errored",
    ]);
    expect(subscriptionsOf(`${profiles}<RunJobNotificationAccessControlRules Profile="Operator"/>`)).toEqual(["Operator Launch Errored"]);
    expect(subscriptionsOf(`${profiles}<RunJobRepairNotificationAccessControlRules Profile="Operator"/>`)).toEqual([
      "Operator Repair Errored",
    ]);
    expect(linesOf("<JobViewAccessControlRules/>").join()).toContain("CFG_ATTRIBUTE_MISSING");
  });

  test("what holds no mail, or nobody gets, is a warning", () => {
    expect(linesOf(rule(entry("/Jobs/RunJob/Launch/Failed"))).join()).toContain(
      "warning CFG_NOTIFY_PERMISSION: /Jobs/RunJob/Launch/Failed",
    );
    const filtered = rule(entry("/Jobs/RunJob/Launch/Errored"), '<Filter Binding="Job:Id" Value="1"/>');
    expect(linesOf(filtered).join()).toContain("warning CFG_NOTIFY_FILTER: the rule R");
    expect(configurationOf(filtered).notification.subscriptions).toEqual([]);
    const told = rule(entry("/Jobs/RunJob/Launch/Errored"));
    expect(linesOf(told)).toEqual([]);
    expect(linesOf(told, { Notify: { Profiles: { Auditor: ["a@example.org"] } } }).join()).toContain(
      "warning CFG_NOTIFY_NOBODY: the profile Operator",
    );
    expect(linesOf(told, { Notify: { Profiles: { operator: ["a@example.org"] } } })).toEqual([]);
    expect(linesOf(told, { Notify: { Profiles: { Operater: ["a@example.org"], Operator: ["a@example.org"] } } }).join()).toContain(
      "warning CFG_NOTIFY_PROFILE: Notify.Profiles gives addresses to operater, but there is no such profile: did you mean Operator?",
    );
  });

  test("profiles that somebody has by name", () => {
    const assigned =
      '<AssignedProfile User="1" Profile="Operator" Context="1" Email="a@example.org" StartDate="2020-01-01" EndDate="2030-06-01T12:00:00"/>';
    expect(configurationOf(profiles + assigned).notification.assigned).toEqual([
      {
        user: "1",
        profile: "Operator",
        email: "a@example.org",
        isDenied: false,
        from: "2020-01-01T00:00:00.000Z",
        until: "2030-06-01T12:00:00.000Z",
      },
    ]);
    expect(linesOf(profiles + assigned.replace("a@example.org", "Ann &lt;a@example.org&gt;")).join()).toContain(
      'warning CFG_NOTIFY_ADDRESS: "Ann <a@example.org>" is no address',
    );
  });
});

describe("the template", () => {
  const template = (attributes: string): string => `<NotificationTemplate Identifier="RunJobNotification" ${attributes}/>`;

  test("is that of RunJobNotification, in the first language", () => {
    const other = '<NotificationTemplate Identifier="RolePolicySummary" SubjectTemplate_L1="no"/>';
    const xml = template('SubjectTemplate_L1="{{Job}} is {{State}}" SubjectTemplate_L2="non" BodyTemplate_L1="{{ nextsteps }}"') + other;
    expect(configurationOf(xml).notification.template).toEqual({ subject: "{{Job}} is {{State}}", body: "{{ nextsteps }}" });
    expect(linesOf(xml)).toEqual([]);
    expect(configurationOf(other).notification.template).toBeNull();
  });

  test("names that stand for nothing are warnings", () => {
    expect(linesOf(template('SubjectTemplate_L1="{{Jobs}}" BodyTemplate_L1="{{Jobs}} {{Model.Name}} { color: red }"')).join("\n")).toMatch(
      /CFG_NOTIFY_PLACEHOLDER: the template names \{\{Jobs\}\}, which stands for nothing: did you mean \{\{Job\}\}\?[\s\S]*\{\{Jobs\}\}[\s\S]*\{\{Model.Name\}\}/,
    );
  });
});

test("who is told changes nothing that a run does", () => {
  expect(configurationOf(rule(entry("/Jobs/RunJob/Launch/Errored"))).hash).toBe(configurationOf(profiles).hash);
});
