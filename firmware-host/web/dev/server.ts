// A fixture server for work on the page, FOR DEVELOPMENT ONLY: it speaks the contract of `/api/v1`, plays a recorded flight as
// the live one, and answers SQL of real flight files through `skyhound query`. It checks nothing and is safe for nothing.
//   npm run dev -- --flights FOLDER --skyhound PATH [--live NAME] [--maps FOLDER] [--token T] [--port 8417] [--speed 1] [--from 0] [--role look]

import { createReadStream, existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { Answer } from "../src/api.ts";
import { Asked, bytes, FileDoor, paths, query, type Files } from "./flight.ts";
import { plan, plan_file, what_if } from "./made.ts";
import { Played } from "./played.ts";
import { stream } from "./streaming.ts";

const { values: given } = parseArgs({ args: process.argv.slice(2), options: {
  flights: { type: "string" }, skyhound: { type: "string", default: "skyhound" }, live: { type: "string" }, maps: { type: "string" }, token: { type: "string" },
  port: { type: "string", default: "8417" }, speed: { type: "string", default: "1" }, from: { type: "string", default: "0" },
  role: { type: "string", default: "command" },
} });
if (!given.flights) {
  console.error("--flights FOLDER is missing: the folder of the flight files");
  process.exit(2);
}
const files: Files = { skyhound: given.skyhound, folder: resolve(given.flights) };
const dist = resolve("dist");
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; font-src 'self'; worker-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const TYPES: Record<string, string> = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain" };
const live_path = given.live ? paths(files).get(given.live) : undefined;
if (given.live && !live_path) {
  console.error(`--live ${given.live}: no such flight in ${files.folder}`);
  process.exit(2);
}
const played = live_path ? await Played.open(new FileDoor(files, live_path), Number(given.speed), Number(given.from)) : null;
if (played) setInterval(() => void played.ready(), 1000);

/** Flights computed again, by their names. */
const computed = new Map<string, string>();
/** Tags and notes, while this server runs. */
const about = new Map<string, { tags: string[]; note: string }>();
/** `--role`: below plan nothing is written. */
const may_plan = (): void => {
  if (given.role === "look") throw new Refused(403, "this token may look: tags, notes and what-if want one of plan or command");
};

class Refused extends Error {
  constructor(readonly status: number, said: string) {
    super(said);
  }
}

function send(response: ServerResponse, told: unknown, status = 200): void {
  response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(told));
}

async function body(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const piece of request) text += piece;
  return JSON.parse(text) as Record<string, unknown>;
}

function flight_path(name: string): string {
  const path = name === "live" ? live_path : (computed.get(name) ?? paths(files).get(name));
  if (!path) throw new Refused(404, `there is no flight ${name}: GET /api/v1/flights names them`);
  return path;
}

function flying(): Played {
  if (!played) throw new Refused(409, "no flight goes on here: only past flights are shown");
  return played;
}

const PROFILES = [
  { name: "plb-121", description: "Personal locator beacon's homing signal on 121.5 MHz: swept tone, AM", built_in: true, in_force: false },
  { name: "plb-406", description: "Distress beacon on 406 MHz: a burst each 50 s, with its message", built_in: true, in_force: false },
  { name: "tag-holohil", description: "Wildlife tag: pulses of 20 ms, 30 to 60 a minute", built_in: true, in_force: true },
  { name: "fox", description: "tag-holohil at 150.123 MHz, gain 40 dB", built_in: false, in_force: false },
];

async function api(path: string, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  if (given.token && request.headers.authorization !== `Bearer ${given.token}`) throw new Refused(401, "a token is wanted: Authorization: Bearer …");
  const client = String(request.headers["x-skyhound-client"] ?? "");
  const is_post = request.method === "POST";
  if (is_post && client === "") throw new Refused(403, "the header X-Skyhound-Client is missing");
  const asked = is_post ? await body(request) : {};
  const flight = /^\/flights\/([^/]+)\/(.+)$/.exec(path);
  if (flight) return of_flight(decodeURIComponent(flight[1]!), flight[2]!, asked, response);
  switch (path) {
    case "/state": return send(response, played ? played.state(client) : { live: false, you_control: false, controlled_by: null, status: null });
    case "/live": return stream(request, response, played, client, Number(url.searchParams.get("events_from") ?? 0));
    case "/control":
      flying().control = asked["take"] ? { client, name: String(asked["name"]) } : flying().control?.client === client ? null : flying().control;
      return send(response, { ok: true, said: asked["take"] ? "you control" : "nobody controls" } satisfies Answer);
    case "/homing": {
      const to = flying();
      if (asked["on"] && to.control?.client !== client) throw new Refused(403, "you do not control: take control first");
      if (asked["on"] && to.knobs.missing.length > 0) throw new Refused(409, `homing stays locked: ${to.knobs.missing.join("\n")}`);
      to.knobs.homing = !!asked["on"];
      to.say(asked["on"] ? "homing_on" : "homing_off", asked["on"] ? "homing on" : "stop");
      return send(response, { ok: true, said: asked["on"] ? "homing is enabled" : "stopped" } satisfies Answer);
    }
    case "/profiles": return send(response, { ok: true, profiles: PROFILES });
    case "/profile":
      for (const profile of PROFILES) profile.in_force = profile.name === asked["name"];
      return send(response, { ok: true, said: `seeking by ${String(asked["name"])}` } satisfies Answer);
    case "/settings": {
      const of = live_path ?? [...paths(files).values()][0];
      const [row] = of ? (JSON.parse(await query(files, of, "SELECT value AS toml FROM setting WHERE name = 'settings_toml'", "json")) as { toml: string }[]) : [];
      return send(response, { toml: row?.toml ?? "", sha256: "0".repeat(64) });
    }
    case "/cookbook": return send(response, [
      { name: "detections", about: "What was heard, for how long, how strong?", sql: "SELECT id, beacon, kind, length_s, snr_peak_db FROM detections" },
      { name: "noise", about: "How loud was it, minute by minute?", sql: "SELECT * FROM minute_noise" },
    ]);
    case "/flights": {
      const text = (url.searchParams.get("text") ?? "").toLowerCase();
      const all = await Promise.all([...paths(files)].map(([name, file]) => listed(name, file)));
      return send(response, all.filter((flight) => JSON.stringify(flight).toLowerCase().includes(text)));
    }
    case "/search/plan": {
      if ((asked["form"] ?? "json") === "json") return send(response, await plan(files, asked));
      const [media, text] = await plan_file(files, asked);
      return void response.writeHead(200, { "Content-Type": media }).end(text);
    }
    case "/maps": return send(response, given.maps ? readdirSync(given.maps).filter((name) => name.endsWith(".pmtiles")).map((name) => ({ name, kind: "pmtiles" })) : []);
    case "/dev/knobs":
      Object.assign(flying().knobs, asked);
      return send(response, { ok: true });
  }
  throw new Refused(404, `there is no ${path}`);
}

async function listed(name: string, file: string): Promise<unknown> {
  const sql = "SELECT started_utc, ended, (SELECT (max(at_us) - min(at_us)) / 1e6 FROM signal) AS duration_s FROM flight";
  const [row] = JSON.parse(await query(files, file, sql, "json")) as { started_utc: string; ended: string | null; duration_s: number }[];
  return { name, file_bytes: bytes(file), started_utc: row?.started_utc ?? null, duration_s: row?.duration_s ?? null, state: row?.ended ?? "open",
    is_live: file === live_path, tags: about.get(name)?.tags ?? [], note: about.get(name)?.note || null,
    heard: (JSON.parse((await query(files, file, "SELECT DISTINCT beacon FROM detections WHERE beacon IS NOT NULL", "json")) || "[]") as { beacon: string }[]).map(({ beacon }) => beacon) };
}

async function of_flight(name: string, what: string, asked: Record<string, unknown>, response: ServerResponse): Promise<void> {
  const path = flight_path(name);
  if (what === "query") {
    const format = asked["format"] === "csv" ? "csv" : "json";
    const rows = await query(files, path, String(asked["sql"]), format);
    response.writeHead(200, { "Content-Type": format === "csv" ? "text/csv" : "application/json" }).end(rows || (format === "json" ? "[]" : ""));
  } else if (what === "file") {
    response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": bytes(path) });
    createReadStream(path).pipe(response);
  } else if (what === "about") {
    may_plan();
    about.set(name, { tags: asked["tags"] as string[], note: String(asked["note"]) });
    send(response, { ok: true, said: `kept of ${name}` } satisfies Answer);
  } else if (what === "what-if") {
    may_plan();
    if (path === live_path && name === "live") throw new Refused(409, "this flight goes on: what if is computed on the ground");
    const made = await what_if(files, path, asked["set"] as string[]);
    computed.set(made.name, made.path);
    send(response, { ok: true, name: made.name, said: made.said });
  } else {
    throw new Refused(404, `the fixture server makes no ${what}`);
  }
}

function file(path: string, request: IncomingMessage, response: ServerResponse, more: Record<string, string>): void {
  if (!existsSync(path) || !statSync(path).isFile()) throw new Refused(404, "there is no such file");
  const [, from, until] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? "") ?? [];
  const type = { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream" };
  if (from === undefined) return void response.writeHead(200, { ...type, ...more }).end(readFileSync(path));
  const last = Math.min(statSync(path).size - 1, until ? Number(until) : Infinity);
  response.writeHead(206, { ...type, ...more, "Content-Range": `bytes ${from}-${last}/${statSync(path).size}`, "Content-Length": last - Number(from) + 1 });
  createReadStream(path, { start: Number(from), end: last }).pipe(response);
}

createServer((request, response) => {
  const url = new URL(request.url ?? "/", "http://localhost");
  const answered = async (): Promise<void> => {
    if (url.pathname.startsWith("/api/v1")) return api(url.pathname.slice(7), request, response, url);
    if (url.pathname.startsWith("/maps/")) return file(join(given.maps ?? ".", decodeURIComponent(url.pathname.slice(6)).replaceAll("/", "")), request, response, {});
    return file(join(dist, url.pathname === "/" ? "index.html" : url.pathname.replaceAll("..", "")), request, response, { "Content-Security-Policy": CSP });
  };
  answered().catch((cause: Error) => {
    if (response.headersSent) return response.end();
    send(response, { ok: false, said: cause.message }, cause instanceof Refused ? cause.status : cause instanceof Asked ? 400 : 500);
  });
}).listen(Number(given.port), "127.0.0.1", () => console.log(`fixture server, for development only: http://127.0.0.1:${given.port}`));
