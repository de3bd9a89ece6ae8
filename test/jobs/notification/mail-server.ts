import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { onTestFinished } from "vitest";
import type { MailSettings } from "../../../src/config/index.js";
import { silentNotification } from "../runner/sample-configuration.js";
import { certificate } from "./certificate.js";

export interface ReceivedMail {
  readonly from: string;
  readonly to: readonly string[];
  readonly isEncrypted: boolean;
  readonly user: string | null;
  readonly content: string;
}

/** A real mail server on this machine. */
export interface MailServer {
  readonly port: number;
  readonly mails: ReceivedMail[];
  /** How often somebody connected. */
  readonly connections: () => number;
}

export const password = "correct horse battery";

/** Starts one that ends with the test: by default it takes everything, offers STARTTLS, and asks for a login of nobody. */
export const mailServer = async (options: SMTPServerOptions = {}): Promise<MailServer> => {
  const mails: ReceivedMail[] = [];
  let connections = 0;
  const server = new SMTPServer({
    ...certificate,
    authOptional: true,
    disableReverseLookup: true,
    onConnect: (_session, done) => {
      connections++;
      done();
    },
    onAuth: (given, _session, done) =>
      given.username === "sluice" && given.password === password ? done(null, { user: "sluice" }) : done(new Error("no such login")),
    onData: (stream, session, done) => {
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      stream.on("end", () => {
        const { mailFrom, rcptTo } = session.envelope;
        mails.push({
          from: mailFrom === false ? "" : mailFrom.address,
          to: rcptTo.map(({ address }) => address),
          isEncrypted: session.secure,
          user: session.user === undefined ? null : String(session.user),
          content: Buffer.concat(chunks).toString("utf8"),
        });
        done();
      });
    },
    ...options,
  });
  // A client that does not trust the certificate breaks the connection off.
  server.on("error", () => undefined);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { port: (server.server.address() as AddressInfo).port, mails, connections: () => connections };
};

/** A port whose connections do what the test says. */
export const rawServer = async (onConnection: (socket: Socket) => void): Promise<number> => {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return (server.address() as AddressInfo).port;
};

export const settingsFor = (port: number, more: Partial<MailSettings> = {}): MailSettings => ({
  ...silentNotification.mail,
  host: "localhost",
  port,
  from: "sluice@example.org",
  ...more,
});

/** A mail taken apart: headers unfolded, by name in lower case, and the bodies of its parts, decoded, by their type. */
export const readMail = (
  content: string,
): { readonly headers: ReadonlyMap<string, string>; readonly parts: ReadonlyMap<string, string> } => {
  const [head = "", body = ""] = halves(content);
  const headers = headersOf(head);
  const boundary = /boundary="?([^";]+)"?/.exec(headers.get("content-type") ?? "")?.[1];
  const parts = new Map<string, string>();
  for (const part of boundary === undefined ? [content] : body.split(`--${boundary}`).slice(1, -1)) {
    const [partHead = "", partBody = ""] = halves(part.replace(/^\r?\n/, ""));
    const own = headersOf(partHead);
    const type = (own.get("content-type") ?? "").split(";")[0] ?? "";
    parts.set(type, decoded(partBody, own.get("content-transfer-encoding") ?? "").replaceAll("\r\n", "\n"));
  }
  return { headers, parts };
};

const halves = (text: string): readonly string[] => {
  const at = /\r?\n\r?\n/.exec(text);
  return at === null ? [text, ""] : [text.slice(0, at.index), text.slice(at.index + at[0].length)];
};

const headersOf = (head: string): ReadonlyMap<string, string> =>
  new Map(
    head
      .replace(/\r?\n[ \t]+/g, " ")
      .split(/\r?\n/)
      .map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );

const decoded = (text: string, encoding: string): string => {
  if (encoding === "base64") return Buffer.from(text, "base64").toString("utf8");
  if (encoding !== "quoted-printable") return text;
  const bytes = text.replace(/=\r?\n/g, "").replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, "latin1").toString("utf8");
};
