//! The one place where safety is checked: wishes of steering (m/s, rad/s) in, commands out. Nothing else in the engine
//! makes a [`Command::Velocity`] or a [`Command::Stop`].
//!
//! Every pass judges all interlocks in the order of [`Interlock::ALL`]; the first that does not hold is the cause.
//! Refusal comes before arithmetic: unknown, stale, from the future, not finite and out of range are refused before
//! anything is limited, because `clamp` lets NaN through. A trip latches the operator's enable off; only a new
//! HomingOn turns it on again, and only while everything holds. There is no setting that turns an interlock off.
//!
//! Whatever ends commanding (a trip, the operator, a lost beacon) is followed by [`STOP_PASSES`] zero velocities, so that
//! one lost packet does not matter, then by silence. The zeros are sent only while a fresh heartbeat says that the mode
//! is still ours: they cannot fight a pilot, since sticks do not fly in GUIDED or OFFBOARD, and a changed mode silences
//! us in the pass that sees it. Never is anything else commanded: no disarming, no change of mode. For PX4 alone, zeros
//! stream also before OFFBOARD is entered and while there is nothing to home on yet: see `offer`.
//!
//! Commanded velocity starts from zero and changes by at most `slew_max_mps2` times the true time between passes. It is
//! counted from our own last command, never from measured velocity, so an EKF reset cannot step it.
//!
//! Not here: which way to fly (`steering`), when to begin and end (`state`).

mod failsafes;
mod fence;
mod handover;
mod inputs;
mod jump;
mod offer;
mod sticks;

use super::Inputs;
use super::steering::Wish;
use crate::command::{Command, Fault, Interlock, Trip, Velocity};
use crate::config::InterlockConfig;
use crate::time::{Aged, TimeUs};

/// Zero velocities sent after commanding ends: 500 ms of passes at 20 Hz.
pub(super) const STOP_PASSES: u8 = 10;

/// Why nothing is sent before the operator enables homing.
const NOT_ENABLED: Trip =
    Trip { interlock: Interlock::OperatorEnable, fault: Fault::Refused, detail: "homing is not enabled" };
/// Why nothing is sent in SEARCHING and DETECTING.
const NOTHING_TO_HOME_ON: Trip =
    Trip { interlock: Interlock::Facts, fault: Fault::Refused, detail: "no confirmed beacon" };

/// Whether one interlock holds.
type Verdict = Result<(), Trip>;

/// One interlock being judged: makes its refusals.
#[derive(Copy, Clone)]
struct Check(Interlock);

impl Check {
    fn refuse(self, fault: Fault, detail: &'static str) -> Trip {
        Trip { interlock: self.0, fault, detail }
    }

    /// The input, if it was received and is at most `age_max_us` old.
    fn fresh<T: Copy>(self, input: Option<Aged<T>>, now: TimeUs, age_max_us: u64) -> Result<T, Trip> {
        let known = input.ok_or(self.refuse(Fault::Unknown, ""))?;
        if known.is_fresh(now, age_max_us) { Ok(known.value) } else { Err(self.refuse(Fault::Stale, "")) }
    }

    /// Refuses what is not finite or not in `low..=high`.
    fn number(self, value: f64, low: f64, high: f64, name: &'static str) -> Verdict {
        if !value.is_finite() {
            return Err(self.refuse(Fault::NonFinite, name));
        }
        if (low..=high).contains(&value) { Ok(()) } else { Err(self.refuse(Fault::OutOfRange, name)) }
    }

    /// Refuses with `detail` unless `yes`.
    fn holds(self, yes: bool, detail: &'static str) -> Verdict {
        if yes { Ok(()) } else { Err(self.refuse(Fault::Refused, detail)) }
    }
}

/// All interlocks with what they remember between passes.
#[derive(Clone, Debug)]
pub(super) struct Interlocks {
    limits: InterlockConfig,
    jump: jump::Jump,
    sticks: sticks::Sticks,
    handover: handover::Handover,
    offer: offer::Offer,
    /// When the last pass was.
    passed: Option<TimeUs>,
    /// Time since the pass before; `None` when the clock went back.
    gap_us: Option<u64>,
    enabled: bool,
    /// Time spent commanding since the operator enabled homing.
    homing_us: u64,
    /// What the last pass commanded; `None` when that was no velocity.
    commanded: Option<Velocity>,
    stops_left: u8,
    locked: Option<Trip>,
    latched: Option<Trip>,
}

impl Interlocks {
    pub(super) fn new(limits: &InterlockConfig) -> Interlocks {
        Interlocks {
            limits: limits.clone(),
            jump: jump::Jump::default(),
            sticks: sticks::Sticks::default(),
            handover: handover::Handover::default(),
            offer: offer::Offer::default(),
            passed: None,
            gap_us: Some(0),
            enabled: false,
            homing_us: 0,
            commanded: None,
            stops_left: 0,
            locked: Some(NOT_ENABLED),
            latched: None,
        }
    }

    /// Takes in what a pass knows. Once per pass, first.
    pub(super) fn observe(&mut self, inputs: &Inputs<'_>) {
        self.gap_us = self.passed.map_or(Some(0), |passed| inputs.now.0.checked_sub(passed.0));
        self.passed = Some(inputs.now);
        if self.commanded.is_some() {
            self.homing_us = self.homing_us.saturating_add(self.gap_us.unwrap_or(0));
        }
        if inputs::position(inputs, &self.limits).is_ok() {
            self.jump.observe(inputs.vehicle.position, self.limits.jump_max_m);
        }
        self.sticks.observe(inputs.vehicle.rc, self.limits.stick_ratio_max);
        self.locked = self.judge(inputs, &Wish::STILL).err();
        if self.offer.is_open() {
            let rest = self.judge_but_mode(inputs, &Wish::STILL);
            if let Some(trip) = self.offer.lapsed(inputs.now, rest) {
                self.latch(trip);
            }
        }
    }

    /// The operator wants homing. Whether it is enabled by this; not when something keeps it locked, nor when it was on.
    /// Where only PX4's mode is missing, it is offered.
    pub(super) fn enable(&mut self, inputs: &Inputs<'_>) -> bool {
        if self.enabled {
            return false;
        }
        self.latched = None;
        self.enabled = self.locked.is_none();
        if !self.enabled {
            let rest = self.judge_but_mode(inputs, &Wish::STILL);
            self.offer.open(inputs.now, inputs.vehicle, rest);
        }
        if self.enabled {
            self.offer.close();
            self.sticks.take_reference(inputs.vehicle.rc);
            self.handover.take(inputs.vehicle);
            self.homing_us = 0;
        }
        self.enabled
    }

    /// Whether the operator asked for homing and only PX4's mode is still missing.
    pub(super) fn is_offered(&self) -> bool {
        self.offer.is_open()
    }

    /// OFFBOARD was entered while it was offered: what the operator asked for begins. Whether it did.
    pub(super) fn accept_offer(&mut self, inputs: &Inputs<'_>) -> bool {
        self.offer.is_open() && self.locked.is_none() && self.enable(inputs)
    }

    /// Whether what came since the last pass ends commanding, or is a moved stick that counts towards that.
    pub(super) fn hurries(&self, inputs: &Inputs<'_>) -> bool {
        let shows_hand = self.sticks.shows_hand(inputs.vehicle.rc, self.limits.stick_ratio_max);
        self.commanded.is_some() && (shows_hand || self.judge(inputs, &Wish::STILL).is_err())
    }

    /// The operator wants no homing: also forgets why it stopped.
    pub(super) fn disable(&mut self) {
        self.latched = None;
        self.release();
    }

    /// Homing is over.
    pub(super) fn release(&mut self) {
        self.enabled = false;
        self.homing_us = 0;
        self.sticks.forget_reference();
        self.handover.forget();
        self.offer.close();
    }

    /// What must end homing in this pass.
    pub(super) fn tripped(&mut self) -> Option<Trip> {
        let trip = self.locked.filter(|_| self.enabled)?;
        self.latch(trip);
        Some(trip)
    }

    fn latch(&mut self, trip: Trip) {
        self.latched = Some(trip);
        self.release();
    }

    pub(super) fn locked(&self) -> Option<Trip> {
        self.locked
    }

    pub(super) fn latched(&self) -> Option<Trip> {
        self.latched
    }

    /// The one way from a wish to a command. Once per pass, last. Trusts nobody: judges everything again, now with
    /// where the wish leads.
    pub(super) fn command(&mut self, inputs: &Inputs<'_>, wish: Option<Wish>) -> Command {
        let Some(wish) = wish.filter(|_| self.enabled) else { return self.quiet(inputs) };
        match self.judge(inputs, &wish) {
            Ok(()) => {
                let velocity = self.slewed(wish.velocity);
                self.commanded = Some(velocity);
                self.stops_left = STOP_PASSES;
                Command::Velocity(velocity)
            }
            Err(trip) => {
                self.latch(trip);
                self.quiet(inputs)
            }
        }
    }

    /// No velocity: zeros for a while after one, while the mode is ours, else silence with its reason.
    fn quiet(&mut self, inputs: &Inputs<'_>) -> Command {
        self.commanded = None;
        if self.mode_is_ours(inputs).is_ok() && self.stops_left > 0 {
            self.stops_left -= 1;
            return Command::Stop;
        }
        self.stops_left = 0;
        let keeps_offboard = self.enabled && offer::is_px4(inputs.vehicle);
        if keeps_offboard || self.offer.is_open() {
            return Command::Stop;
        }
        let reason = if self.enabled { NOTHING_TO_HOME_ON } else { NOT_ENABLED };
        Command::Silence(self.latched.unwrap_or(reason))
    }

    fn mode_is_ours(&self, inputs: &Inputs<'_>) -> Verdict {
        inputs::identity(inputs)?;
        inputs::heartbeat(inputs, &self.limits)?;
        inputs::mode(inputs)
    }

    /// The first interlock that does not hold, were `wish` commanded now. In the order of [`Interlock::ALL`].
    fn judge(&self, inputs: &Inputs<'_>, wish: &Wish) -> Verdict {
        self.mode_is_ours(inputs)?;
        self.handover.mode(inputs.vehicle)?;
        self.judge_rest(inputs, wish)
    }

    /// The same without those that a mode which is not ours fails.
    fn judge_but_mode(&self, inputs: &Inputs<'_>, wish: &Wish) -> Verdict {
        inputs::identity(inputs)?;
        inputs::heartbeat(inputs, &self.limits)?;
        self.judge_rest(inputs, wish)
    }

    fn judge_rest(&self, inputs: &Inputs<'_>, wish: &Wish) -> Verdict {
        let limits = &self.limits;
        inputs::armed(inputs)?;
        failsafes::judge(inputs.vehicle)?;
        self.sticks.judge(inputs, limits)?;
        inputs::attitude(inputs, limits)?;
        inputs::position(inputs, limits)?;
        inputs::gps(inputs, limits)?;
        inputs::ekf(inputs, limits)?;
        self.jump.judge(inputs.now, limits.jump_lock_us)?;
        inputs::battery(inputs, limits)?;
        self.handover.home(inputs.vehicle)?;
        fence::judge(inputs, limits, [wish.velocity, self.slewed(wish.velocity)])?;
        inputs::sdr(inputs, limits)?;
        inputs::facts(inputs, limits)?;
        self.pass_in_time()?;
        self.time_left()?;
        wish_within_limits(wish, limits)
    }

    fn pass_in_time(&self) -> Verdict {
        let check = Check(Interlock::PassLate);
        let gap_us = self.gap_us.ok_or(check.refuse(Fault::OutOfRange, "the clock went back"))?;
        let in_time = gap_us <= u64::from(self.limits.pass_gap_max_us);
        if in_time { Ok(()) } else { Err(check.refuse(Fault::Stale, "")) }
    }

    fn time_left(&self) -> Verdict {
        let left = self.homing_us <= self.limits.homing_max_us;
        Check(Interlock::HomingTime).holds(left, "homing for as long as homing_max_us allows")
    }

    /// `to`, or as far towards it from the last command as the slew limit allows in the time since. Lies on the line
    /// between two velocities that are within all limits, so it is too.
    fn slewed(&self, to: Velocity) -> Velocity {
        let from = self.commanded.unwrap_or_default();
        let (north, east) = (to.north_mps - from.north_mps, to.east_mps - from.east_mps);
        let down = to.down_mps - from.down_mps;
        let step_mps = north.hypot(east).hypot(down);
        let step_max_mps = self.limits.slew_max_mps2 * self.gap_us.unwrap_or(0) as f64 / 1e6;
        // 0/0 when there is neither way to go nor time: `min` then gives 1, and 1 × 0 is right.
        let share = (step_max_mps / step_mps).min(1.0);
        Velocity {
            north_mps: from.north_mps + north * share,
            east_mps: from.east_mps + east * share,
            down_mps: from.down_mps + down * share,
            yaw_rate_rad_s: to.yaw_rate_rad_s,
        }
    }
}

/// Refused, not clamped: steering stays within its own settings, so a wish beyond the limits is a fault of ours.
fn wish_within_limits(wish: &Wish, limits: &InterlockConfig) -> Verdict {
    let check = Check(Interlock::CommandLimits);
    let Velocity { north_mps, east_mps, down_mps, yaw_rate_rad_s } = wish.velocity;
    check.number(north_mps.hypot(east_mps), 0.0, limits.speed_max_mps, "speed")?;
    check.number(down_mps, -limits.climb_max_mps, limits.climb_max_mps, "climb rate")?;
    check.number(yaw_rate_rad_s, -limits.yaw_rate_max_rad_s, limits.yaw_rate_max_rad_s, "yaw rate")
}

#[cfg(test)]
mod tests;
