//! The known state in which each flight begins: landed at home, disarmed, its battery full, its parameters as needed; for a
//! scenario that begins in the air, then taken off and over home.
//!
//! All of it as a person with a ground station would do it, and with their patience. Nothing is forced: what the autopilot
//! refuses is told in its own words.

use super::{ANSWER_WITHIN, Command, Theirs, watched_within};
use crate::flight::NotFlown;
use crate::flight::air::Air;
use crate::scenario::{Flavour, Scenario};
use crate::shared::within;
use crate::watch::Watcher;
use std::time::{Duration, Instant};

/// A person waits so long for the checks before arming: a cold simulator takes 40 s.
const ARMED_WITHIN: Duration = Duration::from_secs(120);
/// From anywhere inside a fence of 300 m, and down.
const LANDED_WITHIN: Duration = Duration::from_secs(240);
/// Landed this long and still armed, it is disarmed.
const DISARMS_WITHIN: Duration = Duration::from_secs(15);
const AGAIN: Duration = Duration::from_secs(3);
/// Nearer to home than this it lands where it is.
const AT_HOME_M: f64 = 3.0;
/// With less than this a flight ends by its battery.
const BATTERY_MIN_RATIO: f64 = 0.5;
/// Climbs at least this fast, with this long to begin.
const CLIMB_MIN_MPS: f64 = 0.5;
const CLIMB_BEGINS_WITHIN_S: f64 = 30.0;
/// So near to the altitude a take-off counts as done: what it believes of its height drifts. And the climb then left.
const CLIMBED_M: f64 = 2.0;
const LEVEL_MPS: f64 = 0.3;
/// Roll, pitch, throttle and yaw at rest, and throttle down.
pub(super) const REST_US: u16 = 1500;
const DOWN_US: u16 = 1000;
const THROTTLE: u8 = 3;

impl Theirs {
    /// Brings it to the state in which `scenario` begins; in words.
    pub(super) fn make_ready(
        &self,
        scenario: &Scenario,
        watcher: &mut dyn Watcher,
    ) -> Result<String, NotFlown> {
        if self.foreign.holds_sticks {
            for channel in 1..=4 {
                self.link.hold_stick(channel, Some(if channel == THROTTLE { DOWN_US } else { REST_US }));
            }
        }
        self.calm()?;
        self.land(watcher)?;
        self.agree(scenario, watcher)?;
        self.charge()?;
        self.wait_for_checks(watcher)?;
        if scenario.search.airborne {
            self.lift(scenario.search.altitude_m, watcher)?;
        }
        let ratio = self.heard().battery_ratio;
        let battery = ratio.map_or("unknown".to_owned(), |ratio| format!("{:.0} %", ratio * 100.0));
        let place =
            if scenario.search.airborne { "in the air over home" } else { "landed at home, disarmed" };
        Ok(format!("begins {place}, battery {battery}"))
    }

    /// Home, landed, disarmed.
    fn land(&self, watcher: &mut dyn Watcher) -> Result<(), NotFlown> {
        let (home, land) = match self.foreign.flavour {
            Flavour::ArduCopter => ("RTL", "LAND"),
            Flavour::Px4 => ("AUTO.RTL", "AUTO.LAND"),
        };
        let (mut asked, mut down, mut refused) = (None::<Instant>, None::<Instant>, None);
        let landed = watched_within(LANDED_WITHIN, watcher, |watcher| {
            let sight = self.sight();
            if !sight.airborne && !sight.armed {
                return Some(());
            }
            if sight.airborne {
                down = None;
            }
            let is_down = !sight.airborne && down.get_or_insert_with(Instant::now).elapsed() > DISARMS_WITHIN;
            if asked.is_none_or(|asked| asked.elapsed() > AGAIN) {
                let far_m = self.truth().pose.distance_m(0.0, 0.0);
                let wanted = if far_m > AT_HOME_M { home } else { land };
                let is_coming = sight.mode == home || sight.mode == land;
                let answer = match (is_down, is_coming) {
                    (true, _) => self.arm_or_not(false),
                    (false, true) => Ok(()),
                    (false, false) => {
                        watcher.told(&format!("brings the aircraft down: {wanted}"));
                        self.set_mode(wanted).or_else(|_| self.set_mode(land))
                    }
                };
                refused = answer.err().or(refused.take());
                asked = Some(Instant::now());
            }
            None
        })?;
        landed.ok_or_else(|| {
            let (sight, why) = (self.sight(), refused.map_or(String::new(), |why| format!("; {why}")));
            format!("the aircraft does not land: {} at {:.0} m{why}", sight.mode, sight.up_m).into()
        })
    }

    /// What a fresh battery would be.
    fn charge(&self) -> Result<(), NotFlown> {
        if self.foreign.flavour == Flavour::ArduCopter {
            // Refused where nothing counts the charge: then what is told of it decides.
            let _ = self.count_battery(1.0);
        }
        let is_charged = |ratio: &f64| *ratio >= BATTERY_MIN_RATIO;
        let charged = within(ANSWER_WITHIN, || self.heard().battery_ratio.filter(is_charged));
        match charged.or(self.heard().battery_ratio).filter(|ratio| !is_charged(ratio)) {
            None => Ok(()),
            Some(ratio) => Err(NotFlown::Failed(format!(
                "the battery is at {:.0} %: charge it, or start the simulator anew",
                ratio * 100.0
            ))),
        }
    }

    /// ArduPilot's count of what is left, of all its batteries.
    pub(super) fn count_battery(&self, ratio: f64) -> Result<(), String> {
        const ALL: f64 = 255.0;
        const BATTERY_RESET: Command = ("battery reset", 42_651);
        self.command(BATTERY_RESET, &[ALL, ratio * 100.0])
    }

    /// Until its own checks allow arming.
    fn wait_for_checks(&self, watcher: &mut dyn Watcher) -> Result<(), NotFlown> {
        let (since_us, mut told) = (self.now_us(), false);
        let ready = watched_within(ARMED_WITHIN, watcher, |watcher| {
            let waits = self.heard().may_arm == Some(false);
            if waits && !std::mem::replace(&mut told, true) {
                watcher.told("waits until it is ready to arm");
            }
            (!waits).then_some(())
        })?;
        let (limit_s, warnings) = (ARMED_WITHIN.as_secs(), self.warnings(since_us));
        ready.ok_or_else(|| format!("not ready to arm in {limit_s} s{warnings}").into())
    }

    /// To this height over home, throttle down while it is armed.
    fn lift(&self, alt_m: f64, watcher: &mut dyn Watcher) -> Result<(), NotFlown> {
        let mode = match self.foreign.flavour {
            Flavour::ArduCopter => "GUIDED",
            Flavour::Px4 => "AUTO.LOITER",
        };
        watcher.told(&format!("takes off to {alt_m} m"));
        self.link.hold_stick(THROTTLE, Some(DOWN_US));
        let (mut tried, mut refused) = (None::<Instant>, String::new());
        let taken_off = watched_within(ARMED_WITHIN, watcher, |_| {
            if tried.is_some_and(|tried| tried.elapsed() < AGAIN) {
                return None;
            }
            let answer =
                self.set_mode(mode).and_then(|()| self.arm_or_not(true)).and_then(|()| self.take_off(alt_m));
            tried = Some(Instant::now());
            answer.map_err(|why| refused = why).ok()
        })?;
        taken_off.ok_or(refused)?;
        let limit = Duration::from_secs_f64(CLIMB_BEGINS_WITHIN_S + alt_m / CLIMB_MIN_MPS);
        let climbed = watched_within(limit, watcher, |_| {
            let is_level = self.truth().pose.down_mps.abs() < LEVEL_MPS;
            (self.sight().up_m >= alt_m - CLIMBED_M && is_level).then_some(())
        })?;
        climbed.ok_or_else(|| {
            let (sight, warnings) = (self.sight(), self.warnings(0));
            let (mode, up_m) = (sight.mode, sight.up_m);
            format!("the take-off was accepted and ended at {up_m:.0} of {alt_m} m, {mode}{warnings}")
        })?;
        self.link.hold_stick(THROTTLE, self.foreign.holds_sticks.then_some(REST_US));
        Ok(())
    }
}
