//! What is known of a recording before its first block: how many samples it holds, its rate, and what the others see of it.

use super::captures::Captures;
use super::contents::Contents;
use super::encoding::Encoding;
use super::feed::Feed;
use crate::sdr::{SdrError, Stream, block_samples};
use crate::settings::SdrSettings;

/// Whole samples between the first byte and the last; what is over is noted.
pub fn count_samples(feed: &Feed, contents: &mut Contents, encoding: &Encoding) -> u64 {
    let sample_bytes = encoding.sample_bytes() as u64;
    let Some(end) =
        feed.bytes().map(|bytes| contents.end_byte.unwrap_or(bytes).min(bytes)).or(contents.end_byte)
    else {
        return u64::MAX;
    };
    let bytes = end.saturating_sub(contents.begin_byte);
    leave_out_from(bytes / sample_bytes, contents);
    let headers = contents.captures.iter().fold(0, |sum: u64, c| c.header_bytes.saturating_add(sum));
    let bytes = bytes.saturating_sub(headers);
    let over = bytes % sample_bytes;
    if over != 0 {
        contents.warn(format!("{over} bytes after the last whole sample are left out: cut short?"));
    }
    bytes / sample_bytes
}

/// Captures of which there is no sample would be listened for.
fn leave_out_from(end_sample: u64, contents: &mut Contents) {
    let there = contents.captures.partition_point(|capture| capture.sample_start < end_sample).max(1);
    let beyond = contents.captures.len().saturating_sub(there);
    if beyond > 0 {
        contents.captures.truncate(there);
        contents.warn(format!("{beyond} captures begin after the last sample, and are left out: cut short?"));
    }
}

/// Its rate as set or told.
///
/// # Errors
/// Neither, or one that cannot be.
pub fn check_rate(name: &str, settings: &SdrSettings, contents: &Contents) -> Result<f64, SdrError> {
    const MEND: &str = "write `--set sdr.sample_rate_sps=…`";
    let Some(sps) = settings.sample_rate_sps.or(contents.sample_rate_sps) else {
        let why = match contents.ambiguous {
            Some(value) => format!("{value} in the name may be its rate or its frequency"),
            None => "neither the file nor its name (as in `_433.92M_250k`) tells the sample rate".into(),
        };
        return Err(SdrError::new(name, why, MEND));
    };
    if !(sps.is_finite() && (1.0..=1e9).contains(&sps)) {
        return Err(SdrError::new(name, format!("a sample rate of {sps} S/s cannot be"), MEND));
    }
    Ok(sps)
}

/// What is known of a recording that can be played.
pub struct Told<'a> {
    /// What the container tells.
    pub contents: &'a Contents,
    /// How its samples are written.
    pub encoding: &'a Encoding,
    /// Its captures.
    pub captures: &'a Captures,
    /// As set or told.
    pub sample_rate_sps: f64,
}

impl Told<'_> {
    /// As everybody else sees it; `file_samples` of a file.
    pub fn stream(&self, name: &str, file_samples: Option<u64>) -> Stream {
        let (sps, frequency_hz) = (self.sample_rate_sps, self.captures.planned_hz());
        let (container, number, mhz) = (self.contents.container, self.encoding.number, frequency_hz / 1e6);
        let length =
            file_samples.map_or("a stream".to_string(), |count| format!("{:.3} s", count as f64 / sps));
        Stream {
            sample_rate_sps: sps,
            frequency_hz,
            format: self.encoding.format(),
            native_full_scale: self.encoding.full_scale,
            block_samples: block_samples(sps),
            driver_block_samples: 0,
            gain_db: None,
            antenna: None,
            recorded_utc_us: self.captures.recorded_utc_us(),
            description: format!("{name}: {container}, {number:?}, {sps} S/s at {mhz} MHz, {length}"),
        }
    }
}
