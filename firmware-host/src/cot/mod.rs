//! Cursor-on-Target (CoT) for TAK: the aircraft, where each beacon is and its region of 95 %, as events in XML.
//!
//! ```text
//! ctl::Door ─status, picture→ [live] ─events→ [send] ─→ udp (also multicast), tcp
//! a flight that has ended ─→ report::export, `skyhound cot` ─→ the same events
//! ```
//! Source: MITRE's base schema of the event (version 2.0, Event-PUBLIC.xsd), and the details that TAK's clients write: `contact`, `track`,
//! `status`, `remarks`, and `u-d-f`, a drawing by hand whose corners are `link`s.

pub mod event;
mod live;
mod ring;
mod send;
#[cfg(test)]
mod tests;

pub use event::{Aircraft, Beacon, Event, Region, Span, Teller};
pub use live::{AIRCRAFT_HOLDS_US, FOUND_HOLDS_US, Live, PERCENT, outer_rings};
pub use send::{Sender, once};

use std::fmt::Write as _;

/// Events as one document `<events>`, each on a line: for programs that read XML whole, or event by event.
pub fn document(events: &[Event]) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<events>\n".to_string();
    for event in events {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{event}");
    }
    text + "</events>\n"
}
