-- batch
SET XACT_ABORT ON;

-- batch
SET LOCK_TIMEOUT 500;

-- transaction
BEGIN TRANSACTION;

-- statement
UPDATE UM_Sequences SET Value = Value + 1 WHERE Name = 'writer';

-- batch
SET LOCK_TIMEOUT -1;

-- statement with 4
SELECT Fence FROM UJ_JobInstances WHERE Id = @p0;

-- statement with 4, 4
SELECT State FROM UJ_TaskInstances WHERE Id = @p0 AND JobInstance = @p1;

-- statement with "00000000-0000-4000-8000-000000000004"
SELECT State FROM UJ_SynchronizationSessions WHERE Guid = @p0;

-- statement with "00000000-0000-4000-8000-000000000004"
SELECT StartsAt FROM UJ_SynchronizationSessions WHERE Guid = @p0;

-- statement with "AD"
SELECT Session, MappingHash FROM UM_ConnectorHeads WHERE Connector = @p0;

-- statement
SELECT Identifier, Id, MappingKey FROM UM_EntityTypes;

-- statement
SELECT EntityType, Identifier, Slot, Type FROM UM_Properties;

-- statement
SELECT Association, Connector, Id FROM UM_Mappings;

-- batch
CREATE TABLE #KeyMoved (Type int NOT NULL, Slot varchar(120) COLLATE Latin1_General_100_BIN2 NOT NULL, [Key] nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Id bigint NOT NULL, Added int NOT NULL);

-- statement with "resource"
SELECT Value FROM UM_Sequences WHERE Name = @p0;

-- batch
CREATE TABLE #Touched (T int IDENTITY(1,1) PRIMARY KEY, Mapping int NOT NULL, Key1 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Key2 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Present int NOT NULL, Wanted int NOT NULL, FromFile int NOT NULL, Before1 bigint NULL, Before2 bigint NULL, After1 bigint NULL, After2 bigint NULL, Reason varchar(120) COLLATE Latin1_General_100_BIN2 NULL);

-- batch
CREATE TABLE #OwnKeyMoved (Type int NOT NULL, Slot varchar(120) COLLATE Latin1_General_100_BIN2 NOT NULL, FromKey nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, ToKey nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL);

-- batch
CREATE TABLE #File (N bigint NOT NULL PRIMARY KEY, C4 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, C5 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, C6 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, Command varchar(120) COLLATE Latin1_General_100_BIN2 NOT NULL, Cleared nvarchar(600) COLLATE Latin1_General_100_BIN2 NOT NULL);

-- load
insert bulk #File([N] bigint, [C4] nvarchar(442), [C5] nvarchar(442), [C6] nvarchar(442), [Command] varchar(120), [Cleared] nvarchar(600)) WITH (TABLOCK)
-- rows: SHA-256 20cc0b4672f9d3f9;

-- statement
UPDATE f SET C5 = CASE WHEN f.C5 IS NOT NULL OR f.Cleared LIKE '%,C5,%' THEN f.C5 ELSE r.C5 END, C6 = CASE WHEN f.C6 IS NOT NULL OR f.Cleared LIKE '%,C6,%' THEN f.C6 ELSE r.C6 END FROM #File f JOIN UR_Resources r ON r.Type = 2 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND (f.C4 = r.C4 AND DATALENGTH(f.C4) = DATALENGTH(r.C4)) WHERE f.Command = 'merge';

-- statement
INSERT INTO #OwnKeyMoved (Type, Slot, FromKey, ToKey)
SELECT 2, 'C5', r.C5, CASE WHEN f.Command = 'merge' THEN f.C5 END FROM #File f JOIN UR_Resources r ON r.Type = 2 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND (f.C4 = r.C4 AND DATALENGTH(f.C4) = DATALENGTH(r.C4))
WHERE r.C5 IS NOT NULL AND (f.Command = 'delete' OR (CASE WHEN ((f.C5 = r.C5 AND DATALENGTH(f.C5) = DATALENGTH(r.C5)) OR (f.C5 IS NULL AND r.C5 IS NULL)) THEN 0 ELSE 1 END = 1));

-- batch
CREATE TABLE #Diff (D int IDENTITY(1,1) PRIMARY KEY, Command varchar(120) COLLATE Latin1_General_100_BIN2 NOT NULL, N bigint NULL, ResourceId bigint NULL);

-- statement
INSERT INTO #Diff (Command, N, ResourceId)
SELECT CASE WHEN f.Command = 'delete' THEN 'delete' WHEN r.Id IS NULL THEN 'insert' ELSE 'update' END,
CASE WHEN f.Command = 'delete' THEN NULL ELSE f.N END, r.Id
FROM #File f LEFT JOIN UR_Resources r ON r.Type = 2 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND (f.C4 = r.C4 AND DATALENGTH(f.C4) = DATALENGTH(r.C4))
WHERE (f.Command = 'delete' AND r.Id IS NOT NULL) OR (f.Command <> 'delete' AND (r.Id IS NULL OR (CASE WHEN ((f.C5 = r.C5 AND DATALENGTH(f.C5) = DATALENGTH(r.C5)) OR (f.C5 IS NULL AND r.C5 IS NULL)) THEN 0 ELSE 1 END = 1) OR (CASE WHEN ((f.C6 = r.C6 AND DATALENGTH(f.C6) = DATALENGTH(r.C6)) OR (f.C6 IS NULL AND r.C6 IS NULL)) THEN 0 ELSE 1 END = 1)))
ORDER BY CASE WHEN f.Command = 'delete' THEN 3 WHEN r.Id IS NULL THEN 1 ELSE 2 END, CASE WHEN f.Command = 'delete' THEN r.Id ELSE f.N END;

-- statement
SELECT COUNT(*) FROM #File f JOIN #Diff d ON d.N = f.N WHERE f.Command = 'update' AND d.Command = 'insert';

-- statement
SELECT COUNT(*) FROM #File WHERE Command = 'delete';

-- statement
SELECT COUNT(*) FROM #Diff WHERE Command = 'delete';

-- statement
SELECT COUNT(*) FROM #Diff;

-- statement with 0, 5000
SELECT d.Command, r.Id, r.ValidFrom, f.C4, f.C5, f.C6, r.C4, r.C5, r.C6 FROM #Diff d
LEFT JOIN #File f ON f.N = d.N LEFT JOIN UR_Resources r ON r.Id = d.ResourceId AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE d.D > @p0 AND d.D <= @p1 ORDER BY d.D;

-- statement
SELECT TOP (1) 1 AS One FROM UR_RetiredKeys WHERE Type = 2;

-- batch
CREATE TABLE #Known (N bigint NOT NULL, [Key] nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL);

-- load
insert bulk #Known([N] bigint, [Key] nvarchar(442)) WITH (TABLOCK)
-- rows: SHA-256 8afeb8409f867208;

-- statement
SELECT w.N, k.Id FROM #Known w JOIN UR_RetiredKeys k ON k.Type = 2 AND (k.[Key] = w.[Key] AND DATALENGTH(k.[Key]) = DATALENGTH(w.[Key]));

-- load
insert bulk UR_ResourceChanges([TaskInstance] int, [State] varchar(120), [Command] varchar(120), [Type] int, [Key] nvarchar(442), [ResourceId] bigint, [Version] char(24), [Changes] nvarchar(max), [CausedBy] bigint)
-- rows: SHA-256 6b64d8c7000b240d;

-- load
insert bulk #KeyMoved([Type] int, [Slot] varchar(120), [Key] nvarchar(442), [Id] bigint, [Added] int) WITH (TABLOCK)
-- rows: SHA-256 7447afd8b088451a;

-- batch
IF OBJECT_ID('tempdb..#Diff') IS NOT NULL TRUNCATE TABLE #Diff;

-- batch
IF OBJECT_ID('tempdb..#File') IS NOT NULL TRUNCATE TABLE #File;

-- batch
CREATE TABLE #LinkDelta (Meaning varchar(120) COLLATE Latin1_General_100_BIN2 NOT NULL, Key1 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, Key2 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL);

-- load
insert bulk #LinkDelta([Meaning] varchar(120), [Key1] nvarchar(442), [Key2] nvarchar(442)) WITH (TABLOCK)
-- rows: SHA-256 055ac2999341dcbb;

-- batch
CREATE TABLE #Said (Key1 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Key2 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL);

-- statement
INSERT INTO #Said (Key1, Key2) SELECT d.Key1, d.Key2 FROM #LinkDelta d WHERE d.Meaning = 'said';

-- batch
CREATE TABLE #Renamed (FromKey nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, ToKey nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL);

-- statement
INSERT INTO #Renamed (FromKey, ToKey) SELECT o.FromKey, MIN(o.ToKey) FROM #OwnKeyMoved o WHERE o.Type = 2 AND o.Slot = 'C5'
GROUP BY o.FromKey, DATALENGTH(o.FromKey) HAVING COUNT(*) = 1 AND COUNT(o.ToKey) = 1;

-- statement
INSERT INTO #Said (Key1, Key2) SELECT c.Key1, c.Key2 FROM (
SELECT x.ToKey AS Key1, l.Key2 AS Key2 FROM #Renamed x JOIN UR_LinkKeys l ON l.Mapping = 2 AND (l.Key1 = x.FromKey AND DATALENGTH(l.Key1) = DATALENGTH(x.FromKey))) c
WHERE NOT EXISTS (SELECT 1 FROM #Said s WHERE (s.Key1 = c.Key1 AND DATALENGTH(s.Key1) = DATALENGTH(c.Key1)) AND (s.Key2 = c.Key2 AND DATALENGTH(s.Key2) = DATALENGTH(c.Key2))) AND NOT EXISTS (SELECT d.Key1, d.Key2 FROM #LinkDelta d WHERE d.Meaning = 'pair' AND (d.Key1 = c.Key1 AND DATALENGTH(d.Key1) = DATALENGTH(c.Key1)) AND (d.Key2 = c.Key2 AND DATALENGTH(d.Key2) = DATALENGTH(c.Key2))) AND NOT EXISTS (SELECT d.Key1, d.Key2 FROM #LinkDelta d WHERE d.Meaning = 'key1' AND (d.Key1 = c.Key1 AND DATALENGTH(d.Key1) = DATALENGTH(c.Key1))) AND NOT EXISTS (SELECT d.Key1, d.Key2 FROM #LinkDelta d WHERE d.Meaning = 'key2' AND (d.Key2 = c.Key2 AND DATALENGTH(d.Key2) = DATALENGTH(c.Key2)))
GROUP BY c.Key1, DATALENGTH(c.Key1), c.Key2, DATALENGTH(c.Key2);

-- batch
IF OBJECT_ID('tempdb..#Renamed') IS NOT NULL TRUNCATE TABLE #Renamed;

-- batch
CREATE TABLE #Withdrawn (Key1 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, Key2 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL);

-- statement
INSERT INTO #Withdrawn (Key1, Key2) SELECT d.Key1, d.Key2 FROM #LinkDelta d WHERE d.Meaning = 'pair';

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 0, 1, l.R1_Id, l.R2_Id FROM #Withdrawn w
JOIN UR_LinkKeys l ON l.Mapping = 2 AND (l.Key1 = w.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(w.Key1)) AND (l.Key2 = w.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(w.Key2))
WHERE NOT EXISTS (SELECT 1 FROM #Said s WHERE (s.Key1 = l.Key1 AND DATALENGTH(s.Key1) = DATALENGTH(l.Key1)) AND (s.Key2 = l.Key2 AND DATALENGTH(s.Key2) = DATALENGTH(l.Key2))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 2 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- batch
TRUNCATE TABLE #Withdrawn;

-- statement
INSERT INTO #Withdrawn (Key1, Key2) SELECT d.Key1, d.Key2 FROM #LinkDelta d WHERE d.Meaning = 'key1';

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 0, 1, l.R1_Id, l.R2_Id FROM #Withdrawn w
JOIN UR_LinkKeys l ON l.Mapping = 2 AND (l.Key1 = w.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(w.Key1))
WHERE NOT EXISTS (SELECT 1 FROM #Said s WHERE (s.Key1 = l.Key1 AND DATALENGTH(s.Key1) = DATALENGTH(l.Key1)) AND (s.Key2 = l.Key2 AND DATALENGTH(s.Key2) = DATALENGTH(l.Key2))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 2 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- batch
TRUNCATE TABLE #Withdrawn;

-- statement
INSERT INTO #Withdrawn (Key1, Key2) SELECT d.Key1, d.Key2 FROM #LinkDelta d WHERE d.Meaning = 'key2';

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 0, 1, l.R1_Id, l.R2_Id FROM #Withdrawn w
JOIN UR_LinkKeys l ON l.Mapping = 2 AND (l.Key2 = w.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(w.Key2))
WHERE NOT EXISTS (SELECT 1 FROM #Said s WHERE (s.Key1 = l.Key1 AND DATALENGTH(s.Key1) = DATALENGTH(l.Key1)) AND (s.Key2 = l.Key2 AND DATALENGTH(s.Key2) = DATALENGTH(l.Key2))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 2 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- batch
TRUNCATE TABLE #Withdrawn;

-- statement
INSERT INTO #Withdrawn (Key1, Key2) SELECT o.FromKey, NULL FROM #OwnKeyMoved o WHERE o.Type = 2 AND o.Slot = 'C5' GROUP BY o.FromKey, DATALENGTH(o.FromKey);

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 0, 1, l.R1_Id, l.R2_Id FROM #Withdrawn w
JOIN UR_LinkKeys l ON l.Mapping = 2 AND (l.Key1 = w.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(w.Key1))
WHERE NOT EXISTS (SELECT 1 FROM #Said s WHERE (s.Key1 = l.Key1 AND DATALENGTH(s.Key1) = DATALENGTH(l.Key1)) AND (s.Key2 = l.Key2 AND DATALENGTH(s.Key2) = DATALENGTH(l.Key2))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 2 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT 2, s.Key1, s.Key2, 0, 1, 1, NULL, NULL FROM #Said s
LEFT JOIN UR_LinkKeys l ON l.Mapping = 2 AND (l.Key1 = s.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(s.Key1)) AND (l.Key2 = s.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(s.Key2))
WHERE l.Mapping IS NULL;

-- batch
IF OBJECT_ID('tempdb..#LinkDelta') IS NOT NULL TRUNCATE TABLE #LinkDelta;

-- batch
IF OBJECT_ID('tempdb..#Withdrawn') IS NOT NULL TRUNCATE TABLE #Withdrawn;

-- batch
IF OBJECT_ID('tempdb..#Said') IS NOT NULL TRUNCATE TABLE #Said;

-- batch
TRUNCATE TABLE #LinkDelta;

-- load
insert bulk #LinkDelta([Meaning] varchar(120), [Key1] nvarchar(442), [Key2] nvarchar(442)) WITH (TABLOCK)
-- rows: SHA-256 4f766ce8c03b43f2;

-- batch
TRUNCATE TABLE #Said;

-- statement
INSERT INTO #Said (Key1, Key2) SELECT d.Key1, d.Key2 FROM #LinkDelta d WHERE d.Meaning = 'said';

-- batch
TRUNCATE TABLE #Withdrawn;

-- statement
INSERT INTO #Withdrawn (Key1, Key2) SELECT d.Key1, d.Key2 FROM #LinkDelta d WHERE d.Meaning = 'key2';

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 0, 1, l.R1_Id, l.R2_Id FROM #Withdrawn w
JOIN UR_LinkKeys l ON l.Mapping = 3 AND (l.Key2 = w.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(w.Key2))
WHERE NOT EXISTS (SELECT 1 FROM #Said s WHERE (s.Key1 = l.Key1 AND DATALENGTH(s.Key1) = DATALENGTH(l.Key1)) AND (s.Key2 = l.Key2 AND DATALENGTH(s.Key2) = DATALENGTH(l.Key2))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 3 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT 3, s.Key1, s.Key2, 0, 1, 1, NULL, NULL FROM #Said s
LEFT JOIN UR_LinkKeys l ON l.Mapping = 3 AND (l.Key1 = s.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(s.Key1)) AND (l.Key2 = s.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(s.Key2))
WHERE l.Mapping IS NULL;

-- batch
IF OBJECT_ID('tempdb..#LinkDelta') IS NOT NULL TRUNCATE TABLE #LinkDelta;

-- batch
IF OBJECT_ID('tempdb..#Withdrawn') IS NOT NULL TRUNCATE TABLE #Withdrawn;

-- batch
IF OBJECT_ID('tempdb..#Said') IS NOT NULL TRUNCATE TABLE #Said;

-- statement
SELECT DISTINCT Type, Slot FROM #KeyMoved;

-- batch
CREATE TABLE #Moved ([Key] nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Id bigint NOT NULL);

-- statement
INSERT INTO #Moved ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 2 AND k.Slot = 'C5';

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 2 AND EXISTS (SELECT 1 FROM #Moved k WHERE (k.[Key] = l.Key1 AND DATALENGTH(k.[Key]) = DATALENGTH(l.Key1))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 2 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 2 AND EXISTS (SELECT 1 FROM #Moved k WHERE (k.[Key] = l.Key2 AND DATALENGTH(k.[Key]) = DATALENGTH(l.Key2))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 2 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- batch
IF OBJECT_ID('tempdb..#Moved') IS NOT NULL TRUNCATE TABLE #Moved;

-- batch
TRUNCATE TABLE #Moved;

-- statement
INSERT INTO #Moved ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 2 AND k.Slot = 'C4';

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 3 AND EXISTS (SELECT 1 FROM #Moved k WHERE (k.[Key] = l.Key2 AND DATALENGTH(k.[Key]) = DATALENGTH(l.Key2))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 3 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- batch
IF OBJECT_ID('tempdb..#Moved') IS NOT NULL TRUNCATE TABLE #Moved;

-- statement
SELECT TOP (1) 1 AS One FROM #Touched WHERE Mapping = 1;

-- statement
SELECT TOP (1) 1 AS One FROM #Touched WHERE Mapping = 2;

-- batch
CREATE TABLE #Wanted (T int NOT NULL, Key1 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Key2 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL);

-- statement
INSERT INTO #Wanted (T, Key1, Key2) SELECT t.T, t.Key1, t.Key2 FROM #Touched t WHERE t.Mapping = 2 AND t.Wanted = 1;

-- batch
CREATE TABLE #Found1 (T int NOT NULL, Id bigint NOT NULL);

-- batch
CREATE TABLE #Gone ([Key] nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Id bigint NOT NULL);

-- statement
INSERT INTO #Gone ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 2 AND k.Slot = 'C5' AND k.Added = 0;

-- batch
CREATE TABLE #Come ([Key] nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Id bigint NOT NULL);

-- statement
INSERT INTO #Come ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 2 AND k.Slot = 'C5' AND k.Added = 1;

-- statement
INSERT INTO #Found1 (T, Id) SELECT w.T, r.Id FROM #Wanted w JOIN UR_Resources r ON r.Type = 2 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND (r.C5 = w.Key1 AND DATALENGTH(r.C5) = DATALENGTH(w.Key1))
WHERE NOT EXISTS (SELECT 1 FROM #Gone k WHERE k.Id = r.Id AND (k.[Key] = w.Key1 AND DATALENGTH(k.[Key]) = DATALENGTH(w.Key1)));

-- statement
INSERT INTO #Found1 (T, Id) SELECT w.T, k.Id FROM #Wanted w JOIN #Come k ON (k.[Key] = w.Key1 AND DATALENGTH(k.[Key]) = DATALENGTH(w.Key1));

-- batch
IF OBJECT_ID('tempdb..#Gone') IS NOT NULL TRUNCATE TABLE #Gone;

-- batch
IF OBJECT_ID('tempdb..#Come') IS NOT NULL TRUNCATE TABLE #Come;

-- batch
CREATE TABLE #Found2 (T int NOT NULL, Id bigint NOT NULL);

-- batch
TRUNCATE TABLE #Gone;

-- statement
INSERT INTO #Gone ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 2 AND k.Slot = 'C5' AND k.Added = 0;

-- batch
TRUNCATE TABLE #Come;

-- statement
INSERT INTO #Come ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 2 AND k.Slot = 'C5' AND k.Added = 1;

-- statement
INSERT INTO #Found2 (T, Id) SELECT w.T, r.Id FROM #Wanted w JOIN UR_Resources r ON r.Type = 2 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND (r.C5 = w.Key2 AND DATALENGTH(r.C5) = DATALENGTH(w.Key2))
WHERE NOT EXISTS (SELECT 1 FROM #Gone k WHERE k.Id = r.Id AND (k.[Key] = w.Key2 AND DATALENGTH(k.[Key]) = DATALENGTH(w.Key2)));

-- statement
INSERT INTO #Found2 (T, Id) SELECT w.T, k.Id FROM #Wanted w JOIN #Come k ON (k.[Key] = w.Key2 AND DATALENGTH(k.[Key]) = DATALENGTH(w.Key2));

-- batch
IF OBJECT_ID('tempdb..#Gone') IS NOT NULL TRUNCATE TABLE #Gone;

-- batch
IF OBJECT_ID('tempdb..#Come') IS NOT NULL TRUNCATE TABLE #Come;

-- batch
IF OBJECT_ID('tempdb..#Wanted') IS NOT NULL TRUNCATE TABLE #Wanted;

-- batch
CREATE TABLE #Link (T int NOT NULL PRIMARY KEY, Mapping int NOT NULL, Key1 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Key2 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Present int NOT NULL, Wanted int NOT NULL, FromFile int NOT NULL, Before1 bigint NULL, Before2 bigint NULL, After1 bigint NULL, After2 bigint NULL, Reason varchar(120) COLLATE Latin1_General_100_BIN2 NULL);

-- statement
INSERT INTO #Link (T, Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2, After1, After2, Reason)
SELECT t.T, t.Mapping, t.Key1, t.Key2, t.Present, t.Wanted, t.FromFile, t.Before1, t.Before2, CASE WHEN x1.Found = 1 THEN x1.Id END, CASE WHEN x2.Found = 1 THEN x2.Id END,
CASE WHEN t.Wanted = 0 THEN NULL WHEN x1.Found = 1 THEN CASE WHEN x2.Found IS NULL THEN '2 missing' WHEN x2.Found > 1 THEN '2 ambiguous' END WHEN x2.Found = 1 THEN CASE WHEN x1.Found IS NULL THEN '1 missing' WHEN x1.Found > 1 THEN '1 ambiguous' END ELSE CASE WHEN x1.Found IS NULL THEN '1 missing' WHEN x1.Found > 1 THEN '1 ambiguous' END + ', ' + CASE WHEN x2.Found IS NULL THEN '2 missing' WHEN x2.Found > 1 THEN '2 ambiguous' END END
FROM #Touched t LEFT JOIN (SELECT T, COUNT(*) AS Found, MIN(Id) AS Id FROM #Found1 GROUP BY T) x1 ON x1.T = t.T LEFT JOIN (SELECT T, COUNT(*) AS Found, MIN(Id) AS Id FROM #Found2 GROUP BY T) x2 ON x2.T = t.T WHERE t.Mapping = 2;

-- batch
IF OBJECT_ID('tempdb..#Found1') IS NOT NULL TRUNCATE TABLE #Found1;

-- batch
IF OBJECT_ID('tempdb..#Found2') IS NOT NULL TRUNCATE TABLE #Found2;

-- statement
UPDATE t SET Reason = l.Reason FROM #Link t JOIN UR_LinkKeys l
ON l.Mapping = 2 AND (l.Key1 = t.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(t.Key1)) AND (l.Key2 = t.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(t.Key2))
WHERE t.Present = 1 AND t.Wanted = 1 AND NOT (CASE WHEN t.Before1 = t.After1 OR (t.Before1 IS NULL AND t.After1 IS NULL) THEN 0 ELSE 1 END = 1) AND NOT (CASE WHEN t.Before2 = t.After2 OR (t.Before2 IS NULL AND t.After2 IS NULL) THEN 0 ELSE 1 END = 1) AND t.Reason NOT LIKE '%ambiguous%' AND l.Reason NOT LIKE '%ambiguous%';

-- statement
SELECT TOP (1) 1 AS One FROM #Link WHERE Present = 1;

-- statement
INSERT INTO UR_ResourceLinkChanges (TaskInstance, State, Command, Mapping, R1_Id, R2_Id, Key1, Key2, CausedBy) SELECT 4, 'staged', 'delete', t.Mapping, t.Before1, t.Before2, t.Key1, t.Key2, CASE WHEN t.FromFile = 1 THEN NULL
WHEN c1.ResourceId IS NULL THEN c2.ResourceId WHEN c2.ResourceId IS NULL THEN c1.ResourceId
WHEN c1.Command = 'delete' AND c2.Command <> 'delete' THEN c1.ResourceId
WHEN c2.Command = 'delete' AND c1.Command <> 'delete' THEN c2.ResourceId
WHEN c1.ResourceId < c2.ResourceId THEN c1.ResourceId ELSE c2.ResourceId END
FROM #Link t LEFT JOIN UR_ResourceChanges c1 ON c1.TaskInstance = 4 AND c1.ResourceId = t.Before1 LEFT JOIN UR_ResourceChanges c2 ON c2.TaskInstance = 4 AND c2.ResourceId = t.Before2
WHERE t.Before1 IS NOT NULL AND t.Before2 IS NOT NULL AND t.Present = 1 AND NOT EXISTS (SELECT 1 FROM #Link o WHERE o.After1 = t.Before1 AND o.After2 = t.Before2 AND o.Wanted = 1)
ORDER BY t.Before1, t.Before2;

-- statement
INSERT INTO UR_ResourceLinkChanges (TaskInstance, State, Command, Mapping, R1_Id, R2_Id, Key1, Key2, CausedBy) SELECT 4, 'staged', 'insert', t.Mapping, t.After1, t.After2, t.Key1, t.Key2, CASE WHEN t.FromFile = 1 THEN NULL
WHEN c1.ResourceId IS NULL THEN c2.ResourceId WHEN c2.ResourceId IS NULL THEN c1.ResourceId
WHEN c1.Command = 'insert' AND c2.Command <> 'insert' THEN c1.ResourceId
WHEN c2.Command = 'insert' AND c1.Command <> 'insert' THEN c2.ResourceId
WHEN c1.ResourceId < c2.ResourceId THEN c1.ResourceId ELSE c2.ResourceId END
FROM #Link t LEFT JOIN UR_ResourceChanges c1 ON c1.TaskInstance = 4 AND c1.ResourceId = t.After1 LEFT JOIN UR_ResourceChanges c2 ON c2.TaskInstance = 4 AND c2.ResourceId = t.After2
WHERE t.After1 IS NOT NULL AND t.After2 IS NOT NULL AND t.Wanted = 1 AND NOT EXISTS (SELECT 1 FROM #Link o WHERE o.Before1 = t.After1 AND o.Before2 = t.After2 AND o.Present = 1)
ORDER BY t.After1, t.After2;

-- statement
INSERT INTO UR_LinkKeyChanges (TaskInstance, State, Command, Mapping, Key1, Key2, R1_Before, R2_Before, R1_After, R2_After, Reason)
SELECT 4, 'staged', CASE WHEN t.Present = 0 THEN 'add' WHEN t.Wanted = 0 THEN 'remove' ELSE 'resolve' END,
t.Mapping, t.Key1, t.Key2, t.Before1, t.Before2, t.After1, t.After2, t.Reason
FROM #Link t LEFT JOIN UR_LinkKeys l
ON t.Present = 1 AND t.Wanted = 1 AND l.Mapping = t.Mapping AND (l.Key1 = t.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(t.Key1)) AND (l.Key2 = t.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(t.Key2))
WHERE t.Present <> t.Wanted OR (CASE WHEN t.Before1 = t.After1 OR (t.Before1 IS NULL AND t.After1 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN t.Before2 = t.After2 OR (t.Before2 IS NULL AND t.After2 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN ((l.Reason = t.Reason AND DATALENGTH(l.Reason) = DATALENGTH(t.Reason)) OR (l.Reason IS NULL AND t.Reason IS NULL)) THEN 0 ELSE 1 END = 1)
ORDER BY t.Key1, DATALENGTH(t.Key1), t.Key2, DATALENGTH(t.Key2);

-- statement
SELECT TOP (1) 1 AS One FROM #Touched WHERE Mapping = 3;

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 3 AND EXISTS (SELECT 1 FROM #Touched o WHERE o.Mapping = 3 AND (o.Key2 = l.Key2 AND DATALENGTH(o.Key2) = DATALENGTH(l.Key2))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 3 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- batch
TRUNCATE TABLE #Wanted;

-- statement
INSERT INTO #Wanted (T, Key1, Key2) SELECT t.T, t.Key1, t.Key2 FROM #Touched t WHERE t.Mapping = 3 AND t.Wanted = 1;

-- batch
TRUNCATE TABLE #Found1;

-- batch
TRUNCATE TABLE #Gone;

-- statement
INSERT INTO #Gone ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 1 AND k.Slot = 'C4' AND k.Added = 0;

-- batch
TRUNCATE TABLE #Come;

-- statement
INSERT INTO #Come ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 1 AND k.Slot = 'C4' AND k.Added = 1;

-- statement
INSERT INTO #Found1 (T, Id) SELECT w.T, r.Id FROM #Wanted w JOIN UR_Resources r ON r.Type = 1 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND (r.C4 = w.Key1 AND DATALENGTH(r.C4) = DATALENGTH(w.Key1))
WHERE NOT EXISTS (SELECT 1 FROM #Gone k WHERE k.Id = r.Id AND (k.[Key] = w.Key1 AND DATALENGTH(k.[Key]) = DATALENGTH(w.Key1)));

-- statement
INSERT INTO #Found1 (T, Id) SELECT w.T, k.Id FROM #Wanted w JOIN #Come k ON (k.[Key] = w.Key1 AND DATALENGTH(k.[Key]) = DATALENGTH(w.Key1));

-- batch
IF OBJECT_ID('tempdb..#Gone') IS NOT NULL TRUNCATE TABLE #Gone;

-- batch
IF OBJECT_ID('tempdb..#Come') IS NOT NULL TRUNCATE TABLE #Come;

-- batch
TRUNCATE TABLE #Found2;

-- batch
TRUNCATE TABLE #Gone;

-- statement
INSERT INTO #Gone ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 2 AND k.Slot = 'C4' AND k.Added = 0;

-- batch
TRUNCATE TABLE #Come;

-- statement
INSERT INTO #Come ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 2 AND k.Slot = 'C4' AND k.Added = 1;

-- statement
INSERT INTO #Found2 (T, Id) SELECT w.T, r.Id FROM #Wanted w JOIN UR_Resources r ON r.Type = 2 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND (r.C4 = w.Key2 AND DATALENGTH(r.C4) = DATALENGTH(w.Key2))
WHERE NOT EXISTS (SELECT 1 FROM #Gone k WHERE k.Id = r.Id AND (k.[Key] = w.Key2 AND DATALENGTH(k.[Key]) = DATALENGTH(w.Key2)));

-- statement
INSERT INTO #Found2 (T, Id) SELECT w.T, k.Id FROM #Wanted w JOIN #Come k ON (k.[Key] = w.Key2 AND DATALENGTH(k.[Key]) = DATALENGTH(w.Key2));

-- batch
IF OBJECT_ID('tempdb..#Gone') IS NOT NULL TRUNCATE TABLE #Gone;

-- batch
IF OBJECT_ID('tempdb..#Come') IS NOT NULL TRUNCATE TABLE #Come;

-- batch
IF OBJECT_ID('tempdb..#Wanted') IS NOT NULL TRUNCATE TABLE #Wanted;

-- batch
TRUNCATE TABLE #Link;

-- statement
INSERT INTO #Link (T, Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2, After1, After2, Reason)
SELECT t.T, t.Mapping, t.Key1, t.Key2, t.Present, t.Wanted, t.FromFile, t.Before1, t.Before2, CASE WHEN x1.Found = 1 THEN x1.Id END, CASE WHEN x2.Found = 1 THEN x2.Id END,
CASE WHEN t.Wanted = 0 THEN NULL WHEN x1.Found = 1 THEN CASE WHEN x2.Found IS NULL THEN '2 missing' WHEN x2.Found > 1 THEN '2 ambiguous' END WHEN x2.Found = 1 THEN CASE WHEN x1.Found IS NULL THEN '1 missing' WHEN x1.Found > 1 THEN '1 ambiguous' END ELSE CASE WHEN x1.Found IS NULL THEN '1 missing' WHEN x1.Found > 1 THEN '1 ambiguous' END + ', ' + CASE WHEN x2.Found IS NULL THEN '2 missing' WHEN x2.Found > 1 THEN '2 ambiguous' END END
FROM #Touched t LEFT JOIN (SELECT T, COUNT(*) AS Found, MIN(Id) AS Id FROM #Found1 GROUP BY T) x1 ON x1.T = t.T LEFT JOIN (SELECT T, COUNT(*) AS Found, MIN(Id) AS Id FROM #Found2 GROUP BY T) x2 ON x2.T = t.T WHERE t.Mapping = 3;

-- batch
IF OBJECT_ID('tempdb..#Found1') IS NOT NULL TRUNCATE TABLE #Found1;

-- batch
IF OBJECT_ID('tempdb..#Found2') IS NOT NULL TRUNCATE TABLE #Found2;

-- statement
UPDATE t SET Reason = l.Reason FROM #Link t JOIN UR_LinkKeys l
ON l.Mapping = 3 AND (l.Key1 = t.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(t.Key1)) AND (l.Key2 = t.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(t.Key2))
WHERE t.Present = 1 AND t.Wanted = 1 AND NOT (CASE WHEN t.Before1 = t.After1 OR (t.Before1 IS NULL AND t.After1 IS NULL) THEN 0 ELSE 1 END = 1) AND NOT (CASE WHEN t.Before2 = t.After2 OR (t.Before2 IS NULL AND t.After2 IS NULL) THEN 0 ELSE 1 END = 1) AND t.Reason NOT LIKE '%ambiguous%' AND l.Reason NOT LIKE '%ambiguous%';

-- batch
CREATE TABLE #Navigation (Owner bigint NOT NULL PRIMARY KEY, Target bigint NULL, CausedBy bigint NULL);

-- statement
INSERT INTO #Navigation (Owner, Target, CausedBy)
SELECT s.Owner, MIN(s.Target), MIN(s.CausedBy) FROM (SELECT After2 AS Owner, After1 AS Target, CASE WHEN FromFile = 0 THEN After1 END AS CausedBy, Key1, Key2
FROM #Link WHERE Wanted = 1 AND After1 IS NOT NULL AND After2 IS NOT NULL) s GROUP BY s.Owner HAVING COUNT(*) = 1;

-- statement
SELECT s.Owner, s.Target, s.CausedBy, s.Key1, s.Key2 FROM (SELECT After2 AS Owner, After1 AS Target, CASE WHEN FromFile = 0 THEN After1 END AS CausedBy, Key1, Key2
FROM #Link WHERE Wanted = 1 AND After1 IS NOT NULL AND After2 IS NOT NULL) s
WHERE s.Owner IN (SELECT m.Owner FROM (SELECT After2 AS Owner, After1 AS Target, CASE WHEN FromFile = 0 THEN After1 END AS CausedBy, Key1, Key2
FROM #Link WHERE Wanted = 1 AND After1 IS NOT NULL AND After2 IS NOT NULL) m GROUP BY m.Owner HAVING COUNT(*) > 1);

-- statement
INSERT INTO #Navigation (Owner, Target, CausedBy)
SELECT t.Before2, NULL, MIN(CASE WHEN t.FromFile = 0 THEN t.Before1 END) FROM #Link t
WHERE t.Present = 1 AND t.Before1 IS NOT NULL AND t.Before2 IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM #Navigation n WHERE n.Owner = t.Before2) GROUP BY t.Before2;

-- statement with 0
SELECT TOP (5000) n.Owner, n.Target, n.CausedBy, s.Id, s.Command, s.Changes, r.I41, r.ValidFrom, r.C4, r.Type FROM #Navigation n
LEFT JOIN UR_ResourceChanges s ON s.TaskInstance = 4 AND s.ResourceId = n.Owner
LEFT JOIN UR_Resources r ON r.Id = n.Owner AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE n.Owner > @p0 AND ((s.Command = 'insert' AND n.Target IS NOT NULL)
OR ((s.Command IS NULL OR s.Command = 'update') AND r.Id IS NOT NULL AND (CASE WHEN r.I41 = n.Target OR (r.I41 IS NULL AND n.Target IS NULL) THEN 0 ELSE 1 END = 1)))
ORDER BY n.Owner;

-- batch
CREATE TABLE #Rewrite (Id int NOT NULL PRIMARY KEY, Changes nvarchar(max) COLLATE Latin1_General_100_BIN2 NOT NULL);

-- load
insert bulk #Rewrite([Id] int, [Changes] nvarchar(max)) WITH (TABLOCK)
-- rows: SHA-256 6304f1d5b71d3b6c;

-- statement
UPDATE c SET Changes = w.Changes FROM UR_ResourceChanges c JOIN #Rewrite w ON w.Id = c.Id;

-- batch
IF OBJECT_ID('tempdb..#Navigation') IS NOT NULL TRUNCATE TABLE #Navigation;

-- statement
INSERT INTO UR_LinkKeyChanges (TaskInstance, State, Command, Mapping, Key1, Key2, R1_Before, R2_Before, R1_After, R2_After, Reason)
SELECT 4, 'staged', CASE WHEN t.Present = 0 THEN 'add' WHEN t.Wanted = 0 THEN 'remove' ELSE 'resolve' END,
t.Mapping, t.Key1, t.Key2, t.Before1, t.Before2, t.After1, t.After2, t.Reason
FROM #Link t LEFT JOIN UR_LinkKeys l
ON t.Present = 1 AND t.Wanted = 1 AND l.Mapping = t.Mapping AND (l.Key1 = t.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(t.Key1)) AND (l.Key2 = t.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(t.Key2))
WHERE t.Present <> t.Wanted OR (CASE WHEN t.Before1 = t.After1 OR (t.Before1 IS NULL AND t.After1 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN t.Before2 = t.After2 OR (t.Before2 IS NULL AND t.After2 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN ((l.Reason = t.Reason AND DATALENGTH(l.Reason) = DATALENGTH(t.Reason)) OR (l.Reason IS NULL AND t.Reason IS NULL)) THEN 0 ELSE 1 END = 1)
ORDER BY t.Key1, DATALENGTH(t.Key1), t.Key2, DATALENGTH(t.Key2);

-- batch
IF OBJECT_ID('tempdb..#Link') IS NOT NULL TRUNCATE TABLE #Link;

-- statement with 11, "resource"
UPDATE UM_Sequences SET Value = @p0 WHERE Name = @p1;

-- statement with 4
SELECT Type, Command, COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = @p0 GROUP BY Type, Command;

-- statement with 4
SELECT Mapping, Command, COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0 GROUP BY Mapping, Command;

-- statement
SELECT COUNT(*) FROM UR_Resources WHERE Type = 2 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
SELECT COUNT(*) FROM UR_ResourceLinks WHERE Mapping = 2 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- statement with 4
SELECT COUNT(*) FROM UR_ResourceChanges c JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE c.TaskInstance = @p0 AND c.Command = 'delete' AND c.Type = 2 AND r.I41 IS NOT NULL;

-- statement
SELECT Now FROM UM_Clock WHERE Id = 1;

-- statement with "2026-01-09T08:00:00.000Z"
UPDATE UM_Clock SET Now = @p0 WHERE Id = 1;

-- statement with 4
SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 4
SELECT COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0;

-- statement
UPDATE r SET ValidTo = '2026-01-09T08:00:00.000Z', ClosedBy = 4 FROM UR_Resources r JOIN UR_ResourceChanges c ON c.ResourceId = r.Id
WHERE c.TaskInstance = 4 AND c.Command = 'delete' AND r.ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
DELETE k FROM UR_RetiredKeys k JOIN UR_ResourceChanges c ON c.Type = k.Type AND (c.[Key] = k.[Key] AND DATALENGTH(c.[Key]) = DATALENGTH(k.[Key])) WHERE c.TaskInstance = 4 AND c.Command = 'delete';

-- statement
INSERT INTO UR_RetiredKeys (Type, [Key], Id) SELECT c.Type, c.[Key], c.ResourceId FROM UR_ResourceChanges c WHERE c.TaskInstance = 4 AND c.Command = 'delete' ORDER BY c.Type, c.[Key];

-- statement
SELECT Type, MIN(Id), MAX(Id) FROM UR_ResourceChanges WHERE TaskInstance = 4 AND Command = 'update' GROUP BY Type;

-- statement with 7
SELECT TOP (5000) c.Id, c.ResourceId, c.Changes, r.ValidFrom FROM UR_ResourceChanges c LEFT JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE c.TaskInstance = 4 AND c.Command = 'update' AND c.Type = 2 AND c.Id > @p0 AND c.Id <= 9 ORDER BY c.Id;

-- batch
CREATE TABLE #Change_2 (Id bigint NOT NULL PRIMARY KEY, IsInPlace int NOT NULL, Mask varchar(160) NOT NULL, C4 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, C5 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, C6 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, I41 bigint NULL);

-- load
insert bulk #Change_2([Id] bigint, [IsInPlace] int, [Mask] varchar(160), [C5] nvarchar(442), [C6] nvarchar(442)) WITH (TABLOCK)
-- rows: SHA-256 ebd3f81da1c6d7a3;

-- statement
INSERT INTO UR_Resources (Id, Type, ValidFrom, Dirty, ChangedBy, C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, CA, CB, CC, CD, CE, CF, CG, CH, CI, CJ, CK, CL, CM, CN, CO, CP, CQ, CR, CS, CT, CU, CV, C10, C11, C12, C13, C14, C15, C16, C17, C18, C19, C1A, C1B, C1C, C1D, C1E, C1F, C1G, C1H, C1I, C1J, C1K, C1L, C1M, C1N, C1O, C1P, C1Q, C1R, C1S, C1T, C1U, C1V, C20, C21, C22, C23, C24, C25, C26, C27, C28, C29, C2A, C2B, C2C, C2D, C2E, C2F, C2G, C2H, C2I, C2J, C2K, C2L, C2M, C2N, C2O, C2P, C2Q, C2R, C2S, C2T, C2U, C2V, C30, C31, C32, C33, C34, C35, C36, C37, C38, C39, C3A, C3B, C3C, C3D, C3E, C3F, C3G, C3H, C3I, C3J, C3K, C3L, C3M, C3N, C3O, C3P, C3Q, C3R, C3S, C3T, C3U, C3V, I40, I41, I42, I43, I44, I45, I46, I47, I48, I49, I4A, I4B, I4C, I4D, I4E, I4F, I4G, I4H, I4I, I4J, I4K, I4L, I4M, I4N, I4O, ValidTo, ClosedBy)
SELECT r.Id, r.Type, r.ValidFrom, r.Dirty, r.ChangedBy, r.C0, r.C1, r.C2, r.C3, r.C4, r.C5, r.C6, r.C7, r.C8, r.C9, r.CA, r.CB, r.CC, r.CD, r.CE, r.CF, r.CG, r.CH, r.CI, r.CJ, r.CK, r.CL, r.CM, r.CN, r.CO, r.CP, r.CQ, r.CR, r.CS, r.CT, r.CU, r.CV, r.C10, r.C11, r.C12, r.C13, r.C14, r.C15, r.C16, r.C17, r.C18, r.C19, r.C1A, r.C1B, r.C1C, r.C1D, r.C1E, r.C1F, r.C1G, r.C1H, r.C1I, r.C1J, r.C1K, r.C1L, r.C1M, r.C1N, r.C1O, r.C1P, r.C1Q, r.C1R, r.C1S, r.C1T, r.C1U, r.C1V, r.C20, r.C21, r.C22, r.C23, r.C24, r.C25, r.C26, r.C27, r.C28, r.C29, r.C2A, r.C2B, r.C2C, r.C2D, r.C2E, r.C2F, r.C2G, r.C2H, r.C2I, r.C2J, r.C2K, r.C2L, r.C2M, r.C2N, r.C2O, r.C2P, r.C2Q, r.C2R, r.C2S, r.C2T, r.C2U, r.C2V, r.C30, r.C31, r.C32, r.C33, r.C34, r.C35, r.C36, r.C37, r.C38, r.C39, r.C3A, r.C3B, r.C3C, r.C3D, r.C3E, r.C3F, r.C3G, r.C3H, r.C3I, r.C3J, r.C3K, r.C3L, r.C3M, r.C3N, r.C3O, r.C3P, r.C3Q, r.C3R, r.C3S, r.C3T, r.C3U, r.C3V, r.I40, r.I41, r.I42, r.I43, r.I44, r.I45, r.I46, r.I47, r.I48, r.I49, r.I4A, r.I4B, r.I4C, r.I4D, r.I4E, r.I4F, r.I4G, r.I4H, r.I4I, r.I4J, r.I4K, r.I4L, r.I4M, r.I4N, r.I4O, '2026-01-09T08:00:00.000Z', 4 FROM UR_Resources r JOIN #Change_2 c ON c.Id = r.Id WHERE r.ValidTo = '9999-12-31T23:59:59.999Z' AND c.IsInPlace = 0;

-- statement
UPDATE r SET C5 = CASE WHEN SUBSTRING(c.Mask, 1, 1) = '1' THEN c.C5 ELSE r.C5 END, C6 = CASE WHEN SUBSTRING(c.Mask, 2, 1) = '1' THEN c.C6 ELSE r.C6 END, ValidFrom = CASE WHEN c.IsInPlace = 0 THEN '2026-01-09T08:00:00.000Z' ELSE r.ValidFrom END,
ChangedBy = CASE WHEN c.IsInPlace = 0 THEN 4 ELSE r.ChangedBy END FROM UR_Resources r JOIN #Change_2 c ON c.Id = r.Id WHERE r.ValidTo = '9999-12-31T23:59:59.999Z';

-- batch
IF OBJECT_ID('tempdb..#Change_2') IS NOT NULL TRUNCATE TABLE #Change_2;

-- statement
SELECT Type, MIN(Id), MAX(Id) FROM UR_ResourceChanges WHERE TaskInstance = 4 AND Command = 'insert' GROUP BY Type;

-- statement with 5
SELECT TOP (5000) c.Id, c.ResourceId, c.Changes, NULL FROM UR_ResourceChanges c
WHERE c.TaskInstance = 4 AND c.Command = 'insert' AND c.Type = 2 AND c.Id > @p0 AND c.Id <= 7 ORDER BY c.Id;

-- load
insert bulk UR_Resources([Id] bigint, [Type] int, [ValidFrom] char(24), [ValidTo] char(24), [ChangedBy] int, [C4] nvarchar(442), [C5] nvarchar(442), [I41] bigint)
-- rows: SHA-256 082e97d4b912a9c9;

-- statement
DELETE k FROM UR_RetiredKeys k JOIN UR_ResourceChanges c ON c.Type = k.Type AND (c.[Key] = k.[Key] AND DATALENGTH(c.[Key]) = DATALENGTH(k.[Key]))
WHERE c.TaskInstance = 4 AND c.Command = 'insert';

-- statement
UPDATE l SET ValidTo = '2026-01-09T08:00:00.000Z', ClosedBy = 4 FROM UR_ResourceLinks l
JOIN UR_ResourceLinkChanges c ON c.Mapping = l.Mapping AND c.R1_Id = l.R1_Id AND c.R2_Id = l.R2_Id
WHERE c.TaskInstance = 4 AND c.Command = 'delete' AND l.ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
INSERT INTO UR_ResourceLinks (Mapping, R1_Id, R2_Id, ValidFrom, ValidTo, ChangedBy)
SELECT Mapping, R1_Id, R2_Id, '2026-01-09T08:00:00.000Z', '9999-12-31T23:59:59.999Z', 4 FROM UR_ResourceLinkChanges
WHERE TaskInstance = 4 AND Command = 'insert' ORDER BY Mapping, R1_Id, R2_Id;

-- statement
DELETE l FROM UR_LinkKeys l JOIN UR_LinkKeyChanges c ON c.Mapping = l.Mapping AND (c.Key1 = l.Key1 AND DATALENGTH(c.Key1) = DATALENGTH(l.Key1)) AND (c.Key2 = l.Key2 AND DATALENGTH(c.Key2) = DATALENGTH(l.Key2))
WHERE c.TaskInstance = 4 AND c.Command = 'remove';

-- statement
UPDATE l SET R1_Id = c.R1_After, R2_Id = c.R2_After, Reason = c.Reason FROM UR_LinkKeys l JOIN UR_LinkKeyChanges c ON c.Mapping = l.Mapping AND (c.Key1 = l.Key1 AND DATALENGTH(c.Key1) = DATALENGTH(l.Key1)) AND (c.Key2 = l.Key2 AND DATALENGTH(c.Key2) = DATALENGTH(l.Key2))
WHERE c.TaskInstance = 4 AND c.Command = 'resolve';

-- statement
INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
SELECT Mapping, Key1, Key2, R1_After, R2_After, Reason FROM UR_LinkKeyChanges
WHERE TaskInstance = 4 AND Command = 'add' ORDER BY Mapping, Key1, Key2;

-- statement with 2
SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = @p0 AND Reason IS NOT NULL;

-- statement with 3
SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = @p0 AND Reason IS NOT NULL;

-- statement with 4
DELETE FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 4
DELETE FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0;

-- statement with 4
DELETE FROM UR_LinkKeyChanges WHERE TaskInstance = @p0;

-- batch
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID('UR_Resources') AND (LOWER(name) = 'ix_ur_resources_1_c4' OR LOWER(name) LIKE 'ix[_]ur[_]resources[_]1[_]c4ur[_]resource%'))
CREATE INDEX IX_UR_Resources_1_C4 ON UR_Resources (C4) WHERE Type = 1 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- batch
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID('UR_Resources') AND (LOWER(name) = 'ix_ur_resources_2_c4' OR LOWER(name) LIKE 'ix[_]ur[_]resources[_]2[_]c4ur[_]resource%'))
CREATE INDEX IX_UR_Resources_2_C4 ON UR_Resources (C4) WHERE Type = 2 AND ValidTo = '9999-12-31T23:59:59.999Z';
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID('UR_Resources') AND (LOWER(name) = 'ix_ur_resources_2_c5' OR LOWER(name) LIKE 'ix[_]ur[_]resources[_]2[_]c5ur[_]resource%'))
CREATE INDEX IX_UR_Resources_2_C5 ON UR_Resources (C5) WHERE Type = 2 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- statement with "Entry_Members", "AD"
SELECT Id FROM UM_Mappings WHERE Association = @p0 AND Connector = @p1;

-- statement
SELECT Key1, Key2, Reason FROM UR_LinkKeys WHERE Mapping = 2 AND Reason IS NOT NULL ORDER BY Key1, Key2;

-- statement with "Entry_Owner", "AD"
SELECT Id FROM UM_Mappings WHERE Association = @p0 AND Connector = @p1;

-- statement
SELECT Key1, Key2, Reason FROM UR_LinkKeys WHERE Mapping = 3 AND Reason IS NOT NULL ORDER BY Key1, Key2;

-- statement
UPDATE UM_Sequences SET Value = Value WHERE Name = 'fence';

-- statement with 4, 7
UPDATE UJ_JobInstances SET Fence = Fence WHERE Id = @p0 AND Fence = @p1;

-- statement with 4
SELECT Fence FROM UJ_JobInstances WHERE Id = @p0;

-- statement with 4, 4
SELECT State FROM UJ_TaskInstances WHERE Id = @p0 AND JobInstance = @p1;

-- statement with "00000000-0000-4000-8000-000000000004"
SELECT State FROM UJ_SynchronizationSessions WHERE Guid = @p0;

-- statement with "applied", 4, "2026-01-09T08:00:00.000Z", "00000000-0000-4000-8000-000000000004"
UPDATE UJ_SynchronizationSessions SET State = @p0, SynchronizeTask = @p1, ChangedAt = @p2 WHERE Guid = @p3;

-- statement with "00000000-0000-4000-8000-000000000004", "2026-01-09T08:00:00.000Z", 4, "h", "AD"
UPDATE UM_ConnectorHeads SET Session = @p0, AppliedAt = @p1, TaskInstance = @p2, MappingHash = @p3 WHERE Connector = @p4;

-- statement with "Completed", 1, "{\"inserted\":2,\"updated\":2,\"deleted\":1,\"linksInserted\":2,\"linksDeleted\":1,\"orphans\":0}", "[]", null, "2026-01-09T08:00:00.000Z", "00000000-0000-4000-8000-000000000004", 4
UPDATE UJ_TaskInstances SET State = @p0, ProducedOutput = @p1, Counters = @p2, Thresholds = @p3, Message = @p4, EndDate = @p5, Session = @p6 WHERE Id = @p7;

-- transaction
COMMIT TRANSACTION;
