//! Every key of the settings file: its path, unit and range, in the file's own units.
//!
//! One row per key. Defaults stand in `skyhound.toml` beside this, which is the other half of the table; a test holds the
//! two together. A path's `*` stands for a beacon's number or for a name that the device gives.

use skyhound::limits::{PATTERN_LATER_MAX, PATTERN_SPAN_MAX_US};
use toml::Value;

/// What a key takes.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// A number, whole or not.
    Number { low: f64, high: f64 },
    /// A whole number.
    Whole { low: i64, high: i64 },
    /// `true` or `false`.
    Bool,
    /// Any text that is not empty.
    Text,
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// A list of `[latitude, longitude]`.
    Polygon,
    /// An ascending list of numbers over 0, at most so many.
    Ascending { count_max: usize, high: f64 },
}

/// The least number of a list that ascends.
const ASCENDING_MIN: f64 = 0.1;

/// A key of the settings file.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(super) struct Key {
    /// Path, for example `analytics.trigger_db` or `beacon.*.name`.
    pub path: &'static str,
    /// What it takes.
    pub kind: Kind,
    /// Unit as people write it after a number; may be empty.
    pub unit: &'static str,
}

const fn number(path: &'static str, low: f64, high: f64, unit: &'static str) -> Key {
    Key { path, kind: Kind::Number { low, high }, unit }
}

const fn whole(path: &'static str, low: i64, high: i64, unit: &'static str) -> Key {
    Key { path, kind: Kind::Whole { low, high }, unit }
}

const fn text(path: &'static str) -> Key {
    Key { path, kind: Kind::Text, unit: "" }
}

const fn one_of(path: &'static str, words: &'static [&'static str]) -> Key {
    Key { path, kind: Kind::OneOf(words), unit: "" }
}

const fn switch(path: &'static str) -> Key {
    Key { path, kind: Kind::Bool, unit: "" }
}

/// All keys, in the file's order.
pub(super) const KEYS: &[Key] = &[
    text("sdr.source"),
    number("sdr.sample_rate_sps", 8e3, 100e6, "samples/s"),
    number("sdr.frequency_hz", 0.0, 100e9, "Hz"),
    number("sdr.gain_db", -100.0, 200.0, "dB"),
    number("sdr.bandwidth_hz", 1.0, 100e6, "Hz"),
    text("sdr.antenna"),
    number("sdr.correction_ppm", -1000.0, 1000.0, "ppm"),
    one_of("sdr.format", &["auto", "cu8", "cs8", "cs16", "cf32"]),
    number("sdr.stall_timeout_s", 0.1, 60.0, "s"),
    number("sdr.reopen_wait_min_s", 0.05, 60.0, "s"),
    number("sdr.reopen_wait_max_s", 0.05, 600.0, "s"),
    number("sdr.clock_slack_ms", 1.0, 10e3, "ms"),
    text("sdr.own_noise"),
    number("sdr.gain_elements_db.*", -100.0, 200.0, "dB"),
    text("sdr.stream_args.*"),
    switch("sdr.file.repeat"),
    one_of("sdr.file.pace", &["realtime", "max"]),
    switch("sdr.file.swap_iq"),
    number("sdr.file.full_scale", 1e-3, 1e12, ""),
    whole("sense.fft_len", 64, 16_384, "samples"),
    number("sense.hop_ms", 1.0, 1000.0, "ms"),
    number("sense.dc_exclude_hz", 0.0, 25e6, "Hz"),
    number("sense.spectrum_interval_s", 0.0, 60.0, "s"),
    text("beacon.*.name"),
    number("beacon.*.frequency_hz", 0.0, 100e9, "Hz"),
    number("beacon.*.offset_hz", -50e6, 50e6, "Hz"),
    number("beacon.*.bandwidth_hz", 1.0, 100e6, "Hz"),
    one_of("beacon.*.emission", &["continuous", "pulsed", "any", "chirp", "cospas_sarsat"]),
    number("beacon.*.pulse_width_min_ms", 0.1, 10e3, "ms"),
    number("beacon.*.pulse_width_max_ms", 0.1, 60e3, "ms"),
    number("beacon.*.pulse_bridge_ms", 0.0, 1000.0, "ms"),
    number("beacon.*.pulse_trigger_db", 1.0, 60.0, "dB"),
    number("beacon.*.period_min_ms", 1.0, 600e3, "ms"),
    number("beacon.*.period_max_ms", 1.0, 600e3, "ms"),
    number("beacon.*.jitter_ratio_max", 0.0, 0.5, "of the period"),
    whole("beacon.*.pulses_min", 1, 32, "pulses"),
    Key {
        path: "beacon.*.pattern_ms",
        kind: Kind::Ascending { count_max: PATTERN_LATER_MAX, high: PATTERN_SPAN_MAX_US as f64 / 1e3 },
        unit: "ms",
    },
    whole("beacon.*.spreading_min", 7, 12, ""),
    whole("beacon.*.spreading_max", 7, 12, ""),
    number("analytics.floor_window_s", 0.1, 100.0, "s"),
    number("analytics.floor_percentile", 0.0, 1.0, ""),
    number("analytics.trend_window_s", 0.1, 60.0, "s"),
    number("analytics.rolling_window_s", 0.1, 60.0, "s"),
    number("analytics.ewma_time_constant_s", 0.01, 60.0, "s"),
    number("analytics.gradient_window_s", 1.0, 300.0, "s"),
    number("analytics.gradient_cell_m", 0.1, 100.0, "m"),
    number("analytics.gradient_spread_min_m", 0.1, 1000.0, "m"),
    number("analytics.trigger_db", 1.0, 60.0, "dB"),
    number("analytics.drop_db", 0.0, 60.0, "dB"),
    number("analytics.debounce_ms", 0.0, 10e3, "ms"),
    number("analytics.hold_s", 0.01, 600.0, "s"),
    number("analytics.false_alarms_per_hour", 1e-9, 1.0, "per hour"),
    one_of("antenna.kind", &["whip", "omni", "directional"]),
    text("antenna.pattern"),
    one_of("antenna.polarisation", &["horizontal", "vertical"]),
    number("homing.speed_mps", 0.1, 20.0, "m/s"),
    number("homing.hold_radius_m", 0.0, 200.0, "m"),
    number("homing.refine_s", 0.0, 1800.0, "s"),
    number("homing.yaw_rate_max_deg_s", 0.6, 171.0, "deg/s"),
    number("homing.height_min_m", 1.0, 1000.0, "m"),
    number("homing.beacon_speed_mps", 0.0, 3.0, "m/s"),
    number("homing.detecting_s", 0.0, 60.0, "s"),
    number("homing.lost_s", 0.1, 120.0, "s"),
    number("homing.recover_s", 0.0, 1800.0, "s"),
    number("homing.holding_s", 1.0, 600.0, "s"),
    Key { path: "search.polygon", kind: Kind::Polygon, unit: "" },
    number("search.centre_lat_deg", -90.0, 90.0, "deg"),
    number("search.centre_lon_deg", -180.0, 180.0, "deg"),
    number("search.radius_m", 1.0, 20e3, "m"),
    text("search.prior"),
    one_of("search.pattern", &["ps", "cs", "ss", "vs", "spiral"]),
    number("search.spacing_m", 1.0, 20e3, "m"),
    number("search.heading_deg", 0.0, 360.0, "deg"),
    number("search.speed_mps", 0.1, 20.0, "m/s"),
    number("search.height_m", 1.0, 1000.0, "m"),
    switch("search.fly"),
    number("search.power_dbm", -200.0, 100.0, "dBm"),
    number("search.unsure_db", 0.0, 40.0, "dB"),
    number("search.exponent", 1.5, 6.0, ""),
    number("search.sigma_db", 0.0, 40.0, "dB"),
    number("search.listen_s", 0.1, 1800.0, "s"),
    number("search.floor_dbm_hz", -250.0, 0.0, "dBm/Hz"),
    number("search.full_scale_dbm", -250.0, 100.0, "dBm"),
    number("interlock.speed_max_mps", 0.1, 20.0, "m/s"),
    number("interlock.climb_max_mps", 0.0, 5.0, "m/s"),
    number("interlock.yaw_rate_max_deg_s", 0.6, 171.0, "deg/s"),
    number("interlock.slew_max_mps2", 0.1, 5.0, "m/s²"),
    number("interlock.heartbeat_age_max_s", 1.0, 5.0, "s"),
    number("interlock.pose_age_max_s", 0.1, 2.0, "s"),
    number("interlock.status_age_max_s", 0.5, 10.0, "s"),
    number("interlock.reading_age_max_s", 0.05, 5.0, "s"),
    number("interlock.facts_age_max_s", 0.1, 5.0, "s"),
    number("interlock.pass_gap_max_s", 0.06, 1.0, "s"),
    whole("interlock.fix_min", 3, 6, ""),
    whole("interlock.satellites_min", 4, 40, "satellites"),
    number("interlock.hdop_max", 0.5, 10.0, ""),
    number("interlock.jump_max_m", 1.0, 100.0, "m"),
    number("interlock.jump_lock_s", 1.0, 60.0, "s"),
    number("interlock.battery_min_ratio", 0.05, 0.95, "of full charge"),
    number("interlock.battery_min_v", 0.0, 100.0, "V"),
    number("interlock.stick_ratio_max", 0.02, 0.5, "of full deflection"),
    number("interlock.stick_ms", 0.0, 500.0, "ms"),
    number("interlock.rc_interval_max_ms", 20.0, 500.0, "ms"),
    number("interlock.homing_max_s", 1.0, 3600.0, "s"),
    number("interlock.reaction_s", 0.1, 5.0, "s"),
    number("interlock.brake_mps2", 0.5, 10.0, "m/s²"),
    number("interlock.ground_clearance_min_m", 0.0, 100.0, "m"),
    one_of("interlock.terrain", &["known", "may_be_unknown"]),
    number("interlock.fence.radius_m", 10.0, 20e3, "m"),
    Key { path: "interlock.fence.polygon", kind: Kind::Polygon, unit: "" },
    number("interlock.fence.alt_rel_min_m", -100.0, 1000.0, "m"),
    number("interlock.fence.alt_rel_max_m", -99.0, 1000.0, "m"),
    text("autopilot.address"),
    whole("autopilot.system", 1, 255, ""),
    whole("autopilot.component", 2, 250, ""),
    number("autopilot.setpoint_hz", 10.0, 20.0, "Hz"),
    number("autopilot.telemetry_hz", 0.0, 10.0, "Hz"),
    number("autopilot.position_hz", 4.0, 50.0, "Hz"),
    number("autopilot.attitude_hz", 4.0, 50.0, "Hz"),
    number("autopilot.status_hz", 1.0, 20.0, "Hz"),
    number("autopilot.reconnect_wait_min_s", 0.05, 60.0, "s"),
    number("autopilot.reconnect_wait_max_s", 0.05, 600.0, "s"),
    text("recorder.flights"),
    number("recorder.commit_interval_ms", 20.0, 1000.0, "ms"),
    whole("recorder.memory_limit_mb", 16, 1024, "MB"),
    whole("recorder.threads", 1, 4, "threads"),
    whole("recorder.disk_reserve_mb", 16, 100_000, "MB"),
    whole("recorder.stall_bridge_s", 1, 60, "s"),
    number("recorder.disk_warn_h", 0.0, 1000.0, "h"),
    number("recorder.iq.ring_s", 0.0, 600.0, "s"),
    number("recorder.iq.before_s", 0.0, 300.0, "s"),
    number("recorder.iq.after_s", 0.0, 300.0, "s"),
    number("recorder.iq.interval_s", 0.0, 3600.0, "s"),
    whole("recorder.iq.disk_mb", 1, 1_000_000, "MB"),
    whole("retention.free_mb", 0, 1_000_000, "MB"),
    whole("retention.flights_max", 0, 1_000_000, "flights"),
    switch("retention.without_copy"),
    text("daemon.ctl_socket"),
    switch("daemon.realtime"),
    number("daemon.control_hz", 10.0, 50.0, "Hz"),
    whole("daemon.query_clients", 0, 8, "questions"),
    whole("daemon.query_max_s", 1, 600, "s"),
    whole("daemon.query_memory_mb", 32, 1024, "MB"),
    text("ground.listen"),
    text("ground.token_file"),
    text("ground.tls"),
    text("ground.maps"),
    text("cot.to"),
    text("cot.callsign"),
    number("cot.period_s", 0.2, 60.0, "s"),
    whole("cot.ttl", 0, 255, ""),
    text("cot.interface"),
    Key { path: "station.commanders", kind: Kind::Ascending { count_max: 16, high: 255.0 }, unit: "" },
];

/// The key of a path such as `beacon.0.name`.
pub(super) fn find(path: &str) -> Option<&'static Key> {
    let generic = generic(path);
    KEYS.iter().find(|key| key.path == generic)
}

/// Keys that a profile may hold, by path or by section: what is sought and how it is heard. Never where and how it is flown,
/// what holds the aircraft back, where samples come from, or the process.
const OF_PROFILES: &[&str] = &[
    "beacon.",
    "analytics.",
    "antenna.",
    "sdr.sample_rate_sps",
    "sdr.frequency_hz",
    "sdr.gain_db",
    "sdr.gain_elements_db.",
    "sdr.bandwidth_hz",
    "sdr.antenna",
    "sense.fft_len",
    "homing.hold_radius_m",
    "homing.refine_s",
    "homing.beacon_speed_mps",
    "homing.detecting_s",
    "homing.lost_s",
    "homing.recover_s",
    "search.pattern",
    "search.spacing_m",
    "search.power_dbm",
    "search.unsure_db",
    "search.exponent",
    "search.sigma_db",
    "search.listen_s",
    "search.floor_dbm_hz",
    "search.full_scale_dbm",
];

/// Whether a profile may hold the key at `path`.
pub(super) fn is_of_profiles(path: &str) -> bool {
    OF_PROFILES.iter().any(|kept| if kept.ends_with('.') { path.starts_with(kept) } else { path == *kept })
}

/// The path with `*` for what the operator or the device names.
pub(super) fn generic(path: &str) -> String {
    for family in ["sdr.gain_elements_db.", "sdr.stream_args."] {
        if path.len() > family.len() && path.starts_with(family) {
            return format!("{family}*");
        }
    }
    let mut parts: Vec<&str> = path.split('.').collect();
    if parts[0] == "beacon" && parts.get(1).is_some_and(|number| number.parse::<usize>().is_ok()) {
        parts[1] = "*";
    }
    parts.join(".")
}

/// The known path nearest to an unknown one, if one is near enough to be what was meant.
pub(super) fn nearest(path: &str) -> Option<String> {
    let generic = generic(path);
    let (section, name) = generic.rsplit_once('.').unwrap_or(("", &generic));
    // The right word in the wrong section.
    let moved = |key: &&Key| key.path.rsplit_once('.').is_some_and(|(_, last)| last == name && last != "*");
    // A word cut short: `gain` for `gain_db`, `freq_hz` for `frequency_hz`.
    let stem = name.rsplit_once('_').map_or(name, |(stem, _)| stem);
    let longer = |key: &&Key| {
        let split = key.path.rsplit_once('.');
        stem.len() >= 3 && split.is_some_and(|(at, last)| at == section && last.starts_with(stem))
    };
    let similar = || {
        let distance = |key: &Key| match key.path.rsplit_once('.') {
            Some((at, last)) if at == section => edits(last, name),
            _ => edits(key.path, &generic),
        };
        let best = KEYS.iter().min_by_key(|key| distance(key))?;
        let shorter = generic.len().min(best.path.len());
        (distance(best) <= 3.min(shorter / 3)).then_some(best)
    };
    let exact = || KEYS.iter().find(moved);
    let found = similar().or_else(exact).or_else(|| KEYS.iter().find(longer))?;
    let number = path.split('.').nth(1).filter(|part| part.parse::<usize>().is_ok()).unwrap_or("0");
    Some(found.path.replace("beacon.*", &format!("beacon.{number}")))
}

/// The one of `names` that was meant by `name`, if one is near enough.
pub fn nearest_name<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let best = names.min_by_key(|known| edits(known, name))?;
    (edits(best, name) <= 3.min(name.len().min(best.len()).div_ceil(2))).then_some(best)
}

/// Edits between two words (Levenshtein's distance, by rows).
fn edits(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, to) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(from != *to);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[b.len()]
}

impl Key {
    /// What may be written, as the template and the errors say it: `0.1 to 100 s`.
    pub fn range(&self) -> String {
        let bare = match self.kind {
            Kind::Number { low, high } => format!("{low} to {high} {}", self.unit),
            Kind::Whole { low, high } => format!("{low} to {high} {}", self.unit),
            Kind::Bool => "true or false".into(),
            Kind::Text => "text".into(),
            Kind::OneOf(words) => {
                let (last, rest) = words.split_last().unwrap_or((&"", &[]));
                format!("{} or {last}", rest.join(", "))
            }
            Kind::Polygon => format!("none, or 3 to {} corners", skyhound::limits::FENCE_CORNERS_MAX),
            Kind::Ascending { count_max, high } => {
                format!("none, or up to {count_max} that ascend, {ASCENDING_MIN} to {high} {}", self.unit)
            }
        };
        bare.trim_end().to_string()
    }

    /// The value in its canonical form, or what is wrong with it and what to write.
    pub fn check(&self, value: &Value) -> Result<Value, String> {
        let refuse = |what: &str| Err(format!("{what}; write {}", self.mend()));
        match (self.kind, value) {
            (Kind::Number { low, high }, Value::Integer(_) | Value::Float(_)) => {
                let number = as_number(value).unwrap_or(f64::NAN);
                if number.is_finite() && (low..=high).contains(&number) {
                    return Ok(Value::Float(number + 0.0));
                }
                refuse(&format!("{number} is out of range"))
            }
            (Kind::Whole { low, high }, Value::Integer(number)) => {
                if (low..=high).contains(number) {
                    return Ok(value.clone());
                }
                refuse(&format!("{number} is out of range"))
            }
            (Kind::Bool, Value::Boolean(_)) => Ok(value.clone()),
            (Kind::Text, Value::String(text)) if !text.is_empty() => Ok(value.clone()),
            (Kind::OneOf(words), Value::String(text)) if words.contains(&text.as_str()) => Ok(value.clone()),
            (Kind::Polygon, Value::Array(corners)) => polygon(corners).map(|_| value.clone()),
            (Kind::Ascending { count_max, high }, Value::Array(values)) => {
                let numbers = numbers(values).filter(|numbers| {
                    let in_range = |number: &f64| (ASCENDING_MIN..=high).contains(number);
                    numbers.len() <= count_max
                        && numbers.iter().all(in_range)
                        && numbers.is_sorted_by(|a, b| b - a > ASCENDING_MIN / 2.0)
                });
                let canonical =
                    |numbers: Vec<f64>| Value::Array(numbers.into_iter().map(Value::Float).collect());
                numbers.map(canonical).map_or_else(|| refuse(&format!("{value} is not possible here")), Ok)
            }
            _ => refuse(&format!("{value} is not possible here")),
        }
    }

    fn mend(&self) -> String {
        match self.kind {
            Kind::Text => "a text".into(),
            Kind::Whole { .. } => format!("a whole number, {}", self.range()),
            _ => self.range(),
        }
    }
}

/// A number, whole or not.
pub(super) fn as_number(value: &Value) -> Option<f64> {
    value.as_float().or_else(|| value.as_integer().map(|whole| whole as f64))
}

/// The numbers of a list; `None` where something else is in it.
pub(super) fn numbers(values: &[Value]) -> Option<Vec<f64>> {
    values.iter().map(as_number).collect()
}

/// Corners of a fence from the file's form.
pub(super) fn polygon(corners: &[Value]) -> Result<Vec<skyhound::geo::Wgs84>, String> {
    let max = skyhound::limits::FENCE_CORNERS_MAX;
    if corners.len() > max || (1..3).contains(&corners.len()) {
        return Err(format!("{} corners; write none, or 3 to {max}", corners.len()));
    }
    let corner = |value: &Value| {
        let pair = value.as_array().filter(|pair| pair.len() == 2)?;
        skyhound::geo::Wgs84::checked(as_number(&pair[0])?, as_number(&pair[1])?)
    };
    let place = |value: &Value| {
        corner(value).ok_or_else(|| {
            format!("{value} is no place; write [latitude, longitude], -90 to 90 and -180 to 180 degrees")
        })
    };
    corners.iter().map(place).collect()
}
