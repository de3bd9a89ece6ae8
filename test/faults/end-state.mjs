import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative, sep } from "node:path";
import { DatabaseSync } from "@photostructure/sqlite";

/** Sessions in these states are done with; how many there are depends on how often a job was started. */
const ended = new Set(["applied", "cancelled", "failed", "expired"]);
const openEnd = "9999-12-31T23:59:59.999Z";

const filesBelow = (folder) =>
  !existsSync(folder)
    ? []
    : readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name))
        .sort();

const guids = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Rows of a table as they are the same after every run: no Ids, no times, no numbers of tasks. */
const repository = (db) => {
  const all = (sql) => db.prepare(sql).all();
  const types = new Map(all("SELECT Id, Identifier, MappingKey FROM UM_EntityTypes").map((row) => [row.Id, row]));
  const slots = all("SELECT EntityType, Identifier, Slot FROM UM_Properties");
  const keySlot = new Map(
    [...types.values()].map((type) => [
      type.Id,
      slots.find((slot) => slot.EntityType === type.Id && slot.Identifier === type.MappingKey)?.Slot ?? "C4",
    ]),
  );
  const mappings = new Map(
    all("SELECT Id, Association, Connector FROM UM_Mappings").map((row) => [row.Id, `${row.Connector} ${row.Association}`]),
  );
  const rows = all("SELECT * FROM UR_Resources ORDER BY Id, ValidFrom");
  const names = new Map(rows.map((row) => [row.Id, `${types.get(row.Type)?.Identifier} ${row[keySlot.get(row.Type)]}`]));
  const name = (id) => (id === null ? null : (names.get(id) ?? `resource ${id}`));
  const wrong = [];
  const resources = rows.map((row) => {
    if (row.ValidFrom >= row.ValidTo) wrong.push(`${names.get(row.Id)} holds from ${row.ValidFrom} to ${row.ValidTo}`);
    const values = Object.entries(row)
      .filter(([slot, value]) => /^[CI]\d/.test(slot) && value !== null)
      .map(([slot, value]) => `${slot}=${slot.startsWith("I") ? name(value) : value}`);
    return `${names.get(row.Id)} ${row.ValidTo === openEnd ? "open" : "closed"} ${values.join(" ")}`;
  });
  for (const [index, row] of rows.entries()) {
    const next = rows[index + 1];
    if (next?.Id === row.Id && next.ValidFrom < row.ValidTo) wrong.push(`${names.get(row.Id)} has versions that overlap`);
  }
  const links = all("SELECT * FROM UR_ResourceLinks").map((row) => {
    if (row.ValidFrom >= row.ValidTo) wrong.push(`a link of ${name(row.R1_Id)} holds from ${row.ValidFrom} to ${row.ValidTo}`);
    return `${mappings.get(row.Mapping)} ${name(row.R1_Id)} ${name(row.R2_Id)} ${row.ValidTo === openEnd ? "open" : "closed"}`;
  });
  const claims = all("SELECT * FROM UR_LinkKeys").map(
    (row) => `${mappings.get(row.Mapping)} ${row.Key1} ${row.Key2} ${name(row.R1_Id)} ${name(row.R2_Id)} ${row.Reason}`,
  );
  const retired = all("SELECT * FROM UR_RetiredKeys").map((row) => `${types.get(row.Type)?.Identifier} ${row.Key}`);
  const staged = all("SELECT * FROM UR_ResourceChanges").map(
    (row) => `${row.State} ${row.Command} ${types.get(row.Type)?.Identifier} ${row.Key} ${Object.keys(JSON.parse(row.Changes)).join()}`,
  );
  const stagedLinks = all("SELECT * FROM UR_ResourceLinkChanges").map(
    (row) => `${row.State} ${row.Command} ${mappings.get(row.Mapping)} ${row.Key1} ${row.Key2}`,
  );
  const stagedClaims = all("SELECT * FROM UR_LinkKeyChanges").map(
    (row) => `${row.State} ${row.Command} ${mappings.get(row.Mapping)} ${row.Key1} ${row.Key2}`,
  );
  const heads = all("SELECT h.*, s.State FROM UM_ConnectorHeads h LEFT JOIN UJ_SynchronizationSessions s ON s.Guid = h.Session");
  const sessions = all("SELECT Guid, Connector, State FROM UJ_SynchronizationSessions");
  const jobs = all("SELECT Job, State FROM UJ_JobInstances");
  const tasks = all("SELECT Task, State FROM UJ_TaskInstances");
  return {
    headSessions: new Map(heads.map((row) => [row.Connector, row.Session])),
    // Their pending files go with the connector's next prepare: only then it is known that they ended.
    given: new Set(sessions.filter(({ State }) => ["cancelled", "failed", "expired"].includes(State)).map(({ Guid }) => Guid)),
    state: {
      wrong,
      resources: resources.sort(),
      links: links.sort(),
      claims: claims.sort(),
      retired: retired.sort(),
      staged: staged.sort(),
      stagedLinks: stagedLinks.sort(),
      stagedClaims: stagedClaims.sort(),
      heads: heads.map((row) => `${row.Connector} ${row.MappingHash} ${row.State} ${row.CompleteRequired ?? ""}`).sort(),
      openSessions: sessions.filter(({ State }) => !ended.has(State)).map((row) => `${row.Connector} ${row.State}`),
      locks: all("SELECT Name FROM UJ_Locks").map((row) => row.Name),
      openJobs: jobs.filter(({ State }) => ["Waiting", "InProgress", "Blocked"].includes(State)).map((row) => `${row.Job} ${row.State}`),
      openTasks: tasks.filter(({ State }) => ["InProgress", "Blocked"].includes(State)).map((row) => `${row.Task} ${row.State}`),
      integrity: db
        .prepare("PRAGMA integrity_check")
        .all()
        .map((row) => Object.values(row)[0]),
      foreignKeys: db.prepare("PRAGMA foreign_key_check").all().length,
    },
  };
};

/** Files that hold the same after every run, by path, with their content; and what must not be there. */
const files = (workspace, headSessions, given) => {
  const found = {};
  const leftovers = [];
  for (const path of [...filesBelow(join(workspace, "Work")), ...filesBelow(join(workspace, "Temp"))]) {
    const name = relative(workspace, path).split(sep).join("/");
    const isGiven = given.has(/^Work\/Collect\/previous\/pending\/([0-9a-f-]{36})/.exec(name)?.[1] ?? "");
    if (/\.(tmp|part|runs|keys)$|unfinished|-journal$/.test(name) && !isGiven) leftovers.push(name);
    // What an incremental run says again after it was applied is less than it said first.
    if (/^Temp\/JobLogs\/|^Work\/sluice\.db|\.json$|\.delta$/.test(name)) continue;
    const session = /^Work\/Synchronization\/([0-9a-f-]{36})\//.exec(name)?.[1];
    // Of the sessions that ended the folders of the last ones stay, for people.
    if (session !== undefined && ![...headSessions.values()].includes(session)) continue;
    if (isGiven) continue;
    found[name.replaceAll(guids, (guid) => [...headSessions].find(([, head]) => head === guid)?.[0] ?? "<session>")] = readFileSync(
      path,
      "utf8",
    );
  }
  const baselines = [];
  const promoted = join(workspace, "Work", "Collect", "previous", "promoted");
  for (const connector of existsSync(promoted) ? readdirSync(promoted) : []) {
    const current = join(promoted, connector, "current.json");
    const session = existsSync(current) ? JSON.parse(readFileSync(current, "utf8")).session : null;
    baselines.push(
      `${connector} ${session === headSessions.get(connector) ? "is the head" : `is ${session}, the head is ${headSessions.get(connector)}`}`,
    );
  }
  const pending = join(workspace, "Work", "Collect", "previous", "pending");
  const pendings = existsSync(pending) ? readdirSync(pending).filter((name) => !given.has(name.replace(/\.tmp$/, ""))).length : 0;
  return { files: found, leftovers, baselines, pendings };
};

/** Everything of a workspace that must be the same after an interrupted run as after an undisturbed one. */
export const endState = (workspace) => {
  const db = new DatabaseSync(join(workspace, "Work", "sluice.db"), { readOnly: false });
  try {
    const { headSessions, given, state } = repository(db);
    return { ...state, ...files(workspace, headSessions, given) };
  } finally {
    db.close();
  }
};

/** Where two end states differ, a line each, at most some. */
export const differences = (expected, found) => {
  const lines = [];
  for (const part of Object.keys(expected)) {
    const [a, b] = [expected[part], found[part]];
    if (JSON.stringify(a) === JSON.stringify(b)) continue;
    if (Array.isArray(a) && Array.isArray(b)) {
      const count = (list) => {
        const counts = new Map();
        for (const each of list) counts.set(each, (counts.get(each) ?? 0) + 1);
        return counts;
      };
      const [want, have] = [count(a), count(b)];
      for (const [each, n] of want) if ((have.get(each) ?? 0) < n) lines.push(`${part}: missing ${each}`);
      for (const [each, n] of have) if ((want.get(each) ?? 0) < n) lines.push(`${part}: too many ${each}`);
      if (lines.length === 0) lines.push(`${part}: in another order`);
    } else if (typeof a === "object" && typeof b === "object") {
      for (const name of new Set([...Object.keys(a), ...Object.keys(b)])) {
        if (a[name] !== b[name])
          lines.push(
            `${part}: ${name} ${a[name] === undefined ? "should not be there" : b[name] === undefined ? "is missing" : "holds something else"}`,
          );
      }
    } else lines.push(`${part}: ${JSON.stringify(a)} expected, ${JSON.stringify(b)} found`);
  }
  return lines.slice(0, 12);
};
