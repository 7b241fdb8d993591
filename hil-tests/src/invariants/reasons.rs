//! Invariant 11: each velocity is recorded with a reason that its state can have, and the height is left for that reason alone.
//!
//! It is flown level where no least height is set. Where one is, it sinks only over the place of the beacon and not below that height, and
//! climbs only on the way elsewhere. What is commanded follows a changed wish within the slew's limit: on its way back to level it is not judged.

use super::permission::searches;
use super::{Step, Told};
use skyhound::command::{Aim, Command, Course, State};
use skyhound::record::Record;

/// Rounding, and an estimator's height between two passes, m.
const ROUNDING_MPS: f64 = 1e-9;
const HEIGHT_ERROR_M: f64 = 1.0;

/// Of one life of the process.
#[derive(Clone, Debug, Default)]
pub(super) struct Reasons {
    /// What was commanded before.
    down_mps: f64,
}

impl Reasons {
    pub(super) fn judge(&mut self, step: &Step<'_>, height_min_m: Option<f64>, told: &mut Told) {
        let Command::Velocity(velocity) = step.command else {
            self.down_mps = 0.0;
            return;
        };
        let course = step.kept.iter().find_map(|record| match record {
            Record::Command(_, Command::Velocity(_), course) => *course,
            _ => None,
        });
        match course {
            None => told.tell(11, || "a velocity without a reason".into()),
            Some(course) => {
                if !fits(step.state, course.aim) {
                    told.tell(11, || format!("in {}: {}", step.state.name(), course.aim.words()));
                }
                self.height(step, velocity.down_mps, course, height_min_m, told);
            }
        }
        self.down_mps = velocity.down_mps;
    }

    fn height(
        &self,
        step: &Step<'_>,
        down_mps: f64,
        course: Course,
        height_min_m: Option<f64>,
        told: &mut Told,
    ) {
        let returns = down_mps * self.down_mps >= 0.0 && down_mps.abs() <= self.down_mps.abs() + ROUNDING_MPS;
        if down_mps.abs() <= ROUNDING_MPS || height_min_m.is_some() && returns {
            return;
        }
        let Some(height_min_m) = height_min_m else {
            return told.tell(11, || format!("{down_mps} m/s down, and all is to be flown level"));
        };
        let up_m = step.inputs.vehicle.position.map_or(f64::NAN, |position| position.value.alt_rel_m);
        let is_low = up_m < height_min_m - HEIGHT_ERROR_M;
        if down_mps > 0.0 && (course.aim != Aim::Place || is_low) {
            told.tell(11, || format!("{down_mps} m/s down at {up_m} m: {}", course.aim.words()));
        }
        if down_mps < 0.0 && course.aim == Aim::Hold {
            told.tell(11, || format!("{down_mps} m/s down in HOLDING"));
        }
    }
}

fn fits(state: State, aim: Aim) -> bool {
    match aim {
        Aim::Ahead | Aim::Survey | Aim::Turn | Aim::Place | Aim::Return | Aim::Widen => {
            state == State::Homing
        }
        Aim::Hold => state == State::Holding,
        Aim::Search => searches(state),
    }
}
