import { accessSync, constants, statSync } from "node:fs";
import { connect } from "node:net";
import { delimiter, resolve } from "node:path";
import type { MailSettings, NotificationSettings, NotifyCommand } from "../../config/index.js";
import { bad, type DoctorFinding, ok, warning } from "./doctor-finding.js";

/** How long a mail server may take to accept a connection (ms): one that is near does in some. A name server that hangs may keep the process longer: nothing ends a look-up. */
const patienceMs = 5_000;

export interface NotificationSurroundings {
  readonly notification: NotificationSettings;
  /** Absolute: a path of a command starts here. */
  readonly workspace: string;
  /** Folders in which a name is looked up. */
  readonly searchPath: string;
}

/** Whoever is to be told when a job ends: can they be. Nothing is sent, and no command is started. Nothing where nobody is to be told. */
export const notificationFindings = async ({
  notification,
  workspace,
  searchPath,
}: NotificationSurroundings): Promise<readonly DoctorFinding[]> => {
  const { command, mail } = notification;
  const findings: DoctorFinding[] = [];
  if (command !== null) findings.push(commandFinding(command, workspace, searchPath));
  if (mail.isEnabled && mail.host !== null) findings.push(await mailFinding(mail, mail.host));
  return findings;
};

const commandFinding = ({ file }: NotifyCommand, workspace: string, searchPath: string): DoctorFinding => {
  const check = "notify.command";
  const isPath = /[\\/]/.test(file);
  const places = isPath ? [resolve(workspace, file)] : searchPath.split(delimiter).map((folder) => resolve(workspace, folder, file));
  const found = places.find((path) => isProgram(path));
  if (found !== undefined) return ok(check, `${found} is told when jobs end`);
  return bad(
    check,
    isPath ? `${places[0] ?? file} is not there, or cannot be started by this user` : `${file} is in none of the folders of PATH`,
    "correct Notify.Command: until then nobody is told that way, and the log of each job says so",
  );
};

/** On Windows a name without an ending stands for two programs, what can be started is no property of a file, and a batch file cannot be started without a shell. */
const isProgram = (path: string): boolean => {
  const isWindows = process.platform === "win32";
  if (isWindows && /\.(cmd|bat)$/i.test(path)) return false;
  const endings = isWindows ? ["", ".com", ".exe"] : [""];
  return endings.some((ending) => {
    try {
      accessSync(path + ending, isWindows ? constants.F_OK : constants.X_OK);
      return statSync(path + ending).isFile();
    } catch {
      return false;
    }
  });
};

const mailFinding = async ({ port }: MailSettings, host: string): Promise<DoctorFinding> => {
  const check = "notify.mail";
  const problem = await new Promise<string | null>((resolve) => {
    const socket = connect({ host, port });
    const end = (problem: string | null): void => {
      clearTimeout(timer);
      socket.destroy();
      resolve(problem);
    };
    const timer = setTimeout(() => end(`nothing within ${patienceMs / 1000} s`), patienceMs);
    socket.once("connect", () => end(null));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
  return problem === null
    ? ok(check, `the mail server ${host}:${port} accepts connections; no mail was tried`)
    : warning(
        check,
        `the mail server ${host}:${port} accepts no connection (${problem})`,
        "see that it runs and that this machine may reach it: mails that cannot be sent are written to Temp/Mails",
      );
};
