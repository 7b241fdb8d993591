//! Looking at a daemon again and again, from a thread of its own: a daemon that hangs must not make the rig hang.

use super::clock::ClockJoin;
use skyhound_host::ctl::{self, Ask, Status};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Out of step with the 200 ms in which the daemon writes its status, so that it is seen soon after some writing.
const EVERY: Duration = Duration::from_millis(37);

/// The newest status of one daemon.
#[derive(Debug)]
pub struct Look {
    seen: Arc<Mutex<Seen>>,
    over: Arc<AtomicBool>,
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
        let (seen, over) = (Arc::new(Mutex::new(Seen::default())), Arc::new(AtomicBool::new(false)));
        let (seen_inside, over_inside, socket) = (Arc::clone(&seen), Arc::clone(&over), socket.to_owned());
        // Never joined: an answer may be seconds away, and nobody needs it any more.
        std::thread::spawn(move || {
            while !over_inside.load(Ordering::Acquire) {
                let status = ctl::ask(&socket, Ask::Status).ok().and_then(|answer| answer.status);
                if let Some(status) = status {
                    let at_us = now_us();
                    seen_inside.lock().unwrap_or_else(PoisonError::into_inner).take(status, at_us);
                }
                std::thread::sleep(EVERY);
            }
        });
        Look { seen, over }
    }

    /// What was seen last, and when; `None` before the first answer.
    pub fn newest(&self) -> Option<(Status, u64)> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.status.clone().map(|status| (status, seen.at_us))
    }

    /// The daemon's clock on the rig's.
    pub fn clock(&self) -> ClockJoin {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clock
    }

    /// The daemon's flight file, once it has begun one.
    pub fn file(&self) -> Option<PathBuf> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).file.clone()
    }
}

impl Seen {
    fn take(&mut self, status: Status, at_us: u64) {
        self.clock.arrived((status.uptime_s * 1e6) as u64, at_us);
        self.file = status.recorder.file.as_ref().map(PathBuf::from).or(self.file.take());
        (self.status, self.at_us) = (Some(status), at_us);
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
    }
}
