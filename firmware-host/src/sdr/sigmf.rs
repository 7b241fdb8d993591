//! SigMF metadata (`.sigmf-meta`, SigMF 1.x JSON) to what a file source needs: format, rate, captures, annotations.
//!
//! Only the keys that matter for reading are looked at; unknown ones are left alone, as the standard asks. Whatever is
//! contradictory (captures out of order, no rate) is an error naming the key. Bounded: 64 MB of text, 65 536 captures
//! and annotations each. Not read: multi-channel recordings and collections.

use skyhound::signal::SampleFormat;
use std::path::{Path, PathBuf};

const ENTRIES_MAX: usize = 65_536;
/// Longest metadata file that is read.
pub const META_BYTES_MAX: u64 = 64 << 20;

/// What the metadata says.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// Form of the samples.
    pub format: SampleFormat,
    /// Samples per second, when told.
    pub sample_rate_sps: Option<f64>,
    /// Stretches with one setting, by start; the first begins at sample 0.
    pub captures: Vec<Capture>,
    /// Labels, by start.
    pub annotations: Vec<Annotation>,
    /// `core:dataset`: a data file with a name of its own.
    pub dataset: Option<String>,
    /// Bytes after the last sample that are none (`core:trailing_bytes`).
    pub trailing_bytes: u64,
}

/// A stretch recorded with one setting.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Capture {
    /// Its first sample in the file.
    pub sample_start: u64,
    /// Tuned frequency, Hz.
    pub frequency_hz: Option<f64>,
    /// `core:datetime` in µs since 1970.
    pub utc_us: Option<i64>,
    /// `core:global_index`: index in the original stream, lost samples counted in.
    pub global_index: Option<u64>,
    /// Bytes before its first sample that are none.
    pub header_bytes: u64,
}

/// A label on some samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Annotation {
    /// First sample.
    pub sample_start: u64,
    /// Samples; `None` to the end of the capture.
    pub sample_count: Option<u64>,
    /// Lower and upper edge, Hz.
    pub edges_hz: Option<(f64, f64)>,
    /// Label, or else the comment.
    pub label: String,
}

/// The metadata and the data file that belong to `path`: either of the two, or their base name. `None`: not SigMF.
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

/// Reads metadata. The error says what is wrong with which key.
pub fn parse(text: &str) -> Result<Recording, String> {
    let json: serde_json::Value = serde_json::from_str(text).map_err(|e| format!("no JSON: {e}"))?;
    let global = json.get("global").ok_or("`global` is missing")?;
    let datatype =
        global.get("core:datatype").and_then(|v| v.as_str()).ok_or("`core:datatype` is missing")?;
    let format = format_of(datatype)
        .ok_or_else(|| format!("`core:datatype` is {datatype}; known: ci8, cu8, ci16_le, cf32_le"))?;
    if global.get("core:num_channels").is_some_and(|v| v.as_u64() != Some(1)) {
        return Err("`core:num_channels` is not 1: split the recording by channel".into());
    }
    let sample_rate_sps = match global.get("core:sample_rate") {
        None => None,
        Some(rate) => Some(
            rate.as_f64()
                .filter(|r| r.is_finite() && *r > 0.0)
                .ok_or_else(|| format!("`core:sample_rate` is {rate}; it must be a number > 0"))?,
        ),
    };
    Ok(Recording {
        format,
        sample_rate_sps,
        captures: captures(&json)?,
        annotations: annotations(&json)?,
        dataset: global.get("core:dataset").and_then(|v| v.as_str()).map(str::to_owned),
        trailing_bytes: global.get("core:trailing_bytes").and_then(|v| v.as_u64()).unwrap_or(0),
    })
}

fn format_of(datatype: &str) -> Option<SampleFormat> {
    match datatype {
        "ci8" | "ci8_le" => Some(SampleFormat::Cs8),
        "cu8" | "cu8_le" => Some(SampleFormat::Cu8),
        "ci16_le" => Some(SampleFormat::Cs16),
        "cf32_le" => Some(SampleFormat::Cf32),
        _ => None,
    }
}

fn entries<'a>(json: &'a serde_json::Value, key: &str) -> Result<&'a [serde_json::Value], String> {
    let list = match json.get(key) {
        None => return Ok(&[]),
        Some(list) => list.as_array().ok_or_else(|| format!("`{key}` is no list"))?,
    };
    if list.len() > ENTRIES_MAX {
        return Err(format!("`{key}` has {} entries; at most {ENTRIES_MAX} are read", list.len()));
    }
    Ok(list)
}

fn finite(entry: &serde_json::Value, key: &str) -> Option<f64> {
    entry.get(key).and_then(|v| v.as_f64()).filter(|v| v.is_finite())
}

fn captures(json: &serde_json::Value) -> Result<Vec<Capture>, String> {
    let mut captures = Vec::new();
    for entry in entries(json, "captures")? {
        captures.push(Capture {
            sample_start: entry
                .get("core:sample_start")
                .and_then(|v| v.as_u64())
                .ok_or("`core:sample_start` of a capture is missing or no count")?,
            frequency_hz: finite(entry, "core:frequency"),
            utc_us: entry
                .get("core:datetime")
                .and_then(|v| v.as_str())
                .and_then(|text| text.parse::<jiff::Timestamp>().ok())
                .map(|utc| utc.as_microsecond()),
            global_index: entry.get("core:global_index").and_then(|v| v.as_u64()),
            header_bytes: entry.get("core:header_bytes").and_then(|v| v.as_u64()).unwrap_or(0),
        });
    }
    if captures.windows(2).any(|pair| pair[1].sample_start < pair[0].sample_start) {
        return Err("`captures` are not in order of `core:sample_start`".into());
    }
    if captures.first().is_none_or(|first| first.sample_start > 0) {
        captures.insert(0, Capture::default());
    }
    Ok(captures)
}

fn annotations(json: &serde_json::Value) -> Result<Vec<Annotation>, String> {
    let mut annotations = Vec::new();
    for entry in entries(json, "annotations")? {
        let text = |key: &str| entry.get(key).and_then(|v| v.as_str());
        annotations.push(Annotation {
            sample_start: entry
                .get("core:sample_start")
                .and_then(|v| v.as_u64())
                .ok_or("`core:sample_start` of an annotation is missing or no count")?,
            sample_count: entry.get("core:sample_count").and_then(|v| v.as_u64()),
            edges_hz: finite(entry, "core:freq_lower_edge").zip(finite(entry, "core:freq_upper_edge")),
            label: ["core:label", "core:description", "core:comment"]
                .iter()
                .find_map(|key| text(key))
                .unwrap_or("(no label)")
                .to_owned(),
        });
    }
    annotations.sort_by_key(|a| a.sample_start);
    Ok(annotations)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const GOOD: &str = r#"{
        "global": {"core:datatype": "ci16_le", "core:sample_rate": 2400000, "core:version": "1.2.0", "x:y": [1]},
        "captures": [{"core:sample_start": 0, "core:frequency": 433.92e6, "core:datetime": "2024-05-01T12:00:00.25Z"},
                     {"core:sample_start": 1000, "core:frequency": 868e6, "core:global_index": 5000}],
        "annotations": [{"core:sample_start": 700, "core:sample_count": 50, "core:comment": "later"},
                        {"core:sample_start": 100, "core:label": "beacon", "core:freq_lower_edge": 1.0,
                         "core:freq_upper_edge": 2.0}]}"#;

    #[test]
    fn reads_what_matters() {
        let recording = parse(GOOD).unwrap();
        assert_eq!((recording.format, recording.sample_rate_sps), (SampleFormat::Cs16, Some(2.4e6)));
        assert_eq!(recording.captures[0].utc_us, Some(1_714_564_800_250_000));
        assert_eq!(
            (recording.captures[1].frequency_hz, recording.captures[1].global_index),
            (Some(868e6), Some(5000))
        );
        let labels: Vec<&str> = recording.annotations.iter().map(|a| a.label.as_str()).collect();
        assert_eq!(labels, ["beacon", "later"], "by start");
        assert_eq!(recording.annotations[0].edges_hz, Some((1.0, 2.0)));
    }

    #[test]
    fn names_the_key_that_is_wrong() {
        for (text, word) in [
            ("{", "no JSON"),
            ("{}", "global"),
            (r#"{"global":{}}"#, "core:datatype"),
            (r#"{"global":{"core:datatype":"rf32_le"}}"#, "cf32_le"),
            (r#"{"global":{"core:datatype":"cu8","core:sample_rate":0}}"#, "core:sample_rate"),
            (r#"{"global":{"core:datatype":"cu8","core:num_channels":2}}"#, "num_channels"),
            (r#"{"global":{"core:datatype":"cu8"},"captures":{}}"#, "captures"),
            (r#"{"global":{"core:datatype":"cu8"},"annotations":[{}]}"#, "core:sample_start"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }

    fn json() -> impl Strategy<Value = String> {
        let key = prop_oneof![
            Just("core:sample_start"),
            Just("core:frequency"),
            Just("core:datatype"),
            Just("core:sample_rate"),
            Just("core:datetime"),
            Just("x")
        ];
        let value = prop_oneof![
            any::<f64>().prop_filter("JSON has no NaN", |v| v.is_finite()).prop_map(|v| v.to_string()),
            any::<u64>().prop_map(|v| v.to_string()),
            Just("null".to_owned()),
            Just("\"cu8\"".to_owned()),
            Just("[]".to_owned()),
            "[a-z0-9:-]{0,9}".prop_map(|v| format!("\"{v}\"")),
        ];
        let object = prop::collection::vec((key, value), 0..5).prop_map(|pairs| {
            let pairs: Vec<String> = pairs.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
            format!("{{{}}}", pairs.join(","))
        });
        let list = prop::collection::vec(object.clone(), 0..4).prop_map(|l| format!("[{}]", l.join(",")));
        (object, list.clone(), list).prop_map(|(global, captures, annotations)| {
            format!(r#"{{"global":{global},"captures":{captures},"annotations":{annotations}}}"#)
        })
    }

    proptest! {
        #[test]
        fn garbage_is_an_error_not_a_panic(text in any::<String>()) {
            let _ = parse(&text);
        }

        #[test]
        fn likely_json_gives_ordered_captures_or_an_error(text in json()) {
            if let Ok(recording) = parse(&text) {
                prop_assert_eq!(recording.captures[0].sample_start, 0);
                prop_assert!(recording.captures.is_sorted_by_key(|c| c.sample_start));
                prop_assert!(recording.annotations.is_sorted_by_key(|a| a.sample_start));
            }
        }

        #[test]
        fn cut_metadata_never_panics(cut in 0usize..900) {
            let _ = parse(GOOD.get(..cut.min(GOOD.len())).unwrap_or_default());
        }
    }
}
