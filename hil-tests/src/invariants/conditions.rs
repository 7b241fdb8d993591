//! What must hold for the aircraft to be moved, worked out again from a pass's inputs and the settings: which conditions
//! surely fail, and which may (geometry within its rounding, and wishes that only the engine knows).
//!
//! Conditions carry the names of the engine's interlocks, so that a recorded cause can be held against them; of the
//! interlocks' code nothing is used. Ages in µs. NaN fails every condition it is part of, because each is written as what
//! must be true. Physical bounds are wider than any aircraft: what lies beyond is a fault of the sender.

use super::fence::{self, Reach};
use super::hands::Memory;
use skyhound::command::{Interlock, Velocity};
use skyhound::config::InterlockConfig;
use skyhound::decide::PassInputs;
use skyhound::facts::Facts;
use skyhound::geo::Wgs84;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Firmware, Vehicle};
use std::f64::consts::PI;
use std::fmt;

/// GUIDED of ArduCopter (`mode.h`).
pub(super) const GUIDED: u32 = 4;
/// OFFBOARD, PX4's main mode in bits 16..24 (`px4_custom_mode.h`).
pub(super) const OFFBOARD_MAIN: u32 = 6;
/// The ground station is asked for home every 10 s.
const HOME_AGE_MAX_US: u64 = 60_000_000;

/// A set of conditions.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Set(u32);

impl Set {
    pub(super) fn add(&mut self, condition: Interlock) {
        self.0 |= 1 << condition as u32;
    }

    pub(super) fn has(self, condition: Interlock) -> bool {
        self.0 & (1 << condition as u32) != 0
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }

    pub(super) fn without(self, condition: Interlock) -> Set {
        Set(self.0 & !(1 << condition as u32))
    }
}

impl fmt::Display for Set {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Interlock::ALL.iter().filter(|condition| self.has(**condition));
        f.write_str(&names.map(|condition| condition.name()).collect::<Vec<_>>().join(", "))
    }
}

/// What does not hold.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Findings {
    /// Fails whatever the rounding and the wish.
    pub(super) sure: Set,
    /// May fail; holds all of `sure`.
    pub(super) maybe: Set,
}

impl Findings {
    fn require(&mut self, condition: Interlock, holds: bool) {
        if !holds {
            self.sure.add(condition);
            self.maybe.add(condition);
        }
    }

    fn reach(&mut self, condition: Interlock, reach: Reach) {
        self.require(condition, reach != Reach::Out);
        if reach == Reach::Doubtful {
            self.maybe.add(condition);
        }
    }
}

/// Judges a pass in which `lead` is commanded (zero: nothing is). `memory` has taken the pass in already.
pub(super) fn judge(
    limits: &InterlockConfig,
    inputs: &PassInputs<'_>,
    facts: &[Facts],
    memory: &Memory,
    lead: Velocity,
) -> Findings {
    let (now, vehicle) = (inputs.now, inputs.vehicle);
    let mut found = Findings::default();
    let pose_us = u64::from(limits.pose_age_max_us);
    let status_us = u64::from(limits.status_age_max_us);
    found.require(Interlock::Identity, identity(vehicle));
    let beat = fresh(vehicle.heartbeat, now, u64::from(limits.heartbeat_age_max_us));
    found.require(Interlock::Heartbeat, beat.is_some());
    found.require(Interlock::Mode, mode_is_ours(vehicle) && memory.mode_was_kept(vehicle));
    found.require(Interlock::Armed, beat.is_some_and(|beat| beat.armed && beat.system_status < 5));
    found.require(Interlock::Failsafes, failsafes(vehicle));
    let rc = fresh(vehicle.rc, now, status_us);
    let known = rc.is_some_and(|rc| {
        rc.channel_count >= 4 && rc.sticks_us.iter().all(|stick_us| (800..=2200).contains(stick_us))
    });
    found.require(Interlock::Sticks, known && rc.is_some_and(|rc| memory.hands_off(&rc, limits)));
    let attitude = fresh(vehicle.attitude, now, pose_us).is_some_and(|attitude| {
        within(attitude.roll_rad, 1.05)
            && within(attitude.pitch_rad, 1.05)
            && within(attitude.yaw_rad, PI + 1e-6)
            && within(attitude.yaw_rate_rad_s, 20.0)
    });
    found.require(Interlock::Attitude, attitude);
    found.require(Interlock::Position, is_position_sane(vehicle, now, limits));
    found.require(
        Interlock::Gps,
        fresh(vehicle.gps, now, status_us).is_some_and(|gps| {
            (limits.fix_min..=8).contains(&gps.fix)
                && gps.satellites.is_some_and(|count| count >= limits.satellites_min)
                && gps.hdop.is_some_and(|hdop| hdop > 0.0 && hdop <= limits.hdop_max)
        }),
    );
    found.require(
        Interlock::Ekf,
        fresh(vehicle.ekf, now, status_us).is_some_and(|ekf| {
            (0.0..0.8).contains(&ekf.variance_max)
                && ekf.attitude_ok
                && ekf.velocity_horizontal_ok
                && ekf.position_horizontal_ok
                && ekf.position_vertical_ok
                && !ekf.degraded
        }),
    );
    found.reach(Interlock::Jump, memory.jump(now, limits.jump_lock_us));
    found.require(Interlock::Battery, battery(vehicle, now, limits));
    fences(&mut found, limits, now, vehicle, memory, lead);
    let reading_us = memory.newest_reading.and_then(|at| now.0.checked_sub(at.0));
    let heard = reading_us.is_some_and(|age_us| age_us <= u64::from(limits.reading_age_max_us));
    found.require(Interlock::Sdr, inputs.sdr_alive && heard);
    let fact_us = u64::from(limits.facts_age_max_us);
    let stated = !facts.is_empty()
        && facts.iter().all(|facts| now.0.checked_sub(facts.at.0).is_some_and(|age_us| age_us <= fact_us));
    found.require(Interlock::Facts, stated && facts.iter().all(are_finite));
    let in_time = memory.gap_us.is_some_and(|gap_us| gap_us <= u64::from(limits.pass_gap_max_us));
    found.require(Interlock::PassLate, in_time);
    found.require(Interlock::HomingTime, memory.homing_us <= limits.homing_max_us);
    found
}

fn fences(
    found: &mut Findings,
    limits: &InterlockConfig,
    now: TimeUs,
    vehicle: &Vehicle,
    memory: &Memory,
    lead: Velocity,
) {
    let home = fresh(vehicle.home, now, HOME_AGE_MAX_US)
        .filter(|home| Wgs84::checked(home.place.lat_deg, home.place.lon_deg).is_some());
    found.require(Interlock::FenceRadius, home.is_some());
    if let Some(home) = home {
        found.reach(Interlock::FenceRadius, memory.home_moved(home.place));
        if let Some(known) = vehicle.position.filter(|_| is_position_sane(vehicle, now, limits)) {
            let margins = fence::judge(home.place, &known, now, limits, lead);
            found.reach(Interlock::FenceRadius, margins.radius);
            found.reach(Interlock::FencePolygon, margins.polygon);
            found.reach(Interlock::FenceAltitude, margins.altitude);
        }
    }
}

/// Whether the heartbeat names the mode in which this firmware takes setpoints.
pub(super) fn mode_is_ours(vehicle: &Vehicle) -> bool {
    let (Some(identity), Some(beat)) = (vehicle.identity, vehicle.heartbeat) else { return false };
    let mode = beat.value.mode;
    identity.firmware == mode.firmware && takes_setpoints(mode.firmware, mode.custom)
}

/// Whether this `custom_mode` is GUIDED or OFFBOARD.
pub(super) fn takes_setpoints(firmware: Firmware, custom: u32) -> bool {
    match firmware {
        Firmware::ArduCopter => custom == GUIDED,
        Firmware::Px4 => custom >> 16 & 0xff == OFFBOARD_MAIN,
        Firmware::Other => false,
    }
}

/// Whether a setpoint of any kind may leave: the aircraft is ours, its heartbeat fresh, its mode the one for setpoints.
pub(super) fn is_ours(vehicle: &Vehicle, now: TimeUs, limits: &InterlockConfig) -> bool {
    identity(vehicle)
        && fresh(vehicle.heartbeat, now, u64::from(limits.heartbeat_age_max_us)).is_some()
        && mode_is_ours(vehicle)
}

pub(super) fn fresh<T: Copy>(input: Option<Aged<T>>, now: TimeUs, age_max_us: u64) -> Option<T> {
    let input = input?;
    let age_us = now.0.checked_sub(input.received_us.0)?;
    (age_us <= age_max_us).then_some(input.value)
}

/// Whether the position is fresh and one that an aircraft can have.
pub(super) fn is_position_sane(vehicle: &Vehicle, now: TimeUs, limits: &InterlockConfig) -> bool {
    fresh(vehicle.position, now, u64::from(limits.pose_age_max_us)).is_some_and(|position| {
        let altitude = |alt_m: f64| (-1_000.0..=10_000.0).contains(&alt_m);
        Wgs84::checked(position.place.lat_deg, position.place.lon_deg).is_some()
            && altitude(position.alt_amsl_m)
            && altitude(position.alt_rel_m)
            && [position.north_mps, position.east_mps, position.down_mps].iter().all(|v| within(*v, 50.0))
    })
}

fn identity(vehicle: &Vehicle) -> bool {
    let ours = vehicle.identity.is_some_and(|bound| {
        (1..250).contains(&bound.system) && bound.component == 1 && bound.firmware != Firmware::Other
    });
    ours && vehicle.contested.is_none()
}

fn battery(vehicle: &Vehicle, now: TimeUs, limits: &InterlockConfig) -> bool {
    let Some(battery) = fresh(vehicle.battery, now, u64::from(limits.status_age_max_us)) else {
        return false;
    };
    let by_voltage = limits.battery_min_v > 0.0;
    let volts =
        battery.voltage_v.map_or(!by_voltage, |v| v >= limits.battery_min_v && within(v, 100.0) && v >= 0.0);
    let charge = battery.remaining_ratio.map_or(by_voltage, |r| r >= limits.battery_min_ratio && r <= 1.0);
    volts && charge
}

/// What the autopilot must do by itself when we fall silent.
fn failsafes(vehicle: &Vehicle) -> bool {
    let Some(bound) = vehicle.identity else { return false };
    let set = &vehicle.failsafes;
    let at_least = |value: Option<f64>, least: f64| value.is_some_and(|v| v >= least && v.is_finite());
    match bound.firmware {
        Firmware::ArduCopter => {
            set.guid_timeout_s.is_some_and(|s| s > 0.0 && s <= 1.0)
                && at_least(set.fs_gcs_enable, 1.0)
                && at_least(set.fence_enable, 1.0)
                && at_least(set.battery_action, 1.0)
                && set
                    .gcs_system
                    .is_some_and(|id| (1.0..=255.0).contains(&id) && id != f64::from(bound.system))
        }
        Firmware::Px4 => {
            set.offboard_loss_s.is_some_and(|s| (0.0..=1.0).contains(&s))
                && set.offboard_loss_action == Some(5.0)
                && set.geofence_action.is_some_and(|action| (2.0..=5.0).contains(&action))
                && at_least(set.battery_action, 1.0)
        }
        Firmware::Other => false,
    }
}

fn are_finite(facts: &Facts) -> bool {
    facts.snr_db.is_none_or(|snr_db| within(snr_db, 300.0))
        && facts.trend.is_none_or(|trend| within(trend.slope_db_s, 1e6))
        && facts.gradient.as_ref().ok().is_none_or(|gradient| {
            within(gradient.bearing_rad, PI + 1e-6)
                && gradient.bearing_sigma_rad >= 0.0
                && gradient.bearing_sigma_rad.is_finite()
        })
}

fn within(value: f64, limit: f64) -> bool {
    (-limit..=limit).contains(&value)
}
