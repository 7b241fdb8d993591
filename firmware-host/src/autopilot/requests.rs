//! What is asked of the autopilot and when: message rates, and where home is.
//!
//! A round asks for each message, one per pass; then it listens for a while, and the next round asks only for what came at
//! less than half its rate. So a lost request mends itself and a satisfied autopilot is left alone. An autopilot that
//! refuses message intervals, speaks MAVLink 1 only, or does not obey two rounds is asked in the old way too.

use skyhound::time::TimeUs;
use skyhound::vehicle::Firmware;

use super::outbound::Stream;
use crate::settings::AutopilotSettings;

const LISTEN_US: u64 = 5_000_000;
const LISTEN_LATER_US: u64 = 30_000_000;
/// Rounds in quick succession; then the slower ones.
const QUICK_ROUNDS: u32 = 4;
const OBEYED_AFTER_ROUNDS: u32 = 2;
const HOME_UNKNOWN_EVERY_US: u64 = 2_000_000;
const HOME_KNOWN_EVERY_US: u64 = 10_000_000;
/// Sticks are an interlock judged over three samples, which this brings within 75 ms. 2.2 kB/s.
const RC_LEAST_HZ: f64 = 40.0;
const MAV_CMD_SET_MESSAGE_INTERVAL: u16 = 511;
const MAV_RESULT_ACCEPTED: u8 = 0;

/// One request.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Request {
    /// Message id, interval in µs.
    Interval(u32, u32),
    /// A stream, Hz.
    Stream(Stream, u16),
    /// Where home is; in the old way when true.
    Home(bool),
}

#[derive(Copy, Clone, Debug)]
struct Wanted {
    id: u32,
    rate_hz: f64,
    heard_count: u32,
    is_missing: bool,
}

/// What was asked, and what came.
#[derive(Debug)]
pub struct Requests {
    wanted: Vec<Wanted>,
    streams: [(Stream, u16); 5],
    next: usize,
    listening_since: Option<TimeUs>,
    round_count: u32,
    is_refused: bool,
    home_asked: Option<TimeUs>,
    home_count: u32,
}

impl Requests {
    /// For the rates in the settings and the autopilot's firmware.
    pub fn new(settings: &AutopilotSettings, firmware: Firmware) -> Requests {
        let estimator = if firmware == Firmware::Px4 { 230 } else { 193 };
        let rc_hz = if settings.status_hz > 0.0 { settings.status_hz.max(RC_LEAST_HZ) } else { 0.0 };
        let rates = [
            (33, settings.position_hz),
            (30, settings.attitude_hz),
            (65, rc_hz),
            (24, settings.status_hz),
            (estimator, settings.status_hz),
            (1, settings.status_hz),
            (147, settings.status_hz),
            (2, settings.status_hz.min(1.0)),
        ];
        let wanted = |&(id, rate_hz): &(u32, f64)| Wanted { id, rate_hz, heard_count: 0, is_missing: true };
        let whole_hz = |rate_hz: f64| rate_hz.ceil().clamp(0.0, 50.0) as u16;
        Requests {
            wanted: rates.iter().filter(|(_, rate_hz)| *rate_hz > 0.0).map(wanted).collect(),
            streams: [
                (Stream::Position, whole_hz(settings.position_hz)),
                (Stream::Attitude, whole_hz(settings.attitude_hz)),
                (Stream::Status, whole_hz(settings.status_hz)),
                (Stream::Rc, whole_hz(rc_hz)),
                (Stream::Slow, whole_hz(settings.status_hz)),
            ],
            next: 0,
            listening_since: None,
            round_count: 0,
            is_refused: false,
            home_asked: None,
            home_count: 0,
        }
    }

    /// A message of the autopilot came.
    pub fn heard(&mut self, id: u32) {
        if let Some(wanted) = self.wanted.iter_mut().find(|wanted| wanted.id == id) {
            wanted.heard_count = wanted.heard_count.saturating_add(1);
        }
    }

    /// The autopilot answered a command.
    pub fn answered(&mut self, command: u16, result: u8) {
        self.is_refused |= command == MAV_CMD_SET_MESSAGE_INTERVAL && result != MAV_RESULT_ACCEPTED;
    }

    /// The next request, at most one per pass.
    pub fn due(&mut self, now: TimeUs, speaks_mavlink_1_only: bool, knows_home: bool) -> Option<Request> {
        self.due_rate(now, speaks_mavlink_1_only).or_else(|| self.due_home(now, knows_home))
    }

    fn due_rate(&mut self, now: TimeUs, speaks_mavlink_1_only: bool) -> Option<Request> {
        if let Some(since) = self.listening_since {
            let listen_us = if self.round_count < QUICK_ROUNDS { LISTEN_US } else { LISTEN_LATER_US };
            if now.since_us(since) < listen_us {
                return None;
            }
            self.judge(now.since_us(since));
        }
        while let Some(wanted) = self.wanted.get(self.next) {
            self.next += 1;
            if wanted.is_missing {
                return Some(Request::Interval(wanted.id, (1e6 / wanted.rate_hz) as u32));
            }
        }
        let in_the_old_way =
            self.is_refused || speaks_mavlink_1_only || self.round_count >= OBEYED_AFTER_ROUNDS;
        let misses_any = self.wanted.iter().any(|wanted| wanted.is_missing);
        if in_the_old_way && misses_any {
            let stream = self.streams.get(self.next - self.wanted.len()).copied();
            self.next += 1;
            if let Some((stream, rate_hz)) = stream {
                return Some(Request::Stream(stream, rate_hz));
            }
        }
        self.listening_since = Some(now);
        None
    }

    fn judge(&mut self, listened_us: u64) {
        for wanted in &mut self.wanted {
            let expected = listened_us as f64 / 1e6 * wanted.rate_hz;
            wanted.is_missing = f64::from(wanted.heard_count) < expected / 2.0;
            wanted.heard_count = 0;
        }
        self.next = 0;
        self.listening_since = None;
        self.round_count += 1;
    }

    fn due_home(&mut self, now: TimeUs, knows_home: bool) -> Option<Request> {
        let every_us = if knows_home { HOME_KNOWN_EVERY_US } else { HOME_UNKNOWN_EVERY_US };
        if self.home_asked.is_some_and(|asked| now.since_us(asked) < every_us) {
            return None;
        }
        self.home_asked = Some(now);
        self.home_count = self.home_count.wrapping_add(1);
        Some(Request::Home(self.home_count.is_multiple_of(2)))
    }
}

#[cfg(test)]
mod tests;
