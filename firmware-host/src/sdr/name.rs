//! What a recording's file name says: format, sample rate and frequency.
//!
//! The form is rtl_433's: `…_433.92M_250k.cu8`, frequency before rate, each a number with `k`, `M` or `G`; explicit units
//! (`433.92MHz`, `250ksps`) are read too. One bare number alone could be either and is taken as neither: a wrong rate
//! would make every number wrong.

use skyhound::signal::SampleFormat;
use std::path::Path;

/// What a name says.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct NameFacts {
    /// By the extension.
    pub format: Option<SampleFormat>,
    /// Samples per second.
    pub sample_rate_sps: Option<f64>,
    /// Tuned frequency, Hz.
    pub frequency_hz: Option<f64>,
    /// A single number that may be either.
    pub ambiguous: Option<f64>,
}

enum Word {
    Frequency(f64),
    Rate(f64),
    Bare(f64),
    Other,
}

/// Reads the name of `path`; what it does not say is `None`.
pub fn facts_from_name(path: &Path) -> NameFacts {
    let mut facts = NameFacts {
        format: path.extension().and_then(|e| e.to_str()).and_then(format_named),
        ..NameFacts::default()
    };
    // Without an extension, the point of `433.92M_250k` must not be taken for one.
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    let has_extension = extension.starts_with(|c: char| c.is_ascii_alphabetic());
    let stem = if has_extension { path.file_stem() } else { path.file_name() };
    let stem = stem.and_then(|s| s.to_str()).unwrap_or_default();
    let words: Vec<Word> = stem.split(['_', ' ']).map(read_word).collect();
    for word in &words {
        match *word {
            Word::Frequency(hz) => facts.frequency_hz = Some(hz),
            Word::Rate(sps) => facts.sample_rate_sps = Some(sps),
            Word::Bare(_) | Word::Other => {}
        }
    }
    // The last neighbours count: a name may begin with numbers of its own (`airspy_10M_…_433.92M_250k`).
    let pair = words.windows(2).rev().find_map(|pair| match pair {
        [Word::Bare(hz), Word::Bare(sps)] => Some((*hz, *sps)),
        _ => None,
    });
    if let Some((hz, sps)) = pair {
        facts.frequency_hz.get_or_insert(hz);
        facts.sample_rate_sps.get_or_insert(sps);
        return facts;
    }
    let bare = words.iter().rev().find_map(|word| match word {
        Word::Bare(value) => Some(*value),
        _ => None,
    });
    match (bare, facts.frequency_hz, facts.sample_rate_sps) {
        (Some(sps), Some(_), None) => facts.sample_rate_sps = Some(sps),
        (Some(hz), None, Some(_)) => facts.frequency_hz = Some(hz),
        (Some(value), None, None) => facts.ambiguous = Some(value),
        _ => {}
    }
    facts
}

/// The format that `name` (an extension or a settings value) means.
pub fn format_named(name: &str) -> Option<SampleFormat> {
    match name.to_ascii_lowercase().as_str() {
        "cu8" => Some(SampleFormat::Cu8),
        "cs8" => Some(SampleFormat::Cs8),
        "cs16" => Some(SampleFormat::Cs16),
        "cf32" | "cfile" => Some(SampleFormat::Cf32),
        _ => None,
    }
}

fn read_word(word: &str) -> Word {
    let digits = word.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let (number, unit) = word.split_at(digits);
    let Ok(number) = number.parse::<f64>() else { return Word::Other };
    let value = |scale: f64| number * scale;
    let word = match unit {
        "k" => Word::Bare(value(1e3)),
        "M" => Word::Bare(value(1e6)),
        "G" => Word::Bare(value(1e9)),
        "Hz" => Word::Frequency(value(1.0)),
        "kHz" => Word::Frequency(value(1e3)),
        "MHz" => Word::Frequency(value(1e6)),
        "GHz" => Word::Frequency(value(1e9)),
        "sps" => Word::Rate(value(1.0)),
        "ksps" => Word::Rate(value(1e3)),
        "Msps" => Word::Rate(value(1e6)),
        _ => Word::Other,
    };
    match word {
        Word::Frequency(v) | Word::Rate(v) | Word::Bare(v) if !(v.is_finite() && v > 0.0) => Word::Other,
        word => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(name: &str) -> (Option<SampleFormat>, Option<f64>, Option<f64>) {
        let facts = facts_from_name(Path::new(name));
        (facts.format, facts.frequency_hz.map(f64::round), facts.sample_rate_sps)
    }

    #[test]
    fn reads_the_names_of_real_recordings() {
        let cu8 = Some(SampleFormat::Cu8);
        let cases = [
            ("rtl433t_brennstuhl_gfile015_433.92M_250k.cu8", (cu8, Some(433.92e6), Some(250e3))),
            ("noise-excerpt_lacrosse_gfile010_0-184ms_915M_250k.cu8", (cu8, Some(915e6), Some(250e3))),
            ("rtlamr_slides-sample_912.6M_2359k.cu8", (cu8, Some(912.6e6), Some(2_359e3))),
            ("a_1090M_2.4M.cs16", (Some(SampleFormat::Cs16), Some(1090e6), Some(2.4e6))),
            ("urh_pwm_rate-unknown.cs8", (Some(SampleFormat::Cs8), None, None)),
            ("mavic_air_2_50M.cf32", (Some(SampleFormat::Cf32), None, None)),
            ("gqrx_433920000Hz_1.8Msps.cf32", (Some(SampleFormat::Cf32), Some(433.92e6), Some(1.8e6))),
            ("x_868MHz_250k.data", (None, Some(868e6), Some(250e3))),
            ("x_433.92M_250k", (None, Some(433.92e6), Some(250e3))),
            ("", (None, None, None)),
        ];
        for (name, expected) in cases {
            assert_eq!(read(name), expected, "{name}");
        }
        assert_eq!(facts_from_name(Path::new("mavic_air_2_50M.cf32")).ambiguous, Some(50e6));
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(khz in 1u32..6_000_000, rate_k in 8u32..20_000, name in "[a-z0-9-]{0,12}") {
            let (_, hz, sps) = read(&format!("{name}_{}M_{rate_k}k.cu8", f64::from(khz) / 1e3));
            prop_assert!((hz.unwrap() - f64::from(khz) * 1e3).abs() < 1.0);
            prop_assert_eq!(sps, Some(f64::from(rate_k) * 1e3));
        }

        #[test]
        fn any_name_gives_positive_numbers_or_none(name in any::<String>()) {
            let facts = facts_from_name(Path::new(&name));
            prop_assert!(facts.sample_rate_sps.is_none_or(|v| v > 0.0 && v.is_finite()));
            prop_assert!(facts.frequency_hz.is_none_or(|v| v > 0.0 && v.is_finite()));
        }
    }
}
