/** Starts the thread of a run's first task while the configuration is read and the database opened: what runs tasks calls it first. */
export const startThread = async (): Promise<void> => {
  const { loadAhead } = await import("../sync/index.js");
  loadAhead([]);
};
