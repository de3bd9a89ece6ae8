/**
 * What a template of the mail about a job's end may name as `{{Name}}` (role-model §12). Nothing in a template is evaluated: each stands for one text, or for one block of
 * the usual mail.
 */
export const mailPlaceholders = [
  "Job",
  "JobDisplayName",
  "JobInstance",
  "State",
  "StartedAt",
  "EndedAt",
  "Duration",
  "StartedBy",
  "Reason",
  "Message",
  "Host",
  "Workspace",
  "Facts",
  "Errors",
  "Blocks",
  "Thresholds",
  "Tasks",
  "NextSteps",
] as const;
export type MailPlaceholder = (typeof mailPlaceholders)[number];

/** A name in double braces; blanks inside do not count. */
const pattern = /\{\{\s*([A-Za-z][\w.]*)\s*\}\}/g;

/** Takes a template, gives the names that it holds in double braces, known or not. */
export const placeholdersOf = (template: string): readonly string[] => [...template.matchAll(pattern)].map(([, name = ""]) => name);

/** Takes a template, gives it with what `textFor` says in the place of each known name; others stay as they are written. What a text holds is not looked into again. */
export const fillPlaceholders = (template: string, textFor: (name: MailPlaceholder) => string): string =>
  template.replace(pattern, (written, name: string) => {
    const known = mailPlaceholders.find((each) => each.toLowerCase() === name.toLowerCase());
    return known === undefined ? written : textFor(known);
  });
