import { expect, test } from "vitest";
import { onEachDatabase } from "../../database.js";
import { freshStore } from "./temporary-store.js";

onEachDatabase((kind) => {
  test("a connector is switched off once, with who and why, and on again", async () => {
    const store = await freshStore(kind);
    expect(await store.connectors.deactivations()).toEqual(new Map());
    expect(await store.connectors.deactivate("HR", "ann", "moving the server")).toBe(true);
    expect(await store.connectors.deactivate("HR", "bob", null)).toBe(false);
    await store.connectors.deactivate("AD", "bob", null);
    const found = await store.connectors.deactivations();
    expect([...found.keys()]).toEqual(["AD", "HR"]);
    expect(found.get("HR")).toEqual({
      connector: "HR",
      at: expect.stringMatching(/^\d{4}-.*Z$/),
      by: "ann",
      reason: "moving the server",
    });
    expect(found.get("AD")?.reason).toBeNull();
    expect(await store.connectors.activate("HR")).toBe(true);
    expect(await store.connectors.activate("HR")).toBe(false);
    expect([...(await store.connectors.deactivations()).keys()]).toEqual(["AD"]);
  });
});
