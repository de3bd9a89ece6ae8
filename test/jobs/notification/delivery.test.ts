import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { MailSettings } from "../../../src/config/index.js";
import { deliver } from "../../../src/jobs/notification/mail-delivery.js";
import type { Refusal } from "../../../src/jobs/notification/mail-session.js";
import type { Timing } from "../../../src/model/index.js";
import { temporaryFolder } from "../../temporary-folder.js";
import { certificate } from "./certificate.js";
import { mailServer, password, rawServer, settingsFor } from "./mail-server.js";

const authority = join(temporaryFolder("authority"), "ca.pem");
writeFileSync(authority, certificate.cert);
const trusting = { certificateAuthorityFile: authority };
const login = { username: "sluice", password };
const bytes = Buffer.from("Subject: a mail\r\n\r\n.a line with a dot\r\n");

interface Sent {
  readonly refusals: readonly Refusal[];
  /** Pauses between tries (ms). */
  readonly pauses: readonly number[];
}

const send = async (
  settings: MailSettings,
  { to = ["a@example.org"], ...more }: { to?: readonly string[]; hurryMs?: number; signal?: AbortSignal; sleep?: Timing["sleep"] } = {},
): Promise<Sent> => {
  const pauses: number[] = [];
  const timing: Timing = {
    now: () => Date.now(),
    sleep: async (milliseconds, signal) => {
      pauses.push(milliseconds);
      await more.sleep?.(milliseconds, signal);
    },
  };
  const bounds = { timing, hurryMs: more.hurryMs ?? null, signal: more.signal };
  return { refusals: await deliver(settings, { from: settings.from, to, bytes }, bounds), pauses };
};

const everybody: Sent = { refusals: [], pauses: [] };
const thriceMs = [2_000, 8_000];

describe("a mail is sent", () => {
  test("encrypted by STARTTLS, with a login", async () => {
    const server = await mailServer();
    expect(await send(settingsFor(server.port, { ...trusting, ...login }), { to: ["a@example.org", "b@example.org"] })).toEqual(everybody);
    expect(server.mails).toEqual([
      { from: "sluice@example.org", to: ["a@example.org", "b@example.org"], isEncrypted: true, user: "sluice", content: bytes.toString() },
    ]);
  });

  test("encrypted from the start", async () => {
    const server = await mailServer({ secure: true });
    expect(await send(settingsFor(server.port, { ...trusting, ...login, security: "SslOnConnect" }))).toEqual(everybody);
    expect(server.mails).toMatchObject([{ isEncrypted: true, user: "sluice" }]);
  });

  test("in clear only where the settings say so, and encrypted where the server can and they leave it to it", async () => {
    const plain = await mailServer({ hideSTARTTLS: true });
    expect(await send(settingsFor(plain.port, { security: "None" }))).toEqual(everybody);
    expect(await send(settingsFor(plain.port, { security: "StartTlsWhenAvailable" }))).toEqual(everybody);
    expect(plain.mails.map(({ isEncrypted }) => isEncrypted)).toEqual([false, false]);
    const able = await mailServer();
    expect(await send(settingsFor(able.port, { ...trusting, security: "StartTlsWhenAvailable" }))).toEqual(everybody);
    expect(able.mails.map(({ isEncrypted }) => isEncrypted)).toEqual([true]);
  });

  test("again to those alone who did not get it yet", async () => {
    let late = 0;
    const server = await mailServer({
      onRcptTo: ({ address }, _session, done) => {
        if (address.startsWith("gone")) return done(Object.assign(new Error("no such mailbox"), { responseCode: 550 }));
        if (address.startsWith("late") && late++ < 2) return done(Object.assign(new Error("try later"), { responseCode: 451 }));
        done();
      },
    });
    const { refusals, pauses } = await send(settingsFor(server.port, trusting), {
      to: ["a@example.org", "gone@example.org", "late@example.org"],
    });
    expect(refusals).toMatchObject([{ address: "gone@example.org", isFinal: true, reason: expect.stringContaining("no such mailbox") }]);
    expect(pauses).toEqual(thriceMs);
    expect(server.mails.map(({ to }) => to)).toEqual([["a@example.org"], ["late@example.org"]]);
  });

  test("again when the connection broke off", async () => {
    let broken = 0;
    const server = await mailServer({
      onMailFrom: (_address, _session, done) => {
        if (broken++ === 0) return done(Object.assign(new Error("too busy"), { responseCode: 421 }));
        done();
      },
    });
    expect(await send(settingsFor(server.port, trusting))).toEqual({ refusals: [], pauses: [2_000] });
    expect(server.mails).toHaveLength(1);
  });
});

describe("a mail is not sent", () => {
  test("in clear to a server that offers no encryption", async () => {
    const server = await mailServer({ disabledCommands: ["STARTTLS"] });
    const { refusals } = await send(settingsFor(server.port, trusting));
    expect(refusals).toMatchObject([{ address: "a@example.org", reason: expect.stringMatching(/STARTTLS|TLS/) }]);
    expect(server.mails).toEqual([]);
  });

  test("with a password in clear", async () => {
    let logins = 0;
    const server = await mailServer({
      disabledCommands: ["STARTTLS"],
      allowInsecureAuth: true,
      onAuth: (_given, _session, done) => {
        logins++;
        done(null, { user: "sluice" });
      },
    });
    const settings = settingsFor(server.port, { ...login, security: "StartTlsWhenAvailable" });
    expect((await send(settings)).refusals).toMatchObject([{ isFinal: true, reason: expect.stringContaining("SecureSocketOption") }]);
    expect([logins, server.mails]).toEqual([0, []]);
    expect(await send({ ...settings, security: "None" })).toEqual(everybody);
    expect(logins).toBe(1);
  });

  test("to a server whose certificate nobody vouches for; and it is not tried again", async () => {
    const server = await mailServer();
    const unknown = await send(settingsFor(server.port));
    expect(unknown).toMatchObject({ refusals: [{ isFinal: true, reason: expect.stringMatching(/self-signed certificate/i) }], pauses: [] });
    expect(server.mails).toEqual([]);
  });

  test("with a login that is refused, and it is not tried again", async () => {
    const server = await mailServer();
    const { refusals, pauses } = await send(settingsFor(server.port, { ...trusting, username: "sluice", password: "wrong" }));
    expect(refusals).toMatchObject([{ isFinal: true, reason: expect.stringContaining("no such login") }]);
    expect([pauses, server.connections(), server.mails]).toEqual([[], 1, []]);
  });

  test("where every recipient is refused, each with the server's own words", async () => {
    const server = await mailServer({
      onRcptTo: ({ address }, _session, done) => done(Object.assign(new Error(`nobody is ${address}`), { responseCode: 550 })),
    });
    const { refusals, pauses } = await send(settingsFor(server.port, trusting), { to: ["a@example.org", "b@example.org"] });
    expect(refusals.map(({ reason }) => /nobody is \S+/.exec(reason)?.[0])).toEqual(["nobody is a@example.org", "nobody is b@example.org"]);
    expect(pauses).toEqual([]);
  });

  test("where nobody listens: three tries", async () => {
    const { refusals, pauses } = await send(settingsFor(await unusedPort()));
    expect(refusals).toMatchObject([{ isFinal: false, reason: expect.stringContaining("ECONNREFUSED") }]);
    expect(pauses).toEqual(thriceMs);
  });

  test("where the authority's file is missing", async () => {
    const server = await mailServer();
    const { refusals } = await send(settingsFor(server.port, { certificateAuthorityFile: join(authority, "..", "none.pem") }));
    expect(refusals).toMatchObject([{ reason: expect.stringContaining("none.pem") }]);
  });
});

const unusedPort = async (): Promise<number> => {
  const { createServer } = await import("node:net");
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return typeof address === "object" && address !== null ? address.port : 0;
};

describe("a server that does not answer is given up", () => {
  const elapsed = async (work: Promise<unknown>): Promise<number> => {
    const from = performance.now();
    await work;
    return performance.now() - from;
  };

  test("after the timeout, three times", async () => {
    let connections = 0;
    const port = await rawServer(() => connections++);
    const sending = send(settingsFor(port, { timeoutSeconds: 1 }));
    // A second each; the machine may be busy.
    expect(await elapsed(sending)).toBeGreaterThan(2_900);
    expect(await sending).toMatchObject({
      refusals: [{ reason: expect.stringMatching(/took longer than 1 s|timeout|never received/i) }],
      pauses: thriceMs,
    });
    expect(connections).toBe(3);
  });

  test("also when it drips: each byte moves the timeout of an idle connection, not this one", async () => {
    const port = await rawServer((socket) => {
      socket.write("220");
      const timer = setInterval(() => socket.write("-x\r\n220"), 50);
      socket.on("close", () => clearInterval(timer));
    });
    const { refusals } = await send(settingsFor(port, { timeoutSeconds: 600 }), { hurryMs: 300 });
    expect(refusals).toMatchObject([{ reason: expect.stringMatching(/took longer than 0.3 s|timeout|never received/i) }]);
  });

  test("at once, when it is stopped", async () => {
    const stop = new AbortController();
    const port = await rawServer(() => stop.abort());
    const { refusals, pauses } = await send(settingsFor(port, { timeoutSeconds: 600 }), { signal: stop.signal });
    expect(refusals).toMatchObject([{ reason: "it was stopped" }]);
    expect(pauses).toEqual([]);
  });

  test("in a pause too", async () => {
    const stop = new AbortController();
    const { refusals, pauses } = await send(settingsFor(await unusedPort()), { signal: stop.signal, sleep: async () => stop.abort() });
    expect(refusals).toHaveLength(1);
    expect(pauses).toEqual([2_000]);
  });
});
