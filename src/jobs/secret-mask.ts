/** What stands where a secret stood. */
const mask = "***";
/** Shorter texts would mask half of every message and are no secrets worth the name (characters). */
const shortestSecret = 3;

/**
 * Masks secrets by value in whatever text leaves: messages, logs, recorded errors (design §7.8). Longer secrets first, so that one which
 * contains another disappears whole; each also as JSON writes it, since logs are JSON.
 */
export const maskSecrets = (text: string, secrets: readonly string[]): string => {
  const forms = secrets
    .filter((secret) => secret.length >= shortestSecret)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)])
    .sort((a, b) => b.length - a.length);
  return forms.reduce((masked, form) => masked.replaceAll(form, mask), text);
};
