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

-- statement with 5
SELECT Fence FROM UJ_JobInstances WHERE Id = @p0;

-- statement with 5, 5
SELECT State FROM UJ_TaskInstances WHERE Id = @p0 AND JobInstance = @p1;

-- statement with "00000000-0000-4000-8000-000000000005"
SELECT State FROM UJ_SynchronizationSessions WHERE Guid = @p0;

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
CREATE TABLE #File (N bigint NOT NULL PRIMARY KEY, C4 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, C5 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL);

-- load
insert bulk #File([N] bigint, [C4] nvarchar(442), [C5] nvarchar(442)) WITH (TABLOCK)
-- rows: SHA-256 2d797f718e572052;

-- batch
CREATE TABLE #Diff (D int IDENTITY(1,1) PRIMARY KEY, Command varchar(120) COLLATE Latin1_General_100_BIN2 NOT NULL, N bigint NULL, ResourceId bigint NULL);

-- statement
INSERT INTO #Diff (Command, N, ResourceId)
SELECT CASE WHEN r.Id IS NULL THEN 'insert' WHEN f.N IS NULL THEN 'delete' ELSE 'update' END, f.N, r.Id
FROM #File f FULL JOIN (SELECT Id, C4, C5 FROM UR_Resources WHERE Type = 1 AND ValidTo = '9999-12-31T23:59:59.999Z') r ON (f.C4 = r.C4 AND DATALENGTH(f.C4) = DATALENGTH(r.C4))
WHERE (f.N IS NULL OR r.Id IS NULL OR (CASE WHEN ((f.C5 = r.C5 AND DATALENGTH(f.C5) = DATALENGTH(r.C5)) OR (f.C5 IS NULL AND r.C5 IS NULL)) THEN 0 ELSE 1 END = 1))
ORDER BY CASE WHEN r.Id IS NULL THEN 1 WHEN f.N IS NULL THEN 3 ELSE 2 END, f.N, r.Id;

-- statement
SELECT COUNT(*) FROM #Diff;

-- statement with 0, 5000
SELECT d.Command, r.Id, r.ValidFrom, f.C4, f.C5, r.C4, r.C5 FROM #Diff d
LEFT JOIN #File f ON f.N = d.N LEFT JOIN UR_Resources r ON r.Id = d.ResourceId AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE d.D > @p0 AND d.D <= @p1 ORDER BY d.D;

-- statement
SELECT TOP (1) 1 AS One FROM UR_RetiredKeys WHERE Type = 1;

-- load
insert bulk UR_ResourceChanges([TaskInstance] int, [State] varchar(120), [Command] varchar(120), [Type] int, [Key] nvarchar(442), [ResourceId] bigint, [Version] char(24), [Changes] nvarchar(max), [CausedBy] bigint)
-- rows: SHA-256 cdb84fc4f9f8067d;

-- load
insert bulk #KeyMoved([Type] int, [Slot] varchar(120), [Key] nvarchar(442), [Id] bigint, [Added] int) WITH (TABLOCK)
-- rows: SHA-256 27a7e0848f46b543;

-- batch
IF OBJECT_ID('tempdb..#Diff') IS NOT NULL TRUNCATE TABLE #Diff;

-- batch
IF OBJECT_ID('tempdb..#File') IS NOT NULL TRUNCATE TABLE #File;

-- batch
CREATE TABLE #Claim (N bigint NOT NULL PRIMARY KEY, Key1 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, Key2 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL);

-- load
insert bulk #Claim([N] bigint, [Key1] nvarchar(442), [Key2] nvarchar(442)) WITH (TABLOCK)
-- rows: SHA-256 ce312f3ef92aabd0;

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT 1, COALESCE(c.Key1, l.Key1), COALESCE(c.Key2, l.Key2),
CASE WHEN l.Mapping IS NULL THEN 0 ELSE 1 END, CASE WHEN c.N IS NULL THEN 0 ELSE 1 END, 1, l.R1_Id, l.R2_Id
FROM #Claim c FULL JOIN (SELECT Mapping, Key1, Key2, R1_Id, R2_Id FROM UR_LinkKeys WHERE Mapping = 1) l
ON (c.Key1 = l.Key1 AND DATALENGTH(c.Key1) = DATALENGTH(l.Key1)) AND (c.Key2 = l.Key2 AND DATALENGTH(c.Key2) = DATALENGTH(l.Key2))
WHERE (c.N IS NULL OR l.Mapping IS NULL);

-- batch
IF OBJECT_ID('tempdb..#Claim') IS NOT NULL TRUNCATE TABLE #Claim;

-- statement with "HR"
SELECT MappingHash FROM UM_ConnectorHeads WHERE Connector = @p0;

-- statement
SELECT DISTINCT Type, Slot FROM #KeyMoved;

-- batch
CREATE TABLE #Moved ([Key] nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Id bigint NOT NULL);

-- statement
INSERT INTO #Moved ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 1 AND k.Slot = 'C4';

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 1 AND EXISTS (SELECT 1 FROM #Moved k WHERE (k.[Key] = l.Key1 AND DATALENGTH(k.[Key]) = DATALENGTH(l.Key1))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 1 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 1 AND EXISTS (SELECT 1 FROM #Moved k WHERE (k.[Key] = l.Key2 AND DATALENGTH(k.[Key]) = DATALENGTH(l.Key2))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 1 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 3 AND EXISTS (SELECT 1 FROM #Moved k WHERE (k.[Key] = l.Key1 AND DATALENGTH(k.[Key]) = DATALENGTH(l.Key1))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 3 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- batch
IF OBJECT_ID('tempdb..#Moved') IS NOT NULL TRUNCATE TABLE #Moved;

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 1 AND l.Reason IS NOT NULL AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 1 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- statement
SELECT TOP (1) 1 AS One FROM #Touched WHERE Mapping = 1;

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 1 AND EXISTS (SELECT 1 FROM #Touched o WHERE o.Mapping = 1 AND (o.Key2 = l.Key2 AND DATALENGTH(o.Key2) = DATALENGTH(l.Key2))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 1 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- batch
CREATE TABLE #Wanted (T int NOT NULL, Key1 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Key2 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL);

-- statement
INSERT INTO #Wanted (T, Key1, Key2) SELECT t.T, t.Key1, t.Key2 FROM #Touched t WHERE t.Mapping = 1 AND t.Wanted = 1;

-- batch
CREATE TABLE #Found1 (T int NOT NULL, Id bigint NOT NULL);

-- batch
CREATE TABLE #Gone ([Key] nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Id bigint NOT NULL);

-- statement
INSERT INTO #Gone ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 1 AND k.Slot = 'C4' AND k.Added = 0;

-- batch
CREATE TABLE #Come ([Key] nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Id bigint NOT NULL);

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
CREATE TABLE #Found2 (T int NOT NULL, Id bigint NOT NULL);

-- batch
TRUNCATE TABLE #Gone;

-- statement
INSERT INTO #Gone ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 1 AND k.Slot = 'C4' AND k.Added = 0;

-- batch
TRUNCATE TABLE #Come;

-- statement
INSERT INTO #Come ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 1 AND k.Slot = 'C4' AND k.Added = 1;

-- statement
INSERT INTO #Found2 (T, Id) SELECT w.T, r.Id FROM #Wanted w JOIN UR_Resources r ON r.Type = 1 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND (r.C4 = w.Key2 AND DATALENGTH(r.C4) = DATALENGTH(w.Key2))
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
FROM #Touched t LEFT JOIN (SELECT T, COUNT(*) AS Found, MIN(Id) AS Id FROM #Found1 GROUP BY T) x1 ON x1.T = t.T LEFT JOIN (SELECT T, COUNT(*) AS Found, MIN(Id) AS Id FROM #Found2 GROUP BY T) x2 ON x2.T = t.T WHERE t.Mapping = 1;

-- batch
IF OBJECT_ID('tempdb..#Found1') IS NOT NULL TRUNCATE TABLE #Found1;

-- batch
IF OBJECT_ID('tempdb..#Found2') IS NOT NULL TRUNCATE TABLE #Found2;

-- statement
SELECT TOP (10000) Key1 FROM #Link WHERE Wanted = 1 AND After1 IS NULL AND Reason LIKE '%1 missing%'
GROUP BY Key1, DATALENGTH(Key1) ORDER BY Key1, DATALENGTH(Key1);

-- statement
SELECT TOP (10000) Key2 FROM #Link WHERE Wanted = 1 AND After2 IS NULL AND Reason LIKE '%2 missing%'
GROUP BY Key2, DATALENGTH(Key2) ORDER BY Key2, DATALENGTH(Key2);

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
SELECT TOP (5000) n.Owner, n.Target, n.CausedBy, s.Id, s.Command, s.Changes, r.I40, r.ValidFrom, r.C4, r.Type FROM #Navigation n
LEFT JOIN UR_ResourceChanges s ON s.TaskInstance = 5 AND s.ResourceId = n.Owner
LEFT JOIN UR_Resources r ON r.Id = n.Owner AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE n.Owner > @p0 AND ((s.Command = 'insert' AND n.Target IS NOT NULL)
OR ((s.Command IS NULL OR s.Command = 'update') AND r.Id IS NOT NULL AND (CASE WHEN r.I40 = n.Target OR (r.I40 IS NULL AND n.Target IS NULL) THEN 0 ELSE 1 END = 1)))
ORDER BY n.Owner;

-- load
insert bulk UR_ResourceChanges([TaskInstance] int, [State] varchar(120), [Command] varchar(120), [Type] int, [Key] nvarchar(442), [ResourceId] bigint, [Version] char(24), [Changes] nvarchar(max), [CausedBy] bigint)
-- rows: SHA-256 4944773eb28fe106;

-- batch
IF OBJECT_ID('tempdb..#Navigation') IS NOT NULL TRUNCATE TABLE #Navigation;

-- statement
INSERT INTO UR_LinkKeyChanges (TaskInstance, State, Command, Mapping, Key1, Key2, R1_Before, R2_Before, R1_After, R2_After, Reason)
SELECT 5, 'staged', CASE WHEN t.Present = 0 THEN 'add' WHEN t.Wanted = 0 THEN 'remove' ELSE 'resolve' END,
t.Mapping, t.Key1, t.Key2, t.Before1, t.Before2, t.After1, t.After2, t.Reason
FROM #Link t LEFT JOIN UR_LinkKeys l
ON t.Present = 1 AND t.Wanted = 1 AND l.Mapping = t.Mapping AND (l.Key1 = t.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(t.Key1)) AND (l.Key2 = t.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(t.Key2))
WHERE t.Present <> t.Wanted OR (CASE WHEN t.Before1 = t.After1 OR (t.Before1 IS NULL AND t.After1 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN t.Before2 = t.After2 OR (t.Before2 IS NULL AND t.After2 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN ((l.Reason = t.Reason AND DATALENGTH(l.Reason) = DATALENGTH(t.Reason)) OR (l.Reason IS NULL AND t.Reason IS NULL)) THEN 0 ELSE 1 END = 1)
ORDER BY t.Key1, DATALENGTH(t.Key1), t.Key2, DATALENGTH(t.Key2);

-- statement
SELECT TOP (1) 1 AS One FROM #Touched WHERE Mapping = 2;

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
SELECT TOP (10000) Key1 FROM #Link WHERE Wanted = 1 AND After1 IS NULL AND Reason LIKE '%1 missing%'
GROUP BY Key1, DATALENGTH(Key1) ORDER BY Key1, DATALENGTH(Key1);

-- statement
SELECT C4 FROM UR_Resources WHERE Type = 1 AND ValidTo = '9999-12-31T23:59:59.999Z' AND C4 IS NOT NULL;

-- statement
SELECT [Key] FROM #KeyMoved WHERE Type = 1 AND Slot = 'C4' AND Added = 1;

-- statement
SELECT TOP (10000) Key2 FROM #Link WHERE Wanted = 1 AND After2 IS NULL AND Reason LIKE '%2 missing%'
GROUP BY Key2, DATALENGTH(Key2) ORDER BY Key2, DATALENGTH(Key2);

-- batch
TRUNCATE TABLE #Navigation;

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
LEFT JOIN UR_ResourceChanges s ON s.TaskInstance = 5 AND s.ResourceId = n.Owner
LEFT JOIN UR_Resources r ON r.Id = n.Owner AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE n.Owner > @p0 AND ((s.Command = 'insert' AND n.Target IS NOT NULL)
OR ((s.Command IS NULL OR s.Command = 'update') AND r.Id IS NOT NULL AND (CASE WHEN r.I41 = n.Target OR (r.I41 IS NULL AND n.Target IS NULL) THEN 0 ELSE 1 END = 1)))
ORDER BY n.Owner;

-- load
insert bulk UR_ResourceChanges([TaskInstance] int, [State] varchar(120), [Command] varchar(120), [Type] int, [Key] nvarchar(442), [ResourceId] bigint, [Version] char(24), [Changes] nvarchar(max), [CausedBy] bigint)
-- rows: SHA-256 e06ede1976e357e1;

-- batch
IF OBJECT_ID('tempdb..#Navigation') IS NOT NULL TRUNCATE TABLE #Navigation;

-- statement
INSERT INTO UR_LinkKeyChanges (TaskInstance, State, Command, Mapping, Key1, Key2, R1_Before, R2_Before, R1_After, R2_After, Reason)
SELECT 5, 'staged', CASE WHEN t.Present = 0 THEN 'add' WHEN t.Wanted = 0 THEN 'remove' ELSE 'resolve' END,
t.Mapping, t.Key1, t.Key2, t.Before1, t.Before2, t.After1, t.After2, t.Reason
FROM #Link t LEFT JOIN UR_LinkKeys l
ON t.Present = 1 AND t.Wanted = 1 AND l.Mapping = t.Mapping AND (l.Key1 = t.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(t.Key1)) AND (l.Key2 = t.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(t.Key2))
WHERE t.Present <> t.Wanted OR (CASE WHEN t.Before1 = t.After1 OR (t.Before1 IS NULL AND t.After1 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN t.Before2 = t.After2 OR (t.Before2 IS NULL AND t.After2 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN ((l.Reason = t.Reason AND DATALENGTH(l.Reason) = DATALENGTH(t.Reason)) OR (l.Reason IS NULL AND t.Reason IS NULL)) THEN 0 ELSE 1 END = 1)
ORDER BY t.Key1, DATALENGTH(t.Key1), t.Key2, DATALENGTH(t.Key2);

-- batch
IF OBJECT_ID('tempdb..#Link') IS NOT NULL TRUNCATE TABLE #Link;

-- statement with 5
SELECT Type, Command, COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = @p0 GROUP BY Type, Command;

-- statement with 5
SELECT Mapping, Command, COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0 GROUP BY Mapping, Command;

-- statement
SELECT COUNT(*) FROM UR_Resources WHERE Type = 1 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
SELECT COUNT(*) FROM UR_Resources WHERE Type = 2 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
SELECT COUNT(*) FROM UR_ResourceLinks WHERE Mapping = 2 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- statement with 5
SELECT COUNT(*) FROM UR_ResourceChanges c JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE c.TaskInstance = @p0 AND c.Command = 'delete' AND c.Type = 1 AND r.I40 IS NOT NULL;

-- statement
SELECT COUNT(*) FROM (SELECT TOP (2) r.Id FROM UR_Resources r WHERE r.Type = 1 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND r.I40 IS NOT NULL) x;

-- statement
SELECT COUNT(*) FROM (SELECT TOP (3) r.Id FROM UR_Resources r WHERE r.Type = 2 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND r.I41 IS NOT NULL) x;

-- statement
SELECT TOP (200000) Type, Command, [Key], Changes FROM UR_ResourceChanges WHERE TaskInstance = 5 AND CausedBy IS NULL ORDER BY Id;

-- statement with 5
SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = @p0 AND CausedBy IS NULL;

-- statement with 1
SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = @p0 AND Reason IS NOT NULL;

-- statement with 5, 1
SELECT SUM(CASE WHEN c.Reason IS NOT NULL THEN 1 ELSE 0 END) - SUM(CASE WHEN l.Reason IS NOT NULL THEN 1 ELSE 0 END)
FROM UR_LinkKeyChanges c LEFT JOIN UR_LinkKeys l ON l.Mapping = c.Mapping AND l.Reason IS NOT NULL
AND (l.Key1 = c.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(c.Key1)) AND (l.Key2 = c.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(c.Key2))
WHERE c.TaskInstance = @p0 AND c.Mapping = @p1;

-- statement
UPDATE UM_Sequences SET Value = Value WHERE Name = 'fence';

-- statement with 5, 7
UPDATE UJ_JobInstances SET Fence = Fence WHERE Id = @p0 AND Fence = @p1;

-- statement with 5
SELECT Fence FROM UJ_JobInstances WHERE Id = @p0;

-- statement with 5, 5
SELECT State FROM UJ_TaskInstances WHERE Id = @p0 AND JobInstance = @p1;

-- statement with "00000000-0000-4000-8000-000000000005"
SELECT State FROM UJ_SynchronizationSessions WHERE Guid = @p0;

-- statement with "HR", 5
SELECT Id, JobInstance, Session FROM UJ_TaskInstances
WHERE Connector = @p0 AND State = 'Blocked' AND Type = 'SynchronizeTask' AND JobInstance <> @p1 ORDER BY Id;

-- statement with "blocked", 5, "2026-01-10T08:00:00.000Z", "00000000-0000-4000-8000-000000000005"
UPDATE UJ_SynchronizationSessions SET State = @p0, SynchronizeTask = @p1, ChangedAt = @p2 WHERE Guid = @p3;

-- statement with "Blocked", null, "{\"inserted\":0,\"updated\":3,\"deleted\":2,\"linksInserted\":0,\"linksDeleted\":0,\"orphans\":0}", "[{\"scope\":\"Connector HR\",\"name\":\"MaximumDeletedLines\",\"limit\":1,\"count\":2,\"of\":4,\"exceeded\":true},{\"scope\":\"EntityAssociation Person_Boss\",\"name\":\"WholePopulation\",\"limit\":1,\"count\":1,\"of\":1,\"exceeded\":true}]", "Threshold Exceeded: Connector HR: 2 resources deleted of 4, limit 1 (MaximumDeletedLines); EntityAssociation Person_Boss: would close all 1, which only a resume may do", "2026-01-10T08:00:00.000Z", "00000000-0000-4000-8000-000000000005", 5
UPDATE UJ_TaskInstances SET State = @p0, ProducedOutput = @p1, Counters = @p2, Thresholds = @p3, Message = @p4, EndDate = @p5, Session = @p6 WHERE Id = @p7;

-- transaction
COMMIT TRANSACTION;
