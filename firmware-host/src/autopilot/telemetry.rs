//! What we tell people on the ground, at rates that cannot fill the line: STATUSTEXT and NAMED_VALUE_FLOAT.

use skyhound::record::{FixedText, Severity, Text};
use skyhound::time::TimeUs;

use super::outbound::CHUNK_BYTES;

/// Texts that wait; more is a flood, and of a flood the worst news stay.
const TEXTS_WAITING: usize = 16;
/// A text each 200 ms: 5 × 66 bytes/s, 6 % of a 57 600 baud line.
const TEXT_EVERY_US: u64 = 200_000;
/// Older news are none.
const TEXT_OLD_US: u64 = 10_000_000;
/// Values with a name of their own.
const NAMES: usize = 64;
/// A pass comes a little early now and then; a value is not skipped for that.
const EARLY_US: u64 = 5_000;

/// A text that waits.
#[derive(Copy, Clone, Debug)]
pub struct Waiting {
    /// How bad.
    pub severity: Severity,
    /// What.
    pub text: Text,
    since: TimeUs,
}

/// Texts on their way to the ground.
#[derive(Debug, Default)]
pub struct TextQueue {
    waiting: Vec<Waiting>,
    sent: Option<TimeUs>,
    /// Texts that found no place, or became old.
    pub dropped_total: u64,
}

impl TextQueue {
    /// Takes a text.
    pub fn push(&mut self, now: TimeUs, severity: Severity, text: &str) {
        if self.waiting.len() >= TEXTS_WAITING {
            self.dropped_total += 1;
            // The least bad of the waiting goes, the youngest of those; or the one that comes, when it is no worse.
            let least = self.waiting.iter().enumerate().max_by_key(|(index, w)| (w.severity, *index));
            match least {
                Some((index, least)) if least.severity > severity => drop(self.waiting.remove(index)),
                _ => return,
            }
        }
        self.waiting.push(Waiting { severity, text: Text::new(text), since: now });
    }

    /// The text whose turn it is at `now`.
    pub fn due(&mut self, now: TimeUs) -> Option<Waiting> {
        let before = self.waiting.len();
        self.waiting.retain(|waiting| now.since_us(waiting.since) <= TEXT_OLD_US);
        self.dropped_total += (before - self.waiting.len()) as u64;
        if self.waiting.is_empty() || self.sent.is_some_and(|sent| now.since_us(sent) < TEXT_EVERY_US) {
            return None;
        }
        self.sent = Some(now);
        Some(self.waiting.remove(0))
    }
}

/// `text` in pieces that fit a STATUSTEXT, cut at characters. Never empty.
pub fn chunks(text: &str) -> Vec<&str> {
    let (mut rest, mut chunks) = (text, Vec::with_capacity(2));
    while rest.len() > CHUNK_BYTES {
        let at = (1..=CHUNK_BYTES).rev().find(|&at| rest.is_char_boundary(at)).unwrap_or(CHUNK_BYTES);
        let (chunk, later) = rest.split_at(at);
        chunks.push(chunk);
        rest = later;
    }
    chunks.push(rest);
    chunks
}

/// When each named value was sent last.
#[derive(Debug, Default)]
pub struct NamedRates {
    sent: Vec<(FixedText<10>, TimeUs)>,
    /// Values with more names than are kept.
    pub refused_total: u64,
}

impl NamedRates {
    /// Whether `name` may be sent at `now` to keep to `rate_hz`; notes it as sent.
    pub fn is_due(&mut self, now: TimeUs, name: &str, rate_hz: f64) -> bool {
        if rate_hz <= 0.0 {
            return false;
        }
        let every_us = (1e6 / rate_hz) as u64;
        let name = FixedText::new(name);
        if let Some((_, sent)) = self.sent.iter_mut().find(|(known, _)| *known == name) {
            let is_due = now.since_us(*sent) + EARLY_US >= every_us;
            if is_due {
                *sent = now;
            }
            return is_due;
        }
        let has_room = self.sent.len() < NAMES;
        if has_room {
            self.sent.push((name, now));
        }
        self.refused_total += u64::from(!has_room);
        has_room
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_is_spread_and_the_worst_news_stay() {
        let mut queue = TextQueue::default();
        for burst in 0..100 {
            queue.push(TimeUs(0), Severity::Note, &format!("note {burst}"));
        }
        queue.push(TimeUs(0), Severity::Critical, "disk full");
        let sent: Vec<_> = (0..200).filter_map(|pass| queue.due(TimeUs(pass * 50_000))).collect();
        assert_eq!(sent.len(), TEXTS_WAITING);
        assert_eq!(sent.last().unwrap().text.as_str(), "disk full");
        assert_eq!(queue.dropped_total, 85);
    }

    #[test]
    fn old_news_are_dropped() {
        let mut queue = TextQueue::default();
        queue.push(TimeUs(0), Severity::Note, "early");
        assert!(queue.due(TimeUs(10_000_001)).is_none());
        assert_eq!(queue.dropped_total, 1);
    }

    #[test]
    fn long_texts_are_cut_at_characters() {
        let text = "µ".repeat(40);
        let cut = chunks(&text);
        assert_eq!(cut.concat(), text);
        assert!(cut.iter().all(|chunk| chunk.len() <= CHUNK_BYTES));
        assert_eq!(chunks(""), [""]);
    }

    #[test]
    fn values_keep_their_rate() {
        let mut rates = NamedRates::default();
        let sent =
            (0..100u64).filter(|pass| rates.is_due(TimeUs(pass * 50_000 - pass % 2), "snr_db", 2.0)).count();
        assert_eq!(sent, 10);
        assert!(rates.is_due(TimeUs(0), "floor_db", 2.0));
        assert!(!rates.is_due(TimeUs(0), "other", 0.0));
    }
}
