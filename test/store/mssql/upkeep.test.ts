import { describe, expect, test } from "vitest";
import { indexUpkeep, statisticsUpkeep } from "../../../src/store/mssql/upkeep.js";

const request = {
  allIndexes: false,
  offline: false,
  pageCount: 1000,
  rebuildThreshold: 30,
  reorganizeThreshold: 5,
  updateStatsThreshold: 10,
};
const enterprise = { edition: "Enterprise Edition", onlineIndexRebuild: true };
const standard = { edition: "Standard Edition", onlineIndexRebuild: false };
const index = (fragmentation: number, more: { readonly table?: string; readonly pages?: number } = {}) => ({
  table: "UR_Resources",
  index: "PK]",
  pages: 1000,
  fragmentation,
  ...more,
});

describe("upkeep of indexes on SQL Server", () => {
  test("leaves small, little fragmented and foreign ones, and without AllIndexes those of small tables", () => {
    const left = [index(4.9), index(90, { pages: 999 }), index(90, { table: "UJ_JobInstances" }), index(90, { table: "Mine" })];
    expect(indexUpkeep(left, request, enterprise)).toEqual([]);
    expect(indexUpkeep(left, { ...request, allIndexes: true }, enterprise).map(({ name }) => name)).toEqual(["UJ_JobInstances.PK]"]);
  });

  test("reorganizes from the one threshold and rebuilds from the other, online where the edition can", () => {
    const alter = "ALTER INDEX [PK]]] ON [UR_Resources]";
    const statements = (fragmentation: number, offline: boolean, edition: typeof standard): string[] =>
      indexUpkeep([index(fragmentation)], { ...request, offline }, edition).map(({ sql }) => sql);
    expect(statements(5, false, enterprise)).toEqual([`${alter} REORGANIZE`]);
    expect(statements(29.9, true, enterprise)).toEqual([`${alter} REORGANIZE`]);
    expect(statements(30, false, enterprise)).toEqual([`${alter} REBUILD WITH (ONLINE = ON)`]);
    expect(statements(30, true, enterprise)).toEqual([`${alter} REBUILD`]);
    expect(statements(30, true, standard)).toEqual([`${alter} REBUILD`]);
    expect(indexUpkeep([index(30)], request, standard)).toEqual([
      { kind: "reorganize", name: "UR_Resources.PK]", sql: `${alter} REORGANIZE`, note: expect.stringContaining("Standard Edition") },
    ]);
  });
});

test("statistics are computed again from the threshold on, but for those that a rebuild has made", () => {
  const statistic = (changed: number, rows = 1000, name = "S") => ({ table: "UR_Resources", statistic: name, rows, changed });
  const due = statisticsUpkeep(
    [statistic(99), statistic(100, 1000, "Due"), statistic(0, 0), statistic(1, 0, "Empty"), statistic(500, 1000, "New")],
    request,
    new Set(["UR_Resources.New"]),
  );
  expect(due.map(({ sql }) => sql)).toEqual(["UPDATE STATISTICS [UR_Resources] [Due]", "UPDATE STATISTICS [UR_Resources] [Empty]"]);
});
