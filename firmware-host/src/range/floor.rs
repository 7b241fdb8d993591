//! The noise that a plan is made for: told, from the receiver and what is about it, or measured.

use crate::clock::Clock;
use crate::failure::Failure;
use crate::sdr::{Block, Source};
use crate::settings::Settings;
use crate::store::{StoreError, open_flight};
use skyhound::config::{Config, SenseConfig};
use skyhound::propagation::Surroundings;
use skyhound::sense::reach::noise_bandwidth_hz;
use skyhound::sense::{Gathered, Sense};
use skyhound::signal::Flags;
use skyhound::units::{db_from_ratio, ratio_from_db};
use std::path::Path;

/// Noise at the antenna's port.
#[derive(Clone, Debug, PartialEq)]
pub struct Floor {
    /// dBm/Hz.
    pub dbm_hz: f64,
    /// Where it is from, for people.
    pub from: String,
}

impl Floor {
    /// As the operator knows it.
    pub fn told(dbm_hz: f64) -> Floor {
        Floor { dbm_hz, from: "as told".into() }
    }

    fn read(from: &str, dbfs_hz: f64, full_scale_dbm: f64) -> Floor {
        Floor {
            dbm_hz: dbfs_hz + full_scale_dbm,
            from: format!("{from}: {dbfs_hz:.1} dBFS/Hz, full scale being {full_scale_dbm:.1} dBm"),
        }
    }

    /// Of a receiver with this noise figure in such surroundings.
    pub fn of(surroundings: Surroundings, frequency_hz: f64, receiver_db: f64) -> Floor {
        let man_made_db = surroundings.noise_figure_db(frequency_hz).max(0.0);
        let name = match surroundings {
            Surroundings::City => "city",
            Surroundings::Residential => "residential",
            Surroundings::Rural => "rural",
            Surroundings::Quiet => "quiet",
        };
        Floor {
            dbm_hz: surroundings.noise_dbm_hz(frequency_hz, receiver_db),
            from: format!(
                "a receiver of {receiver_db:.1} dB noise figure, {name} noise of {man_made_db:.1} dB (ITU-R P.372), nothing of the drone's own"
            ),
        }
    }
}

/// The floor beside channel `number` over `seconds` of `source`, of which full scale is `full_scale_dbm` at the antenna.
///
/// # Errors
/// The source fails, or tells no floor there.
pub fn measured(
    source: &mut Source,
    config: &Config,
    number: usize,
    seconds: f64,
    full_scale_dbm: f64,
    clock: Clock,
) -> Result<Floor, Failure> {
    let plain = SenseConfig { false_alarms_per_hour: 0.0, spectrum_interval_us: 0, ..config.sense.clone() };
    let mut sense = Sense::new(&plain).map_err(|error| Failure::Usage(error.to_string()))?;
    let mut kept = Gathered::default();
    let pass = &mut |_: f64, block: &Block| {
        sense.tune(block.band(), &mut kept);
        sense.pass(block.stamp(), block.samples(), &mut kept);
    };
    source.listen(seconds, clock, pass).map_err(|error| Failure::Failed(error.to_string()))?;
    sense.finish(&mut kept);
    let unusable = Flags::UNUSABLE.with(Flags::NO_QUIET);
    let own =
        kept.readings.iter().filter(|hop| usize::from(hop.channel) == number && !hop.flags.any(unusable));
    let quiet: Vec<f64> = own.map(|hop| ratio_from_db(hop.quiet.db())).collect();
    let bandwidth_hz = sense.noise_bandwidth_hz(number);
    let (Some(bandwidth_hz), false) = (bandwidth_hz, quiet.is_empty()) else {
        let what = &source.stream().description;
        return Err(Failure::Failed(format!(
            "{what} tells no floor beside the beacon; write --floor-dbm-hz"
        )));
    };
    let mean = quiet.iter().sum::<f64>() / quiet.len() as f64;
    Ok(Floor::read("measured", db_from_ratio(mean / bandwidth_hz), full_scale_dbm))
}

/// The middle of the floors beside beacon `name` that a flight's readings had, by the flight's own settings.
///
/// # Errors
/// The file cannot be read, or has no such beacon or no floor of it.
pub fn flown(path: &Path, name: &str, reserve_mb: u32, full_scale_dbm: f64) -> Result<Floor, Failure> {
    let flight = open_flight(path, reserve_mb)?;
    let connection = flight.connection();
    let sql = "SELECT sample_rate_sps, frequency_hz, (SELECT value FROM setting WHERE name = 'settings_toml') FROM flight";
    let read = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get::<_, String>(2)?)));
    let (rate_sps, tuned_hz, text): (f64, f64, String) =
        read.map_err(StoreError::database(path, "cannot read its settings"))?;
    let settings = Settings::of_flight(&text, path).map_err(|errors| Failure::Failed(errors.to_string()))?;
    let sense = settings.unchecked(rate_sps, tuned_hz, tuned_hz).sense;
    let file = path.display();
    let Some(number) = sense.channels.iter().position(|channel| channel.name == name) else {
        let names: Vec<&str> = sense.channels.iter().map(|channel| channel.name.as_str()).collect();
        let names = names.join(", ");
        return Err(Failure::Usage(format!("--flight {file}: no beacon {name} was flown with, but {names}")));
    };
    let sql = "SELECT median(quiet_dbfs) FROM reading WHERE flags & 1144 = 0 AND channel = ?";
    let quiet_dbfs: Option<f64> = connection
        .query_row(sql, [number as u8], |row| row.get(0))
        .map_err(StoreError::database(path, "cannot read its floor"))?;
    let no_floor = || {
        Failure::Failed(format!("--flight {file}: no reading of {name} has a floor; write --floor-dbm-hz"))
    };
    let dbfs_hz =
        quiet_dbfs.ok_or_else(no_floor)? - db_from_ratio(noise_bandwidth_hz(&sense, &sense.channels[number]));
    Ok(Floor::read(&format!("middle of the flight {file}"), dbfs_hz, full_scale_dbm))
}
