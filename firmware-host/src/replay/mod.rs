//! A flight flown again: what its passes were given goes into the engine, as it is now, and what the engine makes of it comes out.
//!
//! `store` reads the inputs back to the bit, the settings are those of the flight with what is asked for over them. Nothing is sent
//! and nothing flies: a changed setting answers what would have been heard, believed and commanded on the way that was flown.

pub mod summary;

use crate::failure::Failure;
use crate::settings::{FILES, Settings, text_of};
use crate::store::{Flight, Given, Inputs, StoreError};
use skyhound::config::{ChannelConfig, Config};
use skyhound::decide::{Decide, PassInputs};
use skyhound::record::Sink;
use skyhound::time::TimeUs;
use skyhound::vehicle::Vehicle;
use skyhound::vehicle::part::Joined;
use std::collections::BTreeMap;
use std::path::Path;

/// Sections whose settings change nothing of what was given to the passes.
const MAY_CHANGE: [&str; 5] = ["analytics.", "antenna.", "homing.", "interlock.", "search."];
/// Schema version from which on passes are kept.
const PASSES_SINCE: i32 = 3;

/// A flight, ready to be flown again.
pub struct Replay {
    inputs: Inputs,
    decide: Decide,
    joined: Joined,
    given: Given,
    begun_us: Option<u64>,
    newest_us: u64,
    pass_count: u64,
    channels: Vec<ChannelConfig>,
    /// Version of the program that flew it.
    pub flown_by: String,
}

/// How far it came.
#[derive(Clone, Debug, PartialEq)]
pub struct Flown {
    /// Passes.
    pub pass_count: u64,
    /// Readings in the file.
    pub reading_count: u64,
    /// From the first pass to the last, s.
    pub seconds: f64,
    /// Why it ended before the flight did.
    pub cut: Option<String>,
}

impl Replay {
    /// Of an open flight, with `section.key=value` of `sets` over its settings.
    ///
    /// # Errors
    /// A flight that kept no passes or continues another, a setting that is none or that would have changed the inputs.
    pub fn new(flight: &Flight, path: &Path, sets: &[String]) -> Result<Replay, Failure> {
        let told = Told::read(flight, path)?;
        let config = told.config(path, sets)?;
        let inputs = Inputs::read(flight, path)?;
        if inputs.pass_count() == 0 {
            let why = "it holds no passes: it ended before the first";
            return Err(Failure::Failed(format!("{}: {why}", path.display())));
        }
        let decide = Decide::new(&config).map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(Replay {
            inputs,
            decide,
            joined: Joined::default(),
            given: Given::default(),
            begun_us: None,
            newest_us: 0,
            pass_count: 0,
            channels: config.sense.channels,
            flown_by: told.setting("version.skyhound"),
        })
    }

    /// Flies to its end, or to `until_us` of the flight's clock; what the passes record goes into `sink`.
    pub fn fly(&mut self, until_us: Option<u64>, sink: &mut dyn Sink) -> Flown {
        let (whole, reading_count) = (self.inputs.pass_count() as u64, self.inputs.reading_count());
        let mut cut = None;
        while self.inputs.pass_count() > 0 {
            if until_us.is_some_and(|until_us| self.newest_us >= until_us) {
                cut = Some(format!("it was to end at {:.3} s", self.newest_us as f64 / 1e6));
                break;
            }
            if !self.inputs.next(&mut self.given) {
                let left = whole - self.pass_count;
                cut = Some(format!("what its last {left} passes were given is not all in the file"));
                break;
            }
            self.pass(sink);
        }
        let seconds = self.begun_us.map_or(0.0, |begun_us| (self.newest_us - begun_us) as f64 / 1e6);
        Flown { pass_count: self.pass_count, reading_count, seconds, cut }
    }

    /// The control pass as it is now.
    pub fn decide(&self) -> &Decide {
        &self.decide
    }

    /// When the newest pass was.
    pub fn now(&self) -> TimeUs {
        TimeUs(self.newest_us)
    }

    /// The beacons' channels.
    pub fn channels(&self) -> &[ChannelConfig] {
        &self.channels
    }

    /// The aircraft as known now.
    pub fn vehicle(&self) -> &Vehicle {
        &self.joined.vehicle
    }

    fn pass(&mut self, sink: &mut dyn Sink) {
        let Given { now, taken, readings, pulses, hearings, parts, act } = &self.given;
        self.begun_us.get_or_insert(now.0);
        self.newest_us = now.0;
        self.pass_count += 1;
        if taken.is_end {
            return self.decide.finish(*now, sink);
        }
        parts.iter().for_each(|part| self.joined.take(part));
        self.decide.pass(
            &PassInputs {
                now: *now,
                readings,
                pulses,
                hearings,
                vehicle: &self.joined.vehicle,
                act: *act,
                sdr_alive: taken.sdr_alive,
            },
            sink,
        );
    }
}

/// What a flight file says of itself.
struct Told {
    rate_sps: f64,
    frequency_hz: f64,
    settings: BTreeMap<String, String>,
}

impl Told {
    fn read(flight: &Flight, path: &Path) -> Result<Told, Failure> {
        let wrong = || StoreError::database(path, "cannot read its settings");
        let connection = flight.connection();
        let sql = "SELECT sample_rate_sps, frequency_hz, continues, schema_version FROM flight";
        let row =
            connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)));
        let (rate_sps, frequency_hz, continues, version): (f64, f64, Option<String>, i32) =
            row.map_err(wrong())?;
        if version < PASSES_SINCE {
            let why = "its tables are of a version that kept no passes";
            return Err(Failure::Failed(format!(
                "{}: {why} ({version}; {PASSES_SINCE} does)",
                path.display()
            )));
        }
        if let Some(before) = continues {
            let why = format!("it goes on where {before} ended, and what was known by then is not in it");
            return Err(Failure::Failed(format!("{}: {why}; replay that one", path.display())));
        }
        let mut settings = connection.prepare("SELECT name, value FROM setting").map_err(wrong())?;
        let settings = settings.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(wrong())?;
        let settings = settings.collect::<Result<_, _>>().map_err(wrong())?;
        Ok(Told { rate_sps, frequency_hz, settings })
    }

    fn setting(&self, name: &str) -> String {
        self.settings.get(name).cloned().unwrap_or_default()
    }

    /// What the engine was told, with `sets` over it.
    fn config(&self, path: &Path, sets: &[String]) -> Result<Config, Failure> {
        for set in sets {
            if !MAY_CHANGE.iter().any(|section| set.trim_start().starts_with(section)) {
                let key = set.split('=').next().unwrap_or_default();
                let sections = MAY_CHANGE.map(|section| section.trim_end_matches('.')).join(", ");
                let why = format!(
                    "is not asked in a replay, which hears what was heard; write a key of {sections}"
                );
                return Err(Failure::Usage(format!("--set: {key}: {why}")));
            }
        }
        let folder = tempfile::tempdir().map_err(|error| Failure::doing("a folder for its files", error))?;
        let mut all = Vec::new();
        for key in FILES {
            if let Some(text) = self.settings.get(&text_of(key)) {
                let file = folder.path().join(key);
                std::fs::write(&file, text).map_err(|error| Failure::doing(file.display(), error))?;
                all.push(format!("{key}={}", file.display()));
            }
        }
        all.extend_from_slice(sets);
        let is_bench = self.setting("bench") == "true";
        let settings = Settings::again(&self.setting("settings_toml"), path, &all, is_bench)?;
        let number = |text: &str| text.parse::<f64>().ok();
        let centers = self.setting("centers_hz");
        let mut centers_hz: Vec<f64> = centers.split(' ').filter_map(number).collect();
        if centers_hz.is_empty() {
            centers_hz.push(self.frequency_hz);
        }
        let beside_hz = number(&self.setting("tuned_beside_hz")).unwrap_or(0.0);
        let config = settings.engine_through(self.rate_sps, &centers_hz, beside_hz);
        config.map_err(|error| Failure::Usage(error.to_string()))
    }
}
