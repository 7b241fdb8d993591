//! The MAVLink 2 face of [`Aircraft`]: what a daemon, a ground station or pymavlink meets on a line.
//!
//! Two threads. One steps the aircraft at 100 Hz by the monotonic clock (after a late wake it catches up) and sends what
//! is due; the other owns the sockets, stamps bytes as they come off them, and answers at once, between the steps. So a
//! setpoint's or mode change's time on the wire is not a multiple of 10 ms.
//!
//! Messages, answers and odd habits are ArduCopter 4.5's or PX4 1.15's, as far as a companion and its rig meet them; each module
//! names the source it copies. All else is left to the real simulators (`make hil SITL=tcp:…`, `rigs/`).
//! ```text
//! mod (threads, operator's and pilot's hands) → ports (sockets) → hear → commands, missions, params, due, strangers
//!     → face (links, what leaves) → faults, absurd, streams, outbox → messages, wire, wire_log
//! ```

pub mod absurd;
mod clock;
mod commands;
mod due;
mod face;
mod faults;
mod hear;
pub mod line;
pub mod messages;
mod missions;
mod outbox;
mod params;
mod ports;
mod strangers;
pub mod streams;
pub mod wire;
pub mod wire_log;

pub use line::Line;
pub use wire_log::{Says, WireRow};

use crate::aircraft::{Aircraft, Answer, Request, STEP_US, custom_mode_of};
use crate::scenario::Kind;
use crate::trace::{SetpointRow, TruthRow};
use crate::truth::Poses;
use clock::Clock;
use face::{Face, lock};
use ports::Shared;
use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use wire_log::WireLog;

/// Farther than this from a step, a pose is not extrapolated: the stepping thread has stopped.
const EXTRAPOLATED_MAX_US: u64 = 100_000;

/// A running autopilot. It ends when dropped.
pub struct Autopilot {
    shared: Arc<Shared>,
    lines: Vec<Line>,
    ending: Arc<Ending>,
    threads: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Ending {
    is_over: AtomicBool,
    told: tokio::sync::Notify,
}

impl Autopilot {
    /// Opens the lines and begins to fly by the clock.
    pub fn start(aircraft: Aircraft, specs: &[Line]) -> io::Result<Autopilot> {
        let aircraft = Arc::new(Mutex::new(aircraft));
        let clock = Arc::new(Clock::new(lock(&aircraft).now_us()));
        let log = Arc::new(Mutex::new(WireLog::default()));
        let face = Mutex::new(Face::new(Arc::clone(&aircraft), Arc::clone(&clock), Arc::clone(&log)));
        let shared = Arc::new(Shared { face, aircraft, log, clock });
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let lines = runtime.block_on(async {
            let mut lines = Vec::new();
            for spec in specs {
                lines.push(ports::open(&shared, spec).await?);
            }
            io::Result::Ok(lines)
        })?;
        let ending = Arc::new(Ending::default());
        let (flown, told, is_over) = (Arc::clone(&shared), Arc::clone(&ending), Arc::clone(&ending));
        let threads = vec![
            spawn("autopilot-net", move || runtime.block_on(told.told.notified()))?,
            spawn("autopilot", move || fly(&flown, &is_over))?,
        ];
        Ok(Autopilot { shared, lines, ending, threads })
    }

    /// The open lines, in the order they were asked for.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Looks at the aircraft, or puts it elsewhere.
    pub fn look<T>(&self, look: impl FnOnce(&mut Aircraft) -> T) -> T {
        look(&mut lock(&self.shared.aircraft))
    }

    /// The ground station asks.
    ///
    /// # Errors
    /// The aircraft refuses.
    pub fn ask(&self, request: &Request) -> Result<(), String> {
        let answer = lock(&self.shared.aircraft).request(request);
        // What it changed is told at once, not at the next step.
        lock(&self.shared.face).tell(self.now_us());
        if answer == Answer::Accepted { Ok(()) } else { Err(messages::result_name(answer as u8)) }
    }

    /// A fault, or a deed of pilot or ground crew, begins or ends. Whether it was one of the link's, the aircraft's or theirs.
    ///
    /// # Errors
    /// An absurd field that no message has, or a mode that the flavour has not.
    pub fn fault(&self, kind: &Kind, begins: bool) -> Result<bool, String> {
        if lock(&self.shared.face).apply(kind, begins)? {
            return Ok(true);
        }
        if let Kind::Mode { mode } = kind {
            let flavour = lock(&self.shared.aircraft).flavour();
            let why = || format!("mode `{mode}`: {flavour:?} has none of this name");
            custom_mode_of(flavour, mode).ok_or_else(why)?;
        }
        let is_known = lock(&self.shared.aircraft).fault(kind, begins);
        lock(&self.shared.face).tell(self.now_us());
        Ok(is_known)
    }

    /// Nothing of the autopilot's reaches the daemon any more, or does again. What the daemon sends still arrives, so that it
    /// is known when it stopped; [`Kind::LinkLost`] would lose just that.
    pub fn fall_mute(&self, begins: bool) {
        lock(&self.shared.face).fall_mute(begins);
    }

    /// µs on the aircraft's clock.
    pub fn now_us(&self) -> u64 {
        self.shared.clock.now_us()
    }

    /// All SET_POSITION_TARGET messages that were received.
    pub fn setpoints(&self) -> Vec<SetpointRow> {
        lock(&self.shared.face).setpoints.clone()
    }

    /// Truth, 10 Hz since the begin.
    pub fn truth_rows(&self) -> Vec<TruthRow> {
        lock(&self.shared.face).truth_rows.clone()
    }

    /// Every message in and out.
    pub fn wire(&self) -> Vec<WireRow> {
        lock(&self.shared.log).rows().to_vec()
    }

    /// Frames that found no room on their line, by link.
    pub fn dropped_total(&self) -> u64 {
        let face = lock(&self.shared.face);
        face.links.iter().map(|open| open.outbox.dropped_total()).sum()
    }

    /// Where the aircraft truly is, between the steps too: the last step's pose, carried on by its velocity. At 433 MHz a jump
    /// of one step (0.1 m) would turn the carrier by 50°.
    pub fn poses(&self) -> Poses {
        let shared = Arc::clone(&self.shared);
        Arc::new(move || {
            let pose = lock(&shared.aircraft).truth();
            let now_us = shared.clock.now_us().clamp(pose.at_us, pose.at_us + EXTRAPOLATED_MAX_US);
            pose.carried(now_us, EXTRAPOLATED_MAX_US)
        })
    }
}

impl Drop for Autopilot {
    fn drop(&mut self) {
        self.ending.is_over.store(true, Ordering::Release);
        self.ending.told.notify_one();
        for thread in self.threads.drain(..) {
            // Its panic has already been printed, and this may run during another one.
            let _ = thread.join();
        }
    }
}

fn spawn(name: &str, run: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    std::thread::Builder::new().name(name.into()).spawn(run)
}

/// Steps by the clock until told to end.
fn fly(shared: &Shared, ending: &Ending) {
    let mut next_us = lock(&shared.aircraft).now_us() + STEP_US;
    while !ending.is_over.load(Ordering::Acquire) {
        std::thread::sleep(shared.clock.until(next_us));
        let now_us = shared.clock.now_us();
        while next_us <= now_us {
            lock(&shared.aircraft).step();
            next_us += STEP_US;
        }
        lock(&shared.face).pass(now_us);
    }
}
