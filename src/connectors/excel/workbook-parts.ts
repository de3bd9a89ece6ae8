import { restored } from "./cell.js";
import { builtInMeaning, formatMeaning, type NumberMeaning } from "./number-format.js";
import type { XmlAttributes, XmlHandler } from "./xml-reader.js";

/** Calls `take` for each element of the names given; texts are left out. */
export const elementHandler = (take: (name: string, attributes: XmlAttributes, path: readonly string[]) => void): XmlHandler => {
  const path: string[] = [];
  return {
    open: (name, attributes) => {
      take(name, attributes, path);
      path.push(name);
    },
    text: () => {},
    close: () => {
      path.pop();
    },
  };
};

/** A relationship of a part: what it leads to, by its last word (`worksheet`, `styles`), and where that lies in the archive. */
export interface Relationship {
  readonly id: string;
  readonly kind: string;
  readonly target: string;
}

/** Takes the relationships of the part that lies in `folder`; targets outside of the file are left out. */
export const relationshipsHandler = (folder: string, found: Relationship[]): XmlHandler =>
  elementHandler((name, attributes) => {
    if (name !== "Relationship" || attributes.get("TargetMode") === "External") return;
    const type = attributes.get("Type") ?? "";
    found.push({
      id: attributes.get("Id") ?? "",
      kind: type.slice(type.lastIndexOf("/") + 1),
      target: resolved(folder, attributes.get("Target") ?? ""),
    });
  });

const resolved = (folder: string, target: string): string => {
  const parts: string[] = [];
  for (const part of (target.startsWith("/") ? target : `${folder}/${target}`).split("/")) {
    if (part === "..") parts.pop();
    else if (part !== "." && part !== "") parts.push(part);
  }
  return parts.join("/");
};

/** What `workbook.xml` says. */
export interface WorkbookOutline {
  is1904: boolean;
  readonly sheets: { readonly name: string; readonly relationship: string }[];
}

export const outlineHandler = (outline: WorkbookOutline): XmlHandler =>
  elementHandler((name, attributes, path) => {
    if (name === "workbookPr") outline.is1904 = /^(1|true)$/i.test(attributes.get("date1904") ?? "");
    if (name === "sheet" && path.at(-1) === "sheets") {
      outline.sheets.push({ name: attributes.get("name") ?? "", relationship: attributes.get("id") ?? "" });
    }
  });

/** Takes the meaning of each format of cells out of `styles.xml`. */
export const stylesHandler = (meanings: NumberMeaning[]): XmlHandler => {
  const codes = new Map<number, string>();
  return elementHandler((name, attributes, path) => {
    if (name === "numFmt" && path.at(-1) === "numFmts") codes.set(Number(attributes.get("numFmtId")), attributes.get("formatCode") ?? "");
    if (name !== "xf" || path.at(-1) !== "cellXfs") return;
    const id = Number(attributes.get("numFmtId") ?? "0");
    const code = codes.get(id);
    meanings.push(code === undefined ? builtInMeaning(id) : formatMeaning(code));
  });
};

/** Takes the texts out of `sharedStrings.xml`: of a rich text its parts joined; how it is read aloud is left out. */
export const stringsHandler = (add: (text: string) => void): XmlHandler => {
  let text = "";
  let isText = false;
  let isPhonetic = false;
  return {
    open: (name) => {
      if (name === "si") text = "";
      else if (name === "rPh") isPhonetic = true;
      else if (name === "t") isText = !isPhonetic;
    },
    text: (piece) => {
      if (isText) text += piece;
    },
    close: (name) => {
      if (name === "si") add(restored(text));
      else if (name === "rPh") isPhonetic = false;
      else if (name === "t") isText = false;
    },
  };
};
