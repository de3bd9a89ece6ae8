/** A part of a mail as it is thought; how it looks as text and as HTML say `plain-text.ts` and `html-text.ts`. Texts come from data and are escaped there. */
export type MailBlock =
  | { readonly kind: "facts"; readonly rows: readonly (readonly [label: string, value: string])[] }
  | { readonly kind: "passages"; readonly title: string; readonly passages: readonly Passage[] }
  | {
      readonly kind: "table";
      readonly title: string;
      readonly columns: readonly MailColumn[];
      readonly rows: readonly (readonly string[])[];
      readonly note: string | null;
    }
  | { readonly kind: "commands"; readonly title: string; readonly commands: readonly (readonly [command: string, does: string])[] };

/** A heading with lines below it. */
export interface Passage {
  readonly heading: string;
  readonly lines: readonly string[];
}

export interface MailColumn {
  readonly title: string;
  readonly isNumber?: boolean;
}
