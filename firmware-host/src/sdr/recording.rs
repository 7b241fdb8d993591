//! A recording as a source, at the pace of its clock or as fast as it is read, once or over and over; or a stream of
//! samples from stdin or a named pipe as it comes.
//!
//! What a container tells is in [`contents`], one reader for each container beside it. The file is read block by block and
//! never held whole. A boundary between captures ends a block; the next one is flagged `RETUNED` when the frequency changed
//! and `GAP` when samples are missing between (told by `core:global_index` or by the capture times; a pause of over a minute is
//! told and not played). Each block tells its band; blocks of a capture at a frequency that nobody planned for are
//! `OUT_OF_BAND`. At the seam of a repeated file the phase jumps: that block is flagged `GAP` with nothing lost. With
//! [`Pace::Max`] times begin at 0 and follow the count alone; with [`Pace::Realtime`] at the first read, and those of a stream
//! follow the clock as a device's do ([`live`]).

mod archive;
mod captures;
mod contents;
mod encoding;
mod feed;
mod foreign;
mod live;
mod name;
mod opening;
mod portapack;
mod sdriq;
mod sigmf;
mod told;
mod wav;

use super::{Block, Pace, SdrError, Step, Stream, event};
use crate::clock::Clock;
use crate::settings::SdrSettings;
use captures::Captures;
use contents::Annotation;
use encoding::Encoding;
use feed::{Feed, Got};
use live::Live;
use opening::Opened;
use skyhound::record::{Event, Severity};
use skyhound::signal::{BlockStamp, Flags};
use skyhound::time::TimeUs;
use std::ops::Range;
use std::time::Duration;
use told::{Told, check_rate, count_samples};

const WAIT_MAX_US: u64 = 100_000;
/// A recording being played.
pub struct RecordingSource {
    feed: Feed,
    name: String,
    stream: Stream,
    encoding: Encoding,
    pace: Pace,
    clock: Clock,
    repeat: bool,
    captures: Captures,
    /// Which of the bands planned for was played last.
    band: usize,
    annotations: Vec<Annotation>,
    begin_byte: u64,
    /// Samples in the file; as many as can be of a stream.
    file_samples: u64,
    raw: Vec<u8>,
    /// Bytes in `raw` that wait for the rest of their block.
    held: usize,
    is_over: bool,
    /// Next sample in the file.
    position: u64,
    /// Next sample of the stream, with what is missing and earlier rounds counted in.
    index: u64,
    next_annotation: usize,
    pending_flags: Flags,
    pending_lost: u64,
    origin: Option<TimeUs>,
    live: Option<Live>,
    notes: Vec<(Severity, String)>,
}

impl RecordingSource {
    /// Opens `path`: any container by its file, SigMF by metadata, samples or base name, `-` for stdin.
    pub fn open(
        path: &str,
        settings: &SdrSettings,
        pace: Pace,
        clock: Clock,
    ) -> Result<RecordingSource, SdrError> {
        let name = format!("file:{path}");
        let Opened { mut feed, mut contents } = opening::open(path, settings, clock)?;
        let sample_rate_sps = check_rate(&name, settings, &contents)?;
        let Some(encoding) = contents.encoding else {
            return Err(SdrError::new(
                name,
                "does not tell its sample format",
                "write `--set sdr.format=cu8`",
            ));
        };
        if feed.bytes().is_none() && settings.file_repeat {
            return Err(SdrError::new(
                name,
                "a stream cannot be played over and over",
                "leave sdr.file.repeat out",
            ));
        }
        let file_samples = count_samples(&feed, &mut contents, &encoding);
        if file_samples == 0 {
            return Err(SdrError::new(name, "holds no sample", "record it again"));
        }
        let captures = Captures::new(contents.captures.clone(), settings.frequency_hz, sample_rate_sps)
            .map_err(|refusal| SdrError::new(name.clone(), refusal.why, refusal.mend))?;
        let is_told = contents.captures.iter().any(|capture| capture.frequency_hz.is_some());
        if !is_told && settings.frequency_hz.is_none() {
            contents
                .warn("frequency not told, taken as 0 Hz: channels are offsets (sdr.frequency_hz sets it)");
        }
        let first_byte = contents.begin_byte.saturating_add(captures.first_header_bytes());
        feed.jump(first_byte)
            .map_err(|error| SdrError::new(name.clone(), error.to_string(), "check core:header_bytes"))?;
        let is_stream = feed.bytes().is_none();
        let told = Told { contents: &contents, encoding: &encoding, captures: &captures, sample_rate_sps };
        let stream = told.stream(&name, (!is_stream).then_some(file_samples));
        let head_samples =
            (feed.head().len() as u64).saturating_sub(first_byte) as usize / encoding.sample_bytes();
        let live = (is_stream && pace == Pace::Realtime)
            .then(|| Live::new(&stream, settings, feed.opened(), head_samples));
        Ok(RecordingSource {
            raw: vec![0; stream.block_samples * encoding.sample_bytes()],
            feed,
            name,
            stream,
            encoding,
            pace,
            clock,
            repeat: settings.file_repeat,
            captures,
            band: 0,
            annotations: contents.annotations,
            begin_byte: contents.begin_byte,
            file_samples,
            held: 0,
            is_over: false,
            position: 0,
            index: 0,
            next_annotation: 0,
            pending_flags: Flags::NONE,
            pending_lost: 0,
            origin: None,
            live,
            notes: contents.notes,
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

    /// Whether samples are coming: of a stream by the clock, until it stalls.
    pub fn is_alive(&self) -> bool {
        self.live.as_ref().is_none_or(Live::is_alive)
    }

    /// The frequencies of its captures that are told, each once, Hz; 0 when none is.
    pub fn centers_hz(&self) -> Vec<f64> {
        self.captures.centers_hz()
    }

    /// Plans for listening at these frequencies; blocks of captures at others are out of band.
    pub fn plan(&mut self, bands_hz: &[f64]) {
        self.captures.plan(bands_hz);
        self.stream.frequency_hz = self.captures.planned_hz();
    }

    /// As [`super::Source::span_us`].
    pub fn span_us(&self, is_at: &dyn Fn(f64) -> bool) -> Option<Range<u64>> {
        if self.repeat || self.feed.bytes().is_none() {
            return None;
        }
        let us = |sample: u64| (sample as f64 * 1e6 / self.stream.sample_rate_sps) as u64;
        let span = self.captures.span(self.file_samples, is_at);
        Some(us(span.start)..us(span.end))
    }

    /// Frequency of the block that was read last, Hz; NaN when its capture does not tell.
    pub fn center_hz(&self) -> f64 {
        self.captures.center_hz()
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
        let until = self.captures.until().unwrap_or(self.file_samples);
        let count = (until.min(self.file_samples) - self.position).min(self.stream.block_samples as u64);
        if self.pace == Pace::Realtime && !self.wait_for(self.due(count)) {
            return Ok(Step::Nothing);
        }
        let wanted = count as usize * self.encoding.sample_bytes();
        if !self.fetch(wanted, events)? {
            return Ok(Step::Nothing);
        }
        self.encoding.fill(block, &mut self.raw[..self.held]);
        self.held = 0;
        if block.filled == 0 {
            return self.end(events);
        }
        self.stamp(block, events);
        self.tell_annotations(block.filled as u64, events);
        self.position += block.filled as u64;
        self.index += block.filled as u64;
        Ok(Step::Block)
    }

    /// Reads up to `wanted` bytes into `raw`; false when more may come.
    fn fetch(&mut self, wanted: usize, events: &mut dyn FnMut(Event)) -> Result<bool, SdrError> {
        let until = self.clock.now().plus_us(WAIT_MAX_US);
        while self.held < wanted && !self.is_over {
            let got = self.feed.read(&mut self.raw[self.held..wanted]);
            match got.map_err(|e| SdrError::new(self.name.clone(), e.to_string(), "check the disk"))? {
                Got::Bytes(count) => {
                    self.held += count;
                    // What trickles must not hold up whoever wants to stop.
                    if self.held < wanted && self.clock.now() >= until {
                        return Ok(false);
                    }
                }
                Got::End => self.is_over = true,
                Got::Nothing => {
                    if let Some(live) = &mut self.live {
                        live.nothing_came(self.clock.now(), &self.name, events);
                    }
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    /// The samples ended before they were told to: a stream's end, or a file that became shorter under us.
    fn end(&mut self, events: &mut dyn FnMut(Event)) -> Result<Step, SdrError> {
        if self.position == 0 && self.index == 0 {
            return Err(SdrError::new(self.name.clone(), "gave no sample", "record it again"));
        }
        let (told, came) = (self.file_samples, self.position);
        let text = match told {
            u64::MAX => "the stream ended".to_string(),
            told => format!("ended after {came} of {told} samples: cut short?"),
        };
        // A stream that is read as fast as it comes is meant to end.
        if told != u64::MAX || self.live.is_some() {
            let at = self.time_of(self.index);
            events(event(at, Severity::Warning, "sdr_file", format_args!("{text}")));
        }
        self.file_samples = came;
        Ok(if self.repeat && self.position > 0 { Step::Nothing } else { Step::End })
    }

    fn stamp(&mut self, block: &mut Block, events: &mut dyn FnMut(Event)) {
        let band = self.captures.band();
        let place = if band.is_none() { Flags::OUT_OF_BAND } else { Flags::NONE };
        self.band = band.unwrap_or(self.band);
        block.band = self.band;
        block.tuned.center_hz = self.center_hz();
        let mut acquired_us = self.time_of(self.index);
        if let Some(live) = &mut self.live {
            let arrival = live.arrived(block.filled, self.clock.now(), &self.name, events);
            self.index = arrival.index;
            acquired_us = arrival.acquired_us;
            self.pending_lost += arrival.lost;
            self.pending_flags = self.pending_flags.with(arrival.flags);
        }
        block.stamp = BlockStamp {
            sample_index: self.index,
            acquired_us,
            lost_samples: std::mem::take(&mut self.pending_lost),
            flags: std::mem::take(&mut self.pending_flags).with(place),
        };
    }

    fn time_of(&self, index: u64) -> TimeUs {
        let origin = self.origin.unwrap_or_default();
        origin.plus_us((index as f64 * 1e6 / self.stream.sample_rate_sps) as u64)
    }

    /// When the next `count` samples may be read at the earliest.
    fn due(&self, count: u64) -> TimeUs {
        match &self.live {
            Some(live) => live.due(count),
            None => self.time_of(self.index + count),
        }
    }

    fn wait_for(&self, due: TimeUs) -> bool {
        let ahead_us = due.since_us(self.clock.now());
        std::thread::sleep(Duration::from_micros(ahead_us.min(WAIT_MAX_US)));
        ahead_us <= WAIT_MAX_US
    }

    fn rewind(&mut self) -> Result<(), SdrError> {
        self.feed
            .jump(self.begin_byte.saturating_add(self.captures.first_header_bytes()))
            .map_err(|e| SdrError::new(self.name.clone(), e.to_string(), "only files can repeat"))?;
        self.position = 0;
        self.is_over = false;
        self.pending_flags = self.pending_flags.with(Flags::GAP);
        if self.captures.rewind() {
            self.pending_flags = self.pending_flags.with(Flags::RETUNED);
        }
        // Annotations are told in the first round only: over and over they would drown the flight's events.
        self.next_annotation = self.annotations.len();
        Ok(())
    }

    fn cross_boundaries(&mut self, events: &mut dyn FnMut(Event)) -> Result<(), SdrError> {
        while let Some(boundary) = self.captures.cross(self.position) {
            let lost = boundary.lost;
            if boundary.is_retuned {
                self.pending_flags = self.pending_flags.with(Flags::RETUNED);
            }
            if boundary.is_retuned || lost > 0 || boundary.unplayed > 0 {
                self.pending_flags = self.pending_flags.with(Flags::GAP);
            }
            self.index += lost;
            self.pending_lost += lost;
            let severity = if boundary.is_retuned { Severity::Warning } else { Severity::Note };
            let center = match self.center_hz() {
                center_hz if center_hz.is_nan() => "a frequency that is not told".to_string(),
                center_hz => format!("{} MHz", center_hz / 1e6),
            };
            let heard = if self.captures.is_deaf() { ", where no beacon is listened to" } else { "" };
            let number = boundary.number;
            let text = format_args!("capture {number} at {center}{heard}, {lost} samples missing before it");
            events(event(self.time_of(self.index), severity, "capture", text));
            if boundary.unplayed > 0 {
                let pause_s = boundary.unplayed as f64 / self.stream.sample_rate_sps;
                let text = format_args!(
                    "the pause of {pause_s:.0} s before capture {number} is not played: times from here on are as much too early"
                );
                events(event(self.time_of(self.index), Severity::Warning, "capture", text));
            }
            if boundary.header_bytes > 0 {
                self.feed.skip(boundary.header_bytes).map_err(|e| {
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
            let length = ms.map_or("to the end".to_string(), |ms| format!("{ms:.1} ms"));
            let text = match annotation.edges_hz {
                Some((low, high)) => {
                    format!("{label} ({length}, {:.3} to {:.3} MHz)", low / 1e6, high / 1e6)
                }
                None => format!("{label} ({length})"),
            };
            events(event(at, Severity::Note, "annotation", format_args!("{text}")));
            self.next_annotation += 1;
        }
    }
}

#[cfg(test)]
mod tests;
