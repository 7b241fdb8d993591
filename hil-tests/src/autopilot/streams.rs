//! Which messages leave a line how often: one table per link, as each link of the real firmware has its own.
//!
//! Defaults: ArduCopter sends only HEARTBEAT until it is asked (its SRx_ parameters are 0; `GCS_MAVLINK_Copter::var_info`);
//! PX4 sends what `mavlink_main.cpp` configures for MAVLINK_MODE_NORMAL. Groups of REQUEST_DATA_STREAM are those of
//! ArduCopter's `STREAM_*_msgs`. SIM_STATE, the true pose, leaves only when it is asked for, in both flavours.
//! A message that finds no room on its line stays due, as ArduPilot's deferred messages do.

use crate::scenario::Flavour;

/// A message that can be sent again and again: name, group of REQUEST_DATA_STREAM (0 = none), Hz by default in PX4.
type Row = (&'static str, u8, f64);

const HEARTBEAT_EVERY_US: u64 = 1_000_000;
const TABLE: [Row; 22] = [
    ("HEARTBEAT", 0, 1.0),
    ("SYS_STATUS", 2, 1.0),
    ("GPS_RAW_INT", 2, 1.0),
    ("MISSION_CURRENT", 2, 1.0),
    ("RC_CHANNELS", 3, 5.0),
    ("GLOBAL_POSITION_INT", 6, 5.0),
    ("LOCAL_POSITION_NED", 6, 1.0),
    ("ATTITUDE", 10, 15.0),
    ("VFR_HUD", 11, 4.0),
    ("SYSTEM_TIME", 12, 0.0),
    ("BATTERY_STATUS", 12, 0.5),
    ("EKF_STATUS_REPORT", 12, 0.0),
    ("ESTIMATOR_STATUS", 0, 0.5),
    ("EXTENDED_SYS_STATE", 0, 1.0),
    ("HOME_POSITION", 0, 0.5),
    ("SIM_STATE", 0, 0.0),
    ("CURRENT_MODE", 0, 0.5),
    ("ALTITUDE", 0, 1.0),
    ("TERRAIN_REPORT", 12, 0.0),
    ("DISTANCE_SENSOR", 12, 0.5),
    ("WIND", 12, 0.0),
    ("WIND_COV", 0, 0.5),
];
/// MAV_DATA_STREAM_ALL.
const ALL: u8 = 0;

#[derive(Clone, Debug)]
struct Stream {
    name: &'static str,
    group: u8,
    default_us: Option<u64>,
    every_us: Option<u64>,
    least_us: u64,
    due_us: u64,
    /// To be sent once, whatever its interval.
    is_asked: bool,
}

/// The streams of one link.
#[derive(Clone, Debug, Default)]
pub struct Streams {
    streams: Vec<Stream>,
}

impl Streams {
    /// The flavour's defaults, all due at `now_us`. RC_CHANNELS comes each `rc_every_us` at most, whatever is asked for.
    pub fn new(flavour: Flavour, rc_every_us: u64, now_us: u64) -> Streams {
        let stream = |&(name, group, px4_hz): &Row| {
            let is_on = px4_hz > 0.0 && (flavour == Flavour::Px4 || name == "HEARTBEAT");
            let least_us = if name == "RC_CHANNELS" { rc_every_us } else { 0 };
            let default_us = is_on.then(|| ((1e6 / px4_hz) as u64).max(least_us));
            let (every_us, due_us, is_asked) = (default_us, now_us, false);
            Stream { name, group, default_us, every_us, least_us, due_us, is_asked }
        };
        let has = |row: &&Row| match row.0 {
            "EKF_STATUS_REPORT" | "TERRAIN_REPORT" | "WIND" => flavour == Flavour::ArduCopter,
            "ESTIMATOR_STATUS" | "CURRENT_MODE" | "ALTITUDE" | "WIND_COV" => flavour == Flavour::Px4,
            _ => true,
        };
        Streams { streams: TABLE.iter().filter(has).map(stream).collect() }
    }

    /// Sets the interval of a message: µs, 0 = its default, −1 = off. False when there is no such stream.
    pub fn set(&mut self, name: &str, interval_us: i64, now_us: u64) -> bool {
        let Some(stream) = self.find(name) else { return false };
        stream.every_us = match interval_us {
            0 => stream.default_us,
            ..0 => None,
            every_us => Some((every_us as u64).max(stream.least_us)),
        };
        stream.due_us = now_us;
        true
    }

    /// REQUEST_DATA_STREAM: a group to `rate_hz`, 0 = off.
    pub fn set_group(&mut self, group: u8, rate_hz: u32, now_us: u64) {
        for stream in &mut self.streams {
            if stream.group != 0 && (group == ALL || stream.group == group) {
                stream.every_us =
                    (rate_hz > 0).then(|| (1_000_000 / u64::from(rate_hz)).max(stream.least_us));
                stream.due_us = now_us;
            }
        }
    }

    /// Sends a message once, as soon as there is room. False when there is no such stream.
    pub fn ask(&mut self, name: &str) -> bool {
        self.find(name).map(|stream| stream.is_asked = true).is_some()
    }

    /// Calls `send` for each message that is due at `now_us`; one that it refuses stays due.
    pub fn run(&mut self, now_us: u64, mut send: impl FnMut(&'static str) -> bool) {
        for stream in &mut self.streams {
            let is_due = stream.every_us.is_some() && now_us >= stream.due_us;
            if !(is_due || stream.is_asked) || !send(stream.name) {
                continue;
            }
            stream.is_asked = false;
            if let Some(every_us) = stream.every_us.filter(|_| is_due) {
                // After a gap, the grid begins anew: what was missed is not sent in a burst.
                let next_us = stream.due_us + every_us;
                stream.due_us = if next_us > now_us { next_us } else { now_us + every_us };
            }
        }
    }

    /// The heartbeat was sent out of turn: the next one is due a second later.
    pub fn beaten(&mut self, now_us: u64) {
        if let Some(stream) = self.find("HEARTBEAT") {
            stream.due_us = now_us + stream.every_us.unwrap_or(HEARTBEAT_EVERY_US);
        }
    }

    fn find(&mut self, name: &str) -> Option<&mut Stream> {
        self.streams.iter_mut().find(|stream| stream.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What was sent in passes at 100 Hz.
    fn sent(streams: &mut Streams, passes: std::ops::Range<u64>) -> Vec<&'static str> {
        let mut sent = Vec::new();
        for pass in passes {
            streams.run(pass * 10_000, |name| {
                sent.push(name);
                true
            });
        }
        sent
    }

    /// How often a message was sent in ten seconds.
    fn counted(streams: &mut Streams, from_us: u64, name: &str) -> usize {
        let first = from_us / 10_000;
        sent(streams, first..first + 1_000).iter().filter(|sent| **sent == name).count()
    }

    #[test]
    fn rates_are_kept() {
        let mut streams = Streams::new(Flavour::ArduCopter, 0, 0);
        assert_eq!(counted(&mut streams, 0, "HEARTBEAT"), 10);
        assert_eq!(counted(&mut streams, 10_000_000, "ATTITUDE"), 0, "nobody asked");
        assert!(streams.set("ATTITUDE", 50_000, 20_000_000));
        assert_eq!(counted(&mut streams, 20_000_000, "ATTITUDE"), 200);
        streams.set_group(10, 4, 30_000_000);
        assert_eq!(counted(&mut streams, 30_000_000, "ATTITUDE"), 40);
        assert!(streams.set("ATTITUDE", 0, 40_000_000));
        assert_eq!(counted(&mut streams, 40_000_000, "ATTITUDE"), 0, "ArduCopter's default is off");
        assert!(!streams.set("ESTIMATOR_STATUS", 1, 0));
        let mut px4 = Streams::new(Flavour::Px4, 0, 0);
        assert_eq!(counted(&mut px4, 0, "ATTITUDE"), 150);
        assert!(px4.set("ATTITUDE", -1, 10_000_000));
        assert_eq!(counted(&mut px4, 10_000_000, "ATTITUDE"), 0);
    }

    #[test]
    fn what_finds_no_room_stays_due_and_does_not_burst() {
        let mut streams = Streams::new(Flavour::ArduCopter, 0, 0);
        streams.set("RC_CHANNELS", 100_000, 0);
        for pass in 0..100 {
            streams.run(pass * 10_000, |_| false);
        }
        let count = |sent: &[&str], name: &str| sent.iter().filter(|sent| **sent == name).count();
        let late = sent(&mut streams, 100..120);
        assert_eq!(count(&late, "RC_CHANNELS"), 2, "{late:?}");
        assert!(streams.ask("HOME_POSITION") && !streams.ask("PING"));
        assert_eq!(count(&sent(&mut streams, 120..122), "HOME_POSITION"), 1);
    }
}
