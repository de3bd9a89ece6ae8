/**
 * Storage slots of a resource row, connectors §1.5: C0…C3V hold scalars (0–127), I40…I4O mono-valued navigations (128–152).
 * The suffix is the index in base32hex (digits 0-9A-V), at least one digit.
 */
declare const brand: unique symbol;
/** The column name of a slot, such as `C4` or `I40`. */
export type Slot = string & { readonly [brand]: "Slot" };

/** First index of the optimized navigations (connectors §7.1). */
export const firstNavigationIndex = 128;
/** Last slot index there is (connectors §7.1). */
export const lastIndex = 152;
/** C0–C3 take 4000 characters, every other C slot 442 (connectors §1.5, §7.2). */
export const maximumLength = (index: number): number => (index <= 3 ? 4000 : 442);

/** Takes a TargetColumnIndex 0–152, gives its column name. */
export const slotOf = (index: number): Slot => `${index < firstNavigationIndex ? "C" : "I"}${index.toString(32).toUpperCase()}` as Slot;

/** All slots in index order: 128 C columns, then 25 I columns. */
export const allSlots: readonly Slot[] = Array.from({ length: lastIndex + 1 }, (_, index) => slotOf(index));
