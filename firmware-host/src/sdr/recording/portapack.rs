//! PortaPack (Mayhem) captures: `.C16` or `.C8` samples with a `.TXT` of the same name that tells rate and frequency.
//!
//! The text is `key=value` a line: `sample_rate`, `center_frequency`, and from a receiver with GPS `latitude`, `longitude`.

use std::io::Read as _;
use std::path::Path;

/// More is no such text.
const TEXT_BYTES_MAX: u64 = 4_096;

/// Rate, S/s, and frequency, Hz, of the text beside `samples`; `None` where there is none, or it does not say.
pub fn beside(samples: &Path) -> (Option<f64>, Option<f64>) {
    let is_capture = samples
        .extension()
        .and_then(|ending| ending.to_str())
        .is_some_and(|ending| ["c16", "c8"].contains(&ending.to_ascii_lowercase().as_str()));
    if !is_capture {
        return (None, None);
    }
    let text = ["TXT", "txt", "Txt"].iter().find_map(|ending| {
        let mut text = String::new();
        let file = std::fs::File::open(samples.with_extension(ending)).ok()?;
        file.take(TEXT_BYTES_MAX).read_to_string(&mut text).ok().map(|_| text)
    });
    text.map_or((None, None), |text| (value(&text, "sample_rate"), value(&text, "center_frequency")))
}

fn value(text: &str, key: &str) -> Option<f64> {
    let found = text.lines().find_map(|line| {
        let (name, value) = line.split_once('=')?;
        name.trim().eq_ignore_ascii_case(key).then_some(value.trim())
    })?;
    found.parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_text_beside_a_capture_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let samples = folder.path().join("BBD_0001.C16");
        assert_eq!(beside(&samples), (None, None), "no text");
        std::fs::write(samples.with_extension("TXT"), "sample_rate=250000\r\ncenter_frequency = 433920000\n")
            .unwrap();
        assert_eq!(beside(&samples), (Some(250e3), Some(433.92e6)));
        assert_eq!(beside(&folder.path().join("BBD_0001.cu8")), (None, None), "another's text");
        std::fs::write(samples.with_extension("TXT"), [0xff; 99]).unwrap();
        assert_eq!(beside(&samples), (None, None));
    }

    proptest! {
        #[test]
        fn a_value_is_positive_or_none(text in "(sample_rate=[-0-9a-z.]{0,20}\n){0,3}") {
            prop_assert!(value(&text, "sample_rate").is_none_or(|v| v > 0.0 && v.is_finite()));
        }
    }
}
