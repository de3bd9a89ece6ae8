-- batch
SET XACT_ABORT ON;

-- statement with 0
SELECT TOP (5000) Id, [Command], [Type], [Key], [ResourceId], [Changes] FROM UR_ResourceChanges WHERE TaskInstance = 5 AND Id > @p0 ORDER BY Id;

-- statement with 15
SELECT TOP (5000) Id, [Command], [Type], [Key], [ResourceId], [Changes] FROM UR_ResourceChanges WHERE TaskInstance = 5 AND Id > @p0 ORDER BY Id;

-- statement with 0
SELECT TOP (5000) Id, [Command], [Mapping], [R1_Id], [R2_Id] FROM UR_ResourceLinkChanges WHERE TaskInstance = 5 AND Id > @p0 ORDER BY Id;

-- statement with 0
SELECT TOP (5000) Id, [Command], [Mapping], [Key1], [Key2], [R1_After], [R2_After] FROM UR_LinkKeyChanges WHERE TaskInstance = 5 AND Id > @p0 ORDER BY Id;

-- statement with 21
SELECT TOP (5000) Id, [Command], [Mapping], [Key1], [Key2], [R1_After], [R2_After] FROM UR_LinkKeyChanges WHERE TaskInstance = 5 AND Id > @p0 ORDER BY Id;
