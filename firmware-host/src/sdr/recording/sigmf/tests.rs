//! Metadata as programs write it, and as it is garbled.

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
    let Metadata { contents: found, .. } = parse(GOOD, None).unwrap();
    assert_eq!((found.encoding, found.sample_rate_sps), (Some(Encoding::of(Number::I16)), Some(2.4e6)));
    assert_eq!(
        (found.captures[0].utc_us, found.captures[0].utc_step_us),
        (Some(1_714_564_800_250_000), 10_000)
    );
    assert_eq!((found.captures[1].frequency_hz, found.captures[1].global_index), (Some(868e6), Some(5000)));
    let labels: Vec<&str> = found.annotations.iter().map(|a| a.label.as_str()).collect();
    assert_eq!(labels, ["beacon", "later"], "by start");
    assert_eq!(found.annotations[0].edges_hz, Some((1.0, 2.0)));
    assert!(found.notes.is_empty(), "{:?}", found.notes);
}

#[test]
fn names_the_key_that_is_wrong() {
    for (text, word) in [
        ("{", "no JSON"),
        ("{}", "global"),
        (r#"{"global":{}}"#, "core:datatype"),
        (r#"{"global":{"core:datatype":"rf32_le"}}"#, "real samples"),
        (r#"{"global":{"core:datatype":"ri16"}}"#, "real samples"),
        (r#"{"global":{"core:datatype":"ci12_le"}}"#, "cf32"),
        (r#"{"global":{"core:datatype":"cf32_me"}}"#, "_be"),
        (r#"{"global":{"core:datatype":"cu8","core:sample_rate":0}}"#, "core:sample_rate"),
        (r#"{"global":{"core:datatype":"cu8","core:num_channels":2}}"#, "num_channels"),
        (r#"{"global":{"core:datatype":"cu8","core:offset":-1}}"#, "core:offset"),
        (r#"{"global":{"core:datatype":"cu8","core:trailing_bytes":-1}}"#, "core:trailing_bytes"),
        (r#"{"global":{"core:datatype":"cu8"},"captures":{}}"#, "captures"),
        (r#"{"global":{"core:datatype":"cu8"},"captures":[{}]}"#, "core:sample_start"),
        (r#"{"global":{"core:datatype":"cu8"},"annotations":{}}"#, "annotations"),
    ] {
        let error = parse(text, None).unwrap_err();
        assert!(error.contains(word), "{text}: {error}");
    }
}

/// Metadata of cu8 at 1 MS/s with these parts.
fn made(global: &str, captures: &str, annotations: &str) -> Contents {
    let text = format!(
        r#"{{"global":{{"core:datatype":"cu8","core:sample_rate":1e6{global}}},"captures":[{captures}],"annotations":[{annotations}]}}"#
    );
    parse(&text, None).unwrap_or_else(|error| panic!("{text}: {error}")).contents
}

#[test]
fn every_complex_datatype_of_the_standard_is_read() {
    for (name, number) in [
        ("u8", Number::U8),
        ("i8", Number::I8),
        ("u16", Number::U16),
        ("i16", Number::I16),
        ("u32", Number::U32),
        ("i32", Number::I32),
        ("f32", Number::F32),
        ("f64", Number::F64),
    ] {
        for (order, is_big_endian) in [("_le", false), ("_be", true), ("", false)] {
            let text = format!(r#"{{"global":{{"core:datatype":"c{name}{order}"}}}}"#);
            let found = parse(&text, None).unwrap().contents;
            assert_eq!(found.encoding, Some(Encoding { is_big_endian, ..Encoding::of(number) }), "{text}");
            let is_noted = order.is_empty() && number.bytes() > 1;
            assert_eq!(found.notes.len(), usize::from(is_noted), "{text}: {:?}", found.notes);
        }
    }
}

#[test]
fn indices_are_the_file_s_own() {
    let found = made(
        r#","core:offset":500000"#,
        r#"{"core:sample_start":500000,"core:frequency":1e6},{"core:sample_start":500100,"core:frequency":2e6}"#,
        r#"{"core:sample_start":500010,"core:sample_count":5}"#,
    );
    let starts: Vec<_> = found.captures.iter().map(|c| (c.sample_start, c.frequency_hz)).collect();
    assert_eq!(starts, [(0, Some(1e6)), (100, Some(2e6))]);
    assert_eq!(found.annotations[0].sample_start, 10);
    // The metadata of the whole beside its second half: what began before goes on, with its time.
    let found = made(
        r#","core:offset":1000000"#,
        r#"{"core:sample_start":0,"core:frequency":1e6},
           {"core:sample_start":500000,"core:frequency":2e6,"core:datetime":"2024-05-01T12:00:00Z"},
           {"core:sample_start":1500000,"core:frequency":3e6}"#,
        "",
    );
    let starts: Vec<_> = found.captures.iter().map(|c| (c.sample_start, c.frequency_hz)).collect();
    assert_eq!(starts, [(0, Some(2e6)), (500_000, Some(3e6))]);
    assert_eq!(found.captures[0].utc_us, Some(1_714_564_800_500_000));
}

#[test]
fn a_first_capture_that_begins_late_holds_from_the_start() {
    let found = made(
        "",
        r#"{"core:sample_start":2500.0,"core:frequency":433920000,"core:datetime":"2024-05-01T12:00:00.0025Z"}"#,
        "",
    );
    assert_eq!(found.captures.len(), 1);
    assert_eq!((found.captures[0].sample_start, found.captures[0].frequency_hz), (0, Some(433.92e6)));
    assert_eq!(found.captures[0].utc_us, Some(1_714_564_800_000_000));
    assert!(found.notes[0].1.contains("2500"), "{:?}", found.notes);
    assert_eq!(made("", "", "").captures, [Capture::default()], "none is one");
}

#[test]
fn counts_written_as_floats_and_labels_off_the_start() {
    let found = made(
        "",
        r#"{"core:sample_start":0.0},{"core:sample_start":1e3}"#,
        r#"{"core:sample_start":3425.0,"core:sample_count":10.0,"core:label":"a"},
           {"core:sample_start":-100,"core:sample_count":500,"core:label":"cut"},
           {"core:sample_start":-100,"core:sample_count":100,"core:label":"gone"},
           {"core:label":"nowhere"}"#,
    );
    assert_eq!(found.captures[1].sample_start, 1_000);
    let labels: Vec<_> =
        found.annotations.iter().map(|a| (a.label.as_str(), a.sample_start, a.sample_count)).collect();
    assert_eq!(labels, [("cut", 0, Some(400)), ("a", 3_425, Some(10))]);
    assert_eq!(found.notes.len(), 2, "{:?}", found.notes);
    assert!(found.notes[0].1.starts_with("2 annotations"), "{:?}", found.notes);
}

#[test]
fn times_are_read_as_programs_write_them() {
    let of = |text: &str| {
        made("", &format!(r#"{{"core:sample_start":0,"core:datetime":"{text}"}}"#), "").captures[0].utc_us
    };
    let noon = Some(1_714_564_800_000_000);
    for text in [
        "2024-05-01T12:00:00Z",
        "2024-05-01T12:00:00",
        "2024-05-01T12:00:00.000000000000Z",
        "2024-05-01T14:00:00+02:00",
        "2024-05-01 12:00:00.0",
        "2024-05-01T12:00:00.000000+00:00",
    ] {
        assert_eq!(of(text), noon, "{text}");
    }
    assert_eq!(of("2024-05-01T12:00:00.1234567890123Z"), noon.map(|us| us + 123_456));
    assert_eq!(of("yesterday"), None);
}

#[test]
fn a_frequency_is_read_as_programs_write_it_or_refused() {
    let with = |hz: &str| {
        let captures = format!(r#"[{{"core:sample_start":0,"core:frequency":{hz}}}]"#);
        parse(&format!(r#"{{"global":{{"core:datatype":"cu8"}},"captures":{captures}}}"#), None)
    };
    for hz in ["433920000", "433.92e6", r#""433920000""#, r#"" 433.92e6 ""#] {
        assert_eq!(with(hz).unwrap().contents.captures[0].frequency_hz, Some(433.92e6), "{hz}");
    }
    assert_eq!(with("null").unwrap().contents.captures[0].frequency_hz, None);
    for hz in [r#""433.92 MHz""#, "true", "[433920000]", r#""""#, r#""NaN""#] {
        assert!(with(hz).unwrap_err().starts_with("`core:frequency` of a capture is"), "{hz}");
    }
}

#[test]
fn extensions_that_must_be_known_are_told_and_others_left_alone() {
    let with = |list: &str| made(&format!(r#","core:extensions":{list}"#), "", "").notes.len();
    assert_eq!(with(r#"[{"name":"antenna","version":"1.0.0","optional":true}]"#), 0);
    assert_eq!(with(r#"[{"name":"antenna","version":"1.0.0","optional":false}]"#), 1);
    assert_eq!(with(r#"{"antenna":"1.0.0"}"#), 0, "the form of before 1.0");
}

#[test]
fn times_are_reckoned_with_the_rate_that_is_set() {
    let text = r#"{"global":{"core:datatype":"cu8"},
        "captures":[{"core:sample_start":250000,"core:datetime":"2024-05-01T12:00:01Z"}]}"#;
    let first_utc_us = |set_sps| parse(text, set_sps).unwrap().contents.captures[0].utc_us;
    assert_eq!(first_utc_us(Some(250e3)), Some(1_714_564_800_000_000));
    assert_eq!(first_utc_us(None), None, "nobody knows the rate");
}

#[test]
fn captures_out_of_order_are_put_in_order() {
    let found = made("", r#"{"core:sample_start":10},{"core:sample_start":0}"#, "");
    assert_eq!(found.captures.iter().map(|c| c.sample_start).collect::<Vec<_>>(), [0, 10]);
    assert_eq!(found.notes.len(), 1);
}

fn json() -> impl Strategy<Value = String> {
    let key = prop_oneof![
        Just("core:sample_start"),
        Just("core:sample_count"),
        Just("core:frequency"),
        Just("core:datatype"),
        Just("core:sample_rate"),
        Just("core:datetime"),
        Just("core:offset"),
        Just("core:global_index"),
        Just("x")
    ];
    let value = prop_oneof![
        any::<f64>().prop_filter("JSON has no NaN", |v| v.is_finite()).prop_map(|v| v.to_string()),
        any::<u64>().prop_map(|v| v.to_string()),
        any::<i64>().prop_map(|v| v.to_string()),
        Just("null".to_owned()),
        Just("\"cu8\"".to_owned()),
        Just("[]".to_owned()),
        "[a-z0-9:.Z-]{0,22}".prop_map(|v| format!("\"{v}\"")),
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
        let _ = parse(&text, None);
    }

    #[test]
    fn likely_json_gives_ordered_captures_or_an_error(text in json()) {
        if let Ok(Metadata { contents: found, .. }) = parse(&text, None) {
            prop_assert_eq!(found.captures[0].sample_start, 0);
            prop_assert!(found.captures.is_sorted_by_key(|c| c.sample_start));
            prop_assert!(found.annotations.is_sorted_by_key(|a| a.sample_start));
        }
    }

    #[test]
    fn cut_metadata_never_panics(cut in 0usize..900) {
        let _ = parse(GOOD.get(..cut.min(GOOD.len())).unwrap_or_default(), None);
    }
}
