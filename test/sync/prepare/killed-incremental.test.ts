import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { killedAfter } from "../dying-disk.js";
import {
  association,
  associationMapping,
  collected,
  entityMapping,
  entityType,
  type Folders,
  folders,
  kept,
  put,
  run,
  type Setup,
} from "./fixture.js";

const type = entityType("T", ["id", "boss", "n:Int32"]);
const bosses = association("T_Boss", "T", true, "T", false);
const setup: Setup = {
  types: [type],
  associations: [bosses],
  entityMappings: [entityMapping(type, "C", ["id", "n"])],
  linkMappings: [associationMapping(bosses, "C", "boss", "id", "id", "id")],
  onRowError: "SetAside",
};

const contents = (at: Folders): Record<string, string> =>
  Object.fromEntries(
    collected(at)
      .filter((name) => !name.startsWith("."))
      .map((name) => [name, readFileSync(join(at.collect, name), "utf8")]),
  );

describe("killed before any call of the file system: no half file under a final name, and the next run ends as an undisturbed one", () => {
  test.each(["None", "Changes"] as const)("incremental, Type %s", (type) => {
    const at = folders();
    const day = (number: number): string => {
      const rows = Array.from({ length: 300 }, (_, i) => `k${(i * 7919) % 350},b${(i * number) % 9},${i % 50 === number ? "bad" : i}`);
      return type === "None" ? `id,boss,n\n${rows.join("\n")}\n` : `command,id,boss,n\n${rows.map((row) => `update,${row}`).join("\n")}\n`;
    };
    put(at, "C.csv", day(1));
    const first = run(at, type === "None" ? setup : { ...setup, incremental: { type } });
    const earlier = kept(at, first);
    const incremental: Setup = { ...setup, incremental: type === "None" ? { type, baseline: earlier } : { type, carried: earlier } };
    const former = contents(at);
    put(at, "C.csv", day(2));
    run(at, incremental);
    const whole = contents(at);
    expect(Object.keys(whole)).toContain("T_Boss.sorted.delta");

    let survived = 0;
    while (
      killedAfter(survived, () => {
        run(at, incremental);
      })
    ) {
      for (const [name, text] of Object.entries(contents(at))) expect([former[name], whole[name]]).toContain(text);
      survived += 5;
    }
    expect(survived).toBeGreaterThan(20);
    expect(contents(at)).toEqual(whole);
    expect(collected(at).filter((name) => name.startsWith("."))).toEqual([]);
    at.remove();
  });
});
