import { defineErrors } from "./definition.js";

/** Codes of databases that are read and of scripts that are run, by a connection or by a task. `source` is one of these: `connection HR`. */
export const connectionErrors = defineErrors({
  SRC_SQL_CONNECTION_STRING: {
    exit: 64,
    retryable: false,
    text: (p: { source: string; problem: string }) => `${p.source}: its connection string cannot be used: ${p.problem}`,
  },
  SRC_SQL_DRIVER: {
    exit: 64,
    retryable: false,
    text: (p: { source: string; dbms: string; instead: string }) => `${p.source}: ${p.dbms} cannot be read: ${p.instead}`,
  },
  SRC_SQL_NOTHING: {
    exit: 64,
    retryable: false,
    text: (p: { connection: string }) =>
      `connection ${p.connection} does not say what to read: set SqlCommand or SqlFile, or map a ConnectionTable that begins with ${p.connection}_ and goes on with the name of a table`,
  },
  SRC_SQL_UNREACHABLE: {
    exit: 1,
    retryable: true,
    text: (p: { source: string; server: string; reason: string }) =>
      `${p.source}: ${p.server} cannot be reached (${p.reason}): check server and port in the connection string, that the server runs, and firewalls between`,
  },
  SRC_SQL_LOGIN: {
    exit: 1,
    retryable: false,
    text: (p: { source: string; server: string; reason: string }) =>
      `${p.source}: ${p.server} refuses the login (${p.reason}): check user, password and database in the connection string`,
  },
  SRC_SQL_TLS: {
    exit: 1,
    retryable: false,
    text: (p: { source: string; server: string; reason: string }) =>
      `${p.source}: no encrypted connection to ${p.server} (${p.reason}): have the server show a certificate that is trusted (NODE_EXTRA_CA_CERTS names the authority's file), or say in the connection string how far it is checked`,
  },
  SRC_SQL_NAME: {
    exit: 1,
    retryable: false,
    text: (p: { source: string; reason: string }) =>
      `${p.source}: the statement names something that the database does not have (${p.reason}): correct the name, or give the login the right to see it`,
  },
  SRC_SQL_PERMISSION: {
    exit: 1,
    retryable: false,
    text: (p: { source: string; reason: string }) => `${p.source}: the login may not do this (${p.reason}): give it the right to read`,
  },
  SRC_SQL_WRITES: {
    exit: 1,
    retryable: false,
    text: (p: { source: string; reason: string }) =>
      `${p.source}: the statement would write (${p.reason}), and what is exported is only read: nothing was changed; a command that is to write is an InvokeSqlCommandTask with IsNotAQuery="true"`,
  },
  SRC_SQL_STATEMENT: {
    exit: 1,
    retryable: false,
    text: (p: { source: string; reason: string }) => `${p.source}: the database refuses the statement (${p.reason}): correct it`,
  },
  SRC_SQL_BUSY: {
    exit: 1,
    retryable: true,
    text: (p: { source: string; reason: string }) => `${p.source}: the database was busy with others (${p.reason}): run again`,
  },
  SRC_SQL_TIMEOUT: {
    exit: 1,
    retryable: true,
    text: (p: { source: string; seconds: number }) =>
      `${p.source}: the statement was not done within ${p.seconds} s and was ended: raise Timeout, or make it read less`,
  },
  SRC_SQL_LOST: {
    exit: 1,
    retryable: true,
    text: (p: { source: string; server: string; rows: number; reason: string }) =>
      `${p.source}: the connection to ${p.server} ended after ${p.rows} ${p.rows === 1 ? "row" : "rows"} (${p.reason}): no file was left; run again`,
  },
  SRC_SQL_NO_RESULT: {
    exit: 1,
    retryable: false,
    text: (p: { source: string }) =>
      `${p.source}: the statement gives no columns, so that there is nothing to write: it has to be one SELECT, or a procedure that ends with one`,
  },
  SRC_SQL_RESULTS: {
    exit: 1,
    retryable: false,
    text: (p: { source: string }) => `${p.source}: the statement gives more than one result, and one file holds one: leave all but one out`,
  },
  SRC_SQL_COLUMN: {
    exit: 1,
    retryable: false,
    text: (p: { source: string; position: number; problem: string }) =>
      `${p.source}: column ${p.position} of the result ${p.problem}: name each column once, by AS in the SELECT`,
  },
  SRC_SQL_VALUE: {
    exit: 1,
    retryable: false,
    text: (p: { source: string; row: number; column: string; problem: string }) =>
      `${p.source}: row ${p.row}, column "${p.column}": ${p.problem}`,
  },
  SRC_PATH_OUTSIDE: {
    exit: 1,
    retryable: false,
    text: (p: { what: string; path: string; folders: string }) =>
      `${p.what} ${p.path} lies outside the folders it may lie in (${p.folders}): move the file there, or correct the path`,
  },
  SRC_POWERSHELL_MISSING: {
    exit: 1,
    retryable: false,
    text: (p: { script: string; looked: readonly string[] }) =>
      `PowerShell not found, looked for ${p.looked.join(", ")} on PATH: install it for ${p.script}, or name a script that runs by itself`,
  },
  SRC_SCRIPT_NOT_STARTED: {
    exit: 1,
    retryable: false,
    text: (p: { script: string; reason: string }) =>
      `${p.script} cannot be started (${p.reason}): it has to be a .ps1 file, or a program that the account of Sluice may execute (chmod +x; a script's first line names its interpreter)`,
  },
  SRC_SCRIPT_FAILED: {
    exit: 1,
    retryable: true,
    text: (p: { script: string; end: string; output: string }) =>
      `${p.script} ${p.end}${p.output === "" ? ", without a word" : `; its last lines: ${p.output}`}`,
  },
  SRC_SCRIPT_NO_FILE: {
    exit: 1,
    retryable: true,
    text: (p: { script: string; files: string }) =>
      `${p.script} ended well and wrote no file: it has to write ${p.files}, with a header where there are no rows`,
  },
});
