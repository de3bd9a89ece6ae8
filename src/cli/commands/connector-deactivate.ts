import { SluiceError } from "../../errors/index.js";
import type { Command } from "../command.js";
import { hintedCommand } from "../hint.js";
import { useStore } from "../repository.js";
import { WaitNotice } from "../wait-notice.js";
import { named, readConfiguration } from "../workspace.js";
import { changingExitCodes } from "./exit-codes.js";

/** `sluice connector deactivate`, connectors §1.2. JSON: `{"format":1,"connector":"HR","state":"deactivated","changed":true}`. */
export const connectorDeactivate: Command = {
  definition: {
    name: "connector deactivate",
    description: [
      "Switches a connector off: runs that begin from now on leave its export, preparation, synchronization and provisioning out, and say so. What it loaded stays, and so does its chain. A run under way goes on.",
    ],
    arguments: [{ name: "ID", help: "identifier of the connector" }],
    options: [{ name: "reason", value: "TEXT", help: "why; shown wherever the connector is left out" }],
    formats: ["text", "json"],
    exitCodes: changingExitCodes,
    example: {
      command: 'sluice connector deactivate AD --reason "domain controllers are moved"',
      says: "until sluice connector activate AD",
    },
  },
  run: async (invocation) => {
    const { arguments: given, out } = invocation;
    const id = given.argument("ID");
    const configuration = await readConfiguration(invocation);
    const { isDeactivated, place } = await named(configuration.connectors, "connector", id);
    if (isDeactivated) {
      const problem = `IsDeactivated in ${place.file}:${place.line} switches it off already`;
      throw new SluiceError("CMD_CONNECTOR_STATE", { connector: id, problem }, { place });
    }
    const { startedBy } = await import("../../jobs/index.js");
    const changed = await useStore(
      configuration,
      ({ connectors }) => connectors.deactivate(id, startedBy(), given.value("reason")),
      new WaitNotice(invocation).options,
    );
    if (given.isJson) await out.write(`${JSON.stringify({ format: 1, connector: id, state: "deactivated", changed })}\n`);
    else if (!changed) await out.lines([`${id} is deactivated already; ${hintedCommand(invocation, "connectors")} shows by whom`]);
    else await out.lines([`${id} is deactivated; ${hintedCommand(invocation, `connector activate ${id}`)} switches it on again`]);
    return 0;
  },
};
