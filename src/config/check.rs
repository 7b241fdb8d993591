//! Every value against its range and against the others, each refusal with what to write instead.

use super::{
    AnalyticsConfig, Antenna, ChannelConfig, Config, ConfigError, Emission, FenceConfig, HomingConfig,
    InterlockConfig, OwnLine, Pattern, SenseConfig,
};
use crate::geo::Wgs84;
use crate::limits::{
    CHANNELS_MAX, CHIRP_WIDTHS_HZ, FENCE_CORNERS_MAX, FFT_LEN_MAX, FFT_LEN_MIN, NAME_BYTES,
    PATTERN_SPAN_MAX_US,
};

pub(super) fn within(key: &str, value: f64, low: f64, high: f64, unit: &str) -> Result<(), ConfigError> {
    if value.is_finite() && (low..=high).contains(&value) {
        return Ok(());
    }
    Err(ConfigError::new(key, format!("{value} is out of range; write {low} to {high} {unit}")))
}

impl Config {
    /// Checks every value against its range and against the others.
    ///
    /// # Errors
    /// The first key that is out of range, with the range.
    pub fn check(&self) -> Result<(), ConfigError> {
        self.sense.check()?;
        if let Antenna::Directional(pattern) = &self.antenna
            && !pattern.is_finite()
        {
            return Err(ConfigError::new("antenna.pattern", "is not of numbers; write gains in dB"));
        }
        self.analytics.check()?;
        self.homing.check(&self.interlock)?;
        self.search.as_ref().map_or(Ok(()), |search| search.check(&self.interlock))?;
        self.interlock.check()
    }
}

impl Pattern {
    /// Whether groups of pulses so long and so far apart, µs, have their pulses and themselves apart.
    ///
    /// # Errors
    /// What is wrong and what to write, in ms.
    pub fn check(&self, pulse_width_max_us: u32, period_min_us: u32) -> Result<(), String> {
        let ms = |us: u32| f64::from(us) / 1e3;
        let (width, period, span) = (ms(pulse_width_max_us), ms(period_min_us), ms(self.span_us()));
        let Some(step) = self.step_min_us().map(ms) else { return Ok(()) };
        if self.span_us() > PATTERN_SPAN_MAX_US {
            return Err(format!("{span} is out of range; write at most {} ms", ms(PATTERN_SPAN_MAX_US)));
        }
        if step < 2.0 * width {
            return Err(format!(
                "pulses {step} ms apart, start to start, are too near for pulse_width_max_ms = {width}; write at least {} ms from one to the \
                 next, or a shorter pulse_width_max_ms",
                2.0 * width
            ));
        }
        if span + width >= period {
            return Err(format!(
                "a group of {span} ms and a pulse of pulse_width_max_ms = {width} do not fit in period_min_ms = {period}; write a longer \
                 period_min_ms or a shorter pattern"
            ));
        }
        Ok(())
    }
}

impl SenseConfig {
    /// See [`Config::check`].
    ///
    /// # Errors
    /// The first key that is out of range.
    pub fn check(&self) -> Result<(), ConfigError> {
        within("sdr.sample_rate_sps", self.sample_rate_sps, 8e3, 100e6, "samples/s")?;
        self.centers_hz().try_for_each(|hz| within("sdr.frequency_hz", hz, 0.0, 100e9, "Hz"))?;
        if !self.fft_len.is_power_of_two() || !(FFT_LEN_MIN..=FFT_LEN_MAX).contains(&self.fft_len) {
            let mend = format!("{}; write a power of two from {FFT_LEN_MIN} to {FFT_LEN_MAX}", self.fft_len);
            return Err(ConfigError::new("sense.fft_len", mend));
        }
        within("sense.hop_us", f64::from(self.hop_us), 1e3, 1e6, "µs")?;
        if f64::from(self.hop_us) * 1e-6 * self.sample_rate_sps < self.fft_len as f64 {
            let mend = format!(
                "{} samples are longer than a hop of {} µs at {} samples/s; write a smaller fft_len or a longer hop_us",
                self.fft_len, self.hop_us, self.sample_rate_sps
            );
            return Err(ConfigError::new("sense.fft_len", mend));
        }
        let dc_exclude_hz = self.dc_exclude_hz.unwrap_or(0.0);
        within("sense.dc_exclude_hz", dc_exclude_hz, 0.0, self.sample_rate_sps / 4.0, "Hz")?;
        within("sense.spectrum_interval_us", f64::from(self.spectrum_interval_us), 0.0, 60e6, "µs")?;
        self.own_noise.iter().try_for_each(OwnLine::check)?;
        if self.channels.is_empty() || self.channels.len() > CHANNELS_MAX {
            return Err(ConfigError::new(
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

impl OwnLine {
    /// Refuses what is no line.
    ///
    /// # Errors
    /// With key and mend.
    pub fn check(&self) -> Result<(), ConfigError> {
        let OwnLine { low_hz, high_hz, cn0_db_hz } = *self;
        if low_hz.is_finite() && high_hz.is_finite() && low_hz <= high_hz && !cn0_db_hz.is_nan() {
            return Ok(());
        }
        let mend = format!("a line from {low_hz} to {high_hz} Hz is none; learn it again");
        Err(ConfigError::new("sdr.own_noise", mend))
    }
}

impl ChannelConfig {
    fn check(&self, key: &str, sense: &SenseConfig) -> Result<(), ConfigError> {
        let at = |name: &str| format!("{key}.{name}");
        if self.name.is_empty() || self.name.len() > NAME_BYTES {
            return Err(ConfigError::new(
                at("name"),
                format!("\"{}\"; write 1 to {NAME_BYTES} bytes", self.name),
            ));
        }
        within(&at("bandwidth_hz"), self.bandwidth_hz, 1.0, sense.sample_rate_sps, "Hz")?;
        if !sense.centers_hz().any(|center_hz| sense.holds(center_hz, self)) {
            let off_hz = |center_hz: &f64| (center_hz - self.frequency_hz).abs();
            let nearest = sense.centers_hz().min_by(|a, b| off_hz(a).total_cmp(&off_hz(b)));
            let (low, high) = sense.span_hz(nearest.unwrap_or(sense.center_hz), self.bandwidth_hz);
            let mend = format!(
                "{} Hz with its bandwidth is outside the band the SDR sees; write {low} to {high} Hz, or mend \
                 sdr.frequency_hz or sdr.sample_rate_sps",
                self.frequency_hz
            );
            return Err(ConfigError::new(at("frequency_hz"), mend));
        }
        within(&at("pulse_width_min_us"), f64::from(self.pulse_width_min_us), 100.0, 10e6, "µs")?;
        let width_min = f64::from(self.pulse_width_min_us);
        within(&at("pulse_width_max_us"), f64::from(self.pulse_width_max_us), width_min, 60e6, "µs")?;
        within(&at("pulse_bridge_us"), f64::from(self.pulse_bridge_us), 0.0, 1e6, "µs")?;
        within(&at("pulse_trigger_db"), self.pulse_trigger_db, 1.0, 60.0, "dB")?;
        if let Some(train) = self.emission.train() {
            within(&at("period_min_us"), f64::from(train.period_min_us), 1e3, 600e6, "µs")?;
            let period_min = f64::from(train.period_min_us);
            within(&at("period_max_us"), f64::from(train.period_max_us), period_min, 600e6, "µs")?;
            within(&at("jitter_ratio_max"), train.jitter_ratio_max, 0.0, 0.5, "of the period")?;
            within(&at("pulses_min"), f64::from(train.pulses_min), 1.0, 32.0, "pulses")?;
            let pattern = train.pattern.check(self.pulse_width_max_us, train.period_min_us);
            pattern.map_err(|mend| ConfigError::new(at("pattern_us"), mend))?;
        }
        if let Emission::Chirp(spreading) = self.emission {
            let is_near = |hz: &f64| (hz / self.bandwidth_hz - 1.0).abs() < 0.01;
            if !CHIRP_WIDTHS_HZ.iter().any(is_near) {
                let mend = format!(
                    "{} Hz is no bandwidth of chirps; write that of yours: {}",
                    self.bandwidth_hz,
                    CHIRP_WIDTHS_HZ.map(|hz| hz.to_string()).join(", ")
                );
                return Err(ConfigError::new(at("bandwidth_hz"), mend));
            }
            within(&at("spreading_max"), f64::from(spreading.max), 7.0, 12.0, "")?;
            within(
                &at("spreading_min"),
                f64::from(spreading.min),
                7.0,
                f64::from(spreading.max),
                "(at most spreading_max)",
            )?;
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
        within("analytics.ewma_time_constant_us", f64::from(self.ewma_time_constant_us), 1e4, 60e6, "µs")?;
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
        within("homing.hold_radius_m", self.hold_radius_m, 0.0, 200.0, "m")?;
        within("homing.refine_us", f64::from(self.refine_us), 0.0, 1_800e6, "µs")?;
        within(
            "homing.yaw_rate_max_rad_s",
            self.yaw_rate_max_rad_s,
            0.01,
            limits.yaw_rate_max_rad_s,
            "rad/s",
        )?;
        if let Some(height_min_m) = self.height_min_m {
            within("homing.height_min_m", height_min_m, 1.0, 1000.0, "m")?;
        }
        within("homing.beacon_speed_mps", self.beacon_speed_mps, 0.0, 3.0, "m/s")?;
        within("homing.detecting_us", f64::from(self.detecting_us), 0.0, 60e6, "µs")?;
        within("homing.lost_us", f64::from(self.lost_us), 1e5, 120e6, "µs")?;
        within("homing.recover_us", f64::from(self.recover_us), 0.0, 1_800e6, "µs")?;
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
            return Err(ConfigError::new("interlock.fence.polygon", mend));
        }
        for corner in &self.polygon {
            if Wgs84::checked(corner.lat_deg, corner.lon_deg).is_none() {
                return Err(ConfigError::new(
                    "interlock.fence.polygon",
                    format!("{corner:?} is no place on WGS84"),
                ));
            }
        }
        Ok(())
    }
}
