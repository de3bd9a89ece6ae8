/** How notifications of this process ended, for its metrics. */
export interface NotificationCounts {
  readonly mailsSent: number;
  /** Written to a file, since no server is set. */
  readonly mailsWritten: number;
  /** Not got by at least one recipient. */
  readonly mailsFailed: number;
  readonly commandsRun: number;
  readonly commandsFailed: number;
}

const counts: Record<keyof NotificationCounts, number> = {
  mailsSent: 0,
  mailsWritten: 0,
  mailsFailed: 0,
  commandsRun: 0,
  commandsFailed: 0,
};

export const countNotification = (end: keyof NotificationCounts): void => {
  counts[end]++;
};

/** The counts since the process began. */
export const notificationCounts = (): NotificationCounts => ({ ...counts });
