import { resolve } from "node:path";
import type { NotifyCommand } from "../../config/index.js";
import { SluiceError } from "../../errors/index.js";
import { commandEnvironment, runCommand } from "../../process/index.js";

/** What a command is told. */
export interface CommandNotice {
  readonly workspace: string;
  /** The instance as the document of design §4. */
  readonly document: string;
  readonly environment: Readonly<Record<string, string>>;
  /** At most this long instead of `Notify.Timeout` (ms). */
  readonly hurryMs: number | null;
  readonly signal: AbortSignal | undefined;
  readonly onLine: (line: string) => void;
}

/**
 * Starts `Notify.Command` in the workspace with the document on its standard input, and waits for its end. After `Notify.Timeout` it is ended with all that it started.
 * @throws JOB_NOTIFY_COMMAND
 */
export const runNotifyCommand = async (command: NotifyCommand, notice: CommandNotice): Promise<void> => {
  const file = /[\\/]/.test(command.file) ? resolve(notice.workspace, command.file) : command.file;
  const failed = (problem: string, cause?: unknown): SluiceError =>
    new SluiceError("JOB_NOTIFY_COMMAND", { command: command.file, problem }, cause === undefined ? {} : { cause });
  const limitMs = Math.min(command.timeoutSeconds * 1000, notice.hurryMs ?? Number.POSITIVE_INFINITY);
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), limitMs);
  try {
    const end = await runCommand(
      {
        file,
        parameters: command.parameters,
        folder: notice.workspace,
        environment: commandEnvironment(notice.environment),
        input: notice.document,
      },
      { signal: AbortSignal.any([limit.signal, ...(notice.signal === undefined ? [] : [notice.signal])]), onLine: notice.onLine },
    );
    const said = end.lastLines.join(" | ").slice(-quotedCharacters);
    const output = said === "" ? "" : `: ${said}`;
    if (end.isStopped)
      throw failed(`was ended with all that it had started${limit.signal.aborted ? `, after ${limitMs / 1000} s` : ""}${output}`);
    if (end.signal !== null) throw failed(`was ended by the signal ${end.signal}${output}`);
    if (end.exitCode !== 0) throw failed(`ended with exit code ${end.exitCode}${output}`);
  } catch (error) {
    if (error instanceof SluiceError) throw error;
    throw failed(`could not be started (${(error as NodeJS.ErrnoException).code ?? String(error)})`, error);
  } finally {
    clearTimeout(timer);
  }
};

/** Characters of output that a message quotes: the log has more. */
const quotedCharacters = 400;
