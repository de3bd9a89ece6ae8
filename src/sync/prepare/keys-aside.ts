import { join } from "node:path";
import type { SessionFile } from "../../model/index.js";
import { FileSource, fieldText, RecordReader } from "../csv/index.js";

/** Calls with the leading fields of each row of a file of the collect folder. */
export const eachRow = (folder: string, { name, rows }: SessionFile, fields: number, take: (fields: string[]) => void): void => {
  if (rows === 0) return;
  const source = new FileSource(join(folder, name), name);
  try {
    const reader = new RecordReader(source, { delimiter: ",", file: name });
    reader.header();
    for (let batch = reader.next(); batch !== null; batch = reader.next()) {
      for (let i = 0; i < batch.count; i++) {
        const first = batch.firstFields[i] as number;
        take(Array.from({ length: fields }, (_, field) => fieldText(batch, first + field)));
      }
    }
  } finally {
    source.close();
  }
};

/** Mapping keys of the rows that were set aside. As many as there are such rows, which are exceptions, are held in memory. */
export const keysAside = (folder: string, rejected: SessionFile | undefined): Set<string> => {
  const keys = new Set<string>();
  if (rejected !== undefined) eachRow(folder, rejected, 1, ([key = ""]) => keys.add(key));
  return keys;
};

/** Joins the two keys of a pair: no value holds it. */
const between = "\0";
export const pairKey = (key1: string, key2: string): string => key1 + between + key2;

/** The lines of a value, each of which names one resource (connectors §3). */
export const linesOf = (value: string): string[] => value.split(/\r\n|\n|\r/).filter((line) => line !== "");

/** The pairs that the rows set aside of an association's own file could have said, as `pairKey` joins them. */
export const pairsAside = (folder: string, rejected: SessionFile | undefined): Set<string> => {
  const pairs = new Set<string>();
  if (rejected === undefined) return pairs;
  eachRow(folder, rejected, 2, ([one = "", two = ""]) => {
    for (const key1 of linesOf(one)) for (const key2 of linesOf(two)) pairs.add(pairKey(key1, key2));
  });
  return pairs;
};
