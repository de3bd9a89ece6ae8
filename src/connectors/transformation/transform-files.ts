import { existsSync } from "node:fs";
import { basename } from "node:path";
import { SluiceError } from "../../errors/index.js";
import type { Transformation } from "../../model/index.js";
import { renameOver, type WorkerTools } from "../../sync/index.js";
import type { OnRowError } from "../source-file/index.js";
import { filesBeside, TransformedFile } from "./transform-file.js";

/** What an export wrote apart, and what is to be done to it. */
export interface TransformInput {
  readonly connection: string;
  /** Absolute: where the export wrote. */
  readonly inputFolder: string;
  /** Absolute, on the same file system. */
  readonly outputFolder: string;
  /** Names of the exported files. */
  readonly files: readonly string[];
  /** In document order. */
  readonly transformations: readonly Transformation[];
  readonly isIncremental: boolean;
  readonly onRowError: OnRowError;
}

export interface TransformOutput {
  /** Names of the files in the output folder, in the order of the exported ones. */
  readonly files: readonly string[];
  /** Rows that WhereValue left out. */
  readonly dropped: number;
  /** Rows set aside, those that the export set aside not counted. */
  readonly setAside: number;
}

/**
 * Applies the Transformations of a connection to its exported files (connectors §1.3). No file appears in the output folder before all of
 * them are transformed and on the disk; files without Transformations are moved. Synchronous, meant for a thread of its own.
 * @throws SRC_…, DATA_…, SYNC_STOPPED
 */
export const transformFiles = (input: TransformInput, tools: WorkerTools): TransformOutput => {
  const { connection, inputFolder, outputFolder, files, transformations, isIncremental, onRowError } = input;
  const tables = new Set(files.map((file) => basename(file, ".csv")));
  const absent = transformations.find(({ table }) => !tables.has(table));
  if (absent !== undefined) {
    const written = files.length === 0 ? "nothing" : files.join(", ");
    throw new SluiceError("SRC_TRANSFORMATION_TABLE", { table: absent.table, connection, written });
  }
  const transformed: TransformedFile[] = [];
  try {
    const publications = files.map((name) => {
      const own = transformations.filter(({ table }) => table === basename(name, ".csv"));
      if (own.length === 0) return () => moved(name, inputFolder, outputFolder);
      const file = new TransformedFile({ name, inputFolder, outputFolder, transformations: own, isIncremental, onRowError }, tools);
      transformed.push(file);
      file.transform();
      return () => file.publish();
    });
    return {
      files: publications.map((publish) => publish()),
      dropped: transformed.reduce((sum, file) => sum + file.dropped, 0),
      setAside: transformed.reduce((sum, file) => sum + file.setAside, 0),
    };
  } finally {
    for (const file of transformed) file.close();
  }
};

const moved = (name: string, from: string, to: string): string => {
  const targets = filesBeside(to, name);
  for (const [i, path] of filesBeside(from, name).entries()) {
    if (existsSync(path)) renameOver(path, targets[i] ?? "");
  }
  return name;
};
