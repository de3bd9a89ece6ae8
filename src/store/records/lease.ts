/**
 * How long a runner counts as alive after its last sign of life, to those who cannot see its process (ms). Long enough for five lost heartbeats in a row: a server that fails
 * over, a pause of a virtual machine. Short enough for a night's schedule: a connector of a machine that died is free after a minute.
 */
export const leaseMs = 60_000;

/** How often a runner extends the lease of its instance (ms): six small writes a minute. */
export const heartbeatMs = 10_000;

/** `LeaseUntil` of a lease given now. Takes the database's time in ms since 1970. */
export const leaseEnd = (now: number): string => new Date(now + leaseMs).toISOString();
