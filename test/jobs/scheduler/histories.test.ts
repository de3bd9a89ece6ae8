import { join } from "node:path";
import { expect, test } from "vitest";
import { openStore } from "../../../src/store/index.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { runHistory } from "./history.js";

/** Histories of a run of the suite; SLUICE_HISTORIES asks for more, SLUICE_SEED for others. */
const histories = Number(process.env.SLUICE_HISTORIES ?? 25);
const firstSeed = Number(process.env.SLUICE_SEED ?? 1);

test(`${histories} histories of schedulers that die, pause and start over, with a clock that leaps: none starts a run twice or two at once, none loses one (seeds from ${firstSeed} on)`, {
  timeout: 60_000 + histories * 20_000,
}, async () => {
  const folder = temporaryFolder("histories");
  const template = join(folder, "template.db");
  await (await openStore({ kind: "sqlite", path: template })).close();
  for (let seed = firstSeed; seed < firstSeed + histories; seed++) {
    const { faults, steps } = await runHistory(seed, template, folder);
    expect(faults, `seed ${seed}\n${steps.join("\n")}`).toEqual([]);
  }
});
