//! STATUSTEXT of the autopilot: chunks joined, severity and kind judged.
//!
//! MAVLink 2 cuts a long text into chunks of 50 bytes with a common id; a chunk that is not full ends it. A text whose next
//! chunk does not come is given as far as it came, with `…`.

use skyhound::record::{Event, Severity, Text};
use skyhound::time::TimeUs;

use super::payload::Payload;

const CHUNK_BYTES: usize = 50;
/// A chunk that is later than this does not come any more.
const CHUNK_WAIT_US: u64 = 2_000_000;
/// Longest text kept: more than fits an event.
const JOINED_BYTES_MAX: usize = 400;

struct Joining {
    id: u16,
    next: u8,
    severity: u8,
    since: TimeUs,
    text: Vec<u8>,
}

/// Joins chunks.
#[derive(Default)]
pub struct Texts {
    joining: Option<Joining>,
}

impl Texts {
    /// Takes a STATUSTEXT.
    pub fn take(&mut self, payload: Payload, at: TimeUs, events: &mut dyn FnMut(Event)) {
        let (severity, chunk) = (payload.u8(0), payload.text(1, CHUNK_BYTES));
        let (id, sequence) = (payload.u16(51), payload.u8(53));
        let fits = self.joining.as_ref().is_some_and(|j| j.id == id && j.next == sequence);
        if !fits {
            self.give_up(at, events);
        }
        if id == 0 {
            events(event(at, severity, chunk));
            return;
        }
        let joining = self.joining.get_or_insert_with(|| {
            let text = if sequence == 0 { Vec::new() } else { "…".as_bytes().to_vec() };
            Joining { id, next: sequence, severity, since: at, text }
        });
        joining.next = sequence.wrapping_add(1);
        let room = JOINED_BYTES_MAX.saturating_sub(joining.text.len());
        joining.text.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if chunk.len() < CHUNK_BYTES || room == 0 {
            events(event(at, joining.severity, &joining.text));
            self.joining = None;
        }
    }

    /// Gives a text whose next chunk is overdue.
    pub fn expire(&mut self, now: TimeUs, events: &mut dyn FnMut(Event)) {
        if self.joining.as_ref().is_some_and(|joining| now.since_us(joining.since) > CHUNK_WAIT_US) {
            self.give_up(now, events);
        }
    }

    fn give_up(&mut self, at: TimeUs, events: &mut dyn FnMut(Event)) {
        if let Some(mut joining) = self.joining.take() {
            joining.text.extend_from_slice("…".as_bytes());
            events(event(at, joining.severity, &joining.text));
        }
    }
}

fn event(at: TimeUs, severity: u8, text: &[u8]) -> Event {
    let text = String::from_utf8_lossy(text);
    let lower = text.to_lowercase();
    let kind = match () {
        () if lower.contains("gps glitch") || lower.contains("gps_glitch") => "gps_glitch",
        () if lower.contains("ekf") => "ekf",
        () => "autopilot_text",
    };
    let severity = match severity {
        // EMERGENCY, ALERT, CRITICAL, ERROR
        0..=3 => Severity::Critical,
        4 => Severity::Warning,
        _ => Severity::Note,
    };
    Event { at, severity, kind, text: Text::new(&text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chunk(id: u16, sequence: u8, text: &str) -> Vec<u8> {
        let mut payload = vec![4; 1];
        payload.extend(text.bytes());
        payload.resize(51, 0);
        payload.extend(id.to_le_bytes());
        payload.push(sequence);
        payload
    }

    fn joined(chunks: &[Vec<u8>]) -> Vec<String> {
        let (mut texts, mut got) = (Texts::default(), Vec::new());
        let mut note = |event: Event| got.push(format!("{} {}", event.kind, event.text.as_str()));
        for chunk in chunks {
            texts.take(Payload(chunk), TimeUs(5), &mut note);
        }
        texts.expire(TimeUs(2_000_005), &mut note);
        texts.expire(TimeUs(2_000_006), &mut note);
        got
    }

    #[test]
    fn joins_chunks() {
        let long = "x".repeat(50);
        let got = joined(&[chunk(0, 0, "GPS Glitch"), chunk(7, 0, &long), chunk(7, 1, " EKF variance")]);
        assert_eq!(got, ["gps_glitch GPS Glitch".to_owned(), format!("ekf {long} EKF variance")]);
    }

    #[test]
    fn a_lost_chunk_costs_only_itself() {
        let long = "x".repeat(50);
        let got = joined(&[chunk(7, 0, &long), chunk(7, 2, "end"), chunk(0, 0, "next"), chunk(8, 0, &long)]);
        assert_eq!(
            got,
            [
                format!("autopilot_text {long}…"),
                "autopilot_text …end".into(),
                "autopilot_text next".into(),
                format!("autopilot_text {long}…")
            ]
        );
    }
}
