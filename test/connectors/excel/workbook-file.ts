import { crc32, deflateRawSync } from "node:zlib";

/** A part of an archive; what is wrong with it on purpose. */
export interface Part {
  readonly content: string | Uint8Array;
  readonly method?: number;
  readonly checksum?: number;
  readonly size?: number;
  readonly flags?: number;
}

/** A zip file of parts by name, packed unless they say otherwise. */
export const zip = (parts: Readonly<Record<string, string | Part>>): Buffer => {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const [name, given] of Object.entries(parts)) {
    const part: Part = typeof given === "string" ? { content: given } : given;
    const bytes = Buffer.from(part.content as string);
    const method = part.method ?? 8;
    const packed = method === 8 ? deflateRawSync(bytes) : bytes;
    const title = Buffer.from(name);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(part.flags ?? 0, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(part.checksum ?? crc32(bytes), 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(part.size ?? bytes.length, 18);
    common.writeUInt16LE(title.length, 22);
    const local = Buffer.concat([Buffer.from("PK\x03\x04"), common, title, packed]);
    const place = Buffer.alloc(14);
    place.writeUInt32LE(at, 10);
    directory.push(Buffer.concat([Buffer.from("PK\x01\x02\x14\x00"), common, place, title]));
    files.push(local);
    at += local.length;
  }
  const entries = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", 0, "latin1");
  end.writeUInt16LE(directory.length, 8);
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(entries.length, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...files, entries, end]);
};

const main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
const office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
const packages = "http://schemas.openxmlformats.org/package/2006/relationships";

export const relationships = (targets: Readonly<Record<string, readonly [kind: string, target: string]>>): string =>
  `<Relationships xmlns="${packages}">${Object.entries(targets)
    .map(([id, [kind, target]]) => `<Relationship Id="${id}" Type="${office}/${kind}" Target="${target}"/>`)
    .join("")}</Relationships>`;

export interface WorkbookText {
  /** `sheetData` of each sheet, or the whole part where it starts with `<?`. */
  readonly sheets: readonly string[];
  readonly is1904?: boolean;
  /** Format codes: cell style 1 is the first. */
  readonly formats?: readonly string[];
  /** `si` elements. */
  readonly strings?: readonly string[];
}

/** Parts of a workbook as Excel lays them out. */
export const workbookParts = ({ sheets, is1904 = false, formats = [], strings }: WorkbookText): Record<string, string | Part> => {
  const parts: Record<string, string | Part> = {
    "[Content_Types].xml": "<Types/>",
    "_rels/.rels": relationships({ rId1: ["officeDocument", "xl/workbook.xml"] }),
    "xl/workbook.xml": `<?xml version="1.0" encoding="UTF-8"?><workbook xmlns="${main}" xmlns:r="${office}"><workbookPr date1904="${is1904 ? 1 : 0}"/><sheets>${sheets
      .map((_, i) => `<sheet name="Sheet ${i + 1}" sheetId="${i + 5}" ${i === 1 ? 'state="hidden" ' : ""}r:id="rId${i + 1}"/>`)
      .join("")}</sheets></workbook>`,
    "xl/_rels/workbook.xml.rels": relationships({
      ...Object.fromEntries(sheets.map((_, i) => [`rId${i + 1}`, ["worksheet", `worksheets/sheet${i + 1}.xml`] as const])),
      st: ["styles", "styles.xml"],
      ...(strings === undefined ? {} : { ss: ["sharedStrings", "/xl/sharedStrings.xml"] as const }),
    }),
    "xl/styles.xml": `<styleSheet xmlns="${main}"><numFmts>${formats
      .map((code, i) => `<numFmt numFmtId="${200 + i}" formatCode="${code.replaceAll('"', "&quot;").replaceAll("<", "&lt;")}"/>`)
      .join("")}</numFmts><cellStyleXfs><xf numFmtId="14"/></cellStyleXfs><cellXfs><xf numFmtId="0"/>${formats
      .map((_, i) => `<xf numFmtId="${200 + i}"/>`)
      .join("")}</cellXfs></styleSheet>`,
  };
  if (strings !== undefined) parts["xl/sharedStrings.xml"] = `<sst xmlns="${main}">${strings.join("")}</sst>`;
  for (const [i, sheet] of sheets.entries()) {
    parts[`xl/worksheets/sheet${i + 1}.xml`] = sheet.startsWith("<?")
      ? sheet
      : `<worksheet xmlns="${main}"><sheetData>${sheet}</sheetData></worksheet>`;
  }
  return parts;
};

/** A row of inline texts, or cells as XML where they start with `<`. */
export const row = (number: number, ...cells: readonly string[]): string =>
  `<row r="${number}">${cells.map((cell) => (cell.startsWith("<") ? cell : `<c t="inlineStr"><is><t xml:space="preserve">${cell}</t></is></c>`)).join("")}</row>`;
