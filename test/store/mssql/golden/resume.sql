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

-- statement with 6
SELECT Fence FROM UJ_JobInstances WHERE Id = @p0;

-- statement with 6, 6
SELECT State FROM UJ_TaskInstances WHERE Id = @p0 AND JobInstance = @p1;

-- statement with 5
SELECT State, Session, Counters, Thresholds, Connector FROM UJ_TaskInstances WHERE Id = @p0;

-- statement with "00000000-0000-4000-8000-000000000005"
SELECT State, Mode, Sequence, StartsAt FROM UJ_SynchronizationSessions WHERE Guid = @p0;

-- statement
SELECT Identifier, Id, MappingKey FROM UM_EntityTypes;

-- statement
SELECT EntityType, Identifier, Slot, Type FROM UM_Properties;

-- statement
SELECT Association, Connector, Id FROM UM_Mappings;

-- statement with "HR"
SELECT Session, MappingHash FROM UM_ConnectorHeads WHERE Connector = @p0;

-- statement with "00000000-0000-4000-8000-000000000001"
SELECT Sequence FROM UJ_SynchronizationSessions WHERE Guid = @p0;

-- statement
SELECT TOP (20) c.[Key] FROM UR_ResourceChanges c WHERE c.TaskInstance = 5 AND c.Type = 1 AND c.Command = 'insert' AND (EXISTS (SELECT 1 FROM UR_Resources r WHERE r.Type = 1 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND (r.C4 = c.[Key] AND DATALENGTH(r.C4) = DATALENGTH(c.[Key])))
OR EXISTS (SELECT 1 FROM UR_RetiredKeys k WHERE k.Type = c.Type AND (k.[Key] = c.[Key] AND DATALENGTH(k.[Key]) = DATALENGTH(c.[Key])) AND k.Id <> c.ResourceId)) ORDER BY c.Id;

-- statement
SELECT TOP (20) c.[Key] FROM UR_ResourceChanges c WHERE c.TaskInstance = 5 AND c.Type = 1 AND c.Command <> 'insert' AND NOT EXISTS (SELECT 1 FROM UR_Resources r WHERE r.Id = c.ResourceId AND r.ValidTo = '9999-12-31T23:59:59.999Z') ORDER BY c.Id;

-- statement with 0
SELECT TOP (5000) c.Id, c.[Key], c.Changes FROM UR_ResourceChanges c JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE c.TaskInstance = 5 AND c.Command <> 'insert' AND c.Type = 1 AND (CASE WHEN ((r.ValidFrom = c.Version AND DATALENGTH(r.ValidFrom) = DATALENGTH(c.Version)) OR (r.ValidFrom IS NULL AND c.Version IS NULL)) THEN 0 ELSE 1 END = 1) AND c.Id > @p0 ORDER BY c.Id;

-- statement
SELECT TOP (20) c.[Key] FROM UR_ResourceChanges c WHERE c.TaskInstance = 5 AND c.Type = 2 AND c.Command = 'insert' AND (EXISTS (SELECT 1 FROM UR_Resources r WHERE r.Type = 2 AND r.ValidTo = '9999-12-31T23:59:59.999Z' AND (r.C4 = c.[Key] AND DATALENGTH(r.C4) = DATALENGTH(c.[Key])))
OR EXISTS (SELECT 1 FROM UR_RetiredKeys k WHERE k.Type = c.Type AND (k.[Key] = c.[Key] AND DATALENGTH(k.[Key]) = DATALENGTH(c.[Key])) AND k.Id <> c.ResourceId)) ORDER BY c.Id;

-- statement
SELECT TOP (20) c.[Key] FROM UR_ResourceChanges c WHERE c.TaskInstance = 5 AND c.Type = 2 AND c.Command <> 'insert' AND NOT EXISTS (SELECT 1 FROM UR_Resources r WHERE r.Id = c.ResourceId AND r.ValidTo = '9999-12-31T23:59:59.999Z') ORDER BY c.Id;

-- statement with 0
SELECT TOP (5000) c.Id, c.[Key], c.Changes FROM UR_ResourceChanges c JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE c.TaskInstance = 5 AND c.Command <> 'insert' AND c.Type = 2  AND c.Id > @p0 ORDER BY c.Id;

-- statement with 0
SELECT c.Id, r.I41 FROM UR_ResourceChanges c JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE c.TaskInstance = 5 AND c.Command <> 'insert' AND c.Type = 2  AND c.Id > @p0 AND c.Id <= 15;

-- statement with 15
SELECT TOP (5000) c.Id, c.[Key], c.Changes FROM UR_ResourceChanges c JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE c.TaskInstance = 5 AND c.Command <> 'insert' AND c.Type = 2  AND c.Id > @p0 ORDER BY c.Id;

-- statement
SELECT TOP (20) c.Key1, c.Key2, c.Command FROM UR_ResourceLinkChanges c WHERE c.TaskInstance = 5 AND ((c.Command = 'delete' AND NOT EXISTS (SELECT 1 FROM UR_ResourceLinks l WHERE l.Mapping = c.Mapping AND l.R1_Id = c.R1_Id AND l.R2_Id = c.R2_Id AND l.ValidTo = '9999-12-31T23:59:59.999Z')) OR (c.Command <> 'delete' AND EXISTS (SELECT 1 FROM UR_ResourceLinks l WHERE l.Mapping = c.Mapping AND l.R1_Id = c.R1_Id AND l.R2_Id = c.R2_Id AND l.ValidTo = '9999-12-31T23:59:59.999Z'))) ORDER BY c.Id;

-- statement
SELECT TOP (20) c.Key1, c.Key2 FROM UR_LinkKeyChanges c LEFT JOIN UR_LinkKeys l ON l.Mapping = c.Mapping AND (l.Key1 = c.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(c.Key1)) AND (l.Key2 = c.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(c.Key2))
WHERE c.TaskInstance = 5 AND ((c.Command = 'add' AND l.Mapping IS NOT NULL) OR (c.Command <> 'add' AND l.Mapping IS NULL)
OR (CASE WHEN l.R1_Id = c.R1_Before OR (l.R1_Id IS NULL AND c.R1_Before IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN l.R2_Id = c.R2_Before OR (l.R2_Id IS NULL AND c.R2_Before IS NULL) THEN 0 ELSE 1 END = 1)) ORDER BY c.Id;

-- batch
CREATE TABLE #KeyMoved (Type int NOT NULL, Slot varchar(120) COLLATE Latin1_General_100_BIN2 NOT NULL, [Key] nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Id bigint NOT NULL, Added int NOT NULL);

-- statement with 5, 0
SELECT TOP (5000) Id, Type, ResourceId, Changes FROM UR_ResourceChanges
WHERE TaskInstance = @p0 AND Type IN (1, 2) AND Id > @p1 ORDER BY Id;

-- load
insert bulk #KeyMoved([Type] int, [Slot] varchar(120), [Key] nvarchar(442), [Id] bigint, [Added] int) WITH (TABLOCK)
-- rows: SHA-256 27a7e0848f46b543;

-- statement with 5, 15
SELECT TOP (5000) Id, Type, ResourceId, Changes FROM UR_ResourceChanges
WHERE TaskInstance = @p0 AND Type IN (1, 2) AND Id > @p1 ORDER BY Id;

-- batch
CREATE TABLE #Touched (T int IDENTITY(1,1) PRIMARY KEY, Mapping int NOT NULL, Key1 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Key2 nvarchar(442) COLLATE Latin1_General_100_BIN2 NOT NULL, Present int NOT NULL, Wanted int NOT NULL, FromFile int NOT NULL, Before1 bigint NULL, Before2 bigint NULL, After1 bigint NULL, After2 bigint NULL, Reason varchar(120) COLLATE Latin1_General_100_BIN2 NULL);

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2)
SELECT Mapping, Key1, Key2, CASE WHEN Command = 'add' THEN 0 ELSE 1 END, CASE WHEN Command = 'remove' THEN 0 ELSE 1 END, 1, R1_After, R2_After
FROM UR_LinkKeyChanges WHERE TaskInstance = 5;

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
UPDATE t SET After1 = x.After1, After2 = x.After2, Reason = x.Reason FROM #Touched t JOIN #Link x ON x.T = t.T;

-- batch
IF OBJECT_ID('tempdb..#Link') IS NOT NULL TRUNCATE TABLE #Link;

-- batch
TRUNCATE TABLE #Wanted;

-- statement
INSERT INTO #Wanted (T, Key1, Key2) SELECT t.T, t.Key1, t.Key2 FROM #Touched t WHERE t.Mapping = 2 AND t.Wanted = 1;

-- batch
TRUNCATE TABLE #Found1;

-- batch
TRUNCATE TABLE #Gone;

-- statement
INSERT INTO #Gone ([Key], Id) SELECT k.[Key], k.Id FROM #KeyMoved k WHERE k.Type = 2 AND k.Slot = 'C5' AND k.Added = 0;

-- batch
TRUNCATE TABLE #Come;

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
TRUNCATE TABLE #Found2;

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
TRUNCATE TABLE #Link;

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
UPDATE t SET After1 = x.After1, After2 = x.After2, Reason = x.Reason FROM #Touched t JOIN #Link x ON x.T = t.T;

-- batch
IF OBJECT_ID('tempdb..#Link') IS NOT NULL TRUNCATE TABLE #Link;

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
UPDATE t SET After1 = x.After1, After2 = x.After2, Reason = x.Reason FROM #Touched t JOIN #Link x ON x.T = t.T;

-- batch
IF OBJECT_ID('tempdb..#Link') IS NOT NULL TRUNCATE TABLE #Link;

-- statement
SELECT TOP (20) Key1, Key2, CASE WHEN FromFile = 0 AND (After1 IS NULL OR After2 IS NULL) THEN 1 ELSE 0 END FROM #Touched WHERE Wanted = 1 AND Before1 IS NOT NULL AND Before2 IS NOT NULL
AND ((CASE WHEN Before1 = After1 OR (Before1 IS NULL AND After1 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN Before2 = After2 OR (Before2 IS NULL AND After2 IS NULL) THEN 0 ELSE 1 END = 1)) ORDER BY Mapping, Key1, Key2;

-- statement
SELECT Now FROM UM_Clock WHERE Id = 1;

-- statement with "2026-01-11T08:00:00.000Z"
UPDATE UM_Clock SET Now = @p0 WHERE Id = 1;

-- statement with 5
SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 5
SELECT COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0;

-- statement
UPDATE r SET ValidTo = '2026-01-11T08:00:00.000Z', ClosedBy = 6 FROM UR_Resources r JOIN UR_ResourceChanges c ON c.ResourceId = r.Id
WHERE c.TaskInstance = 5 AND c.Command = 'delete' AND r.ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
DELETE k FROM UR_RetiredKeys k JOIN UR_ResourceChanges c ON c.Type = k.Type AND (c.[Key] = k.[Key] AND DATALENGTH(c.[Key]) = DATALENGTH(k.[Key])) WHERE c.TaskInstance = 5 AND c.Command = 'delete';

-- statement
INSERT INTO UR_RetiredKeys (Type, [Key], Id) SELECT c.Type, c.[Key], c.ResourceId FROM UR_ResourceChanges c WHERE c.TaskInstance = 5 AND c.Command = 'delete' ORDER BY c.Type, c.[Key];

-- statement
SELECT Type, MIN(Id), MAX(Id) FROM UR_ResourceChanges WHERE TaskInstance = 5 AND Command = 'update' GROUP BY Type;

-- statement with 12
SELECT TOP (5000) c.Id, c.ResourceId, c.Changes, NULL FROM UR_ResourceChanges c
WHERE c.TaskInstance = 5 AND c.Command = 'update' AND c.Type = 1 AND c.Id > @p0 AND c.Id <= 13 ORDER BY c.Id;

-- batch
CREATE TABLE #Change_1 (Id bigint NOT NULL PRIMARY KEY, IsInPlace int NOT NULL, Mask varchar(160) NOT NULL, C4 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, C5 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, I40 bigint NULL);

-- load
insert bulk #Change_1([Id] bigint, [IsInPlace] int, [Mask] varchar(160), [I40] bigint) WITH (TABLOCK)
-- rows: SHA-256 b4bd96efebaa83fd;

-- statement
INSERT INTO UR_Resources (Id, Type, ValidFrom, Dirty, ChangedBy, C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, CA, CB, CC, CD, CE, CF, CG, CH, CI, CJ, CK, CL, CM, CN, CO, CP, CQ, CR, CS, CT, CU, CV, C10, C11, C12, C13, C14, C15, C16, C17, C18, C19, C1A, C1B, C1C, C1D, C1E, C1F, C1G, C1H, C1I, C1J, C1K, C1L, C1M, C1N, C1O, C1P, C1Q, C1R, C1S, C1T, C1U, C1V, C20, C21, C22, C23, C24, C25, C26, C27, C28, C29, C2A, C2B, C2C, C2D, C2E, C2F, C2G, C2H, C2I, C2J, C2K, C2L, C2M, C2N, C2O, C2P, C2Q, C2R, C2S, C2T, C2U, C2V, C30, C31, C32, C33, C34, C35, C36, C37, C38, C39, C3A, C3B, C3C, C3D, C3E, C3F, C3G, C3H, C3I, C3J, C3K, C3L, C3M, C3N, C3O, C3P, C3Q, C3R, C3S, C3T, C3U, C3V, I40, I41, I42, I43, I44, I45, I46, I47, I48, I49, I4A, I4B, I4C, I4D, I4E, I4F, I4G, I4H, I4I, I4J, I4K, I4L, I4M, I4N, I4O, ValidTo, ClosedBy)
SELECT r.Id, r.Type, r.ValidFrom, r.Dirty, r.ChangedBy, r.C0, r.C1, r.C2, r.C3, r.C4, r.C5, r.C6, r.C7, r.C8, r.C9, r.CA, r.CB, r.CC, r.CD, r.CE, r.CF, r.CG, r.CH, r.CI, r.CJ, r.CK, r.CL, r.CM, r.CN, r.CO, r.CP, r.CQ, r.CR, r.CS, r.CT, r.CU, r.CV, r.C10, r.C11, r.C12, r.C13, r.C14, r.C15, r.C16, r.C17, r.C18, r.C19, r.C1A, r.C1B, r.C1C, r.C1D, r.C1E, r.C1F, r.C1G, r.C1H, r.C1I, r.C1J, r.C1K, r.C1L, r.C1M, r.C1N, r.C1O, r.C1P, r.C1Q, r.C1R, r.C1S, r.C1T, r.C1U, r.C1V, r.C20, r.C21, r.C22, r.C23, r.C24, r.C25, r.C26, r.C27, r.C28, r.C29, r.C2A, r.C2B, r.C2C, r.C2D, r.C2E, r.C2F, r.C2G, r.C2H, r.C2I, r.C2J, r.C2K, r.C2L, r.C2M, r.C2N, r.C2O, r.C2P, r.C2Q, r.C2R, r.C2S, r.C2T, r.C2U, r.C2V, r.C30, r.C31, r.C32, r.C33, r.C34, r.C35, r.C36, r.C37, r.C38, r.C39, r.C3A, r.C3B, r.C3C, r.C3D, r.C3E, r.C3F, r.C3G, r.C3H, r.C3I, r.C3J, r.C3K, r.C3L, r.C3M, r.C3N, r.C3O, r.C3P, r.C3Q, r.C3R, r.C3S, r.C3T, r.C3U, r.C3V, r.I40, r.I41, r.I42, r.I43, r.I44, r.I45, r.I46, r.I47, r.I48, r.I49, r.I4A, r.I4B, r.I4C, r.I4D, r.I4E, r.I4F, r.I4G, r.I4H, r.I4I, r.I4J, r.I4K, r.I4L, r.I4M, r.I4N, r.I4O, '2026-01-11T08:00:00.000Z', 6 FROM UR_Resources r JOIN #Change_1 c ON c.Id = r.Id WHERE r.ValidTo = '9999-12-31T23:59:59.999Z' AND c.IsInPlace = 0;

-- statement
UPDATE r SET I40 = CASE WHEN SUBSTRING(c.Mask, 1, 1) = '1' THEN c.I40 ELSE r.I40 END, ValidFrom = CASE WHEN c.IsInPlace = 0 THEN '2026-01-11T08:00:00.000Z' ELSE r.ValidFrom END,
ChangedBy = CASE WHEN c.IsInPlace = 0 THEN 6 ELSE r.ChangedBy END FROM UR_Resources r JOIN #Change_1 c ON c.Id = r.Id WHERE r.ValidTo = '9999-12-31T23:59:59.999Z';

-- batch
IF OBJECT_ID('tempdb..#Change_1') IS NOT NULL TRUNCATE TABLE #Change_1;

-- statement with 13
SELECT TOP (5000) c.Id, c.ResourceId, c.Changes, r.ValidFrom FROM UR_ResourceChanges c LEFT JOIN UR_Resources r ON r.Id = c.ResourceId AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE c.TaskInstance = 5 AND c.Command = 'update' AND c.Type = 2 AND c.Id > @p0 AND c.Id <= 15 ORDER BY c.Id;

-- batch
CREATE TABLE #Change_2 (Id bigint NOT NULL PRIMARY KEY, IsInPlace int NOT NULL, Mask varchar(160) NOT NULL, C4 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, C5 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, C6 nvarchar(442) COLLATE Latin1_General_100_BIN2 NULL, I41 bigint NULL);

-- load
insert bulk #Change_2([Id] bigint, [IsInPlace] int, [Mask] varchar(160), [I41] bigint) WITH (TABLOCK)
-- rows: SHA-256 6441937874f2290c;

-- statement
INSERT INTO UR_Resources (Id, Type, ValidFrom, Dirty, ChangedBy, C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, CA, CB, CC, CD, CE, CF, CG, CH, CI, CJ, CK, CL, CM, CN, CO, CP, CQ, CR, CS, CT, CU, CV, C10, C11, C12, C13, C14, C15, C16, C17, C18, C19, C1A, C1B, C1C, C1D, C1E, C1F, C1G, C1H, C1I, C1J, C1K, C1L, C1M, C1N, C1O, C1P, C1Q, C1R, C1S, C1T, C1U, C1V, C20, C21, C22, C23, C24, C25, C26, C27, C28, C29, C2A, C2B, C2C, C2D, C2E, C2F, C2G, C2H, C2I, C2J, C2K, C2L, C2M, C2N, C2O, C2P, C2Q, C2R, C2S, C2T, C2U, C2V, C30, C31, C32, C33, C34, C35, C36, C37, C38, C39, C3A, C3B, C3C, C3D, C3E, C3F, C3G, C3H, C3I, C3J, C3K, C3L, C3M, C3N, C3O, C3P, C3Q, C3R, C3S, C3T, C3U, C3V, I40, I41, I42, I43, I44, I45, I46, I47, I48, I49, I4A, I4B, I4C, I4D, I4E, I4F, I4G, I4H, I4I, I4J, I4K, I4L, I4M, I4N, I4O, ValidTo, ClosedBy)
SELECT r.Id, r.Type, r.ValidFrom, r.Dirty, r.ChangedBy, r.C0, r.C1, r.C2, r.C3, r.C4, r.C5, r.C6, r.C7, r.C8, r.C9, r.CA, r.CB, r.CC, r.CD, r.CE, r.CF, r.CG, r.CH, r.CI, r.CJ, r.CK, r.CL, r.CM, r.CN, r.CO, r.CP, r.CQ, r.CR, r.CS, r.CT, r.CU, r.CV, r.C10, r.C11, r.C12, r.C13, r.C14, r.C15, r.C16, r.C17, r.C18, r.C19, r.C1A, r.C1B, r.C1C, r.C1D, r.C1E, r.C1F, r.C1G, r.C1H, r.C1I, r.C1J, r.C1K, r.C1L, r.C1M, r.C1N, r.C1O, r.C1P, r.C1Q, r.C1R, r.C1S, r.C1T, r.C1U, r.C1V, r.C20, r.C21, r.C22, r.C23, r.C24, r.C25, r.C26, r.C27, r.C28, r.C29, r.C2A, r.C2B, r.C2C, r.C2D, r.C2E, r.C2F, r.C2G, r.C2H, r.C2I, r.C2J, r.C2K, r.C2L, r.C2M, r.C2N, r.C2O, r.C2P, r.C2Q, r.C2R, r.C2S, r.C2T, r.C2U, r.C2V, r.C30, r.C31, r.C32, r.C33, r.C34, r.C35, r.C36, r.C37, r.C38, r.C39, r.C3A, r.C3B, r.C3C, r.C3D, r.C3E, r.C3F, r.C3G, r.C3H, r.C3I, r.C3J, r.C3K, r.C3L, r.C3M, r.C3N, r.C3O, r.C3P, r.C3Q, r.C3R, r.C3S, r.C3T, r.C3U, r.C3V, r.I40, r.I41, r.I42, r.I43, r.I44, r.I45, r.I46, r.I47, r.I48, r.I49, r.I4A, r.I4B, r.I4C, r.I4D, r.I4E, r.I4F, r.I4G, r.I4H, r.I4I, r.I4J, r.I4K, r.I4L, r.I4M, r.I4N, r.I4O, '2026-01-11T08:00:00.000Z', 6 FROM UR_Resources r JOIN #Change_2 c ON c.Id = r.Id WHERE r.ValidTo = '9999-12-31T23:59:59.999Z' AND c.IsInPlace = 0;

-- statement
UPDATE r SET I41 = CASE WHEN SUBSTRING(c.Mask, 1, 1) = '1' THEN c.I41 ELSE r.I41 END, ValidFrom = CASE WHEN c.IsInPlace = 0 THEN '2026-01-11T08:00:00.000Z' ELSE r.ValidFrom END,
ChangedBy = CASE WHEN c.IsInPlace = 0 THEN 6 ELSE r.ChangedBy END FROM UR_Resources r JOIN #Change_2 c ON c.Id = r.Id WHERE r.ValidTo = '9999-12-31T23:59:59.999Z';

-- batch
IF OBJECT_ID('tempdb..#Change_2') IS NOT NULL TRUNCATE TABLE #Change_2;

-- statement
SELECT Type, MIN(Id), MAX(Id) FROM UR_ResourceChanges WHERE TaskInstance = 5 AND Command = 'insert' GROUP BY Type;

-- statement
DELETE k FROM UR_RetiredKeys k JOIN UR_ResourceChanges c ON c.Type = k.Type AND (c.[Key] = k.[Key] AND DATALENGTH(c.[Key]) = DATALENGTH(k.[Key]))
WHERE c.TaskInstance = 5 AND c.Command = 'insert';

-- statement
UPDATE l SET ValidTo = '2026-01-11T08:00:00.000Z', ClosedBy = 6 FROM UR_ResourceLinks l
JOIN UR_ResourceLinkChanges c ON c.Mapping = l.Mapping AND c.R1_Id = l.R1_Id AND c.R2_Id = l.R2_Id
WHERE c.TaskInstance = 5 AND c.Command = 'delete' AND l.ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
INSERT INTO UR_ResourceLinks (Mapping, R1_Id, R2_Id, ValidFrom, ValidTo, ChangedBy)
SELECT Mapping, R1_Id, R2_Id, '2026-01-11T08:00:00.000Z', '9999-12-31T23:59:59.999Z', 6 FROM UR_ResourceLinkChanges
WHERE TaskInstance = 5 AND Command = 'insert' ORDER BY Mapping, R1_Id, R2_Id;

-- statement
DELETE l FROM UR_LinkKeys l JOIN UR_LinkKeyChanges c ON c.Mapping = l.Mapping AND (c.Key1 = l.Key1 AND DATALENGTH(c.Key1) = DATALENGTH(l.Key1)) AND (c.Key2 = l.Key2 AND DATALENGTH(c.Key2) = DATALENGTH(l.Key2))
WHERE c.TaskInstance = 5 AND c.Command = 'remove';

-- statement
UPDATE l SET R1_Id = c.R1_After, R2_Id = c.R2_After, Reason = c.Reason FROM UR_LinkKeys l JOIN UR_LinkKeyChanges c ON c.Mapping = l.Mapping AND (c.Key1 = l.Key1 AND DATALENGTH(c.Key1) = DATALENGTH(l.Key1)) AND (c.Key2 = l.Key2 AND DATALENGTH(c.Key2) = DATALENGTH(l.Key2))
WHERE c.TaskInstance = 5 AND c.Command = 'resolve';

-- statement
INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
SELECT Mapping, Key1, Key2, R1_After, R2_After, Reason FROM UR_LinkKeyChanges
WHERE TaskInstance = 5 AND Command = 'add' ORDER BY Mapping, Key1, Key2;

-- batch
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID('UR_Resources') AND (LOWER(name) = 'ix_ur_resources_1_c4' OR LOWER(name) LIKE 'ix[_]ur[_]resources[_]1[_]c4ur[_]resource%'))
CREATE INDEX IX_UR_Resources_1_C4 ON UR_Resources (C4) WHERE Type = 1 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- batch
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID('UR_Resources') AND (LOWER(name) = 'ix_ur_resources_2_c4' OR LOWER(name) LIKE 'ix[_]ur[_]resources[_]2[_]c4ur[_]resource%'))
CREATE INDEX IX_UR_Resources_2_C4 ON UR_Resources (C4) WHERE Type = 2 AND ValidTo = '9999-12-31T23:59:59.999Z';
IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE object_id = OBJECT_ID('UR_Resources') AND (LOWER(name) = 'ix_ur_resources_2_c5' OR LOWER(name) LIKE 'ix[_]ur[_]resources[_]2[_]c5ur[_]resource%'))
CREATE INDEX IX_UR_Resources_2_C5 ON UR_Resources (C5) WHERE Type = 2 AND ValidTo = '9999-12-31T23:59:59.999Z';

-- batch
TRUNCATE TABLE #KeyMoved;

-- statement with "resource"
SELECT Value FROM UM_Sequences WHERE Name = @p0;

-- batch
TRUNCATE TABLE #Touched;

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 1 AND l.Reason IS NOT NULL AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 1 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 2 AND l.Reason IS NOT NULL AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 2 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 3 AND l.Reason IS NOT NULL AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 3 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- statement
SELECT DISTINCT Type, Slot FROM #KeyMoved;

-- statement
INSERT INTO #Touched (Mapping, Key1, Key2, Present, Wanted, FromFile, Before1, Before2) SELECT l.Mapping, l.Key1, l.Key2, 1, 1, 0, l.R1_Id, l.R2_Id FROM UR_LinkKeys l
WHERE l.Mapping = 1 AND l.Reason IS NOT NULL AND NOT EXISTS (SELECT 1 FROM #Touched t WHERE t.Mapping = 1 AND (t.Key1 = l.Key1 AND DATALENGTH(t.Key1) = DATALENGTH(l.Key1)) AND (t.Key2 = l.Key2 AND DATALENGTH(t.Key2) = DATALENGTH(l.Key2)));

-- statement
SELECT TOP (1) 1 AS One FROM #Touched WHERE Mapping = 1;

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
LEFT JOIN UR_ResourceChanges s ON s.TaskInstance = 6 AND s.ResourceId = n.Owner
LEFT JOIN UR_Resources r ON r.Id = n.Owner AND r.ValidTo = '9999-12-31T23:59:59.999Z'
WHERE n.Owner > @p0 AND ((s.Command = 'insert' AND n.Target IS NOT NULL)
OR ((s.Command IS NULL OR s.Command = 'update') AND r.Id IS NOT NULL AND (CASE WHEN r.I41 = n.Target OR (r.I41 IS NULL AND n.Target IS NULL) THEN 0 ELSE 1 END = 1)))
ORDER BY n.Owner;

-- batch
IF OBJECT_ID('tempdb..#Navigation') IS NOT NULL TRUNCATE TABLE #Navigation;

-- statement
INSERT INTO UR_LinkKeyChanges (TaskInstance, State, Command, Mapping, Key1, Key2, R1_Before, R2_Before, R1_After, R2_After, Reason)
SELECT 6, 'staged', CASE WHEN t.Present = 0 THEN 'add' WHEN t.Wanted = 0 THEN 'remove' ELSE 'resolve' END,
t.Mapping, t.Key1, t.Key2, t.Before1, t.Before2, t.After1, t.After2, t.Reason
FROM #Link t LEFT JOIN UR_LinkKeys l
ON t.Present = 1 AND t.Wanted = 1 AND l.Mapping = t.Mapping AND (l.Key1 = t.Key1 AND DATALENGTH(l.Key1) = DATALENGTH(t.Key1)) AND (l.Key2 = t.Key2 AND DATALENGTH(l.Key2) = DATALENGTH(t.Key2))
WHERE t.Present <> t.Wanted OR (CASE WHEN t.Before1 = t.After1 OR (t.Before1 IS NULL AND t.After1 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN t.Before2 = t.After2 OR (t.Before2 IS NULL AND t.After2 IS NULL) THEN 0 ELSE 1 END = 1) OR (CASE WHEN ((l.Reason = t.Reason AND DATALENGTH(l.Reason) = DATALENGTH(t.Reason)) OR (l.Reason IS NULL AND t.Reason IS NULL)) THEN 0 ELSE 1 END = 1)
ORDER BY t.Key1, DATALENGTH(t.Key1), t.Key2, DATALENGTH(t.Key2);

-- batch
IF OBJECT_ID('tempdb..#Link') IS NOT NULL TRUNCATE TABLE #Link;

-- statement with 6
SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 6
SELECT COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0;

-- statement
SELECT Now FROM UM_Clock WHERE Id = 1;

-- statement with "2026-01-11T08:00:00.001Z"
UPDATE UM_Clock SET Now = @p0 WHERE Id = 1;

-- statement with 6
SELECT COUNT(*) FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 6
SELECT COUNT(*) FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0;

-- statement
UPDATE r SET ValidTo = '2026-01-11T08:00:00.001Z', ClosedBy = 6 FROM UR_Resources r JOIN UR_ResourceChanges c ON c.ResourceId = r.Id
WHERE c.TaskInstance = 6 AND c.Command = 'delete' AND r.ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
SELECT Type, MIN(Id), MAX(Id) FROM UR_ResourceChanges WHERE TaskInstance = 6 AND Command = 'update' GROUP BY Type;

-- statement
SELECT Type, MIN(Id), MAX(Id) FROM UR_ResourceChanges WHERE TaskInstance = 6 AND Command = 'insert' GROUP BY Type;

-- statement
DELETE k FROM UR_RetiredKeys k JOIN UR_ResourceChanges c ON c.Type = k.Type AND (c.[Key] = k.[Key] AND DATALENGTH(c.[Key]) = DATALENGTH(k.[Key]))
WHERE c.TaskInstance = 6 AND c.Command = 'insert';

-- statement
UPDATE l SET ValidTo = '2026-01-11T08:00:00.001Z', ClosedBy = 6 FROM UR_ResourceLinks l
JOIN UR_ResourceLinkChanges c ON c.Mapping = l.Mapping AND c.R1_Id = l.R1_Id AND c.R2_Id = l.R2_Id
WHERE c.TaskInstance = 6 AND c.Command = 'delete' AND l.ValidTo = '9999-12-31T23:59:59.999Z';

-- statement
INSERT INTO UR_ResourceLinks (Mapping, R1_Id, R2_Id, ValidFrom, ValidTo, ChangedBy)
SELECT Mapping, R1_Id, R2_Id, '2026-01-11T08:00:00.001Z', '9999-12-31T23:59:59.999Z', 6 FROM UR_ResourceLinkChanges
WHERE TaskInstance = 6 AND Command = 'insert' ORDER BY Mapping, R1_Id, R2_Id;

-- statement
DELETE l FROM UR_LinkKeys l JOIN UR_LinkKeyChanges c ON c.Mapping = l.Mapping AND (c.Key1 = l.Key1 AND DATALENGTH(c.Key1) = DATALENGTH(l.Key1)) AND (c.Key2 = l.Key2 AND DATALENGTH(c.Key2) = DATALENGTH(l.Key2))
WHERE c.TaskInstance = 6 AND c.Command = 'remove';

-- statement
UPDATE l SET R1_Id = c.R1_After, R2_Id = c.R2_After, Reason = c.Reason FROM UR_LinkKeys l JOIN UR_LinkKeyChanges c ON c.Mapping = l.Mapping AND (c.Key1 = l.Key1 AND DATALENGTH(c.Key1) = DATALENGTH(l.Key1)) AND (c.Key2 = l.Key2 AND DATALENGTH(c.Key2) = DATALENGTH(l.Key2))
WHERE c.TaskInstance = 6 AND c.Command = 'resolve';

-- statement
INSERT INTO UR_LinkKeys (Mapping, Key1, Key2, R1_Id, R2_Id, Reason)
SELECT Mapping, Key1, Key2, R1_After, R2_After, Reason FROM UR_LinkKeyChanges
WHERE TaskInstance = 6 AND Command = 'add' ORDER BY Mapping, Key1, Key2;

-- statement with 5
DELETE FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 5
DELETE FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0;

-- statement with 5
DELETE FROM UR_LinkKeyChanges WHERE TaskInstance = @p0;

-- statement with 6
DELETE FROM UR_ResourceChanges WHERE TaskInstance = @p0;

-- statement with 6
DELETE FROM UR_ResourceLinkChanges WHERE TaskInstance = @p0;

-- statement with 6
DELETE FROM UR_LinkKeyChanges WHERE TaskInstance = @p0;

-- statement with 1
SELECT COUNT(*) FROM UR_LinkKeys WHERE Mapping = @p0 AND Reason IS NOT NULL;

-- statement with "00000000-0000-4000-8000-000000000005", "2026-01-11T08:00:00.000Z", 6, "h", "HR"
UPDATE UM_ConnectorHeads SET Session = @p0, AppliedAt = @p1, TaskInstance = @p2, MappingHash = @p3, CompleteRequired = NULL WHERE Connector = @p4;

-- statement with "Person_Boss", "HR"
SELECT Id FROM UM_Mappings WHERE Association = @p0 AND Connector = @p1;

-- statement
SELECT Key1, Key2, Reason FROM UR_LinkKeys WHERE Mapping = 1 AND Reason IS NOT NULL ORDER BY Key1, Key2;

-- statement
UPDATE UM_Sequences SET Value = Value WHERE Name = 'fence';

-- statement with 6, 7
UPDATE UJ_JobInstances SET Fence = Fence WHERE Id = @p0 AND Fence = @p1;

-- statement with 6
SELECT Fence FROM UJ_JobInstances WHERE Id = @p0;

-- statement with 6, 6
SELECT State FROM UJ_TaskInstances WHERE Id = @p0 AND JobInstance = @p1;

-- statement with 6, "2026-01-11T08:00:00.000Z", "00000000-0000-4000-8000-000000000005"
UPDATE UJ_SynchronizationSessions SET State = 'applied', SynchronizeTask = @p0, ChangedAt = @p1 WHERE Guid = @p2;

-- statement with "2026-01-11T08:00:00.000Z", 5
UPDATE UJ_TaskInstances SET State = 'Completed', ProducedOutput = 1, EndDate = @p0 WHERE Id = @p1;

-- statement with "{\"inserted\":0,\"updated\":3,\"deleted\":2,\"linksInserted\":0,\"linksDeleted\":0,\"orphans\":0}", "2026-01-11T08:00:00.000Z", 6
UPDATE UJ_TaskInstances SET State = 'Completed', ProducedOutput = 1, Counters = @p0, EndDate = @p1 WHERE Id = @p2;

-- transaction
COMMIT TRANSACTION;
