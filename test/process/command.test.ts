import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { type CommandEnd, commandEnvironment, runCommand } from "../../src/process/index.js";
import { temporaryFolder } from "../temporary-folder.js";

let folder = "";
beforeEach(() => {
  folder = temporaryFolder("process");
});

interface Running {
  readonly ended: Promise<CommandEnd>;
  readonly lines: string[];
  readonly stop: () => void;
  /** Resolves with the first line that begins so. */
  line(start: string): Promise<string>;
}

const start = (script: string, graceMs?: number): Running => {
  const lines: string[] = [];
  const waiting: { readonly start: string; readonly found: (line: string) => void }[] = [];
  const controller = new AbortController();
  const ended = runCommand(
    { file: "/bin/sh", parameters: ["-c", script], folder, environment: commandEnvironment({}) },
    {
      signal: controller.signal,
      onLine: (line) => {
        lines.push(line);
        for (const each of waiting) if (line.startsWith(each.start)) each.found(line);
      },
      ...(graceMs === undefined ? {} : { graceMs }),
    },
  );
  return {
    ended,
    lines,
    stop: () => controller.abort(),
    line: (begin) =>
      new Promise((found) => {
        const there = lines.find((line) => line.startsWith(begin));
        if (there === undefined) waiting.push({ start: begin, found });
        else found(there);
      }),
  };
};

/** Resolves once a process is gone: looked at whenever the event loop comes round. */
const gone = async (pid: number): Promise<void> => {
  for (;;) {
    try {
      // A killed process whose parent never asks for it stays as a zombie.
      if (readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.startsWith("Z") === true) return;
    } catch {
      return;
    }
    await new Promise((next) => setImmediate(next));
  }
};
const numberIn = (line: string): number => Number(/\d+/.exec(line)?.[0]);

describe.skipIf(process.platform === "win32")("a command", () => {
  test("gives its lines, the last one without an end, and its exit code", async () => {
    const { ended, lines } = start("printf 'one\\r\\ntwo\\n\\nlast'; echo wrong >&2; exit 3");
    expect(await ended).toMatchObject({ exitCode: 3, signal: null, isStopped: false });
    expect(lines.toSorted()).toEqual(["", "last", "one", "two", "wrong"].toSorted());
  });

  test("that cannot be started says why", async () => {
    const nothing = runCommand(
      { file: join(folder, "nope"), parameters: [], folder, environment: {} },
      { signal: new AbortController().signal, onLine: () => {} },
    );
    await expect(nothing).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("that was stopped before it began never runs", async () => {
    const controller = new AbortController();
    controller.abort();
    const command = { file: "/bin/sh", parameters: ["-c", `echo x > ${folder}/ran`], folder, environment: {} };
    expect(await runCommand(command, { signal: controller.signal, onLine: () => {} })).toMatchObject({ isStopped: true });
    expect(existsSync(join(folder, "ran"))).toBe(false);
  });

  test("that is stopped takes its grandchild along", async () => {
    const { ended, stop, line } = start("sh -c 'echo grandchild $$; exec sleep 300' & echo child $$; wait");
    const [child, grandchild] = (await Promise.all([line("child"), line("grandchild")])).map(numberIn) as [number, number];
    stop();
    expect(await ended).toMatchObject({ isStopped: true, signal: "SIGTERM" });
    await Promise.all([gone(child), gone(grandchild)]);
  });

  test("that ignores SIGTERM is killed", async () => {
    const { ended, stop, line } = start("trap '' TERM; echo ready; while :; do sleep 1; done", 50);
    await line("ready");
    stop();
    expect(await ended).toMatchObject({ isStopped: true, signal: "SIGKILL" });
  });

  test("that leaves a grandchild with its pipes is not waited for, and the grandchild ends with it", async () => {
    const { ended, line } = start(
      "sh -c 'echo grandchild $$; exec sleep 300' & read -r x < /dev/null; while ! [ -e go ]; do :; done; echo done; exit 0",
    );
    const grandchild = numberIn(await line("grandchild"));
    writeFileSync(join(folder, "go"), "");
    expect(await ended).toMatchObject({ exitCode: 0, lastLines: expect.arrayContaining(["done"]) });
    await gone(grandchild);
  });

  test("that leaves a process in a session of its own, with its pipes, is not waited for either", async () => {
    const { ended, line } = start("setsid sh -c 'echo apart $$; exec sleep 300' & while ! [ -e go ]; do :; done; exit 0");
    const apart = numberIn(await line("apart"));
    writeFileSync(join(folder, "go"), "");
    expect(await ended).toMatchObject({ exitCode: 0 });
    process.kill(apart, "SIGKILL");
  });

  test("that floods its output is heard to its end, in bounded lines", async () => {
    const { ended, lines } = start(
      "i=0; while [ $i -lt 200 ]; do printf 'x%.0s' $(seq 1 2000); echo; i=$((i+1)); done; printf 'y%.0s' $(seq 1 100000); echo; echo the end",
    );
    expect(await ended).toMatchObject({ exitCode: 0 });
    expect(lines.at(-1)).toBe("the end");
    expect(lines.some((line) => /lines \(\d+ characters\) left out/.test(line))).toBe(true);
    expect(lines.join("").length).toBeLessThan(100 * 1024);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(8 * 1024);
  });

  test("that is killed by somebody else says by which signal", async () => {
    const { ended, line } = start("echo me $$; sleep 300");
    process.kill(numberIn(await line("me")), "SIGKILL");
    expect(await ended).toMatchObject({ exitCode: null, signal: "SIGKILL", isStopped: false });
  });

  test("has no input to wait for", async () => {
    expect(await start("read -r x; exit 7").ended).toMatchObject({ exitCode: 7 });
  });
});

test("a command's environment has what programs need, and no setting", () => {
  const from = {
    Path: "p",
    HOME: "h",
    LC_ALL: "C",
    SLUICE__Connections__HR__Password: "secret",
    AWS_SECRET_ACCESS_KEY: "secret",
    TZ: undefined,
  };
  expect(commandEnvironment({ SLUICE_TASK: "T" }, from)).toEqual({ Path: "p", HOME: "h", LC_ALL: "C", SLUICE_TASK: "T" });
});
