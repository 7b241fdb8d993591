// What the fixture server makes with the program itself: search patterns, and flights computed again with other settings.

import { execFile } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Plan } from "../src/api.ts";
import { Asked, type Files } from "./flight.ts";

const folder = mkdtempSync(join(tmpdir(), "skyhound-fixture-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));

let made = 0;

function run(files: Files, args: string[]): Promise<{ out: string; said: string }> {
  return new Promise((resolve, reject) => {
    execFile(files.skyhound, args, { maxBuffer: 1 << 26 }, (error, out, said) => (error ? reject(new Asked(said.trim() || error.message)) : resolve({ out, said })));
  });
}

type Body = Record<string, unknown>;

/** The flags of `search plan` that the body stands for. */
function flags(body: Body): string[] {
  const found: string[] = [];
  if (Array.isArray(body["polygon"])) {
    const ring = (body["polygon"] as [number, number][]).map(([lat, lon]) => [lon, lat]);
    const file = join(folder, "area.geojson");
    writeFileSync(file, JSON.stringify({ type: "Polygon", coordinates: [[...ring, ring[0]]] }));
    found.push("--polygon", file);
  } else {
    found.push(`--centre=${(body["centre"] as number[]).join(",")}`, "--radius", String(body["radius_m"]));
  }
  for (const [key, flag] of [["pattern", "pattern"], ["spacing_m", "spacing"], ["power_dbm", "power-dbm"], ["height_m", "height"], ["speed_mps", "speed"], ["heading_deg", "heading"]] as const) {
    if (body[key] !== null && body[key] !== undefined) found.push(`--${flag}=${String(body[key])}`);
  }
  return found;
}

const MEDIA: Record<string, [string, string]> = { geojson: ["geojson", "application/geo+json"], kml: ["kml", "application/vnd.google-earth.kml+xml"], waypoints: ["wpl", "text/plain"] };

/** A route as a file: its media type and its text. */
export async function plan_file(files: Files, body: Body): Promise<[string, string]> {
  const [format, media] = MEDIA[String(body["form"])] ?? ["geojson", "application/geo+json"];
  return [media, (await run(files, ["search", "plan", ...flags(body), "--format", format])).out];
}

export async function plan(files: Files, body: Body): Promise<Plan> {
  const { out, said } = await run(files, ["search", "plan", ...flags(body)]);
  const { features } = JSON.parse(out) as { features: { properties: Record<string, number | string>; geometry: { coordinates: [number, number][] } }[] };
  const route = features.find(({ properties }) => properties["role"] === "route")!;
  const number = (name: string) => Number(route.properties[name]);
  const told = (row: RegExp) => {
    const found = row.exec(said)?.[1];
    return found === undefined ? null : Number(found);
  };
  const [pod, pos] = [told(/^POD\s+(?:over )?([\d.]+) %/m), told(/^POS\s+(?:over )?([\d.]+) %/m)];
  return { route: route.geometry.coordinates.map(([lon, lat]) => [lat, lon]), length_m: number("length_m"), duration_s: number("time_s"), spacing_m: number("track_spacing_m"),
    coverage: told(/^coverage\s+([\d.]+)/m), pod: pod === null ? null : pod / 100, pos: pos === null ? null : pos / 100, said };
}

/** The flight computed again; its name, its file, what was said. */
export async function what_if(files: Files, path: string, sets: string[]): Promise<{ name: string; path: string; said: string }> {
  const name = `what-if-${(made += 1)}`;
  const into = join(folder, `${name}.duckdb`);
  const { out, said } = await run(files, ["replay", path, ...sets.flatMap((set) => ["--set", set]), "--into", into]);
  return { name, path: into, said: `${out}${said}`.trim() };
}
