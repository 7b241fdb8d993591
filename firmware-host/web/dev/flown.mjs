// A flight of the real daemon on the simulated rig, and `skyhound ground` after it: each started, with its page found, and ended.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const PAGE = /page at (https?:\/\/[^\s,]+)/;
const START_MS = 30_000;
const END_MS = 30_000;
/** What was started and may not outlive us, with the signal that ends it: the rig ends its daemon only where it is asked to. */
const started = new Map();
process.on("exit", () => started.forEach((signal, child) => child.kill(signal)));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => process.exit(1));

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function start(program, args, signal = "SIGTERM", env = {}) {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
  child.said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (child.said += text));
  child.on("error", (error) => (child.said += String(error)));
  started.set(child, signal);
  child.ended = new Promise((resolve) => child.on("close", () => {
    started.delete(child);
    child.is_over = true;
    resolve();
  }));
  return child;
}

/** The address that `read` shows once it is there. */
async function address(child, what, read) {
  const began = Date.now();
  while (Date.now() - began < START_MS) {
    const found = PAGE.exec(read() ?? "");
    if (found) return found[1];
    if (child.is_over) break;
    await sleep(50);
  }
  throw new Error(`${what} showed no page; it said: ${child.said.trim().split("\n").slice(-5).join("\n")}`);
}

/** Ends it; by force where it does not. */
async function end(child) {
  child.kill(started.get(child));
  const is_over = await Promise.race([child.ended.then(() => true), sleep(END_MS).then(() => false)]);
  if (!is_over) child.kill("SIGKILL");
  await child.ended;
}

/** dev/real.toml, flown by the rig `program` into the folder `out`. */
export class Rig {
  constructor(program, out) {
    this.folder = join(out, "real-1-software");
    this.child = start(program, ["run", join(here, "real.toml"), "--rig", "software", "--seed", "1", "--out", out], "SIGINT");
  }

  get flights() {
    return join(this.folder, "flights");
  }

  /** Where the daemon serves its page. */
  page() {
    const said = join(this.folder, "err");
    return address(this.child, "the rig's daemon", () => existsSync(said) && readFileSync(said, "utf8"));
  }

  /** Ends the flight as its crew would; the names of its files. */
  async end() {
    await end(this.child);
    return readdirSync(this.flights).filter((name) => name.endsWith(".duckdb"));
  }
}

/** `skyhound ground` on a folder of flights, with a catalogue of its own beside them. */
export class Ground {
  constructor(program, flights) {
    this.child = start(program, ["--log", "info", "ground", flights, "--set", "ground.listen=127.0.0.1:0"], "SIGTERM", { XDG_DATA_HOME: join(flights, "..", "data") });
  }

  page() {
    return address(this.child, "skyhound ground", () => this.child.said);
  }

  end() {
    return end(this.child);
  }
}

/** dist/ as it is here, before the server at `page`: for trying the page without building the host. */
export class OwnPage {
  constructor(page) {
    this.child = start(process.execPath, [join(here, "proxy.mjs"), page, "0"]);
  }

  page() {
    return address(this.child, "the proxy", () => this.child.said);
  }

  end() {
    return end(this.child);
  }
}
