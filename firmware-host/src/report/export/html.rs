//! A report as one HTML page that needs nothing else: style and script stand in it, tables are plain HTML, figures are drawn from the numbers
//! in it (each can be taken out as CSV). Prints on A4.

use super::Told;
use crate::maps::{Feature, escaped, geojson};
use crate::report::features::features;
use crate::report::sheet::{Cell, Sheet};
use crate::report::text::{NO_READINGS, length};
use serde_json::{Value, json};
use std::fmt::Write as _;

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Tables that stand before the figures, open; the others behind them, open at a click and on paper.
const OPEN: [&str; 6] = [
    "Where the beacon is",
    "When it was heard",
    "Distress messages",
    "Beside the truth",
    "What was searched",
    "The flight in numbers",
];
/// A table of fewer rows than this and more columns than that stands on its side: it fits a page so.
const ON_SIDE: (usize, usize) = (4, 8);
/// Positions that are drawn at most.
const PLACES_MAX: usize = 3_600;

/// The page.
pub fn write(told: &Told<'_>) -> String {
    let title = match told.flights {
        [one] => format!("Flight {}", one.debrief.report.name),
        several => format!("Search report of {} flights", several.len()),
    };
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src blob:\">\n\
         <title>{0}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>{0}</h1>\n",
        escaped(&title)
    );
    let mut numbers = Vec::new();
    if let Some(joint) = told.joint {
        page.push_str("<section id=\"joint\">\n");
        page.push_str("<h2>All flights together</h2>\n");
        for note in &joint.notes {
            let _ = writeln!(page, "<p class=\"soft\">{}</p>", escaped(note));
        }
        page.push_str("<div class=\"map-here\"></div>\n");
        joint.sheets.iter().for_each(|sheet| table(&mut page, sheet, true));
        page.push_str("<div class=\"plots-here\"></div>\n</section>\n");
        let mut all = joint.features.clone();
        let is_shared = |one: &Feature| {
            let kind = one.properties.get("kind").and_then(Value::as_str);
            kind.is_some_and(|kind| ["way", "home", "truth"].contains(&kind))
        };
        all.extend(told.flights.iter().flat_map(|flight| features(&flight.debrief)).filter(is_shared));
        let features = geojson::collection(&all)["features"].take();
        numbers.push(json!({ "id": "joint", "features": features, "track": [], "series": null }));
    }
    for (index, flight) in told.flights.iter().enumerate() {
        let id = format!("flight-{index}");
        let _ = writeln!(page, "<section id=\"{id}\">");
        if told.flights.len() > 1 {
            let _ =
                writeln!(page, "<h2 class=\"flight\">Flight {}</h2>", escaped(&flight.debrief.report.name));
        }
        section(&mut page, flight);
        page.push_str("</section>\n");
        numbers.push(numbers_of(&id, flight));
    }
    // Within a script nothing ends it but its own tag.
    let numbers = json!({ "flights": numbers }).to_string().replace('<', "\\u003c");
    let _ = write!(
        page,
        "<p class=\"soft\">Made by skyhound {}. Estimates are posteriors: what they mean is told in the handbook.</p>\n\
         <script type=\"application/json\" id=\"numbers\">{numbers}</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        escaped(crate::version::VERSION)
    );
    page
}

fn section(page: &mut String, flight: &super::Flight) {
    let report = &flight.debrief.report;
    let live = if report.is_live { ", still being recorded" } else { "" };
    let _ = writeln!(
        page,
        "<p class=\"soft\">{} ({}), {}{live}; {} at {:.4} MHz, {:.3} MS/s; autopilot {}</p>",
        escaped(&report.started_utc),
        escaped(&report.utc_source),
        length(report.duration_s),
        escaped(&report.sdr),
        report.frequency_hz / 1e6,
        report.sample_rate_sps / 1e6,
        escaped(&report.autopilot)
    );
    for (what, why) in [("NOT WHOLE", &report.unread), ("REPLAYED", &report.replayed)] {
        if let Some(why) = why {
            let _ = writeln!(page, "<p class=\"warn\">{what}: {}</p>", escaped(why));
        }
    }
    page.push_str("<div class=\"cards\">\n");
    cards(page, flight);
    page.push_str("</div>\n<div class=\"map-here\"></div>\n");
    if !flight.advice.is_empty() {
        page.push_str("<h3>Recommendations</h3>\n<ol class=\"advice\">\n");
        for advice in &flight.advice {
            let (says, number) = (escaped(&advice.says), escaped(advice.number));
            let (value, wanted) = (advice.value, escaped(advice.wanted));
            let _ = writeln!(
                page,
                "<li>{says} <span class=\"soft\">({number} {value:.3}, wanted {wanted})</span></li>"
            );
        }
        page.push_str("</ol>\n");
    }
    let sheets = flight.sheets.iter().filter(|sheet| sheet.title != "Recommendations");
    let (first, rest): (Vec<_>, Vec<_>) = sheets.partition(|sheet| OPEN.contains(&sheet.title));
    page.push_str("<div class=\"tables\">\n");
    first.into_iter().for_each(|sheet| table(page, sheet, true));
    page.push_str("</div>\n");
    page.push_str("<div class=\"plots-here\"></div>\n");
    rest.into_iter().for_each(|sheet| table(page, sheet, false));
}

/// What is read out first.
fn cards(page: &mut String, flight: &super::Flight) {
    let debrief = &flight.debrief;
    let mut card = |name: &str, value: &str, more: &str| {
        let (name, value, more) = (escaped(name), escaped(value), escaped(more));
        let _ = writeln!(
            page,
            "<div class=\"card\"><span class=\"name\">{name}</span><b>{value}</b><span>{more}</span></div>"
        );
    };
    for place in &debrief.places {
        let grid = place.mgrs.clone().unwrap_or_else(|| format!("{:.5} {:.5}", place.lat_deg, place.lon_deg));
        let from = place.from_home_deg.zip(place.from_home_m);
        let from = from.map_or(String::new(), |(deg, m)| format!("; {deg:.0}° and {m:.0} m from home"));
        let more = format!("{:.6} {:.6}{from}", place.lat_deg, place.lon_deg);
        card(&format!("{} is at", place.beacon), &grid, &more);
        let circle = format!("{:.0} m / {:.0} m", place.radius_50_m, place.radius_95_m);
        card(
            "How sure: 50 % / 95 % in a circle of",
            &circle,
            &format!("by {} observations", place.observation_count),
        );
    }
    for message in &debrief.report.messages {
        let test = if message.test { "TEST, " } else { "" };
        card("406 MHz identification", &message.id, &format!("{test}{}, {}", message.kind, message.country));
    }
    match debrief.heard.first() {
        None if debrief.report.reading_count == 0 => card("Heard", "nothing", NO_READINGS),
        None => card("Heard", "nothing", "see what was searched, and how loud the noise was"),
        Some(first) => {
            let after = first.after_takeoff_s.map_or(String::new(), |s| format!(", {s:.0} s after take-off"));
            // Without a position it has flown no way that anybody knows.
            let more = match debrief.home {
                Some(_) => format!("after {:.0} m{after}", first.flown_m),
                None => "from where is not known: there are no positions".to_string(),
            };
            card(&format!("{} first heard", first.beacon), &first.first_utc, &more);
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
        card("Probability of success", &value, &more);
    }
    if let Some(truth) = debrief.truth.iter().find(|truth| truth.error_m.is_some()) {
        let in_95 = if truth.is_in_95 == Some(true) { "within" } else { "not within" };
        card(
            "Error of the estimate",
            &format!("{:.0} m", truth.error_m.unwrap_or_default()),
            &format!("{in_95} the region of 95 %"),
        );
    }
}

fn table(page: &mut String, sheet: &Sheet, is_open: bool) {
    let open = if is_open { " open" } else { "" };
    let title = escaped(sheet.title);
    let is_on_side = sheet.rows.len() < ON_SIDE.0 && sheet.columns.len() > ON_SIDE.1;
    let side = if is_on_side { " class=\"side\"" } else { "" };
    let _ = writeln!(page, "<details{open}><summary>{title}</summary><div class=\"scroll\"><table{side}>");
    if is_on_side {
        for (column, title) in sheet.columns.iter().enumerate() {
            let cells: String = sheet.rows.iter().map(|row| cell(&row[column], false)).collect();
            let _ = writeln!(page, "<tr><th>{}</th>{cells}</tr>", escaped(title));
        }
        page.push_str("</table></div></details>\n");
        return;
    }
    let is_number = |column: usize| sheet.rows.iter().any(|row| matches!(row[column], Cell::Number(..)));
    let numeric: Vec<bool> = (0..sheet.columns.len()).map(is_number).collect();
    page.push_str("<thead><tr>");
    for (title, is_number) in sheet.columns.iter().zip(&numeric) {
        let class = if *is_number { " class=\"n\"" } else { "" };
        let _ = write!(page, "<th{class}>{}</th>", escaped(title));
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    for row in &sheet.rows {
        let cells: String = row.iter().zip(&numeric).map(|(one, is_number)| cell(one, *is_number)).collect();
        let _ = writeln!(page, "<tr>{cells}</tr>");
    }
    page.push_str("</tbody></table></div></details>\n");
}

fn cell(cell: &Cell, is_number: bool) -> String {
    let shown = cell.shown();
    let class = match () {
        () if is_number => " class=\"n\"",
        () if shown.len() > 40 => " class=\"wide\"",
        () => "",
    };
    format!("<td{class}>{}</td>", escaped(&shown))
}

/// What the script draws.
fn numbers_of(id: &str, flight: &super::Flight) -> Value {
    let debrief = &flight.debrief;
    let drawn: Vec<_> = features(debrief)
        .into_iter()
        .filter(|one| one.properties.get("kind") != Some(&json!("way")))
        .collect();
    let fixes = debrief.fixes.iter().step_by(debrief.fixes.len().div_ceil(PLACES_MAX).max(1));
    let track: Vec<Value> = fixes
        .map(|fix| {
            let round = |deg: f64| (deg * 1e6).round() / 1e6;
            let power = flight.loudest.get(&(fix.at_us / 1_000_000));
            json!([round(fix.at.lat_deg), round(fix.at.lon_deg), fix.at_us / 1_000_000, power])
        })
        .collect();
    json!({
        "id": id,
        "features": geojson::collection(&drawn)["features"],
        "track": track,
        "series": flight.series,
    })
}
