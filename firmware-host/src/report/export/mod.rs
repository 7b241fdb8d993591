//! A report as a file: one function for each form, told by the file's ending.
//!
//! [`Told`] (flights, each with its recommendations, tables and curves; of several, what they say together) → bytes. Nothing is asked of a flight
//! here but what only one form needs.

mod cot;
mod csv;
mod first;
mod foxglove;
mod html;
mod paper;
mod table;
mod xlsx;

use super::advice::{Advice, advice};
use super::debrief::Debrief;
use super::facts::Report;
use super::features::features;
use super::joint::Joint;
use super::series::Series;
use super::sheet::{Sheet, sheets};
use super::text::length;
use crate::cot::{Event, document};
use crate::failure::Failure;
use crate::maps::{Feature, geojson, gpx, kml, kmz};
use std::collections::BTreeMap;
use std::path::Path;
use std::str::FromStr;

/// The form of a report.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Form {
    /// A page for people.
    Html,
    /// The same on paper, by a program of its own.
    Pdf,
    /// All facts, as programs read them.
    Json,
    /// Estimates and detections in one table.
    Csv,
    /// For Google Earth and ATAK.
    Kml,
    /// The same packed.
    Kmz,
    /// For CalTopo, SARTopo, QGIS.
    Geojson,
    /// For handhelds.
    Gpx,
    /// The tables as a workbook.
    Xlsx,
    /// Power, place and estimate at 10 Hz.
    Parquet,
    /// For Foxglove and Lichtblick.
    Mcap,
    /// Cursor-on-Target, for TAK.
    Cot,
}

/// Endings of files, and what they are.
const ENDINGS: [(&str, Form); 12] = [
    ("html", Form::Html),
    ("pdf", Form::Pdf),
    ("json", Form::Json),
    ("csv", Form::Csv),
    ("kml", Form::Kml),
    ("kmz", Form::Kmz),
    ("geojson", Form::Geojson),
    ("gpx", Form::Gpx),
    ("xlsx", Form::Xlsx),
    ("parquet", Form::Parquet),
    ("mcap", Form::Mcap),
    ("cot", Form::Cot),
];

/// What a flight found as Cursor-on-Target, told at `now_us`, µs since 1970 UTC.
pub fn cot_events_at(flight: &Debrief, now_us: i64) -> Vec<Event> {
    cot::found_at(flight, flight.callsign(), now_us)
}

impl FromStr for Form {
    type Err = String;

    fn from_str(ending: &str) -> Result<Form, String> {
        let found = ENDINGS.iter().find(|(name, _)| ending.eq_ignore_ascii_case(name));
        found.map(|(_, form)| *form).ok_or_else(|| {
            let endings: Vec<&str> = Form::endings().collect();
            format!("\"{ending}\" is no form of a report; name it .{}", endings.join(", ."))
        })
    }
}

impl Form {
    /// The endings of all forms.
    pub fn endings() -> impl Iterator<Item = &'static str> {
        ENDINGS.iter().map(|(name, _)| *name)
    }

    /// Of a file, by its ending.
    ///
    /// # Errors
    /// Another ending, or none.
    pub fn of(path: &Path) -> Result<Form, String> {
        let ending = path.extension().unwrap_or_default().to_string_lossy();
        ending.parse().map_err(|why| format!("{}: {why}", path.display()))
    }

    /// Whether it shows curves.
    pub fn has_curves(self) -> bool {
        matches!(self, Form::Html | Form::Pdf)
    }

    /// Whether it holds one flight only.
    pub fn is_of_one(self) -> bool {
        matches!(self, Form::Mcap | Form::Parquet)
    }
}

/// A flight to be written.
#[derive(Clone, Debug, Default)]
pub struct Flight {
    /// Its facts.
    pub debrief: Debrief,
    /// What to do.
    pub advice: Vec<Advice>,
    /// Its tables.
    pub sheets: Vec<Sheet>,
    /// Its curves, where the form shows some.
    pub series: Option<Series>,
    /// Strongest mean power of the beacon that was heard first, dBFS, by second of the flight.
    pub loudest: BTreeMap<i64, f64>,
}

impl Flight {
    /// With what follows from its facts.
    pub fn of(debrief: Debrief) -> Flight {
        let advice = advice(&debrief);
        let sheets = sheets(&debrief, &advice);
        Flight { debrief, advice, sheets, ..Flight::default() }
    }

    fn to_json(&self) -> serde_json::Value {
        // Plain structs of numbers and texts always become JSON.
        let mut value = serde_json::to_value(&self.debrief).unwrap_or_default();
        value["recommendations"] = serde_json::to_value(&self.advice).unwrap_or_default();
        value
    }
}

/// What is written.
#[derive(Copy, Clone, Debug)]
pub struct Told<'told> {
    /// Flights, one or more.
    pub flights: &'told [Flight],
    /// What several say together.
    pub joint: Option<&'told Joint>,
}

impl Told<'_> {
    fn title(&self) -> String {
        let names: Vec<&str> =
            self.flights.iter().map(|flight| flight.debrief.report.name.as_str()).collect();
        names.join(", ")
    }

    /// What stands over it.
    fn heading(&self) -> String {
        match self.flights {
            [one] => format!("Flight {}", one.debrief.report.name),
            several => format!("Search report of {} flights", several.len()),
        }
    }

    /// A map of what all flights say together, with their ways.
    fn features_together(&self, joint: &Joint) -> Vec<Feature> {
        let is_shared = |one: &Feature| {
            let kind = one.properties.get("kind").and_then(serde_json::Value::as_str);
            kind.is_some_and(|kind| ["way", "home", "truth"].contains(&kind))
        };
        let own = self.flights.iter().flat_map(|flight| features(&flight.debrief)).filter(is_shared);
        joint.features.iter().cloned().chain(own).collect()
    }

    /// All features, what all flights say together first.
    fn features(&self) -> Vec<Feature> {
        let joint = self.joint.into_iter().flat_map(|joint| joint.features.clone());
        joint.chain(self.flights.iter().flat_map(|flight| features(&flight.debrief))).collect()
    }

    fn cot_events(&self) -> Vec<Event> {
        self.flights
            .iter()
            .flat_map(|flight| cot::events(&flight.debrief, flight.debrief.callsign()))
            .collect()
    }

    fn json(&self) -> String {
        let value = match (self.flights, self.joint) {
            ([one], None) => one.to_json(),
            (flights, joint) => serde_json::json!({
                "flights": flights.iter().map(Flight::to_json).collect::<Vec<_>>(),
                "joint": joint.map(Joint::to_json),
            }),
        };
        format!("{value:#}\n")
    }

    fn workbook(&self) -> Vec<(String, Vec<Sheet>)> {
        let joint = self.joint.map(|joint| ("together".to_string(), joint.sheets.clone()));
        let flights = self.flights.iter();
        let flights = flights.map(|flight| (flight.debrief.report.name.clone(), flight.sheets.clone()));
        joint.into_iter().chain(flights).collect()
    }

    /// The file; `source` is the flight of it, for forms that ask it themselves.
    ///
    /// # Errors
    /// A flight that cannot be read any more, or a form that holds one flight only.
    pub fn write(&self, form: Form, source: &Path, reserve_mb: u32) -> Result<Vec<u8>, Failure> {
        let failed =
            |what: &str, error: &dyn std::fmt::Display| Failure::doing(format!("cannot make {what}"), error);
        let text = |text: String| Ok(text.into_bytes());
        match form {
            Form::Html => text(html::write(self)),
            Form::Pdf => paper::write(self),
            Form::Json => text(self.json()),
            Form::Csv => {
                let flights: Vec<&Debrief> = self.flights.iter().map(|flight| &flight.debrief).collect();
                csv::write(&flights).map_err(|error| failed("CSV", &error))
            }
            Form::Kml => text(kml::write(&self.title(), &self.features())),
            Form::Kmz => {
                kmz::pack(&kml::write(&self.title(), &self.features())).map_err(|error| failed("KMZ", &error))
            }
            Form::Geojson => text(geojson::map(&self.title(), &self.features())),
            Form::Cot => text(document(&self.cot_events())),
            Form::Gpx => text(gpx::write(&self.title(), &self.features())),
            Form::Xlsx => {
                xlsx::write(&self.title(), &self.workbook()).map_err(|error| failed("XLSX", &error))
            }
            Form::Parquet => table::write(source, reserve_mb),
            Form::Mcap => {
                let powers = super::powers_of(source, reserve_mb)?;
                let flight = self.flights.first().map(|flight| &flight.debrief);
                let flight = flight.ok_or_else(|| Failure::Failed("there is no flight".into()))?;
                foxglove::write(flight, &powers).map_err(|error| failed("MCAP", &error))
            }
        }
    }
}

/// A flight in a line: when, how long, with what.
fn about(report: &Report) -> String {
    let live = if report.is_live { ", still being recorded" } else { "" };
    format!(
        "{} ({}), {}{live}; {} at {:.4} MHz, {:.3} MS/s; autopilot {}",
        report.started_utc,
        report.utc_source,
        length(report.duration_s),
        report.sdr,
        report.frequency_hz / 1e6,
        report.sample_rate_sps / 1e6,
        report.autopilot
    )
}
