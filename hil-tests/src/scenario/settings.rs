//! The settings of the daemon under test: its defaults, the receiver of the scenario's world, and over them the scenario's
//! `[skyhound]` table, through the daemon's own reader. So all depths fly with the same ones.

use super::Scenario;
use skyhound::config::Config;
use skyhound_host::settings::{Flags, Settings};

impl Scenario {
    /// The scenario's settings as the daemon takes them on its command line: `section.key=value` each, for `--set`.
    pub fn sets(&self) -> Vec<String> {
        let receiver = &self.world.receiver;
        let mut sets = vec![
            format!("sdr.sample_rate_sps={:?}", receiver.sample_rate_sps),
            format!("sdr.frequency_hz={:?}", receiver.center_hz),
            format!("sdr.gain_db={:?}", receiver.gain_db),
        ];
        for (section, value) in &self.skyhound {
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

/// `path=value` of every value below; beacons as `beacon.N.key`.
fn flatten(path: &str, value: &toml::Value, sets: &mut Vec<String>) {
    match value {
        toml::Value::Table(table) => {
            table.iter().for_each(|(key, value)| flatten(&format!("{path}.{key}"), value, sets));
        }
        toml::Value::Array(tables) if !tables.is_empty() && tables.iter().all(toml::Value::is_table) => {
            let numbered = tables.iter().enumerate();
            numbered.for_each(|(number, value)| flatten(&format!("{path}.{number}"), value, sets));
        }
        value => sets.push(format!("{path}={value}")),
    }
}
