import { afterAll, afterEach, describe, expect, test } from "vitest";
import { mssqlTarget } from "../../src/store/mssql/connection-string.js";
import { connectMssql } from "../../src/store/mssql/open.js";
import { onServer, testServer, unusedDatabase } from "../database.js";
import { dayOne, dayTwo } from "./day.js";
import type { Failure } from "./document.js";
import type { ServerLine } from "./server-line.js";
import { DisturbedWorkspace, expectPlain, permissionDenied } from "./server-workspace.js";
import { type E2eWorkspace, once, Workspaces } from "./workspace.js";

/** Everything that needs the database, by what it is for; none of them may start anything. */
const commands: readonly (readonly string[])[] = [["run", "Job_HR"], ["resume", "1"], ["cancel", "1"], ["status"], ["resources", "Person"]];

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

  const shared = once(() => workspaces.loaded());

  const disturbed = async (workspace: E2eWorkspace, more = ""): Promise<DisturbedWorkspace> => {
    const made = await DisturbedWorkspace.of(workspace, more);
    lines.push(made.line);
    return made;
  };

  /** Every command refuses by the same error; `validate` asks no server; `doctor` tells it as a finding beside its others. */
  const expectRefused = async (place: DisturbedWorkspace, code: string, says: RegExp, asked = commands): Promise<void> => {
    for (const command of asked) {
      const { code: given, error } = await place.failure(...command);
      expect([command, given, error.code]).toEqual([command, 69, code]);
      expect(error.message).toMatch(says);
    }
    expect((await place.call("validate")).code).toBe(0);
  };

  const doctorOf = async (place: DisturbedWorkspace): Promise<{ readonly code: number; readonly out: string }> => {
    const { code, out } = await place.call("doctor");
    expect(out).toMatch(/^(ok|warning|error) +configuration/m);
    return { code, out };
  };

  describe("nothing starts", () => {
    test("login refused", async () => {
      const place = await disturbed(await shared(), "Password=S3cret-of-nobody");
      await expectRefused(place, "DB_LOGIN_REFUSED", /refused to sign in .*check User ID and Password/);
      const { code, out } = await doctorOf(place);
      expect(code).toBe(1);
      expect(out).toMatch(/^error +database +DB_LOGIN_REFUSED/m);
      expect(out).not.toContain("S3cret-of-nobody");
      expect((await place.failure("database", "status")).error.code).toBe("DB_LOGIN_REFUSED");
    });

    test("database missing; made by migrate --create it works", async () => {
      const { name } = unusedDatabase();
      const workspace = await workspaces.empty();
      const place = await disturbed(workspace, `Database=${name}`);
      await expectRefused(
        place,
        "DB_MISSING",
        /does not exist, or this login may not open it: make it with sluice database migrate --create/,
      );
      expect((await place.failure("database", "status")).error.code).toBe("DB_MISSING");
      expect((await place.failure("database", "migrate")).error.code).toBe("DB_MISSING");
      expect((await doctorOf(place)).out).toMatch(/^error +database +DB_MISSING/m);
      const made = await place.call("database", "migrate", "--create");
      expect([made.code, made.err]).toEqual([0, ""]);
      expect((await place.call("run", "Job_Initialize")).code).toBe(0);
    });

    test("tables missing; made by migrate it works", async () => {
      const { name } = unusedDatabase();
      const server = connectMssql(mssqlTarget(`${testServer};Database=master`));
      await server.raw(`CREATE DATABASE [${name}]`);
      await server.destroy();
      const place = await disturbed(await workspaces.empty(), `Database=${name}`);
      await expectRefused(place, "DB_SCHEMA_MISSING", /holds no tables of Sluice: run sluice database migrate once/);
      const seen = await place.call("database", "status");
      expect([seen.code, seen.out]).toEqual([0, expect.stringContaining("no tables yet: sluice database migrate")]);
      expect((await place.call("database", "migrate")).code).toBe(0);
      expect((await place.call("run", "Job_Initialize")).code).toBe(0);
    });

    test("tables of an older and of a newer Sluice", async () => {
      const workspace = await workspaces.loaded();
      const knex = await workspace.knex();
      if (knex === null) throw new Error("a workspace on a server has a connection");
      const place = await disturbed(workspace);
      const latest = (await knex("UM_Migrations").orderBy("Name", "desc").first()) as { Name: string; AppliedAt: string };

      await knex("UM_Migrations").where({ Name: latest.Name }).del();
      try {
        await expectRefused(place, "DB_SCHEMA_OLDER", /back the database up, then run sluice database migrate/);
        expect((await place.call("database", "status")).out).toContain(`missing: ${latest.Name}; sluice database migrate`);
        expect((await doctorOf(place)).out).toMatch(/^error +database.schema +it lacks /m);
      } finally {
        await knex("UM_Migrations").insert(latest);
      }

      await knex("UM_Migrations").insert({ Name: "999-of-tomorrow", AppliedAt: latest.AppliedAt });
      try {
        await expectRefused(place, "DB_SCHEMA_NEWER", /newer Sluice \(migration 999-of-tomorrow\): use that version/);
        expect((await place.failure("database", "migrate")).error.code).toBe("DB_SCHEMA_NEWER");
        expect((await place.call("database", "status")).out).toContain("made by a newer Sluice: 999-of-tomorrow");
        expect((await doctorOf(place)).out).toMatch(/^error +database.schema +it was written by a newer Sluice/m);
      } finally {
        await knex("UM_Migrations").where({ Name: "999-of-tomorrow" }).del();
      }
      expect((await place.call("status")).code).toBe(0);
    });

    test("nothing listens; a server that hangs up; one that never answers", async () => {
      const workspace = await shared();
      const gone = await disturbed(workspace);
      gone.line.close();
      await expectRefused(gone, "DB_SERVER_UNREACHABLE", /does not answer \(nothing listens on the port\): check Server and port/);
      expect((await doctorOf(gone)).out).toMatch(/^error +database +DB_SERVER_UNREACHABLE/m);

      const hanging = await disturbed(workspace);
      hanging.line.isDown = true;
      const { code, error } = await hanging.failure("run", "Job_HR");
      expect([code, error.code]).toEqual([69, "DB_CONNECTION_LOST"]);

      const silent = await disturbed(workspace, "Connect Timeout=1");
      silent.line.onMessage = () => "stall";
      await expectRefused(silent, "DB_SERVER_UNREACHABLE", /does not answer \(no answer in time\)/);
    });
  });

  describe("a login that may not", () => {
    const secret = "Poor-man-1";
    const logins: string[] = [];
    afterAll(async () => {
      if (logins.length === 0) return;
      const server = connectMssql(mssqlTarget(`${testServer};Database=master`));
      for (const name of logins) await server.raw(`DROP LOGIN [${name}]`).catch(() => undefined);
      await server.destroy();
    });

    /** A login with a user in the workspace's database; null where the server lets this one make none. */
    const withLogin = async (workspace: E2eWorkspace, grants: readonly string[]): Promise<DisturbedWorkspace | null> => {
      const knex = await workspace.knex();
      if (knex === null) throw new Error("a workspace on a server has a connection");
      const name = `sluice_i_${process.pid}_${logins.length}`;
      try {
        await knex.raw(`CREATE LOGIN [${name}] WITH PASSWORD = '${secret}'`);
        logins.push(name);
        await knex.raw(`CREATE USER [${name}] FOR LOGIN [${name}]`);
        for (const grant of grants) await knex.raw(`GRANT ${grant} ON SCHEMA::dbo TO [${name}]`);
      } catch {
        return null;
      }
      const place = await disturbed(workspace, `User ID=${name};Password=${secret}`);
      place.line.renumbering = [permissionDenied];
      return place;
    };

    test("write: reading works, whatever writes names the permission", async ({ skip }) => {
      const workspace = await workspaces.loaded();
      const place = await withLogin(workspace, ["SELECT"]);
      if (place === null) return skip();
      workspace.writeDay(dayTwo);
      const before = await workspace.holdings();
      for (const command of [
        ["run", "Job_HR"],
        ["run", "Job_HR", "--force"],
      ]) {
        const { code, error } = await place.failure(...command);
        expect([code, error.code]).toEqual([69, "DB_PERMISSION"]);
        // What the server said, without the statement.
        expect(error.message).toMatch(
          /permission is missing in .* \(error 229: [^\]]*\): nothing was written; grant what docs\/operations.md lists/,
        );
        expect(error.message).not.toMatch(/update|select|@p0/);
      }
      expect((await place.call("status")).code).toBe(0);
      expect((await place.call("resources", "Person")).code).toBe(0);
      expect((await doctorOf(place)).out).toMatch(/^error +database.permissions/m);
      expect(await workspace.holdings()).toEqual(before);
    });

    test("read: so says every command", async ({ skip }) => {
      const workspace = await workspaces.loaded();
      const place = await withLogin(workspace, []);
      if (place === null) return skip();
      const knex = await workspace.knex();
      await knex?.raw(`GRANT SELECT ON UM_Migrations TO [${logins.at(-1)}]`);
      // A list has begun its document when its first page fails.
      const others = commands.filter(([name]) => name !== "resources");
      await expectRefused(place, "DB_PERMISSION", /permission is missing/, others);
      expect((await doctorOf(place)).out).toMatch(/^error +database.permissions/m);
    });

    test("make indexes: the first load is taken back whole; once an administrator has made them the login loads", async ({ skip }) => {
      const workspace = await workspaces.empty();
      const place = await withLogin(workspace, ["SELECT", "INSERT", "UPDATE", "DELETE"]);
      if (place === null) return skip();
      const { code, document } = await place.document("run", "Job_Initialize");
      const errors = document.tasks.flatMap(({ error }) => error ?? []);
      if (code !== 0) {
        expect([code, errors[0]?.code]).toEqual([1, "DB_PERMISSION"]);
        expect(await workspace.csv("resources", "Person")).toBe("PersonId,Name,Level,HiredOn,Department,Manager\n");
        expect((await doctorOf(place)).out).toMatch(/^(warning|error) +database.permissions/m);
      }
      // Not SQL Server: there INSERT is all that a table which numbers its rows asks for.
      if (errors.some(({ message }) => message.includes("permission denied for sequence"))) {
        skip("this server asks for a permission on what numbers a table's rows, and has no grant that gives it");
      }
      expect((await workspace.call(["database", "indexes"])).code).toBe(0);
      expect((await place.call("run", code === 0 ? "Job_HR" : "Job_Initialize")).code).toBe(0);
      const reference = await embedded.loaded();
      expect(await workspace.holdings()).toEqual(await reference.holdings());
    });
  });

  test("a database whose own collation ignores case, accents and blanks: keys and values stay exact", async ({ skip }) => {
    const { name } = unusedDatabase();
    const server = connectMssql(mssqlTarget(`${testServer};Database=master`));
    const isMade = await server.raw(`CREATE DATABASE [${name}] COLLATE Latin1_General_CI_AI`).then(
      () => true,
      () => false,
    );
    await server.destroy();
    if (!isMade) return skip();
    const people = [
      ...dayOne.people,
      ["a", "Ana", "1", "2020-01-01", "D1", "P01"],
      ["A", "Ana", "1", "2020-01-01", "d1", "p01"],
      ["á", "ANA", "1", "2020-01-01", "D1", "a"],
      ["ß", "Ana ", "1", "2020-01-01", "D1", "A"],
      ["ss", "Aná", "1", "2020-01-01", "D1", "á"],
    ];
    const changed = people.map((row) => (row[0] === "A" ? ["A", "ana", "1", "2020-01-01", "D1", "ß"] : row)).filter(([id]) => id !== "á");
    const loaded = async (workspace: E2eWorkspace, call: (...argv: string[]) => Promise<{ code: number }>) => {
      workspace.people(people);
      expect((await call("run", "Job_Initialize")).code).toBe(0);
      const first = await workspace.holdings();
      workspace.people(changed);
      expect((await call("run", "Job_HR")).code).toBe(0);
      return [first, await workspace.holdings()];
    };
    const reference = await embedded.empty();
    const expected = await loaded(reference, (...argv) => reference.call(argv));
    const workspace = await workspaces.empty();
    const { ConnectionString } = JSON.parse(workspace.read("appsettings.json")) as { ConnectionString: string };
    workspace.edit("appsettings.json", ConnectionString, `${ConnectionString};Database=${name}`);
    const call = async (...argv: string[]) => workspace.call(argv);
    expect((await call("database", "migrate")).code).toBe(0);
    expect(await loaded(workspace, call)).toEqual(expected);
    const { out } = await call("doctor");
    expect(out).toMatch(/^ok +database.collation/m);
    expectPlain(out);
  });

  test("nothing of the failures above was left in the shared workspace", async () => {
    const workspace = await shared();
    const { code, error } = await workspace.failure("status", "--instance", "2");
    expect([code, error.code]).toEqual([64, "JOB_INSTANCE_UNKNOWN"] satisfies [number, Failure["error"]["code"]]);
  });
});
