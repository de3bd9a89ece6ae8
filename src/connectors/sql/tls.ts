import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { badConnectionString } from "./keywords.js";

/** How a connection is encrypted, as libpq, Npgsql and MySQL name it: preferred is tried first and given up where the server has none. */
export type TlsMode = "disabled" | "preferred" | "required" | "verifyCa" | "verifyFull";

const modes: Readonly<Record<string, TlsMode>> = {
  disable: "disabled",
  disabled: "disabled",
  none: "disabled",
  false: "disabled",
  allow: "preferred",
  prefer: "preferred",
  preferred: "preferred",
  require: "required",
  required: "required",
  true: "required",
  verifyca: "verifyCa",
  verifyfull: "verifyFull",
  verifyidentity: "verifyFull",
};

/** The mode of a connection string, `preferred` where it names none. @throws SRC_SQL_CONNECTION_STRING */
export const tlsMode = (source: string, name: string, value: string | undefined): TlsMode => {
  if (value === undefined) return "preferred";
  const mode = modes[value.toLowerCase().replace(/[\s_-]/g, "")];
  return mode ?? badConnectionString(source, `the value of ${name} must be Disable, Prefer, Require, VerifyCA or VerifyFull`);
};

/** The certificates of authorities in a file; undefined where none is named: those of the system and of NODE_EXTRA_CA_CERTS. @throws SRC_SQL_CONNECTION_STRING */
export const authorities = (source: string, name: string, path: string | undefined, workspace: string): string | undefined => {
  if (path === undefined) return undefined;
  try {
    return readFileSync(resolve(workspace, path), "utf8");
  } catch (error) {
    return badConnectionString(source, `the file of ${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? "no file"})`);
  }
};

/** Codes of TLS for a certificate that does not hold. */
const certificateCode =
  /^(CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_|ERR_SSL_|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH_EXCEEDED|EPROTO)/;
export const isTlsCode = (code: string): boolean => certificateCode.test(code);
