import { readFileSync } from "node:fs";
import { join } from "node:path";
import { XMLParser } from "fast-xml-parser";
import { expect, test } from "vitest";
import { examples } from "./workspace.js";

interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
}

const attributesKey = ":@";

const elementsOf = (nodes: readonly Readonly<Record<string, unknown>>[]): Element[] =>
  nodes.flatMap((node) => {
    const [name] = Object.keys(node).filter((key) => key !== attributesKey);
    if (name === undefined || name.startsWith("?") || name.startsWith("#")) return [];
    const attributes = (node[attributesKey] ?? {}) as Record<string, string>;
    return [{ name, attributes, children: elementsOf(node[name] as Record<string, unknown>[]) }];
  });

/** The job as it stands in the file, in document order. */
const job = (): Element => {
  const parser = new XMLParser({ preserveOrder: true, ignoreAttributes: false, attributeNamePrefix: "", parseAttributeValue: false });
  const [root] = elementsOf(parser.parse(readFileSync(join(examples, "Job_AD_Complete.xml"), "utf8")));
  const [found, ...more] = root?.children ?? [];
  if (found === undefined || more.length > 0) throw new Error("the file holds one job and nothing else");
  return found;
};

interface Expected {
  readonly element: string;
  readonly attributes: Readonly<Record<string, string>>;
  /** Children of the guide, then those that this example adds. */
  readonly children: readonly (readonly [element: string, attribute: string, value: string])[];
  readonly added?: readonly (readonly [element: string, attribute: string, value: string])[];
}

const agent = { Agent: "Local", OpenIdClient: "Job" };
const owners = (attribute: "Identifier" | "EntityType") =>
  [
    ["TaskEntityType", attribute, "Directory_User"],
    ["TaskEntityType", attribute, "Directory_Guest"],
  ] as const;

/** The eleven tasks of the guide "Set up Complete Synchronization", accents restored. */
const eleven: readonly Expected[] = [
  {
    element: "ExportTask",
    attributes: {
      Identifier: "AD_Export_Complete",
      ...agent,
      Connection: "AD_Export",
      ContinueOnError: "1",
      IgnoreCookieFile: "1",
      DisplayName_L1: "Export AD",
      DisplayName_L2: "Export AD",
    },
    children: [],
  },
  {
    element: "PrepareSynchronizationTask",
    attributes: {
      Type: "ActiveDirectory",
      Connector: "AD",
      SynchronizationMode: "Complete",
      ...agent,
      DisplayName_L1: "AD - Prepare Synchronization (complete Mode)",
      DisplayName_L2: "AD - Préparation de la synchronisation (mode complet)",
    },
    children: [["TaskDependsOnTask", "ParentTask", "AD_Export_Complete"]],
    added: [
      ["TaskDependsOnTask", "ParentTask", "AD_Export_Members"],
      ["TaskDependsOnTask", "ParentTask", "AD_Export_Managers"],
    ],
  },
  {
    element: "SynchronizeTask",
    attributes: {
      Identifier: "AD_Synchronization",
      Type: "ActiveDirectory",
      Connector: "AD",
      DisplayName_L1: "AD - Synchronization",
      DisplayName_L2: "AD - Synchronisation",
    },
    children: [["TaskDependsOnTask", "ParentTask", "AD_Export_Complete"]],
  },
  {
    element: "UpdateEntityPropertyExpressionsTask",
    attributes: {
      Identifier: "All_ComputeAllProperties",
      DisplayName_L1: "Overall - Computed Properties Refresh",
      DisplayName_L2: "Global - Mise à jour des propriétés calculées",
    },
    children: [["TaskEntityType", "Identifier", "AD_Entry"]],
    added: owners("Identifier"),
  },
  {
    element: "ComputeCorrelationKeysTask",
    attributes: { Identifier: "All_CorrelationKeys", DisplayName_L1: "All Correlation Keys" },
    children: [["TaskEntityType", "Identifier", "AD_Entry"]],
    added: owners("Identifier"),
  },
  {
    element: "ComputeRoleModelTask",
    attributes: {
      Identifier: "Directory_ComputeRoleModel",
      DisplayName_L1: "Directory - Provisioning Orders Generation",
      DisplayName_L2: "Référentiel - Préparation des ordres de provisioning",
    },
    children: [
      ["TaskEntityType", "EntityType", "Directory_User"],
      ["TaskEntityType", "EntityType", "Directory_Guest"],
    ],
  },
  {
    element: "GenerateProvisioningOrdersTask",
    attributes: {
      Identifier: "AD_Provisioning",
      Connector: "AD",
      DisplayName_L1: "AD - Provisioning Orders Fetching",
      DisplayName_L2: "AD - Récupération des ordres de provisioning",
    },
    children: [],
  },
  {
    element: "FulfillTask",
    attributes: {
      Identifier: "AD_Fulfill",
      Connector: "AD",
      ...agent,
      Connection: "AD_Fulfillment",
      ContinueOnError: "1",
      DisplayName_L1: "AD - Automated Provisioning",
      DisplayName_L2: "AD - Alimentation automatique",
    },
    children: [["TaskDependsOnTask", "ParentTask", "AD_Provisioning"]],
  },
  {
    element: "UpdateClassificationTask",
    attributes: {
      Identifier: "AD_Update_Classification",
      DisplayName_L1: "AD - Update Users Classification",
      DisplayName_L2: "AD - Mise à jour de la classification des comptes",
    },
    children: [["TaskEntityType", "EntityType", "AD_Entry"]],
  },
  {
    element: "SetInternalUserProfilesTask",
    attributes: {
      Identifier: "All_SetAllInternalUserProfiles",
      DisplayName_L1: "Overall - Profiles Update",
      DisplayName_L2: "Global - Mise à jour des profils",
    },
    children: [
      ["TaskEntityType", "EntityType", "AD_Entry"],
      ["TaskResourceType", "ResourceType", "AD_Entry_NominativeUser"],
      ["TaskDependsOnTask", "ParentTask", "AD_Fulfill"],
    ],
  },
  {
    element: "SendRoleModelNotificationsTask",
    attributes: { DisplayName_L1: "Send Notification", DisplayName_L2: "Envoie des Notifications" },
    children: [["TaskEntityType", "EntityType", "AD_Entry"]],
    added: owners("EntityType"),
  },
];

const further = ["AD_Export_Members", "AD_Export_Managers"];

test("the job is named, labelled and placed as the guide says; the schedule is added", () => {
  expect(job()).toMatchObject({
    name: "Job",
    attributes: {
      Identifier: "Job_AD_Complete",
      DisplayName_L1: "AD Job's (Complete mode)",
      DisplayName_L2: "Job de l'AD (mode complet)",
      Agent: "Local",
      CronTabExpression: "30 2 * * *",
      CronTimeZone: "ServerTime",
    },
  });
  expect(Object.keys(job().attributes)).toHaveLength(6);
});

test("thirteen tasks in document order: the first, the two further exports, the ten others", () => {
  const tasks = job().children;
  expect(tasks).toHaveLength(13);
  expect(tasks.slice(1, 3).map(({ name, attributes }) => [name, attributes.Identifier])).toEqual(
    further.map((identifier) => ["ExportTask", identifier]),
  );
  for (const task of tasks) expect(task.attributes, "no task has a level").not.toHaveProperty("Level");
});

test.each(eleven.map((expected, index) => ({ ...expected, row: index + 1 })))(
  "row $row, $element: attributes, labels, children and parents as in the guide, what is added known by name",
  ({ row, element, attributes, children, added = [] }) => {
    const tasks = job().children.filter(({ attributes: { Identifier } }) => Identifier === undefined || !further.includes(Identifier));
    const task = tasks[row - 1];
    expect(task?.name).toBe(element);
    expect(task?.attributes).toEqual(attributes);
    expect(task?.children.map(({ name, attributes: own }) => [name, ...Object.entries(own).flat()])).toEqual([...children, ...added]);
  },
);

test("every addition is marked in a comment", () => {
  const text = readFileSync(join(examples, "Job_AD_Complete.xml"), "utf8");
  expect(text.match(/<!-- Added: /g)).toHaveLength(1 + eleven.filter(({ added }) => added !== undefined).length);
});
