//! What several flights say together: a posterior of each beacon by all that heard it, and a map of what was searched by any.

use super::compare::{comparison, improvement};
use super::coverage::{Cells, coverage, runs_of, united};
use super::debrief::Debrief;
use super::features::{REGION, coverage_features};
use super::sheet::{self, Cell, Sheet, maybe};
use super::way::{bearing_deg, distance_m};
use crate::failure::Failure;
use crate::grid::Utm;
use crate::locate::{self, Located, Track, flight};
use crate::maps::{Feature, Shape};
use serde_json::{Value, json};
use skyhound::search::theory::not_there;
use std::path::PathBuf;

/// A place is out of an estimate beyond this share of the probability.
const DOUBTED: f64 = 0.99;

/// What several flights say together.
#[derive(Clone, Debug, Default)]
pub struct Joint {
    /// What is to be known of it.
    pub notes: Vec<String>,
    /// Estimates, coverage, comparison.
    pub sheets: Vec<Sheet>,
    /// Estimates with their regions, coverage.
    pub features: Vec<Feature>,
    estimates: Vec<Value>,
    pos: Option<f64>,
}

impl Joint {
    /// For programs.
    pub fn to_json(&self) -> Value {
        let tables: Vec<Value> = self.sheets.iter().map(Sheet::to_json).collect();
        let not_there = self.pos.map(|pos| not_there(0.5, pos));
        json!({ "notes": self.notes, "estimates": self.estimates, "pos": self.pos, "not_there": not_there, "tables": tables })
    }

    /// Of flights in these files, in the same order. `base`: one flown the way it was done before.
    ///
    /// # Errors
    /// A file that cannot be read.
    pub fn of(
        files: &[PathBuf],
        flights: &[&Debrief],
        base: Option<&Debrief>,
        reserve_mb: u32,
    ) -> Result<Joint, Failure> {
        let mut joint = Joint::default();
        joint.locate(files, flights, reserve_mb)?;
        joint.cover(flights);
        joint.sheets.push(comparison(flights));
        joint.sheets.push(improvement(flights, base));
        joint.sheets.retain(|sheet| !sheet.rows.is_empty());
        Ok(joint)
    }

    fn locate(&mut self, files: &[PathBuf], flights: &[&Debrief], reserve_mb: u32) -> Result<(), Failure> {
        let mut beacons: Vec<&str> = Vec::new();
        for heard in flights.iter().flat_map(|flight| &flight.heard) {
            if !beacons.contains(&heard.beacon.as_str()) {
                beacons.push(&heard.beacon);
            }
        }
        let mut rows = Vec::new();
        for beacon in beacons {
            let heard = |flight: &&Debrief| flight.heard.iter().any(|heard| heard.beacon == beacon);
            let having = files.iter().zip(flights).filter(|(_, flight)| heard(flight));
            let mut tracks: Vec<Track> = Vec::new();
            for (file, _) in having {
                match flight::read(file, Some(beacon), reserve_mb) {
                    Ok((track, _)) => tracks.push(track),
                    // Nothing of it has a position: the others may.
                    Err(Failure::Failed(why)) => self.notes.push(why),
                    Err(failure) => return Err(failure),
                }
            }
            let Some(track) = Track::joined(beacon, tracks.clone()) else { continue };
            match locate::locate(&track, None) {
                Ok(located) => {
                    self.doubt(&located, beacon, &tracks);
                    rows.push(self.take(&located, beacon, tracks.len(), flights));
                }
                Err(why) => self.notes.push(why),
            }
        }
        let gains: Vec<&Option<String>> = flights.iter().map(|flight| &flight.gain).collect();
        if !rows.is_empty() && gains.windows(2).any(|pair| pair[0] != pair[1]) {
            let why = "The flights were flown with different gains: the joint estimate takes their powers as they are, and is less sure than it says.";
            self.notes.push(why.to_string());
        }
        let columns = vec![
            "beacon",
            "flights",
            "lat_deg",
            "lon_deg",
            "UTM",
            "MGRS",
            "from_home_deg",
            "from_home_m",
            "radius_50_m",
            "radius_95_m",
        ];
        self.sheets.push(Sheet { title: "Joint estimate", columns, rows });
        Ok(())
    }

    fn take(&mut self, located: &Located<'_>, beacon: &str, count: usize, flights: &[&Debrief]) -> Vec<Cell> {
        let path = |feature: &Feature| feature.properties.get("kind") == Some(&json!("path"));
        let plain = |feature: Feature| match feature.shape {
            Shape::Areas(_) => feature.coloured(REGION),
            _ => feature,
        };
        let features = located.to_features().into_iter().filter(|feature| !path(feature));
        self.features.extend(features.map(plain));
        self.estimates.push(located.to_json());
        let at = located.track.origin.wgs84_from_ned(located.estimate.mean);
        let utm = Utm::of(at);
        let home = flights.iter().find_map(|flight| flight.home.as_ref());
        vec![
            Cell::Text(beacon.to_string()),
            Cell::Number(count as f64, 0),
            Cell::Number(at.lat_deg, 7),
            Cell::Number(at.lon_deg, 7),
            Cell::Text(utm.map_or(String::new(), |utm| utm.to_string())),
            Cell::Text(utm.map_or(String::new(), |utm| utm.mgrs())),
            maybe(home.map(|home| bearing_deg(home.at(), at)), 1),
            maybe(home.map(|home| distance_m(home.at(), at)), 0),
            Cell::Number(located.estimate.radius_50_m, 1),
            Cell::Number(located.estimate.radius_95_m, 1),
        ]
    }

    /// A flight that by its own readings rules out where all together believe it: another beacon, another place, or powers that do not mean
    /// the same. Regions are asked, not means: of a straight leg alone a beacon may lie on either side, and its mean on neither.
    fn doubt(&mut self, joint: &Located<'_>, beacon: &str, tracks: &[Track]) {
        let believed = joint.track.origin.wgs84_from_ned(joint.estimate.peak);
        for track in tracks {
            // Too few places to rule anything out.
            let Ok(alone) = locate::locate(track, None) else { continue };
            if alone.posterior.credibility(track.origin.ned_from_wgs84(believed)) > DOUBTED {
                self.notes.push(format!(
                    "{} alone rules out where all flights together believe {beacon} (it is outside of 99 % of its own estimate): do not trust the joint one before you know whether all heard the same beacon, at one place, with one gain.",
                    track.name
                ));
            }
        }
    }

    fn cover(&mut self, flights: &[&Debrief]) {
        let maps: Vec<&[Cells]> = flights.iter().map(|flight| flight.cells.as_slice()).collect();
        let cells = united(&maps);
        let Some(line) = coverage(0.0, &cells) else { return };
        self.sheets.push(sheet::coverage("Joint coverage", Some(&line)));
        self.notes.push(format!(
            "Searched by all flights: probability of success {:.1} %; had nothing been heard, a beacon that was there with even odds is not there with {:.1} %.",
            100.0 * line.pos,
            100.0 * line.not_there
        ));
        self.features.extend(coverage_features(&line, |class| runs_of(&cells, class)));
        self.pos = Some(line.pos);
    }
}
