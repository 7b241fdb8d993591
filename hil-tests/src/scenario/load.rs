//! From a scenario's TOML to a checked [`Scenario`]: by path, or by the name of one that is built in.
//!
//! The scenarios of `hil-tests/scenarios` are part of the binary, so that it knows them wherever it is started; any other is
//! a file. An error names the file, the key and the mend. Everything is checked here, once: a scenario that loads can be
//! flown. Not here: what is checked (`check`), the settings of the daemon under test (`settings`).

use super::{Scenario, check};
use std::path::Path;

macro_rules! built_in {
    ($($name:literal)*) => {
        &[$(($name, include_str!(concat!("../../scenarios/", $name, ".toml")))),*]
    };
}

/// Name and text, in the order in which they are listed.
const BUILT_IN: &[(&str, &str)] = built_in![
    "default" "open_carrier" "near_carrier" "clipped" "weak_pulses" "burst_beacon" "two_beacons" "one_channel" "switched"
    "strong_interferer" "noise_step" "noise_flood" "beacon_off" "beacon_off_then_on" "moving_beacon" "search_flown" "search_empty" "gps_glitch"
    "gps_loss" "ekf_bad" "pilot_mode" "pilot_stick" "pilot_gives_back" "rc_lost" "rc_frozen"
    "rc_unwatched" "rc_seldom" "rc_mapped" "disarmed" "link_lost" "late_copies" "slow_link"
    "transmit_off" "gcs_lost" "battery_low" "fence" "fence_uploaded" "fence_search" "fence_search_uploaded" "hillside" "hillside_rangefinder"
    "ground_unknown" "ground_may_be_unknown" "take_off" "reboot" "system_id" "rough_country" "gust"
    "sdr_unplugged" "sdr_unplugged_silently" "sdr_stalled" "sdr_lies" "sdr_stuck" "sdr_overflows"
    "sdr_overflows_silently" "disk_full" "disk_stalled" "clock_stepped" "clock_1970" "killed"
    "two_daemons" "cpu_starved" "open" "rolling" "urban" "beam" "absurd_nan" "absurd_infinity" "absurd_huge" "gimbal_heartbeat"
    "other_system" "tracker_first" "other_system_appears" "commander" "own_ids" "dead_pass" "missing_rc"
    "missing_battery" "zero_at_stop" "px4" "px4_pilot_mode" "px4_rc_lost" "px4_gcs_lost"
];

/// The names of the built-in scenarios, `default` first.
pub fn list() -> impl ExactSizeIterator<Item = &'static str> {
    BUILT_IN.iter().map(|(name, _)| *name)
}

/// A built-in scenario by its name, or that of a file by its path.
pub fn find(name_or_path: &str) -> Result<Scenario, String> {
    if let Some((name, text)) = BUILT_IN.iter().find(|(name, _)| *name == name_or_path) {
        return parse(name, text, &format!("scenario {name}"));
    }
    let path = Path::new(name_or_path);
    if path.exists() || path.extension().is_some() || path.components().count() > 1 {
        return load(path);
    }
    let near = list().filter(|name| is_near(name, name_or_path)).collect::<Vec<_>>().join(", ");
    let mend = match near.as_str() {
        "" => "`skyhound-rig list` shows those built in; a file is named by its path, with .toml".into(),
        near => format!("did you mean {near}? A file is named by its path, with .toml"),
    };
    Err(format!("scenario {name_or_path}: there is none; {mend}"))
}

/// The scenario in the file at `path`.
///
/// # Errors
/// The file cannot be read, is no TOML, has a key that is not known or a value that cannot be meant: with file, key and mend.
pub fn load(path: &Path) -> Result<Scenario, String> {
    let shown = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: cannot be read: {error}"))?;
    let name = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    parse(&name, &text, &shown)
}

/// The scenario in `text`, called `name`; errors begin with `shown`.
pub fn parse(name: &str, text: &str, shown: &str) -> Result<Scenario, String> {
    let told = |why: String| format!("{shown}: {why}");
    let table: toml::Table = toml::from_str(text).map_err(|error| told(in_words(&error, text)))?;
    check::fault_keys(&table).map_err(told)?;
    let mut scenario: Scenario = toml::from_str(text).map_err(|error| told(in_words(&error, text)))?;
    scenario.name = name.to_string();
    check::check(&scenario).map_err(told)?;
    Ok(scenario)
}

/// A TOML error on one line: where, and what.
fn in_words(error: &toml::de::Error, text: &str) -> String {
    let line = error.span().map(|span| text[..span.start.min(text.len())].matches('\n').count() + 1);
    let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
    format!("{place}{}", error.message().replace('\n', "; "))
}

/// Names that share a beginning or hold one another.
fn is_near(name: &str, asked: &str) -> bool {
    let alike = name.bytes().zip(asked.bytes()).take_while(|(a, b)| a == b).count();
    alike >= 4 || (asked.len() >= 3 && name.contains(asked))
}

#[cfg(test)]
mod tests;
