import type { MailContent } from "./mail-content.js";

/** A mail as it is sent. */
export interface Mail extends MailContent {
  readonly from: string;
  readonly to: readonly string[];
  readonly copy: readonly string[];
  readonly date: Date;
  /** Without brackets; the same mail has the same, so that one that arrives twice is shown once. */
  readonly messageId: string;
  /** For filters of mail programs. */
  readonly headers: Readonly<Record<string, string>>;
}

/** The mail as bytes (RFC 5322, MIME): text and HTML as alternatives. Whatever it holds is encoded, so that no text can add a header. */
export const mailBytes = async (mail: Mail): Promise<Buffer> => {
  const { default: MailComposer } = await import("nodemailer/lib/mail-composer");
  const message = new MailComposer({
    from: { name: "Sluice", address: mail.from },
    to: [...mail.to],
    cc: [...mail.copy],
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    date: mail.date,
    messageId: `<${mail.messageId}>`,
    // Absence notes shall not be answered to a program (RFC 3834).
    headers: { "Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", ...mail.headers },
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return await message.compile().build();
};
