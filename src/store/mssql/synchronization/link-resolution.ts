import { openEnd } from "../../open-end.js";
import { currentRows, type LinkPlan, type NavigationCounts, NearKeys, noNavigations, type RepositoryPlan } from "../../plan/index.js";
import { differs, equal, numberDiffers } from "../equality.js";
import type { Database } from "./database.js";
import { stageNavigations } from "./navigations.js";
import type { Staging } from "./staging.js";
import { asKey, clearTemporary, columnTypes, createTemporary, keyColumn } from "./temporary-tables.js";

export type { NavigationCounts } from "../../plan/index.js";

/**
 * Links, design §6 and §7.6: `#Touched` holds every stored or new claim of a source that this session could change: those its files add or remove,
 * and those of any connector whose keys come or go with the staged resources. Each is resolved against the repository as it will be; what differs from
 * what it resolved to before becomes staged link rows, navigations and claims. No key holds a claim once: each statement leaves out what is there.
 */
export const prepareTouched = (db: Database): Promise<void> =>
  createTemporary(db, "#Touched", ["T int IDENTITY(1,1) PRIMARY KEY", ...touchedColumns]);

const touchedColumns: readonly string[] = [
  "Mapping int NOT NULL",
  `Key1 ${columnTypes.key} NOT NULL`,
  `Key2 ${columnTypes.key} NOT NULL`,
  "Present int NOT NULL",
  "Wanted int NOT NULL",
  "FromFile int NOT NULL",
  "Before1 bigint NULL",
  "Before2 bigint NULL",
  "After1 bigint NULL",
  "After2 bigint NULL",
  `Reason ${columnTypes.word} NULL`,
];

/** How a statement adds claims. */
export const into = "INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2)";

/** Adds the claims that the link file in `#Claim` adds or removes. `unprotected`: condition that a stored one (`l`) may be removed. */
export const touchByClaims = async (db: Database, link: LinkPlan, unprotected: string | null): Promise<void> => {
  await db.run(
    `${into} SELECT ${link.number}, COALESCE(c.Key1, l.Key1), COALESCE(c.Key2, l.Key2),
       CASE WHEN l.Mapping IS NULL THEN 0 ELSE 1 END, CASE WHEN c.N IS NULL THEN 0 ELSE 1 END, 1, l.R1_Id, l.R2_Id
     FROM #Claim c FULL JOIN (SELECT Mapping, Key1, Key2, R1_Id, R2_Id FROM UR_LinkKeys WHERE Mapping = ${link.number}) l
       ON ${equal("c.Key1", "l.Key1")} AND ${equal("c.Key2", "l.Key2")}
     WHERE (c.N IS NULL OR l.Mapping IS NULL)${unprotected === null ? "" : ` AND (l.Mapping IS NULL OR (${unprotected}))`}`,
  );
};

/** Claims a statement adds only once: those of a mapping that are not among the touched yet, `l` being UR_LinkKeys. */
export const untouched = (link: LinkPlan): string =>
  `NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = ${link.number} AND ${equal("t.Key1", "l.Key1")} AND ${equal("t.Key2", "l.Key2")})`;

/**
 * Adds a mapping's stored claims that fulfil `condition` (on UR_LinkKeys as `l`) and are not there yet: present and wanted. `asNew`: as if a file
 * had just said them, nothing resolved before. Gives how many were added.
 */
export const touchStored = (db: Database, link: LinkPlan, condition: string, asNew = false): Promise<number> =>
  db.run(
    `${into} SELECT l.Mapping, l.Key1, l.Key2, 1, 1, ${asNew ? "1, NULL, NULL" : "0, l.R1_Id, l.R2_Id"} FROM UR_LinkKeys l
     WHERE l.Mapping = ${link.number} AND ${condition} AND ${untouched(link)}`,
  );

const isTouched = async (db: Database, link: LinkPlan): Promise<boolean> =>
  (await db.get(`SELECT TOP (1) 1 AS One FROM #Touched WHERE Mapping = ${link.number}`)) !== null;

/**
 * Copies the keys of `#KeyMoved` that fulfil a condition into a table of their own (Key, Id). A join with all of a table is planned by how large that is; a condition on
 * the way would be guessed at, and guessed far too small it makes a loop of what should be one pass.
 */
export const copyMoved = async (db: Database, name: string, condition: string): Promise<void> => {
  await createTemporary(db, name, [`[Key] ${columnTypes.key} NOT NULL`, "Id bigint NOT NULL"]);
  await db.run(`INSERT INTO ${name} ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE ${condition}`);
};

/** Adds the stored claims, of whatever connector, that name a key which comes or goes. */
export const touchByKeys = async (db: Database, plan: RepositoryPlan): Promise<void> => {
  const sides = plan.links.flatMap((link) => [
    { link, side: link.side1, key: "Key1" },
    { link, side: link.side2, key: "Key2" },
  ]);
  for (const [type, slot] of await db.all("SELECT DISTINCT Type, Slot FROM #KeyMoved")) {
    await copyMoved(db, "#Moved", `k.Type = ${Number(type)} AND k.Slot = '${slot}'`);
    for (const { link, side, key } of sides) {
      if (side.type.number !== Number(type) || side.slot !== slot) continue;
      await touchStored(db, link, `EXISTS (SELECT 1 FROM #Moved k WHERE ${equal("k.[Key]", `l.${key}`)})`);
    }
    await clearTemporary(db, "#Moved");
  }
};

/** Adds all of a mapping's claims. */
const touchAll = (db: Database, link: LinkPlan): Promise<number> => touchStored(db, link, "1 = 1");

/** Adds a mapping's unresolved claims. */
export const touchUnresolved = (db: Database, link: LinkPlan): Promise<number> => touchStored(db, link, "l.Reason IS NOT NULL");

/**
 * Adds the other stored claims of owners whose mono-valued navigation may change. Prepare leaves one claim an owner, but a row that was set aside keeps its former
 * one beside it: which of them counts is known only when all of them are looked at.
 */
const touchByOwner = async (db: Database, link: LinkPlan): Promise<void> => {
  const owners = [link.side1, link.side2].flatMap(({ navigation }, i) => (navigation === null ? [] : [`Key${i + 1}`]));
  for (let added = owners.length; added > 0; ) {
    added = 0;
    for (const key of owners) {
      added += await touchStored(
        db,
        link,
        `EXISTS (SELECT 1 FROM #Touched o WHERE o.Mapping = ${link.number} AND ${equal(`o.${key}`, `l.${key}`)})`,
      );
    }
  }
};

/** Makes `#Wanted`, empty: numbered pairs of keys that resources are looked for. */
export const prepareWanted = (db: Database): Promise<void> =>
  createTemporary(db, "#Wanted", ["T int NOT NULL", `Key1 ${columnTypes.key} NOT NULL`, `Key2 ${columnTypes.key} NOT NULL`]);

/** Fills `#Found1` or `#Found2` with the resources whose look-up slot will hold the key of one in `#Wanted` once the staged rows are applied. */
export const findSide = async (db: Database, link: LinkPlan, n: 1 | 2): Promise<void> => {
  const { type, slot } = n === 1 ? link.side1 : link.side2;
  const key = `w.Key${n}`;
  const moved = (added: 0 | 1): string => `k.Type = ${type.number} AND k.Slot = '${slot}' AND k.Added = ${added}`;
  await createTemporary(db, `#Found${n}`, ["T int NOT NULL", "Id bigint NOT NULL"]);
  await copyMoved(db, "#Gone", moved(0));
  await copyMoved(db, "#Come", moved(1));
  await db.run(
    `INSERT INTO #Found${n} (T, Id) SELECT w.T, r.Id FROM #Wanted w JOIN UR_Resources r ON ${currentRows(type, "r.")} AND ${equal(`r.${slot}`, key)}
     WHERE NOT EXISTS (SELECT 1 FROM #Gone k WHERE k.Id = r.Id AND ${equal("k.[Key]", key)})`,
  );
  await db.run(`INSERT INTO #Found${n} (T, Id) SELECT w.T, k.Id FROM #Wanted w JOIN #Come k ON ${equal("k.[Key]", key)}`);
  await clearTemporary(db, "#Gone");
  await clearTemporary(db, "#Come");
};

/**
 * Copies a mapping's claims into `#Link` (T and the columns of #Touched), a table of their own, and resolves the wanted ones: each side names the one resource found, or
 * none, and `Reason` says why.
 */
const resolveLink = async (db: Database, link: LinkPlan): Promise<void> => {
  await prepareWanted(db);
  await db.run(
    `INSERT INTO #Wanted (T, Key1, Key2) SELECT t.T, t.Key1, t.Key2 FROM #Touched t WHERE t.Mapping = ${link.number} AND t.Wanted = 1`,
  );
  await findSide(db, link, 1);
  await findSide(db, link, 2);
  await clearTemporary(db, "#Wanted");
  const found = (n: 1 | 2): string =>
    `LEFT JOIN (SELECT T, COUNT(*) AS Found, MIN(Id) AS Id FROM #Found${n} GROUP BY T) x${n} ON x${n}.T = t.T`;
  const after = (n: 1 | 2): string => `CASE WHEN x${n}.Found = 1 THEN x${n}.Id END`;
  const why = (n: 1 | 2): string => `CASE WHEN x${n}.Found IS NULL THEN '${n} missing' WHEN x${n}.Found > 1 THEN '${n} ambiguous' END`;
  await createTemporary(db, "#Link", ["T int NOT NULL PRIMARY KEY", ...touchedColumns]);
  await db.run(
    `INSERT INTO #Link (T, Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2, After1, After2, Reason)
     SELECT t.T, t.Mapping, t.Key1, t.Key2, t.Present, t.Wanted, t.FromFile, t.Before1, t.Before2, ${after(1)}, ${after(2)},
       CASE WHEN t.Wanted = 0 THEN NULL WHEN x1.Found = 1 THEN ${why(2)} WHEN x2.Found = 1 THEN ${why(1)} ELSE ${why(1)} + ', ' + ${why(2)} END
     FROM #Touched t ${found(1)} ${found(2)} WHERE t.Mapping = ${link.number}`,
  );
  await clearTemporary(db, "#Found1");
  await clearTemporary(db, "#Found2");
};

/** Fills `After1`, `After2` and `Reason` of a mapping's wanted claims in #Touched. */
export const resolveTouched = async (db: Database, link: LinkPlan): Promise<void> => {
  await resolveLink(db, link);
  await db.run("UPDATE t SET After1 = x.After1, After2 = x.After2, Reason = x.Reason FROM #Touched t JOIN #Link x ON x.T = t.T");
  await clearTemporary(db, "#Link");
};

/** Missing keys of a mapping that are explained, always the same ones; the rest stays `missing`. */
const explained = 10_000;

/** Names the near misses among the missing keys (design §6, orphans): differs only in case, in blanks, in Unicode form. */
const explainMissing = async (db: Database, link: LinkPlan): Promise<void> => {
  for (const [n, { type, slot }] of [
    [1, link.side1],
    [2, link.side2],
  ] as const) {
    const missing = await db.all(
      `SELECT TOP (${explained}) Key${n} FROM #Link WHERE Wanted = 1 AND After${n} IS NULL AND Reason LIKE '%${n} missing%'
       GROUP BY Key${n}, DATALENGTH(Key${n}) ORDER BY Key${n}, DATALENGTH(Key${n})`,
    );
    if (missing.length === 0) continue;
    const near = new NearKeys(missing.map(([key]) => String(key)));
    await db.each(`SELECT ${slot} FROM UR_Resources WHERE ${currentRows(type)} AND ${slot} IS NOT NULL`, ([value]) =>
      near.lookAt(String(value)),
    );
    await db.each(`SELECT [Key] FROM #KeyMoved WHERE Type = ${type.number} AND Slot = '${slot}' AND Added = 1`, ([value]) =>
      near.lookAtStaged(String(value)),
    );
    const reasons = [...near.reasons()].map(({ key, reason }) => [key, `${n} ${reason}`]);
    if (reasons.length === 0) continue;
    await createTemporary(db, "#Near", [`[Key] ${columnTypes.key} NOT NULL`, `Reason ${columnTypes.word} NOT NULL`]);
    await db.bulk(
      "#Near",
      [
        { ...keyColumn("Key"), required: true },
        { name: "Reason", type: "word", required: true },
      ],
      reasons,
    );
    await db.run(
      `UPDATE t SET Reason = REPLACE(t.Reason, '${n} missing', x.Reason) FROM #Link t JOIN #Near x ON ${equal("x.[Key]", `t.Key${n}`)}
       WHERE t.Wanted = 1 AND t.After${n} IS NULL`,
    );
    await clearTemporary(db, "#Near");
  }
};

const linkChanges = "INSERT INTO UR_ResourceLinkChanges (TaskInstance, State, Command, Mapping, R1_Id, R2_Id, Key1, Key2, CausedBy)";

/** The staged resource that a link row of another's claim is owed to: one that shares its command first, else that of the lower Id. */
const causeOf = (command: "insert" | "delete"): string => `CASE WHEN t.FromFile = 1 THEN NULL
    WHEN c1.ResourceId IS NULL THEN c2.ResourceId WHEN c2.ResourceId IS NULL THEN c1.ResourceId
    WHEN c1.Command = '${command}' AND c2.Command <> '${command}' THEN c1.ResourceId
    WHEN c2.Command = '${command}' AND c1.Command <> '${command}' THEN c2.ResourceId
    WHEN c1.ResourceId < c2.ResourceId THEN c1.ResourceId ELSE c2.ResourceId END`;

const stageLinkRows = async (db: Database, task: number): Promise<void> => {
  const stage = async (command: "insert" | "delete", column: "Before" | "After", condition: string): Promise<void> => {
    const changeOf = (n: 1 | 2): string =>
      `LEFT JOIN UR_ResourceChanges c${n} ON c${n}.TaskInstance = ${task} AND c${n}.ResourceId = t.${column}${n}`;
    await db.run(
      `${linkChanges} SELECT ${task}, 'staged', '${command}', t.Mapping, t.${column}1, t.${column}2, t.Key1, t.Key2, ${causeOf(command)}
       FROM #Link t ${changeOf(1)} ${changeOf(2)}
       WHERE t.${column}1 IS NOT NULL AND t.${column}2 IS NOT NULL AND ${condition}
       ORDER BY t.${column}1, t.${column}2`,
    );
  };
  if ((await db.get("SELECT TOP (1) 1 AS One FROM #Link WHERE Present = 1")) === null) return stage("insert", "After", "t.Wanted = 1");
  const same = (mine: "Before" | "After", other: "Before" | "After", flag: string): string =>
    `NOT EXISTS (SELECT 1 FROM #Link o WHERE o.${other}1 = t.${mine}1 AND o.${other}2 = t.${mine}2 AND o.${flag} = 1)`;
  await stage("delete", "Before", `t.Present = 1 AND ${same("Before", "After", "Wanted")}`);
  await stage("insert", "After", `t.Wanted = 1 AND ${same("After", "Before", "Present")}`);
};

/** Stages link rows by what is open now instead of by what the claims resolved to before; nothing is taken for granted. */
const rebuildLinkRows = async (db: Database, link: LinkPlan, task: number): Promise<void> => {
  const said = (n: 1 | 2): string => `COALESCE(t.Key${n}, ${asKey(`l.R${n}_Id`)})`;
  const unwanted = link.isLinkRow
    ? `AND NOT EXISTS (SELECT 1 FROM #Link w WHERE w.After1 = l.R1_Id AND w.After2 = l.R2_Id AND w.Wanted = 1)`
    : "";
  await db.run(
    `${linkChanges} SELECT ${task}, 'staged', 'delete', l.Mapping, l.R1_Id, l.R2_Id, ${said(1)}, ${said(2)}, NULL FROM UR_ResourceLinks l
     LEFT JOIN (SELECT Before1, Before2, MIN(T) AS T FROM #Link GROUP BY Before1, Before2) b
       ON b.Before1 = l.R1_Id AND b.Before2 = l.R2_Id
     LEFT JOIN #Link t ON t.T = b.T
     WHERE l.Mapping = ${link.number} AND l.ValidTo = '${openEnd}' ${unwanted} ORDER BY l.R1_Id, l.R2_Id`,
  );
  if (!link.isLinkRow) return;
  await db.run(
    `${linkChanges} SELECT ${task}, 'staged', 'insert', t.Mapping, t.After1, t.After2, t.Key1, t.Key2, NULL FROM #Link t
     WHERE t.Wanted = 1 AND t.After1 IS NOT NULL AND t.After2 IS NOT NULL AND NOT EXISTS (
       SELECT 1 FROM UR_ResourceLinks l WHERE l.Mapping = ${link.number} AND l.R1_Id = t.After1 AND l.R2_Id = t.After2 AND l.ValidTo = '${openEnd}')
     ORDER BY t.After1, t.After2`,
  );
};

/**
 * Without a look for near keys an unresolved claim's reason would fall back to `missing`, and be staged though nothing changed: the former reason stays as long as
 * the same sides are missing.
 */
const keepReasons = async (db: Database, link: LinkPlan): Promise<void> => {
  const sameSides = `NOT ${numberDiffers("t.Before1", "t.After1")} AND NOT ${numberDiffers("t.Before2", "t.After2")}`;
  await db.run(
    `UPDATE t SET Reason = l.Reason FROM #Link t JOIN UR_LinkKeys l
       ON l.Mapping = ${link.number} AND ${equal("l.Key1", "t.Key1")} AND ${equal("l.Key2", "t.Key2")}
     WHERE t.Present = 1 AND t.Wanted = 1 AND ${sameSides} AND t.Reason NOT LIKE '%ambiguous%' AND l.Reason NOT LIKE '%ambiguous%'`,
  );
};

const stageClaims = async (db: Database, task: number): Promise<void> => {
  await db.run(
    `INSERT INTO UR_LinkKeyChanges (TaskInstance, State, Command, Mapping, Key1, Key2, R1_Before, R2_Before, R1_After, R2_After, Reason)
     SELECT ${task}, 'staged', CASE WHEN t.Present = 0 THEN 'add' WHEN t.Wanted = 0 THEN 'remove' ELSE 'resolve' END,
       t.Mapping, t.Key1, t.Key2, t.Before1, t.Before2, t.After1, t.After2, t.Reason
     FROM #Link t LEFT JOIN UR_LinkKeys l
       ON t.Present = 1 AND t.Wanted = 1 AND l.Mapping = t.Mapping AND ${equal("l.Key1", "t.Key1")} AND ${equal("l.Key2", "t.Key2")}
     WHERE t.Present <> t.Wanted OR ${numberDiffers("t.Before1", "t.After1")} OR ${numberDiffers("t.Before2", "t.After2")} OR ${differs("l.Reason", "t.Reason")}
     ORDER BY t.Key1, DATALENGTH(t.Key1), t.Key2, DATALENGTH(t.Key2)`,
  );
};

/**
 * Which of its own connector's stored claims a session looks at, besides those whose keys come or go: none (an incremental one, whose cost follows its changes), those that
 * are unresolved, or all of them, because its mappings are others than those that its links were loaded with.
 */
export type Reach = "changes" | "unresolved" | "all";

/**
 * Stages everything that links need of a session whose resource changes and file claims are staged; design §6, §7.6.
 * Takes the session's connector, and how far it looks. Gives what its navigations count.
 */
export const stageLinks = async (
  db: Database,
  plan: RepositoryPlan,
  connector: string,
  staging: Staging,
  task: number,
  reach: Reach = "unresolved",
): Promise<NavigationCounts> => {
  await touchByKeys(db, plan);
  for (const link of plan.links) {
    if (link.connector === connector && reach !== "changes") await (reach === "all" ? touchAll : touchUnresolved)(db, link);
  }
  const counts = noNavigations();
  for (const link of plan.links) {
    const isRebuilt = reach === "all" && link.connector === connector;
    if (!isRebuilt && !(await isTouched(db, link))) continue;
    await touchByOwner(db, link);
    await resolveLink(db, link);
    // A look for near keys reads every key there is.
    await (reach === "changes" ? keepReasons : explainMissing)(db, link);
    if (isRebuilt) await rebuildLinkRows(db, link, task);
    else if (link.isLinkRow) await stageLinkRows(db, task);
    if (!link.isLinkRow) await stageNavigations(db, link, staging, counts, isRebuilt);
    await stageClaims(db, task);
  }
  await clearTemporary(db, "#Link");
  return counts;
};
