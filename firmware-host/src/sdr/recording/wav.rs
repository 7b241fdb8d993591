//! WAV, RF64 and BW64 with I and Q as two channels, as SDR#, SDR++, HDSDR, SDRuno, SDR Console and gqrx write them.
//!
//! Chunks: `fmt ` (Microsoft's WAVEFORMATEX and EXTENSIBLE), `ds64` (EBU Tech 3306, ITU-R BS.2088), `data`, and `auxi`: start time and
//! centre frequency in binary (SpectraVue's manual, chapter on WAV files) or as SDR Console's XML; all others are passed over. A
//! recorder that was killed leaves sizes of 0, of 0xFFFFFFFF or of earlier: then the samples go on to the file's end.
//! A reader of our own, because the WAV libraries know neither `auxi` nor a recorder that was killed.

use super::contents::{Capture, Contents, Refusal, refuse};
use super::encoding::{Encoding, Number};
use std::io::{Read, Seek, SeekFrom};

/// More is no recording's header.
const CHUNKS_MAX: usize = 256;
/// Of a chunk that is read; an `auxi` has 164 bytes or a few thousand.
const CHUNK_BYTES_MAX: u64 = 65_536;
/// From here on, a stream's size is what programs write who do not know it (sox: 0x7FFFF000 and a little).
const UNKNOWN_SIZE_MIN: u64 = 0x7fff_f000;

/// Whether `head` begins such a file.
pub fn is_wav(head: &[u8]) -> bool {
    let is_riff = [&b"RIFF"[..], b"RF64", b"BW64"].iter().any(|id| head.starts_with(id));
    is_riff && head.get(8..12) == Some(b"WAVE")
}

/// Reads the chunks of `file`, which has `bytes`; `None`: a stream, of which `file` is the beginning.
///
/// # Errors
/// What is no IQ: mono, more channels, packed sound; and no samples at all.
pub fn contents(file: &mut (impl Read + Seek), bytes: Option<u64>) -> Result<Contents, Refusal> {
    let mut wav = Wav { file, bytes, contents: Contents::new("WAV"), size_64: None, has_data: false };
    let mut at = 12;
    for _ in 0..CHUNKS_MAX {
        match wav.chunk(at)? {
            Some(next) => at = next,
            None => break,
        }
    }
    if wav.contents.encoding.is_none() {
        return refuse("is WAV without a `fmt ` chunk", "record it again");
    }
    if !wav.has_data {
        return refuse("is WAV without a `data` chunk: it holds no samples", "record it again");
    }
    Ok(wav.contents)
}

struct Wav<'a, F> {
    file: &'a mut F,
    bytes: Option<u64>,
    contents: Contents,
    /// Size of the samples by `ds64`.
    size_64: Option<u64>,
    has_data: bool,
}

impl<F: Read + Seek> Wav<'_, F> {
    /// Takes the chunk at byte `at`; where the next one is.
    fn chunk(&mut self, at: u64) -> Result<Option<u64>, Refusal> {
        let Some((id, size)) = self.header(at) else { return Ok(None) };
        let body = at + 8;
        let mut end = body.saturating_add(u64::from(size));
        match &id {
            b"ds64" => {
                self.size_64 = self
                    .body(body, size)
                    .get(8..16)
                    .and_then(|b| b.first_chunk())
                    .map(|b| u64::from_le_bytes(*b))
            }
            b"fmt " => self.take_format(body, size)?,
            b"auxi" => take_auxi(&self.body(body, size), &mut self.contents.captures[0]),
            b"data" if !self.has_data => {
                self.has_data = true;
                self.contents.begin_byte = body;
                self.contents.end_byte = self.samples_end(body, size);
                match self.contents.end_byte {
                    Some(found) => end = found,
                    None => return Ok(None),
                }
            }
            _ => {}
        }
        // Odd chunks are followed by a byte of padding, which some writers leave out.
        let padded = end + (end - body) % 2;
        let is_padded = padded == end || self.is_chunk(padded) || !self.is_chunk(end);
        Ok(Some(if is_padded { padded } else { end }))
    }

    fn header(&mut self, at: u64) -> Option<([u8; 4], u32)> {
        let mut header = [0; 8];
        self.file.seek(SeekFrom::Start(at)).ok()?;
        self.file.read_exact(&mut header).ok()?;
        let [a, b, c, d, size @ ..] = header;
        Some(([a, b, c, d], u32::from_le_bytes(size)))
    }

    /// Whether what stands at `at` looks like a chunk that fits into the file.
    fn is_chunk(&mut self, at: u64) -> bool {
        let Some((id, size)) = self.header(at) else { return false };
        let is_name = id.iter().all(|b| b.is_ascii_alphanumeric() || *b == b' ');
        is_name && self.bytes.is_none_or(|bytes| at + 8 + u64::from(size) <= bytes + 1)
    }

    fn body(&mut self, at: u64, size: u32) -> Vec<u8> {
        let mut body = Vec::new();
        if self.file.seek(SeekFrom::Start(at)).is_ok() {
            let limit = u64::from(size).min(CHUNK_BYTES_MAX);
            // What cannot be read is missing, and what is missing is not told.
            let _ = self.file.by_ref().take(limit).read_to_end(&mut body);
        }
        body
    }

    fn take_format(&mut self, at: u64, size: u32) -> Result<(), Refusal> {
        let format = self.body(at, size);
        let word = |at: usize| format.get(at..).and_then(|b| b.first_chunk()).map(|b| u16::from_le_bytes(*b));
        let (Some(mut tag), Some(channels), Some(bits), Some(rate)) =
            (word(0), word(2), word(14), format.get(4..).and_then(|b| b.first_chunk()))
        else {
            return refuse("is WAV with a `fmt ` chunk that is too short", "record it again");
        };
        if tag == 0xfffe {
            tag = word(24).unwrap_or(tag);
        }
        match channels {
            2 => {}
            1 => {
                return refuse(
                    "is WAV with one channel (mono): sound, no IQ",
                    "record the baseband (IQ), not the audio",
                );
            }
            n => {
                return refuse(
                    format!("is WAV with {n} channels; IQ has two"),
                    "keep the two of one receiver: `sox FILE iq.wav remix 1 2`",
                );
            }
        }
        let number = match (tag, bits) {
            (1, 8) => Number::U8,
            (1, 16) => Number::I16,
            (1, 24) => Number::I24,
            (1, 32) => Number::I32,
            (3, 32) => Number::F32,
            (3, 64) => Number::F64,
            (tag, bits) => {
                return refuse(
                    format!("is WAV of format {tag} with {bits} bits"),
                    "known are PCM (1) of 8, 16, 24 and 32 bits and float (3) of 32 and 64",
                );
            }
        };
        self.contents.encoding = Some(Encoding::of(number));
        self.contents.sample_rate_sps = Some(f64::from(u32::from_le_bytes(*rate))).filter(|sps| *sps > 0.0);
        Ok(())
    }

    /// The byte after the samples; `None` = up to the end of the file or stream.
    fn samples_end(&mut self, begin: u64, size: u32) -> Option<u64> {
        let told = match (size, self.size_64) {
            (u32::MAX, Some(told)) => told,
            _ => u64::from(size),
        };
        let Some(bytes) = self.bytes else {
            return (told > 0 && told < UNKNOWN_SIZE_MIN).then(|| begin + told);
        };
        let there = bytes.saturating_sub(begin);
        if told == 0 || (told == u64::from(u32::MAX) && self.size_64.is_none()) {
            self.contents
                .warn("the size of its samples is not told (a recorder that was killed?): read to its end");
            return None;
        }
        if told > there {
            let missing = told - there;
            self.contents.warn(format!("{missing} bytes of its samples are missing: cut short?"));
            return None;
        }
        let end = begin + told;
        let goes_on = there - told > 8 && !self.is_chunk(end) && !self.is_chunk(end + told % 2);
        if goes_on {
            let more = there - told;
            self.contents
                .warn(format!("samples go on for {more} bytes after their told end: read to the file's end"));
            return None;
        }
        Some(end)
    }
}

/// Start and centre frequency of an `auxi` chunk.
fn take_auxi(auxi: &[u8], capture: &mut Capture) {
    match auxi {
        [b'<', 0, ..] | [0xff, 0xfe, ..] => {
            let units: Vec<u16> = auxi.chunks_exact(2).map(|b| u16::from_le_bytes([b[0], b[1]])).collect();
            take_xml(&String::from_utf16_lossy(&units), capture);
        }
        [b'<', ..] => take_xml(&String::from_utf8_lossy(auxi), capture),
        _ => {
            let word = |at: usize| {
                auxi.get(at..).and_then(|b| b.first_chunk()).map_or(0, |b| u16::from_le_bytes(*b))
            };
            // SYSTEMTIME: year, month, day of the week, day, hour, minute, second, ms.
            let [year, month, _, day, hour, minute, second, ms] = [0, 2, 4, 6, 8, 10, 12, 14].map(word);
            capture.utc_us = utc_us([year, month, day, hour, minute, second, ms]);
            let hz = auxi.get(32..).and_then(|b| b.first_chunk()).map_or(0, |b| u32::from_le_bytes(*b));
            capture.frequency_hz = Some(f64::from(hz)).filter(|hz| *hz > 0.0);
        }
    }
}

fn utc_us([year, month, day, hour, minute, second, ms]: [u16; 7]) -> Option<i64> {
    let small = |value: u16| i8::try_from(value).ok();
    let year = i16::try_from(year).ok()?;
    let (month, day, hour) = (small(month)?, small(day)?, small(hour)?);
    let nanosecond = i32::from(ms.min(999)) * 1_000_000;
    let time = jiff::civil::DateTime::new(year, month, day, hour, small(minute)?, small(second)?, nanosecond)
        .ok()?;
    jiff::tz::TimeZone::UTC.to_timestamp(time).ok().map(jiff::Timestamp::as_microsecond)
}

/// SDR Console's: `<SDR-XML-Root><Definition … RadioCenterFreq="7100000" UTCSeconds="1714566645"/>`.
fn take_xml(text: &str, capture: &mut Capture) {
    let value = |name: &str| -> Option<f64> {
        let after = text.split_once(&format!("{name}=\""))?.1;
        after.split('"').next()?.trim().parse().ok().filter(|value: &f64| value.is_finite() && *value > 0.0)
    };
    capture.frequency_hz = value("RadioCenterFreq").or_else(|| value("CenterFreq"));
    capture.utc_us = value("UTCSeconds").map(|s| (s * 1e6) as i64);
}

#[cfg(test)]
mod tests;
