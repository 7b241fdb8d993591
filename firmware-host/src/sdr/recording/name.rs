//! What a recording's file name says: format, sample rate, frequency and start.
//!
//! The words are rtl_433's (`…_433.92M_250k.cu8`, in any order, between any signs that are no letters), with explicit units
//! (`433920kHz`, `250ksps`), gqrx's (`gqrx_DATE_TIME_HZ_SPS_fc.raw`) and the dates of SDR#, HDSDR and SDRuno (`20240524_123045Z`). One bare
//! number alone could be rate or frequency and is taken as neither, because a wrong rate would make every number wrong; only
//! one that no rate can be is a frequency.

use super::encoding::{Encoding, Number};
use std::path::Path;

/// No rate is higher; a number over it is a frequency.
const RATE_MAX_SPS: f64 = 100e6;

/// What a name says.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct NameFacts {
    /// By the extension, or else by a word.
    pub encoding: Option<Encoding>,
    /// Samples per second.
    pub sample_rate_sps: Option<f64>,
    /// Tuned frequency, Hz.
    pub frequency_hz: Option<f64>,
    /// Start, µs since 1970, where the name says that it is UTC.
    pub utc_us: Option<i64>,
    /// A single number that may be rate or frequency.
    pub ambiguous: Option<f64>,
}

#[derive(Copy, Clone)]
enum Word {
    Frequency(f64),
    Rate(f64),
    /// A number with `k`, `M` or `G` in either case, which is a sample rate when it is `k`.
    Bare(f64, bool),
    Other,
}

/// Reads the name of `path`; what it does not say is `None`.
pub fn facts_from_name(path: &Path) -> NameFacts {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    // Without an extension, the point of `433.92M_250k` must not be taken for one.
    let has_extension = extension.starts_with(|c: char| c.is_ascii_alphabetic());
    let stem = if has_extension { path.file_stem() } else { path.file_name() };
    let words = words_of(stem.and_then(|s| s.to_str()).unwrap_or_default());
    let told =
        words.iter().rev().find_map(|word| ["cu8", "cs8", "cs16", "cf32"].contains(word).then_some(*word));
    let mut facts = NameFacts {
        encoding: encoding_named(extension).or_else(|| told.and_then(encoding_named)),
        utc_us: start_of(&words),
        ..NameFacts::default()
    };
    if let Some(gqrx) = gqrx(&words) {
        return NameFacts { utc_us: gqrx.utc_us.or(facts.utc_us), ..gqrx };
    }
    let words: Vec<Word> = words.into_iter().map(read_word).collect();
    for word in &words {
        match *word {
            Word::Frequency(hz) => facts.frequency_hz = Some(hz),
            Word::Rate(sps) => facts.sample_rate_sps = Some(sps),
            Word::Bare(..) | Word::Other => {}
        }
    }
    take_bare(&words, &mut facts);
    facts
}

/// The numbers without a whole unit.
fn take_bare(words: &[Word], facts: &mut NameFacts) {
    let bare = |word: &Word| match *word {
        Word::Bare(value, is_k) => Some((value, is_k)),
        _ => None,
    };
    // The last neighbours count: a name may begin with numbers of its own (`airspy_10M_…_433.92M_250k`).
    let neighbours = words.windows(2).rev().find_map(|pair| Some((bare(&pair[0])?, bare(&pair[1])?)));
    let all: Vec<(f64, bool)> = words.iter().filter_map(bare).collect();
    let last_two = || all.len().checked_sub(2).map(|from| (all[from], all[from + 1]));
    if let Some((first, second)) = neighbours.or_else(last_two) {
        let (hz, sps) = frequency_and_rate(first, second);
        facts.frequency_hz.get_or_insert(hz);
        facts.sample_rate_sps.get_or_insert(sps);
        return;
    }
    match (all.last(), facts.frequency_hz, facts.sample_rate_sps) {
        (Some((sps, _)), Some(_), None) if *sps <= RATE_MAX_SPS => facts.sample_rate_sps = Some(*sps),
        (Some((hz, _)), None, Some(_)) => facts.frequency_hz = Some(*hz),
        (Some((hz, _)), None, None) if *hz > RATE_MAX_SPS => facts.frequency_hz = Some(*hz),
        (Some((value, _)), None, None) => facts.ambiguous = Some(*value),
        _ => {}
    }
}

/// Which of two numbers is which: what is too much for a rate is a frequency; `k` is a rate beside `M`; else the first is
/// the frequency.
fn frequency_and_rate((first, first_k): (f64, bool), (second, second_k): (f64, bool)) -> (f64, f64) {
    let is_turned = match (first > RATE_MAX_SPS, second > RATE_MAX_SPS) {
        (false, true) => true,
        (true, false) => false,
        _ => first_k && !second_k,
    };
    if is_turned { (second, first) } else { (first, second) }
}

fn gqrx(words: &[&str]) -> Option<NameFacts> {
    let at = words.iter().position(|word| *word == "gqrx")?;
    let [date, time, hz, sps, "fc"] = words.get(at + 1..at + 6)? else { return None };
    let number = |text: &str| text.parse::<f64>().ok().filter(|value| *value > 0.0);
    Some(NameFacts {
        encoding: Some(Encoding::of(Number::F32)),
        sample_rate_sps: Some(number(sps)?),
        frequency_hz: Some(number(hz)?),
        utc_us: utc_us(date, time),
        ambiguous: None,
    })
}

/// `20240524_123045Z`. Without the Z it may be anybody's local time.
fn start_of(words: &[&str]) -> Option<i64> {
    words.windows(2).find_map(|pair| utc_us(pair[0], pair[1].strip_suffix('Z')?))
}

fn utc_us(date: &str, time: &str) -> Option<i64> {
    let is_number =
        |text: &str, digits: usize| text.len() == digits && text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(date, 8) || !is_number(time, 6) {
        return None;
    }
    let two = |text: &str, at: usize| text[at..at + 2].parse::<i8>().ok();
    let year = date[..4].parse::<i16>().ok()?;
    let (month, day) = (two(date, 4)?, two(date, 6)?);
    let time =
        jiff::civil::DateTime::new(year, month, day, two(time, 0)?, two(time, 2)?, two(time, 4)?, 0).ok()?;
    jiff::tz::TimeZone::UTC.to_timestamp(time).ok().map(jiff::Timestamp::as_microsecond)
}

/// The encoding that `name` (an extension or a settings value) means.
pub fn encoding_named(name: &str) -> Option<Encoding> {
    let number = match name.to_ascii_lowercase().as_str() {
        "cu8" | "complex16u" => Number::U8,
        "cs8" | "c8" | "sc8" | "ci8" | "complex16s" => Number::I8,
        "cu16" | "complex32u" => Number::U16,
        "cs16" | "c16" | "sc16" | "ci16" | "cs16qi" | "complex32s" => Number::I16,
        "cs32" | "sc32" | "ci32" => Number::I32,
        "cf32" | "cfile" | "fc32" | "complex" => Number::F32,
        "cf64" | "fc64" => Number::F64,
        _ => return None,
    };
    Some(Encoding { is_swapped: name.eq_ignore_ascii_case("cs16qi"), ..Encoding::of(number) })
}

/// The words of a name: letters and digits, and points within numbers.
fn words_of(stem: &str) -> Vec<&str> {
    let is_number = |at: Option<char>| at.is_some_and(|c| c.is_ascii_digit());
    let ends = stem.char_indices().filter(|(at, c)| {
        let is_point = *c == '.'
            && is_number(stem[..*at].chars().next_back())
            && is_number(stem[at + 1..].chars().next());
        !c.is_alphanumeric() && !is_point
    });
    let (mut words, mut begin) = (Vec::new(), 0);
    for (at, c) in ends {
        words.push(&stem[begin..at]);
        begin = at + c.len_utf8();
    }
    words.push(&stem[begin..]);
    words.retain(|word| !word.is_empty());
    words
}

fn read_word(word: &str) -> Word {
    let digits = word.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
    let (number, unit) = word.split_at(digits);
    let Ok(number) = number.parse::<f64>() else { return Word::Other };
    let value = |scale: f64| number * scale;
    let word = match unit {
        "k" | "K" => Word::Bare(value(1e3), true),
        "m" | "M" => Word::Bare(value(1e6), false),
        "g" | "G" => Word::Bare(value(1e9), false),
        unit => match unit.to_ascii_lowercase().as_str() {
            "hz" => Word::Frequency(value(1.0)),
            "khz" => Word::Frequency(value(1e3)),
            "mhz" => Word::Frequency(value(1e6)),
            "ghz" => Word::Frequency(value(1e9)),
            "sps" => Word::Rate(value(1.0)),
            "ksps" => Word::Rate(value(1e3)),
            "msps" => Word::Rate(value(1e6)),
            _ => Word::Other,
        },
    };
    match word {
        Word::Frequency(v) | Word::Rate(v) | Word::Bare(v, _) if !(v.is_finite() && v > 0.0) => Word::Other,
        word => word,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(name: &str) -> (Option<Number>, Option<f64>, Option<f64>) {
        let facts = facts_from_name(Path::new(name));
        (facts.encoding.map(|e| e.number), facts.frequency_hz.map(f64::round), facts.sample_rate_sps)
    }

    #[test]
    fn reads_the_names_of_real_recordings() {
        let cu8 = Some(Number::U8);
        let scene = (cu8, Some(433.92e6), Some(250e3));
        let cases = [
            ("rtl433t_brennstuhl_gfile015_433.92M_250k.cu8", scene),
            ("g001_250k_433.92M.cu8", scene),
            ("433.92M_g001_250k.cu8", scene),
            ("250k-433.92M.cu8", scene),
            ("x.433.92M.250K.cu8", scene),
            ("g001_250ksps_433.92MHz.CU8", scene),
            ("x_433920k_250k.cu8", scene),
            ("cu8_433.92M_250k.bin", scene),
            ("noise-excerpt_lacrosse_gfile010_0-184ms_915M_250k.cu8", (cu8, Some(915e6), Some(250e3))),
            ("rtlamr_slides-sample_912.6M_2359k.cu8", (cu8, Some(912.6e6), Some(2_359e3))),
            ("a_1090M_2.4M.cs16", (Some(Number::I16), Some(1090e6), Some(2.4e6))),
            ("a_2.4M_1090M.cs16", (Some(Number::I16), Some(1090e6), Some(2.4e6))),
            ("hf_7M_10M.cs16", (Some(Number::I16), Some(7e6), Some(10e6))),
            ("urh_pwm_rate-unknown.cs8", (Some(Number::I8), None, None)),
            ("mavic_air_2_50M.cf32", (Some(Number::F32), None, None)),
            ("gqrx_433920000Hz_1.8Msps.cf32", (Some(Number::F32), Some(433.92e6), Some(1.8e6))),
            (
                "gqrx_20220321_213549_433920000_250000_fc.raw",
                (Some(Number::F32), Some(433.92e6), Some(250e3)),
            ),
            ("x_868MHz_250k.data", (None, Some(868e6), Some(250e3))),
            ("x_433.92M_250k", (None, Some(433.92e6), Some(250e3))),
            ("x_433.92m_250K.cu8", scene),
            ("x_0.43392g_250k.cu8", scene),
            ("x_433.92M.cu8", (cu8, Some(433.92e6), None)),
            ("x_868MHz_433.92M.cu8", (cu8, Some(868e6), None)),
            ("BBD_0001.C16", (Some(Number::I16), None, None)),
            ("", (None, None, None)),
        ];
        for (name, expected) in cases {
            assert_eq!(read(name), expected, "{name}");
        }
        assert_eq!(facts_from_name(Path::new("mavic_air_2_50M.cf32")).ambiguous, Some(50e6));
        let swapped = facts_from_name(Path::new("x_1090M_2.4M.cs16qi")).encoding.unwrap();
        assert_eq!((swapped.number, swapped.is_swapped), (Number::I16, true));
    }

    #[test]
    fn reads_the_names_of_wav_recorders() {
        let start = Some(1_716_553_845_000_000);
        for (name, utc_us) in [
            ("SDRSharp_20240524_123045Z_433920000Hz_IQ.wav", start),
            ("HDSDR_20240524_123045Z_433920kHz_RF.wav", start),
            ("SDRuno_20240524_123045Z_433920kHz.wav", start),
            ("SDRconnect_IQ_20240524_123045_433920000HZ.wav", None),
            ("baseband_433920000Hz_12-30-45_24-05-2024.wav", None),
            ("12-30-45_433920000Hz.wav", None),
        ] {
            let facts = facts_from_name(Path::new(name));
            assert_eq!((facts.frequency_hz, facts.utc_us), (Some(433.92e6), utc_us), "{name}");
            assert_eq!(facts.sample_rate_sps, None, "{name}");
        }
        let gqrx = facts_from_name(Path::new("gqrx_20240524_123045_433920000_250000_fc.raw"));
        assert_eq!(gqrx.utc_us, start, "gqrx writes UTC");
        assert_eq!(facts_from_name(Path::new("x_20241324_123045Z.wav")).utc_us, None, "no thirteenth month");
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(khz in 1u32..6_000_000, rate_k in 8u32..20_000, name in "[a-z-]{0,12}", is_turned: bool) {
            let (hz, sps) = (format!("{}M", f64::from(khz) / 1e3), format!("{rate_k}k"));
            let words = if is_turned { format!("{sps}_{hz}") } else { format!("{hz}_{sps}") };
            let (_, hz, sps) = read(&format!("{name}_{words}.cu8"));
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
