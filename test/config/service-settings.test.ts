import { expect, test } from "vitest";
import { configurationFile, findingLines, load } from "./workspace.js";

const settingsOf = (settings: object, env: Readonly<Record<string, string>> = {}) => {
  const loaded = load(
    { "a.xml": configurationFile('<Connector Identifier="HR" DisplayName_L1="HR"/>'), "appsettings.json": JSON.stringify(settings) },
    env,
  );
  return { settings: loaded.configuration?.settings, findings: findingLines(loaded) };
};

test("the service's endpoint, log and retention are read, from files and the environment", () => {
  const { settings, findings } = settingsOf(
    {
      Service: { Address: "0.0.0.0", Port: "9464", Log: { Level: "warning", MaxSize: 3 } },
      Retention: { Instances: 400, Sessions: 0, Logs: null, Mails: "7" },
    },
    { SLUICE__Service__Log__Files: "5" },
  );
  expect(findings).toEqual([]);
  expect(settings?.service).toEqual({ address: "0.0.0.0", port: 9464, log: { level: "Warning", fileBytes: 3_000_000, files: 5 } });
  expect(settings?.retention).toEqual({ instances: 400, sessions: null, logs: 90, mails: 7 });
});

test("values out of range are findings at their place, never defaults in silence", () => {
  for (const [settings, said] of [
    [{ Service: { Port: 70_000 } }, "the setting Service.Port must be a whole number from 1 to 65535"],
    [{ Service: { Port: 0 } }, "the setting Service.Port must be a whole number from 1 to 65535"],
    [{ Service: { Port: "http" } }, "the setting Service.Port must be a whole number"],
    [{ Service: { Log: { Level: "loud" } } }, "the setting Service.Log.Level must be one of Debug, Information, Warning, Error"],
    [{ Service: { Log: { MaxSize: 0 } } }, "the setting Service.Log.MaxSize must be a whole number from 1 to 10000"],
    [{ Service: { Log: { Files: -1 } } }, "the setting Service.Log.Files must be a whole number from 1 to 10000"],
    [{ Retention: { Instances: -1 } }, "the setting Retention.Instances must be days from 1 to 36500, or 0 for ever"],
    [{ Retention: { Mails: 40_000 } }, "the setting Retention.Mails must be days from 1 to 36500, or 0 for ever"],
    [{ Retention: { Logs: "a year" } }, "the setting Retention.Logs must be a whole number"],
  ] as const) {
    const { settings: read, findings } = settingsOf(settings);
    expect([findings.length, read]).toEqual([1, undefined]);
    expect(findings[0]).toMatch(/^appsettings\.json:1:\d+ error CFG_SETTING_VALUE: /);
    expect(findings[0]).toContain(said);
  }
  expect(settingsOf({ Retention: { Instance: 3 } }).findings).toEqual([
    expect.stringContaining("Retention.Instance is not documented and is ignored: did you mean Instances?"),
  ]);
});
