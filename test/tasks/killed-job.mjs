// Runs a job and names each of its events on a line of its own; ends itself as by kill -9 at the event whose number is given. Uses the
// build, as a process of its own has to. Arguments: the workspace, the job, the number.
import { loadWorkspace } from "../../dist/config/index.js";
import { runJob } from "../../dist/jobs/index.js";
import { openStore } from "../../dist/store/index.js";

const [, , workspace, job, last] = process.argv;
const { configuration } = loadWorkspace({ workspace, env: {} });
const store = await openStore(configuration.settings.database);
let count = 0;
const onEvent = ({ kind, task, state }) => {
  if (kind === "taskProgress") return;
  count++;
  process.stdout.write(`${kind} ${task?.task ?? ""} ${state ?? ""}\n`);
  if (count === Number(last)) process.kill(process.pid, "SIGKILL");
};
await runJob({ configuration, store, startedBy: "ann", what: { job }, onEvent });
await store.close();
