import fc from "fast-check";
import { expect, test } from "vitest";
import { type DatedFile, lastCreated } from "../../../src/connectors/source-file/last-created.js";

const file = (name: string, created: bigint, modified = 0n): DatedFile => ({ name, created, modified });

test("creation counts, where it is known; else modification", () => {
  expect(lastCreated([])).toBeNull();
  expect(lastCreated([file("b", 2n, 1n), file("a", 1n, 9n)])?.name).toBe("b");
  expect(lastCreated([file("b", 0n, 5n), file("a", 0n, 9n)])?.name).toBe("a");
});

test("of those created at one time the last name by its bytes, whatever the order they are found in", () => {
  const files = ["B", "a", "é", "😀", "～"].map((name) => file(name, 7n));
  fc.assert(
    fc.property(fc.shuffledSubarray(files, { minLength: 1 }), (some) => {
      const last = some
        .map(({ name }) => Buffer.from(name))
        .sort(Buffer.compare)
        .at(-1)
        ?.toString();
      expect(lastCreated(some)?.name).toBe(last);
    }),
  );
});
