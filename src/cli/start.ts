/** The oldest Node that runs Sluice. */
const oldest = [20, 19] as const;

/**
 * Runs the program in this process: `words` go before the arguments of the command line. Sets the exit code; what is still on its way to a pipe is written before the process ends.
 * Loads Node's own modules only, and the rest late: an old Node must reach the sentence below before it meets anything it cannot read.
 */
export const start = async (words: readonly string[]): Promise<void> => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    process.stderr.write(
      `Sluice needs Node ${oldest.join(".")} or newer, and this is Node ${process.versions.node}: install a newer one\n`,
    );
    process.exitCode = 70;
    return;
  }
  const { main } = await import("./main.js");
  const { systemClock } = await import("../model/index.js");
  process.exitCode = await main([...words, ...process.argv.slice(2)], {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    cwd: process.cwd(),
    clock: systemClock,
    signals: process,
  });
};
