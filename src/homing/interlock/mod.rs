//! The one place where safety is checked: wishes of steering (m/s, rad/s) in, commands out. Nothing else in the engine
//! makes a [`Command::Velocity`] or a [`Command::Stop`].
//!
//! Every pass judges all interlocks in the order of [`Interlock::ALL`] and keeps all that does not hold; the first is the
//! cause. What rests on another (what an autopilot tells on one that answers, mode on the heartbeat, fences on the position) is
//! judged only when that holds, so that the list names causes, not consequences. Refusal comes before arithmetic: unknown,
//! stale, from the future, not finite and out of range are refused before anything is limited, because `clamp` lets NaN
//! through. A trip ends the operator's permission; only a new HomingOn gives it again, and only while everything holds. No
//! setting turns an interlock off.
//!
//! Whatever ends commanding (a trip, the operator, a lost beacon) is followed by [`STOP_PASSES`] zero velocities, so that
//! one lost packet does not matter, then by silence. The zeros are sent only while a fresh heartbeat says that the mode
//! is still ours: they cannot fight a pilot, since sticks do not fly in GUIDED or OFFBOARD, and a changed mode silences
//! us in the pass that sees it. Never is anything else commanded: no disarming, no change of mode.
//!
//! Commanded velocity starts from zero and changes by at most `slew_max_mps2` times the true time between passes. It is
//! counted from our own last command, never from measured velocity, so an EKF reset cannot step it.
//!
//! Not here: which way to fly (`steering`), when to begin and end (`state`).

mod airborne;
mod failsafes;
mod fence;
mod handover;
mod inputs;
mod jump;
mod offer;
mod permission;
mod sticks;
pub(super) mod terrain;
mod zones;

use super::Inputs;
use super::steering::Wish;
use crate::command::{Command, Fault, Interlock, Trip, Trips, Velocity};
use crate::config::InterlockConfig;
use crate::geo::NorthEast;
use crate::time::{Aged, TimeUs};
use permission::{On, Permission, Sent};

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

/// Takes verdicts and keeps the refusals.
struct Judged<'a>(&'a mut Trips);

impl Judged<'_> {
    /// Whether it holds.
    fn take(&mut self, verdict: Verdict) -> bool {
        match verdict {
            Ok(()) => true,
            Err(trip) => {
                self.0.push(trip);
                false
            }
        }
    }
}

/// One interlock being judged: makes its refusals.
#[derive(Copy, Clone)]
struct Check(Interlock);

impl Check {
    fn refuse(self, fault: Fault, detail: &'static str) -> Trip {
        Trip { interlock: self.0, fault, detail }
    }

    /// The input, if it was received and is at most `age_max_us` old; else what it is, with what to do.
    fn fresh<T: Copy>(
        self,
        input: Option<Aged<T>>,
        now: TimeUs,
        age_max_us: u64,
        mend: &'static str,
    ) -> Result<T, Trip> {
        let known = input.ok_or(self.refuse(Fault::Unknown, mend))?;
        if known.is_fresh(now, age_max_us) { Ok(known.value) } else { Err(self.refuse(Fault::Stale, mend)) }
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
    radio: sticks::Radio,
    ground: terrain::Ground,
    /// When the last pass was.
    passed: Option<TimeUs>,
    /// Time since the pass before; `None` when the clock went back.
    gap_us: Option<u64>,
    permission: Permission,
    /// What keeps homing locked, as the last pass judged it.
    missing: Trips,
}

impl Interlocks {
    pub(super) fn new(limits: &InterlockConfig) -> Interlocks {
        let mut missing = Trips::default();
        missing.push(NOT_ENABLED);
        Interlocks {
            limits: limits.clone(),
            jump: jump::Jump::default(),
            radio: sticks::Radio::default(),
            ground: terrain::Ground::default(),
            passed: None,
            gap_us: Some(0),
            permission: Permission::Off { cause: None },
            missing,
        }
    }

    /// Takes in what a pass knows. Once per pass, first.
    pub(super) fn observe(&mut self, inputs: &Inputs<'_>) {
        self.gap_us = self.passed.map_or(Some(0), |passed| inputs.now.0.checked_sub(passed.0));
        self.passed = Some(inputs.now);
        if inputs::position(inputs, &self.limits).is_ok() {
            self.jump.observe(inputs.vehicle.position, self.limits.jump_max_m);
            self.ground.observe(inputs.vehicle);
        }
        self.radio.observe(inputs.vehicle.rc, self.limits.rc_interval_max_us);
        if let Permission::On(on) = &mut self.permission {
            if matches!(on.sent, Sent::Velocity(_)) {
                on.homing_us = on.homing_us.saturating_add(self.gap_us.unwrap_or(0));
            }
            on.hand.observe(inputs.vehicle, inputs.now, self.limits.stick_ratio_max);
        }
        let mut missing = std::mem::take(&mut self.missing);
        self.judge(inputs, &Wish::STILL, &mut missing);
        self.missing = missing;
        if let Permission::Offered { until } = self.permission
            && let Some(trip) = offer::lapsed(inputs.now, until, &self.missing)
        {
            self.permission = Permission::Off { cause: Some(trip) };
        }
    }

    /// The operator wants homing. Whether it is enabled by this; not when something keeps it locked, nor when it was on.
    /// Where only PX4's mode is missing, it is offered.
    pub(super) fn enable(&mut self, inputs: &Inputs<'_>) -> bool {
        let stops_left = match &self.permission {
            Permission::On(_) => return false,
            Permission::Stopping { left, .. } => *left,
            Permission::Off { .. } | Permission::Offered { .. } => 0,
        };
        if self.missing.first().is_some() {
            self.permission = match offer::open(inputs.now, inputs.vehicle, &self.missing) {
                Some(until) => Permission::Offered { until },
                None => self.permission.forgiven(),
            };
            return false;
        }
        self.permission = Permission::On(On::new(inputs, stops_left));
        true
    }

    /// Whether the operator asked for homing and only PX4's mode is still missing.
    pub(super) fn is_offered(&self) -> bool {
        matches!(self.permission, Permission::Offered { .. })
    }

    /// OFFBOARD was entered while it was offered: what the operator asked for begins. Whether it did.
    pub(super) fn accept_offer(&mut self, inputs: &Inputs<'_>) -> bool {
        self.is_offered() && self.missing.first().is_none() && self.enable(inputs)
    }

    /// Whether what came since the last pass ends commanding, or is a moved stick that counts towards that.
    pub(super) fn hurries(&self, inputs: &Inputs<'_>) -> bool {
        let Permission::On(on) = &self.permission else { return false };
        if !matches!(on.sent, Sent::Velocity(_)) {
            return false;
        }
        let shows_hand = on.hand.is_shown(inputs.vehicle, inputs.now, self.limits.stick_ratio_max);
        shows_hand || self.refusal(inputs, &Wish::STILL).is_some()
    }

    /// The operator wants no homing: also forgets why it stopped.
    pub(super) fn disable(&mut self) {
        self.permission = self.permission.ended(None);
    }

    /// Homing is over; why it stopped, if it was a trip, stays known.
    pub(super) fn release(&mut self) {
        self.permission = self.permission.ended(self.latched());
    }

    /// What must end homing in this pass.
    pub(super) fn tripped(&mut self) -> Option<Trip> {
        let trip = self.missing.first().filter(|_| matches!(self.permission, Permission::On(_)))?;
        self.permission = self.permission.ended(Some(trip));
        Some(trip)
    }

    pub(super) fn locked(&self) -> Option<Trip> {
        self.missing.first()
    }

    pub(super) fn missing(&self) -> &[Trip] {
        self.missing.as_slice()
    }

    pub(super) fn latched(&self) -> Option<Trip> {
        self.permission.cause()
    }

    /// The one way from a wish to a command. Once per pass, last. Trusts nobody: judges everything again, now with
    /// where the wish leads.
    pub(super) fn command(&mut self, inputs: &Inputs<'_>, wish: Option<Wish>) -> Command {
        if let (Permission::On(_), Some(wish)) = (&self.permission, wish) {
            match self.refusal(inputs, &wish) {
                None => return self.velocity(wish.velocity),
                Some(trip) => self.permission = self.permission.ended(Some(trip)),
            }
        }
        self.quiet(inputs)
    }

    fn velocity(&mut self, to: Velocity) -> Command {
        let velocity = self.slewed(to);
        if let Permission::On(on) = &mut self.permission {
            on.sent = Sent::Velocity(velocity);
        }
        Command::Velocity(velocity)
    }

    /// No velocity: zeros for a while after one, while the mode is ours, else silence with its reason. PX4 leaves OFFBOARD
    /// when nothing streams: there zeros go on while homing is on or offered.
    fn quiet(&mut self, inputs: &Inputs<'_>) -> Command {
        let is_ours = mode_is_ours(inputs, &self.limits).is_ok();
        let is_stop = self.permission.takes_stop(is_ours);
        let keeps_offboard = match &self.permission {
            Permission::On(_) => offer::is_px4(inputs.vehicle),
            Permission::Offered { .. } => true,
            Permission::Off { .. } | Permission::Stopping { .. } => false,
        };
        if is_stop || keeps_offboard {
            return Command::Stop;
        }
        Command::Silence(match &self.permission {
            Permission::On(_) => NOTHING_TO_HOME_ON,
            permission => permission.cause().unwrap_or(NOT_ENABLED),
        })
    }

    /// The first interlock that does not hold, were `wish` commanded now.
    fn refusal(&self, inputs: &Inputs<'_>, wish: &Wish) -> Option<Trip> {
        let mut trips = Trips::default();
        self.judge(inputs, wish, &mut trips);
        trips.first()
    }

    /// Whether a straight way from here (m) ends, and all of it lies, within the fences with room to stop: for planning, it permits nothing.
    pub(super) fn is_open(&self, inputs: &Inputs<'_>, way: NorthEast) -> bool {
        let Ok(ways) = fence::Ways::straight(inputs, &self.limits, way) else { return false };
        let mut trips = Trips::default();
        fence::judge(inputs, &self.limits, &ways, &mut Judged(&mut trips));
        trips.first().is_none() && zones::judge(inputs, &ways).is_ok()
    }

    /// Whether nothing about the place would refuse this wish: for planning, it permits nothing.
    pub(super) fn has_room(&self, inputs: &Inputs<'_>, wish: &Wish) -> bool {
        let mut trips = Trips::default();
        self.judge_place(inputs, wish, &mut Judged(&mut trips));
        trips.first().is_none()
    }

    /// All interlocks that do not hold, were `wish` commanded now, in the order of [`Interlock::ALL`].
    fn judge(&self, inputs: &Inputs<'_>, wish: &Wish, trips: &mut Trips) {
        trips.clear();
        let mut judged = Judged(trips);
        let (limits, on) = (&self.limits, self.permission.on());
        let is_bound = judged.take(inputs::identity(inputs));
        if is_bound && judged.take(inputs::heartbeat(inputs, limits)) {
            judged.take(inputs::mode(inputs, limits));
            judged.take(on.map_or(Ok(()), |on| on.handover.mode(inputs.vehicle)));
            judged.take(inputs::armed(inputs));
        }
        if is_bound {
            self.judge_told(inputs, wish, &mut judged);
        }
        judged.take(inputs::sdr(inputs, limits));
        judged.take(inputs::facts(inputs, limits));
        judged.take(self.pass_in_time());
        judged.take(on.map_or(Ok(()), |on| time_left(on, limits)));
        judged.take(wish_within_limits(wish, limits));
    }

    /// What the autopilot tells of itself and the aircraft. It is bound, and answers.
    fn judge_told(&self, inputs: &Inputs<'_>, wish: &Wish, judged: &mut Judged<'_>) {
        let (limits, on) = (&self.limits, self.permission.on());
        failsafes::judge(inputs.vehicle, inputs.now, u64::from(limits.status_age_max_us), judged);
        judged.take(sticks::judge(inputs, limits, &self.radio, on.map(|on| &on.hand)));
        judged.take(inputs::attitude(inputs, limits));
        let is_placed = judged.take(inputs::position(inputs, limits));
        if is_placed {
            judged.take(airborne::judge(inputs, limits, on.is_some()));
        }
        judged.take(inputs::gps(inputs, limits));
        judged.take(inputs::ekf(inputs, limits));
        judged.take(self.jump.judge(inputs.now, limits.jump_lock_us));
        judged.take(inputs::battery(inputs, limits));
        if is_placed {
            judged.take(on.map_or(Ok(()), |on| on.handover.home(inputs.vehicle)));
            self.judge_place(inputs, wish, judged);
        }
    }

    /// Where the aircraft is, and where it would be led. Its position is judged before.
    fn judge_place(&self, inputs: &Inputs<'_>, wish: &Wish, judged: &mut Judged<'_>) {
        match fence::Ways::of(inputs, &self.limits, [wish.velocity, self.slewed(wish.velocity)]) {
            Ok(ways) => {
                fence::judge(inputs, &self.limits, &ways, judged);
                judged.take(zones::judge(inputs, &ways));
                judged.take(self.ground.judge(inputs, &self.limits, &ways));
            }
            Err(trip) => {
                judged.take(Err(trip));
            }
        }
    }

    fn pass_in_time(&self) -> Verdict {
        let check = Check(Interlock::PassLate);
        let gap_us = self.gap_us.ok_or(check.refuse(Fault::OutOfRange, "the clock went back"))?;
        let in_time = gap_us <= u64::from(self.limits.pass_gap_max_us);
        let mend = "the control pass comes too late: the machine is overloaded";
        if in_time { Ok(()) } else { Err(check.refuse(Fault::Stale, mend)) }
    }

    /// `to`, or as far towards it from the last command as the slew limit allows in the time since. Lies on the line
    /// between two velocities that are within all limits, so it is too.
    fn slewed(&self, to: Velocity) -> Velocity {
        let from = self.permission.commanded().unwrap_or_default();
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

fn mode_is_ours(inputs: &Inputs<'_>, limits: &InterlockConfig) -> Verdict {
    inputs::identity(inputs)?;
    inputs::heartbeat(inputs, limits)?;
    inputs::mode(inputs, limits)
}

fn time_left(on: &On, limits: &InterlockConfig) -> Verdict {
    let left = on.homing_us <= limits.homing_max_us;
    Check(Interlock::HomingTime).holds(left, "homing for as long as homing_max_us allows")
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
