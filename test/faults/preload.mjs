// Loaded into a process and each of its threads before the program: counts what they write, to files of the workspace and to the embedded
// database, and does something at one of these writes: dies, fails, steps its clock back, lets another process have a go.
import fs from "node:fs";
import { register, syncBuiltinESMExports } from "node:module";
import { resolve, sep } from "node:path";

/** `{"trace","workspace","at","phase","act",…}`; see kill-point.mjs. */
const fault = JSON.parse(process.env.SLUICE_FAULT ?? "null");

/** Bytes of a line of the trace: all of one length, so that the size of the file tells how many there are. */
const lineBytes = 200;

if (fault !== null) {
  const real = { writeSync: fs.writeSync, fstatSync: fs.fstatSync, utimesSync: fs.utimesSync, openSync: fs.openSync };
  const trace = real.openSync(fault.trace, "a");
  const root = resolve(fault.workspace) + sep;
  let isDone = false;

  /** One count for all threads: the trace grows by a line for each write. */
  const count = (what) => {
    const line = Buffer.alloc(lineBytes, " ");
    line.write(what.replaceAll(/\s+/g, " ").slice(0, lineBytes - 1), "utf8");
    line[lineBytes - 1] = 0x0a;
    real.writeSync(trace, line);
    return real.fstatSync(trace).size / lineBytes;
  };

  const die = () => {
    process.kill(process.pid, "SIGKILL");
    // The signal ends all threads; this one must not write on meanwhile.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  };

  const systemError = (code, syscall, path) =>
    Object.assign(new Error(`${code}: ${code === "ENOSPC" ? "no space left on device" : "permission denied"}, ${syscall} '${path}'`), {
      code,
      syscall,
      path,
      errno: code === "ENOSPC" ? -28 : -13,
    });
  const databaseError = (code) =>
    code === "ENOSPC"
      ? Object.assign(new Error("database or disk is full"), {
          code: "SQLITE_FULL",
          sqliteCode: 13,
          errcode: 13,
          errstr: "database or disk is full",
        })
      : Object.assign(new Error("attempt to write a readonly database"), {
          code: "SQLITE_READONLY",
          sqliteCode: 8,
          errcode: 8,
          errstr: "attempt to write a readonly database",
        });

  let isBack = false;
  /** What happens at a write; gives an error that it fails with. */
  const act = (ordinal, phase, makeError) => {
    if (fault.at === null || ordinal < fault.at) return null;
    // A disk that is full stays full, a permission that is lost stays lost, until the process ends.
    if (fault.act === "ENOSPC" || fault.act === "EACCES") return phase === "before" ? makeError(fault.act) : null;
    if (isDone || phase !== fault.phase) return null;
    isDone = true;
    if (fault.act === "kill") die();
    if (fault.act === "stop") process.kill(process.pid, "SIGSTOP");
    if (fault.act === "touch") real.utimesSync(fault.file, new Date(), new Date(Date.now() + 60_000));
    if (fault.act === "clock") isBack = true;
    return null;
  };

  /** Paths of what is open, of this thread. */
  const open = new Map();
  const inWorkspace = (path) => typeof path === "string" && resolve(path).startsWith(root) && !/\.db(-wal|-shm|-journal)?$/.test(path);
  const shown = (path) => (typeof path === "string" ? resolve(path).slice(root.length) : "?");
  const isWriting = (flags) => (typeof flags === "string" ? /[wa+]/.test(flags) : typeof flags === "number" && (flags & 3) !== 0);

  /** Wraps a function that ends when it returns, or when the promise does that it gives. */
  const wrap = (object, name, describe, { torn = null, syscall = name } = {}) => {
    const original = object[name];
    object[name] = function (...given) {
      const path = describe.call(this, given);
      if (path === null) return original.apply(this, given);
      const ordinal = count(`${name} ${path}`);
      const error = act(ordinal, "before", (code) => systemError(code, syscall, path));
      if (error !== null) {
        if (object === fs.promises || !name.endsWith("Sync")) return Promise.reject(error);
        throw error;
      }
      if (torn !== null && fault.act === "kill" && fault.phase === "torn" && !isDone && fault.at !== null && ordinal >= fault.at) {
        const half = torn(given);
        if (half !== null) original.apply(this, half);
        act(ordinal, "torn", () => null);
      }
      const result = original.apply(this, given);
      if (result instanceof Promise) {
        return result.then((value) => {
          act(ordinal, "after", () => null);
          return value;
        });
      }
      act(ordinal, "after", () => null);
      return result;
    };
  };
  const ofPath = ([path]) => (inWorkspace(path) ? shown(path) : null);
  const ofTarget = ([, path]) => (inWorkspace(path) ? shown(path) : null);
  const ofDescriptor = ([descriptor]) => (open.has(descriptor) ? shown(open.get(descriptor)) : null);
  /** Half of what a write would write. */
  const half = ([descriptor, data, ...rest]) => {
    if (typeof data === "string") return [descriptor, data.slice(0, data.length >> 1)];
    const [offset = 0, length = data.byteLength - offset, ...position] = rest;
    return length > 1 ? [descriptor, data, offset, length >> 1, ...position] : null;
  };

  const { openSync, closeSync } = fs;
  fs.openSync = (path, flags = "r", ...rest) => {
    const counts = inWorkspace(path) && isWriting(flags);
    const ordinal = counts ? count(`openSync ${shown(path)}`) : 0;
    if (counts) {
      const error = act(ordinal, "before", (code) => systemError(code, "open", path));
      if (error !== null) throw error;
    }
    const descriptor = openSync(path, flags, ...rest);
    if (counts) {
      open.set(descriptor, path);
      act(ordinal, "after", () => null);
    }
    return descriptor;
  };
  fs.closeSync = (descriptor) => {
    open.delete(descriptor);
    return closeSync(descriptor);
  };
  for (const name of ["writeSync", "writevSync"])
    wrap(fs, name, ofDescriptor, { torn: name === "writeSync" ? half : null, syscall: "write" });
  for (const name of ["fsyncSync", "fdatasyncSync", "ftruncateSync"]) wrap(fs, name, ofDescriptor);
  for (const name of ["writeFileSync", "appendFileSync", "unlinkSync", "mkdirSync", "rmSync", "rmdirSync"]) {
    wrap(fs, name, ([path]) => (typeof path === "number" ? ofDescriptor([path]) : ofPath([path])));
  }
  for (const name of ["renameSync", "linkSync", "copyFileSync", "symlinkSync"]) wrap(fs, name, ofTarget);
  for (const name of ["writeFile", "appendFile", "unlink", "mkdir", "rm", "rmdir"]) wrap(fs.promises, name, ofPath);
  for (const name of ["rename", "link", "copyFile", "symlink"]) wrap(fs.promises, name, ofTarget);

  // Handles of node:fs/promises have their methods on a class of their own.
  const handle = await fs.promises.open(process.execPath, "r");
  const prototype = Object.getPrototypeOf(handle);
  await handle.close();
  const paths = new WeakMap();
  const openHandle = fs.promises.open;
  fs.promises.open = async (path, flags = "r", ...rest) => {
    const opened = await openHandle(path, flags, ...rest);
    if (inWorkspace(path) && isWriting(flags)) paths.set(opened, path);
    return opened;
  };
  function ofHandle() {
    return paths.has(this) ? shown(paths.get(this)) : null;
  }
  for (const name of ["write", "writeFile", "appendFile", "sync", "datasync", "truncate"]) wrap(prototype, name, ofHandle);
  syncBuiltinESMExports();

  // What is written to temporary tables is gone with the process, whatever happens.
  const writes = (sql) =>
    /\b(INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER|COMMIT|VACUUM)\b/i.test(sql) &&
    !/^\s*(SELECT|PRAGMA|EXPLAIN|BEGIN|ROLLBACK)\b/i.test(sql) &&
    !/\b(INTO|FROM|UPDATE|TABLE|EXISTS) temp\.|CREATE TEMP\b/i.test(sql.replaceAll(/\bFROM temp\.\w+ (?!WHERE)/gi, ""));
  const guarded = (sql, run, rollBack) => {
    const ordinal = count(`sql ${sql.trim()}`);
    const error = act(ordinal, "before", databaseError);
    if (error !== null) {
      // A COMMIT that the disk refuses is rolled back by the database itself.
      if (/^\s*COMMIT/i.test(sql)) rollBack();
      throw error;
    }
    const result = run();
    act(ordinal, "after", () => null);
    return result;
  };
  globalThis[Symbol.for("sluice faults")] = { writes, guarded };
  register("./driver-hook.mjs", import.meta.url);

  if (fault.act === "clock") {
    const RealDate = Date;
    /** Other threads see the step where the trace has come so far. */
    const now = () => {
      if (!isBack && fault.at !== null && real.fstatSync(trace).size / lineBytes >= fault.at) isBack = true;
      return RealDate.now() - (isBack ? fault.backMs : 0);
    };
    globalThis.Date = class SteppedDate extends RealDate {
      constructor(...given) {
        if (given.length === 0) super(now());
        else super(...given);
      }
      static now() {
        return now();
      }
    };
  }
}
