//! `skyhound at FILE T`: what was true at a moment of a flight, by flying it again up to there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};
use skyhound::facts::Located;
use skyhound::record::{Event, PlacedReading, Record, Sink};

use super::failure::{print, say};
use super::progress::Progress;
use super::query::not_whole;
use super::{Failure, SettingsArgs, ctl, duration};
use crate::ctl::{Status, decided};
use crate::replay::Replay;
use crate::replay::summary::Place;
use crate::store::Chain;

/// Events that are told.
const EVENTS_MAX: usize = 5;

/// Arguments of `skyhound at`.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// The flight file; it is only read
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Seconds of the flight's clock (at_us of its tables, over a million)
    #[arg(value_name = "T", value_parser = duration::second)]
    pub at: f64,
    /// JSON instead of text
    #[arg(long)]
    pub json: bool,
}

/// What was told last.
#[derive(Default)]
pub(super) struct Newest {
    /// By the number of the channel.
    estimates: BTreeMap<u8, Located>,
    events: Vec<Event>,
}

impl Sink for Newest {
    fn reading(&mut self, _: &PlacedReading) {}

    fn record(&mut self, record: &Record) {
        match record {
            Record::Estimate(located) => {
                self.estimates.insert(located.channel, *located);
            }
            Record::Event(event) => {
                if self.events.len() == EVENTS_MAX {
                    self.events.remove(0);
                }
                self.events.push(*event);
            }
            _ => {}
        }
    }
}

/// Tells.
///
/// # Errors
/// A file that cannot be read or replayed.
pub fn run(args: Args) -> Result<(), Failure> {
    let reserve_mb = SettingsArgs::default().disk_reserve_mb()?;
    let shown = Progress::begin();
    let chain = Chain::open(&args.file, reserve_mb)?;
    let mut replay = Replay::new(&chain, &[])?;
    let mut newest = Newest::default();
    let flown = replay.fly(Some((args.at * 1e6) as u64), &mut newest);
    drop(shown);
    if let Some(cut) = flown.cut.filter(|_| (replay.now().0 as f64) < args.at * 1e6) {
        say(&format!("{}: {cut}", args.file.display()));
    }
    if args.json {
        let mut value = newest.json(&replay);
        value["file"] = json!(args.file);
        print(&format!("{value:#}\n"))?;
    } else {
        print(&newest.text(&replay))?;
    }
    chain.unread().map_or(Ok(()), |(path, why)| not_whole(path, Some(why)))
}

impl Newest {
    fn status(replay: &Replay) -> Status {
        let mut status = Status::default();
        decided(&mut status, replay.channels(), replay.now(), replay.decide(), replay.vehicle());
        status.uptime_s = replay.now().0 as f64 / 1e6;
        status
    }

    fn estimates(&self, replay: &Replay) -> Vec<(String, Located)> {
        let names = replay.names();
        let named = |(number, located): (&u8, &Located)| Some((names.get(number)?.to_string(), *located));
        self.estimates.iter().filter_map(named).collect()
    }

    /// What is true now, as `at --json` tells it.
    pub(super) fn json(&self, replay: &Replay) -> Value {
        let status = Newest::status(replay);
        let estimates = self.estimates(replay);
        let places = estimates.iter().map(|(name, located)| {
            let place = Place::of(located);
            json!({
                "beacon": name, "at_s": located.at.0 as f64 / 1e6, "lat_deg": place.lat_deg, "lon_deg": place.lon_deg,
                "radius_50_m": located.estimate.radius_50_m, "radius_95_m": located.estimate.radius_95_m,
            })
        });
        let events = self.events.iter().map(|event| {
            json!({ "at_s": event.at.0 as f64 / 1e6, "kind": event.kind, "text": event.text.as_str() })
        });
        json!({
            "at_s": status.uptime_s, "state": status.state, "target": status.target, "course": status.course,
            "locked": status.locked, "missing": status.missing, "latched": status.latched, "vehicle": status.vehicle,
            "channels": status.channels, "search": status.search,
            "estimates": places.collect::<Vec<_>>(), "events": events.collect::<Vec<_>>(),
        })
    }

    fn text(&self, replay: &Replay) -> String {
        let status = Newest::status(replay);
        let mut text = format!("{:<10} {:.3} s\n{}", "at", status.uptime_s, ctl::flight_text(&status));
        for (name, located) in &self.estimates(replay) {
            let Place { lat_deg, lon_deg, radius_95_m, .. } = Place::of(located);
            text += &format!(
                "{:<10} {name}: {lat_deg:.6} {lon_deg:.6}, 95 % within {radius_95_m:.0} m\n",
                "estimate"
            );
        }
        for event in &self.events {
            text += &format!("{:<10} {:.1} s: {}\n", "told", event.at.0 as f64 / 1e6, event.text.as_str());
        }
        text
    }
}
