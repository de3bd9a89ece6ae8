import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { onTestFinished } from "vitest";
import { type Finding, type LoadedWorkspace, loadWorkspace } from "../../src/config/index.js";

export const fixtures = path.resolve(import.meta.dirname, "../fixtures/config");

/** Writes a workspace of files (path → content) into a folder that the end of the test removes; gives the folder. */
export const workspaceOf = (files: Readonly<Record<string, string | Buffer>>): string => {
  const folder = mkdtempSync(path.join(tmpdir(), "sluice-config-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), content);
  }
  return folder;
};

export const load = (files: Readonly<Record<string, string | Buffer>>, env: Readonly<Record<string, string>> = {}): LoadedWorkspace =>
  loadWorkspace({ workspace: workspaceOf(files), env });

export const configurationFile = (body: string): string => `<ConfigurationFile>${body}</ConfigurationFile>`;

/** `a.xml:1:20 error CFG_VALUE: sentence`. */
const findingLine = ({ file, line, column, severity, code, message }: Finding): string =>
  `${[file, line, column].filter((part) => part !== undefined).join(":")} ${severity} ${code}: ${message}`;

export const findingLines = (loaded: LoadedWorkspace): readonly string[] => loaded.findings.map(findingLine);
export const codes = (loaded: LoadedWorkspace): readonly string[] => loaded.findings.map(({ code }) => code);
