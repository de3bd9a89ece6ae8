/** One mailbox without a name: what may stand in an envelope, whatever a server makes of it (RFC 5321 §4.1.2). */
export const isMailAddress = (text: string): boolean => /^[^\s@<>()",;:\\[\]\p{C}]+@[^\s@<>()",;:\\\p{C}]+$/u.test(text);

/** How one is described to people. */
export const mailAddressExample = "operator@example.org";
