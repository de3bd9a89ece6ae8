import { readFileSync } from "node:fs";
import { rootCertificates } from "node:tls";
import type { MailSettings } from "../../config/index.js";

/** A mail with whom it goes to in this session. */
export interface Posting {
  readonly from: string;
  readonly to: readonly string[];
  readonly bytes: Buffer;
}

/** An address that did not get the mail. */
export interface Refusal {
  readonly address: string;
  readonly reason: string;
  /** Trying again cannot help. */
  readonly isFinal: boolean;
}

/** What a mail server or the way to it answered. */
interface MailFailure {
  readonly code?: string | undefined;
  readonly responseCode?: number | undefined;
  readonly message: string;
  readonly rejectedErrors?: readonly (MailFailure & { readonly recipient?: string | undefined })[] | undefined;
}

/** A reply of 500 and more is the server's last word (RFC 5321 §4.2.1); so is a certificate that is not trusted, and a login that is refused. */
const isFinal = ({ code, responseCode, message }: MailFailure): boolean =>
  (responseCode ?? 0) >= 500 || (responseCode === undefined && (code === "EAUTH" || /certificate|self-signed|altnames/i.test(message)));

const refusalsOf = (error: unknown, to: readonly string[]): readonly Refusal[] => {
  const failure: MailFailure = error instanceof Error ? (error as MailFailure) : { message: String(error) };
  const own = new Map((failure.rejectedErrors ?? []).map((one) => [one.recipient ?? "", one]));
  return to.map((address) => {
    const of = own.get(address) ?? failure;
    return { address, reason: of.message, isFinal: isFinal(of) };
  });
};

/**
 * Sends a mail once, by a connection of its own, and gives the addresses that did not get it. Encrypted as the settings say; where they let the server decide, a password is
 * never sent in clear. Bounded by `MailSettings.Timeout` as a whole, however slowly the server speaks; `signal` ends it at once. Throws nothing.
 */
export const sendOnce = async (
  settings: MailSettings,
  posting: Posting,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<readonly Refusal[]> => {
  try {
    return await converse(settings, posting, timeoutMs, signal);
  } catch (error) {
    return refusalsOf(error, posting.to);
  }
};

const converse = async (
  settings: MailSettings,
  posting: Posting,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<readonly Refusal[]> => {
  const { default: SMTPConnection } = await import("nodemailer/lib/smtp-connection");
  const { security, username, password, certificateAuthorityFile } = settings;
  const connection = new SMTPConnection({
    host: settings.host ?? "",
    port: settings.port,
    secure: security === "SslOnConnect",
    requireTLS: security === "StartTls",
    ignoreTLS: security === "None",
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    socketCloseTimeout: 0,
    tls: {
      minVersion: "TLSv1.2",
      ...(certificateAuthorityFile === null ? {} : { ca: [...rootCertificates, readFileSync(certificateAuthorityFile, "utf8")] }),
    },
  });
  return await new Promise<readonly Refusal[]>((resolve, reject) => {
    const end = (done: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", stop);
      connection.removeAllListeners();
      // What the socket still says when it is torn down is of no interest.
      connection.on("error", () => undefined);
      connection.close();
      done();
    };
    const fail = (error: unknown): void => end(() => reject(error));
    const stop = (): void => fail(new Error("it was stopped"));
    const timer = setTimeout(() => fail(new Error(`the server took longer than ${timeoutMs / 1000} s`)), timeoutMs);
    if (signal?.aborted === true) return stop();
    signal?.addEventListener("abort", stop, { once: true });
    connection.once("error", fail);
    connection.once("end", () => fail(new Error("the server closed the connection")));
    const send = (): void =>
      connection.send({ from: posting.from, to: [...posting.to], size: posting.bytes.length }, posting.bytes, (error, info) => {
        if (error !== null) return fail(error);
        end(() => resolve((info?.rejectedErrors ?? []).flatMap((one) => refusalsOf(one, [one.recipient ?? ""]))));
      });
    connection.connect((error) => {
      if (error !== undefined) return fail(error);
      if (username === null) return send();
      if (!connection.secure && security !== "None") {
        return fail(
          Object.assign(new Error("the server offers no encryption, and a password is not sent in clear: set SecureSocketOption"), {
            code: "EAUTH",
          }),
        );
      }
      connection.login({ user: username, pass: password ?? "", credentials: { user: username, pass: password ?? "" } }, (refused) =>
        refused === null ? send() : fail(refused),
      );
    });
  });
};
