import { chmodSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cancelInstance, type RunReport, runJob } from "../../src/jobs/index.js";
import { onEachDatabase, testTimeoutOn } from "../database.js";
import { type SampleWorkspace, sampleWorkspace } from "./sample-workspace.js";

const job = (id: string, mode: string, attributes: string, exported: string): string => `
  <Job Identifier="${id}" DisplayName_L1="${id}" Agent="Local">
    <ExportTask Identifier="${id}_Export" DisplayName_L1="x" Agent="Local" OpenIdClient="Job" Connection="Doors_Main" ${exported} Level="0" />
    <PrepareSynchronizationTask Identifier="${id}_Prepare" DisplayName_L1="x" Agent="Local" OpenIdClient="Job" Connector="Doors" SynchronizationMode="${mode}"
      ${attributes} Level="1"><TaskDependsOnTask ParentTask="${id}_Export" /></PrepareSynchronizationTask>
    <SynchronizeTask Identifier="${id}_Load" DisplayName_L1="x" Connector="Doors" ${attributes} Level="2"><TaskDependsOnTask ParentTask="${id}_Prepare" /></SynchronizeTask>
  </Job>`;

const more = `
  <EntityType Identifier="Door" DisplayName_L1="Door">
    <Property Identifier="Number" DisplayName_L1="Number" TargetColumnIndex="4" IsKey="true" />
    <Property Identifier="Name" DisplayName_L1="Name" TargetColumnIndex="5" />
  </EntityType>
  <Connector Identifier="Doors" DisplayName_L1="Doors" Agent="Local" MaximumInsertedLines="3" MaxPercentageInsertedLines="0" MaxPercentageUpdatedLines="0"
    MaxPercentageDeletedLines="0" />
  <Connection Identifier="Doors_Main" DisplayName_L1="Doors" Connector="Doors" Package="Usercube.PowerShellSync@0000001" />
  <EntityTypeMapping Identifier="Door" Connector="Doors" ConnectionTable="Doors_Main_all">
    <Property Identifier="Number" ConnectionColumn="number" IsPrimaryKey="true" />
    <Property Identifier="Name" ConnectionColumn="name" />
  </EntityTypeMapping>
  ${job("Begin", "Initial", "", 'InitMode="true"')}${job("Whole", "Complete", "", 'IgnoreCookieFile="true"')}
  ${job("Delta", "Incremental", 'Type="Changes"', "")}${job("WholeOfChanges", "Complete", "", "")}${job("NoneOfChanges", "Incremental", "", "")}
  <Job Identifier="Alone" DisplayName_L1="x" Agent="Local"><SynchronizeTask Identifier="Alone_Load" DisplayName_L1="x" Connector="Doors" Type="Changes" /></Job>`;

/** A managed system with a log of what it did; its cookie is the number of the last entry that was read. */
const script = `#!/bin/sh
last=0
if [ "$IsIncremental" = true ] && [ -n "$SLUICE_COOKIE" ]; then last=$(cat "$SLUICE_COOKIE"); fi
{ echo command,number,name; awk -F, -v last="$last" '$1 > last {print $2","$3","$4}' "$SLUICE_WORKSPACE/Sources/log.csv"; } > "\${OutputPath}all.csv"
tail -n 1 "$SLUICE_WORKSPACE/Sources/log.csv" | cut -d, -f1 > "$SLUICE_NEW_COOKIE"
`;

/** A managed system that holds doors; its cookie is what it held, and it says what differs from that. */
const snapshots = `#!/bin/sh
held="$SLUICE_WORKSPACE/Sources/doors.csv"
sort "$held" > "$SLUICE_NEW_COOKIE"
before=/dev/null
if [ "$IsIncremental" = true ]; then before="$SLUICE_COOKIE"; fi
{ echo command,number,name
  comm -13 "$before" "$SLUICE_NEW_COOKIE" | sed 's/^/update,/'
  cut -d, -f1 "$before" | while read -r door; do grep -q "^$door," "$held" || echo "delete,$door,"; done
} > "\${OutputPath}all.csv"
`;

// Scripts of this kind are for systems that have a shell.
describe.skipIf(process.platform === "win32")("cookies of an incremental export", () => {
  onEachDatabase((kind) => {
    const workspace = async (): Promise<SampleWorkspace & { readonly happens: (...entries: string[]) => void }> => {
      const sample = await sampleWorkspace({ kind, more, connections: { Doors_Main: { PowerShellScriptPath: "export.sh" } } });
      writeFileSync(join(sample.workspace, "export.sh"), script);
      chmodSync(join(sample.workspace, "export.sh"), 0o755);
      const log: string[] = [];
      const happens = (...entries: string[]): void => {
        log.push(...entries.map((entry, index) => `${log.length + index + 1},${entry}`));
        writeFileSync(join(sample.workspace, "Sources", "log.csv"), log.map((line) => `${line}\n`).join(""));
      };
      return { ...sample, happens };
    };
    const run = ({ configuration, store }: SampleWorkspace, id: string, to?: string): Promise<RunReport> =>
      runJob({ configuration, store, startedBy: "ann", what: { job: id, ...(to === undefined ? {} : { to }) } });
    const read = ({ tasks }: RunReport): unknown => tasks[0]?.counters.read;
    const doors = async ({ store }: SampleWorkspace): Promise<readonly string[]> =>
      (
        (await store.knex("UR_Resources").where({ ValidTo: "9999-12-31T23:59:59.999Z" }).orderBy("C4").select("C4", "C5")) as Record<
          string,
          string
        >[]
      ).map(({ C4, C5 }) => `${C4} ${C5}`);
    const cookie = ({ configuration }: SampleWorkspace): string =>
      readFileSync(join(configuration.settings.workFolder, "ExportCookies", "Doors_Main_cookie.bin"), "utf8").trim();

    test(
      "they count once what they belong to was applied; until then the system is asked for the same again",
      async () => {
        const sample = await workspace();
        sample.happens("insert,D1,North", "insert,D2,South");
        expect((await run(sample, "Begin")).state).toBe("Completed");
        expect(cookie(sample)).toBe("2");
        sample.happens("update,D1,East");
        // Exported and prepared, not synchronized.
        expect(read(await run(sample, "Delta", "Delta_Prepare"))).toBe(1);
        expect(cookie(sample)).toBe("2");
        sample.happens("insert,D3,West");
        const both = await run(sample, "Delta");
        expect([both.state, read(both), cookie(sample)]).toEqual(["Completed", 2, "4"]);
        expect(await doors(sample)).toEqual(["D1 East", "D2 South", "D3 West"]);
        const idle = await run(sample, "Delta");
        expect(idle.tasks.map(({ state, producedOutput }) => [state, producedOutput])).toEqual([
          ["Completed", false],
          ["Skipped", false],
          ["Skipped", false],
        ]);

        sample.happens("insert,D4,a", "insert,D5,b", "insert,D6,c", "insert,D7,d");
        const blocked = await run(sample, "Delta");
        expect([blocked.state, cookie(sample)]).toEqual(["Blocked", "4"]);
        await cancelInstance({ store: sample.store, jobInstance: blocked.jobInstance, by: "bob" });
        sample.happens("delete,D7,");
        const again = await run(sample, "Delta");
        expect([again.state, read(again), cookie(sample)]).toEqual(["Completed", 5, "9"]);
        expect(await doors(sample)).toEqual(["D1 East", "D2 South", "D3 West", "D4 a", "D5 b", "D6 c"]);
      },
      testTimeoutOn(kind, 60_000),
    );

    test(
      "a system that says what differs from its cookie is believed: what it took back is not carried on from a session that nobody applied",
      async () => {
        const sample = await workspace();
        writeFileSync(join(sample.workspace, "export.sh"), snapshots);
        const holds = (...rows: string[]): void =>
          writeFileSync(join(sample.workspace, "Sources", "doors.csv"), rows.map((row) => `${row}\n`).join(""));
        holds("D1,North", "D2,South");
        expect((await run(sample, "Begin")).state).toBe("Completed");
        holds("D1,Wrong", "D2,Wrong", "D3,Wrong");
        await run(sample, "Delta", "Delta_Prepare");
        holds("D1,North", "D2,East");
        const report = await run(sample, "Delta");
        expect([report.state, read(report), report.tasks[2]?.counters]).toMatchObject(["Completed", 1, { inserted: 0, updated: 1 }]);
        expect(await doors(sample)).toEqual(["D1 North", "D2 East"]);

        // A whole session waits: what comes behind it differs from that one.
        holds("D1,Wrong", "D2,East");
        await run(sample, "Whole", "Whole_Prepare");
        holds("D1,North", "D2,West");
        expect(read(await run(sample, "Delta"))).toBe(2);
        await run(sample, "Alone");
        expect(await doors(sample)).toEqual(["D1 North", "D2 West"]);
        holds("D1,North", "D2,East");
        await run(sample, "Delta");

        // All of it taken back: the session that waits is replaced by one that changes nothing.
        holds("D1,Wrong", "D2,Wrong");
        await run(sample, "Delta", "Delta_Prepare");
        holds("D1,North", "D2,East");
        expect((await run(sample, "Delta")).state).toBe("Completed");
        await run(sample, "Alone");
        expect(await doors(sample)).toEqual(["D1 North", "D2 East"]);
      },
      testTimeoutOn(kind, 60_000),
    );

    test(
      "changes that a script gave are not taken for the whole, nor is the whole refused",
      async () => {
        const sample = await workspace();
        sample.happens("insert,D1,North", "insert,D2,South");
        await run(sample, "Begin");
        sample.happens("update,D1,East");
        const codes = async (id: string): Promise<unknown> => (await run(sample, id)).tasks.map(({ error, state }) => error?.code ?? state);
        for (const wrong of ["WholeOfChanges", "NoneOfChanges"])
          expect(await codes(wrong)).toEqual(["Completed", "SRC_CHANGES_AS_WHOLE", "NotStarted"]);
        writeFileSync(
          join(sample.workspace, "export.sh"),
          `#!/bin/sh\nprintf "number,name\\nD1,East\\nD2,South\\n" > "\${OutputPath}all.csv"\n`,
        );
        expect(await codes("NoneOfChanges")).toEqual(["Completed", "Completed", "Completed"]);
        expect(await doors(sample)).toEqual(["D1 East", "D2 South"]);
      },
      testTimeoutOn(kind, 60_000),
    );

    test.each([["ExportCookies"], ["Collect"]])(
      "%s lost: refused until a complete run was applied",
      async (lost) => {
        const sample = await workspace();
        sample.happens("insert,D1,North", "insert,D2,South");
        await run(sample, "Begin");
        rmSync(join(sample.configuration.settings.workFolder, lost), { recursive: true });
        sample.happens("update,D1,East");
        const refused = await run(sample, "Delta");
        expect([refused.state, refused.tasks.find(({ error }) => error !== null)?.error?.code]).toEqual([
          "Errored",
          "SYNC_COMPLETE_REQUIRED",
        ]);
        expect((await sample.store.sessions.chain("Doors")).completeRequired).toMatch(/^because .*Work/);
        sample.happens("insert,D3,West");
        // A complete export would give the doors themselves; of this log a last word for each.
        expect((await run(sample, "Whole")).state).toBe("Completed");
        expect((await sample.store.sessions.chain("Doors")).completeRequired).toBeNull();
        sample.happens("delete,D2,");
        const report = await run(sample, "Delta");
        expect([report.state, read(report)]).toEqual(["Completed", 1]);
      },
      testTimeoutOn(kind, 60_000),
    );
  });
});
