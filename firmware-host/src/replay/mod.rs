//! A flight flown again: what its passes were given goes into the engine, as it is now, and what the engine makes of it comes out.
//!
//! `store` reads the inputs back to the bit, the settings are those of the flight with what is asked for over them. Nothing is sent
//! and nothing flies: a changed setting answers what would have been heard, believed and commanded on the way that was flown.

pub mod player;
pub mod results;
pub mod summary;

use crate::failure::Failure;
use crate::progress::{self, Unit};
use crate::settings::{FILES, Settings, text_of};
use crate::store::{Chain, Flight, Given, Inputs, StoreError, Switch, switches};
use crate::version::VERSION;
use serde::{Deserialize, Serialize};
use skyhound::config::{ChannelConfig, Config, ConfigError};
use skyhound::decide::{Decide, PassInputs};
use skyhound::record::{PlacedReading, Record, Sink};
use skyhound::time::TimeUs;
use skyhound::vehicle::Vehicle;
use skyhound::vehicle::part::Joined;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Sections whose settings change nothing of what was given to the passes.
const MAY_CHANGE: [&str; 5] = ["analytics.", "antenna.", "homing.", "interlock.", "search."];
/// The row of `setting` that says what a replay was told, a line each.
const REPLAYED_SET: &str = "replayed.set";
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
    /// As it was at the start, and as it is now.
    flown: Config,
    config: Config,
    /// Profiles that take over, and how many have.
    takeovers: Vec<Takeover>,
    taken_over: usize,
    /// Why the flight is not all there.
    rest: Option<String>,
    /// Version of the program that flew it.
    pub flown_by: String,
    /// What a flight file of this replay says that it was told: names and values of `setting`.
    pub settings: BTreeMap<String, String>,
}

/// Two sinks, each of which gets all.
pub struct Both<'sinks>(pub &'sinks mut dyn Sink, pub &'sinks mut dyn Sink);

impl Sink for Both<'_> {
    fn reading(&mut self, reading: &PlacedReading) {
        self.0.reading(reading);
        self.1.reading(reading);
    }

    fn record(&mut self, record: &Record) {
        self.0.record(record);
        self.1.record(record);
    }
}

/// What a flight was told, with `sets` over it, as a new flight file says it: names and values of `setting`.
///
/// # Errors
/// A file that cannot be read, a setting that is none or that would have changed the inputs.
pub fn settings(chain: &Chain, sets: &[String]) -> Result<BTreeMap<String, String>, Failure> {
    Ok(Told::in_force(chain, sets)?.2)
}

/// How far it came.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// A flight that kept no passes, a setting that is none or that would have changed the inputs.
    pub fn new(chain: &Chain, sets: &[String]) -> Result<Replay, Failure> {
        let (told, config, settings) = Told::in_force(chain, sets)?;
        let inputs = Inputs::read(chain)?;
        if inputs.pass_count() == 0 {
            let why = "it holds no passes: it ended before the first";
            return Err(Failure::Failed(format!("{}: {why}", told.path.display())));
        }
        let decide = Decide::new(&config).map_err(|error| Failure::Usage(error.to_string()))?;
        let switches = switches(chain)?.into_iter();
        let takeovers =
            switches.map(|switch| told.takeover(&config, switch, sets)).collect::<Result<_, _>>()?;
        Ok(Replay {
            inputs,
            decide,
            joined: Joined::default(),
            given: Given::default(),
            begun_us: None,
            newest_us: 0,
            pass_count: 0,
            flown: config.clone(),
            config,
            takeovers,
            taken_over: 0,
            rest: chain.rest.clone(),
            flown_by: told.setting("version.skyhound"),
            settings,
        })
    }

    /// Flies to its end, or to `until_us` of the flight's clock; what the passes record goes into `sink`.
    pub fn fly(&mut self, until_us: Option<u64>, sink: &mut dyn Sink) -> Flown {
        let (whole, reading_count) = (self.inputs.pass_count() as u64, self.inputs.reading_count());
        let mut cut = None;
        // Where it is to end before the flight does, it is not known with which pass.
        progress::part("flying again", until_us.is_none().then_some(whole), Unit::Passes);
        while self.inputs.pass_count() > 0 {
            if until_us.is_some_and(|until_us| self.newest_us >= until_us) {
                cut = Some(format!("it was to end at {:.3} s", self.newest_us as f64 / 1e6));
                break;
            }
            if !self.step(sink) {
                let left = whole - self.pass_count;
                cut = Some(format!("what its last {left} passes were given is not all in the file"));
                break;
            }
            progress::done(1);
        }
        let cut = cut.or_else(|| self.rest.clone().filter(|_| !self.given.taken.is_end));
        let seconds = self.begun_us.map_or(0.0, |begun_us| (self.newest_us - begun_us) as f64 / 1e6);
        Flown { pass_count: self.pass_count, reading_count, seconds, cut }
    }

    /// Flies one pass; `false` when there is none, or what it was given is not all there.
    fn step(&mut self, sink: &mut dyn Sink) -> bool {
        let is_there = self.inputs.next(&mut self.given);
        if is_there {
            self.pass(sink);
        } else {
            // What is left has lost its readings.
            self.inputs = Inputs::default();
        }
        is_there
    }

    /// Begins again, with the `inputs` that it had.
    fn rewind(&mut self, inputs: Inputs) -> Result<(), Failure> {
        self.config = self.flown.clone();
        self.decide = Decide::new(&self.config).map_err(|error| Failure::Usage(error.to_string()))?;
        self.taken_over = 0;
        (self.inputs, self.joined, self.given) = (inputs, Joined::default(), Given::default());
        (self.begun_us, self.newest_us, self.pass_count) = (None, 0, 0);
        Ok(())
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
        &self.config.sense.channels
    }

    /// Names of the channels that are there at some time of the flight, by the numbers that records call them by.
    pub fn names(&self) -> BTreeMap<u8, &str> {
        let begun = (0..).zip(&self.flown.sense.channels);
        let taken_over = self
            .takeovers
            .iter()
            .flat_map(|next| next.numbers.iter().copied().zip(&next.config.sense.channels));
        begun.chain(taken_over).map(|(number, channel)| (number, channel.name.as_str())).collect()
    }

    /// The aircraft as known now.
    pub fn vehicle(&self) -> &Vehicle {
        &self.joined.vehicle
    }

    /// Profiles take over before the first pass that is not earlier than they.
    fn take_over(&mut self, sink: &mut dyn Sink) {
        while let Some(takeover) =
            self.takeovers.get(self.taken_over).filter(|next| next.at <= self.given.now)
        {
            self.taken_over += 1;
            let next = takeover.decide().ok();
            if next.is_some_and(|mut next| self.decide.succeed(takeover.at, &mut next, sink)) {
                self.config.clone_from(&takeover.config);
            }
        }
    }

    fn pass(&mut self, sink: &mut dyn Sink) {
        self.take_over(sink);
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

/// A profile that took over in flight.
struct Takeover {
    at: TimeUs,
    config: Config,
    /// Numbers of its channels.
    numbers: Vec<u8>,
}

impl Takeover {
    fn decide(&self) -> Result<Decide, ConfigError> {
        Decide::numbered(&self.config, &self.numbers)
    }
}

/// What a flight file says of itself.
struct Told {
    path: PathBuf,
    rate_sps: f64,
    frequency_hz: f64,
    settings: BTreeMap<String, String>,
}

impl Told {
    fn read(chain: &Chain) -> Result<Told, Failure> {
        let Some((path, flight)) = chain.first() else {
            return Err(Failure::Failed("a flight without a file".to_string()));
        };
        let wrong = || StoreError::database(path, "cannot read its settings");
        let connection = flight.connection();
        let sql = "SELECT sample_rate_sps, frequency_hz, schema_version FROM flight";
        let row = connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
        let (rate_sps, frequency_hz, version): (f64, f64, i32) = row.map_err(wrong())?;
        if version < PASSES_SINCE {
            let why = "its tables are of a version that kept no passes";
            return Err(Failure::Failed(format!(
                "{}: {why} ({version}; {PASSES_SINCE} does)",
                path.display()
            )));
        }
        let mut settings = connection.prepare("SELECT name, value FROM setting").map_err(wrong())?;
        let settings = settings.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).map_err(wrong())?;
        let settings = settings.collect::<Result<_, _>>().map_err(wrong())?;
        Ok(Told { path: path.to_path_buf(), rate_sps, frequency_hz, settings })
    }

    fn setting(&self, name: &str) -> String {
        self.settings.get(name).cloned().unwrap_or_default()
    }

    /// With what the engine was told, with `sets` over it; and as a new flight file says that.
    fn in_force(chain: &Chain, sets: &[String]) -> Result<(Told, Config, BTreeMap<String, String>), Failure> {
        let told = Told::read(chain)?;
        let (settings, texts) = told.settings(&told.setting("settings_toml"), sets)?;
        let (config, mut rows) = (told.config(&settings)?, told.rows(chain, sets, &settings));
        rows.extend(texts);
        Ok((told, config, rows))
    }

    /// By the `text` of settings, with `sets` over it and the files that it names; and rows that tell of those.
    fn settings(&self, text: &str, sets: &[String]) -> Result<(Settings, Vec<(String, String)>), Failure> {
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
        let mut files = Vec::new();
        for key in FILES {
            if let Some(text) = self.settings.get(&text_of(key)) {
                let file = folder.path().join(key);
                std::fs::write(&file, text).map_err(|error| Failure::doing(file.display(), error))?;
                files.push((key, file));
            }
        }
        let is_bench = self.setting("bench") == "true";
        let settings = Settings::again(text, &self.path, &files, sets, is_bench)?;
        let texts = settings.files().into_iter().map(|(key, text)| (text_of(key), text)).collect();
        Ok((settings, texts))
    }

    fn config(&self, settings: &Settings) -> Result<Config, Failure> {
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

    /// The same of a profile that took over in the flight of `flown`. What a replay was told goes over it too: `switch` is as it was flown.
    fn takeover(&self, flown: &Config, switch: Switch, sets: &[String]) -> Result<Takeover, Failure> {
        let (settings, _) = self.settings(&switch.settings_toml, &self.sets_with(sets))?;
        let config = settings.engine_within(flown).map_err(|error| Failure::Usage(error.to_string()))?;
        let takeover = Takeover { at: switch.at, config, numbers: switch.numbers };
        takeover.decide().map_err(|error| Failure::Usage(error.to_string()))?;
        Ok(takeover)
    }

    /// What the replay that made the flight was told, if one did, and what this one is.
    fn sets_with(&self, sets: &[String]) -> Vec<String> {
        let told = self.setting(REPLAYED_SET);
        told.lines().map(String::from).chain(sets.iter().cloned()).collect()
    }

    fn rows(&self, chain: &Chain, sets: &[String], settings: &Settings) -> BTreeMap<String, String> {
        let mut rows = self.settings.clone();
        let name = |(path, flight): &(PathBuf, Flight)| {
            let told = flight.connection().query_row("SELECT name FROM flight", [], |row| row.get(0));
            told.unwrap_or_else(|_| path.display().to_string())
        };
        let names: Vec<String> = chain.files.iter().map(name).collect();
        let flown_by = self.settings.get("replayed.flown_by").cloned();
        let told = [
            ("settings_toml", settings.to_toml()),
            ("settings_sha256", settings.hash_sha256()),
            ("version.skyhound", VERSION.to_string()),
            ("replayed.from", names.join(" ")),
            ("replayed.flown_by", flown_by.unwrap_or_else(|| self.setting("version.skyhound"))),
        ];
        rows.extend(told.map(|(name, value)| (name.to_string(), value)));
        let sets = self.sets_with(sets);
        if !sets.is_empty() {
            rows.insert(REPLAYED_SET.to_string(), sets.join("\n"));
        }
        rows
    }
}
