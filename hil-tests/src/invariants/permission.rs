//! Invariants 1 and 3: who allowed what, and what comes after a stop.
//!
//! ```text
//!          HomingOn, all holds           anything fails, HomingOff, IDLE
//!  Never ───────────────────────→ Given ─────────────────────────────────→ Ended ── HomingOn, all holds → Given
//!    └── HomingOn, only PX4's mode is missing → Asked ── the mode is there → Given        (Asked ends likewise)
//! ```
//! After movement come zeros while the aircraft is ours (at least [`ZEROS_MIN`], at most [`ZEROS_MAX`] or 1 s), then
//! silence. PX4 alone may be sent zeros while `Asked`, and while `Given` and nothing is homed on.

use super::conditions::{self, Findings};
use super::hands::Memory;
use super::sane::is_px4;
use super::{Step, Told};
use skyhound::command::{Command, Interlock, OperatorAct, State};
use skyhound::config::InterlockConfig;
use skyhound::time::TimeUs;

/// One or two lost packets must not matter.
const ZEROS_MIN: u32 = 3;
/// Half a second of passes at 20 Hz.
const ZEROS_MAX: u32 = 10;
const ZEROS_MAX_US: u64 = 1_000_000;
/// What the operator asked for and OFFBOARD was not entered for.
const ASKED_MAX_US: u64 = 15_100_000;

/// What the operator's last act amounts to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
enum Permission {
    /// Nothing was allowed in this life.
    #[default]
    Never,
    /// PX4: all but the mode holds.
    Asked(TimeUs),
    /// In force.
    Given,
    /// Was in force, until this.
    Ended(String),
}

/// The judge of both.
#[derive(Clone, Debug, Default)]
pub(super) struct Permit {
    permission: Permission,
    /// Zeros since the last velocity; `None` = silence came since.
    zeros: Option<u32>,
    moved: TimeUs,
}

impl Permit {
    fn is_given(&self) -> bool {
        self.permission == Permission::Given
    }

    /// Follows the operator, the conditions (`still`: with nothing commanded) and our state.
    pub(super) fn follow(&mut self, step: &Step<'_>, still: &Findings, memory: &mut Memory, told: &mut Told) {
        let was_given = self.is_given();
        let enabled = step.state != State::Idle;
        self.permission = self.next(step, still);
        match (was_given, self.is_given()) {
            (false, true) => memory.give(step.inputs.vehicle, step.inputs.now),
            (true, false) => memory.end(),
            _ => {}
        }
        let state = step.state.name();
        match &self.permission {
            Permission::Given if !enabled => {
                self.permission = Permission::Ended("our state IDLE".into());
                memory.end();
            }
            Permission::Given => {}
            _ if !enabled => {}
            Permission::Ended(cause) if was_given => {
                told.tell(3, || format!("{cause} ends homing, yet it goes on in {state}"));
            }
            Permission::Ended(cause) => {
                told.tell(3, || format!("{state} without the operator, after {cause} ended homing"));
            }
            Permission::Never | Permission::Asked(_) => told.tell(1, || match still.sure.is_empty() {
                true => format!("{state} though the operator allowed nothing"),
                false => format!("{state} while these do not hold: {}", conditions::told(&still.sure)),
            }),
        }
    }

    fn next(&self, step: &Step<'_>, still: &Findings) -> Permission {
        let now = step.inputs.now;
        let fails = &still.sure;
        let rest: Vec<Interlock> = fails.iter().copied().filter(|one| *one != Interlock::Mode).collect();
        match (step.inputs.act, &self.permission) {
            (Some(OperatorAct::HomingOff), Permission::Never) => Permission::Never,
            (Some(OperatorAct::HomingOff), _) => Permission::Ended("the operator".into()),
            (_, Permission::Given) if fails.is_empty() => Permission::Given,
            (_, Permission::Given) => Permission::Ended(conditions::told(fails)),
            // Where rounding or an unknown wish decides, the engine's word is taken.
            (Some(OperatorAct::HomingOn), _) if fails.is_empty() && step.state != State::Idle => {
                Permission::Given
            }
            (Some(OperatorAct::HomingOn), _)
                if is_px4(step.inputs.vehicle) && !fails.is_empty() && rest.is_empty() =>
            {
                Permission::Asked(now)
            }
            (Some(OperatorAct::HomingOn), _) => Permission::Never,
            (None, Permission::Asked(_)) if fails.is_empty() && step.state != State::Idle => {
                Permission::Given
            }
            (None, Permission::Asked(_)) if !rest.is_empty() => Permission::Ended(conditions::told(&rest)),
            (None, Permission::Asked(since)) if now.since_us(*since) > ASKED_MAX_US => {
                Permission::Ended(conditions::told(fails))
            }
            (None, permission) => permission.clone(),
        }
    }

    /// Judges the command; `led`: the findings with it; `flies`: the settings say that a search is flown.
    pub(super) fn command(
        &mut self,
        step: &Step<'_>,
        led: &Findings,
        (limits, flies): (&InterlockConfig, bool),
        told: &mut Told,
    ) {
        match step.command {
            Command::Velocity(_) => self.velocity(step, led, flies, told),
            Command::Stop => self.zero(step, led, limits, told),
            Command::Silence(_) => self.silence(step, limits, told),
        }
    }

    fn velocity(&mut self, step: &Step<'_>, led: &Findings, flies: bool, told: &mut Told) {
        self.zeros = Some(0);
        self.moved = step.inputs.now;
        if !led.sure.is_empty() {
            told.tell(1, || format!("a velocity while these do not hold: {}", conditions::told(&led.sure)));
        }
        if let Some(trip) = step.latched {
            told.tell(1, || format!("a velocity while latched: {trip}"));
        }
        if !may_lead(step.state, flies) {
            told.tell(1, || format!("a velocity in {}", step.state.name()));
        }
        match &self.permission {
            Permission::Given => {}
            Permission::Ended(cause) => {
                told.tell(3, || format!("a velocity though {cause} ended homing"));
            }
            Permission::Never | Permission::Asked(_) => {
                told.tell(1, || "a velocity though the operator allowed nothing".into());
            }
        }
    }

    fn zero(&mut self, step: &Step<'_>, led: &Findings, limits: &InterlockConfig, told: &mut Told) {
        let now = step.inputs.now;
        let px4 = is_px4(step.inputs.vehicle);
        let asked = matches!(self.permission, Permission::Asked(_));
        if px4 && asked {
            return;
        }
        if !conditions::is_ours(step.inputs.vehicle, now, limits) {
            let fail = conditions::told(&led.sure);
            told.tell(1, || format!("a zero setpoint, not ours to send: {fail} do not hold"));
        }
        if px4 && self.is_given() {
            self.zeros = self.zeros.map(|zeros| zeros + 1);
            return;
        }
        match &mut self.zeros {
            None => told.tell(3, || "a zero setpoint without movement before it".into()),
            Some(zeros) => {
                *zeros += 1;
                let (zeros, since_us) = (*zeros, now.since_us(self.moved));
                if zeros > ZEROS_MAX && since_us > ZEROS_MAX_US {
                    told.tell(3, || format!("{zeros} zero setpoints, {} ms after movement", since_us / 1000));
                }
            }
        }
    }

    fn silence(&mut self, step: &Step<'_>, limits: &InterlockConfig, told: &mut Told) {
        if let Some(zeros) = self.zeros.take()
            && zeros < ZEROS_MIN
            && conditions::is_ours(step.inputs.vehicle, step.inputs.now, limits)
        {
            told.tell(3, || format!("silence after movement and {zeros} zero setpoints, in our mode"));
        }
    }
}

/// Whether a velocity may leave in this state: for a beacon's sake, or along a search where one is flown.
pub(super) fn may_lead(state: State, flies: bool) -> bool {
    state.commands() || flies && searches(state)
}

/// Nothing is confirmed.
pub(super) fn searches(state: State) -> bool {
    matches!(state, State::Searching | State::Detecting)
}
