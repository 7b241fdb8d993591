//! Records: everything that goes into the flight file, as plain `Copy` values that travel in lanes.
//!
//! Readings and spectra have lanes of their own, because they are many; all else is a [`Record`].

use crate::budget::BudgetReport;
use crate::command::{Command, Course, OperatorAct, StateChange};
use crate::facts::{Detection, Facts, Located, RegionRun, SearchRun, Searched};
use crate::limits::{NAME_BYTES, TEXT_BYTES};
use crate::signal::{Hearing, Pulse, Reading};
use crate::time::TimeUs;
use crate::vehicle::{Part, Pose};

/// A reading with the pose of its own moment.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct PlacedReading {
    /// The reading.
    pub reading: Reading,
    /// Where it was taken; `None` when no position brackets its moment.
    pub pose: Option<Pose>,
}

/// What happened.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Record {
    /// What a pass was given. An input; the first record of its pass.
    Pass(TimeUs, Taken),
    /// A pulse on a channel. An input.
    Pulse(Pulse),
    /// What a matched detector heard. An input.
    Hearing(Hearing),
    /// The facts of a channel, 10 Hz.
    Facts(Facts),
    /// A detection began or ended.
    Detection(Detection),
    /// Where a beacon is, 1 Hz and when our state changes.
    Estimate(Located),
    /// A part of the region it is in, all of them each minute and when it has become another.
    Region(RegionRun),
    /// How far the search has come, each 10 s and when our state changes.
    Searched(Searched),
    /// A part of the map of the search, all of them each minute.
    SearchRun(SearchRun),
    /// A part of the aircraft that changed, at the pass that saw it. An input.
    Vehicle(TimeUs, Part),
    /// What a pass commanded, recorded when it differs in kind from the last or is a velocity or a stop; a velocity with where it leads.
    Command(TimeUs, Command, Option<Course>),
    /// Our state changed.
    StateChange(StateChange),
    /// What the operator did. An input.
    Operator(TimeUs, OperatorAct),
    /// Something for people.
    Event(Event),
    /// A thread's passes against its budget, 1 Hz.
    Budget(TimeUs, Name, BudgetReport),
    /// A lane's totals, 1 Hz.
    Lane(TimeUs, Name, LaneReport),
    /// A total since the start of what was discarded, when it grew: `refused` (readings and pulses out of order or of no
    /// channel), `unplaced` (readings recorded without a pose because too many waited for theirs).
    Discard(TimeUs, Name, u64),
    /// The autopilot link's counters, 1 Hz.
    Link(TimeUs, LinkReport),
}

/// What a pass was given, besides what is recorded of it one by one.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Readings of channels that there are.
    pub reading_count: u32,
    /// Pulses.
    pub pulse_count: u32,
    /// What matched detectors heard.
    pub hearing_count: u32,
    /// Whether the SDR streamed.
    pub sdr_alive: bool,
    /// It is no pass: the flight ends here.
    pub is_end: bool,
}

/// Where records go. The host pushes them into lanes; tests collect them.
pub trait Sink {
    /// A reading with its pose.
    fn reading(&mut self, reading: &PlacedReading);
    /// Anything else.
    fn record(&mut self, record: &Record);
}

/// Something that happened, for people.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Event {
    /// When.
    pub at: TimeUs,
    /// How bad.
    pub severity: Severity,
    /// What kind: a fixed word such as `sdr_gap`, `mode_change`, `gps_glitch`, `annotation`.
    pub kind: &'static str,
    /// In words.
    pub text: Text,
}

/// How bad an event is. The same steps as MAV_SEVERITY's 2, 4 and 6.
#[derive(Copy, Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Severity {
    /// Something failed.
    Critical = 2,
    /// Something is wrong, the flight goes on.
    Warning = 4,
    /// Good to know.
    Note = 6,
}

impl Severity {
    /// As people and the flight file spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Severity::Critical => "critical",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// A lane's totals since the start.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct LaneReport {
    /// Items that fitted.
    pub pushed_total: u64,
    /// Items that did not.
    pub dropped_total: u64,
    /// Items it holds at most.
    pub capacity_count: u64,
}

/// The autopilot link's counters since the start.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct LinkReport {
    /// Bytes in.
    pub received_bytes_total: u64,
    /// Good frames in, from anybody.
    pub received_total: u64,
    /// Frames with a wrong CRC.
    pub crc_error_total: u64,
    /// Good frames whose payload is of no known message or has an unknown enum value.
    pub unknown_total: u64,
    /// Messages of our autopilot missing by sequence number.
    pub sequence_lost_total: u64,
    /// Stretches of bytes that were no frame.
    pub resync_total: u64,
    /// Bytes in those.
    pub garbage_bytes_total: u64,
    /// Good frames of others than the bound autopilot.
    pub foreign_total: u64,
    /// Frames of the bound autopilot that came late: heard before, or older than what is known.
    pub late_total: u64,
    /// Reads of the line that a late pass left no room for: lost.
    pub unread_total: u64,
    /// Frames out.
    pub sent_total: u64,
    /// Frames not sent: the line was full or gone, or there was nothing in them that can be sent.
    pub send_dropped_total: u64,
    /// Bytes written and taken back before they left: velocities, when commanding ended.
    pub recalled_bytes_total: u64,
    /// Times the line was opened again.
    pub reconnect_total: u64,
}

/// A text of at most `N` bytes, cut at a character.
#[derive(Copy, Clone, PartialEq, Eq)]
pub struct FixedText<const N: usize> {
    len: u8,
    bytes: [u8; N],
}

/// A text that travels in a record.
pub type Text = FixedText<TEXT_BYTES>;
/// A short name that travels in a record.
pub type Name = FixedText<NAME_BYTES>;

impl<const N: usize> FixedText<N> {
    /// As much of `text` as fits.
    pub fn new(text: &str) -> FixedText<N> {
        let mut fixed = FixedText { len: 0, bytes: [0; N] };
        // Writing to a fixed text cuts, never fails.
        let _ = std::fmt::Write::write_str(&mut fixed, text);
        fixed
    }

    /// Formats without allocating: `Text::format(format_args!("…"))`.
    pub fn format(arguments: std::fmt::Arguments<'_>) -> FixedText<N> {
        let mut fixed = FixedText { len: 0, bytes: [0; N] };
        // Writing to a fixed text cuts, never fails.
        let _ = std::fmt::Write::write_fmt(&mut fixed, arguments);
        fixed
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.len)]).unwrap_or_default()
    }
}

impl<const N: usize> std::fmt::Write for FixedText<N> {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        const { assert!(N <= 255, "the length is one byte") };
        let start = usize::from(self.len);
        let mut fits = text.len().min(N - start);
        while !text.is_char_boundary(fits) {
            fits -= 1;
        }
        self.bytes[start..start + fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.len = (start + fits) as u8;
        Ok(())
    }
}

impl<const N: usize> std::fmt::Debug for FixedText<N> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_at_a_character() {
        let text = FixedText::<4>::format(format_args!("a{}", "µµ"));
        assert_eq!(text.as_str(), "aµ");
        assert_eq!(Name::new("beacon").as_str(), "beacon");
    }

    #[test]
    fn a_record_fits_a_lane() {
        // 10 s of stalled disk at 400 records/s: 4 000 records; at 256 bytes that is 1 MB.
        assert!(size_of::<Record>() <= 320, "{}", size_of::<Record>());
        assert!(size_of::<PlacedReading>() <= 104, "{}", size_of::<PlacedReading>());
    }
}
