import { afterAll, afterEach, describe, expect, test } from "vitest";
import { onServer } from "../database.js";
import { dayOne, dayTwo } from "./day.js";
import { type RunDocument, statesOf, taskOf } from "./document.js";
import type { ClientMessage, ServerLine, Verdict } from "./server-line.js";
import { DisturbedWorkspace } from "./server-workspace.js";
import { type E2eWorkspace, type Holdings, once, Workspaces } from "./workspace.js";

/** The set statements and the loads of a synchronization, by what stands in them; everything else that is sent writes records of jobs, or reads. */
const places: readonly { readonly name: string; readonly is: (message: ClientMessage) => boolean }[] = [
  { name: "while it takes the writer", is: ({ text }) => text.includes("WHERE Name = 'writer'") },
  { name: "in a bulk load", is: ({ kind }) => kind === "bulk" },
  { name: "in a set statement", is: ({ text }) => /INSERT INTO UR_|UPDATE UR_|UPDATE r SET/.test(text) },
  { name: "while it records its end", is: ({ text }) => text.includes("UPDATE UJ_SynchronizationSessions SET State") },
];

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

  const disturbed = async (workspace: E2eWorkspace): Promise<DisturbedWorkspace> => {
    const place = await DisturbedWorkspace.of(workspace);
    lines.push(place.line);
    return place;
  };

  /** Day 2 of an undisturbed run, on the embedded database. */
  const reference = once(async (): Promise<Holdings> => {
    const workspace = await embedded.loaded();
    workspace.writeDay(dayTwo);
    expect((await workspace.call(["run", "Job_HR"])).code).toBe(0);
    return workspace.holdings();
  });

  const dayTwoAhead = async (): Promise<DisturbedWorkspace> => {
    const workspace = await workspaces.loaded();
    workspace.writeDay(dayTwo);
    return disturbed(workspace);
  };

  /** Disturbs the first message that is asked for, once; gives whether it came. */
  const disturb = (place: DisturbedWorkspace, is: (message: ClientMessage) => boolean, verdict: Verdict): (() => boolean) => {
    let isDone = false;
    place.line.onMessage = (message) => {
      if (isDone || !is(message)) return "pass";
      isDone = true;
      return verdict;
    };
    return () => isDone;
  };

  const errorsOf = (document: RunDocument): (string | undefined)[] =>
    document.tasks.flatMap(({ error }) => (error === null ? [] : [error.code]));

  /** The run that was cut off changed nothing; the same job run again ends as an undisturbed one. */
  const expectRunAgain = async (place: DisturbedWorkspace, before: Holdings): Promise<void> => {
    const { workspace } = place;
    expect(await workspace.holdings()).toEqual(before);
    const again = await place.document("run", "Job_HR");
    expect([again.code, again.document.state, errorsOf(again.document)]).toEqual([0, "Completed", []]);
    expect(await workspace.holdings()).toEqual(await reference());
  };

  /** The connections of a synchronization's own: the others make themselves known by how they begin. */
  const ofSynchronization = (): ((message: ClientMessage) => boolean) => {
    const own = new Set<number>();
    return ({ connection, text }) => {
      if (text.includes("WHERE Name = 'writer'")) own.add(connection);
      return own.has(connection);
    };
  };

  describe("the connection is cut", () => {
    test("while files are exported and prepared: only records are written, and nobody notices", async () => {
      const place = await dayTwoAhead();
      let cuts = 0;
      // At the first statement behind each of these marks: an instance that was opened, a task that began.
      place.line.onMessage = ({ text }) => {
        if (cuts >= 3 || !/insert into \[UJ_SynchronizationSessions\]|update \[UJ_TaskInstances\]/i.test(text)) return "pass";
        cuts++;
        return "cut before";
      };
      const { code, document } = await place.document("run", "Job_HR");
      expect(cuts).toBe(3);
      expect([code, document.state, errorsOf(document)]).toEqual([0, "Completed", []]);
      expect(await place.workspace.holdings()).toEqual(await reference());
    });

    test(`${places.map(({ name }) => name).join("; ")}: each time nothing is applied`, async () => {
      const place = await dayTwoAhead();
      const before = await place.workspace.holdings();
      for (const { name, is } of places) {
        const isCut = disturb(place, is, "cut before");
        const { code, document } = await place.document("run", "Job_HR");
        expect([name, isCut(), code, document.state, errorsOf(document)]).toEqual([name, true, 1, "Errored", ["DB_CONNECTION_LOST"]]);
        expect(taskOf(document, "HR_Synchronize").error?.message).toMatch(/was lost .*rolled back by the server; run again/);
        expect(await place.workspace.holdings()).toEqual(before);
      }
      await expectRunAgain(place, before);
    });

    test("and the server stays away: the run ends; once it is back the instance is found dead and the job runs", async () => {
      const place = await dayTwoAhead();
      const before = await place.workspace.holdings();
      place.line.onMessage = ({ kind }) => {
        if (kind !== "bulk") return "pass";
        place.line.isDown = true;
        return "cut before";
      };
      const child = await place.child(["run", "Job_HR"]).ended;
      expect(child.code).toBe(69);
      expect(child.err).toMatch(/^error DB_(CONNECTION_LOST|SERVER_UNREACHABLE): /m);
      expect(child.err).not.toMatch(/\n\s+at /);
      place.line.reset();
      const { document } = await place.document("status", "--instance", "2");
      expect([document.state, statesOf(document).HR_Synchronize]).toEqual(["Aborted", "Aborted"]);
      await expectRunAgain(place, before);
    });

    test("at the commit, before the server has it: nothing is applied", async () => {
      const place = await dayTwoAhead();
      const before = await place.workspace.holdings();
      const own = ofSynchronization();
      const isCut = disturb(place, (message) => own(message) && message.transaction === "commit", "cut before");
      const { code, document } = await place.document("run", "Job_HR");
      expect(isCut()).toBe(true);
      expect([code, document.state, errorsOf(document)]).toEqual([1, "Errored", ["DB_CONNECTION_LOST"]]);
      await expectRunAgain(place, before);
    });

    test("at the commit, after the server has it: what was applied is told as applied", async () => {
      const place = await dayTwoAhead();
      const own = ofSynchronization();
      const isCut = disturb(place, (message) => own(message) && message.transaction === "commit", "cut after");
      const { code, document } = await place.document("run", "Job_HR");
      expect(isCut()).toBe(true);
      expect([code, document.state, errorsOf(document)]).toEqual([0, "Completed", []]);
      expect(taskOf(document, "HR_Synchronize").counters).toMatchObject({ inserted: 1, deleted: 1 });
      expect(await place.workspace.holdings()).toEqual(await reference());
      const again = await place.document("run", "Job_HR");
      expect(taskOf(again.document, "HR_Synchronize").counters).toMatchObject({ inserted: 0, updated: 0, deleted: 0 });
    });
  });

  describe("a blocked instance", () => {
    /** Day 1 without a third of its people. */
    const blocked = once(async () => {
      const workspace = await workspaces.loaded();
      workspace.people(dayOne.people.slice(0, 8));
      expect((await workspace.call(["run", "Job_HR"])).code).toBe(2);
      return workspace;
    });
    const resumed = once(async (): Promise<Holdings> => {
      const workspace = await embedded.loaded();
      workspace.people(dayOne.people.slice(0, 8));
      expect((await workspace.call(["run", "Job_HR"])).code).toBe(2);
      expect((await workspace.call(["resume", "2"])).code).toBe(0);
      return workspace.holdings();
    });
    const anew = async () => disturbed(await workspaces.copyOf(await blocked()));

    test("cut while it is resumed: nothing is applied; resumed again it is", async () => {
      const place = await anew();
      const before = await place.workspace.holdings();
      const own = ofSynchronization();
      const isCut = disturb(place, (message) => own(message) && /UPDATE UR_|UPDATE r SET/.test(message.text), "cut before");
      const { code, document } = await place.document("resume", "2");
      expect(isCut()).toBe(true);
      // The validation is Errored; its task stays Blocked, and the instance with it.
      expect([code, document.state, errorsOf(document)]).toEqual([2, "Blocked", ["DB_CONNECTION_LOST"]]);
      expect(await place.workspace.holdings()).toEqual(before);
      const again = await place.document("resume", "2");
      expect([again.code, again.document.state]).toEqual([0, "Completed"]);
      expect(await place.workspace.holdings()).toEqual(await resumed());
    });

    test("cut at the commit of a resume, after the server has it: it is told as applied", async () => {
      const place = await anew();
      const own = ofSynchronization();
      const isCut = disturb(place, (message) => own(message) && message.transaction === "commit", "cut after");
      const { code, document } = await place.document("resume", "2");
      expect(isCut()).toBe(true);
      expect([code, document.state]).toEqual([0, "Completed"]);
      expect(await place.workspace.holdings()).toEqual(await resumed());
      expect((await place.failure("resume", "2")).error.code).toBe("JOB_NOT_RESUMABLE");
    });

    test.each(["cut before", "cut after"] as const)(
      "%s at a commit while it is cancelled: cancelled again it is, and nothing staged is left",
      async (how) => {
        const place = await anew();
        const before = await place.workspace.holdings();
        let commits = 0;
        place.line.onMessage = ({ transaction }) => (transaction === "commit" && ++commits === 2 ? how : "pass");
        // A process of its own: what it held is given up with it.
        const cut = await place.child(["cancel", "2"]).ended;
        expect([cut.code, commits >= 2]).toEqual([69, true]);
        expect(cut.err).toMatch(/^error DB_CONNECTION_LOST: /m);
        place.line.reset();
        const again = await place.call("cancel", "2");
        // Too late where the first one came to its end and did not hear of it.
        expect(how === "cut before" ? [0] : [0, 64]).toContain(again.code);
        const { document } = await place.document("status", "--instance", "2");
        expect([document.state, statesOf(document).HR_Synchronize]).toEqual(["Cancelled", "Cancelled"]);
        const knex = await place.workspace.knex();
        expect(await knex?.("UR_ResourceChanges").count({ Count: "*" })).toEqual([{ Count: 0 }]);
        expect(await place.workspace.holdings()).toEqual(before);
        place.workspace.writeDay(dayTwo);
        expect((await place.call("run", "Job_HR")).code).toBe(0);
        expect(await place.workspace.holdings()).toEqual(await reference());
      },
    );
  });
});
