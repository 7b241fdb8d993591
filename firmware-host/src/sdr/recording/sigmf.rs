//! SigMF metadata (`.sigmf-meta`, SigMF 1.x JSON) to what a recording is: encoding, rate, captures, annotations.
//!
//! Only the keys that matter for reading are looked at; unknown ones are left alone, as the standard asks. What would make
//! the samples mean something else (no datatype, no rate, real samples, several channels) is an error that names the key;
//! what concerns only a label is noted and passed over. Sample indices are absolute in the standard; here they are the
//! file's own (`core:offset` taken off). Bounded: 64 MB of text, 65 536 captures and annotations each.

use super::contents::{Annotation, Capture, Contents};
use super::encoding::{Encoding, Number};
use serde_json::Value;
use skyhound::record::Severity;
use std::path::{Path, PathBuf};

const ENTRIES_MAX: usize = 65_536;
/// Longest metadata file that is read.
pub const META_BYTES_MAX: u64 = 64 << 20;

/// What the metadata says.
#[derive(Clone, Debug, PartialEq)]
pub struct Metadata {
    /// Of the samples.
    pub contents: Contents,
    /// `core:dataset`: a file of samples with a name of its own.
    pub dataset: Option<String>,
    /// `core:metadata_only`: the samples were left out on purpose.
    pub is_metadata_only: bool,
    /// Bytes after the last sample that are none (`core:trailing_bytes`).
    pub trailing_bytes: u64,
}

/// The metadata and the file of samples that belong to `path`: either of the two, or their base name. `None`: not SigMF.
pub fn paths_of(path: &Path) -> Option<(PathBuf, PathBuf)> {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    if extension == "sigmf-meta" || extension == "sigmf-data" {
        return Some((path.with_extension("sigmf-meta"), path.with_extension("sigmf-data")));
    }
    let with = |end: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    (!path.is_file() && with(".sigmf-meta").is_file()).then(|| (with(".sigmf-meta"), with(".sigmf-data")))
}

/// Reads metadata; times are reckoned with `set_sps` where a rate is set. The error says what is wrong with which key.
pub fn parse(text: &str, set_sps: Option<f64>) -> Result<Metadata, String> {
    // Some editors put a byte order mark before it.
    let json: Value =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(|e| format!("no JSON: {e}"))?;
    let global = json.get("global").ok_or("`global` is missing")?;
    if global.get("core:num_channels").is_some_and(|v| v.as_f64() != Some(1.0)) {
        return Err("`core:num_channels` is not 1: split the recording by channel".into());
    }
    let mut contents = Contents::new("SigMF");
    contents.encoding = Some(encoding(global, &mut contents)?);
    contents.sample_rate_sps = match global.get("core:sample_rate") {
        None | Some(Value::Null) => None,
        Some(rate) => Some(
            rate.as_f64()
                .filter(|r| r.is_finite() && *r > 0.0)
                .ok_or_else(|| format!("`core:sample_rate` is {rate}; it must be a number > 0"))?,
        ),
    };
    let offset = global.get("core:offset").map_or(Some(0), whole).filter(|offset| *offset >= 0);
    let offset = offset.ok_or("`core:offset` is no count")?;
    tell_extensions(global, &mut contents);
    take_captures(&json, offset, set_sps, &mut contents)?;
    take_annotations(&json, offset, &mut contents)?;
    let trailing = global.get("core:trailing_bytes").map_or(Some(0), whole);
    Ok(Metadata {
        contents,
        dataset: global.get("core:dataset").and_then(Value::as_str).map(str::to_owned),
        is_metadata_only: global.get("core:metadata_only").and_then(Value::as_bool).unwrap_or(false),
        trailing_bytes: trailing
            .and_then(|bytes| u64::try_from(bytes).ok())
            .ok_or("`core:trailing_bytes` is no count")?,
    })
}

/// `core:datatype`: c or r, the number, and its byte order from 16 bits on.
fn encoding(global: &Value, contents: &mut Contents) -> Result<Encoding, String> {
    const KNOWN: &str = "known are ci8, cu8, ci16, cu16, ci32, cu32, cf32, cf64 with _le or _be";
    let datatype = global.get("core:datatype").and_then(Value::as_str).ok_or("`core:datatype` is missing")?;
    let wrong = |what: &str| format!("`core:datatype` is {datatype}{what}; {KNOWN}");
    let (name, order) = datatype.split_once('_').unwrap_or((datatype, ""));
    let number = match name.get(1..) {
        Some("u8") => Number::U8,
        Some("i8") => Number::I8,
        Some("u16") => Number::U16,
        Some("i16") => Number::I16,
        Some("u32") => Number::U32,
        Some("i32") => Number::I32,
        Some("f32") => Number::F32,
        Some("f64") => Number::F64,
        _ => return Err(wrong("")),
    };
    if name.starts_with('r') {
        return Err(wrong(": real samples, no IQ"));
    }
    if !name.starts_with('c') || !["", "le", "be"].contains(&order) {
        return Err(wrong(""));
    }
    if order.is_empty() && number.bytes() > 1 {
        contents.warn(format!("`core:datatype` {datatype} tells no byte order: taken as little-endian"));
    }
    Ok(Encoding { is_big_endian: order == "be", ..Encoding::of(number) })
}

fn tell_extensions(global: &Value, contents: &mut Contents) {
    let needed = global.get("core:extensions").and_then(Value::as_array).into_iter().flatten();
    let needed = needed.filter(|one| one.get("optional").and_then(Value::as_bool) == Some(false));
    for name in needed.filter_map(|one| one.get("name").and_then(Value::as_str)) {
        contents.warn(format!("it needs the extension `{name}`, which is not known here: read without it"));
    }
}

fn entries<'a>(json: &'a Value, key: &str) -> Result<&'a [Value], String> {
    let list = match json.get(key) {
        None | Some(Value::Null) => return Ok(&[]),
        Some(list) => list.as_array().ok_or_else(|| format!("`{key}` is no list"))?,
    };
    if list.len() > ENTRIES_MAX {
        return Err(format!("`{key}` has {} entries; at most {ENTRIES_MAX} are read", list.len()));
    }
    Ok(list)
}

fn finite(entry: &Value, key: &str) -> Option<f64> {
    entry.get(key).and_then(Value::as_f64).filter(|v| v.is_finite())
}

/// `core:frequency`, also where it is written as a text.
fn frequency_hz(entry: &Value) -> Result<Option<f64>, String> {
    let told = match entry.get("core:frequency") {
        None | Some(Value::Null) => return Ok(None),
        Some(told) => told,
    };
    let number = told.as_f64().or_else(|| told.as_str()?.trim().parse().ok()).filter(|hz| hz.is_finite());
    number
        .map(Some)
        .ok_or_else(|| format!("`core:frequency` of a capture is {told}; it must be a number, Hz"))
}

/// A whole number; programs in Python and MATLAB write `3425.0`.
fn whole(value: &Value) -> Option<i64> {
    let float = || value.as_f64().filter(|v| v.abs() < 9.2e18).map(|v| v.floor() as i64);
    value.as_i64().or_else(float)
}

fn count(entry: &Value, key: &str) -> Option<u64> {
    entry.get(key).and_then(whole).and_then(|count| u64::try_from(count).ok())
}

fn take_captures(
    json: &Value,
    offset: i64,
    set_sps: Option<f64>,
    contents: &mut Contents,
) -> Result<(), String> {
    let mut captures: Vec<(i64, Capture)> = Vec::new();
    for entry in entries(json, "captures")? {
        let start = entry.get("core:sample_start").and_then(whole);
        let start = start.filter(|start| *start >= 0);
        let start = start.ok_or("`core:sample_start` of a capture is missing or no count")? - offset;
        let (utc_us, utc_step_us) = datetime(entry, contents).unzip();
        let capture = Capture {
            sample_start: start.max(0) as u64,
            frequency_hz: frequency_hz(entry)?,
            utc_us,
            utc_step_us: utc_step_us.unwrap_or(0),
            global_index: count(entry, "core:global_index"),
            header_bytes: count(entry, "core:header_bytes").unwrap_or(0),
        };
        captures.push((start, capture));
    }
    if !captures.is_sorted_by_key(|(start, _)| *start) {
        contents.warn("`captures` are not in order of `core:sample_start`: read in that order");
        captures.sort_by_key(|(start, _)| *start);
    }
    // Of those that begin before this file (`core:offset`), the last one goes on into it.
    let before = captures.iter().filter(|(start, _)| *start < 0).count();
    let mut last_before = (before > 0).then(|| captures[before - 1].clone());
    captures.drain(..before);
    if captures.first().is_some_and(|(start, _)| *start == 0) {
        last_before = None;
    }
    let sps = set_sps.or(contents.sample_rate_sps);
    if let Some((start, mut capture)) = last_before {
        capture.utc_us = moved(capture.utc_us, -start, sps);
        capture.global_index = capture.global_index.map(|index| index.saturating_add(start.unsigned_abs()));
        capture.header_bytes = 0;
        captures.insert(0, (0, capture));
    }
    match captures.first().cloned() {
        None => captures.push((0, Capture::default())),
        Some((start, ref first)) if start > 0 => {
            contents.notes.push((
                Severity::Note,
                format!(
                    "the first capture begins at sample {start}: those before it are taken as recorded alike"
                ),
            ));
            let utc_us = moved(first.utc_us, -start, sps);
            let global_index = first.global_index.and_then(|index| index.checked_sub(start.unsigned_abs()));
            let early = Capture { sample_start: 0, header_bytes: 0, utc_us, global_index, ..first.clone() };
            if first.header_bytes == 0 {
                captures.remove(0);
            }
            captures.insert(0, (0, early));
        }
        Some(_) => {}
    }
    contents.captures = captures.into_iter().map(|(_, capture)| capture).collect();
    Ok(())
}

/// A time `samples` later.
fn moved(utc_us: Option<i64>, samples: i64, sps: Option<f64>) -> Option<i64> {
    Some(utc_us?.saturating_add((samples as f64 * 1e6 / sps?) as i64))
}

/// `core:datetime` in µs since 1970, and how exact it is.
fn datetime(entry: &Value, contents: &mut Contents) -> Option<(i64, i64)> {
    let told = entry.get("core:datetime").filter(|told| !told.is_null())?;
    let text = told.as_str().unwrap_or_default().trim();
    let point = text.find('.');
    let digits = point.map_or(0, |at| text[at + 1..].bytes().take_while(u8::is_ascii_digit).count());
    // More digits than a ns are legal, and a zone that is not told is UTC.
    let cut = point.map_or(0, |at| at + 1 + digits.min(9));
    let zone = point.map_or("", |at| &text[at + 1 + digits..]);
    let text = if point.is_some() { format!("{}{zone}", &text[..cut]) } else { text.to_owned() };
    let is_zoned = text.ends_with(['Z', 'z']) || text.rfind(['+', '-']).is_some_and(|at| at > 10);
    let zoned = if is_zoned { text } else { format!("{text}Z") };
    match zoned.parse::<jiff::Timestamp>() {
        Ok(time) => Some((time.as_microsecond(), 10i64.pow(6 - digits.min(6) as u32))),
        Err(_) => {
            contents.warn(format!("`core:datetime` {told} is no time: passed over"));
            None
        }
    }
}

fn take_annotations(json: &Value, offset: i64, contents: &mut Contents) -> Result<(), String> {
    let (mut dropped, mut cut) = (0, 0);
    for entry in entries(json, "annotations")? {
        let mut sample_count = count(entry, "core:sample_count");
        let Some(start) =
            entry.get("core:sample_start").and_then(whole).map(|start| start.saturating_sub(offset))
        else {
            dropped += 1;
            continue;
        };
        if start < 0 {
            let left = sample_count.map(|count| count.saturating_sub(start.unsigned_abs()));
            if left == Some(0) {
                dropped += 1;
                continue;
            }
            sample_count = left;
            cut += 1;
        }
        let text = |key: &str| entry.get(key).and_then(Value::as_str);
        contents.annotations.push(Annotation {
            sample_start: start.max(0) as u64,
            sample_count,
            edges_hz: finite(entry, "core:freq_lower_edge").zip(finite(entry, "core:freq_upper_edge")),
            label: ["core:label", "core:description", "core:comment"]
                .iter()
                .find_map(|key| text(key))
                .unwrap_or("(no label)")
                .to_owned(),
        });
    }
    contents.annotations.sort_by_key(|a| a.sample_start);
    if dropped > 0 {
        contents
            .warn(format!("{dropped} annotations without a start, or before the first sample, are left out"));
    }
    if cut > 0 {
        contents
            .notes
            .push((Severity::Note, format!("{cut} annotations begin before the first sample: cut there")));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
