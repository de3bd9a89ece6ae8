import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Worker threads load JavaScript: what the tests run is built once before them.
    globalSetup: ["test/build.ts"],
    reporters: ["default", "./test/summary-reporter.ts"],
    testTimeout: 30_000,
  },
});
