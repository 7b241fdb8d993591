// Fills a picture from the stream; what was before the page came is asked of the flight that is being recorded.

import type { LogEntry, SpectrumRow, State, StreamEvents } from "./api.ts";
import type { Door } from "./door.ts";
import type { Picture } from "./picture.ts";
import { Link } from "./stream.ts";
import { ask_beacons, ask_coverage, ask_detections, ask_fence, ask_home, ask_messages, ask_regions, ask_track, log_sql, search_area, signal_sql, spectrum_sql, type SignalRow } from "./tables.ts";

/** Without a word for so long, what is shown is no longer what is. */
export const STALE_MS = 1500;
const COVERAGE_EVERY_MS = 30_000;
/** While home is not known, though the aircraft knows where it is. */
const HOME_EVERY_MS = 3000;
/** A question that failed is asked so often, a little later each time: a flight that starts has nothing to answer yet. */
const TRIES = 6;
const AGAIN_MS = 3000;
/** The log is told before it is committed, which takes a second at most: what it announces is not in the file at once. */
const COMMITTED_MS = 1200;

export class Live {
  readonly link: Link;
  private pid: number | null = null;
  private names = "";
  /** When the newest state came, by the page's clock. */
  state_ms: number | null = null;
  /** What is being asked, and whether it is to be asked once more. */
  private asked = new Map<string, boolean>();
  private coverage_ms = 0;
  private home_ms = 0;

  constructor(private readonly door: Door, readonly picture: Picture, private readonly on_state: (state: State) => void) {
    this.link = new Link(door, (name, told) => this.take(name, told), () => picture.touch("link"));
    setInterval(() => picture.touch("link"), 250);
    for (const name of ["online", "pageshow"]) addEventListener(name, () => this.link.hurry());
    document.addEventListener("visibilitychange", () => !document.hidden && this.link.hurry());
  }

  /** How old the picture is; null before there is one. */
  age_ms(): number | null {
    return this.state_ms === null ? null : performance.now() - this.state_ms;
  }

  is_stale(): boolean {
    return (this.age_ms() ?? Infinity) > STALE_MS;
  }

  private take<K extends keyof StreamEvents>(name: K, told: StreamEvents[K]): void {
    const picture = this.picture;
    switch (name) {
      case "state": return this.take_state(told as State);
      case "log": return this.take_log([told as StreamEvents["log"]].flat());
      case "spectrum": return picture.add_spectrum(told as StreamEvents["spectrum"]);
      case "estimate": return picture.set_estimate(told as StreamEvents["estimate"]);
      case "behind": return this.once("log", () => this.refresh_log((told as StreamEvents["behind"]).from));
      case "region": return picture.set_region(told as StreamEvents["region"]);
    }
  }

  private take_state(state: State): void {
    const picture = this.picture;
    const status = state.status;
    // a picture that stands still is as old as it is, though the server goes on telling it
    const moved = !status || status.uptime_s !== picture.status?.uptime_s;
    if (moved) this.state_ms = performance.now();
    picture.state = state;
    picture.at_us = status ? status.uptime_s * 1e6 : null;
    if (status && status.pid !== this.pid) this.begin(status.pid);
    if (status) {
      const at_us = status.uptime_s * 1e6;
      const names = status.channels.map((channel) => channel.name).join("\n");
      // another profile: what was under these numbers was another beacon's
      if (names !== this.names) for (const trace of picture.traces) trace.clear();
      this.names = names;
      status.channels.forEach((channel, index) => {
        picture.trace(index).push(status.uptime_s, channel.power_dbfs, channel.floor_dbfs, channel.snr_db);
      });
      const { lat_deg, lon_deg, alt_rel_m } = status.vehicle;
      if (lat_deg !== null && lon_deg !== null) picture.add_track({ at_us, lat_deg, lon_deg, alt_rel_m });
      if (status.search && performance.now() - this.coverage_ms > COVERAGE_EVERY_MS) this.refresh_coverage();
    }
    const is_placed = picture.home === null && (status?.vehicle.lat_deg ?? null) !== null;
    if (is_placed && performance.now() - this.home_ms > HOME_EVERY_MS) {
      this.home_ms = performance.now();
      this.once("home", () => this.refresh_home());
    }
    picture.touch("state", "signal");
    this.on_state(state);
  }

  private take_log(entries: LogEntry[]): void {
    this.picture.add_log(entries);
    const has = (is: (entry: LogEntry) => boolean, name: string, ask: () => Promise<void>) =>
      entries.some(is) && setTimeout(() => this.once(name, ask), COMMITTED_MS);
    has((entry) => entry.source === "detection", "detections", () => this.refresh_detections());
    // an autopilot sets home anew where it is armed
    has((entry) => entry.kind === "armed", "home", () => this.refresh_home());
    has((entry) => entry.kind === "fence", "fence", () => this.refresh_fence());
  }

  /** Another daemon than before: nothing of the old flight stays, and what was recorded so far is asked for. */
  private begin(pid: number): void {
    const picture = this.picture;
    const is_first = this.pid === null;
    this.pid = pid;
    if (!is_first) {
      // what stood in the log was another flight's, and its ids begin again
      [picture.track, picture.spectrum, picture.coverage, picture.log, picture.detections, picture.messages] = [[], [], [], [], [], []];
      [picture.home, picture.fence] = [null, []];
      picture.estimates.clear();
      picture.regions.clear();
      for (const trace of picture.traces) trace.clear();
      this.link.last_id = 0;
      this.link.restart();
    }
    this.coverage_ms = -Infinity;
    for (const [name, ask] of [
      ["track", () => this.refresh_track()], ["signal", () => this.refresh_signal()], ["spectrum", () => this.refresh_spectrum()], ["detections", () => this.refresh_detections()],
      ["home", () => this.refresh_home()], ["fence", () => this.refresh_fence()], ["regions", () => this.refresh_regions()], ["area", () => this.refresh_area()],
    ] as const) this.once(name, ask);
  }

  /** Asks; what is being asked already is asked once more behind it, for it may have changed since. What fails is asked again later. */
  private once(name: string, ask: () => Promise<void>, tries = 1): void {
    if (this.asked.has(name)) return void this.asked.set(name, true);
    this.asked.set(name, false);
    const of_pid = this.pid;
    ask().then(() => true, () => false).then((is_done) => {
      const again = this.asked.get(name);
      this.asked.delete(name);
      if (again) this.once(name, ask);
      else if (!is_done && tries < TRIES && of_pid === this.pid) setTimeout(() => this.once(name, ask, tries + 1), AGAIN_MS * tries);
    });
  }

  private now_us(): number {
    return Math.floor(this.picture.at_us ?? 0);
  }

  private async refresh_track(): Promise<void> {
    const before = await ask_track(this.door, "live", 500_000);
    const first_us = this.picture.track[0]?.at_us ?? Infinity;
    this.picture.track.unshift(...before.filter((point) => point.at_us < first_us));
    this.picture.touch("track");
  }

  private async refresh_signal(): Promise<void> {
    const now_us = this.now_us();
    const rows = await this.door.query<SignalRow>("live", signal_sql(now_us - 60_000_000, now_us));
    const names = await ask_beacons(this.door, "live");
    const channels = this.picture.status?.channels ?? [];
    for (const [index, { name }] of channels.entries()) {
      // of several of that name the one that came last is in force
      const channel = names.lastIndexOf(name);
      const trace = this.picture.trace(index);
      const since = trace.at_s.map((at_s, index) => [at_s, trace.power_dbfs[index]!, trace.floor_dbfs[index]!, trace.snr_db[index]!] as const);
      trace.clear();
      for (const row of rows) if (row.channel === channel) trace.push(row.at_us / 1e6, row.power_dbfs, row.floor_dbfs, row.snr_db);
      for (const point of since) trace.push(...point);
    }
    this.picture.touch("signal");
  }

  private async refresh_spectrum(): Promise<void> {
    const before = await this.door.query<SpectrumRow>("live", spectrum_sql(this.now_us()));
    const first_us = this.picture.spectrum[0]?.at_us ?? Infinity;
    this.picture.spectrum.unshift(...before.reverse().filter((row) => row.at_us < first_us));
    this.picture.touch("spectrum");
  }

  private async refresh_detections(): Promise<void> {
    this.picture.detections = await ask_detections(this.door, "live");
    this.picture.messages = await ask_messages(this.door, "live");
    this.picture.touch("detections");
  }

  private async refresh_home(): Promise<void> {
    this.picture.home = await ask_home(this.door, "live");
    this.picture.touch("home");
  }

  private async refresh_fence(): Promise<void> {
    this.picture.fence = await ask_fence(this.door, "live");
    this.picture.touch("fence");
  }

  private async refresh_area(): Promise<void> {
    this.picture.search_area = search_area((await this.door.settings()).toml);
    this.picture.touch("fence");
  }

  private async refresh_regions(): Promise<void> {
    for (const region of await ask_regions(this.door, "live", this.now_us())) this.picture.set_region(region);
  }

  private async refresh_log(from: number): Promise<void> {
    this.picture.add_log(await this.door.query<LogEntry>("live", log_sql(from)));
  }

  private refresh_coverage(): void {
    this.coverage_ms = performance.now();
    this.once("coverage", async () => {
      this.picture.coverage = await ask_coverage(this.door, "live", this.now_us());
      this.picture.touch("coverage");
    });
  }
}
