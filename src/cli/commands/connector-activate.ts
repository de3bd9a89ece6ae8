import { SluiceError } from "../../errors/index.js";
import type { Command } from "../command.js";
import { hintedCommand } from "../hint.js";
import { useStore } from "../repository.js";
import { WaitNotice } from "../wait-notice.js";
import { named, readConfiguration } from "../workspace.js";
import { changingExitCodes } from "./exit-codes.js";

/** `sluice connector activate`, connectors §1.2. JSON: `{"format":1,"connector":"HR","state":"active","changed":true}`. */
export const connectorActivate: Command = {
  definition: {
    name: "connector activate",
    description: [
      "Switches a connector on again that sluice connector deactivate switched off. One that the configuration switches off (IsDeactivated) is refused: its XML decides.",
    ],
    arguments: [{ name: "ID", help: "identifier of the connector" }],
    options: [],
    formats: ["text", "json"],
    exitCodes: changingExitCodes,
    example: { command: "sluice connector activate HR", says: "the next runs take it in again" },
  },
  run: async (invocation) => {
    const { arguments: given, out } = invocation;
    const id = given.argument("ID");
    const configuration = await readConfiguration(invocation);
    const { isDeactivated, place } = await named(configuration.connectors, "connector", id);
    if (isDeactivated) {
      const problem = `IsDeactivated in ${place.file}:${place.line} switches it off; take that out, then sluice validate`;
      throw new SluiceError("CMD_CONNECTOR_STATE", { connector: id, problem }, { place });
    }
    const changed = await useStore(configuration, ({ connectors }) => connectors.activate(id), new WaitNotice(invocation).options);
    if (given.isJson) await out.write(`${JSON.stringify({ format: 1, connector: id, state: "active", changed })}\n`);
    else if (!changed) await out.lines([`${id} is active already`]);
    else await out.lines([`${id} is active; ${hintedCommand(invocation, "connectors")} shows where its chain stands`]);
    return 0;
  },
};
