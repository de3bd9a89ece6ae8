import { test } from "vitest";
import { Workspaces } from "./workspace.js";
import { dayTwo } from "./day.js";
test("x", async () => {
  const all = new Workspaces();
  const w = all.empty();
  console.log((await w.call(["validate"])));
  let t = Date.now();
  console.log((await w.call(["run","Job_Initialize"])).out, Date.now()-t);
  console.log(await w.holdings());
  w.writeDay(dayTwo);
  t = Date.now();
  console.log((await w.call(["run","Job_HR"])).out, Date.now()-t);
  console.log(JSON.stringify((await w.json("changes","2")).document,null,1));
  t = Date.now();
  console.log(await w.child(["run","Job_AD"]).ended, Date.now()-t);
  console.log(w.files("."));
  all.removeAll();
});
