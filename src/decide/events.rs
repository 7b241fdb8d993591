//! What a pass tells people.

use crate::facts::Detection;
use crate::record::{Event, Severity, Text};
use crate::time::TimeUs;
use std::fmt::Write as _;

pub(super) fn unheard(at: TimeUs) -> Event {
    let text =
        Text::new("the beacon is not heard any more: back to where it was believed to be, and around it");
    Event { at, severity: Severity::Warning, kind: "beacon_unheard", text }
}

pub(super) fn ground_unknown(at: TimeUs) -> Event {
    let text = Text::new("homing flies level, and the height above the ground is not known: watch it");
    Event { at, severity: Severity::Warning, kind: "ground_unknown", text }
}

pub(super) fn heard(now: TimeUs, name: &str, detection: &Detection) -> Event {
    let mut text = Text::format(format_args!(
        "{name} heard: {} at {:.1} dBFS, SNR {:.1} dB",
        detection.kind.name(),
        detection.power_peak_dbfs,
        detection.snr_peak_db
    ));
    if let Some(heard) = detection.heard {
        let _ = write!(text, ", {:.4} MHz, C/N0 {:.1} dB-Hz", heard.frequency_hz / 1e6, heard.cn0_db_hz);
    }
    // Writing to a fixed text cuts, never fails.
    let _ = write!(text, "{}", detection.pattern);
    Event { at: now, severity: Severity::Note, kind: "detection", text }
}
