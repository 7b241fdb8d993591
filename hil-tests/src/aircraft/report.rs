//! The belief, renewed by each step; what changes at once (mode, armed, sticks) also by each request.

use super::motion::Lead;
use super::{Aircraft, Attitude, Ekf, Gps, Home, Landed, Mode, Position};
use crate::scenario::{Flavour, Terrain};
use skyhound::geo::{NorthEast, wrap_pi};

/// 2026-01-01T12:00:00Z in GPS-derived UTC: the moment at which every scenario begins.
const BEGIN_UTC_US: u64 = 1_767_268_800_000_000;
const MAV_STATE_STANDBY: u8 = 3;
const MAV_STATE_ACTIVE: u8 = 4;
const MAV_STATE_CRITICAL: u8 = 5;

impl Aircraft {
    pub(super) fn report_motion(&mut self) {
        let here = self.here();
        let (body, level) = (&self.body, self.estimator.attitude_error_rad);
        self.belief.boot_us = self.body.pose.at_us - self.boot_us;
        self.belief.attitude = Attitude {
            roll_rad: body.pose.roll_rad + level[0],
            pitch_rad: body.pose.pitch_rad + level[1],
            yaw_rad: wrap_pi(here.yaw_rad),
            roll_rate_rad_s: body.roll_rate_rad_s,
            pitch_rate_rad_s: body.pitch_rate_rad_s,
            yaw_rate_rad_s: body.pose.yaw_rate_rad_s,
        };
        let [north_m, east_m, up_m] = here.at_m;
        let home_up_m = self.home_m.map_or(0.0, |home| home[2]);
        self.belief.position = self.estimator.has_position().then(|| Position {
            place: self.origin.wgs84_from_ned(NorthEast { north_m, east_m }),
            alt_amsl_m: self.place.alt_amsl_m + up_m,
            alt_rel_m: up_m - home_up_m,
            local_m: [north_m, east_m, -up_m],
            velocity_mps: [here.velocity_mps[0], here.velocity_mps[1], -here.velocity_mps[2]],
        });
        self.belief.throttle_ratio = self.throttle_ratio();
        let is_truly_m = self.body.pose.up_m - self.ground_m();
        self.belief.height_rangefinder_m = (self.terrain == Terrain::Rangefinder)
            .then_some(is_truly_m)
            .filter(|m| *m <= self.rangefinder_max_m);
        // The map gives the ground where the autopilot believes itself to be.
        let has_map = self.terrain == Terrain::Map && self.estimator.has_position();
        self.belief.height_terrain_m = has_map.then(|| up_m - self.ground.height_m(north_m, east_m));
    }

    /// With each fix.
    pub(super) fn report_gps(&mut self, fix: Option<super::gps::Fix>) {
        let gps = &mut self.belief.gps;
        let Some(fix) = fix else {
            *gps = Gps { fix: 1, satellites: 0, hdop: 99.99, vdop: 99.99, ..*gps };
            return;
        };
        let [north_m, east_m, up_m] = fix.at_m;
        let [north, east, _] = fix.velocity_mps;
        *gps = Gps {
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

    /// Ten times a second.
    pub(super) fn report_slow(&mut self) {
        let [velocity_ratio, position_ratio, height_ratio, compass_ratio] = self.estimator.reported_ratios();
        self.belief.ekf = Ekf {
            flags: self.estimator.flags(),
            velocity_ratio,
            position_ratio,
            height_ratio,
            compass_ratio,
            position_sigma_m: self.estimator.position_sigma_m(),
            height_sigma_m: 0.4,
        };
        self.belief.battery = self.charge.reported();
        self.belief.wind_mps = self.wind.mean_mps();
        if self.flavour == Flavour::Px4 {
            self.belief.fence_breach = self.outside().breach_type();
        }
    }

    /// Home is here (north, east, up), or nowhere.
    pub(super) fn set_home(&mut self, home_m: Option<[f64; 3]>) {
        self.home_m = home_m;
        self.belief.home = home_m.map(|[north_m, east_m, up_m]| Home {
            place: self.origin.wgs84_from_ned(NorthEast { north_m, east_m }),
            alt_amsl_m: self.place.alt_amsl_m + up_m,
        });
    }

    /// At once.
    pub(super) fn report_state(&mut self) {
        let (rc, now_us) = (self.radio.seen(self.now_us()), self.now_us());
        let fails = match self.flavour {
            Flavour::ArduCopter => self.copter.any(),
            Flavour::Px4 => self.px4.selected > super::px4::Action::Warn,
        };
        let active = match self.flavour {
            Flavour::ArduCopter => !self.flight.is_landed,
            Flavour::Px4 => self.flight.armed,
        };
        let rc_is_well = match self.flavour {
            // `GCS_Copter.cpp`: the failsafe's own word, which FS_THR_ENABLE 0 never lets it say.
            Flavour::ArduCopter => !self.copter.radio,
            Flavour::Px4 => !self.radio_is_lost(),
        };
        let fence_is_on = (self.flavour == Flavour::ArduCopter).then_some(self.tuned.fence.is_on);
        let landed = self.landed();
        let belief = &mut self.belief;
        belief.rc = rc;
        belief.rc_is_well = rc_is_well;
        belief.fence_is_on = fence_is_on;
        belief.is_silent = now_us < self.silent_until_us;
        belief.armed = self.flight.armed;
        belief.landed = landed;
        belief.system_status = match (fails, active) {
            (true, _) => MAV_STATE_CRITICAL,
            (false, true) => MAV_STATE_ACTIVE,
            (false, false) => MAV_STATE_STANDBY,
        };
        belief.custom_mode = self.flight.mode.custom(self.flavour);
        belief.mission_item = self.mission.current();
        belief.mission_reached = self.mission.reached();
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
