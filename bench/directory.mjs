/**
 * A directory with links, from its first load to a blocked third day that a person lets through. Each step needs what the former left in the
 * database, so the runs of all cases are chains: run 3 of `complete-links` goes on where run 3 of `initial-links` ended.
 */
import { join } from "node:path";
import { linkFile, settle, warm } from "./files.mjs";
import { sorted, writeWorkspace } from "./workspace.mjs";

/** Exit code of a run that stopped at a threshold. */
const blocked = 2;

/** What both databases do with the same files. */
const expectationsOf = (entries, { links, day3 }) => {
  const { insert: inserted, update: updated, delete: deleted } = entries.changes;
  const linkCounters = ({ linksInserted, linksDeleted, orphans }) => ({ linksInserted, linksDeleted, orphans });
  const nothing = { inserted: 0, updated: 0, deleted: 0, linksInserted: 0, linksDeleted: 0 };
  const late = { ...nothing, updated: day3.update, ...linkCounters(links.day3) };
  return {
    initial: { ...nothing, inserted: entries.day1.sorted, ...linkCounters(links.day1) },
    complete: { inserted, updated, deleted, ...linkCounters(links.day2) },
    unchanged: { ...nothing, orphans: links.day2.orphans },
    block: late,
    resume: late,
  };
};

/** Files of a day, by the step that reads them. */
const dayOf = { initial: 1, complete: 2, unchanged: 2, block: 3, resume: 3 };
const steps = Object.keys(dayOf);

/** The generated files, what is in them, and a place for the sorted files that the first chain leaves for peers. */
const directoryData = (bench) =>
  bench.once("directory", () => {
    const { folder: entriesFolder, expected: entries } = bench.data("entries", bench.rows);
    const { folder, expected } = bench.data("directory", bench.rows);
    const source = (day) => ({
      entries: join(day === 3 ? folder : entriesFolder, `entries.day${day}.csv`),
      members: join(folder, `links.day${day}.csv`),
    });
    const rowsOf = {
      1: entries.day1.sorted + expected.links.day1.lines,
      2: entries.day2.sorted + expected.links.day2.lines,
      3: expected.day3.sorted + expected.links.day3.lines,
    };
    const counters = expectationsOf(entries, expected);
    const changes = Object.values({ ...counters.resume, orphans: 0 }).reduce((sum, count) => sum + count, 0);
    return {
      source,
      counters,
      /** What one run of a step works on: the rows of its files; what is staged, for the resume of it. */
      rows: (step) => (step === "resume" ? changes : rowsOf[dayOf[step]]),
      sorted: (mapping, day) => join(bench.scratch, `directory.${mapping}.day${day}.csv`),
      prepared: new Set(),
    };
  });

/** Puts the sorted files of a day aside for the peers. */
const keepSorted = (data, workspace, day) => {
  for (const mapping of ["Entry", "Members"]) linkFile(sorted(workspace, mapping), data.sorted(mapping, day));
  data.prepared.add(day);
};

/**
 * One chain in a workspace and a database of its own. `step(name)` gives the measured run of a step, after all steps before it; each runs once.
 * `where`: the name of the database for the product's settings, how the database is made; nothing for the embedded one.
 */
const createChain = (bench, data, name, { extra = {}, make = () => undefined }) => {
  const workspace = join(bench.scratch, name);
  const done = new Map();
  const prepare = (step) => {
    const day = dayOf[step];
    const source = data.source(day);
    writeWorkspace(workspace, { ...source, isOneConnector: true });
    if (day === 1) make(workspace);
    for (const job of ["Export", "Export_Members", step === "initial" ? "Prepare_Initial" : "Prepare"])
      bench.run(workspace, job, { extra });
    keepSorted(data, workspace, day);
    for (const mapping of ["Entry", "Members"]) warm(data.sorted(mapping, day));
    settle();
  };
  const measured = {
    initial: () => bench.run(workspace, "Synchronize", { extra }),
    complete: () => bench.run(workspace, "Synchronize", { extra }),
    unchanged: () => bench.run(workspace, "Synchronize", { extra }),
    block: () => bench.run(workspace, "Synchronize", { extra, ends: blocked }),
    resume: () => bench.resume(workspace, done.get("block").jobInstance, { extra }),
  };
  return {
    step: (wanted) => {
      for (const step of steps.slice(0, steps.indexOf(wanted) + 1)) {
        if (done.has(step)) continue;
        if (step === "resume") settle();
        else prepare(step);
        const run = measured[step]();
        bench.check(`sluice ${name} ${step}`, run.counters, data.counters[step]);
        done.set(step, run);
      }
      return done.get(wanted);
    },
  };
};

/** The same days for the peer: what it loads, and what it compares with that. */
const createPeerChain = (bench, data, name) => {
  const database = bench.server.name(name);
  const done = new Map();
  const files = (step) => ["Entry", "Members"].map((mapping) => data.sorted(mapping, dayOf[step]));
  const run = (step) => {
    if (step !== "initial") return bench.server.peer(database, "complete", ...files(step));
    bench.server.create(database);
    const loaded = bench.server.peer(database, "load", ...files(step));
    bench.server.peer(database, "resolve");
    // What it loads are the claims of links, resolved or not.
    const { orphans } = data.counters.initial;
    return { ...loaded, counters: { ...loaded.counters, linksInserted: loaded.counters.linksInserted - orphans } };
  };
  return {
    step: (wanted) => {
      for (const step of ["initial", "complete", "unchanged", "block"]) {
        if (!done.has(step)) {
          settle();
          const { orphans, ...counters } = data.counters[step];
          const measured = run(step);
          bench.check(
            `${name} ${step}`,
            measured.counters,
            step === "initial" ? { inserted: counters.inserted, linksInserted: counters.linksInserted } : counters,
          );
          done.set(step, measured);
        }
        if (step === wanted) break;
      }
      return done.get(wanted);
    },
  };
};

/** Chains by number, each made when it is first asked for. */
const numbered = (bench, name, make) => (number) => bench.once(`${name} ${number}`, () => make(`${name}-${number}`));

/** Chains of the product on the embedded database. */
const embeddedChain = (bench, data) => numbered(bench, "embedded", (name) => createChain(bench, data, name, {}));

/** Chains of the product on the server: the database is made as its user makes one. */
const serverChain = (bench, data) =>
  numbered(bench, "server", (name) => {
    const database = bench.server.name(`${bench.rows}_${name.replaceAll("-", "_")}`);
    const extra = bench.server.setting(database);
    return createChain(bench, data, name, {
      extra,
      make: (workspace) => bench.time(["database", "migrate", "--create", "-w", workspace], { extra }),
    });
  });

const peerChain = (bench, data) =>
  numbered(bench, "peer", (name) => createPeerChain(bench, data, `${bench.rows}_${name.replaceAll("-", "_")}`));

/** Runs that go through the chains one after the other. */
const inTurn = (chain, step) => {
  let number = 0;
  return () => chain(++number).step(step);
};

/** Memory must not grow with the rows (MiB). */
const memory = [{ from: 3_000_000, aim: 250 }];

const chainCase = (name, step, chainOf, against, needs) => ({
  name,
  needs,
  start: (bench) => {
    const data = directoryData(bench);
    return { rows: data.rows(step), run: inTurn(chainOf(bench, data), step), memory, against: against(bench, data) };
  },
});

const embeddedCase = (step, against = () => []) => chainCase(`${step}-links`, step, embeddedChain, against);

/** `peerStep`: what the peer does of the same. */
const serverCase = (step, peer, peerStep, against = () => []) =>
  chainCase(
    `server-${step}`,
    step,
    serverChain,
    (bench, data) => [{ peer, run: inTurn(peerChain(bench, data), peerStep) }, ...against(bench, data)],
    "server",
  );

const besideComplete = (name, chainOf) => (bench, data) => [{ peer: name, run: inTurn(chainOf(bench, data), "complete") }];

export const embeddedCases = [
  embeddedCase("initial"),
  embeddedCase("complete"),
  embeddedCase("unchanged", besideComplete("complete-links", embeddedChain)),
  embeddedCase("block"),
  embeddedCase("resume"),
];

export const serverCases = [
  serverCase("initial", "tedious: bulk load", "initial"),
  serverCase("complete", "T-SQL: set-based", "complete"),
  serverCase("unchanged", "T-SQL: set-based", "unchanged", besideComplete("server-complete", serverChain)),
  serverCase("block", "T-SQL: set-based", "block"),
  serverCase("resume", "T-SQL: set-based", "block"),
];
