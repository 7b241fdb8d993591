//! What a frame asks of the link, and events of what was heard.

use skyhound::record::{Event, Severity, Text};
use skyhound::time::TimeUs;

/// What a frame asks of the link.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Of somebody else.
    Foreign,
    /// Of the bound autopilot, and late: heard before, or older than what is known.
    Late,
    /// Of the bound autopilot.
    Bound,
    /// The bound autopilot's heartbeat.
    Heartbeat,
    /// The bound autopilot started again: ask everything again.
    Reboot,
    /// The bound autopilot asks for our time, with its own (`ts1`, ns).
    TimeAsked(i64),
    /// The bound autopilot's answer to a command: its number and MAV_RESULT.
    Answer(u16, u8),
}

/// Makes an event.
pub fn note(
    events: &mut dyn FnMut(Event),
    at: TimeUs,
    severity: Severity,
    kind: &'static str,
    text: std::fmt::Arguments<'_>,
) {
    events(Event { at, severity, kind, text: Text::format(text) });
}
