// What the ground server says and takes (`/api/v1`). Every type of the contract stands here and nowhere else; those of
// `Status` are firmware-host/src/ctl/status.rs as serde writes it: `null` is unknown.

export interface Status {
  version: string;
  pid: number;
  uptime_s: number;
  state: string;
  target: string;
  homing_enabled: boolean;
  course: string | null;
  locked: string | null;
  missing: string[];
  profile: string | null;
  /** Where this page is. */
  page: string | null;
  is_bench: boolean;
  latched: string | null;
  vehicle: VehicleStatus;
  channels: ChannelStatus[];
  search: SearchStatus | null;
  link: LinkStatus;
  lanes: LaneStatus[];
  recorder: RecorderStatus;
  machine: MachineStatus;
  sdr: SdrStatus;
  passes: PassStatus[];
  refused: string[];
}

/** Bits of throttled_bits: 0 under-voltage, 1 clock held down, 2 throttled, 3 near its temperature limit; 16 to 19: at any time. */
export interface MachineStatus {
  busy_ratio: number | null;
  temperature_c: number | null;
  throttled_bits: number | null;
  available_mb: number | null;
}

export interface VehicleStatus {
  system: number | null;
  firmware: string | null;
  mode: string | null;
  armed: boolean | null;
  lat_deg: number | null;
  lon_deg: number | null;
  alt_rel_m: number | null;
  height_m: number | null;
  battery_ratio: number | null;
  satellites: number | null;
  heartbeat_age_s: number | null;
  position_age_s: number | null;
  attitude_age_s: number | null;
  /** Where the nose points, from true north. */
  yaw_deg: number | null;
  /** From where the wind blows, from true north. */
  wind_from_deg: number | null;
  wind_mps: number | null;
}

export interface ChannelStatus {
  name: string;
  frequency_hz: number;
  power_dbfs: number | null;
  ewma_dbfs: number | null;
  floor_dbfs: number | null;
  snr_db: number | null;
  heard: boolean;
  pulse_count: number;
  pulse_width_us: number | null;
  pulse_period_us: number | null;
  bearing_deg: number | null;
  bearing_sigma_deg: number | null;
}

export interface SearchStatus {
  pattern: string;
  progress: number;
  flown: boolean;
  pos: number;
  searched_m2: number;
  area_m2: number;
}

export interface LinkStatus {
  address: string;
  received_total: number;
  crc_error_total: number;
  sequence_lost_total: number;
  sent_total: number;
  send_dropped_total: number;
  reconnect_total: number;
  late_total: number;
  others: string[];
}

export interface LaneStatus {
  name: string;
  pushed_total: number;
  dropped_total: number;
}

export interface RecorderStatus {
  state: string;
  file: string | null;
  rows_total: number;
  rows_per_s: number;
  memory_mb: number;
  resident_mb: number;
  threads: number;
  file_mb: number;
  wal_mb: number;
  checkpoint_total: number;
  checkpoint_longest_ms: number;
  commit_longest_ms: number;
  growth_mb_per_h: number | null;
  left_h: number | null;
  free_mb: number;
  alarms: string[];
}

export interface SdrStatus {
  source: string;
  alive: boolean;
  rate_sps: number | null;
  lost_samples_total: number;
  reopen_total: number;
}

export interface PassStatus {
  name: string;
  longest_us: number;
  miss_total: number;
}

/** `GET state`, and each `state` of the stream. */
export interface State {
  live: boolean;
  you_control: boolean;
  controlled_by: string | null;
  status: Status | null;
}

export interface LogEntry {
  id: number;
  at_us: number;
  source: string;
  severity: string | null;
  kind: string;
  text: string;
}

export interface SpectrumRow {
  at_us: number;
  first_bin_hz: number;
  bin_hz: number;
  /** Tenths of a dBFS, at most 256. */
  power_e1: number[];
}

export interface Estimate {
  at_us: number;
  channel: number;
  beacon: string;
  lat_deg: number;
  lon_deg: number;
  peak_lat_deg: number;
  peak_lon_deg: number;
  variance_north_m2: number;
  covariance_m2: number;
  variance_east_m2: number;
  radius_50_m: number;
  radius_95_m: number;
  observation_count: number;
}

/** Squares side by side, eastwards from the middle of the most western one. */
export interface CellRow {
  lat_deg: number;
  lon_deg: number;
  size_m: number;
  square_count: number;
}

export interface Region {
  at_us: number;
  channel: number;
  beacon: string;
  percent: number;
  rows: CellRow[];
}

/** What the stream says, by the name of its event. */
export interface StreamEvents {
  state: State;
  log: LogEntry | LogEntry[];
  spectrum: SpectrumRow;
  estimate: Estimate;
  region: Region;
  /** The log after this id is not at hand any more: what lies between stands in the flight's table `log`. */
  behind: { from: number };
}

export interface Answer {
  ok: boolean;
  said?: string;
}

export interface Profile {
  name: string;
  description: string;
  built_in: boolean;
  in_force: boolean;
}

export interface SettingsText {
  toml: string;
  sha256: string;
}

export interface Recipe {
  name: string;
  about: string;
  sql: string;
}

export interface Flight {
  name: string;
  file_bytes: number;
  started_utc: string | null;
  duration_s: number | null;
  state: string;
  is_live: boolean;
  /** Of the catalogue; not there where the server knows none. */
  tags?: string[] | null;
  note?: string | null;
  /** Beacons that were heard. */
  heard?: string[] | null;
  /** Where verified copies of it are. */
  copies?: string[] | null;
}

export const PATTERNS = ["ps", "cs", "ss", "vs", "spiral"] as const;
export type Pattern = (typeof PATTERNS)[number];

/** A search pattern over an area: a polygon, or a disc. null: as the program has it by itself. */
export interface PlanAsked {
  polygon?: [number, number][];
  centre?: [number, number];
  radius_m?: number;
  pattern: Pattern;
  spacing_m: number | null;
  power_dbm: number | null;
  height_m: number | null;
  speed_mps: number | null;
  heading_deg: number | null;
}

export interface Plan {
  route: [number, number][];
  length_m: number;
  duration_s: number;
  /** null: of sectors, which have none. */
  spacing_m: number | null;
  /** null: not known without the beacon's power. */
  coverage: number | null;
  pod: number | null;
  pos: number | null;
  /** What the program prints of it. */
  said: string;
}

/** What became of a flight that was computed again with other settings: `name` is a flight to be asked. */
export interface WhatIf extends Answer {
  name: string;
}

export interface OfflineMap {
  name: string;
  kind: "pmtiles";
}

export type Cell = string | number | boolean | null | Cell[] | { [key: string]: Cell };
export type Row = Record<string, Cell>;
