import { defineErrors } from "./definition.js";

/** Codes of exports and prepare: source files (SRC_), records and values (DATA_). */
export const dataErrors = defineErrors({
  SRC_PATH_MISSING: {
    exit: 1,
    retryable: false,
    text: (p: { connection: string }) =>
      `connection ${p.connection} has no Path, the full file that a complete export reads: set Connections.${p.connection}.Path in appsettings.agent.json; if only changed rows exist (PathIncremental), the job needs a full file once (IgnoreCookieFile="1" reads Path and leaves the comparison to the preparation)`,
  },
  SRC_PATH_INCREMENTAL_MISSING: {
    exit: 1,
    retryable: false,
    text: (p: { connection: string }) =>
      `connection ${p.connection} has no PathIncremental, the file of changed rows that an incremental export reads: set Connections.${p.connection}.PathIncremental in appsettings.agent.json, or IgnoreCookieFile="1" on the ExportTask, which reads the full file of Path and leaves the comparison to the preparation`,
  },
  SRC_PATTERN_INVALID: {
    exit: 64,
    retryable: false,
    text: (p: { connection: string; pattern: string; problem: string }) =>
      `connection ${p.connection}: the file name ${p.pattern} cannot be used as a regular expression (IsFileNameRegex): ${p.problem}`,
  },
  SRC_NO_FILE_MATCHES: {
    exit: 1,
    retryable: true,
    text: (p: { folder: string; pattern: string; found: string }) =>
      `no file in ${p.folder} has a name that matches ${p.pattern} as a whole (${p.found}): check the pattern and whether the system that writes the files did its work`,
  },
  SRC_SETTING_INVALID: {
    exit: 64,
    retryable: false,
    text: (p: { connection: string; setting: string; value: string; expected: string }) =>
      `connection ${p.connection}: ${p.setting} is ${p.value}; expected ${p.expected}`,
  },
  SRC_ENCODING_UNKNOWN: {
    exit: 64,
    retryable: false,
    text: (p: { connection: string; encoding: string }) =>
      `connection ${p.connection}: there is no encoding named "${p.encoding}"; use a name such as UTF-8, UTF-16, windows-1252 or iso-8859-1`,
  },
  SRC_OUTSIDE_ROOTS: {
    exit: 1,
    retryable: false,
    text: (p: { path: string; roots: string }) =>
      `${p.path} lies outside the folders that sources may be read from (SourcesRootPaths: ${p.roots}): move the file there or add its folder`,
  },
  SRC_FILE_MISSING: {
    exit: 1,
    retryable: true,
    text: (p: { file: string }) => `${p.file} does not exist: check the path and whether the system that writes it did its work`,
  },
  SRC_FILE_UNREADABLE: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; reason: string }) => `${p.file} cannot be read (${p.reason}): check its permissions and that it is a file`,
  },
  SRC_FILE_EMPTY: {
    exit: 1,
    retryable: true,
    text: (p: { file: string }) =>
      `${p.file} holds nothing, not even a header: its writer probably failed; a source without rows still needs its header`,
  },
  SRC_FILE_CHANGED: {
    exit: 1,
    retryable: true,
    text: (p: { file: string }) => `${p.file} was changed while it was read: run again when its writer has finished`,
  },
  SRC_WORKBOOK_FORMAT: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; found: string }) =>
      `${p.file} is ${p.found}: open it in the spreadsheet program and save it as .xlsx (Excel workbook) or .xlsm`,
  },
  SRC_WORKBOOK_ENCRYPTED: {
    exit: 1,
    retryable: true,
    text: (p: { file: string }) => `${p.file} is encrypted: save it as .xlsx without a password to open it`,
  },
  SRC_WORKBOOK_DAMAGED: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; part: string; reason: string }) =>
      `${p.file} is damaged: ${p.part}: ${p.reason}; have it written again, or open it in the spreadsheet program and save it`,
  },
  SRC_WORKBOOK_TOO_LARGE: {
    exit: 1,
    retryable: false,
    text: (p: { file: string; part: string; reason: string }) =>
      `${p.file} is refused: ${p.part} ${p.reason}, which no workbook needs and which could fill the memory or the disk`,
  },
  SRC_TRANSFORMATION_TABLE: {
    exit: 1,
    retryable: true,
    text: (p: { table: string; connection: string; written: string }) =>
      `a Transformation changes the table ${p.table}, which the export of connection ${p.connection} did not write (it wrote ${p.written}): correct Table, or the source`,
  },
  SRC_MAPPED_FILE_MISSING: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; mapping: string; connection: string }) =>
      `${p.file}, which the mapping ${p.mapping} reads, is not there: run the export of connection ${p.connection} first, or correct ConnectionTable`,
  },
  SRC_MANIFEST_INVALID: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; reason: string }) =>
      `${p.file} is not the manifest of the file beside it (${p.reason}): run the export again`,
  },
  SRC_CHANGES_AS_WHOLE: {
    exit: 64,
    retryable: false,
    text: (p: { file: string; task: string }) =>
      `${p.file} comes from an incremental export and holds changes only, but ${p.task} takes whole files: export the full file with IgnoreCookieFile="true", or, in an incremental job whose rows have commands, give the preparation and the synchronization Type="Changes"`,
  },
  SRC_WRITE_FAILED: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; reason: string }) =>
      `${p.file} cannot be written (${p.reason}): check free space and permissions, then run again; nothing half-written was left under that name`,
  },
  SRC_BASELINE_INVALID: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; reason: string }) => `the baseline ${p.file} cannot be used (${p.reason}): run a complete synchronization`,
  },
  DATA_HEADER_MISSING: {
    exit: 1,
    retryable: true,
    text: (p: { file: string }) => `${p.file} has no header line`,
  },
  DATA_HEADER_INVALID: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; reason: string }) => `the header of ${p.file} is not readable as CSV: ${p.reason}`,
  },
  DATA_COLUMN_MISSING: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; column: string; mapping: string; hint: string }) =>
      `${p.file} has no column "${p.column}", which the mapping ${p.mapping} reads${p.hint}`,
  },
  DATA_COLUMN_REPEATED: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; column: string; mapping: string }) =>
      `${p.file} has more than one column "${p.column}", which the mapping ${p.mapping} reads: name each column once`,
  },
  DATA_COMMAND_COLUMN_MISSING: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; column: string }) =>
      `${p.file} has no column "${p.column}", in which each row of a preparation with Type="Changes" says what to do: have the commands written there, or name their column by ColumnName; if the file holds the full data, use Type None and let the export read the full file (IgnoreCookieFile="1")`,
  },
  DATA_COMMAND_UNEXPECTED: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; column: string }) =>
      `${p.file} has commands in its column "${p.column}", but the preparation (Incremental, Type None) takes it for the full data, and would delete what it does not name: set Type="Changes" on PrepareSynchronizationTask and SynchronizeTask, or let the export read the full file (IgnoreCookieFile="1")`,
  },
  DATA_OWN_KEY_UNKNOWN: {
    exit: 1,
    retryable: false,
    text: (p: { file: string; mapping: string; column1: string; column2: string }) =>
      `${p.file} says resources and their links of ${p.mapping} in one row, but neither "${p.column1}" nor "${p.column2}" is the column that the resource's own key is mapped from, so that it cannot be told whose links a command changes: name that column in the EntityAssociationMapping, or use Type None with the full file`,
  },
  DATA_FIELD_COUNT: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; expected: number; found: number; hint: string }) =>
      `${p.file}: a row has ${p.found} ${p.found === 1 ? "field" : "fields"} where the header has ${p.expected}${p.hint}`,
  },
  DATA_CUT_OFF: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; expected: number; found: number }) =>
      `${p.file} is cut off: its last row has no line break and ${p.found} of ${p.expected} fields; have it written again`,
  },
  DATA_QUOTE_STRAY: {
    exit: 1,
    retryable: true,
    text: (p: { file: string }) =>
      `${p.file}: a row has a quote in a wrong place: a field with quotes is enclosed in quotes and each quote inside is doubled`,
  },
  DATA_QUOTE_NOT_CLOSED: {
    exit: 1,
    retryable: true,
    text: (p: { file: string }) => `${p.file}: a field that begins with a quote has no end`,
  },
  DATA_RECORD_TOO_LARGE: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; maximum: number }) =>
      `${p.file}: a row is longer than ${p.maximum} bytes or has more fields than that allows; a quote that is not closed is the usual cause`,
  },
  DATA_NUL: {
    exit: 1,
    retryable: true,
    text: (p: { file: string }) =>
      `${p.file}: a row holds the character NUL, which no value may have; is it UTF-16 text or no text at all?`,
  },
  DATA_ENCODING: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; encoding: string; offset: number | null }) =>
      `${p.file}: a row holds bytes that are no ${p.encoding} text${p.offset === null ? "" : ` (at byte ${p.offset})`}: set Encoding of the connection to what the file is written in`,
  },
  DATA_VALUE_TOO_LONG: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; property: string; value: string; length: number; maximum: number }) =>
      `${p.file}: ${p.property} takes ${p.maximum} characters, "${p.value}" has ${p.length}`,
  },
  DATA_VALUE_TYPE: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; property: string; value: string; type: string }) =>
      `${p.file}: ${p.property} is ${p.type}, "${p.value}" is not`,
  },
  DATA_CELL: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; sheet: string; cell: string; problem: string }) =>
      `${p.file}: cell ${p.cell} of the sheet "${p.sheet}" ${p.problem}`,
  },
  DATA_TRANSFORMATION_COLUMN: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; type: string; column: string; problem: string }) =>
      `${p.file}: the Transformation ${p.type} needs the column "${p.column}"${p.problem}`,
  },
  DATA_TRANSFORMATION_VALUE: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; type: string; column: string; problem: string }) =>
      `${p.file}: the Transformation ${p.type} cannot fill the column "${p.column}" of a row: ${p.problem}`,
  },
  DATA_COMMAND_UNKNOWN: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; value: string }) =>
      `${p.file}: ${p.value === "" ? "a row has no command" : `there is no command "${p.value}"`}; there are insert (or add), update, delete and merge`,
  },
  DATA_DELETE_AMBIGUOUS: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; columns: string }) =>
      `${p.file}: a delete names keys in ${p.columns}: leave all but that of the resource which is gone empty`,
  },
  DATA_LINK_KEY_RENAMED: {
    exit: 1,
    retryable: false,
    text: (p: { file: string; column: string }) =>
      `${p.file}: a merge changes ${p.column}, under which an earlier row of the same resource named its links: send the row whole (update), or run a complete job once`,
  },
  DATA_CLEARED_UNKNOWN: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; value: string }) =>
      `${p.file}: #cleared names a column "${p.value}" that the file does not have: write the headers as they stand in its first line, with ; between two`,
  },
  DATA_ROW_SET_ASIDE: {
    exit: 1,
    retryable: true,
    text: (p: { reason: string }) => `set aside by the export: ${p.reason}`,
  },
  DATA_REJECTED_WITHOUT_KEY: {
    exit: 1,
    retryable: true,
    text: (p: { file: string; reason: string }) =>
      `${p.file}: a row cannot be set aside because its key cannot be read, so that nothing could stand for it (${p.reason})`,
  },
});
