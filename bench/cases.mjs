/**
 * What is measured. A case's `start` makes what its runs need and gives
 * - `rows` that one run works on,
 * - `run`, which runs the product once: `{ seconds, peakMiB }`,
 * - `against`: yardsticks `{ peer, run, bars }` that run after it, each with the bars of its ratio,
 * - `memory` and `seconds`: bars of the product's own figures.
 * A case that `needs` something is skipped where that is missing.
 * A bar `{ from, must, aim }` holds from so many rows on; below, starting up is most of what is measured.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { embeddedCases, serverCases } from "./directory.mjs";
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

const deltaScript = fileURLToPath(new URL("./delta.mjs", import.meta.url));

const deltaCase = {
  name: "delta",
  start: (bench) => {
    const { folder, expected } = bench.data("entries", bench.rows);
    const { insert: inserted, update: updated, delete: deleted } = expected.changes;
    const counters = { inserted, updated, deleted };
    const workspace = join(bench.scratch, "delta");
    const day = (number) => join(folder, `entries.day${number}.csv`);
    const [former, current] = [1, 2].map((number) => {
      writeWorkspace(workspace, { entries: day(number) });
      bench.run(workspace, "Export");
      bench.run(workspace, "Prepare");
      const file = join(bench.scratch, `delta.day${number}.csv`);
      linkFile(sorted(workspace, "Entry"), file);
      warm(file);
      return file;
    });
    const peerFolder = join(bench.scratch, "delta-peer");
    return {
      rows: expected.day2.sorted,
      run: () => {
        const measured = bench.yardstick(process.execPath, [deltaScript, former, current, join(bench.scratch, "delta-run")]);
        bench.check("the delta step", measured.counters, counters);
        return { ...measured, peakMiB: measured.counters.peakMiB };
      },
      memory: [{ from: million, must: 100, aim: 100 }],
      against: [
        yardstick(
          bench,
          "shell: comm, awk",
          [
            { from: million, must: 2, aim: 0.7 },
            { from: 10 * million, must: 2, aim: 0.3 },
          ],
          counters,
          () => {
            bench.once("delta-peer", () => {
              for (const number of [1, 2]) bench.peers.shell.cleanse(day(number), join(peerFolder, `day${number}`));
            });
            return bench.peers.shell.delta(peerFolder, join(peerFolder, "delta"));
          },
        ),
      ],
    };
  },
};

/** The repository's moments, each made when it is first asked for: day 1 prepared, day 2 prepared, the same day prepared once more. */
const repository = (bench) =>
  bench.once("repository", () => {
    const { folder, expected } = bench.data("entries", bench.rows);
    const { insert: inserted, update: updated, delete: deleted } = expected.changes;
    const nothing = { inserted: 0, updated: 0, deleted: 0 };
    const workspace = join(bench.scratch, "repository");
    const work = join(workspace, "Work");
    const moment = (name) => join(bench.scratch, `repository.${name}`);
    const prepareDay = (day, job, name) => {
      writeWorkspace(workspace, { entries: join(folder, `entries.day${day}.csv`) });
      bench.run(workspace, "Export");
      bench.run(workspace, job);
      linkFile(sorted(workspace, "Entry"), moment(`day${day}.csv`));
      replaceFolder(work, moment(name));
    };
    const synchronize = (name, counters) => {
      replaceFolder(moment(name), work);
      const measured = bench.run(workspace, "Synchronize");
      bench.check("sluice Synchronize", measured.counters, counters);
      return measured;
    };
    const load = () => synchronize("day 1", { ...nothing, inserted: expected.day1.sorted });
    const complete = () => synchronize("day 2", { inserted, updated, deleted });
    prepareDay(1, "Prepare_Initial", "day 1");
    const reachDay2 = () =>
      bench.once("day 2", () => {
        load();
        prepareDay(2, "Prepare", "day 2");
      });
    const reachDay2Again = () =>
      bench.once("day 2 again", () => {
        reachDay2();
        complete();
        prepareDay(2, "Prepare", "day 2 again");
      });
    return {
      day1: moment("day1.csv"),
      day2: moment("day2.csv"),
      rows: [expected.day1.sorted, expected.day2.sorted],
      counters: { inserted, updated, deleted },
      load,
      reachDay2,
      complete,
      reachDay2Again,
      unchanged: () => synchronize("day 2 again", nothing),
    };
  });

const initialCase = {
  name: "initial",
  start: (bench) => {
    const { rows, day1, load } = repository(bench);
    const database = join(bench.scratch, "initial.sqlite");
    return {
      rows: rows[0],
      run: load,
      against: [
        yardstick(bench, "sqlite3: .import", [{ from: million, must: 3, aim: 1.8 }], { inserted: rows[0] }, () =>
          bench.peers.sqlite3.load(day1, database),
        ),
      ],
    };
  },
};

const completeCase = {
  name: "complete",
  start: (bench) => {
    const { rows, day1, day2, counters, reachDay2, complete } = repository(bench);
    reachDay2();
    const loaded = join(bench.scratch, "loaded.sqlite");
    const database = join(bench.scratch, "complete.sqlite");
    return {
      rows: rows[1],
      run: complete,
      memory: [{ from: 3 * million, aim: 250 }],
      against: [
        yardstick(bench, "sqlite3: set-based", [{ from: million, must: 2, aim: 1 }], counters, () => {
          bench.once("loaded", () => bench.peers.sqlite3.load(day1, loaded));
          replaceDatabase(loaded, database);
          return bench.peers.sqlite3.complete(day2, database);
        }),
      ],
    };
  },
};

const unchangedCase = {
  name: "unchanged",
  start: (bench) => {
    const { rows, reachDay2Again, complete, unchanged } = repository(bench);
    reachDay2Again();
    return {
      rows: rows[1],
      run: unchanged,
      against: [{ peer: "complete", bars: [{ from: million, must: 0.9, aim: 0.7 }], run: complete }],
    };
  },
};

/** By number of rows. */
export const sizedCases = [
  exportCase("export", "entries.day2.csv", ";"),
  exportCase("export-quoted", "entries.quoted.csv", ","),
  prepareCase,
  quotedCase,
  membersCase,
  deltaCase,
  initialCase,
  completeCase,
  unchangedCase,
  ...embeddedCases,
  ...serverCases,
];

/** Starts of a program whose time a person waits for; the median of ten. */
export const startCase = {
  name: "start",
  repeat: 10,
  start: (bench) => ({
    rows: null,
    run: () => bench.time(["validate", "-w", examples]),
    seconds: [{ from: 0, must: 0.6, aim: 0.3 }],
    against: [],
  }),
};
