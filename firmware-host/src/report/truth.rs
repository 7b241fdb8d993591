//! Beside a truth: how far off each estimate is, whether its region holds the truth, how near the flight came, and what was no beacon.

use super::facts::DetectionLine;
use super::place::{PlaceLine, Region};
use super::way::{Fix, distance_m, fix_at};
use serde::Serialize;
use skyhound::geo::Wgs84;

/// A beacon's estimate against its truth.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct TruthLine {
    /// Channel's name.
    pub beacon: String,
    /// Where it was.
    pub lat_deg: f64,
    /// See `lat_deg`.
    pub lon_deg: f64,
    /// From the estimate to it, m; `None` without an estimate.
    pub error_m: Option<f64>,
    /// Whether the region of 95 % holds it; `None` without one in the file.
    pub is_in_95: Option<bool>,
    /// Nearest the aircraft came, over the ground, m; `None` without positions.
    pub nearest_m: Option<f64>,
    /// Distance at the end of the approach, or of the way, m.
    pub final_m: Option<f64>,
}

/// Detections of what is no beacon of the truth.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FalseAlarms {
    /// Detections of channels on which nothing sent.
    pub count: i64,
    /// Of so many.
    pub detection_count: i64,
    /// In an hour.
    pub per_hour: f64,
}

/// Where beacons were, by name: of beacons, or of the flight for all of its beacons.
pub type Truths = [(String, Wgs84)];

/// Of each beacon that has an estimate or was heard and is in the truth.
pub(super) fn compared(
    truths: &Truths,
    flight: &str,
    names: &[String],
    found: (&[PlaceLine], &[Region]),
    way: (&[Fix], Option<f64>),
) -> Vec<TruthLine> {
    let (places, regions) = found;
    let (fixes, ended_s) = way;
    let line = |name: &String| {
        let (_, at) = truth_of(truths, flight, name)?;
        let place = places.iter().find(|place| place.beacon == *name);
        let holds = |place: &PlaceLine| {
            let is_its = |region: &&Region| region.channel == place.channel && region.percent == 95;
            regions.iter().find(is_its).map(|region| region.holds(*at))
        };
        let last = match ended_s {
            Some(s) => fix_at(fixes, (s * 1e6) as i64),
            None => fixes.last(),
        };
        let away_m = |fix: &Fix| distance_m(*at, fix.at);
        Some(TruthLine {
            beacon: name.clone(),
            lat_deg: at.lat_deg,
            lon_deg: at.lon_deg,
            error_m: place.map(|place| distance_m(*at, place.at())),
            is_in_95: place.and_then(holds),
            nearest_m: fixes.iter().map(away_m).reduce(f64::min),
            final_m: last.map(away_m),
        })
    };
    names.iter().filter_map(line).collect()
}

/// `None` where the truth does not tell beacons apart: it has no name of one.
pub(super) fn false_alarms(
    truths: &Truths,
    names: &[String],
    detections: &[DetectionLine],
    duration_s: f64,
) -> Option<FalseAlarms> {
    let is_true = |name: &String| truths.iter().any(|(truth, _)| truth == name);
    if !names.iter().any(is_true) {
        return None;
    }
    let count = detections.iter().filter(|detection| !is_true(&detection.beacon)).count() as i64;
    let per_hour = if duration_s > 0.0 { count as f64 * 3_600.0 / duration_s } else { 0.0 };
    Some(FalseAlarms { count, detection_count: detections.len() as i64, per_hour })
}

fn truth_of<'t>(truths: &'t Truths, flight: &str, beacon: &str) -> Option<&'t (String, Wgs84)> {
    let named = |name: &str| truths.iter().find(|(truth, _)| truth == name);
    named(beacon).or_else(|| named(flight))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names() -> Vec<String> {
        vec!["fox".to_string(), "hound".to_string()]
    }

    #[test]
    fn a_truth_is_found_by_beacon_and_else_by_flight() {
        let at = |lat_deg| Wgs84 { lat_deg, lon_deg: 8.5 };
        let truths = vec![("fox".to_string(), at(47.0)), ("flight".to_string(), at(48.0))];
        let place = PlaceLine { beacon: "fox".into(), lat_deg: 47.001, lon_deg: 8.5, ..PlaceLine::default() };
        let lines = compared(&truths, "flight", &names(), (&[place], &[]), (&[], None));
        assert_eq!((lines.len(), lines[0].lat_deg, lines[1].lat_deg), (2, 47.0, 48.0));
        assert!((lines[0].error_m.unwrap() - 111.2).abs() < 0.1 && lines[1].error_m.is_none());
        assert!(compared(&truths, "other", &names()[1..], (&[], &[]), (&[], None)).is_empty());
    }

    #[test]
    fn what_nobody_sent_is_a_false_alarm() {
        let heard = |beacon: &str| DetectionLine { beacon: beacon.into(), ..DetectionLine::default() };
        let truths = vec![("fox".to_string(), Wgs84 { lat_deg: 47.0, lon_deg: 8.5 })];
        let detections = [heard("fox"), heard("hound"), heard("hound")];
        let alarms = false_alarms(&truths, &names(), &detections, 1_800.0).unwrap();
        assert_eq!((alarms.count, alarms.detection_count, alarms.per_hour), (2, 3, 4.0));
        assert_eq!(false_alarms(&[], &names(), &detections, 1.0), None);
    }
}
