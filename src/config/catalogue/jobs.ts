import { cron, element, enumeration, flag, identifier, integer, label, reference, softReference } from "./definition.js";
import { overrideNames, taskNames } from "./tasks.js";

/** jobs-and-tasks §1. */
export const jobElements = [
  element(
    "Job",
    "jobs-and-tasks §1",
    "Tasks in their order: written here, called by a Step, or changed by an override.",
    [
      identifier("name", "Name of the job."),
      label(),
      softReference("Agent", "Agent", "Agent that runs it; absent: the server."),
      cron("CronTabExpression", "When it starts by itself: five fields, or six with seconds first.", {
        aliases: ["CrontabExpression"],
      }),
      enumeration("CronTimeZone", ["UTC", "ServerTime"], "Clock of the schedule.", { default: "UTC" }),
      flag("IsConnectorJob", "Belongs to the screen of a connector."),
      flag("IsIncremental", "Leaves connectors out that are blocked."),
      flag("IsInitializationJob", "Loads an empty repository."),
      enumeration(
        "LogLevel",
        ["Trace", "Debug", "Information", "Warning", "Error", "Critical", "None"],
        "Least severe line that is logged; None: not set.",
        {
          default: "None",
        },
      ),
      flag("UserStartDenied", "Nobody may start it from a screen or the API."),
    ],
    { declares: "Job", ignoresCase: true, children: [...taskNames, ...overrideNames, "Job/Step"] },
  ),
  element("Job/Step", "jobs-and-tasks §1", "Runs a task that is written elsewhere.", [
    reference("Identifier", "Task", "The task.", { aliases: ["Task"], required: true }),
    integer("Level", -1, null, "Launch group; -1 is a group of its own.", { default: -1 }),
  ]),
];
