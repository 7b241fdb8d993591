//! What is asked of the autopilot and when: message rates, and where home is.
//!
//! A round asks for each message, one at a time: the answer names the command alone, so that the next waits for it, and half
//! a second at most. Then it listens for a while, and the next round asks only for what came at less than half its rate. So
//! a lost request mends itself and a satisfied autopilot is left alone. An autopilot that refuses message intervals, speaks
//! MAVLink 1 only, or does not obey two rounds is asked in the old way too.
//!
//! Some messages not every autopilot has: those are asked for three times, and given up when refused; they make no autopilot
//! a refusing one. Each refusal is told once. PX4's heartbeat is not asked to come sooner: it refuses.

use skyhound::time::TimeUs;
use skyhound::vehicle::Firmware;

use super::message_id::*;
use super::names::result_name;
use super::outbound::Stream;
use crate::settings::AutopilotSettings;

const LISTEN_US: u64 = 5_000_000;
const LISTEN_LATER_US: u64 = 30_000_000;
/// Rounds in quick succession; then the slower ones.
const QUICK_ROUNDS: u32 = 4;
const OBEYED_AFTER_ROUNDS: u32 = 2;
/// Times that a message is asked for which the autopilot may not have.
const MAY_LACK_ASKS: u8 = 3;
const ANSWER_US: u64 = 500_000;
const HOME_UNKNOWN_EVERY_US: u64 = 2_000_000;
const HOME_KNOWN_EVERY_US: u64 = 10_000_000;
/// The pilot's hand is an interlock judged by time, which this shows within 25 ms. 2.2 kB/s.
const RC_LEAST_HZ: f64 = 40.0;
/// A change of mode is known within 100 ms.
const MODE_HZ: f64 = 10.0;
/// It changes slowly, and is only shown.
const WIND_HZ: f64 = 1.0;
/// Height over ground, and whether there is ground under the feet.
const GROUND_HZ: f64 = 4.0;
const MAV_CMD_GET_HOME_POSITION: u16 = 410;
const MAV_CMD_SET_MESSAGE_INTERVAL: u16 = 511;
const MAV_CMD_REQUEST_MESSAGE: u16 = 512;
const MAV_RESULT_ACCEPTED: u8 = 0;
const MAV_RESULT_IN_PROGRESS: u8 = 5;

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

/// A request that was refused.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Refusal {
    /// What was asked for.
    pub request: Request,
    /// MAV_RESULT.
    pub result: u8,
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.request {
            Request::Interval(id, interval_us) => write!(f, "message {id} each {} ms", interval_us / 1000)?,
            Request::Stream(stream, rate_hz) => write!(f, "stream {stream:?} at {rate_hz} Hz")?,
            Request::Home(_) => f.write_str("where home is")?,
        }
        write!(f, ": {}", result_name(self.result))
    }
}

#[derive(Copy, Clone, Debug)]
struct Wanted {
    id: u32,
    rate_hz: f64,
    heard_count: u32,
    is_missing: bool,
    may_lack: bool,
    asked_count: u8,
    is_refused: bool,
}

impl Wanted {
    fn is_asked(&self) -> bool {
        let is_given_up = self.may_lack && (self.is_refused || self.asked_count >= MAY_LACK_ASKS);
        self.is_missing && !is_given_up
    }

    fn interval_us(&self) -> u32 {
        (1e6 / self.rate_hz) as u32
    }
}

/// What was asked, and what came.
#[derive(Debug)]
pub struct Requests {
    wanted: Vec<Wanted>,
    streams: [(Stream, u16); 5],
    next: usize,
    /// Whose answer is waited for, and since when.
    pending: Option<(usize, TimeUs)>,
    listening_since: Option<TimeUs>,
    round_count: u32,
    is_refused: bool,
    home_asked: Option<TimeUs>,
    home_count: u32,
    is_home_refused: [bool; 2],
}

impl Requests {
    /// For the rates in the settings and the autopilot's firmware.
    pub fn new(settings: &AutopilotSettings, firmware: Firmware) -> Requests {
        let is_px4 = firmware == Firmware::Px4;
        let status_hz = settings.status_hz;
        let at_least = |least_hz: f64| if status_hz > 0.0 { status_hz.max(least_hz) } else { 0.0 };
        let (rc_hz, ground_hz) = (at_least(RC_LEAST_HZ), at_least(GROUND_HZ));
        let rates = [
            (GLOBAL_POSITION_INT, settings.position_hz, false),
            (ATTITUDE, settings.attitude_hz, false),
            (RC_CHANNELS, rc_hz, false),
            (GPS_RAW_INT, status_hz, false),
            (if is_px4 { ESTIMATOR_STATUS } else { EKF_STATUS_REPORT }, status_hz, false),
            (SYS_STATUS, status_hz, false),
            (BATTERY_STATUS, status_hz, false),
            (SYSTEM_TIME, status_hz.min(1.0), false),
            (CURRENT_MODE, at_least(MODE_HZ), true),
            (EXTENDED_SYS_STATE, ground_hz, false),
            (DISTANCE_SENSOR, ground_hz, true),
            (if is_px4 { ALTITUDE } else { TERRAIN_REPORT }, ground_hz, true),
            (if is_px4 { WIND_COV } else { WIND }, status_hz.min(WIND_HZ), true),
        ];
        let wanted = |&(id, rate_hz, may_lack): &(u32, f64, bool)| Wanted {
            id,
            rate_hz,
            heard_count: 0,
            is_missing: true,
            may_lack,
            asked_count: 0,
            is_refused: false,
        };
        let whole_hz = |rate_hz: f64| rate_hz.ceil().clamp(0.0, 50.0) as u16;
        Requests {
            wanted: rates.iter().filter(|(_, rate_hz, _)| *rate_hz > 0.0).map(wanted).collect(),
            streams: [
                (Stream::Position, whole_hz(settings.position_hz)),
                (Stream::Attitude, whole_hz(settings.attitude_hz)),
                (Stream::Status, whole_hz(status_hz)),
                (Stream::Rc, whole_hz(rc_hz)),
                (Stream::Slow, whole_hz(status_hz)),
            ],
            next: 0,
            pending: None,
            listening_since: None,
            round_count: 0,
            is_refused: false,
            home_asked: None,
            home_count: 0,
            is_home_refused: [false; 2],
        }
    }

    /// A message of the autopilot came.
    pub fn heard(&mut self, id: u32) {
        if let Some(wanted) = self.wanted.iter_mut().find(|wanted| wanted.id == id) {
            wanted.heard_count = wanted.heard_count.saturating_add(1);
        }
    }

    /// The autopilot answered a command. Returns what it refuses, the first time that it does.
    pub fn answered(&mut self, command: u16, result: u8) -> Option<Refusal> {
        match command {
            _ if result == MAV_RESULT_IN_PROGRESS => None,
            MAV_CMD_SET_MESSAGE_INTERVAL => {
                let (index, _) = self.pending.take()?;
                let wanted = self.wanted.get_mut(index).filter(|_| result != MAV_RESULT_ACCEPTED)?;
                self.is_refused |= !wanted.may_lack;
                let is_first = !std::mem::replace(&mut wanted.is_refused, true);
                let request = Request::Interval(wanted.id, wanted.interval_us());
                is_first.then_some(Refusal { request, result })
            }
            MAV_CMD_REQUEST_MESSAGE | MAV_CMD_GET_HOME_POSITION if result != MAV_RESULT_ACCEPTED => {
                let is_old = command == MAV_CMD_GET_HOME_POSITION;
                let is_first = !std::mem::replace(&mut self.is_home_refused[usize::from(is_old)], true);
                is_first.then_some(Refusal { request: Request::Home(is_old), result })
            }
            _ => None,
        }
    }

    /// The next request, at most one per pass.
    pub fn due(&mut self, now: TimeUs, speaks_mavlink_1_only: bool, knows_home: bool) -> Option<Request> {
        self.due_rate(now, speaks_mavlink_1_only).or_else(|| self.due_home(now, knows_home))
    }

    fn due_rate(&mut self, now: TimeUs, speaks_mavlink_1_only: bool) -> Option<Request> {
        if self.pending.is_some_and(|(_, asked)| now.since_us(asked) < ANSWER_US) {
            return None;
        }
        if let Some(since) = self.listening_since {
            let listen_us = if self.round_count < QUICK_ROUNDS { LISTEN_US } else { LISTEN_LATER_US };
            if now.since_us(since) < listen_us {
                return None;
            }
            self.judge(now.since_us(since));
        }
        while let Some(wanted) = self.wanted.get_mut(self.next) {
            self.next += 1;
            if wanted.is_asked() {
                wanted.asked_count = wanted.asked_count.saturating_add(1);
                self.pending = Some((self.next - 1, now));
                return Some(Request::Interval(wanted.id, wanted.interval_us()));
            }
        }
        let in_the_old_way =
            self.is_refused || speaks_mavlink_1_only || self.round_count >= OBEYED_AFTER_ROUNDS;
        let misses_any = self.wanted.iter().any(|wanted| wanted.is_missing && !wanted.may_lack);
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
