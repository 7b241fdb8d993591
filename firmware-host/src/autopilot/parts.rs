//! What each message of the bound autopilot changes of the vehicle.

use skyhound::record::{Event, Severity};
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{Firmware, Heartbeat, Identity, Mode, Vehicle};

use super::battery::Batteries;
use super::inbound::{self, AnyHeartbeat};
use super::message_id::*;
use super::params::{Params, Told};
use super::payload::Payload;
use super::questions::Questions;
use super::stamp::Stamp;
use super::taken::{Taken, note};
use super::texts::Texts;
use super::zones::{self, ZoneReader};

/// A message of the bound autopilot.
#[derive(Copy, Clone)]
pub struct Heard<'a> {
    /// Its id.
    pub id: u32,
    /// What it says.
    pub payload: Payload<'a>,
    /// When that was true.
    pub stamp: Stamp,
    /// When it was received.
    pub at: TimeUs,
    /// Who we are to it: its system, our component.
    pub us: (u8, u8),
}

/// What several messages make together, and what is asked for.
#[derive(Default)]
pub struct Parts {
    batteries: Batteries,
    texts: Texts,
    /// Questions about parameters.
    pub params: Params,
    /// Questions about the uploaded fence.
    pub zones: ZoneReader,
    /// Whether any question was answered.
    pub questions: Questions,
}

impl Parts {
    /// What it said of itself holds no more.
    pub fn forget(&mut self) {
        *self = Parts { texts: std::mem::take(&mut self.texts), ..Parts::default() };
    }

    /// Gives what was waited for too long.
    pub fn expire(&mut self, now: TimeUs, events: &mut dyn FnMut(Event)) {
        self.texts.expire(now, events);
    }

    /// Takes a message. Returns what it asks of the link, and whether it held no value that can be.
    pub fn take(
        &mut self,
        heard: &Heard<'_>,
        identity: Identity,
        vehicle: &mut Vehicle,
        events: &mut dyn FnMut(Event),
    ) -> (Taken, bool) {
        let Heard { id, payload, stamp, at, us } = *heard;
        let is_refused = match id {
            HEARTBEAT => return (take_heartbeat(heard, vehicle, events), false),
            CURRENT_MODE => {
                take_mode(inbound::mode(payload, identity.firmware), stamp, vehicle);
                false
            }
            COMMAND_ACK => return (self.take_answer(payload, us), false),
            PARAM_VALUE => self.take_parameter(heard, identity.firmware, vehicle),
            MISSION_COUNT | MISSION_ITEM_INT | MISSION_ACK => {
                self.take_zones(heard, vehicle);
                false
            }
            STATUSTEXT => {
                self.texts.take(payload, at, events);
                false
            }
            SYS_STATUS => {
                if stamp.replaces(&vehicle.battery) {
                    vehicle.battery = Some(self.batteries.take_sys_status(payload, stamp.at()));
                }
                stamp.keep(&mut vehicle.health, Some(inbound::health(payload)))
            }
            BATTERY_STATUS => {
                if stamp.replaces(&vehicle.battery) {
                    vehicle.battery =
                        self.batteries.take_battery_status(payload, stamp.at()).or(vehicle.battery);
                }
                false
            }
            EKF_STATUS_REPORT if identity.firmware != Firmware::Px4 => {
                take_ekf(inbound::ekf_of_ardupilot(payload), heard, vehicle, events)
            }
            ESTIMATOR_STATUS if identity.firmware == Firmware::Px4 => {
                take_ekf(inbound::ekf_of_px4(payload), heard, vehicle, events)
            }
            _ => keep_one(heard, vehicle),
        };
        (Taken::Bound, is_refused)
    }

    fn take_answer(&mut self, payload: Payload, us: (u8, u8)) -> Taken {
        if !zones::is_for(us, payload.u8(8), payload.u8(9)) {
            return Taken::Bound;
        }
        self.questions.answer();
        Taken::Answer(payload.u16(0), payload.u8(2))
    }

    fn take_parameter(&mut self, heard: &Heard<'_>, firmware: Firmware, vehicle: &mut Vehicle) -> bool {
        let Heard { payload, stamp, at, .. } = *heard;
        match self.params.take(firmware, payload, stamp, at, &mut vehicle.parameters) {
            Told::Value(is_answer) => {
                if is_answer {
                    self.questions.answer();
                }
                false
            }
            Told::NotOurs => firmware == Firmware::ArduCopter && payload.finite(0).is_none(),
            Told::Nothing => true,
        }
    }

    fn take_zones(&mut self, heard: &Heard<'_>, vehicle: &mut Vehicle) {
        let Heard { id, payload, stamp, at, us } = *heard;
        let read = match id {
            MISSION_COUNT => self.zones.take_count(payload, us),
            MISSION_ITEM_INT => self.zones.take_item(payload, us),
            _ => self.zones.take_ack(payload, us, at),
        };
        if let Some(zones) = read {
            self.questions.answer();
            vehicle.zones = Some(Aged::new(zones, stamp.at()));
        }
    }
}

/// Messages that are a part each. Returns whether the frame held nothing that can be.
fn keep_one(heard: &Heard<'_>, vehicle: &mut Vehicle) -> bool {
    let Heard { id, payload, stamp, .. } = *heard;
    // That there is nothing to measure is no fault of the frame: no fix, no ground in range, a clock that was never set.
    match id {
        ATTITUDE => return stamp.keep(&mut vehicle.attitude, inbound::attitude(payload)),
        GPS_RAW_INT => return stamp.keep(&mut vehicle.gps, Some(inbound::gps(payload))),
        RC_CHANNELS => return stamp.keep(&mut vehicle.rc, Some(inbound::rc(payload))),
        HOME_POSITION => return stamp.keep(&mut vehicle.home, inbound::home(payload)),
        GLOBAL_POSITION_INT => stamp.keep(&mut vehicle.position, inbound::position(payload)),
        RC_CHANNELS_RAW => stamp.keep(&mut vehicle.rc, inbound::rc_raw(payload)),
        SYSTEM_TIME => stamp.keep(&mut vehicle.utc_us, inbound::utc_us(payload)),
        EXTENDED_SYS_STATE => stamp.keep(&mut vehicle.landed, inbound::landed(payload)),
        DISTANCE_SENSOR => {
            stamp.keep(&mut vehicle.height_rangefinder_m, inbound::height_of_rangefinder_m(payload))
        }
        ALTITUDE => stamp.keep(&mut vehicle.height_rangefinder_m, inbound::bottom_clearance_m(payload)),
        WIND => stamp.keep(&mut vehicle.wind, inbound::wind(payload)),
        WIND_COV => stamp.keep(&mut vehicle.wind, inbound::wind_cov(payload)),
        TERRAIN_REPORT => {
            let position = vehicle.position.as_ref().map(|position| &position.value);
            let height_m = inbound::height_over_terrain_m(payload, position);
            stamp.keep(&mut vehicle.height_terrain_m, height_m)
        }
        _ => false,
    };
    false
}

/// The bound component's heartbeat.
fn take_heartbeat(heard: &Heard<'_>, vehicle: &mut Vehicle, events: &mut dyn FnMut(Event)) -> Taken {
    let beat = AnyHeartbeat::read(heard.payload);
    if !beat.is_autopilot() || !heard.stamp.replaces(&vehicle.heartbeat) {
        return Taken::Bound;
    }
    let now = beat.heartbeat();
    tell_changes(vehicle.heartbeat, now, heard.at, events);
    let may_command = |beat: &Heartbeat| beat.armed && beat.mode.accepts_commands();
    let could = vehicle.heartbeat.is_some_and(|before| may_command(&before.value));
    vehicle.left_total += u32::from(could && !may_command(&now));
    vehicle.heartbeat = Some(Aged::new(now, heard.stamp.at()));
    Taken::Heartbeat
}

fn take_mode(mode: Mode, stamp: Stamp, vehicle: &mut Vehicle) {
    if !stamp.replaces(&vehicle.mode_told) {
        return;
    }
    let could = vehicle.mode_told.is_some_and(|before| before.value.accepts_commands());
    let is_armed = vehicle.heartbeat.is_some_and(|beat| beat.value.armed);
    vehicle.left_total += u32::from(could && is_armed && !mode.accepts_commands());
    vehicle.mode_told = Some(Aged::new(mode, stamp.at()));
}

fn take_ekf(
    ekf: Option<skyhound::vehicle::Ekf>,
    heard: &Heard<'_>,
    vehicle: &mut Vehicle,
    events: &mut dyn FnMut(Event),
) -> bool {
    let before = vehicle.ekf.map(|ekf| ekf.value.degraded);
    let is_refused = heard.stamp.keep(&mut vehicle.ekf, ekf);
    match (before, vehicle.ekf.map(|ekf| ekf.value.degraded)) {
        (Some(false), Some(true)) => {
            let why = "the estimator reports a GPS glitch or a guessed position";
            note(events, heard.at, Severity::Warning, "ekf", format_args!("{why}"));
        }
        (Some(true), Some(false)) => {
            note(events, heard.at, Severity::Note, "ekf", format_args!("the estimator is good again"));
        }
        _ => {}
    }
    is_refused
}

fn tell_changes(before: Option<Aged<Heartbeat>>, now: Heartbeat, at: TimeUs, events: &mut dyn FnMut(Event)) {
    let Some(Aged { value: before, .. }) = before else { return };
    if before.mode != now.mode {
        let (from, to) = (before.mode, now.mode);
        match (from.name(), to.name()) {
            ("UNKNOWN", _) | (_, "UNKNOWN") => {
                let text =
                    format_args!("mode {} ({}) -> {} ({})", from.name(), from.custom, to.name(), to.custom);
                note(events, at, Severity::Note, "mode_change", text);
            }
            (from, to) => {
                note(events, at, Severity::Note, "mode_change", format_args!("mode {from} -> {to}"))
            }
        }
    }
    match (before.armed, now.armed) {
        (false, true) => note(events, at, Severity::Note, "armed", format_args!("armed")),
        (true, false) => note(events, at, Severity::Note, "disarmed", format_args!("disarmed")),
        _ => {}
    }
}
