//! A recording as a source: SigMF or raw IQ, at the pace of its clock or as fast as it is read, once or over and over.
//!
//! The file is read block by block and never held whole. A boundary between captures ends a block; the next one is
//! flagged `RETUNED` when the frequency changed and `GAP` when samples are missing between (told by `core:global_index` or
//! by the capture times). At the seam of a repeated file the phase jumps: that block is flagged `GAP` with nothing lost.
//! With [`Pace::Max`] times begin at 0 and follow the count alone; with [`Pace::Realtime`] at the first read.

use super::sigmf::{self, Annotation, Capture};
use super::{Block, Pace, SdrError, Step, Stream, block_samples, event, name};
use crate::clock::Clock;
use crate::settings::SdrSettings;
use skyhound::record::{Event, Severity};
use skyhound::signal::{BlockStamp, Flags, SampleFormat};
use skyhound::time::TimeUs;
use std::fs::File;
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

const WAIT_MAX_US: u64 = 100_000;
/// Captures further apart than this are recordings of their own: their pause is not played.
const PAUSE_MAX_S: f64 = 60.0;

/// A recording being played.
pub struct FileSource {
    file: File,
    name: String,
    stream: Stream,
    pace: Pace,
    clock: Clock,
    repeat: bool,
    captures: Vec<Capture>,
    annotations: Vec<Annotation>,
    file_samples: u64,
    raw: Vec<u8>,
    /// Next sample in the file.
    position: u64,
    /// Next sample of the stream, with what is missing and earlier rounds counted in.
    index: u64,
    next_capture: usize,
    next_annotation: usize,
    pending_flags: Flags,
    pending_lost: u64,
    origin: Option<TimeUs>,
    notes: Vec<(Severity, String)>,
}

/// What was found out about a recording before it is opened for reading.
struct Layout {
    samples: PathBuf,
    format: SampleFormat,
    sample_rate_sps: Option<f64>,
    captures: Vec<Capture>,
    annotations: Vec<Annotation>,
    trailing_bytes: u64,
    ambiguous: Option<f64>,
}

impl FileSource {
    /// Opens `path`: a SigMF recording by metadata, data or base name, or raw samples.
    pub fn open(
        path: &str,
        settings: &SdrSettings,
        pace: Pace,
        clock: Clock,
    ) -> Result<FileSource, SdrError> {
        let name = format!("file:{path}");
        let layout = match sigmf::paths_of(Path::new(path)) {
            Some((meta, samples)) => sigmf_layout(&name, &meta, &samples)?,
            None => raw_layout(&name, Path::new(path), &settings.format)?,
        };
        let cannot = |e: std::io::Error| {
            SdrError::new(format!("file:{}", layout.samples.display()), e.to_string(), "check sdr.source")
        };
        let mut file = File::open(&layout.samples).map_err(cannot)?;
        let facts = file.metadata().map_err(cannot)?;
        if !facts.is_file() {
            return Err(SdrError::new(name, "not a file", "name a recording, not a folder"));
        }
        let sample_rate_sps = check_rate(&name, settings, &layout)?;
        let mut notes = Vec::new();
        let header_bytes = layout.captures.iter().fold(0, |sum: u64, c| c.header_bytes.saturating_add(sum));
        let bytes = facts.len().saturating_sub(header_bytes).saturating_sub(layout.trailing_bytes);
        let sample_bytes = layout.format.sample_bytes() as u64;
        if bytes % sample_bytes != 0 {
            let text = format!(
                "{} bytes after the last whole sample are left out: cut short?",
                bytes % sample_bytes
            );
            notes.push((Severity::Warning, text));
        }
        let file_samples = bytes / sample_bytes;
        if file_samples == 0 {
            return Err(SdrError::new(name, "holds no sample", "record it again"));
        }
        let frequency_hz = settings.frequency_hz.or(layout.captures[0].frequency_hz);
        if frequency_hz.is_none() {
            let text = "frequency not told, taken as 0 Hz: channels are offsets (sdr.frequency_hz sets it)";
            notes.push((Severity::Warning, text.into()));
        }
        file.seek(SeekFrom::Start(layout.captures[0].header_bytes)).map_err(cannot)?;
        let stream = describe(&name, &layout, sample_rate_sps, frequency_hz, file_samples);
        let raw = vec![0; stream.block_samples * sample_bytes as usize];
        Ok(FileSource {
            file,
            name,
            stream,
            pace,
            clock,
            repeat: settings.file_repeat,
            captures: layout.captures,
            annotations: layout.annotations,
            file_samples,
            raw,
            position: 0,
            index: 0,
            next_capture: 1,
            next_annotation: 0,
            pending_flags: Flags::NONE,
            pending_lost: 0,
            origin: None,
            notes,
        })
    }

    /// What the recording gives.
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// How fast it plays.
    pub fn pace(&self) -> Pace {
        self.pace
    }

    /// As [`super::Source::read`].
    pub fn read(&mut self, block: &mut Block, events: &mut dyn FnMut(Event)) -> Result<Step, SdrError> {
        let origin = *self.origin.get_or_insert_with(|| match self.pace {
            Pace::Realtime => self.clock.now(),
            Pace::Max => TimeUs(0),
        });
        for (severity, text) in self.notes.drain(..) {
            events(event(origin, severity, "sdr_file", format_args!("{text}")));
        }
        if self.position >= self.file_samples {
            if !self.repeat {
                return Ok(Step::End);
            }
            self.rewind()?;
        }
        self.cross_boundaries(events)?;
        let until = self.captures.get(self.next_capture).map_or(self.file_samples, |c| c.sample_start);
        let count = (until.min(self.file_samples) - self.position).min(self.stream.block_samples as u64);
        if self.pace == Pace::Realtime && !self.wait_for(self.time_of(self.index + count)) {
            return Ok(Step::Nothing);
        }
        let wanted = count as usize * self.stream.format.sample_bytes();
        let read = read_most(&mut self.file, &mut self.raw[..wanted])
            .map_err(|e| SdrError::new(self.name.clone(), e.to_string(), "check the disk"))?;
        block.fill_from_bytes(&self.raw[..read]);
        if block.filled == 0 {
            // The file became shorter under us.
            self.file_samples = self.position;
            return Ok(if self.repeat && self.position > 0 { Step::Nothing } else { Step::End });
        }
        block.stamp = BlockStamp {
            sample_index: self.index,
            acquired_us: self.time_of(self.index),
            lost_samples: std::mem::take(&mut self.pending_lost),
            flags: std::mem::take(&mut self.pending_flags),
        };
        self.tell_annotations(block.filled as u64, events);
        self.position += block.filled as u64;
        self.index += block.filled as u64;
        Ok(Step::Block)
    }

    fn time_of(&self, index: u64) -> TimeUs {
        let origin = self.origin.unwrap_or_default();
        origin.plus_us((index as f64 * 1e6 / self.stream.sample_rate_sps) as u64)
    }

    fn wait_for(&self, due: TimeUs) -> bool {
        let ahead_us = due.since_us(self.clock.now());
        std::thread::sleep(Duration::from_micros(ahead_us.min(WAIT_MAX_US)));
        ahead_us <= WAIT_MAX_US
    }

    fn rewind(&mut self) -> Result<(), SdrError> {
        self.file
            .seek(SeekFrom::Start(self.captures[0].header_bytes))
            .map_err(|e| SdrError::new(self.name.clone(), e.to_string(), "only files can repeat"))?;
        self.position = 0;
        self.next_capture = 1;
        self.pending_flags = self.pending_flags.with(Flags::GAP);
        if self.captures.last().map(|c| c.frequency_hz) != self.captures.first().map(|c| c.frequency_hz) {
            self.pending_flags = self.pending_flags.with(Flags::RETUNED);
        }
        // Annotations are told in the first round only: over and over they would drown the flight's events.
        self.next_annotation = self.annotations.len();
        Ok(())
    }

    fn cross_boundaries(&mut self, events: &mut dyn FnMut(Event)) -> Result<(), SdrError> {
        while let Some(capture) = self.captures.get(self.next_capture) {
            if capture.sample_start > self.position {
                break;
            }
            let last = &self.captures[self.next_capture - 1];
            let skip = capture.header_bytes;
            let lost = missing_between(last, capture, self.stream.sample_rate_sps);
            let retuned = capture.frequency_hz != last.frequency_hz;
            if retuned {
                self.pending_flags = self.pending_flags.with(Flags::RETUNED);
            }
            if retuned || lost > 0 {
                self.pending_flags = self.pending_flags.with(Flags::GAP);
            }
            self.index += lost;
            self.pending_lost += lost;
            let severity = if retuned { Severity::Warning } else { Severity::Note };
            let mhz = capture.frequency_hz.unwrap_or(self.stream.frequency_hz) / 1e6;
            let text =
                format_args!("capture {} at {mhz} MHz, {lost} samples missing before it", self.next_capture);
            events(event(self.time_of(self.index), severity, "capture", text));
            self.next_capture += 1;
            if skip > 0 {
                self.file.seek(SeekFrom::Current(skip as i64)).map_err(|e| {
                    SdrError::new(self.name.clone(), e.to_string(), "check core:header_bytes")
                })?;
            }
        }
        Ok(())
    }

    fn tell_annotations(&mut self, count: u64, events: &mut dyn FnMut(Event)) {
        while let Some(annotation) = self.annotations.get(self.next_annotation) {
            if annotation.sample_start >= self.position + count {
                break;
            }
            let offset = annotation.sample_start.saturating_sub(self.position);
            let at = self.time_of(self.index + offset);
            let ms = annotation.sample_count.map(|n| n as f64 * 1e3 / self.stream.sample_rate_sps);
            let label = &annotation.label;
            let (ms, edges) = (ms.unwrap_or(f64::NAN), annotation.edges_hz);
            let text = match edges {
                Some((low, high)) => {
                    format!("{label} ({ms:.1} ms, {:.3} to {:.3} MHz)", low / 1e6, high / 1e6)
                }
                None => format!("{label} ({ms:.1} ms)"),
            };
            events(event(at, Severity::Note, "annotation", format_args!("{text}")));
            self.next_annotation += 1;
        }
    }
}

/// Samples missing between the end of `last` and the start of `capture`, by index, else by time.
fn missing_between(last: &Capture, capture: &Capture, sample_rate_sps: f64) -> u64 {
    let held = capture.sample_start - last.sample_start;
    let elapsed = match (last.global_index, capture.global_index) {
        (Some(from), Some(to)) => to.saturating_sub(from),
        _ => match (last.utc_us, capture.utc_us) {
            (Some(from), Some(to)) => {
                ((to.saturating_sub(from)) as f64 * sample_rate_sps / 1e6).round().max(0.0) as u64
            }
            _ => held,
        },
    };
    let missing = elapsed.saturating_sub(held);
    if missing as f64 > PAUSE_MAX_S * sample_rate_sps { 0 } else { missing }
}

fn read_most(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(e) if e.kind() == ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

fn check_rate(name: &str, settings: &SdrSettings, layout: &Layout) -> Result<f64, SdrError> {
    const MEND: &str = "write `--set sdr.sample_rate_sps=…`";
    let Some(sps) = settings.sample_rate_sps.or(layout.sample_rate_sps) else {
        let why = match layout.ambiguous {
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

fn describe(
    name: &str,
    layout: &Layout,
    sample_rate_sps: f64,
    frequency_hz: Option<f64>,
    file_samples: u64,
) -> Stream {
    Stream {
        sample_rate_sps,
        frequency_hz: frequency_hz.unwrap_or(0.0),
        format: layout.format,
        native_full_scale: 1.0,
        block_samples: block_samples(sample_rate_sps),
        driver_block_samples: 0,
        gain_db: None,
        antenna: None,
        recorded_utc_us: layout.captures[0].utc_us,
        description: format!(
            "{name}: {:?}, {sample_rate_sps} S/s at {} MHz, {:.3} s",
            layout.format,
            frequency_hz.unwrap_or(0.0) / 1e6,
            file_samples as f64 / sample_rate_sps
        ),
    }
}

fn raw_layout(name: &str, path: &Path, format: &str) -> Result<Layout, SdrError> {
    let facts = name::facts_from_name(path);
    let format = if format == "auto" { facts.format } else { name::format_named(format) };
    let Some(format) = format else {
        let mend = "name it .cu8, .cs8, .cs16 or .cf32, or write `--set sdr.format=cu8`";
        return Err(SdrError::new(name, "its name does not tell the sample format", mend));
    };
    Ok(Layout {
        samples: path.to_owned(),
        format,
        sample_rate_sps: facts.sample_rate_sps,
        captures: vec![Capture { frequency_hz: facts.frequency_hz, ..Capture::default() }],
        annotations: Vec::new(),
        trailing_bytes: 0,
        ambiguous: facts.ambiguous,
    })
}

fn sigmf_layout(name: &str, meta: &Path, samples_path: &Path) -> Result<Layout, SdrError> {
    let wrong = |why: String, mend: &str| SdrError::new(format!("file:{}", meta.display()), why, mend);
    let size = std::fs::metadata(meta).map_err(|e| wrong(e.to_string(), "check sdr.source"))?.len();
    if size > sigmf::META_BYTES_MAX {
        return Err(wrong(format!("{size} bytes of metadata"), "at most 64 MB are read"));
    }
    let text = std::fs::read_to_string(meta).map_err(|e| wrong(e.to_string(), "check sdr.source"))?;
    let recording = sigmf::parse(&text).map_err(|why| wrong(why, "correct the metadata"))?;
    let samples = match &recording.dataset {
        // Only a plain name beside the metadata: a path from a stranger's file must not lead elsewhere.
        Some(file) if Path::new(file).components().count() == 1 => meta.with_file_name(file),
        Some(file) => {
            return Err(SdrError::new(name, format!("`core:dataset` is {file}"), "it must be a plain name"));
        }
        None => samples_path.to_owned(),
    };
    Ok(Layout {
        samples,
        format: recording.format,
        sample_rate_sps: recording.sample_rate_sps,
        captures: recording.captures,
        annotations: recording.annotations,
        trailing_bytes: recording.trailing_bytes,
        ambiguous: None,
    })
}

#[cfg(test)]
mod tests;
