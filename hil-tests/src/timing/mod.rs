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
mod page;
mod table;

pub use cause::Cause;
pub use page::{Crew, VIEWERS};
pub use table::{LIMITS_MS, Table};

use crate::machine::Hogs;
use crate::random;
use crate::rig::Line;
use bench::Bench;
use clap::ValueEnum;
use rand::seq::SliceRandom;
use rand::{Rng, RngExt};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Trials of one daemon before it is started anew, at most.
const TRIALS_OF_A_BENCH: usize = 25;
/// A bench that breaks is made anew so often before the whole table is given up.
const BREAKS_MAX: usize = 20;

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

impl Plan {
    /// All causes where none is named.
    fn causes(&self) -> &[Cause] {
        if self.causes.is_empty() { Cause::value_variants() } else { &self.causes }
    }
}

/// One trial's outcome.
#[derive(Copy, Clone, Debug, PartialEq)]
struct Trial {
    cause: Cause,
    outcome: Outcome,
    /// Longest and median time between setpoints while homing, before the cause.
    gap_ms: Option<(f64, f64)>,
}

/// What came of a trial.
#[derive(Copy, Clone, Debug, PartialEq)]
enum Outcome {
    /// Homing stopped: time from the cause, and from the first message that carried it, to the last movement received; 0 =
    /// none came after it.
    Stopped { physical_ms: f64, told_ms: f64 },
    /// Movement went on.
    WentOn,
    /// Something else stopped homing, or homing could not begin.
    Spoilt,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Measures. `progress` is told after each trial: how many are done.
///
/// # Errors
/// The daemon, the rig or the machine does not work at all.
pub fn measure(plan: &Plan, progress: &(dyn Fn(usize) + Sync)) -> Result<Table, String> {
    let _hogs = if plan.busy { Some(Hogs::on_every_core()?) } else { None };
    let jobs = Mutex::new(batches(plan));
    let (trials, breaks) = (Mutex::new(Vec::new()), Mutex::new(Vec::new()));
    let taken = || lock(&jobs).pop();
    let each = |trial| {
        let mut trials = lock(&trials);
        trials.push(trial);
        progress(trials.len());
    };
    let worker = |number: usize| {
        let mut source = random::source(plan.seed, &format!("bench {number}"));
        while let Some(mut batch) = taken() {
            let Err(why) = work(plan, &mut batch, &mut source, &each) else { continue };
            eprintln!("skyhound-rig: a bench broke: {why}");
            lock(&jobs).push(batch);
            let mut breaks = lock(&breaks);
            breaks.push(why);
            if breaks.len() > BREAKS_MAX {
                return;
            }
        }
    };
    std::thread::scope(|scope| {
        for number in 0..plan.parallel {
            let worker = &worker;
            scope.spawn(move || worker(number));
        }
    });
    let mut breaks = lock(&breaks);
    match breaks.pop().filter(|_| breaks.len() >= BREAKS_MAX) {
        Some(why) => Err(why),
        None => Ok(Table::new(&lock(&trials), plan)),
    }
}

/// The trials of one bench, taken from the end of `causes`.
fn work(
    plan: &Plan,
    causes: &mut Vec<Cause>,
    source: &mut random::Random,
    each: &dyn Fn(Trial),
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
    let mut all: Vec<Cause> = plan.causes().iter().copied().cycle().take(plan.trials).collect();
    all.shuffle(&mut random::source(plan.seed, "order"));
    let of_a_bench = all.len().div_ceil(plan.parallel.max(1)).clamp(1, TRIALS_OF_A_BENCH);
    all.chunks(of_a_bench).map(<[Cause]>::to_vec).collect()
}
