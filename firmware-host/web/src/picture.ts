// What the views show: of the flight that goes on, or of a past one at a moment. Whoever fills it touches the parts that
// changed; the views are told at most ten times a second, all at once.

import type { CellRow, Estimate, LogEntry, Region, SpectrumRow, State, Status } from "./api.ts";
import type { Place } from "./geo.ts";
import { Trace } from "./trace.ts";

export type Part =
  | "state" | "signal" | "spectrum" | "track" | "estimate" | "region" | "coverage" | "home" | "fence" | "log" | "detections" | "link" | "chosen";

export interface TrackPoint extends Place {
  at_us: number;
  alt_rel_m: number | null;
}

/** An area of the autopilot's fence. */
export interface FenceArea {
  inside: boolean;
  corners: Place[];
  /** Of a circle, whose centre is the only corner. */
  radius_m: number | null;
}

export interface CoverageRow extends CellRow {
  pod: number;
}

/** A row of the view `detections`. */
export interface Detection {
  id: number;
  channel: number;
  beacon: string | null;
  kind: string;
  began_us: number;
  confirmed_us: number;
  ended_us: number | null;
  snr_peak_db: number | null;
  power_peak_dbfs: number | null;
  heard_hz: number | null;
  cn0_peak_db_hz: number | null;
  pulse_count: number;
  pulse_width_us: number | null;
  pulse_period_us: number | null;
  false_alarm_probability: number | null;
  beacon_id: string | null;
}

/** What a distress beacon says, of table `beacon_message`. */
export interface BeaconMessage {
  until_us: number;
  /** Name of the beacon whose channel it was heard in. */
  sought: string | null;
  id: string;
  test: boolean;
  country: string | null;
  beacon: string;
  identity: string | null;
  says_lat_deg: number | null;
  says_lon_deg: number | null;
  resolution_arcsec: number | null;
}

export const SPECTRUM_ROWS = 240;
export const LOG_ENTRIES = 500;
const TRACK_POINTS = 20_000;
const EVERY_MS = 100;

export class Picture {
  /** The flight to ask in SQL. */
  flight: string;
  /** Of a past flight: the moment that is shown, µs since start. */
  at_us: number | null = null;
  state: State | null = null;
  traces: Trace[] = [];
  /** Newest last. */
  spectrum: SpectrumRow[] = [];
  track: TrackPoint[] = [];
  /** Of a past flight: places from its first to its last. */
  extent: Place[] = [];
  /**
   * The newest of each beacon, by its name: a profile that takes over in flight gives its channels numbers of their own in the file, and the
   * status tells those in force by their names only.
   */
  estimates = new Map<string, Estimate>();
  /** By beacon and per cent. */
  regions = new Map<string, Region>();
  coverage: CoverageRow[] = [];
  home: Place | null = null;
  fence: FenceArea[] = [];
  /** That of `[search]`. */
  search_area: FenceArea | null = null;
  log: LogEntry[] = [];
  detections: Detection[] = [];
  /** Newest first. */
  messages: BeaconMessage[] = [];
  /** Index of the channel that is looked at; null = the one that is sought. */
  private chosen_index: number | null = null;
  private touched = new Set<Part>();
  private viewers: { parts: Set<Part>; show: () => void }[] = [];
  private due = false;
  private shown_ms = 0;

  constructor(flight: string, readonly is_replay: boolean) {
    this.flight = flight;
  }

  get status(): Status | null {
    return this.state?.status ?? null;
  }

  get channel(): number {
    const channels = this.status?.channels ?? [];
    if (this.chosen_index !== null && this.chosen_index < channels.length) return this.chosen_index;
    return Math.max(0, channels.findIndex((channel) => channel.name === this.status?.target));
  }

  /** Name of the beacon that is looked at. */
  get beacon(): string | null {
    return this.status?.channels[this.channel]?.name ?? null;
  }

  /** Where it is believed to be. */
  get estimate(): Estimate | null {
    return this.estimates.get(this.beacon ?? "") ?? null;
  }

  /** The newest of its messages. */
  get message(): BeaconMessage | null {
    return this.messages.find(({ sought }) => sought === this.beacon) ?? null;
  }

  choose(index: number): void {
    this.chosen_index = index;
    this.touch("chosen");
  }

  trace(index: number): Trace {
    return (this.traces[index] ??= new Trace());
  }

  /** Shows now and whenever one of these parts changed. */
  on(parts: Part[], show: () => void): void {
    this.viewers.push({ parts: new Set(parts), show });
    show();
  }

  touch(...parts: Part[]): void {
    for (const part of parts) this.touched.add(part);
    if (this.due) return;
    this.due = true;
    const wait_ms = Math.max(0, EVERY_MS - (performance.now() - this.shown_ms));
    setTimeout(() => requestAnimationFrame(() => this.show()), wait_ms);
  }

  private show(): void {
    const touched = this.touched;
    this.touched = new Set();
    this.due = false;
    this.shown_ms = performance.now();
    for (const viewer of this.viewers) {
      if (![...viewer.parts].some((part) => touched.has(part))) continue;
      try {
        viewer.show();
      } catch (cause) {
        // one view that fails must not keep the others from being shown
        console.error(cause);
      }
    }
  }

  add_track(point: TrackPoint): void {
    const newest = this.track.at(-1);
    if (newest && newest.lat_deg === point.lat_deg && newest.lon_deg === point.lon_deg) return;
    this.track.push(point);
    if (this.track.length > TRACK_POINTS) this.track = this.track.filter((_, index) => index % 2 === 1);
    this.touch("track");
  }

  add_spectrum(row: SpectrumRow): void {
    this.spectrum.push(row);
    if (this.spectrum.length > SPECTRUM_ROWS) this.spectrum.splice(0, this.spectrum.length - SPECTRUM_ROWS);
    this.touch("spectrum");
  }

  /** Entries in any order, each once: what was missed comes after what was told since. */
  add_log(entries: LogEntry[]): void {
    const newest = this.log.at(-1)?.id ?? 0;
    if (entries.every((entry) => entry.id > newest) && entries.length === 1) {
      this.log.push(...entries);
    } else {
      const known = new Map([...this.log, ...entries].map((entry) => [entry.id, entry]));
      this.log = [...known.values()].sort((a, b) => a.id - b.id);
    }
    if (this.log.length > LOG_ENTRIES) this.log.splice(0, this.log.length - LOG_ENTRIES);
    this.touch("log");
  }

  /** An estimate that lies somewhere; the fit of too little may have no numbers. */
  set_estimate(estimate: Estimate): void {
    if (!Number.isFinite(estimate.lat_deg) || !Number.isFinite(estimate.lon_deg)) return;
    if ((this.estimates.get(estimate.beacon)?.at_us ?? -1) > estimate.at_us) return;
    this.estimates.set(estimate.beacon, estimate);
    this.touch("estimate");
  }

  set_region(region: Region): void {
    const key = `${region.beacon}/${region.percent}`;
    if ((this.regions.get(key)?.at_us ?? -1) > region.at_us) return;
    this.regions.set(key, region);
    this.touch("region");
  }
}
