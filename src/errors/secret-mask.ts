/** What stands where a secret stood. */
const mask = "***";

/** Shorter secrets (characters) are masked only where they stand alone: `a` as a password must not eat every a. */
const shortestAnywhere = 4;

const escapeForPattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");

/**
 * Masks secrets by value in whatever text leaves: messages, logs, recorded errors (design §7.8). Longer secrets first, so that one which contains
 * another disappears whole; each as JSON writes it first, since logs are JSON and half an escape would break them.
 */
export const maskSecrets = (text: string, secrets: readonly string[]): string => {
  let masked = text;
  for (const secret of [...secrets].sort((a, b) => b.length - a.length)) {
    if (secret === "") continue;
    for (const spelling of new Set([JSON.stringify(secret).slice(1, -1), secret])) {
      if (!masked.includes(spelling)) continue;
      masked =
        secret.length >= shortestAnywhere
          ? masked.replaceAll(spelling, mask)
          : masked.replace(new RegExp(`(?<![\\p{L}\\p{N}])${escapeForPattern(spelling)}(?![\\p{L}\\p{N}])`, "gu"), mask);
    }
  }
  return masked;
};
