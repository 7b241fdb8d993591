//! From checked values to what the parts of the program take, in their units: the one place where s, ms and deg of the
//! file become µs and rad.
//!
//! Every value read here without `optional_` has a default in the template; a test holds that.

use std::path::PathBuf;

use skyhound::config::{
    AnalyticsConfig, Emission, FenceConfig, HomingConfig, InterlockConfig, Pattern, PulseTrain, Samples,
    SearchPattern, Spreading, TerrainRule,
};
use toml::Value;

use super::cot::destinations;
use super::keys::{as_number, numbers, polygon};
use super::layers::Layers;
use super::{
    AntennaSettings, AutopilotSettings, BeaconSettings, CotSettings, DaemonSettings, GroundSettings,
    IqSettings, Pace, RecorderSettings, RetentionSettings, SdrSettings, SearchSettings, SenseSettings,
    StationSettings,
};

const DEVICE_RATE_SPS: f64 = 2_048_000.0;
const DEVICE_FREQUENCY_HZ: f64 = 433_920_000.0;

impl Layers {
    fn value(&self, path: &str) -> Option<&Value> {
        self.entries.get(path).map(|entry| &entry.value)
    }

    fn optional_number(&self, path: &str) -> Option<f64> {
        self.value(path).and_then(as_number)
    }

    fn number(&self, path: &str) -> f64 {
        self.optional_number(path).unwrap_or_else(|| panic!("the template has no {path}"))
    }

    fn whole<T: TryFrom<i64>>(&self, path: &str) -> T {
        let whole = self.value(path).and_then(Value::as_integer).and_then(|whole| T::try_from(whole).ok());
        whole.unwrap_or_else(|| panic!("the template has no {path}, or its range is wider than its type"))
    }

    fn optional_text(&self, path: &str) -> Option<String> {
        self.value(path).and_then(Value::as_str).map(str::to_string)
    }

    fn text(&self, path: &str) -> String {
        self.optional_text(path).unwrap_or_else(|| panic!("the template has no {path}"))
    }

    fn is_on(&self, path: &str) -> bool {
        self.value(path).and_then(Value::as_bool).unwrap_or_else(|| panic!("the template has no {path}"))
    }

    /// Seconds as µs.
    fn s(&self, path: &str) -> u32 {
        (self.number(path) * 1e6).round() as u32
    }

    /// Milliseconds as µs.
    fn ms(&self, path: &str) -> u32 {
        (self.number(path) * 1e3).round() as u32
    }

    /// Degrees as rad.
    fn deg(&self, path: &str) -> f64 {
        self.number(path).to_radians()
    }

    fn family<T>(&self, prefix: &str, take: impl Fn(&Value) -> Option<T>) -> Vec<(String, T)> {
        let named = |(path, entry): (&String, &super::layers::Entry)| {
            Some((path.strip_prefix(prefix)?.to_string(), take(&entry.value)?))
        };
        self.entries.iter().filter_map(named).collect()
    }

    pub(super) fn sdr(&self) -> SdrSettings {
        let source = self.text("sdr.source");
        let device = |default: f64| source.starts_with("soapy:").then_some(default);
        SdrSettings {
            sample_rate_sps: self.optional_number("sdr.sample_rate_sps").or(device(DEVICE_RATE_SPS)),
            frequency_hz: self
                .optional_number("sdr.frequency_hz")
                .or_else(|| device(self.device_frequency_hz())),
            gain_db: self.optional_number("sdr.gain_db"),
            gain_elements_db: self.family("sdr.gain_elements_db.", as_number),
            bandwidth_hz: self.optional_number("sdr.bandwidth_hz"),
            antenna: self.optional_text("sdr.antenna"),
            correction_ppm: self.number("sdr.correction_ppm"),
            own_noise: self.optional_text("sdr.own_noise").map(PathBuf::from),
            format: self.text("sdr.format"),
            stream_args: self.family("sdr.stream_args.", |value| value.as_str().map(str::to_string)),
            stall_timeout_us: self.s("sdr.stall_timeout_s"),
            reopen_wait_min_us: self.s("sdr.reopen_wait_min_s"),
            reopen_wait_max_us: self.s("sdr.reopen_wait_max_s"),
            clock_slack_us: self.ms("sdr.clock_slack_ms"),
            file_repeat: self.is_on("sdr.file.repeat"),
            file_swap_iq: self.is_on("sdr.file.swap_iq"),
            file_full_scale: self.optional_number("sdr.file.full_scale"),
            source,
        }
    }

    /// Where a device is tuned that nobody tuned: amid the beacons, where they are elsewhere than in the usual band.
    fn device_frequency_hz(&self) -> f64 {
        let rate_sps = self.optional_number("sdr.sample_rate_sps").unwrap_or(DEVICE_RATE_SPS);
        let centers = (0..self.beacon_count)
            .filter_map(|number| self.optional_number(&format!("beacon.{number}.frequency_hz")));
        let outer =
            centers.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), hz| (hz.min(low), hz.max(high)));
        let is_usual = |hz: f64| (hz - DEVICE_FREQUENCY_HZ).abs() < rate_sps / 2.0;
        match outer {
            (low, high) if low > high || (is_usual(low) && is_usual(high)) => DEVICE_FREQUENCY_HZ,
            (low, high) => (low + high) / 2.0,
        }
    }

    pub(super) fn pace(&self) -> Pace {
        if self.text("sdr.file.pace") == "max" { Pace::Max } else { Pace::Realtime }
    }

    pub(super) fn sense(&self) -> SenseSettings {
        SenseSettings {
            fft_len: self.optional_number("sense.fft_len").map(|len| len as usize),
            hop_us: self.ms("sense.hop_ms"),
            dc_exclude_hz: self.optional_number("sense.dc_exclude_hz"),
            spectrum_interval_us: self.s("sense.spectrum_interval_s"),
        }
    }

    pub(super) fn beacon(&self, number: usize) -> BeaconSettings {
        let at = |name: &str| format!("beacon.{number}.{name}");
        let train = PulseTrain {
            period_min_us: self.ms(&at("period_min_ms")),
            period_max_us: self.ms(&at("period_max_ms")),
            jitter_ratio_max: self.number(&at("jitter_ratio_max")),
            pulses_min: self.whole(&at("pulses_min")),
            pattern: self.pattern(number),
        };
        BeaconSettings {
            name: self.text(&at("name")),
            frequency_hz: self.optional_number(&at("frequency_hz")),
            offset_hz: self.optional_number(&at("offset_hz")).unwrap_or(0.0),
            bandwidth_hz: self.optional_number(&at("bandwidth_hz")),
            emission: match self.text(&at("emission")).as_str() {
                "continuous" => Emission::Continuous,
                "pulsed" => Emission::Pulsed(train),
                "chirp" => Emission::Chirp(Spreading {
                    min: self.whole(&at("spreading_min")),
                    max: self.whole(&at("spreading_max")),
                }),
                "cospas_sarsat" => Emission::CospasSarsat,
                _ => Emission::Any(train),
            },
            pulse_width_min_us: self.ms(&at("pulse_width_min_ms")),
            pulse_width_max_us: self.ms(&at("pulse_width_max_ms")),
            pulse_bridge_us: self.ms(&at("pulse_bridge_ms")),
            pulse_trigger_db: self.number(&at("pulse_trigger_db")),
        }
    }

    pub(super) fn pattern(&self, number: usize) -> Pattern {
        let later = self.value(&format!("beacon.{number}.pattern_ms")).and_then(Value::as_array);
        let later_ms = later.and_then(|later| numbers(later)).unwrap_or_default();
        let later_us: Vec<u32> = later_ms.iter().map(|ms| (ms * 1e3).round() as u32).collect();
        Pattern::new(&later_us).unwrap_or_default()
    }

    pub(super) fn analytics(&self) -> AnalyticsConfig {
        AnalyticsConfig {
            floor_window_us: self.s("analytics.floor_window_s"),
            floor_percentile: self.number("analytics.floor_percentile"),
            trend_window_us: self.s("analytics.trend_window_s"),
            rolling_window_us: self.s("analytics.rolling_window_s"),
            ewma_time_constant_us: self.s("analytics.ewma_time_constant_s"),
            gradient_window_us: self.s("analytics.gradient_window_s"),
            gradient_cell_m: self.number("analytics.gradient_cell_m"),
            gradient_spread_min_m: self.number("analytics.gradient_spread_min_m"),
            trigger_db: self.number("analytics.trigger_db"),
            drop_db: self.number("analytics.drop_db"),
            debounce_us: self.ms("analytics.debounce_ms"),
            hold_us: self.s("analytics.hold_s"),
            false_alarms_per_hour: self.number("analytics.false_alarms_per_hour"),
        }
    }

    pub(super) fn antenna(&self) -> AntennaSettings {
        match (self.text("antenna.kind").as_str(), self.optional_text("antenna.pattern")) {
            ("omni", _) => AntennaSettings::Omni,
            ("directional", Some(pattern)) => {
                AntennaSettings::Directional(pattern.into(), self.text("antenna.polarisation") == "vertical")
            }
            _ => AntennaSettings::Whip,
        }
    }

    pub(super) fn homing(&self) -> HomingConfig {
        HomingConfig {
            speed_mps: self.number("homing.speed_mps"),
            hold_radius_m: self.number("homing.hold_radius_m"),
            refine_us: self.s("homing.refine_s"),
            yaw_rate_max_rad_s: self.deg("homing.yaw_rate_max_deg_s"),
            height_min_m: self.optional_number("homing.height_min_m"),
            beacon_speed_mps: self.number("homing.beacon_speed_mps"),
            detecting_us: self.s("homing.detecting_s"),
            lost_us: self.s("homing.lost_s"),
            recover_us: self.s("homing.recover_s"),
            holding_us: self.s("homing.holding_s"),
        }
    }

    pub(super) fn search(&self) -> SearchSettings {
        let corners = self.value("search.polygon").and_then(Value::as_array);
        SearchSettings {
            polygon: corners.and_then(|corners| polygon(corners).ok()).unwrap_or_default(),
            centre_lat_deg: self.optional_number("search.centre_lat_deg"),
            centre_lon_deg: self.optional_number("search.centre_lon_deg"),
            radius_m: self.optional_number("search.radius_m"),
            prior: self.optional_text("search.prior").map(PathBuf::from),
            pattern: match self.text("search.pattern").as_str() {
                "cs" => SearchPattern::CreepingLine,
                "ss" => SearchPattern::ExpandingSquare,
                "vs" => SearchPattern::Sector,
                "spiral" => SearchPattern::Spiral,
                _ => SearchPattern::ParallelTrack,
            },
            spacing_m: self.optional_number("search.spacing_m"),
            heading_rad: self.optional_number("search.heading_deg").map(f64::to_radians),
            speed_mps: self.optional_number("search.speed_mps"),
            height_m: self.number("search.height_m"),
            flies: self.is_on("search.fly"),
            power_dbm: self.number("search.power_dbm"),
            unsure_db: self.number("search.unsure_db"),
            exponent: self.number("search.exponent"),
            sigma_db: self.number("search.sigma_db"),
            listen_s: self.number("search.listen_s"),
            floor_dbm_hz: self.optional_number("search.floor_dbm_hz"),
            full_scale_dbm: self.optional_number("search.full_scale_dbm"),
        }
    }

    pub(super) fn interlock(&self, is_bench: bool) -> InterlockConfig {
        InterlockConfig {
            speed_max_mps: self.number("interlock.speed_max_mps"),
            climb_max_mps: self.number("interlock.climb_max_mps"),
            yaw_rate_max_rad_s: self.deg("interlock.yaw_rate_max_deg_s"),
            slew_max_mps2: self.number("interlock.slew_max_mps2"),
            heartbeat_age_max_us: self.s("interlock.heartbeat_age_max_s"),
            pose_age_max_us: self.s("interlock.pose_age_max_s"),
            status_age_max_us: self.s("interlock.status_age_max_s"),
            reading_age_max_us: self.s("interlock.reading_age_max_s"),
            facts_age_max_us: self.s("interlock.facts_age_max_s"),
            pass_gap_max_us: self.s("interlock.pass_gap_max_s"),
            fix_min: self.whole("interlock.fix_min"),
            satellites_min: self.whole("interlock.satellites_min"),
            hdop_max: self.number("interlock.hdop_max"),
            jump_max_m: self.number("interlock.jump_max_m"),
            jump_lock_us: self.s("interlock.jump_lock_s"),
            battery_min_ratio: self.number("interlock.battery_min_ratio"),
            battery_min_v: self.number("interlock.battery_min_v"),
            stick_ratio_max: self.number("interlock.stick_ratio_max"),
            stick_us: self.ms("interlock.stick_ms"),
            rc_interval_max_us: self.ms("interlock.rc_interval_max_ms"),
            ground_clearance_min_m: self.number("interlock.ground_clearance_min_m"),
            terrain: match self.text("interlock.terrain").as_str() {
                "may_be_unknown" => TerrainRule::MayBeUnknown,
                _ => TerrainRule::Known,
            },
            samples: match self.text("sdr.source").starts_with("file:") {
                true if is_bench => Samples::Bench,
                true => Samples::Recording,
                false => Samples::Live,
            },
            homing_max_us: u64::from(self.s("interlock.homing_max_s")),
            reaction_us: self.s("interlock.reaction_s"),
            brake_mps2: self.number("interlock.brake_mps2"),
            fence: self.fence(),
        }
    }

    fn fence(&self) -> FenceConfig {
        let corners = self.value("interlock.fence.polygon").and_then(Value::as_array);
        FenceConfig {
            radius_m: self.number("interlock.fence.radius_m"),
            polygon: corners.and_then(|corners| polygon(corners).ok()).unwrap_or_default(),
            alt_rel_min_m: self.number("interlock.fence.alt_rel_min_m"),
            alt_rel_max_m: self.number("interlock.fence.alt_rel_max_m"),
        }
    }

    pub(super) fn autopilot(&self) -> AutopilotSettings {
        AutopilotSettings {
            address: self.text("autopilot.address"),
            system: self.value("autopilot.system").map(|_| self.whole("autopilot.system")),
            component: self.whole("autopilot.component"),
            setpoint_hz: self.number("autopilot.setpoint_hz"),
            telemetry_hz: self.number("autopilot.telemetry_hz"),
            position_hz: self.number("autopilot.position_hz"),
            attitude_hz: self.number("autopilot.attitude_hz"),
            status_hz: self.number("autopilot.status_hz"),
            reconnect_wait_min_us: self.s("autopilot.reconnect_wait_min_s"),
            reconnect_wait_max_us: self.s("autopilot.reconnect_wait_max_s"),
        }
    }

    pub(super) fn recorder(&self) -> RecorderSettings {
        RecorderSettings {
            flights: PathBuf::from(self.text("recorder.flights")),
            commit_interval_us: self.ms("recorder.commit_interval_ms"),
            memory_limit_mb: self.whole("recorder.memory_limit_mb"),
            threads: self.whole("recorder.threads"),
            disk_reserve_mb: self.whole("recorder.disk_reserve_mb"),
            stall_bridge_s: self.whole("recorder.stall_bridge_s"),
            disk_warn_h: self.number("recorder.disk_warn_h"),
        }
    }

    pub(super) fn iq(&self) -> IqSettings {
        IqSettings {
            ring_s: self.number("recorder.iq.ring_s"),
            before_us: self.s("recorder.iq.before_s"),
            after_us: self.s("recorder.iq.after_s"),
            interval_us: self.s("recorder.iq.interval_s"),
            disk_mb: self.whole("recorder.iq.disk_mb"),
        }
    }

    pub(super) fn retention(&self) -> RetentionSettings {
        RetentionSettings {
            free_mb: self.whole("retention.free_mb"),
            flights_max: self.whole("retention.flights_max"),
            without_copy: self.is_on("retention.without_copy"),
        }
    }

    pub(super) fn daemon(&self) -> DaemonSettings {
        DaemonSettings {
            ctl_socket: self.optional_text("daemon.ctl_socket").map(PathBuf::from),
            realtime: self.is_on("daemon.realtime"),
            control_hz: self.number("daemon.control_hz"),
            query_clients: self.whole("daemon.query_clients"),
            query_max_s: self.whole("daemon.query_max_s"),
            query_memory_mb: self.whole("daemon.query_memory_mb"),
        }
    }

    pub(super) fn ground(&self) -> GroundSettings {
        GroundSettings {
            // Checked by the rules.
            listen: self.text("ground.listen").parse().ok(),
            token_file: self.optional_text("ground.token_file").map(PathBuf::from),
            tls: self.optional_text("ground.tls").map(PathBuf::from),
            maps: self.optional_text("ground.maps").map(PathBuf::from),
        }
    }

    pub(super) fn cot(&self) -> CotSettings {
        CotSettings {
            // Checked by the rules, as the interface is.
            to: destinations(&self.text("cot.to")).unwrap_or_default(),
            callsign: self.text("cot.callsign"),
            period_us: self.s("cot.period_s"),
            ttl: self.whole("cot.ttl"),
            interface: self.optional_text("cot.interface").and_then(|text| text.parse().ok()),
        }
    }

    pub(super) fn station(&self) -> StationSettings {
        let commanders = self.value("station.commanders").and_then(Value::as_array);
        let commanders = commanders.and_then(|values| numbers(values)).unwrap_or_default();
        StationSettings { commanders: commanders.into_iter().map(|system| system as u8).collect() }
    }
}
