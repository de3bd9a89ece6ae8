import type { CellContext } from "./cell.js";
import type { NumberMeaning } from "./number-format.js";
import { SharedStrings } from "./shared-strings.js";
import { SheetParser } from "./sheet-parser.js";
import type { Workbook } from "./workbook.js";
import { WorkbookFaults } from "./workbook-fault.js";
import {
  outlineHandler,
  type Relationship,
  relationshipsHandler,
  stringsHandler,
  stylesHandler,
  type WorkbookOutline,
} from "./workbook-parts.js";
import { type XmlHandler, XmlProblem, XmlReader } from "./xml-reader.js";
import { ZipArchive } from "./zip-archive.js";

/**
 * Opens a workbook (.xlsx, .xlsm; ECMA-376, both its forms) and reads what all sheets share. Sheets are read as they are asked for.
 * @param path absolute
 * @param scratch absolute: a file that is made when the shared texts are many, and removed by `close`
 * @throws SRC_WORKBOOK_…; errors of the file system
 */
export const openWorkbook = async (path: string, scratch: string): Promise<Workbook> => {
  const faults = new WorkbookFaults(path);
  const archive = new ZipArchive(path, faults);
  const strings = new SharedStrings(scratch);
  const close = (): void => {
    strings.close();
    archive.close();
  };
  try {
    const parse = async (part: string, handler: XmlHandler): Promise<void> => {
      const reader = new XmlReader(handler);
      for await (const block of archive.read(part, part)) asFault(faults, part, () => reader.write(block));
      asFault(faults, part, () => reader.end());
    };
    const relationships = async (part: string): Promise<readonly Relationship[]> => {
      const { folder, name } = placeOf(part);
      const path = folder === "" ? `_rels/${name}.rels` : `${folder}/_rels/${name}.rels`;
      const found: Relationship[] = [];
      if (archive.has(path)) await parse(path, relationshipsHandler(folder, found));
      return found;
    };
    const root = (await relationships("")).find(({ kind }) => kind === "officeDocument")?.target;
    if (root === undefined) {
      throw faults.format(archive.has("content.xml") ? "an OpenDocument file" : "a zip archive that holds no workbook");
    }
    if (root.toLowerCase().endsWith(".bin")) throw faults.format("a binary workbook (.xlsb)");
    const outline: WorkbookOutline = { is1904: false, sheets: [] };
    await parse(root, outlineHandler(outline));
    if (outline.sheets.length === 0) throw faults.format("an office document without sheets");
    const parts = await relationships(root);
    const partOf = (kind: string): string | null => parts.find((part) => part.kind === kind)?.target ?? null;

    const meanings: NumberMeaning[] = [];
    const styles = partOf("styles");
    if (styles !== null) await parse(styles, stylesHandler(meanings));
    const texts = partOf("sharedStrings");
    if (texts !== null)
      await parse(
        texts,
        stringsHandler((text) => strings.add(text)),
      );
    const context: CellContext = { strings, meanings, is1904: outline.is1904 };

    const sheets = outline.sheets.flatMap(({ name, relationship }, position) => {
      const part = parts.find(({ id }) => id === relationship);
      if (part === undefined) throw faults.damaged(root, `the sheet "${name}" leads to no part`);
      if (part.kind !== "worksheet") return [];
      return [{ position, name, rows: () => sheetRows(archive, faults, `the sheet "${name}" (${part.target})`, part.target, context) }];
    });
    return { sheets, close };
  } catch (error) {
    close();
    throw error;
  }
};

async function* sheetRows(archive: ZipArchive, faults: WorkbookFaults, label: string, part: string, context: CellContext) {
  const parser = new SheetParser(context);
  const reader = new XmlReader(parser);
  for await (const block of archive.read(part, label)) {
    asFault(faults, label, () => reader.write(block));
    yield parser.take();
  }
  asFault(faults, label, () => reader.end());
}

const asFault = (faults: WorkbookFaults, part: string, action: () => void): void => {
  try {
    action();
  } catch (cause) {
    if (cause instanceof XmlProblem) throw faults.damaged(part, cause.message, cause);
    throw cause;
  }
};

const placeOf = (part: string): { readonly folder: string; readonly name: string } => {
  const slash = part.lastIndexOf("/");
  return { folder: part.slice(0, Math.max(slash, 0)), name: part.slice(slash + 1) };
};
