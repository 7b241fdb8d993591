//! What distress beacons say → rows of `beacon_message`, in the columns' order of `schema.sql`.

use super::columns::{all, some, text, times, truth};
use duckdb::arrow::array::{ArrayRef, StringArray};
use duckdb::arrow::datatypes::{Float64Type, UInt8Type, UInt16Type};
use skyhound::cospas::{Check, EncodedPosition, Message, country_name};
use skyhound::signal::Hearing;
use std::sync::Arc;

/// A message and how it was heard.
pub type Said = (Hearing, Message);

/// The columns.
pub fn columns(rows: &[Said]) -> Vec<ArrayRef> {
    let texts = |value: &dyn Fn(&Message) -> String| -> ArrayRef {
        Arc::new(rows.iter().map(|(_, said)| Some(value(said))).collect::<StringArray>())
    };
    let position = |value: &dyn Fn(&EncodedPosition) -> f64| {
        some::<Float64Type, _>(rows, |(_, said)| said.position.as_ref().map(value))
    };
    let corrected = |check: &dyn Fn(&Message) -> Check| {
        some::<UInt8Type, _>(rows, |(_, said)| match check(said) {
            Check::Right(count) => Some(count),
            Check::Absent | Check::Wrong => None,
        })
    };
    vec![
        times(rows, |(heard, _)| heard.until_us),
        all::<UInt8Type, _>(rows, |(heard, _)| heard.channel),
        texts(&|said| format!("{:015X}", said.id())),
        texts(&|said| said.bits.hex(said.is_long()).to_string()),
        truth(rows, |(_, said)| said.is_self_test),
        truth(rows, |(_, said)| Some(said.is_test())),
        all::<UInt16Type, _>(rows, |(_, said)| said.country),
        text(rows, |(_, said)| country_name(said.country)),
        text(rows, |(_, said)| Some(said.protocol.name())),
        text(rows, |(_, said)| Some(said.beacon().name())),
        texts(&|said| match said.identity.mmsi(said.country) {
            Some(mmsi) => format!("MMSI {mmsi:09}"),
            None => said.identity.to_string(),
        }),
        position(&|at| at.lat_deg),
        position(&|at| at.lon_deg),
        some::<UInt16Type, _>(rows, |(_, said)| Some(said.position?.resolution_arcsec)),
        text(rows, |(_, said)| Some(said.source?.name())),
        corrected(&|said| said.first),
        corrected(&|said| said.second),
        all::<Float64Type, _>(rows, |(heard, _)| heard.frequency_hz),
        all::<Float64Type, _>(rows, |(heard, _)| heard.cn0.db()),
        all::<Float64Type, _>(rows, |(heard, _)| heard.power.db()),
    ]
}
