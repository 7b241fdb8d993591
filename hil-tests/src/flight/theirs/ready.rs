//! The known state in which each flight begins: landed at home, disarmed, its battery full, its parameters as needed; for a
//! scenario that begins in the air, then taken off and over home.
//!
//! All of it as a person with a ground station would do it, and with their patience. Nothing is forced: what the autopilot
//! refuses is told in its own words.

use super::{Command, Theirs};
use crate::flight::NotFlown;
use crate::flight::air::Air;
use crate::scenario::{Flavour, Scenario};
use crate::watch::Watcher;
use std::time::{Duration, Instant};

/// A person waits so long for the checks before arming: a cold simulator takes 40 s.
const ARMED_WITHIN: Duration = Duration::from_secs(120);
/// From anywhere inside a fence of 300 m, and down.
const LANDED_WITHIN: Duration = Duration::from_secs(240);
/// Landed this long and still armed, it is disarmed.
const DISARMS_WITHIN: Duration = Duration::from_secs(15);
const AGAIN: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(100);
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
        let heard = self.link.shared().heard();
        let battery =
            heard.battery_ratio.map_or("unknown".to_owned(), |ratio| format!("{:.0} %", ratio * 100.0));
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
        let (begun, mut asked, mut down) = (Instant::now(), None::<Instant>, None::<Instant>);
        let mut refused = None;
        loop {
            let sight = self.sight();
            if !sight.airborne && !sight.armed {
                return Ok(());
            }
            if begun.elapsed() > LANDED_WITHIN {
                let why = refused.map_or(String::new(), |why| format!("; {why}"));
                return Err(NotFlown::Failed(format!(
                    "the aircraft does not land: {} at {:.0} m{why}",
                    sight.mode, sight.up_m
                )));
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
                refused = answer.err().or(refused);
                asked = Some(Instant::now());
            }
            self.pause(watcher)?;
        }
    }

    /// What a fresh battery would be.
    fn charge(&self) -> Result<(), NotFlown> {
        if self.foreign.flavour == Flavour::ArduCopter {
            // Refused where nothing counts the charge: then what is told of it decides.
            let _ = self.count_battery(1.0);
        }
        match self
            .wait(|| self.link.shared().heard().battery_ratio.filter(|ratio| *ratio >= BATTERY_MIN_RATIO))
        {
            Some(_) => Ok(()),
            None => match self.link.shared().heard().battery_ratio {
                Some(ratio) => Err(NotFlown::Failed(format!(
                    "the battery is at {:.0} %: charge it, or start the simulator anew",
                    ratio * 100.0
                ))),
                None => Ok(()),
            },
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
        let (begun, since_us) = (Instant::now(), self.now_us());
        let mut told = false;
        while self.link.shared().heard().may_arm == Some(false) {
            if begun.elapsed() > ARMED_WITHIN {
                let warnings = self.warnings(since_us);
                return Err(NotFlown::Failed(format!(
                    "not ready to arm in {} s{warnings}",
                    ARMED_WITHIN.as_secs()
                )));
            }
            if !told {
                watcher.told("waits until it is ready to arm");
                told = true;
            }
            self.pause(watcher)?;
        }
        Ok(())
    }

    /// To this height over home, throttle down while it is armed.
    fn lift(&self, alt_m: f64, watcher: &mut dyn Watcher) -> Result<(), NotFlown> {
        let mode = match self.foreign.flavour {
            Flavour::ArduCopter => "GUIDED",
            Flavour::Px4 => "AUTO.LOITER",
        };
        watcher.told(&format!("takes off to {alt_m} m"));
        self.link.hold_stick(THROTTLE, Some(DOWN_US));
        let begun = Instant::now();
        loop {
            let tried =
                self.set_mode(mode).and_then(|()| self.arm_or_not(true)).and_then(|()| self.take_off(alt_m));
            match tried {
                Ok(()) => break,
                Err(why) if begun.elapsed() > ARMED_WITHIN => return Err(NotFlown::Failed(why)),
                Err(_) => {}
            }
            let again = Instant::now();
            while again.elapsed() < AGAIN {
                self.pause(watcher)?;
            }
        }
        let limit = Duration::from_secs_f64(CLIMB_BEGINS_WITHIN_S + alt_m / CLIMB_MIN_MPS);
        let begun = Instant::now();
        loop {
            let (sight, truth) = (self.sight(), self.truth());
            if sight.up_m >= alt_m - CLIMBED_M && truth.pose.down_mps.abs() < LEVEL_MPS {
                break;
            }
            if begun.elapsed() > limit {
                let (mode, up_m) = (sight.mode, sight.up_m);
                return Err(NotFlown::Failed(format!(
                    "the take-off was accepted and ended at {up_m:.0} of {alt_m} m, {mode}{}",
                    self.warnings(0)
                )));
            }
            self.pause(watcher)?;
        }
        self.link.hold_stick(THROTTLE, self.foreign.holds_sticks.then_some(REST_US));
        Ok(())
    }

    fn pause(&self, watcher: &mut dyn Watcher) -> Result<(), NotFlown> {
        if watcher.ends() {
            return Err(NotFlown::Failed("ended before the flight began".to_owned()));
        }
        std::thread::sleep(LOOK);
        Ok(())
    }
}
