//! What the engine is told before it starts: plain values with units, checked once by [`Config::check`].
//!
//! The host makes these from `skyhound.toml` (same keys, same names) and writes them into the flight file; nothing here
//! changes in flight.

use crate::geo::Wgs84;
use crate::limits::{CHANNELS_MAX, FENCE_CORNERS_MAX, FFT_LEN_MAX, FFT_LEN_MIN, NAME_BYTES};

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
}

/// Settings of the sense pass.
#[derive(Clone, Debug, PartialEq)]
pub struct SenseConfig {
    /// Sample rate in samples per second, 8 000..=20 000 000.
    pub sample_rate_sps: f64,
    /// Frequency the SDR is tuned to: bin 0 of the spectrum.
    pub center_hz: f64,
    /// FFT length, a power of two in [`FFT_LEN_MIN`]..=[`FFT_LEN_MAX`].
    pub fft_len: usize,
    /// Length of a hop, 1 000..=1 000 000 µs. Default 10 000.
    pub hop_us: u32,
    /// Half-width about 0 Hz that is excluded (the SDR's DC spike). 0 keeps DC.
    pub dc_exclude_hz: f64,
    /// Time between spectrum rows; 0 = none.
    pub spectrum_interval_us: u32,
    /// The beacons' channels, 1..=[`CHANNELS_MAX`].
    pub channels: Vec<ChannelConfig>,
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
}

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
    /// Forward speed while climbing the gradient, m/s.
    pub speed_mps: f64,
    /// Forward speed when the beacon is strong, m/s.
    pub slow_speed_mps: f64,
    /// SNR over which the beacon is strong, dB.
    pub strong_snr_db: f64,
    /// SNR over which the peak is near enough to hold, dB.
    pub hold_snr_db: f64,
    /// Yaw rate at most, rad/s.
    pub yaw_rate_max_rad_s: f64,
    /// Amplitude of the S-turn's heading, rad.
    pub s_turn_amplitude_rad: f64,
    /// Period of the S-turn, µs.
    pub s_turn_period_us: u32,
    /// Largest 1-sigma of the gradient's bearing that is flown, rad.
    pub bearing_sigma_max_rad: f64,
    /// How long DETECTING lasts before HOMING may begin, µs.
    pub detecting_us: u32,
    /// How long the beacon may be unheard in HOMING before SEARCHING, µs.
    pub lost_us: u32,
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

/// What is wrong with a setting: the key as in `skyhound.toml`, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// Key, for example `analytics.trigger_db`.
    pub key: String,
    /// What is wrong and what to write instead.
    pub mend: String,
}

impl std::fmt::Display for ConfigError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.key, self.mend)
    }
}

impl std::error::Error for ConfigError {}

fn within(key: &str, value: f64, low: f64, high: f64, unit: &str) -> Result<(), ConfigError> {
    if value.is_finite() && (low..=high).contains(&value) {
        return Ok(());
    }
    Err(refuse(key, format!("{value} is out of range; write {low} to {high} {unit}")))
}

fn refuse(key: &str, mend: impl Into<String>) -> ConfigError {
    ConfigError { key: key.to_string(), mend: mend.into() }
}

impl Config {
    /// Checks every value against its range and against the others.
    ///
    /// # Errors
    /// The first key that is out of range, with the range.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.sense.check()?;
        self.analytics.check()?;
        self.homing.check(&self.interlock)?;
        self.interlock.check()
    }
}

impl SenseConfig {
    /// See [`Config::check`].
    ///
    /// # Errors
    /// The first key that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        within("sdr.sample_rate_sps", self.sample_rate_sps, 8e3, 100e6, "samples/s")?;
        within("sdr.frequency_hz", self.center_hz, 0.0, 100e9, "Hz")?;
        if !self.fft_len.is_power_of_two() || !(FFT_LEN_MIN..=FFT_LEN_MAX).contains(&self.fft_len) {
            let mend = format!("{}; write a power of two from {FFT_LEN_MIN} to {FFT_LEN_MAX}", self.fft_len);
            return Err(refuse("sense.fft_len", mend));
        }
        within("sense.hop_us", f64::from(self.hop_us), 1e3, 1e6, "µs")?;
        if f64::from(self.hop_us) * 1e-6 * self.sample_rate_sps < self.fft_len as f64 {
            let mend = format!(
                "{} samples are longer than a hop of {} µs at {} samples/s; write a smaller fft_len or a longer hop_us",
                self.fft_len, self.hop_us, self.sample_rate_sps
            );
            return Err(refuse("sense.fft_len", mend));
        }
        within("sense.dc_exclude_hz", self.dc_exclude_hz, 0.0, self.sample_rate_sps / 4.0, "Hz")?;
        within("sense.spectrum_interval_us", f64::from(self.spectrum_interval_us), 0.0, 60e6, "µs")?;
        if self.channels.is_empty() || self.channels.len() > CHANNELS_MAX {
            return Err(refuse(
                "beacon",
                format!("{} beacons; write 1 to {CHANNELS_MAX}", self.channels.len()),
            ));
        }
        for (index, channel) in self.channels.iter().enumerate() {
            channel.check(&format!("beacon[{index}]"), self)?;
        }
        Ok(())
    }
}

impl ChannelConfig {
    fn check(&self, key: &str, sense: &SenseConfig) -> Result<(), ConfigError> {
        let at = |name: &str| format!("{key}.{name}");
        if self.name.is_empty() || self.name.len() > NAME_BYTES {
            return Err(refuse(&at("name"), format!("\"{}\"; write 1 to {NAME_BYTES} bytes", self.name)));
        }
        let half_band = sense.sample_rate_sps / 2.0;
        within(&at("bandwidth_hz"), self.bandwidth_hz, 1.0, sense.sample_rate_sps, "Hz")?;
        let low = sense.center_hz - half_band + self.bandwidth_hz / 2.0;
        let high = sense.center_hz + half_band - self.bandwidth_hz / 2.0;
        if !(low..=high).contains(&self.frequency_hz) {
            let mend = format!(
                "{} Hz with its bandwidth is outside the band the SDR sees; write {low} to {high} Hz, or mend \
                 sdr.frequency_hz or sdr.sample_rate_sps",
                self.frequency_hz
            );
            return Err(refuse(&at("frequency_hz"), mend));
        }
        within(&at("pulse_width_min_us"), f64::from(self.pulse_width_min_us), 100.0, 10e6, "µs")?;
        let width_min = f64::from(self.pulse_width_min_us);
        within(&at("pulse_width_max_us"), f64::from(self.pulse_width_max_us), width_min, 60e6, "µs")?;
        within(&at("pulse_bridge_us"), f64::from(self.pulse_bridge_us), 0.0, 1e6, "µs")?;
        within(&at("pulse_trigger_db"), self.pulse_trigger_db, 1.0, 60.0, "dB")?;
        if let Emission::Pulsed(train) | Emission::Any(train) = self.emission {
            within(&at("period_min_us"), f64::from(train.period_min_us), 1e3, 600e6, "µs")?;
            let period_min = f64::from(train.period_min_us);
            within(&at("period_max_us"), f64::from(train.period_max_us), period_min, 600e6, "µs")?;
            within(&at("jitter_ratio_max"), train.jitter_ratio_max, 0.0, 0.5, "of the period")?;
            within(&at("pulses_min"), f64::from(train.pulses_min), 1.0, 32.0, "pulses")?;
        }
        Ok(())
    }
}

impl AnalyticsConfig {
    fn check(&self) -> Result<(), ConfigError> {
        within("analytics.floor_window_us", f64::from(self.floor_window_us), 1e5, 100e6, "µs")?;
        within("analytics.floor_percentile", self.floor_percentile, 0.0, 1.0, "(0.1 = 10th)")?;
        within("analytics.trend_window_us", f64::from(self.trend_window_us), 1e5, 60e6, "µs")?;
        within("analytics.rolling_window_us", f64::from(self.rolling_window_us), 1e5, 60e6, "µs")?;
        within("analytics.gradient_window_us", f64::from(self.gradient_window_us), 1e6, 300e6, "µs")?;
        within("analytics.gradient_cell_m", self.gradient_cell_m, 0.1, 100.0, "m")?;
        within("analytics.gradient_spread_min_m", self.gradient_spread_min_m, 0.1, 1000.0, "m")?;
        within("analytics.trigger_db", self.trigger_db, 1.0, 60.0, "dB")?;
        within("analytics.drop_db", self.drop_db, 0.0, self.trigger_db, "dB (at most trigger_db)")?;
        within("analytics.debounce_us", f64::from(self.debounce_us), 0.0, 10e6, "µs")?;
        within("analytics.hold_us", f64::from(self.hold_us), 1e4, 600e6, "µs")?;
        within("analytics.false_alarms_per_hour", self.false_alarms_per_hour, 1e-9, 1.0, "per hour")
    }
}

impl HomingConfig {
    fn check(&self, limits: &InterlockConfig) -> Result<(), ConfigError> {
        within(
            "homing.speed_mps",
            self.speed_mps,
            0.1,
            limits.speed_max_mps,
            "m/s (interlock.speed_max_mps)",
        )?;
        within("homing.slow_speed_mps", self.slow_speed_mps, 0.1, self.speed_mps, "m/s (homing.speed_mps)")?;
        within("homing.strong_snr_db", self.strong_snr_db, 0.0, 120.0, "dB")?;
        within(
            "homing.hold_snr_db",
            self.hold_snr_db,
            self.strong_snr_db,
            120.0,
            "dB (at least strong_snr_db)",
        )?;
        within(
            "homing.yaw_rate_max_rad_s",
            self.yaw_rate_max_rad_s,
            0.01,
            limits.yaw_rate_max_rad_s,
            "rad/s",
        )?;
        within("homing.s_turn_amplitude_rad", self.s_turn_amplitude_rad, 0.05, 1.5, "rad")?;
        within("homing.s_turn_period_us", f64::from(self.s_turn_period_us), 2e6, 120e6, "µs")?;
        within("homing.bearing_sigma_max_rad", self.bearing_sigma_max_rad, 0.05, 1.5, "rad")?;
        within("homing.detecting_us", f64::from(self.detecting_us), 0.0, 60e6, "µs")?;
        within("homing.lost_us", f64::from(self.lost_us), 1e5, 120e6, "µs")?;
        within("homing.holding_us", f64::from(self.holding_us), 1e6, 600e6, "µs")
    }
}

impl InterlockConfig {
    fn check(&self) -> Result<(), ConfigError> {
        within("interlock.speed_max_mps", self.speed_max_mps, 0.1, 20.0, "m/s")?;
        within("interlock.climb_max_mps", self.climb_max_mps, 0.0, 5.0, "m/s")?;
        within("interlock.yaw_rate_max_rad_s", self.yaw_rate_max_rad_s, 0.01, 3.0, "rad/s")?;
        within("interlock.slew_max_mps2", self.slew_max_mps2, 0.1, 5.0, "m/s²")?;
        within("interlock.heartbeat_age_max_us", f64::from(self.heartbeat_age_max_us), 1e6, 5e6, "µs")?;
        within("interlock.pose_age_max_us", f64::from(self.pose_age_max_us), 1e5, 2e6, "µs")?;
        within("interlock.status_age_max_us", f64::from(self.status_age_max_us), 5e5, 10e6, "µs")?;
        within("interlock.reading_age_max_us", f64::from(self.reading_age_max_us), 5e4, 5e6, "µs")?;
        within("interlock.facts_age_max_us", f64::from(self.facts_age_max_us), 1e5, 5e6, "µs")?;
        within("interlock.pass_gap_max_us", f64::from(self.pass_gap_max_us), 6e4, 1e6, "µs")?;
        within("interlock.fix_min", f64::from(self.fix_min), 3.0, 6.0, "(3 = 3D fix)")?;
        within("interlock.satellites_min", f64::from(self.satellites_min), 4.0, 40.0, "satellites")?;
        within("interlock.hdop_max", self.hdop_max, 0.5, 10.0, "")?;
        within("interlock.jump_max_m", self.jump_max_m, 1.0, 100.0, "m")?;
        within("interlock.jump_lock_us", f64::from(self.jump_lock_us), 1e6, 60e6, "µs")?;
        within("interlock.battery_min_ratio", self.battery_min_ratio, 0.05, 0.95, "of full charge")?;
        within("interlock.battery_min_v", self.battery_min_v, 0.0, 100.0, "V")?;
        within("interlock.stick_ratio_max", self.stick_ratio_max, 0.02, 0.5, "of full deflection")?;
        within("interlock.stick_us", f64::from(self.stick_us), 0.0, 500e3, "µs")?;
        within("interlock.rc_interval_max_us", f64::from(self.rc_interval_max_us), 20e3, 500e3, "µs")?;
        within("interlock.ground_clearance_min_m", self.ground_clearance_min_m, 0.0, 100.0, "m")?;
        within("interlock.homing_max_us", self.homing_max_us as f64, 1e6, 3.6e9, "µs")?;
        within("interlock.reaction_us", f64::from(self.reaction_us), 1e5, 5e6, "µs")?;
        within("interlock.brake_mps2", self.brake_mps2, 0.5, 10.0, "m/s²")?;
        self.fence.check()
    }
}

impl FenceConfig {
    fn check(&self) -> Result<(), ConfigError> {
        within("interlock.fence.radius_m", self.radius_m, 10.0, 20e3, "m")?;
        within("interlock.fence.alt_rel_min_m", self.alt_rel_min_m, -100.0, 1000.0, "m above home")?;
        let low = self.alt_rel_min_m + 1.0;
        within("interlock.fence.alt_rel_max_m", self.alt_rel_max_m, low, 1000.0, "m above home")?;
        if self.polygon.len() > FENCE_CORNERS_MAX || (1..3).contains(&self.polygon.len()) {
            let mend = format!("{} corners; write none, or 3 to {FENCE_CORNERS_MAX}", self.polygon.len());
            return Err(refuse("interlock.fence.polygon", mend));
        }
        for corner in &self.polygon {
            if Wgs84::checked(corner.lat_deg, corner.lon_deg).is_none() {
                return Err(refuse("interlock.fence.polygon", format!("{corner:?} is no place on WGS84")));
            }
        }
        Ok(())
    }
}
