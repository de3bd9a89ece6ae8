import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { describe, expect, test } from "vitest";
import { loadAhead, runInWorker, workersAtRest } from "../../src/sync/index.js";
import { temporaryFolder } from "../temporary-folder.js";

const folder = temporaryFolder("worker");

/** A module whose default export is the given function text. */
const moduleOf = (name: string, text: string): URL => {
  const path = join(folder, `${name}.mjs`);
  writeFileSync(
    path,
    `import { threadId } from "node:worker_threads";\nimport { writeFileSync } from "node:fs";\nexport default ${text};\n`,
  );
  return pathToFileURL(path);
};
const run = <O>(module: URL, input: unknown = null, signal = new AbortController().signal): Promise<O> =>
  runInWorker<unknown, O>(module, input, { signal, onProgress: () => undefined });

const thread = moduleOf("thread", "() => threadId");

describe("work in a thread of its own", () => {
  test("a thread that ended well is used again, by another module too", async () => {
    const first = await run<number>(thread);
    await workersAtRest();
    expect(await run<number>(moduleOf("other", "(input) => [threadId, input]"), "x")).toEqual([first, "x"]);
  });

  test("what was loaded ahead is there when the work comes, in the thread that gets it; what cannot be loaded is told of by the work alone", async () => {
    await workersAtRest();
    const path = join(folder, "loaded-ahead");
    const ahead = moduleOf("ahead", `() => threadId;\nwriteFileSync(${JSON.stringify(path)}, String(threadId))`);
    const broken = moduleOf("broken", "() => 1;\nthrow new Error('not to be loaded')");
    loadAhead([broken, ahead]);
    const first = await run<number>(thread);
    await workersAtRest();
    expect(readFileSync(path, "utf8")).toBe(String(first));
    expect(await run<number>(ahead)).toBe(first);
    await expect(run(broken)).rejects.toThrow("not to be loaded");
  });

  test("a thread that still loads is not ended, whatever its work came to, and is waited for", async () => {
    await workersAtRest();
    const gate = join(folder, "gate");
    const loaded = join(folder, "loaded");
    const wait = `const gate = ${JSON.stringify(gate)};\nwhile (!existsSync(gate)) await new Promise((resolve) => setTimeout(resolve, 5))`;
    loadAhead([
      moduleOf("slow", `() => 1;\nimport { existsSync } from "node:fs";\n${wait};\nwriteFileSync(${JSON.stringify(loaded)}, "")`),
    ]);
    const failed = run(moduleOf("failing-meanwhile", "() => { throw new Error('no'); }")).catch((error: Error) => error.message);
    let isAtRest = false;
    const atRest = workersAtRest().then(() => {
      isAtRest = true;
    });
    // Another thread has come and gone by then.
    await run(thread);
    expect([isAtRest, existsSync(loaded)]).toEqual([false, false]);
    writeFileSync(gate, "");
    await atRest;
    expect(existsSync(loaded)).toBe(true);
    expect(await failed).toBe("no");
  });

  test("work side by side has threads of its own", async () => {
    const ids = await Promise.all([run<number>(thread), run<number>(thread), run<number>(thread)]);
    expect(new Set(ids).size).toBe(3);
  });

  test("an error comes with its message, and its thread is not used again", async () => {
    const failing = moduleOf("failing", "() => { throw new Error('from ' + threadId); }");
    const message = await run(failing).catch((error: Error) => error.message);
    expect(message).toMatch(/^from \d+$/);
    expect(`from ${await run<number>(thread)}`).not.toBe(message);
  });

  test("a thread that ends itself is told as a failure, not waited for", async () => {
    await expect(run(moduleOf("ending", "() => { process.exit(3); }"))).rejects.toThrow("code 3");
    expect(await run<number>(thread)).toBeGreaterThan(0);
  });

  test("a thread that dies while it has no work is not used again", async () => {
    // A failed one is not kept, so that the next is a new one, whose end can be heard.
    await workersAtRest();
    await run(moduleOf("failed", "() => { throw new Error('no'); }")).catch(() => undefined);
    const died = new Promise<void>((resolve) => process.once("worker", (worker) => worker.once("exit", () => resolve())));
    const gate = new SharedArrayBuffer(4);
    const dying = "(gate) => { Atomics.waitAsync(new Int32Array(gate), 0, 0).value.then(() => process.exit(3)); return threadId; }";
    const id = await run<number>(moduleOf("dying", dying), gate);
    await workersAtRest();
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    await died;
    expect(await run<number>(thread)).not.toBe(id);
  });

  test("an input that cannot cross is told as a failure, and leaves no thread behind", async () => {
    await expect(run(thread, () => undefined)).rejects.toThrow("could not be cloned");
    await workersAtRest();
    expect(await run<number>(thread)).toBeGreaterThan(0);
  });

  test("a thread that holds much memory is not used again", async () => {
    // 100 MiB that the module keeps: above the 64 MiB with which a thread may stay.
    const big = moduleOf("big", "() => { globalThis.kept = new Uint8Array(100 * 1024 * 1024).fill(1); return threadId; }");
    const id = await run<number>(big);
    await workersAtRest();
    expect(await run<number>(thread)).not.toBe(id);
  });

  test("the result does not wait for what is done afterwards; being at rest does", async () => {
    const path = join(folder, "afterwards");
    const text =
      "(input, tools) => { const gate = new Int32Array(input.gate); tools.afterwards(() => { Atomics.wait(gate, 0, 0); writeFileSync(input.path, 'done'); }); return 1; }";
    const gate = new SharedArrayBuffer(4);
    expect(await run(moduleOf("afterwards", text), { path, gate })).toBe(1);
    let isAtRest = false;
    const rest = workersAtRest().then(() => (isAtRest = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isAtRest).toBe(false);
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    await rest;
  });

  test("a stop that was asked for before is seen by the work, and not by the next one in the same thread", async () => {
    const looking = moduleOf("looking", "(input, tools) => { tools.checkStop('looking'); return threadId; }");
    const stop = new AbortController();
    stop.abort();
    await expect(run(looking, null, stop.signal)).rejects.toMatchObject({ code: "SYNC_STOPPED" });
    expect(await run<number>(looking)).toBeGreaterThan(0);
  });
});
