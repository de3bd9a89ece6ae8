import { afterAll, afterEach, describe, expect, test } from "vitest";
import { onServer } from "../database.js";
import { dayTwo } from "./day.js";
import { type StatusList, statesOf, taskOf } from "./document.js";
import type { ServerLine, Verdict } from "./server-line.js";
import { DisturbedWorkspace } from "./server-workspace.js";
import { type E2eWorkspace, type Holdings, once, Workspaces } from "./workspace.js";

/** What the server calls an error that only a trigger of the test makes, and SQL Server's number for what it stands for. */
const madeUp = [
  {
    from: 59_002,
    text: /./,
    to: 9002,
    code: "DB_LOG_FULL",
    says: /transaction log of .* is full .*back the log up or enlarge it, and run again/,
  },
  { from: 51_105, text: /./, to: 1105, code: "DB_SPACE", says: /no room left .*nothing was written; enlarge the file/ },
  { from: 53_966, text: /./, to: 3966, code: "DB_SPACE", says: /no room left .*of tempdb where the message names it/ },
  { from: 53_906, text: /./, to: 3906, code: "DB_READ_ONLY", says: /can only be read at present/ },
] as const;

onServer(() => {
  const workspaces = new Workspaces("SQL Server");
  const embedded = new Workspaces("SQLite");
  const lines: ServerLine[] = [];
  afterEach(() => {
    for (const line of lines.splice(0)) line.close();
  });
  afterAll(async () => {
    await workspaces.removeAll();
    await embedded.removeAll();
  });

  const reference = once(async (): Promise<Holdings> => {
    const workspace = await embedded.loaded();
    workspace.writeDay(dayTwo);
    for (const job of ["Job_HR", "Job_AD"]) expect((await workspace.call(["run", job])).code).toBe(0);
    return workspace.holdings();
  });

  const dayTwoAhead = async (): Promise<DisturbedWorkspace> => {
    const workspace = await workspaces.loaded();
    workspace.writeDay(dayTwo);
    const place = await DisturbedWorkspace.of(workspace);
    lines.push(place.line);
    return place;
  };

  const knexOf = async (workspace: E2eWorkspace) => {
    const knex = await workspace.knex();
    if (knex === null) throw new Error("a workspace on a server has a connection");
    return knex;
  };

  const newest = async (place: DisturbedWorkspace, job: string): Promise<StatusList["instances"][number] | undefined> => {
    const { out } = await place.call("status", job, "--json");
    return (JSON.parse(out) as StatusList).instances[0];
  };

  const expectRunAgain = async (place: DisturbedWorkspace): Promise<void> => {
    for (const job of ["Job_HR", "Job_AD"]) expect((await place.document("run", job)).document.state).toBe("Completed");
    expect(await place.workspace.holdings()).toEqual(await reference());
  };

  describe("what the server says when all is applied but the end", () => {
    test("log full, disk full, tempdb full, database read-only: each by its name, and everything taken back; then it runs", async () => {
      const place = await dayTwoAhead();
      const knex = await knexOf(place.workspace);
      const before = await place.workspace.holdings();
      for (const { from, text, to, code, says } of madeUp) {
        place.line.renumbering = [{ from, text, to }];
        await knex.raw(`CREATE TRIGGER Full_${to} ON UM_ConnectorHeads AFTER UPDATE AS THROW ${from}, 'no room', 1`);
        const { code: exit, document } = await place.document("run", "Job_HR");
        await knex.raw(`DROP TRIGGER Full_${to}`);
        const { error } = taskOf(document, "HR_Synchronize");
        expect([exit, document.state, error?.code]).toEqual([1, "Errored", code]);
        expect(error?.message).toMatch(says);
        expect(await place.workspace.holdings()).toEqual(before);
      }
      await expectRunAgain(place);
    });

    test("another transaction was preferred, twice: tried again, and nobody notices", async () => {
      const place = await dayTwoAhead();
      const knex = await knexOf(place.workspace);
      let tries = 0;
      place.line.renumbering = [{ from: 51_205, text: /./, to: 1205 }];
      await knex.raw("CREATE TABLE UM_Victims (Left_ int NOT NULL)");
      await knex.raw("CREATE TRIGGER Victim ON UM_ConnectorHeads AFTER UPDATE AS THROW 51205, 'deadlock victim', 1");
      place.line.onMessage = async ({ text }): Promise<Verdict> => {
        if (text.includes("WHERE Name = 'writer'") && ++tries === 3) await knex.raw("DROP TRIGGER Victim");
        return "pass";
      };
      const { code, document } = await place.document("run", "Job_HR");
      await knex.raw("DROP TABLE UM_Victims");
      expect([code, document.state, tries]).toEqual([0, "Completed", 3]);
      place.line.onMessage = () => "pass";
      await expectRunAgain(place);
    });
  });

  describe("somebody else holds rows", () => {
    test("that a synchronization changes: a deadlock ends one of the two, and the run comes to its end", async () => {
      const place = await dayTwoAhead();
      const knex = await knexOf(place.workspace);
      let isCrossed = false;
      let other: Promise<unknown> = Promise.resolve();
      // The other session holds a row that the synchronization will want, and then wants one that the synchronization holds.
      place.line.onMessage = async ({ text }): Promise<Verdict> => {
        if (isCrossed || !text.includes("UPDATE UM_ConnectorHeads SET Session")) return "pass";
        isCrossed = true;
        const other_ = await knex.transaction();
        await other_("UM_ConnectorHeads")
          .where({ Connector: "HR" })
          .update({ AppliedAt: other_.ref("AppliedAt") });
        other = other_("UM_Sequences")
          .where({ Name: "writer" })
          .update({ Value: other_.ref("Value") })
          .then(
            () => other_.rollback(),
            () => other_.rollback(),
          )
          .catch(() => undefined);
        return "pass";
      };
      const { code, document } = await place.document("run", "Job_HR");
      await other;
      expect(isCrossed).toBe(true);
      expect([code, document.state]).toEqual([0, "Completed"]);
      place.line.onMessage = () => "pass";
      await expectRunAgain(place);
    });

    test("of the records of jobs for a while: a start waits, and begins", async () => {
      const place = await dayTwoAhead();
      const knex = await knexOf(place.workspace);
      const holder = await knex.transaction();
      await holder("UM_Sequences")
        .where({ Name: "fence" })
        .update({ Value: holder.ref("Value") });
      let waits = 0;
      place.line.onMessage = ({ text }) => {
        if (/update \[UM_Sequences\]/i.test(text) && ++waits === 1) setTimeout(() => void holder.rollback(), 2_000);
        return "pass";
      };
      const { code } = await place.document("run", "Job_HR");
      expect([code, waits > 0]).toEqual([0, true]);
    });
  });

  test("two jobs of two connectors at once: the second's synchronization waits visibly for the first's, and both complete", async () => {
    const place = await dayTwoAhead();
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    let isHeld: () => void = () => undefined;
    const holds = new Promise<void>((resolve) => {
      isHeld = resolve;
    });
    const own = new Set<number>();
    place.line.onMessage = async ({ connection, text, kind }): Promise<Verdict> => {
      if (text.includes("WHERE Name = 'writer'")) own.add(connection);
      // Before it comes to the records of jobs, which others write meanwhile.
      if (kind === "bulk" && own.has(connection)) {
        isHeld();
        await held;
      }
      return "pass";
    };
    const first = place.child(["run", "Job_HR"]);
    await holds;
    const second = place.workspace.child(["run", "Job_AD"]);
    await second.printed("waiting for the database");
    const { out } = await place.workspace.call(["status"]);
    expect(out.match(/InProgress/g)).toHaveLength(2);
    letGo();
    const ends = await Promise.all([first.ended, second.ended]);
    expect(ends.map(({ code }) => code)).toEqual([0, 0]);
    expect(await place.workspace.holdings()).toEqual(await reference());
  });

  test("a runner killed in the middle of its apply: the server takes it back, the next run finds it dead and completes at once", async () => {
    const place = await dayTwoAhead();
    const before = await place.workspace.holdings();
    const own = new Set<number>();
    let reached: () => void = () => undefined;
    const atCommit = new Promise<void>((resolve) => {
      reached = resolve;
    });
    place.line.onMessage = ({ connection, text, transaction }) => {
      if (text.includes("WHERE Name = 'writer'")) own.add(connection);
      if (transaction !== "commit" || !own.has(connection)) return "pass";
      reached();
      // Never: the process is killed before it is sent on.
      return new Promise(() => undefined);
    };
    const child = place.child(["run", "Job_HR"]);
    await atCommit;
    process.kill(child.pid, "SIGKILL");
    expect((await child.ended).signal).toBe("SIGKILL");
    expect(await place.workspace.holdings()).toEqual(before);
    place.line.reset();
    const { code, document } = await place.document("run", "Job_HR");
    expect([code, document.state]).toEqual([0, "Completed"]);
    const dead = await place.document("status", "--instance", "2");
    expect([dead.document.state, statesOf(dead.document).HR_Synchronize]).toEqual(["Aborted", "Aborted"]);
    expect((await place.call("status", "--instance", "2")).out).toMatch(/its runner \(process \d+ on .+\) is gone/);
    await expectRunAgain(place);
  });

  test("a runner of another machine: it holds its job while its lease lasts, and is found dead when that is over", async () => {
    const place = await dayTwoAhead();
    const knex = await knexOf(place.workspace);
    const child = place.child(["run", "Job_HR"], [{ text: "HR_Export_HR_People started", signal: "SIGKILL" }]);
    expect((await child.ended).signal).toBe("SIGKILL");
    const elsewhere = { Host: "elsewhere", ProcessStart: "another-boot/1" };
    const lease = (inMs: number) => new Date(Date.now() + inMs).toISOString();
    const [row] = (await knex("UJ_JobInstances").where({ Id: 2 })) as { Plan: string }[];
    expect(row).toBeDefined();
    await knex("UJ_JobInstances")
      .where({ Id: 2 })
      .update({ ...elsewhere, LeaseUntil: lease(60_000) });
    await knex("UJ_Locks").where({ JobInstance: 2 }).update(elsewhere);
    const refused = await place.failure("run", "Job_HR");
    expect([refused.code, refused.error.code]).toEqual([75, "LOCK_JOB_HELD"]);
    expect(refused.error.message).toContain("elsewhere");
    await knex("UJ_JobInstances")
      .where({ Id: 2 })
      .update({ LeaseUntil: lease(-1_000) });
    const { code, document } = await place.document("run", "Job_HR");
    expect([code, document.state]).toEqual([0, "Completed"]);
    const { out } = await place.call("status", "--instance", "2");
    expect(out).toMatch(/Aborted[\s\S]*its runner \(process \d+ on elsewhere\) is gone: its lease ran out at /);
    await expectRunAgain(place);
  });

  describe("a server that neither answers nor hangs up", () => {
    test("Ctrl-C twice ends the run within seconds; once it answers again the instance is found dead and the job runs", async () => {
      const place = await dayTwoAhead();
      const before = await place.workspace.holdings();
      place.line.onMessage = ({ kind }) => (kind === "bulk" ? "stall" : "pass");
      let stalledAt = 0;
      const child = place.workspace.child(["run", "Job_HR"], {
        env: place.environment,
        acts: [
          { text: "HR_Synchronize started", signal: "SIGINT" },
          { text: "cancelling: the running tasks end", signal: "SIGINT" },
        ],
      });
      await child.printed("stopping the running tasks");
      stalledAt = Date.now();
      const end = await child.ended;
      // 5 s for the statement, 5 s and 2 s for the record, 2 s to hang up, and a busy machine.
      expect(Date.now() - stalledAt).toBeLessThan(45_000);
      expect([5, 69, 75]).toContain(end.code);
      expect(end.err).not.toMatch(/\n\s+at |CMD_FAULT/);
      place.line.reset();
      await place.call("status");
      expect((await newest(place, "Job_HR"))?.state).toBe("Aborted");
      expect(await place.workspace.holdings()).toEqual(before);
      await expectRunAgain(place);
    });

    test("for longer than a lease: the run gives up by itself, naming it", async () => {
      const place = await dayTwoAhead();
      const before = await place.workspace.holdings();
      place.line.onMessage = ({ kind }) => (kind === "bulk" ? "stall" : "pass");
      const begun = Date.now();
      const end = await place.child(["run", "Job_HR"]).ended;
      expect(end.code).toBe(69);
      expect(end.err).toMatch(/^error JOB_LEASE_LOST: the database did not answer for \d+ s \(it neither answers nor hangs up\)/m);
      expect(Date.now() - begun).toBeLessThan(150_000);
      place.line.reset();
      await place.call("status");
      expect((await newest(place, "Job_HR"))?.state).toBe("Aborted");
      expect(await place.workspace.holdings()).toEqual(before);
    });
  });
});
