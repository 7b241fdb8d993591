//! Estimates and detections in one tidy table: a row each, in order of time; a column that a row has nothing for is empty.

use crate::maps::utc_text;
use crate::report::Debrief;

/// Columns, units last.
const COLUMNS: [&str; 13] = [
    "flight",
    "kind",
    "beacon",
    "at_s",
    "utc",
    "lat_deg",
    "lon_deg",
    "radius_50_m",
    "radius_95_m",
    "detection_id",
    "length_s",
    "snr_peak_db",
    "power_peak_dbfs",
];

/// Of all flights.
///
/// # Errors
/// None that a text in memory could have.
pub fn write(flights: &[&Debrief]) -> Result<Vec<u8>, csv::Error> {
    let mut table = csv::Writer::from_writer(Vec::new());
    table.write_record(COLUMNS)?;
    for flight in flights {
        for row in rows(flight) {
            table.write_record(row)?;
        }
    }
    table.into_inner().map_err(|error| std::io::Error::from(error.into_error().kind()).into())
}

fn rows(flight: &Debrief) -> Vec<[String; 13]> {
    let name = &flight.report.name;
    let utc = |at_us: i64| utc_text(flight.utc_us(at_us)).unwrap_or_default();
    let fixed = |value: f64, places: usize| format!("{value:.places$}");
    let maybe = |value: Option<f64>, places| value.map_or(String::new(), |value| fixed(value, places));
    let mut rows: Vec<(i64, [String; 13])> = Vec::new();
    for one in &flight.believed {
        let row = [
            name.clone(),
            "estimate".to_string(),
            one.beacon.clone(),
            fixed(one.at_us as f64 / 1e6, 3),
            utc(one.at_us),
            fixed(one.at.lat_deg, 7),
            fixed(one.at.lon_deg, 7),
            fixed(one.radius_50_m, 1),
            fixed(one.radius_95_m, 1),
            String::new(),
            String::new(),
            String::new(),
            String::new(),
        ];
        rows.push((one.at_us, row));
    }
    for one in &flight.report.detections {
        let began_us = (one.began_s * 1e6).round() as i64;
        let row = [
            name.clone(),
            "detection".to_string(),
            one.beacon.clone(),
            fixed(one.began_s, 3),
            utc(began_us),
            maybe(one.lat_deg, 7),
            maybe(one.lon_deg, 7),
            String::new(),
            String::new(),
            one.id.to_string(),
            maybe(one.length_s, 3),
            fixed(one.snr_peak_db, 2),
            fixed(one.power_peak_dbfs, 2),
        ];
        rows.push((began_us, row));
    }
    rows.sort_by_key(|(at_us, _)| *at_us);
    rows.into_iter().map(|(_, row)| row).collect()
}
