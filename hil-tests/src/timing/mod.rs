//! How fast the daemon stops: randomised trials in, for each cause the times from it to the last movement received out (ms).
//!
//! The real daemon homes the rig's aircraft; at a random moment a cause comes; what the autopilot then receives is stamped as
//! it comes off the socket. Two clocks are read off the same wire:
//! ```text
//! cause ──── physical ────────────────────────────────────────→ last movement received
//!        first message that carries it ──── after it was told ─→
//! ```
//! What nobody tells (a silent SDR, a heartbeat that stops) can only be known when the daemon's own limit for its age has
//! passed, so such a cause counts as told then; the limit is in the table. A trial in which homing did not stop, or was
//! stopped by something else (the daemon latched another interlock than the cause's), is counted as what it is and never as
//! a time. What is judged is the physical time.
//! The rig shares the machine: its own delays count against the daemon. Not here: scenarios, verdicts.

mod bench;
mod cause;
mod table;

pub use cause::Cause;
pub use table::{LIMITS_MS, Row, Table};

use crate::machine::Hogs;
use crate::random;
use crate::rig::Line;
use bench::Bench;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use std::sync::{Mutex, PoisonError};

/// Trials of one daemon before it is started anew, at most.
const TRIALS_OF_A_BENCH: usize = 25;
/// A bench that breaks is made anew so often before the whole table is given up.
const BREAKS_MAX: u32 = 20;

/// What is measured.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Trials in all, spread evenly over the causes.
    pub trials: usize,
    /// Daemons at once.
    pub parallel: usize,
    /// From the daemon to the autopilot.
    pub line: Line,
    /// All cores busy with something else.
    pub busy: bool,
    /// The daemon asks for real-time scheduling, as it does in flight.
    pub realtime: bool,
    /// Everything random comes from this.
    pub seed: u64,
    /// Only these causes; none = all.
    pub causes: Vec<Cause>,
}

/// One trial's outcome.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Trial {
    /// Which cause.
    pub cause: Cause,
    /// What came of it.
    pub outcome: Outcome,
    /// Longest and median time between setpoints while homing, before the cause.
    pub gap_ms: Option<(f64, f64)>,
}

/// What came of a trial.
#[derive(Copy, Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Homing stopped.
    Stopped {
        /// From the cause to the last movement received; 0 = none came after it.
        physical_ms: f64,
        /// The same from the first message that carried the cause.
        told_ms: f64,
    },
    /// Movement went on.
    WentOn,
    /// Something else stopped homing, or homing could not begin.
    Spoilt,
}

/// Measures. `progress` is told after each trial: how many are done.
///
/// # Errors
/// The daemon, the rig or the machine does not work at all.
pub fn measure(plan: &Plan, progress: &(dyn Fn(usize) + Sync)) -> Result<Table, String> {
    let _hogs = if plan.busy { Some(Hogs::on_every_core()?) } else { None };
    let jobs = Mutex::new(batches(plan));
    let (trials, failure) = (Mutex::new(Vec::new()), Mutex::new(None));
    let breaks = std::sync::atomic::AtomicU32::new(0);
    let taken = |jobs: &Mutex<Vec<Vec<Cause>>>| jobs.lock().unwrap_or_else(PoisonError::into_inner).pop();
    std::thread::scope(|scope| {
        for worker in 0..plan.parallel {
            let (jobs, trials, failure, breaks) = (&jobs, &trials, &failure, &breaks);
            scope.spawn(move || {
                let mut source = random::source(plan.seed, &format!("bench {worker}"));
                while let Some(batch) = taken(jobs) {
                    let mut rest = batch;
                    let done = work(plan, &mut rest, &mut source, &mut |trial| {
                        let mut trials = trials.lock().unwrap_or_else(PoisonError::into_inner);
                        trials.push(trial);
                        progress(trials.len());
                    });
                    if let Err(why) = done {
                        eprintln!("skyhound-rig: a bench broke: {why}");
                        jobs.lock().unwrap_or_else(PoisonError::into_inner).push(rest);
                        if breaks.fetch_add(1, std::sync::atomic::Ordering::AcqRel) >= BREAKS_MAX {
                            *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(why);
                            return;
                        }
                    }
                }
            });
        }
    });
    let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
    let trials = trials.into_inner().unwrap_or_else(PoisonError::into_inner);
    match failure {
        Some(why) => Err(why),
        None => Ok(Table::new(&trials, plan)),
    }
}

/// The trials of one bench, taken from the end of `causes`.
fn work(
    plan: &Plan,
    causes: &mut Vec<Cause>,
    source: &mut random::Random,
    each: &mut dyn FnMut(Trial),
) -> Result<(), String> {
    if causes.is_empty() {
        return Ok(());
    }
    let mut bench = Bench::start(plan, source.next_u64())?;
    while let Some(cause) = causes.last().copied() {
        let wait_s = source.random_range(0.3..1.3);
        let trial = bench.trial(cause, wait_s)?;
        causes.pop();
        each(trial);
    }
    Ok(())
}

/// Every cause as often as every other, in random order, cut into what one bench does.
fn batches(plan: &Plan) -> Vec<Vec<Cause>> {
    let causes = if plan.causes.is_empty() { &Cause::ALL } else { plan.causes.as_slice() };
    let mut all: Vec<Cause> = causes.iter().copied().cycle().take(plan.trials).collect();
    all.shuffle(&mut random::source(plan.seed, "order"));
    let of_a_bench = all.len().div_ceil(plan.parallel.max(1)).clamp(1, TRIALS_OF_A_BENCH);
    all.chunks(of_a_bench).map(<[Cause]>::to_vec).collect()
}
