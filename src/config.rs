//! What the engine is told before it starts: plain values with units, checked once by [`Config::check`].
//!
//! The host makes these from `skyhound.toml` (same keys, same names) and writes them into the flight file. In
//! flight only what is sought may change, as a whole (`decide::Decide::succeed`).

use crate::geo::Wgs84;
use crate::limits::{BURST_WIDTH_MAX_HZ, LINE_WIDTH_MAX_HZ, PATTERN_LATER_MAX, TRAIN_WIDTH_MAX_HZ};

mod antenna;
mod check;
mod error;
mod numbers;
mod search;

pub use antenna::{Antenna, AntennaPattern};
pub use error::ConfigError;
pub use numbers::Numbers;
pub use search::{PriorRegion, SearchArea, SearchConfig, SearchPattern, Sought};

/// All the engine is told.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    /// From samples to readings.
    pub sense: SenseConfig,
    /// From readings to facts.
    pub analytics: AnalyticsConfig,
    /// Steering.
    pub homing: HomingConfig,
    /// What must hold while commanding.
    pub interlock: InterlockConfig,
    /// What the beacon is heard with.
    pub antenna: Antenna,
    /// What is searched before anything is heard.
    pub search: Option<SearchConfig>,
}

/// Settings of the sense pass.
#[derive(Clone, Debug, PartialEq)]
pub struct SenseConfig {
    /// Sample rate in samples per second, 8 000..=20 000 000.
    pub sample_rate_sps: f64,
    /// Frequency the SDR is tuned to: bin 0 of the spectrum.
    pub center_hz: f64,
    /// Others that it goes through (the captures of a recording). A channel is read at those whose band holds it.
    pub more_centers_hz: Vec<f64>,
    /// FFT length, a power of two in [`FFT_LEN_MIN`]..=[`FFT_LEN_MAX`].
    pub fft_len: usize,
    /// Length of a hop, 1 000..=1 000 000 µs. Default 10 000.
    pub hop_us: u32,
    /// Half-width about 0 Hz that is left out of the channels; 0 keeps DC. `None`: nothing is left out, and the SDR's spike
    /// there is estimated and taken out of a channel that lies on it.
    pub dc_exclude_hz: Option<f64>,
    /// Time between spectrum rows; 0 = none.
    pub spectrum_interval_us: u32,
    /// Lines of the aircraft's own: what is there tells nothing in fine spectra, and of the strong ones nothing in readings.
    pub own_noise: Vec<OwnLine>,
    /// As [`AnalyticsConfig::false_alarms_per_hour`]; 0 where nothing is to be searched in fine spectra.
    pub false_alarms_per_hour: f64,
    /// The beacons' channels, 1..=[`CHANNELS_MAX`].
    pub channels: Vec<ChannelConfig>,
}

impl SenseConfig {
    /// The frequencies that the SDR goes through, [`SenseConfig::center_hz`] first.
    pub fn centers_hz(&self) -> impl Iterator<Item = f64> {
        std::iter::once(self.center_hz).chain(self.more_centers_hz.iter().copied())
    }

    /// Whether the band about `center_hz` holds all of the channel.
    pub fn holds(&self, center_hz: f64, channel: &ChannelConfig) -> bool {
        let (low, high) = self.span_hz(center_hz, channel.bandwidth_hz);
        // Numbers written by people are rounded: half a bin beyond the edge is not seen.
        let rounding_hz = self.sample_rate_sps / self.fft_len as f64 / 2.0;
        (low - rounding_hz..=high + rounding_hz).contains(&channel.frequency_hz)
    }

    /// The parts of a channel's band that the aircraft's own lines take, Hz, those that touch as one.
    pub fn own_noise_in(&self, channel: &ChannelConfig) -> Vec<(f64, f64)> {
        let half_hz = channel.bandwidth_hz / 2.0;
        let (from_hz, to_hz) = (channel.frequency_hz - half_hz, channel.frequency_hz + half_hz);
        let within = self.own_noise.iter().map(|line| (line.low_hz.max(from_hz), line.high_hz.min(to_hz)));
        let mut parts: Vec<(f64, f64)> = within.filter(|(low, high)| low < high).collect();
        parts.sort_by(|a, b| a.0.total_cmp(&b.0));
        parts.dedup_by(|next, last| {
            let touches = next.0 <= last.1;
            last.1 = if touches { last.1.max(next.1) } else { last.1 };
            touches
        });
        parts
    }

    /// Where the middle of a channel of this bandwidth can lie, Hz.
    fn span_hz(&self, center_hz: f64, bandwidth_hz: f64) -> (f64, f64) {
        let half_band = self.sample_rate_sps / 2.0;
        (center_hz - half_band + bandwidth_hz / 2.0, center_hz + half_band - bandwidth_hz / 2.0)
    }
}

/// A line at a fixed frequency that the aircraft itself sends (its motors, converters, cameras).
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct OwnLine {
    /// From here, Hz,
    pub low_hz: f64,
    /// to here.
    pub high_hz: f64,
    /// Its strength over the noise, dB-Hz.
    pub cn0_db_hz: f64,
}

/// One beacon's channel.
#[derive(Clone, Debug, PartialEq)]
pub struct ChannelConfig {
    /// Name for people, 1..=24 bytes.
    pub name: String,
    /// Centre frequency, within the band the SDR sees.
    pub frequency_hz: f64,
    /// Bandwidth, > 0.
    pub bandwidth_hz: f64,
    /// What kind of emission is sought.
    pub emission: Emission,
    /// Shortest pulse that counts, µs.
    pub pulse_width_min_us: u32,
    /// Longest pulse; what is on for longer is cut and flagged.
    pub pulse_width_max_us: u32,
    /// Dips shorter than this do not end a pulse (the bits inside a keyed burst), µs.
    pub pulse_bridge_us: u32,
    /// Rise over the noise floor at which a pulse begins, dB.
    pub pulse_trigger_db: f64,
}

/// What kind of emission is sought on a channel.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Emission {
    /// On all the time.
    Continuous,
    /// A train of pulses.
    Pulsed(PulseTrain),
    /// Either.
    Any(PulseTrain),
    /// Packets of chirps as wide as the channel (LoRa).
    Chirp(Spreading),
    /// Bursts of a 406 MHz distress beacon of Cospas-Sarsat, each by itself, with the message in them.
    CospasSarsat,
}

/// Spreading factors that are sought: a chirp takes 2^SF over its bandwidth.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub struct Spreading {
    /// The smallest, 7..=12.
    pub min: u8,
    /// The largest, 7..=12.
    pub max: u8,
}

impl Emission {
    /// The train of pulses sought, if any.
    pub fn train(&self) -> Option<PulseTrain> {
        match self {
            Emission::Continuous | Emission::Chirp(_) => None,
            Emission::Pulsed(train) | Emission::Any(train) => Some(*train),
            Emission::CospasSarsat => Some(COSPAS_SARSAT_TRAIN),
        }
    }

    /// Period that a standard says, before one was measured, µs.
    pub fn period_us(&self) -> Option<f64> {
        matches!(self, Emission::CospasSarsat).then_some(COSPAS_SARSAT_PERIOD_US)
    }

    /// Whether a carrier is sought.
    pub fn has_carrier(&self) -> bool {
        matches!(self, Emission::Continuous | Emission::Any(_))
    }
}

/// The mean of what C/S T.001 2.2.1 allows.
const COSPAS_SARSAT_PERIOD_US: f64 = 50e6;

/// A burst each 47.5 to 52.5 s (C/S T.001 2.2.1), any one of which counts.
const COSPAS_SARSAT_TRAIN: PulseTrain = PulseTrain {
    period_min_us: 47_500_000,
    period_max_us: 52_500_000,
    jitter_ratio_max: 0.02,
    pulses_min: 1,
    pattern: Pattern::SINGLE,
};

/// How a channel's accepted false alarms are divided among what watches it; 0: that does not.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Shares {
    /// Readings over the trigger.
    pub carrier: f64,
    /// Lines in fine spectra.
    pub line: f64,
    /// Energy of any modulation, over longer times than readings.
    pub energy: f64,
    /// Preambles of chirps.
    pub chirp: f64,
    /// Pulses of readings' own frames.
    pub pulses: f64,
    /// Chains of pulses in fine spectra.
    pub train: f64,
    /// Distress bursts in fine spectra.
    pub burst: f64,
}

impl ChannelConfig {
    /// Equal ones for carriers and pulses where both are sought, and of either for the sense pass's own frames and for what is summed over longer:
    /// lines and energy, or trains, where the channel is narrow enough for lines and trains.
    pub fn shares(&self) -> Shares {
        let (carriers, pulses, is_train) = match self.emission {
            Emission::Continuous => (1.0, 0.0, false),
            Emission::Pulsed(train) => (0.0, 1.0, train.pulses_min > 1),
            Emission::Any(train) => (0.5, 0.5, train.pulses_min > 1),
            Emission::Chirp(_) => (0.0, 0.0, false),
            Emission::CospasSarsat => (0.0, 1.0, false),
        };
        let chirp = 1.0 - carriers - pulses;
        let fine = |of: f64, is_searched: bool| if is_searched { of / 2.0 } else { 0.0 };
        let is_narrow = self.bandwidth_hz <= LINE_WIDTH_MAX_HZ;
        let line = fine(carriers, is_narrow) / 2.0;
        let energy = carriers / 2.0 - line;
        let train = fine(pulses, is_train && self.bandwidth_hz <= TRAIN_WIDTH_MAX_HZ);
        let is_burst = self.emission == Emission::CospasSarsat;
        let burst = fine(pulses, is_burst && self.bandwidth_hz <= BURST_WIDTH_MAX_HZ);
        let pulses = pulses - train - burst;
        Shares { carrier: carriers / 2.0, line, energy, chirp, pulses, train, burst }
    }

    /// What is on for longer than this is a carrier and no pulse, µs.
    pub fn longest_pulse_us(&self) -> u32 {
        match self.emission {
            Emission::Continuous => self.pulse_width_max_us.min(CONTINUOUS_PULSE_MAX_US),
            Emission::Pulsed(_) | Emission::Any(_) | Emission::Chirp(_) | Emission::CospasSarsat => {
                self.pulse_width_max_us
            }
        }
    }
}

/// With [`Emission::Continuous`] longer pulses than this need not be told from a carrier, µs.
const CONTINUOUS_PULSE_MAX_US: u32 = 1_000_000;

/// The pulse train sought.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct PulseTrain {
    /// Shortest period, µs. Equal to the longest when the period is known.
    pub period_min_us: u32,
    /// Longest period, µs.
    pub period_max_us: u32,
    /// Largest deviation of a pulse from its place in the train, share of the period (0..0.5).
    pub jitter_ratio_max: f64,
    /// Pulses that must fall into place (1..=32); 1 takes any single pulse for the beacon.
    pub pulses_min: u8,
    /// Pulses of the group that comes each period.
    pub pattern: Pattern,
}

/// When the pulses of a group begin (coded tags): the later ones after the first.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Pattern {
    later_us: [u32; PATTERN_LATER_MAX],
}

impl Pattern {
    /// One pulse each period.
    pub const SINGLE: Pattern = Pattern { later_us: [0; PATTERN_LATER_MAX] };

    /// Of later pulses so long after the first, µs; `None` unless they are up to [`PATTERN_LATER_MAX`], ascending from more than 0.
    pub fn new(later_us: &[u32]) -> Option<Pattern> {
        let mut pattern = Pattern::SINGLE;
        pattern.later_us.get_mut(..later_us.len())?.copy_from_slice(later_us);
        let is_ascending = later_us.first() != Some(&0) && later_us.windows(2).all(|pair| pair[0] < pair[1]);
        is_ascending.then_some(pattern)
    }

    /// The later pulses, after the first, µs, ascending.
    pub fn later_us(&self) -> impl Iterator<Item = u32> {
        self.later_us.into_iter().take_while(|later| *later > 0)
    }

    /// Pulses of the group, 1 to 8.
    pub fn pulses(&self) -> usize {
        1 + self.later_us().count()
    }

    /// From the first pulse's start to the last one's, µs.
    pub fn span_us(&self) -> u32 {
        self.later_us().last().unwrap_or(0)
    }

    /// The shortest time from one pulse's start to the next one's, µs; `None` of single pulses.
    pub fn step_min_us(&self) -> Option<u32> {
        let before = std::iter::once(0).chain(self.later_us());
        self.later_us().zip(before).map(|(later, before)| later - before).min()
    }
}

/// Settings of the statistics and of detection.
#[derive(Clone, Debug, PartialEq)]
pub struct AnalyticsConfig {
    /// Window of the temporal noise floor. Default 10 s.
    pub floor_window_us: u32,
    /// Percentile of the temporal noise floor, 0..=1. Default 0.10.
    pub floor_percentile: f64,
    /// Window of the trend. Default 2 s.
    pub trend_window_us: u32,
    /// Window of rolling mean and volatility. Default 1 s.
    pub rolling_window_us: u32,
    /// Time constant of the filtered power. Default 0.5 s.
    pub ewma_time_constant_us: u32,
    /// Window of the plane fit of the gradient. Default 20 s.
    pub gradient_window_us: u32,
    /// Readings are averaged into cells of this edge before the plane fit, m. Default 2.
    pub gradient_cell_m: f64,
    /// Spread of the positions' smaller axis under which no gradient is stated, m. Default 2.
    pub gradient_spread_min_m: f64,
    /// SNR at which a detection begins, dB. Default 12.
    pub trigger_db: f64,
    /// SNR under which it ends, dB, < `trigger_db`. Default 6.
    pub drop_db: f64,
    /// For how long the condition must hold, µs. Default 50 000.
    pub debounce_us: u32,
    /// For how long the beacon must be unheard before a detection ends, µs; for pulse trains at least 2.5 periods are
    /// waited. Default 1 000 000.
    pub hold_us: u32,
    /// Chance of a false detection per channel and hour that the operator accepts, (0, 1]. Default 0.05.
    pub false_alarms_per_hour: f64,
}

/// Settings of the state machine and of steering.
#[derive(Clone, Debug, PartialEq)]
pub struct HomingConfig {
    /// Ground speed, m/s.
    pub speed_mps: f64,
    /// Radius of the region of 95 % at which the place of the beacon is known well enough to hold there, m.
    pub hold_radius_m: f64,
    /// Longest time in which that place is made surer before it is held as well as it is known, µs.
    pub refine_us: u32,
    /// Yaw rate at most, rad/s.
    pub yaw_rate_max_rad_s: f64,
    /// Height above home to sink to over the place of the beacon, m; without it all is flown level.
    pub height_min_m: Option<f64>,
    /// So fast may the beacon move, m/s; 0: it lies still, and all that was ever heard tells where.
    pub beacon_speed_mps: f64,
    /// How long DETECTING lasts before HOMING may begin, µs.
    pub detecting_us: u32,
    /// How long the beacon may be unheard in HOMING before it is looked for where it was believed to be, µs.
    pub lost_us: u32,
    /// How long it is looked for there before SEARCHING, µs.
    pub recover_us: u32,
    /// How long HOLDING keeps commanding (zero velocity) before homing is over, µs.
    pub holding_us: u32,
}

/// Settings of the interlocks: limits, never switches. There is no setting that turns an interlock off.
#[derive(Clone, Debug, PartialEq)]
pub struct InterlockConfig {
    /// Ground speed at most, m/s.
    pub speed_max_mps: f64,
    /// Climb or sink rate at most, m/s.
    pub climb_max_mps: f64,
    /// Yaw rate at most, rad/s.
    pub yaw_rate_max_rad_s: f64,
    /// Change of commanded velocity at most, m/s². Default 2.5.
    pub slew_max_mps2: f64,
    /// Heartbeat older than this is stale. Default 2 500 000.
    pub heartbeat_age_max_us: u32,
    /// Attitude and position older than this are stale. Default 500 000.
    pub pose_age_max_us: u32,
    /// GPS, EKF and battery older than this are stale. Default 3 000 000.
    pub status_age_max_us: u32,
    /// Newest reading older than this: the SDR is not alive. Default 500 000.
    pub reading_age_max_us: u32,
    /// Newest facts older than this are stale. Default 500 000.
    pub facts_age_max_us: u32,
    /// Time between control passes over which the pass is late. Default 150 000.
    pub pass_gap_max_us: u32,
    /// GPS fix type at least (3 = 3D).
    pub fix_min: u8,
    /// Satellites at least.
    pub satellites_min: u8,
    /// HDOP at most.
    pub hdop_max: f64,
    /// A jump of position over this (beyond what speed explains), m. Default 10.
    pub jump_max_m: f64,
    /// How long a jump keeps homing locked, µs. Default 5 000 000.
    pub jump_lock_us: u32,
    /// Remaining battery at least, 0..=1.
    pub battery_min_ratio: f64,
    /// Battery voltage at least, V; 0 leaves it to the ratio.
    pub battery_min_v: f64,
    /// Stick deflection that releases control, share of full deflection. Default 0.10.
    pub stick_ratio_max: f64,
    /// For how long it must show, µs; a sample counts for the time since the sample before it. Default 60 000.
    pub stick_us: u32,
    /// Mean time between RC samples at most: more seldom, a short nudge of a stick could be missed. Default 250 000 µs.
    pub rc_interval_max_us: u32,
    /// Longest time in HOMING and HOLDING, µs.
    pub homing_max_us: u64,
    /// Time from a cause to standing still that the fence margin reckons with: margin = v·T + v²/2a. Default 1 000 000.
    pub reaction_us: u32,
    /// Deceleration that the fence margin reckons with, m/s². Default 2.5.
    pub brake_mps2: f64,
    /// Where the aircraft may be led.
    pub fence: FenceConfig,
    /// Height above the ground at least, m, where it is known. Default 10.
    pub ground_clearance_min_m: f64,
    /// Whether it must be known. Default: it must.
    pub terrain: TerrainRule,
    /// Where the samples come from.
    pub samples: Samples,
}

/// Whether homing may fly where the height above the ground is not known.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum TerrainRule {
    /// It must be known.
    Known,
    /// It may be unknown: the ground is no higher than home wherever the fence reaches.
    MayBeUnknown,
}

/// Where the samples come from: a recording must not steer a real aircraft.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Samples {
    /// A receiver.
    Live,
    /// A recording, on a bench: somebody said so.
    Bench,
    /// A recording.
    Recording,
}

/// Where the aircraft may be led: within the radius of home, within the polygon if there is one, within the band.
#[derive(Clone, Debug, PartialEq)]
pub struct FenceConfig {
    /// Radius about home, m.
    pub radius_m: f64,
    /// Corners of a polygon, in order; none = no polygon.
    pub polygon: Vec<Wgs84>,
    /// Lowest altitude above home, m.
    pub alt_rel_min_m: f64,
    /// Highest altitude above home, m.
    pub alt_rel_max_m: f64,
}
