import { once } from "node:events";
import { connect } from "node:net";
import { networkInterfaces } from "node:os";
import { describe, expect, onTestFinished, test } from "vitest";
import { SluiceError } from "../../src/errors/index.js";
import { keepServiceEndpoint } from "../../src/http/index.js";
import { systemTiming } from "../../src/model/index.js";
import { onEachDatabase } from "../database.js";
import { ManualTiming } from "../jobs/runner/manual-timing.js";
import { completed, serviceWorld } from "./service-world.js";

/** What comes back for bytes that no client of ours would send. */
const raw = async (address: string, text: string): Promise<string> => {
  const { hostname, port } = new URL(address);
  const socket = connect(Number(port), hostname);
  let answer = "";
  socket.on("data", (data) => {
    answer += data.toString();
  });
  socket.on("error", () => undefined);
  socket.end(text);
  await once(socket, "close");
  return answer;
};

const healthAt = async (address: string): Promise<{ readonly status: number; readonly body: Record<string, unknown> }> => {
  const answer = await fetch(`${address}/health`);
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
};

onEachDatabase((kind) => {
  test("says that it is well while the database answers and the loop turned within a minute, else why not", async () => {
    const world = await serviceWorld(kind);
    const { address } = await world.start();
    expect(await healthAt(address)).toEqual({
      status: 200,
      body: {
        format: 1,
        status: "ok",
        reasons: [],
        turnedAt: new Date(world.clock.at).toISOString(),
        alarms: 0,
        isConfigurationRefused: false,
      },
    });
    world.clock.at += 60_000;
    expect((await healthAt(address)).status).toBe(200);
    world.clock.at += 1_000;
    expect(await healthAt(address)).toMatchObject({
      status: 503,
      body: { status: "unavailable", reasons: ["scheduler: its loop has not turned for 61 seconds"] },
    });
    world.state = { ...world.state, turnedAt: null, alarms: [{ job: "HR" }], isConfigurationRefused: true };
    expect(await healthAt(address)).toMatchObject({
      status: 503,
      body: { reasons: ["scheduler: its loop has not turned yet"], turnedAt: null, alarms: 1, isConfigurationRefused: true },
    });
    // Neither is anything that a restart could help with.
    world.state = { ...world.state, turnedAt: world.clock.at };
    expect((await healthAt(address)).status).toBe(200);
  });

  test("a database that does not answer is a reason, and nothing of what it said is told", async () => {
    const world = await serviceWorld(kind);
    const { address } = await world.start();
    await world.store.knex.schema.dropTable("UM_Sequences");
    const { status, body } = await healthAt(address);
    expect(status).toBe(503);
    expect(body.reasons).toEqual(["database: it does not answer"]);
    await world.store.close();
    expect((await healthAt(address)).status).toBe(503);
    const metrics = await fetch(`${address}/metrics`);
    expect(metrics.status).toBe(200);
    expect(await metrics.text()).toContain("\nsluice_database_up 0\n");
  });
});

describe("the service's endpoint", () => {
  test("answers no other path and no other method, and nothing that is long", async () => {
    const world = await serviceWorld("SQLite");
    const { address } = await world.start();
    for (const path of ["/", "/metrics/", "/health/x", "/toString", "/__proto__", "//health", "/..%2fhealth", "/METRICS"]) {
      expect([path, (await fetch(`${address}${path}`)).status]).toEqual([path, 404]);
    }
    for (const method of ["POST", "PUT", "DELETE", "OPTIONS", "HEAD", "PATCH"]) {
      const answer = await fetch(`${address}/health`, { method });
      expect([method, answer.status, answer.headers.get("allow")]).toEqual([method, 405, "GET"]);
    }
    expect((await fetch(`${address}/health?verbose=1`)).status).toBe(200);
    expect(await raw(address, `GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ${"x".repeat(10_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await raw(address, `GET /${"x".repeat(10_000)} HTTP/1.1\r\nHost: x\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 /);
    expect(await raw(address, "nonsense\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
    // A body is not waited for, and its connection not kept.
    const withBody = await raw(address, "GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\nabc");
    expect(withBody).toMatch(/^HTTP\/1\.1 200 /);
    expect(withBody).toMatch(/\r\nConnection: close\r\n/i);
    expect((await healthAt(address)).status).toBe(200);
  });

  test("is for programs: nothing is cached, nothing is taken for a page, no secret is in it", async () => {
    const world = await serviceWorld("SQLite");
    const { address } = await world.start();
    await world.run(completed({ inserted: 1 }));
    for (const path of ["/metrics", "/health", "/nothing"]) {
      const answer = await fetch(`${address}${path}`);
      expect(answer.headers.get("cache-control")).toBe("no-store");
      expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
      expect(await answer.text()).not.toContain("hunter2");
    }
    expect((await fetch(`${address}/metrics`)).headers.get("content-type")).toContain("text/plain; version=0.0.4");
  });

  test("listens on this machine alone unless it is told otherwise", async () => {
    const world = await serviceWorld("SQLite");
    const { address } = await world.start();
    expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const outside = Object.values(networkInterfaces())
      .flatMap((each) => each ?? [])
      .find(({ family, internal }) => family === "IPv4" && !internal)?.address;
    if (outside !== undefined) await expect(fetch(`http://${outside}:${new URL(address).port}/health`)).rejects.toThrow("fetch failed");
  });

  test("a port that is taken is said by name", async () => {
    const world = await serviceWorld("SQLite");
    const { address } = await world.start();
    const port = Number(new URL(address).port);
    await expect(world.start("127.0.0.1", port)).rejects.toMatchObject({
      code: "CMD_LISTEN_FAILED",
      parameters: { address: "127.0.0.1", port, reason: "EADDRINUSE" },
    });
    await expect(world.start("192.0.2.1", 1_024)).rejects.toMatchObject({ code: "CMD_LISTEN_FAILED" });
  });

  test("a port that is taken is tried again each minute, until it is free or the service ends", async () => {
    const world = await serviceWorld("SQLite");
    const first = await world.start();
    const timing = new ManualTiming();
    const said: string[] = [];
    let asked = 0;
    const service = { ...world.configuration.settings.service, address: "127.0.0.1", port: Number(new URL(first.address).port) };
    const kept = () =>
      keepServiceEndpoint({
        settings: { service },
        store: world.store,
        source: () => {
          asked++;
          return world.state;
        },
        timing,
        onStarted: (address) => said.push(`on ${address}`),
        onFailed: (error) => said.push(error instanceof SluiceError ? error.code : String(error)),
      });
    const second = await kept();
    onTestFinished(() => second.close());
    for (let minute = 0; minute < 2; minute++) {
      await timing.sleeperFor(60_000);
      timing.advance(60_000);
    }
    await timing.sleeperFor(60_000);
    const third = await kept();
    await third.close();
    expect(said).toEqual(["CMD_LISTEN_FAILED", "CMD_LISTEN_FAILED"]);
    // Nothing is measured, and no database read, for a port that is not there.
    expect(asked).toBe(0);
    await first.close();
    timing.advance(60_000);
    await expect.poll(() => said.at(-1)).toBe(`on ${first.address}`);
    expect((await fetch(`${first.address}/metrics`)).status).toBe(200);
    await second.close();
    await expect(fetch(`${first.address}/metrics`)).rejects.toThrow("fetch failed");
  });

  test("closes at once although a collector keeps its connection, and the port is free afterwards", async () => {
    const world = await serviceWorld("SQLite");
    const endpoint = await world.start();
    const { hostname, port } = new URL(endpoint.address);
    const kept = connect(Number(port), hostname);
    await once(kept, "connect");
    expect((await fetch(`${endpoint.address}/health`)).status).toBe(200);
    const closed = once(kept, "close");
    const limit = new AbortController();
    const late = systemTiming.sleep(10_000, limit.signal).then(() => "late");
    expect(await Promise.race([endpoint.close().then(() => "closed"), late])).toBe("closed");
    limit.abort();
    await closed;
    expect((await world.start(hostname, Number(port))).address).toBe(endpoint.address);
  });
});
