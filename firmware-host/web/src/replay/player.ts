// Plays a past flight into a picture: what was, at the moment of its clock.

import type { Door } from "../door.ts";
import { SPECTRUM_ROWS, type Picture } from "../picture.ts";
import { ask_coverage, ask_regions } from "../tables.ts";
import { TRACE_S } from "../trace.ts";
import { detections_at, pose_at, status_at } from "./at.ts";
import { last_until, ReplayClock } from "./clock.ts";
import { CHUNK_US, load_chunk, load_whole, type Chunk, type Whole } from "./load.ts";

/** A minute before the flight, or after it. */
const NOTHING: Chunk = { signal: [], spectrum: [], health: [], link: [], vehicle: [] };
/** Minutes that are kept. */
const KEPT = 12;

export class Player {
  readonly clock: ReplayClock;
  private readonly chunks = new Map<number, Chunk | null>();
  private region_us: number | null = null;
  private coverage_us: number | null = null;
  private timer: ReturnType<typeof setInterval>;
  /** Why a minute could not be read; "" = nothing is wrong. */
  trouble = "";

  private constructor(private readonly door: Door, readonly whole: Whole, private readonly picture: Picture, private readonly shown: () => void) {
    this.clock = new ReplayClock(whole.first_us, whole.last_us);
    picture.home = whole.home;
    [picture.fence, picture.search_area] = [whole.fence, whole.search_area];
    picture.extent = [...whole.way, ...whole.estimates.slice(-1)];
    picture.touch("home", "fence");
    this.timer = setInterval(() => this.clock.is_playing && this.show(), 100);
  }

  static async open(door: Door, flight: string, picture: Picture, shown: () => void): Promise<Player> {
    const player = new Player(door, await load_whole(door, flight), picture, shown);
    player.show();
    return player;
  }

  close(): void {
    clearInterval(this.timer);
  }

  /** Whether the minute that is shown is still being read. */
  get is_loading(): boolean {
    return !this.chunks.get(this.chunk_of(this.clock.at_us(performance.now())));
  }

  private chunk_of(at_us: number): number {
    return Math.floor(at_us / CHUNK_US);
  }

  /** A minute that is there; asks for it where it is not. */
  private chunk(index: number): Chunk | null {
    if ((index + 1) * CHUNK_US <= this.whole.first_us || index * CHUNK_US > this.whole.last_us) return NOTHING;
    const found = this.chunks.get(index);
    if (found !== undefined) return found;
    this.chunks.set(index, null);
    load_chunk(this.door, this.picture.flight, index * CHUNK_US).then((chunk) => {
      this.chunks.set(index, chunk);
      this.trouble = "";
      for (const old of this.chunks.keys()) {
        if (this.chunks.size <= KEPT) break;
        if (Math.abs(old - index) > 2) this.chunks.delete(old);
      }
      this.show();
    }).catch((cause: Error) => {
      this.trouble = cause.message;
      // asked for again, a little later
      setTimeout(() => this.chunks.delete(index), 2000);
      this.shown();
    });
    return null;
  }

  show(): void {
    const { picture, whole } = this;
    const at_us = this.clock.at_us(performance.now());
    this.clock.ends(performance.now());
    const index = this.chunk_of(at_us);
    const [before, now] = [this.chunk(index - 1), this.chunk(index)];
    // as many minutes ahead as are played in two seconds, and the next one in time
    const ahead = Math.ceil((this.clock.is_playing ? this.clock.speed : 0) / 30);
    if ((at_us % CHUNK_US) / CHUNK_US > 0.5) this.chunk(index + 1);
    for (let next = 1; next <= ahead && (index + next) * CHUNK_US < whole.last_us; next += 1) this.chunk(index + next);
    picture.at_us = at_us;
    picture.state = { live: false, you_control: false, controlled_by: null, status: status_at(whole, now, at_us) };
    this.fill_traces([before, now], at_us);
    const rows = [before, now].flatMap((chunk) => chunk?.spectrum ?? []);
    const until = last_until(rows, at_us, (row) => row.at_us) + 1;
    picture.spectrum = rows.slice(Math.max(0, until - SPECTRUM_ROWS), until);
    picture.track = whole.way.slice(0, last_until(whole.way, at_us, (point) => point.at_us) + 1);
    const pose = pose_at(whole.way, at_us);
    if (pose) picture.track.push(pose);
    picture.estimates.clear();
    for (let left = last_until(whole.estimates, at_us, (row) => row.at_us); left >= 0 && picture.estimates.size < new Set(whole.beacons).size; left -= 1) {
      const estimate = whole.estimates[left]!;
      if (!picture.estimates.has(estimate.beacon)) picture.set_estimate(estimate);
    }
    picture.log = whole.log.filter((entry) => entry.at_us <= at_us).slice(-500);
    picture.messages = whole.messages.filter((message) => message.until_us <= at_us);
    picture.detections = detections_at(whole.detections, at_us);
    this.ask_cells(at_us);
    picture.touch("state", "signal", "spectrum", "track", "estimate", "log", "detections");
    this.shown();
  }

  private fill_traces(chunks: (Chunk | null)[], at_us: number): void {
    for (const trace of this.picture.traces) trace?.clear();
    for (const chunk of chunks) {
      for (const row of chunk?.signal ?? []) {
        if (row.at_us > at_us || row.at_us < at_us - TRACE_S * 1e6) continue;
        this.picture.trace(row.channel).push(row.at_us / 1e6, row.power_dbfs, row.floor_dbfs, row.snr_db);
      }
    }
  }

  /** Regions and coverage stand each minute: asked for when another minute's are due. */
  private ask_cells(at_us: number): void {
    const { picture, whole } = this;
    const region_us = whole.region_times_us[last_until(whole.region_times_us, at_us, (time) => time)] ?? null;
    if (region_us !== this.region_us) {
      this.region_us = region_us;
      picture.regions.clear();
      picture.touch("region");
      if (region_us !== null) {
        ask_regions(this.door, picture.flight, region_us)
          .then((regions) => this.region_us === region_us && regions.forEach((region) => picture.set_region(region))).catch(() => {});
      }
    }
    const coverage_us = whole.coverage_times_us[last_until(whole.coverage_times_us, at_us, (time) => time)] ?? null;
    if (coverage_us === this.coverage_us) return;
    this.coverage_us = coverage_us;
    picture.coverage = [];
    picture.touch("coverage");
    if (coverage_us === null) return;
    ask_coverage(this.door, picture.flight, coverage_us).then((rows) => {
      if (this.coverage_us !== coverage_us) return;
      picture.coverage = rows;
      picture.touch("coverage");
    }).catch(() => {});
  }
}
