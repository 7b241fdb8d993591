//! Looking at a daemon again and again, from a thread of its own: a daemon that hangs must not make the rig hang. So its clock
//! is found on the scenario's: what was shown with its uptime, and when it arrived here, gives the offset between.
//!
//! An answer cannot arrive before it was written, so `arrived − written` is the offset plus a delay ≥ 0. The smallest of
//! many is the offset with the smallest delay: the daemon writes its status every 200 ms, and asked 25 times a second out
//! of step with that it is seen within a few ms of being written. Both clocks are monotonic clocks of one machine, so
//! there is no drift to estimate.

use crate::shared::lock;
use skyhound_host::ctl::{self, Ask, Status};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Out of step with the 200 ms in which the daemon writes its status, so that it is seen soon after some writing.
const EVERY: Duration = Duration::from_millis(37);

/// The newest status of one daemon.
#[derive(Debug)]
pub struct Look {
    seen: Arc<Mutex<Seen>>,
}

#[derive(Debug, Default)]
struct Seen {
    status: Option<Status>,
    at_us: u64,
    clock: ClockJoin,
    file: Option<PathBuf>,
}

impl Look {
    /// Looks at the daemon behind `socket` until this is dropped. `now_us` tells the rig's time.
    pub fn begin(socket: &Path, now_us: impl Fn() -> u64 + Send + 'static) -> Look {
        let seen = Arc::new(Mutex::new(Seen::default()));
        let (watched, socket) = (Arc::downgrade(&seen), socket.to_owned());
        // Never joined: an answer may be seconds away, and nobody needs it any more.
        std::thread::spawn(move || {
            while let Some(seen) = watched.upgrade() {
                let status = ctl::ask(&socket, Ask::Status).ok().and_then(|answer| answer.status);
                if let Some(status) = status {
                    let at_us = now_us();
                    lock(&seen).take(status, at_us);
                }
                drop(seen);
                std::thread::sleep(EVERY);
            }
        });
        Look { seen }
    }

    /// What was seen last, and when; `None` before the first answer.
    pub fn newest(&self) -> Option<(Status, u64)> {
        let seen = lock(&self.seen);
        seen.status.clone().map(|status| (status, seen.at_us))
    }

    /// The daemon's clock on the rig's.
    pub fn clock(&self) -> ClockJoin {
        lock(&self.seen).clock
    }

    /// The daemon's flight file, once it has begun one.
    pub fn file(&self) -> Option<PathBuf> {
        lock(&self.seen).file.clone()
    }
}

impl Seen {
    fn take(&mut self, status: Status, at_us: u64) {
        self.clock.arrived((status.uptime_s * 1e6) as u64, at_us);
        self.file = status.recorder.file.as_ref().map(PathBuf::from).or(self.file.take());
        (self.status, self.at_us) = (Some(status), at_us);
    }
}

/// Offset between two clocks, from one-way delays.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct ClockJoin {
    offset_us: Option<i64>,
}

impl ClockJoin {
    /// Something written at `written_us` of the daemon's clock arrived at `arrived_us` of the scenario's.
    pub fn arrived(&mut self, written_us: u64, arrived_us: u64) {
        let offset_us = arrived_us as i64 - written_us as i64;
        self.offset_us = Some(self.offset_us.map_or(offset_us, |least| least.min(offset_us)));
    }

    /// A time of the daemon's clock on the scenario's; what was before its begin is 0. `None` before anything arrived.
    pub fn scenario_us(&self, daemon_us: u64) -> Option<u64> {
        Some((daemon_us as i64 + self.offset_us?).max(0) as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quickest_way_counts() {
        let mut join = ClockJoin::default();
        assert_eq!(join.scenario_us(5), None);
        for (written_us, delay_us) in [(1_000, 90_000), (41_000, 3_000), (81_000, 44_000)] {
            join.arrived(written_us, written_us + 2_000_000 + delay_us);
        }
        assert_eq!(join.scenario_us(1_000_000), Some(3_003_000));
        let mut late = ClockJoin::default();
        late.arrived(9_000_000, 1_000_000);
        assert_eq!((late.scenario_us(9_500_000), late.scenario_us(10)), (Some(1_500_000), Some(0)));
    }
}
