//! What must hold for the aircraft to be moved, worked out again from a pass's inputs and the settings: which conditions
//! surely fail, and which may (geometry within its rounding, and wishes that only the engine knows).
//!
//! Conditions carry the names of the engine's interlocks, so that a recorded cause can be held against them; of the
//! interlocks' code nothing is used. Ages in µs. NaN fails every condition it is part of, because each is written as what
//! must be true. Physical bounds are wider than any aircraft: what lies beyond is a fault of the sender.

use super::failsafes;
use super::fence::{self, Reach};
use super::hands::Memory;
use super::sane::{fresh, is_position_sane, is_px4, within};
use skyhound::command::{Interlock, Velocity};
use skyhound::config::{InterlockConfig, Samples, TerrainRule};
use skyhound::decide::PassInputs;
use skyhound::facts::Facts;
use skyhound::geo::Wgs84;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::parameter::index;
use skyhound::vehicle::{Firmware, Landed, Mode, PartHealth, Vehicle, Zone, Zones};
use std::f64::consts::PI;

/// GUIDED of ArduCopter (`mode.h`).
pub(super) const GUIDED: u32 = 4;
/// OFFBOARD, PX4's main mode in bits 16..24 (`px4_custom_mode.h`).
pub(super) const OFFBOARD_MAIN: u32 = 6;
/// The ground station is asked for home every 10 s.
const HOME_AGE_MAX_US: u64 = 60_000_000;
/// The uploaded fence is read each minute.
const ZONES_AGE_MAX_US: u64 = 200_000_000;
/// What is faster up or down is no hovering, when homing is enabled.
const CLIMB_MAX_MPS: f64 = 0.5;
const FENCE_TYPE: usize = index("FENCE_TYPE");
const FENCE_OPTIONS: usize = index("FENCE_OPTIONS");
const FENCE_MARGIN: usize = index("FENCE_MARGIN");
const FENCE_RADIUS: usize = index("FENCE_RADIUS");
const FENCE_ALT_MAX: usize = index("FENCE_ALT_MAX");
const GF_MAX_HOR_DIST: usize = index("GF_MAX_HOR_DIST");
const GF_MAX_VER_DIST: usize = index("GF_MAX_VER_DIST");

/// What does not hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Findings {
    /// Fails whatever the rounding and the wish.
    pub(super) sure: Vec<Interlock>,
    /// May fail; holds all of `sure`.
    pub(super) maybe: Vec<Interlock>,
}

impl Findings {
    fn require(&mut self, condition: Interlock, holds: bool) {
        self.reach(condition, if holds { Reach::In } else { Reach::Out });
    }

    fn reach(&mut self, condition: Interlock, reach: Reach) {
        if reach == Reach::Out && !self.sure.contains(&condition) {
            self.sure.push(condition);
        }
        if reach != Reach::In {
            self.maybe.push(condition);
        }
    }
}

/// The conditions in words.
pub(super) fn told(conditions: &[Interlock]) -> String {
    conditions.iter().map(|condition| condition.name()).collect::<Vec<_>>().join(", ")
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
    found.require(Interlock::Mode, mode_is_ours(vehicle, now, limits) && memory.mode_was_kept(vehicle));
    found.require(Interlock::Armed, beat.is_some_and(|beat| beat.armed && beat.system_status < 5));
    let landed = fresh(vehicle.landed, now, status_us);
    let is_level = vehicle.position.is_none_or(|position| within(position.value.down_mps, CLIMB_MAX_MPS));
    let flies = landed == Some(Landed::InAir);
    found.require(Interlock::Airborne, flies && (is_level || memory.is_given()));
    found.require(Interlock::Failsafes, failsafes::hold(vehicle, now, limits));
    found.reach(Interlock::Sticks, sticks(vehicle, now, limits, memory));
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
    found.require(Interlock::Sdr, inputs.sdr_alive && heard && limits.samples != Samples::Recording);
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
    let Some(home) = home else { return found.require(Interlock::FenceRadius, false) };
    found.reach(Interlock::FenceRadius, memory.home_moved(home.place));
    let Some(known) = vehicle.position.filter(|_| is_position_sane(vehicle, now, limits)) else { return };
    let (own, are_known) = own_fence(vehicle, now);
    let margins = fence::judge(home.place, &known, now, limits, &own, lead);
    found.reach(Interlock::FenceRadius, margins.radius);
    found.reach(Interlock::FencePolygon, margins.polygon);
    found.reach(Interlock::FenceAltitude, margins.altitude);
    found.reach(Interlock::FenceAutopilot, margins.zones);
    found.require(Interlock::FenceAutopilot, are_known);
    let (least_m, may) = (limits.ground_clearance_min_m, limits.terrain == TerrainRule::MayBeUnknown);
    let ground = memory.ground.judge(vehicle, now, least_m, may, margins.worst_way_m);
    found.reach(Interlock::Terrain, ground);
}

/// The autopilot's own fence, and whether its areas are known where they count.
fn own_fence(vehicle: &Vehicle, now: TimeUs) -> (fence::Own<'_>, bool) {
    let told = |parameter: usize| failsafes::told(vehicle, now, parameter).unwrap_or(0.0);
    let limit = |counts: bool, parameter: usize| {
        Some(told(parameter)).filter(|limit_m| counts && *limit_m > 0.0).unwrap_or(f64::INFINITY)
    };
    let is_px4 = is_px4(vehicle);
    let types = told(FENCE_TYPE) as u32;
    let margin_m = if is_px4 { 0.0 } else { told(FENCE_MARGIN).max(0.0) };
    let (radius_m, alt_rel_max_m) = match is_px4 {
        true => (limit(true, GF_MAX_HOR_DIST), limit(true, GF_MAX_VER_DIST)),
        false => (limit(types & 2 != 0, FENCE_RADIUS), limit(types & 1 != 0, FENCE_ALT_MAX)),
    };
    let count = is_px4 || types & 4 != 0;
    let is_read =
        |read: &Aged<Zones>| fresh(Some(*read), now, ZONES_AGE_MAX_US).is_some() && !read.value.is_cut;
    let read = vehicle.zones.as_ref().filter(|read| count && is_read(read));
    let is_union = !is_px4 && told(FENCE_OPTIONS) as u32 & 2 != 0;
    let own = fence::Own {
        radius_m: radius_m - margin_m,
        alt_rel_max_m: alt_rel_max_m - margin_m,
        margin_m,
        zones: read.map(|read| (&read.value, is_union)),
    };
    let has_inside = |read: &Aged<Zones>| {
        read.value.iter().any(|zone| match zone {
            Zone::Polygon { inside, .. } | Zone::Circle { inside, .. } => inside,
        })
    };
    // An empty list is no fence.
    let is_one = is_px4 || types & 2 != 0 || read.is_some_and(has_inside);
    (own, !count || (read.is_some() && is_one))
}

/// The pilot's radio and hands.
fn sticks(vehicle: &Vehicle, now: TimeUs, limits: &InterlockConfig, memory: &Memory) -> Reach {
    let age_max_us = 4 * u64::from(limits.rc_interval_max_us);
    let rc = fresh(vehicle.rc, now, age_max_us).filter(|rc| rc.rssi != Some(0));
    let is_px4 = is_px4(vehicle);
    let is_well = vehicle.health.is_some_and(|health| match health.value.rc_receiver {
        PartHealth::Good => true,
        PartHealth::Bad => false,
        PartHealth::Off | PartHealth::Absent => is_px4,
    });
    let sticks_us = failsafes::sticks_us(vehicle, now).filter(|_| rc.is_some() && is_well);
    let possible = |sticks_us: &[u16; 4]| sticks_us.iter().all(|us| (800..=2200).contains(us));
    match sticks_us.filter(possible) {
        Some(sticks_us) if memory.hands_off(sticks_us, limits) => memory.rc_rate(limits),
        _ => Reach::Out,
    }
}

/// Whether the heartbeat, and what is told of the mode besides, name the mode in which this firmware takes setpoints.
fn mode_is_ours(vehicle: &Vehicle, now: TimeUs, limits: &InterlockConfig) -> bool {
    let (Some(identity), Some(beat)) = (vehicle.identity, vehicle.heartbeat) else { return false };
    let mode = beat.value.mode;
    let told = fresh(vehicle.mode_told, now, u64::from(limits.heartbeat_age_max_us));
    let is_ours = |mode: Mode| takes_setpoints(mode.firmware, mode.custom);
    identity.firmware == mode.firmware && is_ours(mode) && told.is_none_or(is_ours)
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
        && mode_is_ours(vehicle, now, limits)
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

fn are_finite(facts: &Facts) -> bool {
    facts.snr_db.is_none_or(|snr_db| within(snr_db, 300.0))
        && facts.trend.is_none_or(|trend| within(trend.slope_db_s, 1e6))
        && facts.gradient.as_ref().ok().is_none_or(|gradient| {
            within(gradient.bearing_rad, PI + 1e-6)
                && gradient.bearing_sigma_rad >= 0.0
                && gradient.bearing_sigma_rad.is_finite()
        })
}
