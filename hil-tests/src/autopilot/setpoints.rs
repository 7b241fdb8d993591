//! SET_POSITION_TARGET_* and RC_CHANNELS_OVERRIDE: frames and type masks as each firmware takes them.
//!
//! ArduCopter (`GCS_Mavlink.cpp`, `handle_message_set_position_target_local_ned`): frames 1, 7, 8, 9; a group counts only when
//! none of its three ignore bits is set; what it cannot read (an unknown frame, a force, nothing but yaw, a position with
//! acceleration and no velocity, a velocity that is not finite) stops the aircraft. Not as there: acceleration alone is not
//! flown, and stops it too. PX4 (`mavlink_receiver.cpp`): frames 1, 7, 8, 12; a frame it does not know, or a number that counts
//! and is not finite, is dropped.

use super::face::{Face, lock};
use super::wire::Message;
use crate::aircraft::{Answer, Frame, Request, Setpoint};
use crate::scenario::Flavour;
use crate::trace::SetpointRow;
use skyhound::geo::{Origin, Wgs84};

const IGNORE_POSITION: i64 = 0b111;
const IGNORE_VELOCITY: i64 = 0b111 << 3;
const IGNORE_YAW: i64 = 1 << 10;
const IGNORE_YAW_RATE: i64 = 1 << 11;
const IGNORE_ACCELERATION: i64 = 0b111 << 6;
const FORCE: i64 = 1 << 9;

impl Face {
    pub(super) fn local_setpoint(&mut self, from: (u8, u8), message: &Message, at_us: u64) {
        let frame = match (message.byte("coordinate_frame"), self.flavour) {
            (1, _) => Some(Frame::LocalNed),
            (7, _) => Some(Frame::LocalOffset),
            (8, _) | (9, Flavour::ArduCopter) | (12, Flavour::Px4) => Some(Frame::Body),
            _ => None,
        };
        let position_m = ["x", "y", "z"].map(|name| message.real(name));
        let setpoint = frame.and_then(|frame| self.asked(message, frame, position_m));
        self.fly(from, message, setpoint, at_us);
    }

    /// Made local about where the aircraft believes itself to be. Frames 0, 3 and 6 and their `_INT` forms 5 and 11; terrain
    /// frames need a terrain, and are refused.
    pub(super) fn global_setpoint(&mut self, from: (u8, u8), message: &Message, at_us: u64) {
        let position = lock(&self.aircraft).belief().position;
        let place = Wgs84::checked(message.real("lat_int") / 1e7, message.real("lon_int") / 1e7);
        let ignores_position = message.whole("type_mask") & IGNORE_POSITION != 0;
        let datum_m = position.and_then(|position| match message.byte("coordinate_frame") {
            0 | 5 => Some(position.alt_amsl_m),
            3 | 6 => Some(position.alt_rel_m),
            _ => None,
        });
        let offset_m = match (position, place, datum_m) {
            // ArduCopter looks at the frame only where there is a position in it.
            (_, _, datum_m)
                if ignores_position && (datum_m.is_some() || self.flavour == Flavour::ArduCopter) =>
            {
                Some([0.0; 3])
            }
            (Some(position), Some(place), Some(datum_m)) => {
                let to = Origin::new(position.place).ned_from_wgs84(place);
                Some([to.north_m, to.east_m, datum_m - message.real("alt")])
            }
            _ => None,
        };
        let setpoint = offset_m.and_then(|offset_m| self.asked(message, Frame::LocalOffset, offset_m));
        self.fly(from, message, setpoint, at_us);
    }

    fn fly(&mut self, from: (u8, u8), message: &Message, setpoint: Option<Setpoint>, at_us: u64) {
        let request = setpoint.map_or(Request::Unreadable, Request::Setpoint);
        let answer = lock(&self.aircraft).request(&request);
        self.setpoints.push(SetpointRow {
            at_us,
            velocity_mps: ["vx", "vy", "vz"].map(|name| message.real(name)),
            yaw_rate_rad_s: message.real("yaw_rate"),
            taken: answer == Answer::Accepted,
            from,
        });
    }

    /// ArduPilot takes it only from the system in SYSID_MYGCS; PX4 from anybody.
    pub(super) fn rc_override(&mut self, from: (u8, u8), message: &Message) {
        const NAMES: [&str; 8] = [
            "chan1_raw",
            "chan2_raw",
            "chan3_raw",
            "chan4_raw",
            "chan5_raw",
            "chan6_raw",
            "chan7_raw",
            "chan8_raw",
        ];
        let mut aircraft = lock(&self.aircraft);
        let ground_station = aircraft.parameters().value("SYSID_MYGCS");
        if self.flavour == Flavour::ArduCopter && ground_station != Some(f64::from(from.0)) {
            return;
        }
        aircraft.request(&Request::RcOverride(NAMES.map(|name| message.whole(name) as u16)));
    }

    /// What the type mask leaves of it; `None` when nothing that can be flown is left.
    fn asked(&self, message: &Message, frame: Frame, position_m: [f64; 3]) -> Option<Setpoint> {
        let mask = message.whole("type_mask");
        let counts = |ignored: i64| mask & ignored == 0;
        let accelerates = counts(IGNORE_ACCELERATION);
        let is_misfit = self.flavour == Flavour::ArduCopter
            && accelerates
            && counts(IGNORE_POSITION)
            && !counts(IGNORE_VELOCITY);
        if is_misfit || mask & FORCE != 0 && accelerates {
            return None;
        }
        let setpoint = Setpoint {
            frame,
            position_m: counts(IGNORE_POSITION).then_some(position_m),
            velocity_mps: counts(IGNORE_VELOCITY).then(|| ["vx", "vy", "vz"].map(|name| message.real(name))),
            yaw_rad: counts(IGNORE_YAW).then(|| message.real("yaw")),
            yaw_rate_rad_s: counts(IGNORE_YAW_RATE).then(|| message.real("yaw_rate")),
        };
        (setpoint.position_m.is_some() || setpoint.velocity_mps.is_some()).then_some(setpoint)
    }
}
