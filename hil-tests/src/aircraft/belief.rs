//! What the autopilot believes and reports: its messages without the wire, in SI units.
//!
//! Filled by every step from the sensors and the estimator, not from the truth; what changes at once (mode, armed, sticks) also
//! by each request. At which rate it leaves the aircraft is up to who sends it.
#![allow(missing_docs, reason = "what a name with its unit says is not said again")]

use super::motion::Lead;
use super::{Aircraft, Mode, gps, px4};
use crate::scenario::{Flavour, Terrain};
use skyhound::geo::{NorthEast, Wgs84, wrap_pi};
use skyhound::vehicle::RC_CHANNELS_MAX;

/// 2026-01-01T12:00:00Z in GPS-derived UTC: the moment at which every scenario begins.
const BEGIN_UTC_US: u64 = 1_767_268_800_000_000;
const MAV_STATE_STANDBY: u8 = 3;
const MAV_STATE_ACTIVE: u8 = 4;
const MAV_STATE_CRITICAL: u8 = 5;

/// All that is reported.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Belief {
    /// µs since the autopilot started; begins anew at a reboot.
    pub boot_us: u64,
    /// The autopilot is starting: nothing is sent at all.
    pub is_silent: bool,
    /// Position of the estimator; `None` before its first fix (ArduPilot then sends 0/0).
    pub position: Option<Position>,
    pub attitude: Attitude,
    pub gps: Gps,
    pub ekf: Ekf,
    pub battery: Battery,
    pub rc: Rc,
    /// SYS_STATUS: the radio receiver is well.
    pub rc_is_well: bool,
    /// SYS_STATUS: the fence is there and on; `None` = not told.
    pub fence_is_on: Option<bool>,
    /// Height above the ground below by the terrain map.
    pub height_terrain_m: Option<f64>,
    /// The same by the rangefinder, while it is in its range.
    pub height_rangefinder_m: Option<f64>,
    /// Home; `None` before the first fix.
    pub home: Option<Home>,
    pub armed: bool,
    pub landed: Landed,
    /// MAV_STATE.
    pub system_status: u8,
    pub custom_mode: u32,
    pub mission_item: u16,
    /// The last item reached and how many were reached so far: a change of the count is one MISSION_ITEM_REACHED.
    pub mission_reached: (u16, u32),
    /// A fence is broken: FENCE_STATUS.breach_type (0 none, 2 maximal height, 3 boundary).
    pub fence_breach: u8,
    /// UTC from GPS, µs since 1970.
    pub utc_us: Option<u64>,
    /// Throttle, 0..=1 (VFR_HUD).
    pub throttle_ratio: f64,
    /// Wind as estimated, towards north and east.
    pub wind_mps: [f64; 2],
}

/// Position and velocity of the estimator.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Position {
    pub place: Wgs84,
    pub alt_amsl_m: f64,
    pub alt_rel_m: f64,
    /// North, east, down of the local origin (LOCAL_POSITION_NED).
    pub local_m: [f64; 3],
    /// Velocity north, east, down.
    pub velocity_mps: [f64; 3],
}

/// ATTITUDE.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Attitude {
    pub roll_rad: f64,
    pub pitch_rad: f64,
    /// Yaw from true north, clockwise, −π..=π.
    pub yaw_rad: f64,
    pub roll_rate_rad_s: f64,
    pub pitch_rate_rad_s: f64,
    pub yaw_rate_rad_s: f64,
}

/// GPS_RAW_INT.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Gps {
    /// GPS_FIX_TYPE: 1 none, 3 3D.
    pub fix: u8,
    pub satellites: u8,
    /// Horizontal dilution of precision.
    pub hdop: f64,
    /// Vertical dilution of precision.
    pub vdop: f64,
    /// The receiver's own place; the last one when there is no fix.
    pub place: Wgs84,
    pub alt_amsl_m: f64,
    pub speed_mps: f64,
    /// Course over ground, 0..2π.
    pub course_rad: f64,
}

impl Default for Gps {
    fn default() -> Gps {
        let place = Wgs84 { lat_deg: 0.0, lon_deg: 0.0 };
        let (alt_amsl_m, speed_mps, course_rad) = (0.0, 0.0, 0.0);
        Gps { fix: 1, satellites: 0, hdop: 99.99, vdop: 99.99, place, alt_amsl_m, speed_mps, course_rad }
    }
}

/// EKF_STATUS_REPORT of ArduPilot, ESTIMATOR_STATUS of PX4.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Ekf {
    /// Flags as the flavour's own message has them (EKF_STATUS_FLAGS or ESTIMATOR_STATUS_FLAGS).
    pub flags: u16,
    /// Innovation over its gate, 1 = at its limit: velocity, horizontal position, height, compass.
    pub ratios: [f64; 4],
    /// 1-sigma of horizontal position (ESTIMATOR_STATUS.pos_horiz_accuracy).
    pub position_sigma_m: f64,
    /// 1-sigma of height.
    pub height_sigma_m: f64,
}

/// SYS_STATUS and BATTERY_STATUS.
#[derive(Copy, Clone, Debug, Default, PartialEq)]
pub struct Battery {
    pub voltage_v: f64,
    pub current_a: f64,
    /// Charge taken since the start.
    pub consumed_ah: f64,
    /// Charge left, 0..=1.
    pub remaining_ratio: f64,
}

/// RC_CHANNELS.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub struct Rc {
    /// Channels 1 to 18; by default roll, pitch, throttle, yaw, mode switch …
    pub channels_us: [u16; RC_CHANNELS_MAX],
    /// Channels that the receiver reports; 0 without a radio.
    pub channel_count: u8,
    /// Signal strength 0..=254, 255 unknown.
    pub rssi: u8,
}

/// HOME_POSITION.
#[derive(Copy, Clone, Debug, PartialEq)]
pub struct Home {
    pub place: Wgs84,
    pub alt_amsl_m: f64,
}

/// MAV_LANDED_STATE.
#[derive(Copy, Clone, Debug, Default, PartialEq, Eq)]
pub enum Landed {
    #[default]
    OnGround = 1,
    InAir = 2,
    TakingOff = 3,
    Landing = 4,
}

impl Aircraft {
    /// All of it anew, but what is set when it comes: the fix, home, a breach of the fence.
    pub(super) fn report(&mut self) {
        let (here, now_us) = (self.here(), self.now_us());
        let [north_m, east_m, up_m] = here.at_m;
        let (body, level_rad) = (&self.body, self.estimator.attitude_error_rad);
        let (terrain, has_position) = (self.settings.terrain, self.estimator.has_position);
        // `GCS_Copter.cpp`: of the radio, the failsafe's own word, which FS_THR_ENABLE 0 never lets it say.
        let (fails, is_active, rc_is_well) = match self.flavour {
            Flavour::ArduCopter => (self.copter.any(), !self.flight.is_landed, !self.copter.radio),
            Flavour::Px4 => (self.px4.selected > px4::Action::Warn, self.flight.armed, !self.radio_is_lost()),
        };
        self.belief = Belief {
            boot_us: now_us - self.boot_us,
            is_silent: now_us < self.silent_until_us,
            position: has_position.then(|| Position {
                place: self.origin.wgs84_from_ned(NorthEast { north_m, east_m }),
                alt_amsl_m: self.place.alt_amsl_m + up_m,
                alt_rel_m: up_m - self.home_m()[2],
                local_m: [north_m, east_m, -up_m],
                velocity_mps: [here.velocity_mps[0], here.velocity_mps[1], -here.velocity_mps[2]],
            }),
            attitude: Attitude {
                roll_rad: body.pose.roll_rad + level_rad[0],
                pitch_rad: body.pose.pitch_rad + level_rad[1],
                yaw_rad: wrap_pi(here.yaw_rad),
                roll_rate_rad_s: body.roll_rate_rad_s,
                pitch_rate_rad_s: body.pitch_rate_rad_s,
                yaw_rate_rad_s: body.pose.yaw_rate_rad_s,
            },
            ekf: Ekf {
                flags: self.estimator.flags(),
                ratios: self.estimator.reported_ratios(),
                position_sigma_m: self.estimator.variance_m2.sqrt(),
                height_sigma_m: 0.4,
            },
            battery: self.charge.reported(),
            rc: self.radio.seen(now_us),
            rc_is_well,
            fence_is_on: (self.flavour == Flavour::ArduCopter).then_some(self.tuned.fence.is_on),
            // The map gives the ground where the autopilot believes itself to be.
            height_terrain_m: (terrain == Terrain::Map && has_position)
                .then(|| up_m - self.ground.height_m(north_m, east_m)),
            height_rangefinder_m: (terrain == Terrain::Rangefinder)
                .then(|| body.pose.up_m - self.ground_m())
                .filter(|height_m| *height_m <= self.settings.rangefinder_max_m),
            armed: self.flight.armed,
            landed: self.landed(),
            system_status: match (fails, is_active) {
                (true, _) => MAV_STATE_CRITICAL,
                (false, true) => MAV_STATE_ACTIVE,
                (false, false) => MAV_STATE_STANDBY,
            },
            custom_mode: self.flight.mode.custom(self.flavour),
            mission_item: self.mission.current(),
            mission_reached: self.mission.reached,
            // 0.5 hovers.
            throttle_ratio: if self.flight.armed { (0.5 * body.thrust_ratio).clamp(0.0, 1.0) } else { 0.0 },
            wind_mps: self.wind.mean_mps(),
            ..self.belief
        };
    }

    /// With each fix.
    pub(super) fn report_gps(&mut self, fix: Option<gps::Fix>) {
        let Some(fix) = fix else {
            let gps = &mut self.belief.gps;
            *gps = Gps { fix: 1, satellites: 0, hdop: 99.99, vdop: 99.99, ..*gps };
            return;
        };
        let [north_m, east_m, up_m] = fix.at_m;
        let [north, east, _] = fix.velocity_mps;
        self.belief.gps = Gps {
            fix: 3,
            satellites: 14,
            hdop: 0.8,
            vdop: 1.2,
            place: self.origin.wgs84_from_ned(NorthEast { north_m, east_m }),
            alt_amsl_m: self.place.alt_amsl_m + up_m,
            speed_mps: north.hypot(east),
            course_rad: east.atan2(north).rem_euclid(std::f64::consts::TAU),
        };
        self.belief.utc_us = Some(BEGIN_UTC_US + self.body.pose.at_us);
    }

    /// Home is here (north, east, up), or nowhere.
    pub(super) fn set_home(&mut self, home_m: Option<[f64; 3]>) {
        self.home_m = home_m;
        self.belief.home = home_m.map(|[north_m, east_m, up_m]| Home {
            place: self.origin.wgs84_from_ned(NorthEast { north_m, east_m }),
            alt_amsl_m: self.place.alt_amsl_m + up_m,
        });
    }

    fn landed(&self) -> Landed {
        let takes_off = self.flight.mode == Mode::TakeOff || self.external.take_off_m.is_some();
        let comes_down = self.flight.mode == Mode::Land || self.mission.is_landing();
        match (self.flight.is_landed, self.lead) {
            (true, Lead::Off | Lead::Idle) => Landed::OnGround,
            (true, _) => Landed::TakingOff,
            (false, Lead::Velocity([_, _, up])) if takes_off && up > 0.3 => Landed::TakingOff,
            (false, Lead::Velocity([_, _, up])) if comes_down && up < 0.0 => Landed::Landing,
            (false, _) => Landed::InAir,
        }
    }
}
