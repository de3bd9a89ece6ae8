import type { ToldState } from "../../config/index.js";
import type { MailBlock } from "./mail-block.js";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it stands in HTML, in elements and in attributes (design §7.8). */
export const escapedHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character);

const colours: Readonly<Record<ToldState, string>> = {
  Completed: "#1a7f37",
  Warning: "#9a6700",
  Errored: "#b42318",
  Blocked: "#b54708",
  Aborted: "#b42318",
  Cancelled: "#57606a",
};

// Mail programs drop style sheets: each element carries its own.
const font = "font-family:Segoe UI,Helvetica,Arial,sans-serif;font-size:14px;color:#1f2328";
const code = "font-family:Consolas,Menlo,monospace;font-size:13px;background:#f6f8fa;padding:2px 4px";
const cell = "border:1px solid #d0d7de;padding:4px 8px;text-align:left;vertical-align:top";

/** A page without anything from elsewhere: no pictures, no scripts, no addresses. `body` is HTML already. */
export const htmlPage = (title: string, state: ToldState, body: string): string =>
  [
    "<!DOCTYPE html>",
    `<html lang="en"><head><meta charset="utf-8"><title>${escapedHtml(title)}</title></head>`,
    `<body style="${font}">`,
    `<h1 style="font-size:18px;color:${colours[state]}">${escapedHtml(title)}</h1>`,
    body,
    "</body></html>",
    "",
  ].join("\n");

/** One block as HTML; empty where there is nothing in it. `clean` is applied to each text before it is escaped. */
export const htmlBlock = (block: MailBlock, clean: (text: string) => string): string => {
  const text = (given: string): string => escapedHtml(clean(given)).replaceAll("\n", "<br>");
  const heading = (title: string): string => `<h2 style="font-size:15px">${text(title)}</h2>`;
  switch (block.kind) {
    case "facts":
      return `<table style="border-collapse:collapse">${block.rows
        .map(
          ([label, value]) =>
            `<tr><th style="text-align:left;vertical-align:top;padding:2px 16px 2px 0">${text(label)}</th><td>${text(value)}</td></tr>`,
        )
        .join("\n")}</table>`;
    case "passages":
      if (block.passages.length === 0) return "";
      return [
        heading(block.title),
        ...block.passages.map(({ heading: of, lines }) => `<p><strong>${text(of)}</strong><br>${lines.map(text).join("<br>\n")}</p>`),
      ].join("\n");
    case "table":
      if (block.rows.length === 0) return "";
      return [
        heading(block.title),
        '<table style="border-collapse:collapse">',
        `<tr>${block.columns.map(({ title }) => `<th style="${cell}">${text(title)}</th>`).join("")}</tr>`,
        ...block.rows.map(
          (row) =>
            `<tr>${block.columns.map(({ isNumber }, at) => `<td style="${cell}${isNumber === true ? ";text-align:right" : ""}">${text(row[at] ?? "")}</td>`).join("")}</tr>`,
        ),
        "</table>",
        ...(block.note === null ? [] : [`<p>${text(block.note)}</p>`]),
      ].join("\n");
    case "commands":
      return [
        heading(block.title),
        ...block.commands.map(([command, does]) => `<p><code style="${code}">${text(command)}</code><br>${text(does)}</p>`),
      ].join("\n");
  }
};
