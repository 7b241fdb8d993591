//! What of a flight a reader is shown first, on the page and on paper: values in boxes, and which tables stand open before the figures.

use super::Flight;
use crate::report::sheet::Sheet;
use crate::report::text::NO_READINGS;

/// Tables that stand before the figures; the others behind them.
const BEFORE_FIGURES: [&str; 6] = [
    "Where the beacon is",
    "When it was heard",
    "Distress messages",
    "Beside the truth",
    "What was searched",
    "The flight in numbers",
];
/// A table of fewer rows than this and more columns than that stands on its side: it fits a page so.
const ON_SIDE: (usize, usize) = (4, 8);

/// A value that is read out first.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// What.
    pub name: String,
    /// Its value.
    pub value: String,
    /// More of it.
    pub more: String,
}

/// Tables before the figures and those behind them; recommendations are a list, not a table.
pub fn split(sheets: &[Sheet]) -> (Vec<&Sheet>, Vec<&Sheet>) {
    let tables = sheets.iter().filter(|sheet| sheet.title != "Recommendations");
    tables.partition(|sheet| BEFORE_FIGURES.contains(&sheet.title))
}

/// Whether a table's columns are better read as rows.
pub fn is_on_side(sheet: &Sheet) -> bool {
    sheet.rows.len() < ON_SIDE.0 && sheet.columns.len() > ON_SIDE.1
}

/// What is read out first.
pub fn cards(flight: &Flight) -> Vec<Card> {
    let debrief = &flight.debrief;
    let mut cards = Vec::new();
    let mut card =
        |name: String, value: &str, more: String| cards.push(Card { name, value: value.to_string(), more });
    for place in &debrief.places {
        let grid = place.mgrs.clone().unwrap_or_else(|| format!("{:.5} {:.5}", place.lat_deg, place.lon_deg));
        let from = place.from_home_deg.zip(place.from_home_m);
        let from = from.map_or(String::new(), |(deg, m)| format!("; {deg:.0}° and {m:.0} m from home"));
        let more = format!("{:.6} {:.6}{from}", place.lat_deg, place.lon_deg);
        card(format!("{} is at", place.beacon), &grid, more);
        let circle = format!("{:.0} m / {:.0} m", place.radius_50_m, place.radius_95_m);
        let by = format!("by {} observations", place.observation_count);
        card("How sure: 50 % / 95 % in a circle of".into(), &circle, by);
    }
    for message in &debrief.report.messages {
        let test = if message.test { "TEST, " } else { "" };
        let more = format!("{test}{}, {}", message.kind, message.country);
        card("406 MHz identification".into(), &message.id, more);
    }
    match debrief.heard.first() {
        None if debrief.report.reading_count == 0 => {
            card("Heard".into(), "nothing", NO_READINGS.into());
        }
        None => {
            card("Heard".into(), "nothing", "see what was searched, and how loud the noise was".into());
        }
        Some(first) => {
            let after = first.after_takeoff_s.map_or(String::new(), |s| format!(", {s:.0} s after take-off"));
            // Without a position it has flown no way that anybody knows.
            let more = match debrief.home {
                Some(_) => format!("after {:.0} m{after}", first.flown_m),
                None => "from where is not known: there are no positions".to_string(),
            };
            card(format!("{} first heard", first.beacon), &first.first_utc, more);
        }
    }
    // Once something is heard, it is no longer listened to in vain.
    if let Some(coverage) = debrief.coverage.as_ref().filter(|coverage| coverage.pos > 0.0) {
        let value = format!("{:.1} %", 100.0 * coverage.pos);
        let not_there = 100.0 * coverage.not_there;
        let more = match debrief.heard.is_empty() {
            true => format!("nothing heard: not there with {not_there:.1} % (even odds before)"),
            false => "until it was heard".to_string(),
        };
        card("Probability of success".into(), &value, more);
    }
    if let Some(truth) = debrief.truth.iter().find(|truth| truth.error_m.is_some()) {
        let in_95 = if truth.is_in_95 == Some(true) { "within" } else { "not within" };
        let error = format!("{:.0} m", truth.error_m.unwrap_or_default());
        card("Error of the estimate".into(), &error, format!("{in_95} the region of 95 %"));
    }
    cards
}
