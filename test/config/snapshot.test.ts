import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { configurationFiles, loadSnapshot, loadWorkspace, withoutSecretValues } from "../../src/config/index.js";
import { withSecretValues } from "../../src/config/snapshot/secret-values.js";
import { fixtures, workspaceOf } from "./workspace.js";

const secretKeys = ["Password", "ClientSecret", "token", "ApiKey", "ConnectionString"];
const plainKeys = ["Path", "Separator", "Encoding", "KeyPath", "Server"];
const secret = fc.string({ minLength: 1, maxLength: 12 }).map((text) => `§${text}`);
const plain = fc.oneof(fc.string({ maxLength: 8 }), fc.integer(), fc.boolean(), fc.constant(null));

const settings = fc.letrec<{ node: unknown; branch: Record<string, unknown> }>((tie) => ({
  node: fc.oneof({ depthSize: "small" }, plain, tie("branch"), fc.array(fc.oneof(plain, tie("branch")), { maxLength: 3 })),
  branch: fc
    .tuple(
      fc.dictionary(fc.constantFrom(...plainKeys), tie("node"), { maxKeys: 3 }),
      fc.dictionary(fc.constantFrom(...secretKeys), fc.oneof(secret, fc.array(secret, { maxLength: 2 })), { maxKeys: 2 }),
      fc.dictionary(fc.constantFrom("Databases", "OpenIdClients"), fc.dictionary(fc.constantFrom("A", "B"), secret), { maxKeys: 1 }),
    )
    .map((parts) => Object.assign({}, ...parts) as Record<string, unknown>),
})).branch;

describe("settings without secrets", () => {
  test("hold none, and are whole again with those of the present", () => {
    fc.assert(
      fc.property(settings, (given) => {
        const kept = withoutSecretValues(given);
        expect(JSON.stringify(kept)).not.toContain("§");
        expect(withSecretValues(kept, given)).toEqual({ settings: given, missing: [] });
      }),
    );
  });

  test("take the secrets that hold now, and name those that are gone", () => {
    const kept = withoutSecretValues({ Connections: { HR: { Password: "old", Login: "u", Token: "t" } }, ConnectionString: "sqlite:a.db" });
    expect(kept).toEqual({ Connections: { HR: { Password: "***", Login: "u", Token: "***" } }, ConnectionString: "sqlite:a.db" });
    expect(withSecretValues(kept, { connections: { hr: { password: "new", Login: "v" } } })).toEqual({
      settings: { Connections: { HR: { Password: "new", Login: "u", Token: null } }, ConnectionString: "sqlite:a.db" },
      missing: ["Connections.HR.Token"],
    });
  });
});

const env = { SLUICE__Jobs__MaxTaskBatchSize: "3", SLUICE__Connections__Somewhere__Path: "elsewhere.csv" };

test.each([...readdirSync(path.join(fixtures, "valid")).map((name) => path.join(fixtures, "valid", name)), path.resolve("examples")])(
  "%s is made again from its content, environment included",
  (workspace) => {
    const { configuration, content } = loadWorkspace({ workspace, env });
    if (content === null) throw new Error("no content");
    const folder = workspaceOf({ "appsettings.json": JSON.stringify(withoutSecretValues(content.settings)) });
    for (const [file, bytes] of content.files) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
      writeFileSync(path.join(folder, file), bytes);
    }
    const loaded = loadSnapshot(folder, { workspace, env: {} });
    expect(loaded.configuration).toEqual(configuration);
    expect(loaded.missingSecrets).toEqual([]);
  },
);

test("the files of a configuration are its XML, its settings, and what the environment names", () => {
  const folder = workspaceOf({ "a.xml": "<ConfigurationFile/>", "b/c.XML": "", "Work/d.xml": "", "Elsewhere/e.xml": "", "f.txt": "" });
  const found = configurationFiles({
    workspace: folder,
    env: { SLUICE__WorkFolderPath: "Elsewhere", SLUICE__Connections__A__Password__FILE: "f.txt", OTHER__FILE: "g.txt" },
  });
  expect(found.map((file) => path.relative(folder, file))).toEqual([
    "appsettings.json",
    "appsettings.agent.json",
    "a.xml",
    path.join("b", "c.XML"),
    "f.txt",
  ]);
});
