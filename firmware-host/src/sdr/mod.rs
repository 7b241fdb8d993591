//! Samples: a device through SoapySDR, a recording or a pipe, to blocks of native IQ samples with index and time.
//!
//! [`Source`] is one of the two; [`Receiver`] runs it in the sdr-rx thread and never waits for anyone downstream. A block's
//! time comes from the count of samples anchored to the monotonic clock ([`sample_clock`]), so that it is smooth, and what
//! a driver loses without saying so is seen as count falling behind clock. Nothing is lost silently: told overflows, gaps,
//! stalls and unplugged devices are flags of the next block, counters and events (`sdr_overflow`, `sdr_gap`, `sdr_stall`,
//! `sdr_lost`, `sdr_reopened`, `sdr_retuned`, `sdr_rate`, `sdr_stuck`, `sdr_silent`, `sdr_settings`, `sdr_file`, `capture`, `annotation`).
//!
//! A device that vanishes is opened again with back-off on a thread of its own, because opening and closing may take
//! seconds in a driver; the stream goes on where the clock says, with the lost samples counted in.
//! Not done here: retuning in flight, transmitting, several channels of one device.

mod block;
mod cover;
mod device;
mod driver_times;
mod excerpts;
mod listening;
mod probe;
mod receiver;
mod recording;
mod returned;
mod sample_clock;
mod soapy;
mod span;

pub use block::Block;
pub use cover::uncovered;
pub use excerpts::{
    Asked, Cutter, Heard, History, HistoryReader, Origin, Plan, Room, Utc, complete_leftovers, history,
    ring_bytes,
};
pub use probe::{DeviceOffer, ElementOffer, offers_to_json, offers_to_text, probe};
pub use receiver::{Blocks, Lease, Receiver, ReceiverTotals};
// The rigs' engine-in-the-loop judges a lying device as the receiver does.
pub use sample_clock::{SampleClock, Verdict};
pub use span::Span;

use crate::clock::Clock;
use crate::settings::{Pace, SdrSettings};
use skyhound::record::{Event, Severity, Text};
use skyhound::signal::SampleFormat;
use skyhound::time::TimeUs;
use std::ops::Range;

/// What a source really gives, read back from the device or from the recording's metadata or name.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// Samples per second.
    pub sample_rate_sps: f64,
    /// Frequency of 0 Hz of the spectrum; 0 when a recording does not tell.
    pub frequency_hz: f64,
    /// Form of the samples in the blocks.
    pub format: SampleFormat,
    /// What the device called its full scale. Blocks are already scaled so that full scale is |x| = 1.0.
    pub native_full_scale: f64,
    /// Most samples of a block.
    pub block_samples: usize,
    /// Samples the driver hands over at once; its latency is this at the sample rate. 0 for recordings.
    pub driver_block_samples: usize,
    /// Total gain in force, dB; `None` for recordings.
    pub gain_db: Option<f64>,
    /// Antenna in use; `None` for recordings.
    pub antenna: Option<String>,
    /// Start of the recording, µs since 1970, when it tells.
    pub recorded_utc_us: Option<i64>,
    /// In words, for people.
    pub description: String,
}

/// What [`Source::read`] did.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The block has samples.
    Block,
    /// Nothing came; call again.
    Nothing,
    /// The recording has ended.
    End,
}

/// Why a source cannot be opened or read on.
#[derive(Clone, Debug, PartialEq)]
pub struct SdrError {
    /// Which device or file.
    pub source: String,
    /// What is wrong.
    pub why: String,
    /// What to do; may be empty.
    pub mend: String,
}

impl SdrError {
    fn new(source: impl Into<String>, why: impl Into<String>, mend: impl Into<String>) -> SdrError {
        SdrError { source: source.into(), why: why.into(), mend: mend.into() }
    }
}

impl std::fmt::Display for SdrError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.source, self.why)?;
        if self.mend.is_empty() { Ok(()) } else { write!(f, "; {}", self.mend) }
    }
}

impl std::error::Error for SdrError {}

/// Where samples come from.
pub struct Source(Kind);

enum Kind {
    Soapy(Box<soapy::SoapySource>),
    Recording(Box<recording::RecordingSource>),
}

impl Source {
    /// Opens `settings.source`. A device is set up as asked and read back; differences are events of the first read.
    ///
    /// # Errors
    /// No such device or file, a setting the device refuses, a recording without format or rate: with the mend.
    pub fn open(settings: &SdrSettings, pace: Pace, clock: Clock) -> Result<Source, SdrError> {
        if let Some(path) = settings.source.strip_prefix("file:") {
            let recording = recording::RecordingSource::open(path, settings, pace, clock)?;
            return Ok(Source(Kind::Recording(Box::new(recording))));
        }
        if let Some(args) = settings.source.strip_prefix("soapy:") {
            return Ok(Source(Kind::Soapy(Box::new(soapy::SoapySource::open(args, settings, clock)?))));
        }
        let mend = "write sdr.source as `soapy:driver=rtlsdr` or `file:PATH`";
        Err(SdrError::new(
            format!("sdr.source = \"{}\"", settings.source),
            "neither a device nor a file",
            mend,
        ))
    }

    /// What the source really gives.
    pub fn stream(&self) -> &Stream {
        match &self.0 {
            Kind::Soapy(source) => source.stream(),
            Kind::Recording(source) => source.stream(),
        }
    }

    /// The frequencies that it goes through, each once, Hz: those of a recording's captures; else the one it is tuned to.
    pub fn centers_hz(&self) -> Vec<f64> {
        match &self.0 {
            Kind::Soapy(source) => vec![source.stream().frequency_hz],
            Kind::Recording(source) => source.centers_hz(),
        }
    }

    /// Plans for listening at these of [`Source::centers_hz`], before the first read: blocks tell which of them they are of,
    /// and what was taken at others is flagged out of band.
    pub fn plan(&mut self, bands_hz: &[f64]) {
        if let Kind::Recording(source) = &mut self.0 {
            source.plan(bands_hz);
        }
    }

    /// From the first to the last of its samples taken at frequencies that `is_at` takes, µs from its begin. `None` where
    /// nobody knows: a device, a pipe, a recording that is played over and over.
    pub fn span_us(&self, is_at: &dyn Fn(f64) -> bool) -> Option<Range<u64>> {
        match &self.0 {
            Kind::Soapy(_) => None,
            Kind::Recording(source) => source.span_us(is_at),
        }
    }

    /// Frequency of 0 Hz of the spectrum of the block that was read last, Hz; NaN when a recording does not tell.
    pub fn center_hz(&self) -> f64 {
        match &self.0 {
            Kind::Soapy(source) => source.stream().frequency_hz,
            Kind::Recording(source) => source.center_hz(),
        }
    }

    /// A buffer that fits this source. Allocates: make all before the flight.
    pub fn block(&self) -> Block {
        let stream = self.stream();
        Block::with_room(stream.format, stream.block_samples)
    }

    /// Reads the next block into `block`, which must be one of [`Source::block`]. Waits about 100 ms at most, and
    /// allocates nothing while all is well. What happened goes to `events`.
    ///
    /// # Errors
    /// A recording that cannot be read on. A device never: it is opened again until it comes back.
    pub fn read(&mut self, block: &mut Block, events: &mut dyn FnMut(Event)) -> Result<Step, SdrError> {
        match &mut self.0 {
            Kind::Soapy(source) => Ok(source.read(block, events)),
            Kind::Recording(source) => source.read(block, events),
        }
    }

    /// Whether samples are coming: false from a stall or loss of the device to the first sample after it.
    pub fn is_alive(&self) -> bool {
        match &self.0 {
            Kind::Soapy(source) => source.is_alive(),
            Kind::Recording(source) => source.is_alive(),
        }
    }

    /// Times the driver said that it lost samples.
    pub fn overflow_total(&self) -> u64 {
        match &self.0 {
            Kind::Soapy(source) => source.overflow_total(),
            Kind::Recording(_) => 0,
        }
    }

    /// Times the device was lost.
    pub fn lost_total(&self) -> u64 {
        match &self.0 {
            Kind::Soapy(source) => source.lost_total(),
            Kind::Recording(_) => 0,
        }
    }

    /// Whether reading may wait for whoever takes the blocks: a recording as fast as it goes.
    pub fn is_patient(&self) -> bool {
        matches!(&self.0, Kind::Recording(source) if source.pace() == Pace::Max)
    }
}

/// Frequencies no further apart are the same, Hz: half of the finest bin that the engine makes of a band.
pub fn same_within_hz(sample_rate_sps: f64) -> f64 {
    sample_rate_sps / 16_384.0 / 2.0
}

/// Samples of a block: 10 ms, so that a reading is late by no more than a hop.
fn block_samples(sample_rate_sps: f64) -> usize {
    ((sample_rate_sps * 0.010) as usize).clamp(256, 262_144)
}

/// Says on stderr what a source tells, for people; labels of a recording only when all is asked for.
pub fn say(event: &Event) {
    let text = event.text.as_str();
    match event.severity {
        _ if event.kind == "annotation" => tracing::debug!("{text}"),
        Severity::Critical => tracing::error!("{text}"),
        Severity::Warning => tracing::warn!("{text}"),
        Severity::Note => tracing::info!("{text}"),
    }
}

fn event(at: TimeUs, severity: Severity, kind: &'static str, text: std::fmt::Arguments<'_>) -> Event {
    Event { at, severity, kind, text: Text::format(text) }
}

/// Settings for tests of this folder.
#[cfg(test)]
pub(crate) fn test_settings(source: &str) -> SdrSettings {
    SdrSettings {
        source: source.into(),
        sample_rate_sps: None,
        frequency_hz: None,
        gain_db: None,
        gain_elements_db: Vec::new(),
        bandwidth_hz: None,
        antenna: None,
        correction_ppm: 0.0,
        format: "auto".into(),
        stream_args: Vec::new(),
        stall_timeout_us: 500_000,
        reopen_wait_min_us: 100_000,
        reopen_wait_max_us: 1_000_000,
        clock_slack_us: 20_000,
        own_noise: None,
        file_repeat: false,
        file_swap_iq: false,
        file_full_scale: None,
    }
}
