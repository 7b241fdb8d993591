//! What goes wrong with the machine and around the process: the processor, the clock, another daemon.
//!
//! Each as far as the engine can notice it: a starved process passes late, a machine's UTC never reaches it but through the
//! autopilot's (which a stepped clock cannot change; here it is changed all the same, to show that nothing hangs on it),
//! a second daemon is a heartbeat with our own identity.

use crate::scenario::Kind;
use skyhound::vehicle::Vehicle;

/// The second daemon's first heartbeat comes this long after its start.
const RIVAL_BEATS_US: u64 = 1_000_000;
/// A rival not heard for this long is gone (the host's listener).
pub(super) const RIVAL_GONE_US: u64 = 5_000_000;
/// As the host's listener says it.
pub(super) const RIVAL: &str = "another program speaks with our system and component id";

#[derive(Clone, Debug, Default)]
pub(super) struct Machine {
    /// Since when, for how long, from pause to pause.
    starved: Option<(u64, u64, u64)>,
    utc_step_us: i64,
    is_1970: bool,
    /// When the second daemon was started, and when it ended.
    rival: Option<(u64, Option<u64>)>,
    pub(super) gcs_is_lost: bool,
}

impl Machine {
    /// A fault begins or ends.
    pub(super) fn fault(&mut self, kind: &Kind, begins: bool, now_us: u64) {
        match *kind {
            Kind::CpuStarved { pause_ms, every_ms } => {
                self.starved = begins.then_some((now_us, (pause_ms * 1e3) as u64, (every_ms * 1e3) as u64));
            }
            Kind::ClockStep { hours } => {
                let step_us = (hours * 3600e6) as i64;
                self.utc_step_us += if begins { step_us } else { -step_us };
            }
            Kind::Clock1970 => self.is_1970 = begins,
            Kind::SecondDaemon if begins => self.rival = Some((now_us, None)),
            Kind::SecondDaemon => self.rival = self.rival.map(|(at_us, _)| (at_us, Some(now_us))),
            Kind::GcsLost => self.gcs_is_lost = begins,
            _ => {}
        }
    }

    /// Until when the process gets no processor, if it gets none now.
    pub(super) fn starved_until_us(&self, now_us: u64) -> Option<u64> {
        let (since_us, pause_us, every_us) = self.starved?;
        let into_us = (now_us - since_us) % every_us.max(1);
        (into_us < pause_us).then(|| now_us - into_us + pause_us)
    }

    /// What this makes of what is known of the aircraft.
    pub(super) fn change(&self, vehicle: &mut Vehicle, now_us: u64) {
        if let Some(utc) = &mut vehicle.utc_us {
            utc.value = utc.value.saturating_add_signed(self.utc_step_us);
        }
        if self.is_1970 {
            vehicle.utc_us = None;
        }
        let is_heard = self.rival.is_some_and(|(since_us, ended_us)| {
            now_us >= since_us + RIVAL_BEATS_US
                && ended_us.is_none_or(|ended_us| now_us < ended_us + RIVAL_GONE_US)
        });
        if is_heard {
            vehicle.contested = Some(RIVAL);
        }
    }
}
