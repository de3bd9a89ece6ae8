/** Freezes a value and everything below it, values of maps included (a map itself cannot be frozen; its type is read-only). */
export const deepFreeze = <T>(value: T): T => {
  if (value === null || typeof value !== "object" || Object.isFrozen(value)) return value;
  if (value instanceof Map) {
    for (const member of value.values()) deepFreeze(member);
    return value;
  }
  Object.freeze(value);
  for (const member of Object.values(value)) deepFreeze(member);
  return value;
};
