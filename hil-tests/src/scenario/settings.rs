//! The settings of the daemon under test: its defaults, what follows from the scenario's world, and over them the scenario's
//! `[skyhound]` table, through the daemon's own reader. So all depths fly with the same ones.

use super::world::Antenna;
use super::{Kind, Scenario};
use skyhound::config::Config;
use skyhound_host::settings::{Flags, Settings};
use toml::{Table, Value};

/// Gain of the beam alone, as its maker tells it; what the airframe does to it is not in it.
const BEAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/world/beam.csv");
/// Smallest reserve that the daemon takes, for small disks.
const DISK_RESERVE_MB: i64 = 16;

impl Scenario {
    /// What `skyhound fly --config` gets: the scenario's `[skyhound]`, with what follows from its world where it says nothing.
    pub fn settings_file(&self) -> Table {
        let mut all = self.skyhound.clone();
        let receiver = &self.world.receiver;
        set(&mut all, "sdr", "sample_rate_sps", receiver.sample_rate_sps.into());
        set(&mut all, "sdr", "frequency_hz", receiver.center_hz.into());
        set(&mut all, "sdr", "gain_db", receiver.gain_db.into());
        // What hangs under an aircraft is known to who flies it.
        let antenna = match receiver.antenna {
            Antenna::Isotropic => "omni",
            Antenna::Dipole | Antenna::Whip => "whip",
            Antenna::Beam => "directional",
        };
        set(&mut all, "antenna", "kind", antenna.into());
        if receiver.antenna == Antenna::Beam {
            set(&mut all, "antenna", "pattern", BEAM.into());
        }
        if self.fault.iter().any(|fault| fault.kind == Kind::DiskFull) {
            set(&mut all, "recorder", "disk_reserve_mb", DISK_RESERVE_MB.into());
        }
        all
    }

    /// The same as the daemon takes it on its command line: `section.key=value` each, for `--set`.
    fn sets(&self) -> Vec<String> {
        let mut sets = Vec::new();
        for (section, value) in &self.settings_file() {
            flatten(section, value, &mut sets);
        }
        sets
    }

    /// The daemon's settings.
    ///
    /// # Errors
    /// Every mistake in `[skyhound]`, with key and mend.
    pub fn settings(&self) -> Result<Settings, String> {
        Settings::load(None, &self.sets(), &Flags::default()).map_err(|errors| format!("skyhound: {errors}"))
    }

    /// What the engine is told.
    pub fn config(&self) -> Result<Config, String> {
        let receiver = &self.world.receiver;
        let settings = self.settings()?;
        settings
            .engine(receiver.sample_rate_sps, receiver.center_hz)
            .map_err(|error| format!("skyhound.{error}"))
    }
}

/// Sets `section.key` where the scenario leaves it open.
fn set(all: &mut Table, section: &str, key: &str, value: Value) {
    let section = all.entry(section).or_insert_with(|| Value::Table(Table::new()));
    if let Value::Table(section) = section {
        section.entry(key).or_insert(value);
    }
}

/// `path=value` of every value below; beacons as `beacon.N.key`.
fn flatten(path: &str, value: &Value, sets: &mut Vec<String>) {
    match value {
        Value::Table(table) => {
            table.iter().for_each(|(key, value)| flatten(&format!("{path}.{key}"), value, sets));
        }
        Value::Array(tables) if !tables.is_empty() && tables.iter().all(Value::is_table) => {
            let numbered = tables.iter().enumerate();
            numbered.for_each(|(number, value)| flatten(&format!("{path}.{number}"), value, sets));
        }
        value => sets.push(format!("{path}={value}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scenario_goes_before_its_world() {
        let text = include_str!("../../scenarios/open_carrier.toml");
        let mut scenario: Scenario = toml::from_str(text).unwrap();
        let all = scenario.settings_file();
        assert_eq!(all["sdr"]["sample_rate_sps"].as_float(), Some(250e3));
        assert_eq!(all["antenna"]["kind"].as_str(), Some("omni"));
        assert_eq!(all["beacon"][0]["bandwidth_hz"].as_float(), Some(4000.0));
        set(&mut scenario.skyhound, "sdr", "gain_db", 7.into());
        assert_eq!(scenario.settings_file()["sdr"]["gain_db"].as_integer(), Some(7));
    }
}
