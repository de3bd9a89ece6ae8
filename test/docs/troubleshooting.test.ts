import { writeFileSync } from "node:fs";
import { afterAll, describe, expect, test } from "vitest";
import { showsOutput, stepsOf } from "./console.js";
import { read } from "./document.js";
import { situations, TroubleshootingWorkspace } from "./troubleshooting-workspace.js";

/**
 * Every command of docs/troubleshooting.md is run and what it prints compared. A comment above a block says what happened before: `<!-- new: X -->` in a workspace
 * that was loaded, `<!-- empty: X -->` in one that was not, `<!-- then: X -->` in that of the block before. SLUICE_RENEW_PAGES=1 writes the page anew where it differs; long output is cut by hand, a line `…` for
 * lines that do not matter.
 */
const page = "docs/troubleshooting.md";
const text = read(page);
const renews = process.env.SLUICE_RENEW_PAGES === "1";

interface Block {
  readonly how: "new" | "empty" | "then";
  /** Names of situations. */
  readonly after: readonly string[];
  readonly content: string;
  /** Where the content begins in its section. */
  readonly at: number;
}

interface Section {
  readonly title: string;
  /** Where it begins in the page. */
  readonly at: number;
  readonly blocks: readonly Block[];
}

const sections: readonly Section[] = [...text.matchAll(/^## (.*)\n([\s\S]*?)(?=^## |$(?![\s\S]))/gm)].map((section) => ({
  title: section[1] ?? "",
  at: section.index,
  blocks: [...section[0].matchAll(/(<!-- (new|empty|then): (.*?) -->\n```console\n)([\s\S]*?)^```$/gm)].map((block) => ({
    how: block[2] as Block["how"],
    after: block[3] === "nothing" ? [] : (block[3] ?? "").split(", "),
    content: block[4] ?? "",
    at: block.index + (block[1] ?? "").length,
  })),
}));

const workspaces: TroubleshootingWorkspace[] = [];
let loaded: Promise<TroubleshootingWorkspace> | null = null;
const make = (from?: TroubleshootingWorkspace): TroubleshootingWorkspace => {
  const workspace = new TroubleshootingWorkspace(from);
  workspaces.push(workspace);
  return workspace;
};
const load = async (): Promise<TroubleshootingWorkspace> => {
  const workspace = make();
  const out = await workspace.run("sluice run Job_HR_Initialize");
  if ((await workspace.run("echo $?")) !== "0") throw new Error(out);
  return workspace;
};
afterAll(async () => {
  for (const workspace of workspaces) await workspace.remove();
}, 60_000);

/** What happens to a process of its own. */
const signalled: ReadonlySet<string> = new Set(["the process was killed", "another process runs it"]);

/** Blocks whose output is not what is shown, with what it is. */
const renewed: { readonly from: number; readonly to: number; readonly content: string }[] = [];

describe("docs/troubleshooting.md", () => {
  test("shows commands in every section, and knows what happened before each", () => {
    expect(sections.filter(({ blocks }) => blocks.length === 0).map(({ title }) => title)).toEqual([]);
    expect(text.match(/^```console$/gm)?.length).toBe(sections.flatMap(({ blocks }) => blocks).length);
    const named = sections.flatMap(({ blocks }) => blocks.flatMap(({ after }) => after));
    expect(named.filter((name) => !(name in situations))).toEqual([]);
    expect(Object.keys(situations).filter((name) => !named.includes(name))).toEqual([]);
  });

  // Signals between processes are not Windows' way.
  const usable = sections.filter(
    ({ blocks }) => process.platform !== "win32" || !blocks.some(({ after }) => after.some((name) => signalled.has(name))),
  );
  test.each(usable)("$title: the commands print what it shows", { timeout: 120_000 }, async ({ at: begin, blocks }) => {
    let workspace: TroubleshootingWorkspace | null = null;
    for (const { how, after, content, at } of blocks) {
      if (how === "new") {
        loaded ??= load();
        workspace = make(await loaded);
      } else if (how === "empty") workspace = make();
      if (workspace === null) throw new Error("the first block of a section has no workspace");
      for (const name of after) await situations[name]?.(workspace);
      const lines: string[] = [];
      let differs = false;
      for (const { command, output } of stepsOf(content)) {
        const real = await workspace.run(command);
        const isShown = showsOutput(output, real);
        differs ||= !isShown;
        lines.push(`$ ${command}`, isShown ? output : real);
        if (!renews) expect(isShown, `$ ${command}\n${real}`).toBe(true);
      }
      const from = begin + at;
      if (differs) renewed.push({ from, to: from + content.length, content: `${lines.filter((line) => line !== "").join("\n")}\n` });
    }
  });

  test.runIf(renews)("is written anew", () => {
    const anew = renewed
      .toSorted((a, b) => b.from - a.from)
      .reduce((page, { from, to, content }) => page.slice(0, from) + content + page.slice(to), text);
    writeFileSync(page, anew);
  });
});
