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

-- statement with 1
SELECT Fence FROM UJ_JobInstances WHERE Id = @p0;

-- statement with 1, 1
SELECT State FROM UJ_TaskInstances WHERE Id = @p0 AND JobInstance = @p1;

-- statement with "00000000-0000-4000-8000-000000000001"
SELECT State FROM UJ_SynchronizationSessions WHERE Guid = @p0;

-- statement
SELECT Identifier, Id, MappingKey FROM UM_EntityTypes;

-- statement with "Person", "Id"
INSERT INTO UM_EntityTypes (Identifier, MappingKey) VALUES (@p0, @p1);

-- statement with "Entry", "Guid"
INSERT INTO UM_EntityTypes (Identifier, MappingKey) VALUES (@p0, @p1);

-- statement
SELECT Identifier, Id, MappingKey FROM UM_EntityTypes;

-- statement
SELECT EntityType, Identifier, Slot, Type FROM UM_Properties;

-- load
insert bulk UM_Properties([EntityType] int, [Identifier] nvarchar(442), [Slot] varchar(120), [Type] varchar(120))
-- rows: SHA-256 a7234aab151626e7;

-- statement
SELECT Association, Connector, Id FROM UM_Mappings;

-- statement with "Person_Boss", "HR"
INSERT INTO UM_Mappings (Association, Connector) VALUES (@p0, @p1);

-- statement with "Entry_Members", "AD"
INSERT INTO UM_Mappings (Association, Connector) VALUES (@p0, @p1);

-- statement with "Entry_Owner", "AD"
INSERT INTO UM_Mappings (Association, Connector) VALUES (@p0, @p1);

-- statement
SELECT Association, Connector, Id FROM UM_Mappings;

-- statement with 1, "HR"
SELECT 1 AS One FROM UM_ConnectorHeads h
JOIN UJ_SynchronizationSessions s ON s.Guid = h.Session AND s.Mode = 'Initial'
JOIN UJ_TaskInstances t ON t.Id = h.TaskInstance JOIN UJ_JobInstances former ON former.Id = t.JobInstance
JOIN UJ_JobInstances mine ON mine.Id = @p0 AND mine.Job = former.Job
WHERE h.Connector = @p1 AND former.Id <> mine.Id AND former.State IN ('Aborted', 'Errored', 'Cancelled');

-- statement
SELECT COUNT(*) FROM UR_Resources WHERE Type = 1 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = 1;

-- statement
SELECT Now FROM UM_Clock WHERE Id = 1;

-- statement with "2026-01-06T08:00:00.000Z"
INSERT INTO UM_Clock (Id, Now) VALUES (1, @p0);

-- statement with "resource"
SELECT Value FROM UM_Sequences WHERE Name = @p0;

-- statement
SELECT TOP (1) 1 AS One FROM UR_RetiredKeys WHERE Type = 1;

-- load
insert bulk UR_Resources([Id] bigint, [Type] int, [ValidFrom] char(24), [ValidTo] char(24), [ChangedBy] int, [C4] nvarchar(442), [C5] nvarchar(442))
-- rows: SHA-256 ed924cb698b8e0cc;

-- statement with 4, "resource"
UPDATE UM_Sequences SET Value = @p0 WHERE Name = @p1;

-- batch
CREATE TABLE #Claim (N bigint NOT NULL PRIMARY KEY, Key1 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, Key2 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL);

-- load
insert bulk #Claim([N] bigint, [Key1] nvarchar(442), [Key2] nvarchar(442)) WITH (TABLOCK)
-- rows: SHA-256 3b3db1b36ea7e0c6;

-- statement
INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
SELECT 1, c.Key1, c.Key2, CASE WHEN a.N = 1 THEN a.Id END, CASE WHEN b.N = 1 THEN b.Id END,
NULLIF(CASE WHEN a.N = 1 THEN '' WHEN a.N > 1 THEN '1 ambiguous' ELSE '1 missing' END + CASE WHEN a.N = 1 OR b.N = 1 THEN '' ELSE ', ' END + CASE WHEN b.N = 1 THEN '' WHEN b.N > 1 THEN '2 ambiguous' ELSE '2 missing' END, '')
FROM #Claim c
LEFT JOIN (SELECT r.C4 AS K, DATALENGTH(r.C4) AS Bytes, COUNT(*) AS N, MIN(r.Id) AS Id FROM UR_Resources r
WHERE r.Type = 1 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND r.C4 IS NOT NULL GROUP BY r.C4, DATALENGTH(r.C4)) a ON a.K = c.Key1 AND a.Bytes = DATALENGTH(c.Key1)
LEFT JOIN (SELECT r.C4 AS K, DATALENGTH(r.C4) AS Bytes, COUNT(*) AS N, MIN(r.Id) AS Id FROM UR_Resources r
WHERE r.Type = 1 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND r.C4 IS NOT NULL GROUP BY r.C4, DATALENGTH(r.C4)) b ON b.K = c.Key2 AND b.Bytes = DATALENGTH(c.Key2);

-- batch
IF OBJECT_ID('tempdb..#Claim') IS NOT NULL TRUNCATE TABLE #Claim;

-- batch
CREATE TABLE #Navigation (Owner bigint NOT NULL PRIMARY KEY, Target bigint NULL, CausedBy bigint NULL);

-- statement
INSERT INTO #Navigation (Owner, Target, CausedBy)
SELECT s.Owner, MIN(s.Target), MIN(s.CausedBy) FROM (SELECT R2_Id AS Owner, R1_Id AS Target, NULL AS CausedBy, Key1, Key2 FROM UR_LinkKeys
WHERE Mapping = 1 AND R1_Id IS NOT NULL AND R2_Id IS NOT NULL) s GROUP BY s.Owner HAVING COUNT(*) = 1;

-- statement
SELECT s.Owner, s.Target, s.CausedBy, s.Key1, s.Key2 FROM (SELECT R2_Id AS Owner, R1_Id AS Target, NULL AS CausedBy, Key1, Key2 FROM UR_LinkKeys
WHERE Mapping = 1 AND R1_Id IS NOT NULL AND R2_Id IS NOT NULL) s
WHERE s.Owner IN (SELECT m.Owner FROM (SELECT R2_Id AS Owner, R1_Id AS Target, NULL AS CausedBy, Key1, Key2 FROM UR_LinkKeys
WHERE Mapping = 1 AND R1_Id IS NOT NULL AND R2_Id IS NOT NULL) m GROUP BY m.Owner HAVING COUNT(*) > 1);

-- statement
UPDATE r SET I40 = n.Target FROM UR_Resources r JOIN #Navigation n ON n.Owner = r.Id WHERE r.ValidTo = '9999-12-31T23:59:59.999Z';

-- batch
IF OBJECT_ID('tempdb..#Navigation') IS NOT NULL TRUNCATE TABLE #Navigation;

-- batch
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID('UR_Resources') AND (LOWER(name) = 'ix_ur_resources_1_c4' OR LOWER(name) LIKE 'ix[_]ur[_]resources[_]1[_]c4ur[_]resource%'))
CREATE INDEX IX_UR_Resources_1_C4 ON UR_Resources (C4) WHERE Type = 1 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
SELECT TOP (1) 1 AS One FROM UR_LinkKeys WHERE Reason IS NOT NULL;

-- batch
CREATE TABLE #KeyMoved (Type int NOT NULL, Slot varchar(120) COLLATE Latin1_General_100_BIN2 NOT NULL, [Key] nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Id bigint NOT NULL, Added int NOT NULL);

-- statement with "resource"
SELECT Value FROM UM_Sequences WHERE Name = @p0;

-- batch
CREATE TABLE #Touched (T int IDENTITY(1,1) PRIMARY KEY, Mapping int NOT NULL, Key1 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Key2 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Present int NOT NULL, Wanted int NOT NULL, FromFile int NOT NULL, Before1 bigint NULL, Before2 bigint NULL, After1 bigint NULL, After2 bigint NULL, Reason varchar(120) COLLATE Latin1_General_100_BIN2 NULL);

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 3 AND l.Reason IS NOT NULL AND EXISTS (SELECT 1 FROM UR_Resources r WHERE r.Type = 1 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND (r.C4 = l.Key1 AND DATALENGTH(r.C4) = DATALENGTH(l.Key1))) AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 3 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- statement
SELECT DISTINCT Type, Slot FROM #KeyMoved;

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

-- statement
SELECT C4 FROM UR_Resources WHERE Type = 1 AND ValidTo = '9999-12-31T23:59:59.999Z' AND C4 IS NOT NULL;

-- statement
SELECT [Key] FROM #KeyMoved WHERE Type = 1 AND Slot = 'C4' AND Added = 1;

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
SELECT TOP (5000) n.Owner, n.Target, n.CausedBy, s.Id, s.Command, s.Changes, r.I40, r.ValidFrom, r.C4, r.Type FROM #Navigation n
LEFT JOIN UR_ResourceChanges s ON s.TaskInstance = 1 AND s.ResourceId = n.Owner
LEFT JOIN UR_Resources r ON r.Id = n.Owner AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE n.Owner > @p0 AND ((s.Command = 'insert' AND n.Target IS NOT NULL)
OR ((s.Command IS NULL OR s.Command = 'update') AND r.Id IS NOT NULL AND (CASE WHEN r.I40 = n.Target OR (r.I40 IS NULL AND n.Target IS NULL) THEN 0 ELSE 1 END = 1)))
ORDER BY n.Owner;

-- batch
IF OBJECT_ID('tempdb..#Navigation') IS NOT NULL TRUNCATE TABLE #Navigation;

-- statement
INSERT INTO UR_LinkKeyChanges (TaskInstance, State, Command, Mapping, Key1, Key2, R1_Before, R2_Before, R1_After, R2_After, Reason)
SELECT 1, 'staged', CASE WHEN t.Present = 0 THEN 'add' WHEN t.Wanted = 0 THEN 'remove' ELSE 'resolve' END,
t.Mapping, t.Key1, t.Key2, t.Before1, t.Before2, t.After1, t.After2, t.Reason
FROM #Link t LEFT JOIN UR_LinkKeys l
ON t.Present = 1 AND t.Wanted = 1 AND l.Mapping = t.Mapping AND (l.Key1 = t.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(t.Key1)) AND (l.Key2 = t.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(t.Key2))
WHERE t.Present <> t.Wanted OR (CASE WHEN t.Before1 = t.After1 OR (t.Before1 IS NULL AND t.After1 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN t.Before2 = t.After2 OR (t.Before2 IS NULL AND t.After2 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN ((l.Reason = t.Reason AND DATALENGTH(l.Reason) = DATALENGTH(t.Reason)) OR (l.Reason IS NULL AND t.Reason IS NULL)) THEN 0 ELSE 1 END = 1)
ORDER BY t.Key1, DATALENGTH(t.Key1), t.Key2, DATALENGTH(t.Key2);

-- statement
SELECT TOP (1) 1 AS One FROM #Touched WHERE Mapping = 2;

-- statement
SELECT TOP (1) 1 AS One FROM #Touched WHERE Mapping = 3;

-- batch
IF OBJECT_ID('tempdb..#Link') IS NOT NULL TRUNCATE TABLE #Link;

-- statement with 1
SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 1
SELECT COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0 AND Command = 'insert';

-- statement
SELECT Now FROM UM_Clock WHERE Id = 1;

-- statement with "2026-01-06T08:00:00.001Z"
UPDATE UM_Clock SET Now = @p0 WHERE Id = 1;

-- statement with 1
SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 1
SELECT COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0;

-- statement
UPDATE r SET ValidTo = '2026-01-06T08:00:00.001Z', ClosedBy = 1 FROM UR_Resources r JOIN UR_ResourceChanges c ON c.ResourceId = r.Id
WHERE c.TaskInstance = 1 AND c.Command = 'delete' AND r.ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
SELECT Type, MIN(Id), MAX(Id) FROM UR_ResourceChanges WHERE TaskInstance = 1 AND Command = 'update' GROUP BY Type;

-- statement
SELECT Type, MIN(Id), MAX(Id) FROM UR_ResourceChanges WHERE TaskInstance = 1 AND Command = 'insert' GROUP BY Type;

-- statement
DELETE k FROM UR_RetiredKeys k JOIN UR_ResourceChanges c ON c.Type = k.Type AND (c.[Key] = k.[Key] AND DATALENGTH(c.[Key]) = DATALENGTH(k.[Key]))
WHERE c.TaskInstance = 1 AND c.Command = 'insert';

-- statement
UPDATE l SET ValidTo = '2026-01-06T08:00:00.001Z', ClosedBy = 1 FROM UR_ResourceLinks l
JOIN UR_ResourceLinkChanges c ON c.Mapping = l.Mapping AND c.R1_Id = l.R1_Id AND c.R2_Id = l.R2_Id
WHERE c.TaskInstance = 1 AND c.Command = 'delete' AND l.ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
INSERT INTO UR_ResourceLinks (Mapping, R1_Id, R2_Id, ValidFrom, ValidTo, ChangedBy)
SELECT Mapping, R1_Id, R2_Id, '2026-01-06T08:00:00.001Z', '9999-12-31T23:59:59.999Z', 1 FROM UR_ResourceLinkChanges
WHERE TaskInstance = 1 AND Command = 'insert' ORDER BY Mapping, R1_Id, R2_Id;

-- statement
DELETE l FROM UR_LinkKeys l JOIN UR_LinkKeyChanges c ON c.Mapping = l.Mapping AND (c.Key1 = l.Key1 AND DATALENGTH(c.Key1) = DATALENGTH(l.Key1)) AND (c.Key2 = l.Key2 AND DATALENGTH(c.Key2) = DATALENGTH(l.Key2))
WHERE c.TaskInstance = 1 AND c.Command = 'remove';

-- statement
UPDATE l SET R1_Id = c.R1_After, R2_Id = c.R2_After, Reason = c.Reason FROM UR_LinkKeys l JOIN UR_LinkKeyChanges c ON c.Mapping = l.Mapping AND (c.Key1 = l.Key1 AND DATALENGTH(c.Key1) = DATALENGTH(l.Key1)) AND (c.Key2 = l.Key2 AND DATALENGTH(c.Key2) = DATALENGTH(l.Key2))
WHERE c.TaskInstance = 1 AND c.Command = 'resolve';

-- statement
INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
SELECT Mapping, Key1, Key2, R1_After, R2_After, Reason FROM UR_LinkKeyChanges
WHERE TaskInstance = 1 AND Command = 'add' ORDER BY Mapping, Key1, Key2;

-- statement with 1
SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = @p0 AND Reason IS NOT NULL;

-- statement with 1
DELETE FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 1
DELETE FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0;

-- statement with 1
DELETE FROM UR_LinkKeyChanges WHERE TaskInstance = @p0;

-- statement with "Person_Boss", "HR"
SELECT Id FROM UM_Mappings WHERE Association = @p0 AND Connector = @p1;

-- statement
SELECT Key1, Key2, Reason FROM UR_LinkKeys WHERE Mapping = 1 AND Reason IS NOT NULL ORDER BY Key1, Key2;

-- statement
UPDATE UM_Sequences SET Value = Value WHERE Name = 'fence';

-- statement with 1, 7
UPDATE UJ_JobInstances SET Fence = Fence WHERE Id = @p0 AND Fence = @p1;

-- statement with 1
SELECT Fence FROM UJ_JobInstances WHERE Id = @p0;

-- statement with 1, 1
SELECT State FROM UJ_TaskInstances WHERE Id = @p0 AND JobInstance = @p1;

-- statement with "00000000-0000-4000-8000-000000000001"
SELECT State FROM UJ_SynchronizationSessions WHERE Guid = @p0;

-- statement with "HR", 1
SELECT Id, JobInstance, Session FROM UJ_TaskInstances
WHERE Connector = @p0 AND State = 'Blocked' AND Type = 'SynchronizeTask' AND JobInstance <> @p1 ORDER BY Id;

-- statement with "applied", 1, "2026-01-06T08:00:00.000Z", "00000000-0000-4000-8000-000000000001"
UPDATE UJ_SynchronizationSessions SET State = @p0, SynchronizeTask = @p1, ChangedAt = @p2 WHERE Guid = @p3;

-- statement with "00000000-0000-4000-8000-000000000001", "2026-01-06T08:00:00.000Z", 1, "h", "HR"
UPDATE UM_ConnectorHeads SET Session = @p0, AppliedAt = @p1, TaskInstance = @p2, MappingHash = @p3, CompleteRequired = NULL WHERE Connector = @p4;

-- statement with "HR", "00000000-0000-4000-8000-000000000001", "2026-01-06T08:00:00.000Z", 1, "h"
INSERT INTO UM_ConnectorHeads (Connector, Session, AppliedAt, TaskInstance, MappingHash) VALUES (@p0, @p1, @p2, @p3, @p4);

-- statement with "Completed", 1, "{\"inserted\":4,\"updated\":0,\"deleted\":0,\"linksInserted\":0,\"linksDeleted\":0,\"orphans\":1}", "[]", null, "2026-01-06T08:00:00.000Z", "00000000-0000-4000-8000-000000000001", 1
UPDATE UJ_TaskInstances SET State = @p0, ProducedOutput = @p1, Counters = @p2, Thresholds = @p3, Message = @p4, EndDate = @p5, Session = @p6 WHERE Id = @p7;

-- transaction
COMMIT TRANSACTION;
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

-- statement with 2
SELECT Fence FROM UJ_JobInstances WHERE Id = @p0;

-- statement with 2, 2
SELECT State FROM UJ_TaskInstances WHERE Id = @p0 AND JobInstance = @p1;

-- statement with "00000000-0000-4000-8000-000000000002"
SELECT State FROM UJ_SynchronizationSessions WHERE Guid = @p0;

-- statement
SELECT Identifier, Id, MappingKey FROM UM_EntityTypes;

-- statement
SELECT EntityType, Identifier, Slot, Type FROM UM_Properties;

-- statement
SELECT Association, Connector, Id FROM UM_Mappings;

-- statement with 2, "AD"
SELECT 1 AS One FROM UM_ConnectorHeads h
JOIN UJ_SynchronizationSessions s ON s.Guid = h.Session AND s.Mode = 'Initial'
JOIN UJ_TaskInstances t ON t.Id = h.TaskInstance JOIN UJ_JobInstances former ON former.Id = t.JobInstance
JOIN UJ_JobInstances mine ON mine.Id = @p0 AND mine.Job = former.Job
WHERE h.Connector = @p1 AND former.Id <> mine.Id AND former.State IN ('Aborted', 'Errored', 'Cancelled');

-- statement
SELECT COUNT(*) FROM UR_Resources WHERE Type = 2 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = 2;

-- statement
SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = 3;

-- statement
SELECT Now FROM UM_Clock WHERE Id = 1;

-- statement with "2026-01-07T08:00:00.000Z"
UPDATE UM_Clock SET Now = @p0 WHERE Id = 1;

-- statement with "resource"
SELECT Value FROM UM_Sequences WHERE Name = @p0;

-- statement
SELECT TOP (1) 1 AS One FROM UR_RetiredKeys WHERE Type = 2;

-- load
insert bulk UR_Resources([Id] bigint, [Type] int, [ValidFrom] char(24), [ValidTo] char(24), [ChangedBy] int, [C4] nvarchar(442), [C5] nvarchar(442), [C6] nvarchar(442))
-- rows: SHA-256 dbc641125a9f2624;

-- statement with 8, "resource"
UPDATE UM_Sequences SET Value = @p0 WHERE Name = @p1;

-- batch
CREATE TABLE #Claim (N bigint NOT NULL PRIMARY KEY, Key1 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, Key2 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL);

-- load
insert bulk #Claim([N] bigint, [Key1] nvarchar(442), [Key2] nvarchar(442)) WITH (TABLOCK)
-- rows: SHA-256 8cb8cbe2f519d3b2;

-- statement
INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
SELECT 2, c.Key1, c.Key2, CASE WHEN a.N = 1 THEN a.Id END, CASE WHEN b.N = 1 THEN b.Id END,
NULLIF(CASE WHEN a.N = 1 THEN '' WHEN a.N > 1 THEN '1 ambiguous' ELSE '1 missing' END + CASE WHEN a.N = 1 OR b.N = 1 THEN '' ELSE ', ' END + CASE WHEN b.N = 1 THEN '' WHEN b.N > 1 THEN '2 ambiguous' ELSE '2 missing' END, '')
FROM #Claim c
LEFT JOIN (SELECT r.C5 AS K, DATALENGTH(r.C5) AS Bytes, COUNT(*) AS N, MIN(r.Id) AS Id FROM UR_Resources r
WHERE r.Type = 2 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND r.C5 IS NOT NULL GROUP BY r.C5, DATALENGTH(r.C5)) a ON a.K = c.Key1 AND a.Bytes = DATALENGTH(c.Key1)
LEFT JOIN (SELECT r.C5 AS K, DATALENGTH(r.C5) AS Bytes, COUNT(*) AS N, MIN(r.Id) AS Id FROM UR_Resources r
WHERE r.Type = 2 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND r.C5 IS NOT NULL GROUP BY r.C5, DATALENGTH(r.C5)) b ON b.K = c.Key2 AND b.Bytes = DATALENGTH(c.Key2);

-- batch
IF OBJECT_ID('tempdb..#Claim') IS NOT NULL TRUNCATE TABLE #Claim;

-- statement
INSERT INTO UR_ResourceLinks (Mapping, R1_Id, R2_Id, ValidFrom, ValidTo, ChangedBy)
SELECT Mapping, R1_Id, R2_Id, '2026-01-07T08:00:00.000Z', '9999-12-31T23:59:59.999Z', 2 FROM UR_LinkKeys
WHERE Mapping = 2 AND R1_Id IS NOT NULL AND R2_Id IS NOT NULL ORDER BY R1_Id, R2_Id;

-- batch
TRUNCATE TABLE #Claim;

-- load
insert bulk #Claim([N] bigint, [Key1] nvarchar(442), [Key2] nvarchar(442)) WITH (TABLOCK)
-- rows: SHA-256 6f49a23870428b32;

-- statement
INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
SELECT 3, c.Key1, c.Key2, CASE WHEN a.N = 1 THEN a.Id END, CASE WHEN b.N = 1 THEN b.Id END,
NULLIF(CASE WHEN a.N = 1 THEN '' WHEN a.N > 1 THEN '1 ambiguous' ELSE '1 missing' END + CASE WHEN a.N = 1 OR b.N = 1 THEN '' ELSE ', ' END + CASE WHEN b.N = 1 THEN '' WHEN b.N > 1 THEN '2 ambiguous' ELSE '2 missing' END, '')
FROM #Claim c
LEFT JOIN (SELECT r.C4 AS K, DATALENGTH(r.C4) AS Bytes, COUNT(*) AS N, MIN(r.Id) AS Id FROM UR_Resources r
WHERE r.Type = 1 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND r.C4 IS NOT NULL GROUP BY r.C4, DATALENGTH(r.C4)) a ON a.K = c.Key1 AND a.Bytes = DATALENGTH(c.Key1)
LEFT JOIN (SELECT r.C4 AS K, DATALENGTH(r.C4) AS Bytes, COUNT(*) AS N, MIN(r.Id) AS Id FROM UR_Resources r
WHERE r.Type = 2 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND r.C4 IS NOT NULL GROUP BY r.C4, DATALENGTH(r.C4)) b ON b.K = c.Key2 AND b.Bytes = DATALENGTH(c.Key2);

-- batch
IF OBJECT_ID('tempdb..#Claim') IS NOT NULL TRUNCATE TABLE #Claim;

-- batch
CREATE TABLE #Navigation (Owner bigint NOT NULL PRIMARY KEY, Target bigint NULL, CausedBy bigint NULL);

-- statement
INSERT INTO #Navigation (Owner, Target, CausedBy)
SELECT s.Owner, MIN(s.Target), MIN(s.CausedBy) FROM (SELECT R2_Id AS Owner, R1_Id AS Target, NULL AS CausedBy, Key1, Key2 FROM UR_LinkKeys
WHERE Mapping = 3 AND R1_Id IS NOT NULL AND R2_Id IS NOT NULL) s GROUP BY s.Owner HAVING COUNT(*) = 1;

-- statement
SELECT s.Owner, s.Target, s.CausedBy, s.Key1, s.Key2 FROM (SELECT R2_Id AS Owner, R1_Id AS Target, NULL AS CausedBy, Key1, Key2 FROM UR_LinkKeys
WHERE Mapping = 3 AND R1_Id IS NOT NULL AND R2_Id IS NOT NULL) s
WHERE s.Owner IN (SELECT m.Owner FROM (SELECT R2_Id AS Owner, R1_Id AS Target, NULL AS CausedBy, Key1, Key2 FROM UR_LinkKeys
WHERE Mapping = 3 AND R1_Id IS NOT NULL AND R2_Id IS NOT NULL) m GROUP BY m.Owner HAVING COUNT(*) > 1);

-- statement
UPDATE r SET I41 = n.Target FROM UR_Resources r JOIN #Navigation n ON n.Owner = r.Id WHERE r.ValidTo = '9999-12-31T23:59:59.999Z';

-- batch
IF OBJECT_ID('tempdb..#Navigation') IS NOT NULL TRUNCATE TABLE #Navigation;

-- batch
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID('UR_Resources') AND (LOWER(name) = 'ix_ur_resources_2_c4' OR LOWER(name) LIKE 'ix[_]ur[_]resources[_]2[_]c4ur[_]resource%'))
CREATE INDEX IX_UR_Resources_2_C4 ON UR_Resources (C4) WHERE Type = 2 AND ValidTo = '9999-12-31T23:59:59.999Z';
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID('UR_Resources') AND (LOWER(name) = 'ix_ur_resources_2_c5' OR LOWER(name) LIKE 'ix[_]ur[_]resources[_]2[_]c5ur[_]resource%'))
CREATE INDEX IX_UR_Resources_2_C5 ON UR_Resources (C5) WHERE Type = 2 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
SELECT TOP (1) 1 AS One FROM UR_LinkKeys WHERE Reason IS NOT NULL;

-- batch
CREATE TABLE #KeyMoved (Type int NOT NULL, Slot varchar(120) COLLATE Latin1_General_100_BIN2 NOT NULL, [Key] nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Id bigint NOT NULL, Added int NOT NULL);

-- statement with "resource"
SELECT Value FROM UM_Sequences WHERE Name = @p0;

-- batch
CREATE TABLE #Touched (T int IDENTITY(1,1) PRIMARY KEY, Mapping int NOT NULL, Key1 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Key2 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Present int NOT NULL, Wanted int NOT NULL, FromFile int NOT NULL, Before1 bigint NULL, Before2 bigint NULL, After1 bigint NULL, After2 bigint NULL, Reason varchar(120) COLLATE Latin1_General_100_BIN2 NULL);

-- statement
SELECT DISTINCT Type, Slot FROM #KeyMoved;

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 2 AND l.Reason IS NOT NULL AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 2 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 3 AND l.Reason IS NOT NULL AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 3 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

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
SELECT TOP (10000) Key1 FROM #Link WHERE Wanted = 1 AND After1 IS NULL AND Reason LIKE '%1 missing%'
GROUP BY Key1, DATALENGTH(Key1) ORDER BY Key1, DATALENGTH(Key1);

-- statement
SELECT TOP (10000) Key2 FROM #Link WHERE Wanted = 1 AND After2 IS NULL AND Reason LIKE '%2 missing%'
GROUP BY Key2, DATALENGTH(Key2) ORDER BY Key2, DATALENGTH(Key2);

-- statement
SELECT C5 FROM UR_Resources WHERE Type = 2 AND ValidTo = '9999-12-31T23:59:59.999Z' AND C5 IS NOT NULL;

-- statement
SELECT [Key] FROM #KeyMoved WHERE Type = 2 AND Slot = 'C5' AND Added = 1;

-- statement
SELECT TOP (1) 1 AS One FROM #Link WHERE Present = 1;

-- statement
INSERT INTO UR_ResourceLinkChanges (TaskInstance, State, Command, Mapping, R1_Id, R2_Id, Key1, Key2, CausedBy) SELECT 2, 'staged', 'delete', t.Mapping, t.Before1, t.Before2, t.Key1, t.Key2, CASE WHEN t.FromFile = 1 THEN NULL
WHEN c1.ResourceId IS NULL THEN c2.ResourceId WHEN c2.ResourceId IS NULL THEN c1.ResourceId
WHEN c1.Command = 'delete' AND c2.Command <> 'delete' THEN c1.ResourceId
WHEN c2.Command = 'delete' AND c1.Command <> 'delete' THEN c2.ResourceId
WHEN c1.ResourceId < c2.ResourceId THEN c1.ResourceId ELSE c2.ResourceId END
FROM #Link t LEFT JOIN UR_ResourceChanges c1 ON c1.TaskInstance = 2 AND c1.ResourceId = t.Before1 LEFT JOIN UR_ResourceChanges c2 ON c2.TaskInstance = 2 AND c2.ResourceId = t.Before2
WHERE t.Before1 IS NOT NULL AND t.Before2 IS NOT NULL AND t.Present = 1 AND NOT EXISTS (SELECT 1 FROM #Link o WHERE o.After1 = t.Before1 AND o.After2 = t.Before2 AND o.Wanted = 1)
ORDER BY t.Before1, t.Before2;

-- statement
INSERT INTO UR_ResourceLinkChanges (TaskInstance, State, Command, Mapping, R1_Id, R2_Id, Key1, Key2, CausedBy) SELECT 2, 'staged', 'insert', t.Mapping, t.After1, t.After2, t.Key1, t.Key2, CASE WHEN t.FromFile = 1 THEN NULL
WHEN c1.ResourceId IS NULL THEN c2.ResourceId WHEN c2.ResourceId IS NULL THEN c1.ResourceId
WHEN c1.Command = 'insert' AND c2.Command <> 'insert' THEN c1.ResourceId
WHEN c2.Command = 'insert' AND c1.Command <> 'insert' THEN c2.ResourceId
WHEN c1.ResourceId < c2.ResourceId THEN c1.ResourceId ELSE c2.ResourceId END
FROM #Link t LEFT JOIN UR_ResourceChanges c1 ON c1.TaskInstance = 2 AND c1.ResourceId = t.After1 LEFT JOIN UR_ResourceChanges c2 ON c2.TaskInstance = 2 AND c2.ResourceId = t.After2
WHERE t.After1 IS NOT NULL AND t.After2 IS NOT NULL AND t.Wanted = 1 AND NOT EXISTS (SELECT 1 FROM #Link o WHERE o.Before1 = t.After1 AND o.Before2 = t.After2 AND o.Present = 1)
ORDER BY t.After1, t.After2;

-- statement
INSERT INTO UR_LinkKeyChanges (TaskInstance, State, Command, Mapping, Key1, Key2, R1_Before, R2_Before, R1_After, R2_After, Reason)
SELECT 2, 'staged', CASE WHEN t.Present = 0 THEN 'add' WHEN t.Wanted = 0 THEN 'remove' ELSE 'resolve' END,
t.Mapping, t.Key1, t.Key2, t.Before1, t.Before2, t.After1, t.After2, t.Reason
FROM #Link t LEFT JOIN UR_LinkKeys l
ON t.Present = 1 AND t.Wanted = 1 AND l.Mapping = t.Mapping AND (l.Key1 = t.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(t.Key1)) AND (l.Key2 = t.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(t.Key2))
WHERE t.Present <> t.Wanted OR (CASE WHEN t.Before1 = t.After1 OR (t.Before1 IS NULL AND t.After1 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN t.Before2 = t.After2 OR (t.Before2 IS NULL AND t.After2 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN ((l.Reason = t.Reason AND DATALENGTH(l.Reason) = DATALENGTH(t.Reason)) OR (l.Reason IS NULL AND t.Reason IS NULL)) THEN 0 ELSE 1 END = 1)
ORDER BY t.Key1, DATALENGTH(t.Key1), t.Key2, DATALENGTH(t.Key2);

-- statement
SELECT TOP (1) 1 AS One FROM #Touched WHERE Mapping = 3;

-- batch
IF OBJECT_ID('tempdb..#Link') IS NOT NULL TRUNCATE TABLE #Link;

-- statement with 2
SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 2
SELECT COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0 AND Command = 'insert';

-- statement
SELECT Now FROM UM_Clock WHERE Id = 1;

-- statement with "2026-01-07T08:00:00.001Z"
UPDATE UM_Clock SET Now = @p0 WHERE Id = 1;

-- statement with 2
SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 2
SELECT COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0;

-- statement
UPDATE r SET ValidTo = '2026-01-07T08:00:00.001Z', ClosedBy = 2 FROM UR_Resources r JOIN UR_ResourceChanges c ON c.ResourceId = r.Id
WHERE c.TaskInstance = 2 AND c.Command = 'delete' AND r.ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
SELECT Type, MIN(Id), MAX(Id) FROM UR_ResourceChanges WHERE TaskInstance = 2 AND Command = 'update' GROUP BY Type;

-- statement
SELECT Type, MIN(Id), MAX(Id) FROM UR_ResourceChanges WHERE TaskInstance = 2 AND Command = 'insert' GROUP BY Type;

-- statement
DELETE k FROM UR_RetiredKeys k JOIN UR_ResourceChanges c ON c.Type = k.Type AND (c.[Key] = k.[Key] AND DATALENGTH(c.[Key]) = DATALENGTH(k.[Key]))
WHERE c.TaskInstance = 2 AND c.Command = 'insert';

-- statement
UPDATE l SET ValidTo = '2026-01-07T08:00:00.001Z', ClosedBy = 2 FROM UR_ResourceLinks l
JOIN UR_ResourceLinkChanges c ON c.Mapping = l.Mapping AND c.R1_Id = l.R1_Id AND c.R2_Id = l.R2_Id
WHERE c.TaskInstance = 2 AND c.Command = 'delete' AND l.ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
INSERT INTO UR_ResourceLinks (Mapping, R1_Id, R2_Id, ValidFrom, ValidTo, ChangedBy)
SELECT Mapping, R1_Id, R2_Id, '2026-01-07T08:00:00.001Z', '9999-12-31T23:59:59.999Z', 2 FROM UR_ResourceLinkChanges
WHERE TaskInstance = 2 AND Command = 'insert' ORDER BY Mapping, R1_Id, R2_Id;

-- statement
DELETE l FROM UR_LinkKeys l JOIN UR_LinkKeyChanges c ON c.Mapping = l.Mapping AND (c.Key1 = l.Key1 AND DATALENGTH(c.Key1) = DATALENGTH(l.Key1)) AND (c.Key2 = l.Key2 AND DATALENGTH(c.Key2) = DATALENGTH(l.Key2))
WHERE c.TaskInstance = 2 AND c.Command = 'remove';

-- statement
UPDATE l SET R1_Id = c.R1_After, R2_Id = c.R2_After, Reason = c.Reason FROM UR_LinkKeys l JOIN UR_LinkKeyChanges c ON c.Mapping = l.Mapping AND (c.Key1 = l.Key1 AND DATALENGTH(c.Key1) = DATALENGTH(l.Key1)) AND (c.Key2 = l.Key2 AND DATALENGTH(c.Key2) = DATALENGTH(l.Key2))
WHERE c.TaskInstance = 2 AND c.Command = 'resolve';

-- statement
INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
SELECT Mapping, Key1, Key2, R1_After, R2_After, Reason FROM UR_LinkKeyChanges
WHERE TaskInstance = 2 AND Command = 'add' ORDER BY Mapping, Key1, Key2;

-- statement with 2
SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = @p0 AND Reason IS NOT NULL;

-- statement with 3
SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = @p0 AND Reason IS NOT NULL;

-- statement with 2
DELETE FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 2
DELETE FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0;

-- statement with 2
DELETE FROM UR_LinkKeyChanges WHERE TaskInstance = @p0;

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

-- statement with 2, 7
UPDATE UJ_JobInstances SET Fence = Fence WHERE Id = @p0 AND Fence = @p1;

-- statement with 2
SELECT Fence FROM UJ_JobInstances WHERE Id = @p0;

-- statement with 2, 2
SELECT State FROM UJ_TaskInstances WHERE Id = @p0 AND JobInstance = @p1;

-- statement with "00000000-0000-4000-8000-000000000002"
SELECT State FROM UJ_SynchronizationSessions WHERE Guid = @p0;

-- statement with "AD", 2
SELECT Id, JobInstance, Session FROM UJ_TaskInstances
WHERE Connector = @p0 AND State = 'Blocked' AND Type = 'SynchronizeTask' AND JobInstance <> @p1 ORDER BY Id;

-- statement with "applied", 2, "2026-01-07T08:00:00.000Z", "00000000-0000-4000-8000-000000000002"
UPDATE UJ_SynchronizationSessions SET State = @p0, SynchronizeTask = @p1, ChangedAt = @p2 WHERE Guid = @p3;

-- statement with "00000000-0000-4000-8000-000000000002", "2026-01-07T08:00:00.000Z", 2, "h", "AD"
UPDATE UM_ConnectorHeads SET Session = @p0, AppliedAt = @p1, TaskInstance = @p2, MappingHash = @p3, CompleteRequired = NULL WHERE Connector = @p4;

-- statement with "AD", "00000000-0000-4000-8000-000000000002", "2026-01-07T08:00:00.000Z", 2, "h"
INSERT INTO UM_ConnectorHeads (Connector, Session, AppliedAt, TaskInstance, MappingHash) VALUES (@p0, @p1, @p2, @p3, @p4);

-- statement with "Completed", 1, "{\"inserted\":4,\"updated\":0,\"deleted\":0,\"linksInserted\":2,\"linksDeleted\":0,\"orphans\":1}", "[]", null, "2026-01-07T08:00:00.000Z", "00000000-0000-4000-8000-000000000002", 2
UPDATE UJ_TaskInstances SET State = @p0, ProducedOutput = @p1, Counters = @p2, Thresholds = @p3, Message = @p4, EndDate = @p5, Session = @p6 WHERE Id = @p7;

-- transaction
COMMIT TRANSACTION;
