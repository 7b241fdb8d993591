//! A report on paper: the same boxes, tables and curves as the page has, as a [`document::Document`] that `skyhound-pdf` sets on A4 and writes as
//! PDF. Figures are drawn here, for black and white.

mod curves;
#[path = "../../../../pdf/src/document.rs"]
mod document;
mod drawing;
mod fall;
mod map;
mod program;

use super::first::{cards, is_on_side, split};
use super::{Flight, Told};
use crate::failure::Failure;
use crate::report::features::features;
use crate::report::sheet::{Cell, Sheet};
use document::{Card, Column, Document, Part, Tone};
use skyhound::geo::Wgs84;

/// Rows of a table at most: who wants thousands reads them with a program. Each cell takes some 90 bytes of PDF, that it can be read aloud.
const ROWS_MAX: usize = 150;
/// A text of more letters than this is a sentence.
const WIDE: usize = 40;
/// Flights that the foot of a page names.
const NAMED_MAX: usize = 3;

/// The PDF.
///
/// # Errors
/// There is no `skyhound-pdf`, or it failed.
pub fn write(told: &Told<'_>) -> Result<Vec<u8>, Failure> {
    program::pdf(&document(told))
}

fn document(told: &Told<'_>) -> Document {
    let names: Vec<&str> = told.flights.iter().map(|flight| flight.debrief.report.name.as_str()).collect();
    let more = names.len().saturating_sub(NAMED_MAX);
    let and = if more > 0 { format!(" and {more} more") } else { String::new() };
    let dated = told.flights.iter().map(|flight| flight.debrief.report.started_utc.as_str()).max();
    let version = crate::version::VERSION;
    let made = format!(
        "Made by skyhound {version}. Estimates are posteriors: what they mean is told in the handbook."
    );
    let mut parts = vec![words(&made, Tone::Soft)];
    if let Some(joint) = told.joint {
        parts.push(heading(1, "All flights together"));
        parts.extend(joint.notes.iter().map(|note| words(note, Tone::Plain)));
        parts.extend(map(map::figure(&told.features_together(joint), &[])));
        parts.extend(joint.sheets.iter().map(table));
    }
    for flight in told.flights {
        if told.flights.len() > 1 || told.joint.is_some() {
            let text = format!("Flight {}", flight.debrief.report.name);
            parts.push(Part::Heading { level: 1, text, is_on_new_page: true });
        }
        section(&mut parts, flight);
    }
    Document {
        title: told.heading(),
        foot: format!("{}{and}", names[..names.len() - more].join(", ")),
        dated_utc: dated.unwrap_or("1970-01-01T00:00:00Z").to_string(),
        parts,
    }
}

fn section(parts: &mut Vec<Part>, flight: &Flight) {
    let report = &flight.debrief.report;
    parts.push(words(&super::about(report), Tone::Soft));
    for (what, why) in [("NOT WHOLE", &report.unread), ("REPLAYED", &report.replayed)] {
        parts.extend(why.iter().map(|why| words(&format!("{what}: {why}"), Tone::Warning)));
    }
    let boxes = cards(flight).into_iter();
    parts.push(Part::Cards {
        cards: boxes.map(|card| Card { name: card.name, value: card.value, more: card.more }).collect(),
    });
    parts.extend(map(map::figure(&features(&flight.debrief), &powers(flight))));
    if !flight.advice.is_empty() {
        parts.push(heading(2, "Recommendations"));
        let step = |advice: &crate::report::Advice| {
            format!("{} ({} {:.3}, wanted {})", advice.says, advice.number, advice.value, advice.wanted)
        };
        parts.push(Part::Steps { steps: flight.advice.iter().map(step).collect() });
    }
    let (first, rest) = split(&flight.sheets);
    parts.push(heading(2, "Found and searched"));
    parts.extend(first.into_iter().map(table));
    let series = flight.series.as_ref();
    if let Some((series, span)) = series.and_then(|series| Some((series, curves::span(series)?))) {
        parts.push(heading(2, "Over time"));
        let why = "Hours, minutes and seconds since the start of the recording. The numbers of these figures: form .parquet at 10 Hz; the spectrum: \
            table `spectrum` of the flight (skyhound query).";
        parts.push(words(why, Tone::Soft));
        let fall = series.waterfall.as_ref().and_then(|fall| fall::figure(fall, span));
        let all = curves::figures(series, span).into_iter().chain(fall);
        parts.extend(all.map(|(title, svg)| Part::Figure { title, note: String::new(), svg }));
    }
    parts.push(heading(2, "All that is told besides"));
    parts.extend(rest.into_iter().map(table));
}

fn heading(level: u8, text: &str) -> Part {
    Part::Heading { level, text: text.to_string(), is_on_new_page: false }
}

fn words(text: &str, tone: Tone) -> Part {
    Part::Words { text: text.to_string(), tone }
}

fn map(svg: Option<String>) -> Option<Part> {
    let note = "what it shows as numbers: forms .geojson, .kml and .gpx".to_string();
    svg.map(|svg| Part::Figure { title: "Map".to_string(), note, svg })
}

/// Strongest power along the way, where it is known.
fn powers(flight: &Flight) -> Vec<(Wgs84, f64)> {
    let fixes = flight.debrief.fixes.iter();
    fixes.filter_map(|fix| Some((fix.at, *flight.loudest.get(&(fix.at_us / 1_000_000))?))).collect()
}

fn table(sheet: &Sheet) -> Part {
    let is_known = |cell: &Cell| !cell.shown().is_empty();
    let columns =
        (0..sheet.columns.len()).filter(|column| sheet.rows.iter().any(|row| is_known(&row[*column])));
    let columns: Vec<usize> = columns.collect();
    if is_on_side(sheet) {
        return on_side(sheet, &columns);
    }
    let column = |at: &usize| {
        let cells = || sheet.rows.iter().map(|row| &row[*at]);
        Column {
            name: sheet.columns[*at].to_string(),
            is_number: cells().any(|cell| matches!(cell, Cell::Number(..))),
            is_wide: cells().any(|cell| cell.shown().chars().count() > WIDE),
        }
    };
    let rows = sheet.rows.iter().take(ROWS_MAX);
    let rows = rows.map(|row| columns.iter().map(|column| row[*column].shown()).collect()).collect();
    let count = sheet.rows.len();
    let note = match count > ROWS_MAX {
        true => format!("the first {ROWS_MAX} of {count} rows; all of them: forms .xlsx and .html"),
        false => String::new(),
    };
    Part::Table { title: sheet.title.to_string(), columns: columns.iter().map(column).collect(), rows, note }
}

/// What its columns are, as rows; the first one names the others.
fn on_side(sheet: &Sheet, columns: &[usize]) -> Part {
    let row = |column: &usize| {
        let cells = sheet.rows.iter().map(|row| row[*column].shown());
        std::iter::once(sheet.columns[*column].to_string()).chain(cells).collect::<Vec<String>>()
    };
    let mut rows: Vec<Vec<String>> = columns.iter().map(row).collect();
    let head = if rows.is_empty() { Vec::new() } else { rows.remove(0) };
    let column = |name| Column { name, is_number: false, is_wide: false };
    Part::Table {
        title: sheet.title.to_string(),
        columns: head.into_iter().map(column).collect(),
        rows,
        note: String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Cell {
        Cell::Text(text.to_string())
    }

    #[test]
    fn a_wide_table_of_few_rows_stands_on_its_side_without_what_is_not_known() {
        let columns = vec!["beacon", "b", "c", "d", "e", "f", "g", "h", "i"];
        let mut row = vec![Cell::Number(1.0, 1); 9];
        (row[0], row[1]) = (text("fox"), Cell::Empty);
        let Part::Table { columns, rows, .. } = table(&Sheet { title: "t", columns, rows: vec![row] }) else {
            panic!()
        };
        assert_eq!(columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["beacon", "fox"]);
        assert_eq!((rows.len(), &rows[0]), (7, &vec!["c".to_string(), "1.0".to_string()]));
    }

    #[test]
    fn a_table_of_thousands_says_where_the_rest_is() {
        let rows = (0..1_000).map(|n| vec![Cell::Number(f64::from(n), 0)]).collect();
        let Part::Table { rows, note, .. } = table(&Sheet { title: "t", columns: vec!["n"], rows }) else {
            panic!()
        };
        assert_eq!(rows.len(), ROWS_MAX);
        assert!(note.contains("of 1000 rows") && note.contains(".xlsx"), "{note}");
    }
}
