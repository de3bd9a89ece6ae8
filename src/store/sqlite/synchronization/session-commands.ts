import type { SessionFile } from "../../../model/index.js";
import {
  commandResult,
  currentRows,
  type LinkPlan,
  type MissingResources,
  type OwnSide,
  ownKeyMove,
  readSessionDelta,
  type TypePlan,
} from "../../plan/index.js";
import { linkCommands, moveOwnClaims, rememberOwnKey } from "./link-commands.js";
import type { ComparisonContext } from "./session-comparison.js";
import type { Staging } from "./staging.js";

/**
 * Stages what the commands for an entity type change; connectors §2.4. Each is a look-up by key, so that the cost follows the changes. `ownSides`: the associations whose
 * claims follow this type's rows.
 */
export const stageCommands = (
  context: ComparisonContext,
  file: SessionFile,
  type: TypePlan,
  staging: Staging,
  ownSides: readonly OwnSide[],
  missing: MissingResources,
): void => {
  const { db } = context;
  const find = db.prepare(
    `SELECT Id, ValidFrom, ${type.slots.join(", ")} FROM UR_Resources WHERE ${currentRows(type)} AND ${type.slots[0] ?? "Id"} = ?`,
  );
  const remember = rememberOwnKey(db);
  for (const row of readSessionDelta(context, file, type.columns)) {
    const found = find.get(row.fields[0] ?? "");
    const stored = found === null ? null : found.slice(2).map((value) => (value === null ? null : String(value)));
    const current = found === null ? null : ([Number(found[0]), String(found[1])] as const);
    const { after, missing: command } = commandResult(type, row, stored);
    if (command !== null) missing.add(type, command);
    if (after !== null) {
      if (stored === null) staging.stageInsert(type, after);
      else staging.stageUpdate(type, after, stored, current);
    } else if (stored !== null) staging.stageDelete(type, stored, current);
    for (const side of ownSides) {
      const move = ownKeyMove(side, row.command, stored, after);
      if (move !== null) remember.run(side.link.number, side.n, move.from, move.to);
    }
  }
};

/** Notes which claims the commands for an association take away or add; they are resolved afterwards, all together. */
export const touchByCommands = (context: ComparisonContext, file: SessionFile, link: LinkPlan, ownSides: readonly OwnSide[]): void => {
  const { db } = context;
  const hasMoved = ownSides.map((side) => moveOwnClaims(db, side)).includes(true);
  const commands = linkCommands(db, link, hasMoved);
  for (const { command, fields } of readSessionDelta(context, file, [link.mapping.column1, link.mapping.column2])) {
    const [key1 = null, key2 = null] = fields;
    if (command === "delete") commands.remove(key1, key2);
    else commands.add(key1 ?? "", key2 ?? "");
  }
};
