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

-- statement
SELECT Identifier, Id, MappingKey FROM UM_EntityTypes;

-- statement
SELECT EntityType, Identifier, Slot, Type FROM UM_Properties;

-- statement
SELECT Association, Connector, Id FROM UM_Mappings;

-- statement with "AD"
SELECT Session, MappingHash FROM UM_ConnectorHeads WHERE Connector = @p0;

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

-- statement
SELECT TOP (1) 1 AS One FROM #Touched WHERE Mapping = 1;

-- statement
SELECT TOP (1) 1 AS One FROM #Touched WHERE Mapping = 2;

-- statement
SELECT TOP (1) 1 AS One FROM #Touched WHERE Mapping = 3;

-- batch
IF OBJECT_ID('tempdb..#Link') IS NOT NULL TRUNCATE TABLE #Link;

-- statement with 0
SELECT Type, Command, COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = @p0 GROUP BY Type, Command;

-- statement with 0
SELECT Mapping, Command, COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0 GROUP BY Mapping, Command;

-- statement
SELECT COUNT(*) FROM UR_Resources WHERE Type = 2 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
SELECT COUNT(*) FROM UR_ResourceLinks WHERE Mapping = 2 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
SELECT TOP (1000) Type, Command, [Key], Changes FROM UR_ResourceChanges WHERE TaskInstance = 0 ORDER BY Id;

-- statement
SELECT TOP (1000) Mapping, Command, Key1, Key2 FROM UR_ResourceLinkChanges WHERE TaskInstance = 0 ORDER BY Id;

-- statement
SELECT Now FROM UM_Clock WHERE Id = 1;

-- statement with "2026-01-10T08:00:00.000Z"
UPDATE UM_Clock SET Now = @p0 WHERE Id = 1;

-- statement with 0
SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 0
SELECT COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0;

-- statement
UPDATE r SET ValidTo = '2026-01-10T08:00:00.000Z', ClosedBy = 0 FROM UR_Resources r JOIN UR_ResourceChanges c ON c.ResourceId = r.Id
WHERE c.TaskInstance = 0 AND c.Command = 'delete' AND r.ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
SELECT Type, MIN(Id), MAX(Id) FROM UR_ResourceChanges WHERE TaskInstance = 0 AND Command = 'update' GROUP BY Type;

-- statement
SELECT Type, MIN(Id), MAX(Id) FROM UR_ResourceChanges WHERE TaskInstance = 0 AND Command = 'insert' GROUP BY Type;

-- statement
DELETE k FROM UR_RetiredKeys k JOIN UR_ResourceChanges c ON c.Type = k.Type AND (c.[Key] = k.[Key] AND DATALENGTH(c.[Key]) = DATALENGTH(k.[Key]))
WHERE c.TaskInstance = 0 AND c.Command = 'insert';

-- statement
UPDATE l SET ValidTo = '2026-01-10T08:00:00.000Z', ClosedBy = 0 FROM UR_ResourceLinks l
JOIN UR_ResourceLinkChanges c ON c.Mapping = l.Mapping AND c.R1_Id = l.R1_Id AND c.R2_Id = l.R2_Id
WHERE c.TaskInstance = 0 AND c.Command = 'delete' AND l.ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
INSERT INTO UR_ResourceLinks (Mapping, R1_Id, R2_Id, ValidFrom, ValidTo, ChangedBy)
SELECT Mapping, R1_Id, R2_Id, '2026-01-10T08:00:00.000Z', '9999-12-31T23:59:59.999Z', 0 FROM UR_ResourceLinkChanges
WHERE TaskInstance = 0 AND Command = 'insert' ORDER BY Mapping, R1_Id, R2_Id;

-- statement
DELETE l FROM UR_LinkKeys l JOIN UR_LinkKeyChanges c ON c.Mapping = l.Mapping AND (c.Key1 = l.Key1 AND DATALENGTH(c.Key1) = DATALENGTH(l.Key1)) AND (c.Key2 = l.Key2 AND DATALENGTH(c.Key2) = DATALENGTH(l.Key2))
WHERE c.TaskInstance = 0 AND c.Command = 'remove';

-- statement
UPDATE l SET R1_Id = c.R1_After, R2_Id = c.R2_After, Reason = c.Reason FROM UR_LinkKeys l JOIN UR_LinkKeyChanges c ON c.Mapping = l.Mapping AND (c.Key1 = l.Key1 AND DATALENGTH(c.Key1) = DATALENGTH(l.Key1)) AND (c.Key2 = l.Key2 AND DATALENGTH(c.Key2) = DATALENGTH(l.Key2))
WHERE c.TaskInstance = 0 AND c.Command = 'resolve';

-- statement
INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
SELECT Mapping, Key1, Key2, R1_After, R2_After, Reason FROM UR_LinkKeyChanges
WHERE TaskInstance = 0 AND Command = 'add' ORDER BY Mapping, Key1, Key2;

-- statement with 2
SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = @p0 AND Reason IS NOT NULL;

-- statement with 3
SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = @p0 AND Reason IS NOT NULL;

-- statement with 0
DELETE FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 0
DELETE FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0;

-- statement with 0
DELETE FROM UR_LinkKeyChanges WHERE TaskInstance = @p0;

-- statement with "00000000-0000-4000-8000-000000000000", "2026-01-10T08:00:00.000Z", 0, "h", "AD"
UPDATE UM_ConnectorHeads SET Session = @p0, AppliedAt = @p1, TaskInstance = @p2, MappingHash = @p3 WHERE Connector = @p4;

-- batch
IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
