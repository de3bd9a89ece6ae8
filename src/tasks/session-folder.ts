import { join } from "node:path";
import type { Configuration } from "../config/index.js";
import type { SessionGuid } from "../model/index.js";

/** `Work/Synchronization`: the server's queue (connectors §2.2). */
export const sessionsFolder = (configuration: Configuration): string => join(configuration.settings.workFolder, "Synchronization");

/** `Work/Synchronization/<guid>`. The GUID is our own, never text that came from outside. */
export const sessionFolder = (configuration: Configuration, guid: SessionGuid): string => join(sessionsFolder(configuration), guid);
