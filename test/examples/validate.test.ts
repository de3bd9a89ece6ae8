import { expect, test } from "vitest";
import { loadWorkspace } from "../../src/config/index.js";
import { examples } from "./workspace.js";

const load = () => loadWorkspace({ workspace: examples, env: {} });

test("the example workspace has no finding at all, warnings included", () => {
  const { findings, configuration } = load();
  expect(findings).toEqual([]);
  expect(configuration).not.toBeNull();
});

test("it declares what the issue names: connectors, connections, entity types, jobs with their schedules", () => {
  const { configuration } = load();
  expect([...(configuration?.connectors.keys() ?? [])].sort()).toEqual(["AD", "HR"]);
  expect([...(configuration?.connections.keys() ?? [])].sort()).toEqual([
    "AD_Export",
    "AD_Export_Managers",
    "AD_Export_Members",
    "AD_Fulfillment",
    "HR_Organizations",
    "HR_Users",
  ]);
  expect([...(configuration?.entityTypes.keys() ?? [])].sort()).toEqual([
    "AD_Entry",
    "Directory_Guest",
    "Directory_Organization",
    "Directory_User",
  ]);
  const schedules = [...(configuration?.jobs.values() ?? [])].map(({ identifier, cron, cronTimeZone }) => [identifier, cron, cronTimeZone]);
  expect(schedules.sort()).toEqual([
    ["Job_AD_Complete", "30 2 * * *", "ServerTime"],
    ["Job_AD_Synchronize", "0 12 * * 1-5", "ServerTime"],
    ["Job_HR_Incremental", "*/15 7-19 * * 1-5", "ServerTime"],
    ["Job_HR_Synchronize", "30 1 * * *", "ServerTime"],
    ["Job_Initialize", null, "UTC"],
  ]);
});

test("objectGUID is the mapping key of AD_Entry, dn and employeeID are its unique keys", () => {
  const mapping = load()
    .configuration?.connectors.get("AD")
    ?.entityTypes.find(({ identifier }) => identifier === "AD_Entry");
  expect(mapping?.properties[0].property).toBe("objectGUID");
  expect(mapping?.properties.filter(({ isUniqueKey }) => isUniqueKey).map(({ property }) => property)).toEqual(["dn", "employeeID"]);
});
