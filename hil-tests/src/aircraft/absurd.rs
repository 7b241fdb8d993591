//! Absurd values in the autopilot's messages, at depth a: what is left of them behind the host's `inbound`.
//!
//! Fields are named as in MAVLink (`ATTITUDE.roll`). Of a float, NaN and infinity are refused there, so the part only grows old;
//! −1e30 comes through. Of an integer, "NaN" is its largest, "infinity" its smallest value, "huge" is 0; the place 0/0 is no
//! place. `all` takes each field in turn, a second each.

use crate::scenario::fault::Absurdity;
use skyhound::geo::Wgs84;
use skyhound::time::TimeUs;
use skyhound::vehicle::{Attitude, Battery, Ekf, Gps, Heartbeat, Home, Position, Rc};

const FIELDS: [&str; 25] = [
    "HEARTBEAT.custom_mode",
    "HEARTBEAT.system_status",
    "ATTITUDE.roll",
    "ATTITUDE.pitch",
    "ATTITUDE.yaw",
    "ATTITUDE.yawspeed",
    "GLOBAL_POSITION_INT.lat",
    "GLOBAL_POSITION_INT.lon",
    "GLOBAL_POSITION_INT.alt",
    "GLOBAL_POSITION_INT.relative_alt",
    "GLOBAL_POSITION_INT.vx",
    "GLOBAL_POSITION_INT.vy",
    "GLOBAL_POSITION_INT.vz",
    "GPS_RAW_INT.fix_type",
    "GPS_RAW_INT.satellites_visible",
    "GPS_RAW_INT.eph",
    "EKF_STATUS_REPORT.pos_horiz_variance",
    "SYS_STATUS.voltage_battery",
    "SYS_STATUS.battery_remaining",
    "RC_CHANNELS.chan1_raw",
    "TERRAIN_REPORT.current_height",
    "DISTANCE_SENSOR.current_distance",
    "ALTITUDE.altitude_terrain",
    "HOME_POSITION.latitude",
    "HOME_POSITION.longitude",
];
const TURN_US: u64 = 1_000_000;

/// The field that is absurd, and how.
#[derive(Clone, Debug)]
pub(super) struct Absurd {
    pub(super) field: String,
    pub(super) value: Absurdity,
}

impl Absurd {
    /// The field of `message` that is absurd now.
    fn field_of(&self, message: &str, now: TimeUs) -> Option<&str> {
        let turn = (now.0 / TURN_US) as usize % FIELDS.len();
        let field = if self.field == "all" { FIELDS[turn] } else { &self.field };
        field.strip_prefix(message)?.strip_prefix('.')
    }

    /// A float: what is not finite is refused with its message.
    fn float(&self) -> Option<f64> {
        (self.value == Absurdity::Huge).then_some(-1e30)
    }

    /// An integer of this range.
    fn integer(&self, least: f64, most: f64) -> f64 {
        match self.value {
            Absurdity::Nan => most,
            Absurdity::Infinity => least,
            Absurdity::Huge => 0.0,
        }
    }

    fn i32(&self) -> f64 {
        self.integer(f64::from(i32::MIN), f64::from(i32::MAX))
    }

    pub(super) fn heartbeat(&self, mut beat: Heartbeat, now: TimeUs) -> Heartbeat {
        match self.field_of("HEARTBEAT", now) {
            Some("custom_mode") => beat.mode.custom = self.integer(0.0, f64::from(u32::MAX)) as u32,
            Some("system_status") => beat.system_status = self.integer(0.0, 255.0) as u8,
            _ => {}
        }
        beat
    }

    pub(super) fn attitude(&self, mut attitude: Attitude, now: TimeUs) -> Option<Attitude> {
        let Some(field) = self.field_of("ATTITUDE", now) else { return Some(attitude) };
        let value = self.float()?;
        match field {
            "roll" => attitude.roll_rad = value,
            "pitch" => attitude.pitch_rad = value,
            "yaw" => attitude.yaw_rad = value,
            "yawspeed" => attitude.yaw_rate_rad_s = value,
            _ => {}
        }
        Some(attitude)
    }

    pub(super) fn position(&self, mut position: Position, now: TimeUs) -> Option<Position> {
        let Some(field) = self.field_of("GLOBAL_POSITION_INT", now) else { return Some(position) };
        let (whole, speed_mps) = (self.i32(), self.integer(-32_768.0, 32_767.0) / 100.0);
        match field {
            "lat" => position.place.lat_deg = whole / 1e7,
            "lon" => position.place.lon_deg = whole / 1e7,
            "alt" => position.alt_amsl_m = whole / 1e3,
            "relative_alt" => position.alt_rel_m = whole / 1e3,
            "vx" => position.north_mps = speed_mps,
            "vy" => position.east_mps = speed_mps,
            "vz" => position.down_mps = speed_mps,
            _ => {}
        }
        Wgs84::checked(position.place.lat_deg, position.place.lon_deg).map(|_| position)
    }

    pub(super) fn gps(&self, mut gps: Gps, now: TimeUs) -> Gps {
        let byte = self.integer(0.0, 255.0) as u8;
        match self.field_of("GPS_RAW_INT", now) {
            Some("fix_type") => gps.fix = byte,
            Some("satellites_visible") => gps.satellites = (byte != u8::MAX).then_some(byte),
            Some("eph") => {
                let eph = self.integer(0.0, 65_535.0);
                gps.hdop = (eph < 65_535.0).then_some(eph / 100.0);
            }
            _ => {}
        }
        gps
    }

    pub(super) fn ekf(&self, mut ekf: Ekf, now: TimeUs) -> Option<Ekf> {
        let field = self.field_of("EKF_STATUS_REPORT", now).or(self.field_of("ESTIMATOR_STATUS", now));
        if field == Some("flags") {
            let bits = self.integer(0.0, 65_535.0) > 0.0;
            return Some(Ekf {
                attitude_ok: bits,
                velocity_horizontal_ok: bits,
                position_horizontal_ok: bits,
                position_vertical_ok: bits,
                degraded: bits,
                ..ekf
            });
        }
        if field.is_some() {
            // The largest of three is told on: one of −1e30 leaves the others.
            ekf.variance_max = ekf.variance_max.max(self.float()?);
        }
        Some(ekf)
    }

    pub(super) fn battery(&self, mut battery: Battery, now: TimeUs) -> Battery {
        match self.field_of("SYS_STATUS", now) {
            Some("voltage_battery") => {
                let millivolts = self.integer(0.0, 65_535.0);
                battery.voltage_v = (millivolts < 65_535.0).then_some(millivolts / 1e3);
            }
            Some("current_battery") => battery.current_a = Some(self.integer(-32_768.0, 32_767.0) / 100.0),
            Some("battery_remaining") => {
                let percent = self.integer(-128.0, 127.0);
                battery.remaining_ratio = (0.0..=100.0).contains(&percent).then_some(percent / 100.0);
            }
            _ => {}
        }
        battery
    }

    pub(super) fn rc(&self, mut rc: Rc, now: TimeUs) -> Rc {
        let Some(field) = self.field_of("RC_CHANNELS", now) else { return rc };
        let us = self.integer(0.0, 65_535.0) as u16;
        match field {
            "chan1_raw" => rc.channels_us[0] = us,
            "chan2_raw" => rc.channels_us[1] = us,
            "chan3_raw" => rc.channels_us[2] = us,
            "chan4_raw" => rc.channels_us[3] = us,
            "rssi" => rc.rssi = Some(us.min(255) as u8).filter(|rssi| *rssi < 255),
            "chancount" => rc.channel_count = us.min(255) as u8,
            _ => {}
        }
        rc
    }

    /// TERRAIN_REPORT's, ALTITUDE's and DISTANCE_SENSOR's (cm, of which 65535 is beyond its range).
    pub(super) fn height_m(&self, message: &str, height_m: f64, now: TimeUs) -> Option<f64> {
        match self.field_of(message, now) {
            Some("current_distance") => Some(self.integer(0.0, 65_535.0) / 100.0).filter(|m| *m < 655.0),
            Some("current_height" | "altitude_terrain") => self.float(),
            _ => Some(height_m),
        }
    }

    pub(super) fn home(&self, mut home: Home, now: TimeUs) -> Option<Home> {
        match self.field_of("HOME_POSITION", now) {
            Some("latitude") => home.place.lat_deg = self.i32() / 1e7,
            Some("longitude") => home.place.lon_deg = self.i32() / 1e7,
            Some("altitude") => home.alt_amsl_m = self.i32() / 1e3,
            _ => {}
        }
        Wgs84::checked(home.place.lat_deg, home.place.lon_deg).map(|_| home)
    }
}
