import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { killedAfter } from "../dying-disk.js";
import { association, associationMapping, collected, entityMapping, entityType, folders, put, run, type Setup } from "./fixture.js";

const type = entityType("T", ["id", "boss"]);
const bosses = association("T_Boss", "T", true, "T", false);
const setup: Setup = {
  types: [type],
  associations: [bosses],
  entityMappings: [entityMapping(type, "C", ["id"])],
  linkMappings: [associationMapping(bosses, "C", "boss", "id", "id", "id")],
  onRowError: "SetAside",
};

test("killed before any call of the file system: no half file under a final name, and the next run ends as an undisturbed one", () => {
  const at = folders();
  const contents = (): Record<string, string> =>
    Object.fromEntries(
      collected(at)
        .filter((name) => !name.startsWith("."))
        .map((name) => [name, readFileSync(join(at.collect, name), "utf8")]),
    );
  put(at, "C.csv", "id,boss\nold,\n");
  run(at, setup);
  const former = contents();
  // Enough rows for several runs on the disk.
  put(
    at,
    "C.csv",
    `id,boss\n${Array.from({ length: 45_000 }, (_, i) => `CN=person ${(i * 7919) % 50_000},b${i % 9}\n`).join("")}x\nlast,b`,
  );
  put(at, "C.csv", `${readFileSync(join(at.input, "C.csv"), "utf8")}0\n`);
  run(at, setup);
  const whole = contents();

  let survived = 0;
  while (
    killedAfter(survived, () => {
      run(at, setup);
    })
  ) {
    for (const [name, text] of Object.entries(contents())) expect([former[name], whole[name]]).toContain(text);
    survived += 7;
  }
  expect(survived).toBeGreaterThan(100);
  expect(contents()).toEqual(whole);
  expect(collected(at).filter((name) => name.startsWith("."))).toEqual([]);
  at.remove();
});
