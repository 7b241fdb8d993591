//! Over the whole table of keys: each range is told and kept, and each key reaches the program.

use toml::Value;

use super::super::keys::as_number;
use super::*;

#[test]
fn every_key_out_of_range_is_named_with_its_range() {
    for key in KEYS {
        let path = concrete(key);
        let wrong: Vec<String> = match key.kind {
            Kind::Number { low, high } => {
                let step = (high - low) * 1e-6;
                [low - step, high + step, f64::NAN, f64::INFINITY]
                    .map(|value| Value::Float(value).to_string())
                    .into()
            }
            Kind::Whole { low, high } => [low - 1, high + 1].map(|value| value.to_string()).into(),
            Kind::Bool => vec!["1".into(), "yes".into()],
            Kind::Text => vec!["\"\"".into()],
            Kind::OneOf(_) => vec!["sideways".into(), "7".into()],
            Kind::Ascending { count_max, high } => {
                let many: Vec<f64> = (0..=count_max).map(|n| 1.0 + n as f64).collect();
                [format!("{many:?}"), format!("[{high}1]"), "[60, 50]".into(), "[0]".into(), "60".into()]
                    .into()
            }
            Kind::Polygon => {
                vec!["[[1.0, 2.0]]".into(), "[[91.0, 0.0], [1.0, 2.0], [3.0, 4.0]]".into(), "7".into()]
            }
        };
        for value in wrong {
            let told = errors(load(&[&format!("{path}={value}")]));
            assert!(told.contains(&format!("--set: {path}: ")), "{path}={value}: {told}");
            assert!(told.contains("write "), "{path}={value} has no mend: {told}");
            if let Kind::Number { .. } | Kind::Whole { .. } = key.kind {
                assert!(told.contains(&key.range()), "{path}={value}: {told}");
            }
        }
        // The wrong type is told as well as the wrong value.
        if key.kind != Kind::Text {
            assert!(errors(load(&[&format!("{path}=[true]")])).contains(&path));
        }
    }
}

#[test]
fn both_ends_of_every_range_are_taken_by_the_engine_too() {
    for key in KEYS {
        let (Kind::Number { .. } | Kind::Whole { .. }) = key.kind else { continue };
        let hangs_on_rate = ["sdr.", "sense.fft_len", "sense.dc_exclude_hz", "sense.hop_ms"]
            .iter()
            .any(|start| key.path.starts_with(start))
            || ["frequency_hz", "offset_hz", "bandwidth_hz"].iter().any(|end| key.path.ends_with(end));
        let (low, high) = match key.kind {
            Kind::Whole { low, high } => (low.to_string(), high.to_string()),
            Kind::Number { low, high } => (format!("{low:?}"), format!("{high:?}")),
            _ => continue,
        };
        for value in [low, high] {
            let settings = match load(&[&format!("{}={value}", concrete(key))]) {
                Ok(settings) => settings,
                // Only a rule between two keys may refuse the end of a range.
                Err(error) => {
                    assert!(!error.to_string().contains("out of range"), "{error}");
                    continue;
                }
            };
            if !hangs_on_rate {
                settings
                    .engine(250e3, 433.92e6)
                    .unwrap_or_else(|error| panic!("{}={value}: {error}", key.path));
            }
        }
    }
}

/// Of which each key of text takes one that is not its default.
const TEXTS: [&str; 5] = ["file:other", "tcpout:a:1", "none", "udp:10.0.0.1:6969", "10.0.0.1"];

#[test]
fn every_key_changes_what_the_program_is_told() {
    let told = |settings: &Settings| {
        let Settings {
            sdr,
            pace,
            sense,
            beacons,
            analytics,
            homing,
            interlock,
            antenna,
            search,
            autopilot,
            recorder,
            iq,
            retention,
            daemon,
            ground,
            cot,
            station,
            is_bench: _,
            profile: _,
            layers: _,
            written: _,
        } = settings;
        format!(
            "{sdr:?}{pace:?}{sense:?}{beacons:?}{analytics:?}{homing:?}{interlock:?}{antenna:?}{search:?}{autopilot:?}{recorder:?}{iq:?}{retention:?}{daemon:?}{ground:?}{cot:?}{station:?}"
        )
    };
    // Spreading factors tell only of chirps, and a group fits in no short period.
    let besides = |path: &str| match path.rsplit_once('.').map(|(_, name)| name) {
        Some("spreading_min" | "spreading_max") => vec!["beacon.0.emission=chirp"],
        Some("centre_lat_deg" | "centre_lon_deg" | "radius_m") if path.starts_with("search.") => {
            vec!["search.centre_lat_deg=47", "search.centre_lon_deg=8", "search.radius_m=100"]
        }
        Some("pattern" | "polarisation") if path.starts_with("antenna.") => {
            vec!["antenna.kind=directional", "antenna.pattern=beam.csv"]
        }
        Some("height_min_m") => vec!["interlock.fence.alt_rel_min_m=1"],
        Some("pattern_ms") => vec!["beacon.0.pulse_width_max_ms=10", "beacon.0.period_min_ms=500"],
        _ => vec![],
    };
    let mut seen = std::collections::HashMap::new();
    for key in KEYS {
        let path = concrete(key);
        let values: Vec<String> = match key.kind {
            Kind::Number { low, high } => {
                let defaults = Layers::defaults();
                let default = defaults.entries.get(&path).and_then(|entry| as_number(&entry.value));
                [low, high, default.unwrap_or(low) * 0.9].map(|value| format!("{value:?}")).into()
            }
            Kind::Whole { low, high } => [low, high].map(|value| value.to_string()).into(),
            Kind::Bool => vec!["true".into(), "false".into()],
            Kind::Text => TEXTS.map(str::to_string).into(),
            Kind::OneOf(words) => words.iter().map(|word| word.to_string()).collect(),
            Kind::Polygon => vec!["[[1.0, 2.0], [1.0, 3.0], [2.0, 3.0]]".into()],
            Kind::Ascending { .. } => vec!["[22, 57]".into()],
        };
        let besides = besides(&path);
        let default = told(&load(&besides).unwrap());
        let results = values
            .iter()
            .filter_map(|value| load(&[&besides[..], &[format!("{path}={value}").as_str()]].concat()).ok());
        let changed = results.map(|settings| told(&settings)).find(|text| *text != default);
        let changed = changed.unwrap_or_else(|| panic!("{path} changes nothing"));
        // Two keys that do the same would be one key read twice.
        if let Some(other) = seen.insert(changed, path.clone()) {
            panic!("{path} does what {other} does");
        }
    }
}
