/** Numbers, times and durations as people read them, the same on every machine: no locale is asked. */

/** `1,234,567`. */
export const formatCount = (value: number): string => {
  const [whole = "", fraction] = String(value).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
};

const two = (value: number): string => String(value).padStart(2, "0");

/** Milliseconds as `340 ms`, `2.4 s`, `3 min 05 s`, `1 h 02 min`. */
export const formatDuration = (milliseconds: number): string => {
  const ms = Math.max(0, Math.round(milliseconds));
  if (ms < 1000) return `${ms} ms`;
  // 59,950 ms and more would round to 60.0 s.
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
};

/** `2026-11-21T09:30:00.000Z` as `2026-11-21 09:30:00 UTC`. */
export const formatTime = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;

/** `1 job`, `4 jobs`: takes both words where the plural is not one `s` more. */
export const formatNoun = (count: number, one: string, many = `${one}s`): string => `${formatCount(count)} ${count === 1 ? one : many}`;

/** Bytes as `812 bytes`, `3.4 MB`, `12 GB`: powers of 1,000, three digits at most. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1_000) return formatNoun(bytes, "byte");
  const units = ["kB", "MB", "GB", "TB", "PB"];
  let value = bytes;
  let unit = -1;
  // 999,500 of one unit would be shown as 1000 of it.
  while (unit + 1 < units.length && (value >= 999.5 || unit < 0)) {
    value /= 1_000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
};
