//! Annotations of a SigMF recording → rows beside a flight, at the flight's times by the UTC of the recording's captures.
//!
//! Each annotation becomes a row of `import_annotation`, with all of its fields as JSON. Its time is that of the capture in which its first
//! sample lies (`core:datetime`), on by the sample rate. Source: sigmf.org, "SigMF Specification" 1.2.

use std::path::Path;

use serde_json::Value;

use crate::vehicle_log::row::{Account, Row, Table, Take};

/// Metadata is text that somebody wrote: far less than the samples.
const BYTES_MAX: u64 = 64 << 20;

/// Whether a file that begins so is metadata of SigMF: an object with a `global` of the `core` namespace.
pub fn is_metadata(file: &Path, head: &[u8]) -> bool {
    let is_object = head.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'{');
    is_object && document(file).is_ok_and(|told| told["global"]["core:datatype"].is_string())
}

fn document(file: &Path) -> Result<Value, String> {
    let bytes = std::fs::metadata(file).map_err(|error| error.to_string())?.len();
    if bytes > BYTES_MAX {
        return Err(format!("has {bytes} bytes, more than the {BYTES_MAX} that are read"));
    }
    let text = std::fs::read(file).map_err(|error| error.to_string())?;
    serde_json::from_slice(&text)
        .map_err(|error| format!("line {}, column {}: {error}", error.line(), error.column()))
}

/// A capture: its first sample, and UTC of that.
struct Capture {
    first_sample: u64,
    utc_us: Option<i64>,
}

/// Reads the annotations of `file`; every row goes to `take`, its `log_us` is UTC.
///
/// # Errors
/// The file cannot be read, is no metadata, or `take` does not take any more.
pub fn read(file: &Path, take: Take) -> Result<Account, String> {
    let told = document(file)?;
    let rate_sps = told["global"]["core:sample_rate"].as_f64().filter(|rate| *rate > 0.0 && rate.is_finite());
    let rate_sps = rate_sps.ok_or("global.core:sample_rate is no rate over 0; write it")?;
    let several = |name: &str| told[name].as_array().map_or(&[][..], Vec::as_slice);
    let captures: Vec<Capture> = several("captures").iter().map(capture).collect();
    let mut account = Account::default();
    for (index, annotation) in several("annotations").iter().enumerate() {
        match row(annotation, &captures, rate_sps) {
            Ok(row) => {
                account.take(&row);
                take(&row)?;
            }
            Err(why) => account.refuse(|| format!("annotations[{index}]"), || why),
        }
    }
    Ok(account)
}

fn capture(told: &Value) -> Capture {
    let utc = told["core:datetime"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    Capture {
        first_sample: told["core:sample_start"].as_u64().unwrap_or(0),
        utc_us: utc.map(jiff::Timestamp::as_microsecond),
    }
}

fn row(annotation: &Value, captures: &[Capture], rate_sps: f64) -> Result<Row, String> {
    let first = annotation["core:sample_start"]
        .as_u64()
        .ok_or("core:sample_start is no count of samples; write it")?;
    let began = captures.iter().filter(|capture| capture.first_sample <= first);
    let capture = began.max_by_key(|capture| capture.first_sample);
    let capture = capture.ok_or_else(|| format!("sample {first} lies in no capture"))?;
    let utc_us = capture
        .utc_us
        .ok_or("its capture has no core:datetime by RFC 3339 (2026-01-01T12:00:00Z); write it")?;
    let since_us = (first - capture.first_sample) as f64 / rate_sps * 1e6;
    let number = |name: &str| annotation[name].as_f64();
    let sample_count = number("core:sample_count");
    let numbers = [
        Some(first as f64),
        sample_count,
        sample_count.map(|count| count / rate_sps),
        number("core:freq_lower_edge"),
        number("core:freq_upper_edge"),
    ];
    let mut row = Row::new(Table::Annotation, utc_us + since_us.round() as i64, numbers);
    let text = |name: &str| annotation[name].as_str().map(|text| text.to_string().into());
    row.texts = [
        text("core:label").or_else(|| text("core:description")).or_else(|| text("core:comment")),
        Some(annotation.to_string().into()),
    ];
    Ok(row)
}
