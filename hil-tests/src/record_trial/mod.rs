//! The whole life of one record, by the real programs: flown at 1 kHz while clients ask and a backup is made and the disk stalls,
//! killed, mended by the next start, replayed, archived, sent to a bucket, removed, brought back, reported. After each step the
//! rows are counted and hashed anew (`skyhound verify`), whatever the step itself says.

pub mod bucket;
mod flown;
mod kept;

pub use flown::play;

use crate::daemon::Site;
use serde::Serialize;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long the disk stalls.
pub const STALL: Duration = Duration::from_secs(10);

/// One step, and what was found after it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Step {
    /// What was done.
    pub what: String,
    /// Rows of all tables, or of the readings that are compared.
    pub row_count: Option<u64>,
    /// Over all of these rows.
    pub hash: Option<String>,
    /// Wall time.
    pub took_s: f64,
    /// What lies there, with its WAL.
    pub size_bytes: Option<u64>,
    /// Most that the daemon had in memory so far (VmHWM).
    pub peak_mb: Option<f64>,
    /// Passes over their budget in this step.
    pub late_count: Option<u64>,
    /// Records that found no room in this step.
    pub dropped_count: Option<u64>,
    /// In words.
    pub told: String,
    /// What is not as it must be.
    pub fault: Option<String>,
}

/// What is flown.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Without the stall of the disk, which comes on top.
    pub flown: Duration,
    /// All that is made lies here.
    pub out: PathBuf,
}

/// The steps so far, each told as it is done.
struct Steps<'a> {
    done: Vec<Step>,
    begun: Instant,
    tell: &'a dyn Fn(&Step),
}

impl Steps<'_> {
    /// The step that was begun when the one before ended.
    fn add(&mut self, step: Step) {
        let step = Step { took_s: self.begun.elapsed().as_secs_f64(), ..step };
        (self.tell)(&step);
        self.done.push(step);
        self.begun = Instant::now();
    }
}

/// Lives through all of it; where a step does not leave what the next one needs, the last step says so. `tell` hears each.
///
/// # Errors
/// The folder cannot be written, or has flights already.
pub fn live(plan: &Plan, tell: &dyn Fn(&Step)) -> Result<Vec<Step>, String> {
    let site = Site::at(&plan.out).map_err(|error| format!("{}: {error}", plan.out.display()))?;
    if site.flights().exists() {
        return Err(format!("{}: there are flights already; name another --out", site.flights().display()));
    }
    let mut steps = Steps { done: Vec::new(), begun: Instant::now(), tell };
    let lived = flown::fly(plan, &site, &mut steps).and_then(|left| kept::keep(&left, &site, &mut steps));
    if let Err(why) = lived {
        steps.add(Step { what: "could not go on".into(), fault: Some(why), ..Step::default() });
    }
    Ok(steps.done)
}
