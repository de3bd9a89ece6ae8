/**
 * Optimal string alignment distance (a transposition of neighbours counts one), given up as soon as it exceeds `limit`.
 * Gives `limit + 1` then.
 */
export const editDistance = (a: string, b: string, limit: number): number => {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    let best = i;
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let value = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) value = Math.min(value, (beforeLast[j - 2] ?? 0) + 1);
      row.push(value);
      if (value < best) best = value;
    }
    if (best > limit) return limit + 1;
    beforeLast = last;
    last = row;
  }
  return Math.min(last[b.length] ?? 0, limit + 1);
};

/** Names of this length or more may differ by three edits, by two from five letters on, shorter ones by one: a typo, not another word. */
const toleranceOf = (name: string): number => (name.length >= 12 ? 3 : name.length >= 5 ? 2 : 1);

/**
 * The valid name nearest to one that is not valid, case counting nothing; null when none is near enough to be meant.
 * The first of equally near ones wins, so the order of `candidates` decides ties.
 */
export const nearestName = (name: string, candidates: Iterable<string>): string | null => {
  const wanted = name.toLowerCase();
  let best: string | null = null;
  let distance = toleranceOf(name) + 1;
  for (const candidate of candidates) {
    const found = editDistance(wanted, candidate.toLowerCase(), distance - 1);
    if (found < distance) {
      best = candidate;
      distance = found;
      if (distance === 0) break;
    }
  }
  return best;
};
