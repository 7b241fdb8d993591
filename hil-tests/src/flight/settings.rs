//! The daemon's settings for a scenario: its own `[skyhound]` table, with what follows from its world where it says nothing.

use crate::scenario::{Kind, Scenario};
use toml::{Table, Value};

/// Smallest reserve that the daemon takes, for small disks.
const DISK_RESERVE_MB: i64 = 16;

/// What `skyhound fly --config` gets.
pub fn settings(scenario: &Scenario) -> Table {
    let mut all = scenario.skyhound.clone();
    let receiver = &scenario.world.receiver;
    set(&mut all, "sdr", "sample_rate_sps", receiver.sample_rate_sps.into());
    set(&mut all, "sdr", "frequency_hz", receiver.center_hz.into());
    set(&mut all, "sdr", "gain_db", receiver.gain_db.into());
    if scenario.fault.iter().any(|fault| fault.kind == Kind::DiskFull) {
        set(&mut all, "recorder", "disk_reserve_mb", DISK_RESERVE_MB.into());
    }
    all
}

/// Sets `section.key` where the scenario leaves it open.
fn set(all: &mut Table, section: &str, key: &str, value: Value) {
    let section = all.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = section {
        section.entry(key).or_insert(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scenario_goes_before_its_world() {
        let text = include_str!("../../scenarios/open_carrier.toml");
        let mut scenario: Scenario = toml::from_str(text).unwrap();
        let all = settings(&scenario);
        assert_eq!(all["sdr"]["sample_rate_sps"].as_float(), Some(250e3));
        assert_eq!(all["beacon"][0]["bandwidth_hz"].as_float(), Some(4000.0));
        set(&mut scenario.skyhound, "sdr", "gain_db", 7.into());
        assert_eq!(settings(&scenario)["sdr"]["gain_db"].as_integer(), Some(7));
    }
}
