/**
 * What is measured. A case's `start` makes what its runs need and gives
 * - `rows` that one run works on,
 * - `run`, which runs the product once: `{ seconds, peakMiB }`,
 * - `against`: yardsticks `{ peer, run, bars }` that run after it, each with the bars of its ratio,
 * - `memory` and `seconds`: bars of the product's own figures.
 * A bar `{ from, must, aim }` holds from so many rows on; below, starting up is most of what is measured.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { linkFile, replaceDatabase, replaceFolder, warm } from "./files.mjs";
import { exported, sorted, writeWorkspace } from "./workspace.mjs";

const million = 1_000_000;
const examples = fileURLToPath(new URL("../examples", import.meta.url));

/** Counters of a preparation that reads a generated file. */
const prepared = ({ lines, sorted: written, nullKeys, duplicates }) => ({ read: lines, written, nullKeys, duplicates });
const withoutRead = ({ read, ...others }) => others;

/** A run of one job in a workspace whose Work folder is each time what it was when this was called. */
const repeatable = (bench, workspace, job, counters) => {
  const before = `${workspace}.before`;
  replaceFolder(join(workspace, "Work"), before);
  return () => {
    replaceFolder(before, join(workspace, "Work"));
    const measured = bench.run(workspace, job);
    bench.check(`sluice ${job}`, measured.counters, counters);
    return measured;
  };
};

const yardstick = (bench, peer, bars, counters, run) => ({
  peer,
  bars,
  run: () => {
    const measured = run();
    bench.check(peer, measured.counters, counters);
    return measured;
  },
});

const exportCase = (name, file, separator) => ({
  name,
  start: (bench) => {
    const { folder, expected } = bench.data("entries", bench.rows);
    const source = join(folder, file);
    const workspace = join(bench.scratch, name);
    writeWorkspace(workspace, { entries: source, separator });
    warm(source);
    const { lines } = expected.day2;
    return {
      rows: lines,
      run: repeatable(bench, workspace, "Export", { read: lines, written: lines, rejected: 0 }),
      against: [yardstick(bench, "shell: cp", [], {}, () => bench.peers.shell.copy(source, join(bench.scratch, "copy")))],
    };
  },
});

const prepareCase = {
  name: "prepare",
  start: (bench) => {
    const { folder, expected } = bench.data("entries", bench.rows);
    const source = join(folder, "entries.day2.csv");
    const workspace = join(bench.scratch, "prepare");
    writeWorkspace(workspace, { entries: source });
    bench.run(workspace, "Export");
    warm(source);
    const counters = prepared(expected.day2);
    const out = join(bench.scratch, "prepare-peer");
    return {
      rows: counters.read,
      run: repeatable(bench, workspace, "Prepare", counters),
      memory: [{ from: 10 * million, must: 300, aim: 150 }],
      against: [
        yardstick(
          bench,
          "shell: sort",
          [
            { from: million, must: 3, aim: 2 },
            { from: 10 * million, must: 2, aim: 1.25 },
          ],
          {},
          () => bench.peers.shell.sort(source, out),
        ),
        yardstick(bench, "duckdb", [{ from: million, must: 1, aim: 0.65 }], withoutRead(counters), () =>
          bench.peers.duckdb.prepare(source, ";", out),
        ),
      ],
    };
  },
};

const quotedCase = {
  name: "prepare-quoted",
  start: (bench) => {
    const { folder, expected } = bench.data("entries", bench.rows);
    const workspace = join(bench.scratch, "prepare-quoted");
    writeWorkspace(workspace, {});
    // As another program would leave it there: our own export writes no quote that is not needed.
    const input = exported(workspace, "Entries");
    linkFile(join(folder, "entries.quoted.csv"), input);
    warm(input);
    const counters = prepared(expected.day2);
    return {
      rows: counters.read,
      run: repeatable(bench, workspace, "Prepare", counters),
      against: [
        yardstick(bench, "duckdb", [{ from: million, must: 1.5, aim: 0.95 }], withoutRead(counters), () =>
          bench.peers.duckdb.prepare(input, ",", join(bench.scratch, "quoted-peer")),
        ),
      ],
    };
  },
};

const membersCase = {
  name: "prepare-members",
  start: (bench) => {
    const { folder, expected } = bench.data("members", bench.rows * 3);
    const source = join(folder, "members.csv");
    const workspace = join(bench.scratch, "prepare-members");
    writeWorkspace(workspace, { members: source });
    bench.run(workspace, "Export_Members");
    warm(source);
    const counters = prepared(expected);
    return {
      rows: counters.read,
      run: repeatable(bench, workspace, "Prepare_Members", counters),
      against: [
        yardstick(bench, "shell: pipeline", [{ from: million, must: 1.2, aim: 0.7 }], withoutRead(counters), () =>
          bench.peers.shell.members(source, join(bench.scratch, "members-peer")),
        ),
      ],
    };
  },
};

/** A repository's four moments, each made when it is first asked for: nothing but the prepared day 1, loaded, day 2 prepared, day 2 again. */
const repository = (bench) =>
  bench.once("repository", () => {
    const { folder, expected } = bench.data("entries", bench.rows);
    const workspace = join(bench.scratch, "repository");
    const work = join(workspace, "Work");
    const day1 = join(bench.scratch, "day1.sorted.csv");
    const day2 = join(bench.scratch, "day2.sorted.csv");
    const toLoad = join(bench.scratch, "to-load");
    const toCompare = join(bench.scratch, "to-compare");
    const toRepeat = join(bench.scratch, "to-repeat");
    const exportDay = (day) => {
      writeWorkspace(workspace, { entries: join(folder, `entries.day${day}.csv`) });
      bench.run(workspace, "Export");
    };
    const prepareFrom = (moment, job, next) => {
      replaceFolder(moment, work);
      if (job !== null) bench.run(workspace, job);
      return next;
    };
    const start = () => {
      exportDay(1);
      bench.run(workspace, "Prepare_Initial");
      linkFile(sorted(workspace, "Entry"), day1);
      replaceFolder(work, toLoad);
    };
    start();
    const compare = () =>
      bench.once("to-compare", () => {
        prepareFrom(toLoad, "Synchronize");
        exportDay(2);
        bench.run(workspace, "Prepare");
        linkFile(sorted(workspace, "Entry"), day2);
        replaceFolder(work, toCompare);
      });
    const repeat = () =>
      bench.once("to-repeat", () => {
        compare();
        prepareFrom(toCompare, "Synchronize");
        bench.run(workspace, "Prepare");
        replaceFolder(work, toRepeat);
      });
    const synchronize = (moment, counters) => () => {
      replaceFolder(moment, work);
      const measured = bench.run(workspace, "Synchronize");
      bench.check("sluice Synchronize", measured.counters, counters);
      return measured;
    };
    const { insert, update, delete: deleted } = expected.changes;
    const changed = { inserted: insert, updated: update, deleted };
    const none = { inserted: 0, updated: 0, deleted: 0 };
    return {
      day1,
      day2,
      expected,
      changed,
      compare,
      repeat,
      load: synchronize(toLoad, { ...none, inserted: expected.day1.sorted }),
      complete: synchronize(toCompare, changed),
      unchanged: synchronize(toRepeat, none),
    };
  });
