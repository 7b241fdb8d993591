//! Every fixed size of the engine, with its derivation. Relations are asserted at compile time.

/// Beacons (channels) watched at once.
pub const CHANNELS_MAX: usize = 8;
/// Longest FFT of the sense pass.
pub const FFT_LEN_MAX: usize = 16_384;
/// Shortest FFT of the sense pass.
pub const FFT_LEN_MIN: usize = 64;
/// Samples of the longest block a driver may hand over: 0.1 s at 20 MS/s.
pub const BLOCK_SAMPLES_MAX: usize = 2_097_152;
/// Bins of a stored spectrum row; finer spectra are folded to this by their mean.
pub const SPECTRUM_BINS: usize = 256;
/// Corners of a polygon fence.
pub const FENCE_CORNERS_MAX: usize = 64;
/// Areas of the fence uploaded to the autopilot.
pub const ZONES_MAX: usize = 16;
/// Corners of all its polygons.
pub const ZONE_CORNERS_MAX: usize = 128;
/// Corners of an area that is searched.
pub const SEARCH_CORNERS_MAX: usize = 64;
/// Waypoints of a search: legs of 100 m for a day and a half at 3 m/s.
pub const SEARCH_WAYPOINTS_MAX: usize = 4_096;
/// Columns and rows of the map of a search: cells of 16 m in 1 km.
pub const SEARCH_COLUMNS_MAX: usize = 64;
/// Bytes of a text that travels in a record.
pub const TEXT_BYTES: usize = 200;
/// Bytes of a name (channel, lane).
pub const NAME_BYTES: usize = 24;
/// Readings of one channel in the longest percentile window: 100 s at 1 kHz.
pub const WINDOW_READINGS_MAX: usize = 100_000;
/// Readings one control pass may take from the lane: 0.25 s of 8 channels at 1 kHz.
pub const PASS_READINGS_MAX: usize = 2_048;
/// Pulses one control pass may take from the lane.
pub const PASS_PULSES_MAX: usize = 512;
/// Hearings one control pass may take from the lane: 0.25 s of 8 channels at 10 Hz, and as many from before.
pub const PASS_HEARINGS_MAX: usize = 64;
/// Widest channel that is searched for lines: bins of 50 Hz, in which a line still stands out of little noise.
pub const LINE_WIDTH_MAX_HZ: f64 = 100e3;
/// Widest channel that is searched for weak trains: the work grows with it, and a tag's is a few kHz.
pub const TRAIN_WIDTH_MAX_HZ: f64 = 10e3;
/// Pulses of a coded tag's group but its first.
pub const PATTERN_LATER_MAX: usize = 7;
/// Longest such group, first pulse's start to last one's, µs: its spectra are kept.
pub const PATTERN_SPAN_MAX_US: u32 = 10_000_000;
/// Bandwidths of LoRa's chirps (Semtech SX1276, table 13).
pub const CHIRP_WIDTHS_HZ: [f64; 10] =
    [7_812.5, 10_417.0, 15_625.0, 20_833.0, 31_250.0, 41_667.0, 62_500.0, 125e3, 250e3, 500e3];
/// Widest channel that is searched for distress bursts: its spectra have one bin for each hertz and less.
pub const BURST_WIDTH_MAX_HZ: f64 = 50e3;
/// Pulses kept for the pulse pattern of one channel.
pub const PATTERN_PULSES_MAX: usize = 256;

const _: () = assert!(FFT_LEN_MAX <= BLOCK_SAMPLES_MAX && FFT_LEN_MIN.is_power_of_two());
const _: () = assert!(SEARCH_CORNERS_MAX >= 3 && SEARCH_WAYPOINTS_MAX > 4 * SEARCH_CORNERS_MAX);
const _: () = assert!(PASS_READINGS_MAX >= CHANNELS_MAX * 250);
