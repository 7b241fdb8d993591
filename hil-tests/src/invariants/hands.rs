//! What a judge of permission must remember between passes: the pilot's hands, jumps of position, how homing was handed
//! over, how long it lasts, and when the last reading and pass were.

use super::failsafes::sticks_us;
use super::fence::Reach;
use super::ground::Ground;
use super::sane::is_position_sane;
use skyhound::config::InterlockConfig;
use skyhound::decide::PassInputs;
use skyhound::geo::{NorthEast, Origin, Wgs84};
use skyhound::signal::Flags;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Position, Vehicle};
use std::collections::VecDeque;

/// Home may be told a little differently each time.
const HOME_MOVE_M: f64 = 5.0;
/// Times between RC samples that any mean of them may rest on, and that it surely rests on.
const INTERVALS: usize = 32;
const INTERVALS_SURE: usize = 8;

/// Of one life of the process.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    /// When the newest usable reading was taken.
    pub(super) newest_reading: Option<TimeUs>,
    /// Time since the pass before; `None` when time ran backwards.
    pub(super) gap_us: Option<u64>,
    /// Time in which velocities were commanded since homing was enabled.
    pub(super) homing_us: u64,
    passed: Option<TimeUs>,
    position: Option<Aged<Position>>,
    jumped: Option<TimeUs>,
    nearly_jumped: Option<TimeUs>,
    given: Option<Given>,
    pub(super) ground: Ground,
    /// When the newest sticks were told, and the times between the last of them, newest last.
    rc_seen: Option<TimeUs>,
    rc_intervals_us: VecDeque<u64>,
}

/// How things were when the operator's wish came into force.
#[derive(Clone, Debug)]
struct Given {
    left_total: u32,
    home: Option<Wgs84>,
    sticks_us: Option<[u16; 4]>,
    stick_seen: Option<TimeUs>,
    /// For how long a stick has been away.
    deflected_us: Option<u64>,
}

impl Memory {
    /// Takes a pass in. `moved`: a velocity was commanded in the pass before.
    pub(super) fn take(
        &mut self,
        inputs: &PassInputs<'_>,
        channels: usize,
        moved: bool,
        limits: &InterlockConfig,
    ) {
        self.gap_us = self.passed.map_or(Some(0), |passed| inputs.now.0.checked_sub(passed.0));
        self.passed = Some(inputs.now);
        if moved {
            self.homing_us += self.gap_us.unwrap_or(0);
        }
        for reading in inputs.readings {
            if usize::from(reading.channel) < channels && !reading.flags.any(Flags::UNUSABLE) {
                self.newest_reading = self.newest_reading.max(Some(reading.acquired_us));
            }
        }
        if is_position_sane(inputs.vehicle, inputs.now, limits) {
            self.follow(inputs.vehicle.position, limits.jump_max_m);
            self.ground.take(inputs.vehicle);
        }
        self.listen(inputs.vehicle);
        if let Some(given) = &mut self.given {
            given.watch(inputs, limits.stick_ratio_max);
        }
    }

    fn listen(&mut self, vehicle: &Vehicle) {
        let Some(rc) = vehicle.rc else {
            self.rc_intervals_us.clear();
            self.rc_seen = None;
            return;
        };
        if self.rc_seen.is_some_and(|seen| rc.received_us <= seen) {
            return;
        }
        if let Some(seen) = self.rc_seen.replace(rc.received_us) {
            self.rc_intervals_us.push_back(rc.received_us.since_us(seen));
        }
        if self.rc_intervals_us.len() > INTERVALS {
            self.rc_intervals_us.pop_front();
        }
    }

    /// Whether the sticks are told often enough. A mean may be taken in many ways: surely not, when the last ones were all far
    /// apart; doubtful, when any was.
    pub(super) fn rc_rate(&self, limits: &InterlockConfig) -> Reach {
        let most_us = u64::from(limits.rc_interval_max_us);
        let is_seldom = |us: &u64| *us > most_us + most_us / 5;
        let lately = self.rc_intervals_us.iter().rev().take(INTERVALS_SURE);
        let is_surely_seldom = self.rc_intervals_us.len() >= INTERVALS_SURE && lately.clone().all(is_seldom);
        let is_out = self.rc_intervals_us.is_empty() || is_surely_seldom;
        Reach::of(is_out, self.rc_intervals_us.iter().any(|us| *us > most_us))
    }

    /// Whether the operator's wish is in force.
    pub(super) fn is_given(&self) -> bool {
        self.given.is_some()
    }

    fn follow(&mut self, position: Option<Aged<Position>>, jump_max_m: f64) {
        let Some(to) = position else { return };
        if self.position.is_some_and(|from| to.received_us <= from.received_us) {
            return;
        }
        let Some(from) = self.position.replace(to) else { return };
        let step = Origin::new(from.value.place).ned_from_wgs84(to.value.place);
        let climb_m = (to.value.alt_rel_m - from.value.alt_rel_m).abs();
        let speed_mps = speed_mps(&from.value).max(speed_mps(&to.value));
        let flown_m = speed_mps * to.received_us.seconds_since(from.received_us);
        let excess_m = step.distance_m(NorthEast::default()).max(climb_m) - flown_m - jump_max_m;
        if excess_m > 0.01 {
            self.jumped = Some(to.received_us);
        }
        if excess_m > -0.01 {
            self.nearly_jumped = Some(to.received_us);
        }
    }

    /// A jump locks for `lock_us`.
    pub(super) fn jump(&self, now: TimeUs, lock_us: u32) -> Reach {
        let lately = |at: Option<TimeUs>| at.is_some_and(|at| now.since_us(at) < u64::from(lock_us));
        Reach::of(lately(self.jumped), lately(self.nearly_jumped))
    }

    /// The operator's wish comes into force with things as they are.
    pub(super) fn give(&mut self, vehicle: &Vehicle, now: TimeUs) {
        self.homing_us = 0;
        self.given = Some(Given {
            left_total: vehicle.left_total,
            home: vehicle.home.map(|home| home.value.place),
            sticks_us: sticks_us(vehicle, now),
            stick_seen: vehicle.rc.map(|rc| rc.received_us),
            deflected_us: None,
        });
    }

    /// It is in force no more.
    pub(super) fn end(&mut self) {
        self.given = None;
        self.homing_us = 0;
    }

    /// Whether the mode was not left since.
    pub(super) fn mode_was_kept(&self, vehicle: &Vehicle) -> bool {
        self.given.as_ref().is_none_or(|given| given.left_total == vehicle.left_total)
    }

    /// Whether home stayed.
    pub(super) fn home_moved(&self, home: Wgs84) -> Reach {
        let Some(then) = self.given.as_ref().and_then(|given| given.home) else { return Reach::In };
        let moved_m = Origin::new(then).ned_from_wgs84(home).distance_m(NorthEast::default());
        Reach::beyond(moved_m - HOME_MOVE_M, moved_m - HOME_MOVE_M)
    }

    /// Whether the sticks rest: centred while homing is not in force, unmoved while it is.
    pub(super) fn hands_off(&self, sticks_us: [u16; 4], limits: &InterlockConfig) -> bool {
        match &self.given {
            Some(given) => given.deflected_us.is_none_or(|us| us < u64::from(limits.stick_us)),
            None => !is_deflected(sticks_us, [1500, 1500, sticks_us[2], 1500], limits.stick_ratio_max),
        }
    }
}

impl Given {
    /// Each sample stands for the time since the one before it.
    fn watch(&mut self, inputs: &PassInputs<'_>, ratio_max: f64) {
        let (Some(rest_us), Some(rc)) = (self.sticks_us, inputs.vehicle.rc) else { return };
        let before = self.stick_seen.unwrap_or(rc.received_us);
        if rc.received_us <= before {
            return;
        }
        self.stick_seen = Some(rc.received_us);
        let moved =
            sticks_us(inputs.vehicle, inputs.now).is_some_and(|us| is_deflected(us, rest_us, ratio_max));
        let for_us = self.deflected_us.unwrap_or(0) + rc.received_us.since_us(before);
        self.deflected_us = moved.then_some(for_us);
    }
}

fn is_deflected(sticks_us: [u16; 4], rest_us: [u16; 4], ratio_max: f64) -> bool {
    (0..4).any(|stick| {
        (f64::from(sticks_us[stick]) - f64::from(rest_us[stick])).abs() / 500.0 > ratio_max * (1.0 + 1e-12)
    })
}

fn speed_mps(position: &Position) -> f64 {
    (position.north_mps.powi(2) + position.east_mps.powi(2) + position.down_mps.powi(2)).sqrt()
}
