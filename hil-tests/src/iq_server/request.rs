//! A line of the driver, read: which samples it wants, and how the receiver is set for them.

use crate::codes::Form;
use crate::world::iq::{Gain, Tuning};
use skyhound::signal::SampleFormat;

/// Longest line.
pub const LINE_BYTES_MAX: usize = 512;
/// Most samples asked for at once: 50 ms at 20 MS/s.
pub const COUNT_MAX: usize = 1_000_000;
const RATES_SPS: std::ops::RangeInclusive<f64> = 1_000.0..=40e6;

/// A line.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Request {
    /// The device is to be ours.
    Open,
    /// Samples are due.
    Take(Take),
}

/// Samples asked for.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Take {
    /// Index of the first since the stream began. Less than expected: it began anew; more: those between are lost.
    pub from: u64,
    /// How many.
    pub count: usize,
    /// How the receiver is set.
    pub tuning: Tuning,
    /// How they are to be written.
    pub form: Form,
}

impl Request {
    /// Reads a line without its end.
    pub fn parse(line: &str) -> Result<Request, String> {
        let mut words = line.split_ascii_whitespace();
        match words.next() {
            Some("open") => Ok(Request::Open),
            Some("take") => Take::parse(words).map(Request::Take),
            other => Err(format!("`{}` is no request", other.unwrap_or_default())),
        }
    }
}

impl Take {
    fn parse<'a>(words: impl Iterator<Item = &'a str> + Clone) -> Result<Take, String> {
        let text = |key: &str| {
            let mut pairs = words.clone().filter_map(|word| word.split_once('='));
            let value = pairs.find_map(|(k, value)| (k == key).then_some(value));
            value.ok_or_else(|| format!("{key} is missing"))
        };
        let number = |key: &str| {
            let text = text(key)?;
            let number: Result<f64, _> = text.parse();
            number.ok().filter(|n| n.is_finite()).ok_or_else(|| format!("{key} is `{text}`, no number"))
        };
        let within = |key: &str, range: std::ops::RangeInclusive<f64>| {
            let number = number(key)?;
            let told = || format!("{key} is {number}, not within {} to {}", range.start(), range.end());
            if range.contains(&number) { Ok(number) } else { Err(told()) }
        };
        let format = match text("format")? {
            "CU8" => SampleFormat::Cu8,
            "CS8" => SampleFormat::Cs8,
            "CS16" => SampleFormat::Cs16,
            "CF32" => SampleFormat::Cf32,
            other => return Err(format!("format is `{other}`; known are CU8, CS8, CS16, CF32")),
        };
        let gain = match text("gain")? {
            "auto" => Gain::Automatic,
            _ => Gain::Fixed(within("gain", -100.0..=200.0)?),
        };
        let from = text("from")?;
        Ok(Take {
            from: from.parse().map_err(|_| format!("from is `{from}`, no index"))?,
            count: within("count", 1.0..=COUNT_MAX as f64)? as usize,
            tuning: Tuning {
                rate_sps: within("rate", RATES_SPS)?,
                center_hz: within("center", 0.0..=100e9)?,
                gain,
            },
            form: Form { format, full_scale: within("full", 1.0..=32_768.0)? as f32 },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = "take from=7 count=100 rate=250000 center=433920000 gain=30.5 format=CS8 full=128";

    #[test]
    fn a_line_says_all() {
        let take = Take {
            from: 7,
            count: 100,
            tuning: Tuning { rate_sps: 250e3, center_hz: 433.92e6, gain: Gain::Fixed(30.5) },
            form: Form { format: SampleFormat::Cs8, full_scale: 128.0 },
        };
        assert_eq!(Request::parse(LINE), Ok(Request::Take(take)));
        let Ok(Request::Take(auto)) = Request::parse(&LINE.replace("30.5", "auto")) else { panic!() };
        assert_eq!(auto.tuning.gain, Gain::Automatic);
        assert_eq!(Request::parse("open"), Ok(Request::Open));
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for (old, wrong, word) in [
            ("count=100", "count=0", "count"),
            ("count=100", "count=1e9", "count"),
            ("count=100", "", "count is missing"),
            ("rate=250000", "rate=nan", "rate"),
            ("rate=250000", "rate=1", "rate"),
            ("center=433920000", "center=x", "center"),
            ("CS8", "CS12", "CU8, CS8, CS16, CF32"),
            ("from=7", "from=-7", "from"),
            ("gain=30.5", "gain=loud", "gain"),
            ("take", "give", "give"),
        ] {
            let error = Request::parse(&LINE.replace(old, wrong)).unwrap_err();
            assert!(error.contains(word), "{wrong}: {error}");
        }
    }
}
