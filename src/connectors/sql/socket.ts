import type { SqlFault } from "./session.js";
import { isTlsCode } from "./tls.js";

const unreachable: Readonly<Record<string, string>> = {
  ENOTFOUND: "its name is not known",
  EAI_AGAIN: "its name could not be looked up",
  ECONNREFUSED: "nothing listens on the port",
  EHOSTUNREACH: "no route to it",
  ENETUNREACH: "no route to it",
  ETIMEDOUT: "no answer in time",
  ENOENT: "no such socket",
};
const lost: ReadonlySet<string> = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED", "PROTOCOL_CONNECTION_LOST"]);

/** What an error of the socket or of TLS means, by its code or that of one it gathers or was caused by; null where it is neither's. */
export const socketFault = (error: unknown): SqlFault | null => {
  for (const { code, message } of chain(error)) {
    if (isTlsCode(code)) return { kind: "tls", reason: code === "EPROTO" ? "EPROTO" : message || code };
    const reason = unreachable[code];
    if (reason !== undefined) return { kind: "unreachable", reason };
    if (lost.has(code)) return { kind: "lost", reason: "it closed the connection" };
  }
  return null;
};

/** Deepest chain of causes that is looked into: drivers wrap an error twice at most. */
const deepest = 4;

function* chain(error: unknown, depth = 0): Generator<{ readonly code: string; readonly message: string }> {
  if (typeof error !== "object" || error === null || depth > deepest) return;
  const { code, message, errors, cause } = error as { code?: unknown; message?: unknown; errors?: unknown; cause?: unknown };
  if (typeof code === "string") yield { code, message: typeof message === "string" ? message.replace(/\s+/g, " ") : "" };
  for (const each of Array.isArray(errors) ? errors : []) yield* chain(each, depth + 1);
  yield* chain(cause, depth + 1);
}
