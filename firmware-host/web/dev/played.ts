// A recorded flight as the live one: `skyhound`'s records, composed as the replay composes them, at their own pace, again and again.

import type { LogEntry, State, Status } from "../src/api.ts";
import { status_at } from "../src/replay/at.ts";
import { CHUNK_US, load_chunk, load_whole, type Chunk, type Whole } from "../src/replay/load.ts";
import { ask_regions } from "../src/tables.ts";
import type { FileDoor } from "./flight.ts";

export interface Knobs {
  /** Homing as this server was told; null: as the flight had it. */
  homing: boolean | null;
  /** Reasons that homing stays locked, over those of the flight. */
  missing: string[];
  latched: string | null;
  /** Over the flight's own; "flight": that. */
  wind: { from_deg: number | null; mps: number | null } | "flight";
  /** Whether the nose is told. */
  nose: boolean;
}

export class Played {
  readonly knobs: Knobs = { homing: null, missing: [], latched: null, wind: "flight", nose: true };
  control: { client: string; name: string } | null = null;
  readonly extra: LogEntry[] = [];
  private readonly chunks = new Map<number, Chunk>();
  private began_ms = Date.now();
  private round = 1;

  private constructor(readonly whole: Whole, private readonly door: FileDoor, private readonly speed: number, from_s: number) {
    this.began_ms -= (from_s * 1000) / speed;
  }

  static async open(door: FileDoor, speed: number, from_s: number): Promise<Played> {
    const played = new Played(await load_whole(door, "played"), door, speed, from_s);
    await played.ready();
    return played;
  }

  at_us(): number {
    const { first_us, last_us } = this.whole;
    const gone_us = (Date.now() - this.began_ms) * 1000 * this.speed;
    if (gone_us > last_us - first_us) [this.began_ms, this.round] = [Date.now(), this.round + 1];
    return Math.min(last_us, first_us + gone_us);
  }

  async ready(): Promise<void> {
    const index = Math.floor(this.at_us() / CHUNK_US);
    for (const wanted of [index, index + 1]) {
      if (!this.chunks.has(wanted)) this.chunks.set(wanted, await load_chunk(this.door, "played", wanted * CHUNK_US));
    }
  }

  chunk(): Chunk | null {
    return this.chunks.get(Math.floor(this.at_us() / CHUNK_US)) ?? null;
  }

  status(): Status {
    const at_us = this.at_us();
    const status = status_at(this.whole, this.chunk(), at_us);
    const { knobs } = this;
    status.pid = 1000 + this.round;
    status.version = "fixture";
    status.recorder.state = "recording";
    status.recorder.rows_total = Math.round(at_us / 8000);
    status.recorder.left_h = 41.5;
    status.vehicle.heartbeat_age_s = 0.4;
    if (knobs.wind !== "flight") [status.vehicle.wind_from_deg, status.vehicle.wind_mps] = [knobs.wind.from_deg, knobs.wind.mps];
    if (!knobs.nose) status.vehicle.yaw_deg = null;
    status.missing = [...knobs.missing, ...status.missing];
    status.locked = status.missing[0] ?? null;
    status.latched = knobs.latched ?? status.latched;
    if (knobs.homing !== null) {
      status.homing_enabled = knobs.homing;
      if (!knobs.homing) [status.state, status.course] = ["IDLE", null];
      else if (status.state === "IDLE") status.state = "SEARCHING";
    }
    return status;
  }

  state(client: string): State {
    return { live: true, you_control: this.control?.client === client, controlled_by: this.control?.name ?? null, status: this.status() };
  }

  say(kind: string, text: string): void {
    const id = (this.whole.log.at(-1)?.id ?? 0) + this.extra.length + 1;
    this.extra.push({ id, at_us: this.at_us(), source: "operator", severity: null, kind, text });
  }

  /** Entries after an id, up to now. */
  log(after: number): LogEntry[] {
    const at_us = this.at_us();
    return [...this.whole.log.filter((entry) => entry.at_us <= at_us), ...this.extra].filter((entry) => entry.id > after);
  }

  regions(): ReturnType<typeof ask_regions> {
    return ask_regions(this.door, "played", Math.floor(this.at_us()));
  }
}
