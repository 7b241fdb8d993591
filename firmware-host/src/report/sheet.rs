//! A flight as tables: each with a title, columns with their units, and cells. CSV, XLSX and HTML print the same ones.

mod machine;

use super::advice::Advice;
use super::coverage::CoverageLine;
use super::debrief::Debrief;
use serde_json::{Value, json};

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Not known.
    Empty,
    /// A number, and how many decimals people read of it.
    Number(f64, usize),
    /// Words.
    Text(String),
}

impl Cell {
    /// For people.
    pub fn shown(&self) -> String {
        match self {
            Cell::Empty => String::new(),
            Cell::Number(value, places) => format!("{value:.places$}"),
            Cell::Text(text) => text.clone(),
        }
    }
}

/// A table.
#[derive(Clone, Debug, PartialEq)]
pub struct Sheet {
    /// What it is; unique in a report, at most 31 characters.
    pub title: &'static str,
    /// Names of its columns, units last.
    pub columns: Vec<&'static str>,
    /// Rows.
    pub rows: Vec<Vec<Cell>>,
}

impl Sheet {
    /// A list of objects by the names of the columns.
    pub fn to_json(&self) -> Value {
        let value = |cell: &Cell| match cell {
            Cell::Empty => Value::Null,
            Cell::Number(value, _) => json!(value),
            Cell::Text(text) => json!(text),
        };
        let row = |cells: &Vec<Cell>| -> Value {
            let named = self.columns.iter().zip(cells).map(|(name, cell)| (name.to_string(), value(cell)));
            Value::Object(named.collect())
        };
        json!({ "title": self.title, "rows": self.rows.iter().map(row).collect::<Vec<_>>() })
    }
}

/// How many decimals a degree has: a centimetre.
const DEGREES: usize = 7;

fn n(value: impl Into<f64>, places: usize) -> Cell {
    Cell::Number(value.into(), places)
}

fn count(value: i64) -> Cell {
    Cell::Number(value as f64, 0)
}

/// A number, where it is known.
pub(super) fn maybe(value: Option<f64>, places: usize) -> Cell {
    value.map_or(Cell::Empty, |value| Cell::Number(value, places))
}

fn t(text: &str) -> Cell {
    Cell::Text(text.to_string())
}

/// Of what is too small for a number of 64 bits, that it is.
fn chance(probability: f64) -> Cell {
    let least = f64::MIN_POSITIVE;
    Cell::Text(if probability < least { format!("under {least:.0e}") } else { format!("{probability:.1e}") })
}

fn yes(is: Option<bool>) -> Cell {
    is.map_or(Cell::Empty, |is| t(if is { "yes" } else { "no" }))
}

/// All tables that have rows, what a search lead looks at first.
pub fn sheets(flight: &Debrief, advice: &[Advice]) -> Vec<Sheet> {
    let all = [
        places(flight),
        recommendations(advice),
        heard(flight),
        messages(flight),
        truth(flight),
        coverage("What was searched", flight.coverage.as_ref()),
        flown(flight),
        safety(flight),
        silences(flight),
        machine::states(flight),
        machine::detections(flight),
        machine::minutes(flight),
        machine::heights(flight),
        machine::passes(flight),
        machine::losses(flight),
        machine::events(flight),
    ];
    all.into_iter().filter(|sheet| !sheet.rows.is_empty()).collect()
}

fn sheet<T>(
    title: &'static str,
    columns: &[&'static str],
    rows: &[T],
    row: impl Fn(&T) -> Vec<Cell>,
) -> Sheet {
    Sheet { title, columns: columns.to_vec(), rows: rows.iter().map(row).collect() }
}

fn places(flight: &Debrief) -> Sheet {
    let columns = [
        "beacon",
        "at_s",
        "lat_deg",
        "lon_deg",
        "UTM",
        "MGRS",
        "from_home_deg",
        "from_home_m",
        "radius_50_m",
        "radius_95_m",
        "ellipse_long_m",
        "ellipse_short_m",
        "ellipse_deg",
        "observations",
        "distress_ids",
    ];
    sheet("Where the beacon is", &columns, &flight.places, |p| {
        vec![
            t(&p.beacon),
            n(p.at_s, 1),
            n(p.lat_deg, DEGREES),
            n(p.lon_deg, DEGREES),
            t(p.utm.as_deref().unwrap_or("")),
            t(p.mgrs.as_deref().unwrap_or("")),
            maybe(p.from_home_deg, 1),
            maybe(p.from_home_m, 0),
            n(p.radius_50_m, 1),
            n(p.radius_95_m, 1),
            n(p.ellipse_long_m, 1),
            n(p.ellipse_short_m, 1),
            n(p.ellipse_deg, 0),
            count(p.observation_count),
            t(&p.distress_ids.join(" ")),
        ]
    })
}

fn recommendations(advice: &[Advice]) -> Sheet {
    sheet("Recommendations", &["what to do", "number", "value", "wanted"], advice, |a| {
        vec![t(&a.says), t(a.number), n(a.value, 3), t(a.wanted)]
    })
}

fn heard(flight: &Debrief) -> Sheet {
    let columns = [
        "beacon",
        "detections",
        "first_utc",
        "first_s",
        "after_takeoff_s",
        "after_search_s",
        "flown_m",
        "last_s",
        "heard_s",
        "snr_peak_db",
        "cn0_peak_db_hz",
        "heard_mhz",
        "false_alarm_probability",
    ];
    sheet("When it was heard", &columns, &flight.heard, |h| {
        vec![
            t(&h.beacon),
            count(h.detection_count),
            t(&h.first_utc),
            n(h.first_s, 1),
            maybe(h.after_takeoff_s, 1),
            maybe(h.after_search_s, 1),
            n(h.flown_m, 0),
            maybe(h.last_s, 1),
            n(h.heard_s, 1),
            n(h.snr_peak_db, 1),
            maybe(h.cn0_peak_db_hz, 1),
            maybe(h.heard_hz.map(|hz| hz / 1e6), 6),
            h.false_alarm_probability.map_or(Cell::Empty, chance),
        ]
    })
}

fn messages(flight: &Debrief) -> Sheet {
    let columns = [
        "beacon",
        "id",
        "messages",
        "first_s",
        "last_s",
        "cn0_max_db_hz",
        "test",
        "kind",
        "country",
        "identity",
        "says_lat_deg",
        "says_lon_deg",
    ];
    sheet("Distress messages", &columns, &flight.report.messages, |m| {
        vec![
            t(&m.beacon),
            t(&m.id),
            count(m.count),
            n(m.first_s, 1),
            n(m.last_s, 1),
            n(m.cn0_max_db_hz, 1),
            yes(Some(m.test)),
            t(&m.kind),
            t(&m.country),
            t(&m.identity),
            maybe(m.says_lat_deg, 5),
            maybe(m.says_lon_deg, 5),
        ]
    })
}

fn truth(flight: &Debrief) -> Sheet {
    let columns = ["beacon", "lat_deg", "lon_deg", "error_m", "in_95", "nearest_m", "final_m"];
    sheet("Beside the truth", &columns, &flight.truth, |line| {
        vec![
            t(&line.beacon),
            n(line.lat_deg, DEGREES),
            n(line.lon_deg, DEGREES),
            maybe(line.error_m, 1),
            yes(line.is_in_95),
            maybe(line.nearest_m, 1),
            maybe(line.final_m, 1),
        ]
    })
}

/// An area by how well it was searched.
pub(super) fn coverage(title: &'static str, line: Option<&CoverageLine>) -> Sheet {
    let classes = line.map_or(&[][..], |line| &line.classes);
    let columns = ["POD_from", "POD_to", "area_km2", "POA_before", "POA_now"];
    sheet(title, &columns, classes, |class| {
        vec![
            n(class.pod_from, 2),
            n(class.pod_to, 2),
            n(class.area_km2, 4),
            n(class.poa, 4),
            n(class.poa_now, 4),
        ]
    })
}

/// Quantities that are there once, each a row.
fn flown(flight: &Debrief) -> Sheet {
    let mut rows = Vec::new();
    let mut put = |name: &str, value: Option<f64>, places: usize| {
        rows.extend(value.map(|value| vec![t(name), n(value, places)]));
    };
    let way = flight.way.as_ref();
    put("duration_s", Some(flight.report.duration_s), 1);
    put("airborne_s", way.map(|way| way.airborne_s), 1);
    put("landed_s", way.map(|way| way.landed_s), 1);
    put("flown_m", way.map(|way| way.flown_m), 0);
    put("height_max_m", way.map(|way| way.height_max_m), 1);
    put("speed_max_mps", way.map(|way| way.speed_max_mps).filter(|mps| *mps > 0.0), 1);
    put("farthest_m", way.map(|way| way.farthest_m), 0);
    let approach = flight.approach.as_ref();
    put("approach_flown_m", approach.map(|approach| approach.flown_m), 0);
    put("approach_straight_m", approach.map(|approach| approach.straight_m), 0);
    put("approach_time_s", approach.map(|approach| approach.ended_s - approach.began_s), 1);
    put("approach_efficiency_ratio", approach.and_then(|approach| approach.efficiency_ratio), 2);
    let battery = flight.battery.as_ref();
    put("battery_first_ratio", battery.and_then(|battery| battery.first_ratio), 2);
    put("battery_last_ratio", battery.and_then(|battery| battery.last_ratio), 2);
    put("battery_used_ratio", battery.and_then(|battery| battery.used_ratio), 2);
    put("battery_least_v", battery.and_then(|battery| battery.least_v), 2);
    put("battery_used_ah", battery.and_then(|battery| battery.used_ah), 3);
    put("readings_with_position_ratio", flight.report.placed_ratio, 4);
    // Nothing was listened to in vain where the beacon was heard at once.
    let coverage = flight.coverage.as_ref().filter(|coverage| coverage.pos > 0.0);
    put("pos", coverage.map(|coverage| coverage.pos), 3);
    put("not_there", coverage.map(|coverage| coverage.not_there), 3);
    put("false_alarms", flight.false_alarms.as_ref().map(|alarms| alarms.count as f64), 0);
    put("false_alarms_per_hour", flight.false_alarms.as_ref().map(|alarms| alarms.per_hour), 2);
    Sheet { title: "The flight in numbers", columns: vec!["quantity", "value"], rows }
}

fn safety(flight: &Debrief) -> Sheet {
    sheet("Safety events", &["at_s", "severity", "kind", "text"], &flight.safety, |s| {
        vec![n(s.at_s, 1), t(&s.severity), t(&s.kind), t(&s.text)]
    })
}

fn silences(flight: &Debrief) -> Sheet {
    let columns = ["interlock", "fault", "detail", "times", "time_s", "first_s"];
    sheet("Why nothing was commanded", &columns, &flight.silences, |s| {
        vec![t(&s.interlock), t(&s.fault), t(&s.detail), count(s.count), n(s.time_s, 1), n(s.first_s, 1)]
    })
}
