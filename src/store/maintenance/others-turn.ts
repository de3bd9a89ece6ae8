/** Lets timers and other work of this process have their turn: an embedded database answers without ever waiting, so that a long row of statements would keep them from it. */
export const othersTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
