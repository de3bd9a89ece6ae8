import { maskSecrets } from "../../errors/index.js";

/** Takes a value as JSON knows it, gives it with secrets masked in all its texts; numbers and names of members stay, so that it remains what it was (design §7.8). */
export const masked = <T>(value: T, secrets: readonly string[]): T => {
  const mask = (inner: unknown): unknown => {
    if (typeof inner === "string") return maskSecrets(inner, secrets);
    if (Array.isArray(inner)) return inner.map(mask);
    if (typeof inner === "object" && inner !== null)
      return Object.fromEntries(Object.entries(inner).map(([key, member]) => [key, mask(member)]));
    return inner;
  };
  return mask(value) as T;
};
