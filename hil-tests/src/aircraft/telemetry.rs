//! Depth a's link: the aircraft's belief as the engine's [`Vehicle`], at the rates at which the daemon asks for messages.
//!
//! The same meaning as `autopilot/{inbound,listener,requests,params}.rs` of the host gives the messages: scaled integers lose the
//! digits that MAVLink loses, each part carries the time its message came, `left_total` counts every leaving of our mode that the
//! link lets through, home is asked for every 10 s, the failsafe parameters are asked one by one every 250 ms and again each 5 s.
//! A heartbeat comes each second and at once when mode or arming changes (ArduPilot `mode.cpp`, `set_mode`; at once on arming:
//! as remembered, not checked; PX4's `mavlink_main.cpp`, `HEARTBEAT.hpp`: at 1 Hz whatever changes).
//! Faults of the link: nothing passes; somebody else speaks; a message's field is absurd (then what reaches the engine is what
//! `inbound` lets through: NaN and infinity of a float field are refused, integers have no NaN).

use super::absurd::Absurd;
use super::{Aircraft, firmware_of};
use crate::scenario::Kind;
use crate::scenario::fault::Impostor;
use skyhound::geo::Wgs84;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::{
    Attitude, Battery, Ekf, Failsafes, Firmware, Gps, Heartbeat, Home, Identity, Mode, Position, Rc, Vehicle,
};

const HEARTBEAT_EVERY_US: u64 = 1_000_000;
const HOME_EVERY_US: u64 = 10_000_000;
const HOME_UNKNOWN_EVERY_US: u64 = 2_000_000;
const ASK_EVERY_US: u64 = 250_000;
const REFRESH_EVERY_US: u64 = 5_000_000;
/// Sticks come at least this often (`requests.rs`).
const RC_LEAST_HZ: f64 = 40.0;
/// A rival or a second autopilot is believed for this long after its last message.
const RIVAL_GONE_US: u64 = 5_000_000;

/// When a message comes next.
#[derive(Copy, Clone, Debug)]
struct Due {
    every_us: u64,
    next_us: u64,
}

impl Due {
    fn hz(hz: f64) -> Due {
        Due { every_us: if hz > 0.0 { (1e6 / hz) as u64 } else { u64::MAX }, next_us: 0 }
    }

    fn is_due(&mut self, now: TimeUs) -> bool {
        let due = now.0 >= self.next_us && self.every_us != u64::MAX;
        if due {
            // In step with its own clock, unless it fell behind.
            let next_us = self.next_us + self.every_us;
            self.next_us = if next_us > now.0 { next_us } else { now.0 + self.every_us };
        }
        due
    }
}

/// The link.
#[derive(Clone, Debug)]
pub struct Telemetry {
    vehicle: Vehicle,
    position: Due,
    attitude: Due,
    rc: Due,
    status: Due,
    heartbeat: Due,
    home: Due,
    ask: Due,
    asked: usize,
    battery_actions: [Option<f64>; 2],
    left_seen: u32,
    boot_us: u64,
    link_is_lost: bool,
    /// The link was down since the last heartbeat.
    was_down: bool,
    /// Mode and arming in the last heartbeat sent.
    told: Option<(Mode, bool)>,
    impostor: Option<Impostor>,
    contested_until: Option<(TimeUs, &'static str)>,
    absurd: Option<Absurd>,
}

impl Telemetry {
    /// A link on which nothing was heard yet. Rates as the settings name them: `[autopilot] position_hz, attitude_hz, status_hz`.
    pub fn new(position_hz: f64, attitude_hz: f64, status_hz: f64) -> Telemetry {
        Telemetry {
            vehicle: Vehicle::default(),
            position: Due::hz(position_hz),
            attitude: Due::hz(attitude_hz),
            rc: Due::hz(status_hz.max(RC_LEAST_HZ)),
            status: Due::hz(status_hz),
            heartbeat: Due { every_us: HEARTBEAT_EVERY_US, next_us: 0 },
            home: Due { every_us: HOME_EVERY_US, next_us: 0 },
            ask: Due { every_us: ASK_EVERY_US, next_us: 0 },
            asked: 0,
            battery_actions: [None; 2],
            left_seen: 0,
            boot_us: 0,
            link_is_lost: false,
            was_down: false,
            told: None,
            impostor: None,
            contested_until: None,
            absurd: None,
        }
    }

    /// What is known at `now`, which is the aircraft's own time. Call it at each step, or at least at each control pass: a message
    /// counts as received when this is called.
    pub fn vehicle(&mut self, aircraft: &Aircraft, now: TimeUs) -> &Vehicle {
        let left_total = aircraft.left_total();
        let passes = !self.link_is_lost && !aircraft.belief().is_silent;
        if passes {
            self.judge_others(now);
            self.vehicle.left_total += left_total - self.left_seen;
            self.left_seen = left_total;
            self.receive(aircraft, now);
        } else {
            // Nobody heard of it; the next heartbeat tells by itself whether the mode is another one.
            self.left_seen = left_total;
            self.was_down = true;
        }
        self.vehicle.contested = self.contested_until.filter(|(until, _)| now <= *until).map(|(_, why)| why);
        &self.vehicle
    }

    fn receive(&mut self, aircraft: &Aircraft, now: TimeUs) {
        let belief = aircraft.belief();
        if belief.boot_us < self.boot_us {
            self.forget();
        }
        self.boot_us = belief.boot_us;
        self.take_heartbeat(aircraft, now);
        // Nobody to be bound to yet: what comes is a stranger's.
        if self.vehicle.identity.is_none() {
            return;
        }
        let (vehicle, absurd) = (&mut self.vehicle, self.absurd.as_ref());
        if self.position.is_due(now) {
            let position = belief.position.as_ref().and_then(position);
            let spoilt =
                position.and_then(|position| absurd.map_or(Some(position), |a| a.position(position, now)));
            keep(&mut vehicle.position, spoilt, now);
        }
        if self.attitude.is_due(now) {
            let attitude = attitude(&belief.attitude);
            keep(&mut vehicle.attitude, absurd.map_or(Some(attitude), |a| a.attitude(attitude, now)), now);
        }
        // PX4 stops RC_CHANNELS without a radio, ArduPilot sends it without channels.
        let has_rc = belief.rc.channel_count > 0 || firmware_of(aircraft.flavour()) != Firmware::Px4;
        if self.rc.is_due(now) && has_rc {
            let channels = belief.rc.channels_us;
            let sticks_us = [channels[0], channels[1], channels[2], channels[3]];
            let rc = Rc { sticks_us, channel_count: belief.rc.channel_count };
            keep(&mut vehicle.rc, Some(absurd.map_or(rc, |a| a.rc(rc, now))), now);
        }
        if self.status.is_due(now) {
            let (gps, ekf, battery) = (gps(&belief.gps), ekf(aircraft), battery(&belief.battery));
            keep(&mut vehicle.gps, Some(absurd.map_or(gps, |a| a.gps(gps, now))), now);
            keep(&mut vehicle.ekf, absurd.map_or(Some(ekf), |a| a.ekf(ekf, now)), now);
            keep(&mut vehicle.battery, Some(absurd.map_or(battery, |a| a.battery(battery, now))), now);
            keep(&mut vehicle.utc_us, belief.utc_us, now);
            keep(&mut vehicle.clock_offset_us, Some(belief.boot_us as i64 - now.0 as i64), now);
        }
        if self.home.is_due(now) {
            let home =
                belief.home.map(|home| Home { place: rounded(home.place), alt_amsl_m: home.alt_amsl_m });
            let spoilt = home.and_then(|home| absurd.map_or(Some(home), |a| a.home(home, now)));
            keep(&mut vehicle.home, spoilt, now);
            let every_us = if home.is_some() { HOME_EVERY_US } else { HOME_UNKNOWN_EVERY_US };
            self.home.next_us = now.0 + every_us;
        }
        if let Some((at_us, system)) = aircraft.ground_station() {
            vehicle.ground_station = Some(Aged::new(system, TimeUs(at_us)));
        }
        if self.ask.is_due(now) {
            self.ask_parameter(aircraft, now);
        }
    }

    fn take_heartbeat(&mut self, aircraft: &Aircraft, now: TimeUs) {
        let belief = aircraft.belief();
        let firmware = firmware_of(aircraft.flavour());
        let beat = Heartbeat {
            mode: Mode { firmware, custom: belief.custom_mode },
            armed: belief.armed,
            system_status: belief.system_status,
        };
        let told = (beat.mode, beat.armed);
        let changed = self.told.is_some_and(|before| before != told);
        let before = self.vehicle.heartbeat.map(|before| before.value);
        let gimbal_only = self.impostor == Some(Impostor::GimbalHeartbeat);
        if gimbal_only || !(self.heartbeat.is_due(now) || changed) {
            return;
        }
        self.told = Some(told);
        let beat = self.absurd.as_ref().map_or(beat, |absurd| absurd.heartbeat(beat, now));
        let may_command = |beat: &Heartbeat| beat.armed && beat.mode.accepts_commands();
        // The aircraft's own count was passed over while the link was down, and knows nothing of an absurd heartbeat.
        let left = before.is_some_and(|before| may_command(&before)) && !may_command(&beat);
        if left && (self.was_down || self.absurd.is_some()) {
            self.vehicle.left_total += 1;
        }
        self.vehicle.identity = Some(Identity { system: aircraft.system(), component: 1, firmware });
        self.vehicle.heartbeat = Some(Aged::new(beat, now));
        self.was_down = false;
    }

    /// The autopilot started again.
    fn forget(&mut self) {
        self.vehicle.failsafes = Failsafes::default();
        self.vehicle.home = None;
        self.vehicle.clock_offset_us = None;
        self.battery_actions = [None; 2];
        self.home.next_us = 0;
        self.asked = 0;
    }

    fn ask_parameter(&mut self, aircraft: &Aircraft, now: TimeUs) {
        let names = match firmware_of(aircraft.flavour()) {
            Firmware::Px4 => &PX4[..],
            _ => &COPTER[..],
        };
        let name = names[self.asked % names.len()];
        self.asked += 1;
        if self.asked >= names.len() {
            self.ask.next_us = now.0 + REFRESH_EVERY_US;
        }
        let Some(value) = aircraft.parameters().value(name) else { return };
        let set = &mut self.vehicle.failsafes;
        match name {
            "GUID_TIMEOUT" => set.guid_timeout_s = Some(value),
            "FS_GCS_ENABLE" => set.fs_gcs_enable = Some(value),
            "FENCE_ENABLE" => set.fence_enable = Some(value),
            "SYSID_MYGCS" => set.gcs_system = Some(value),
            "BATT_FS_LOW_ACT" => self.battery_actions[0] = Some(value),
            "BATT_FS_CRT_ACT" => self.battery_actions[1] = Some(value),
            "COM_OF_LOSS_T" => set.offboard_loss_s = Some(value),
            "COM_OBL_RC_ACT" => set.offboard_loss_action = Some(value),
            "GF_ACTION" => set.geofence_action = Some(value),
            _ => set.battery_action = Some(value),
        }
        let larger = self.battery_actions.into_iter().flatten().reduce(f64::max);
        set.battery_action = larger.or(set.battery_action);
    }

    /// A fault of the link begins or ends (LinkLost, Impostor, Absurd, Garbage). Whether it was one. GcsLost is the caller's:
    /// it stops the heartbeats.
    pub fn fault(&mut self, kind: &Kind, begins: bool) -> bool {
        match kind {
            Kind::LinkLost => self.link_is_lost = begins,
            Kind::Impostor { who } => self.impostor = begins.then_some(*who),
            Kind::Absurd { field, value } => {
                self.absurd = begins.then(|| Absurd { field: field.clone(), value: *value });
            }
            // The framing drops it whole.
            Kind::Garbage => {}
            _ => return false,
        }
        true
    }

    /// Whether what the daemon sends reaches the autopilot.
    pub fn passes(&self) -> bool {
        !self.link_is_lost
    }

    /// Others on the link. Strangers' commands reach nothing at this depth: the engine has no door for them.
    fn judge_others(&mut self, now: TimeUs) {
        let why = match self.impostor {
            Some(Impostor::OwnIds) => "another program speaks with our system and component id",
            Some(Impostor::OtherSystem) => "two autopilots on the link: name ours with autopilot.system",
            Some(Impostor::GimbalHeartbeat | Impostor::Commander) | None => return,
        };
        self.contested_until = Some((now.plus_us(RIVAL_GONE_US), why));
    }
}

const COPTER: [&str; 6] =
    ["GUID_TIMEOUT", "FS_GCS_ENABLE", "FENCE_ENABLE", "BATT_FS_LOW_ACT", "BATT_FS_CRT_ACT", "SYSID_MYGCS"];
const PX4: [&str; 4] = ["COM_OF_LOSS_T", "COM_OBL_RC_ACT", "GF_ACTION", "COM_LOW_BAT_ACT"];

fn keep<T>(part: &mut Option<Aged<T>>, value: Option<T>, now: TimeUs) {
    if let Some(value) = value {
        *part = Some(Aged::new(value, now));
    }
}

/// As integers of `unit` carry it.
fn in_units(value: f64, unit: f64) -> f64 {
    (value * unit).round() / unit
}

fn rounded(place: Wgs84) -> Wgs84 {
    Wgs84 { lat_deg: in_units(place.lat_deg, 1e7), lon_deg: in_units(place.lon_deg, 1e7) }
}

fn position(position: &super::Position) -> Option<Position> {
    let place = rounded(position.place);
    let [north, east, down] = position.velocity_mps;
    Some(Position {
        place: Wgs84::checked(place.lat_deg, place.lon_deg)?,
        alt_amsl_m: in_units(position.alt_amsl_m, 1e3),
        alt_rel_m: in_units(position.alt_rel_m, 1e3),
        north_mps: in_units(north, 1e2),
        east_mps: in_units(east, 1e2),
        down_mps: in_units(down, 1e2),
    })
}

fn attitude(attitude: &super::Attitude) -> Attitude {
    let single = |value: f64| f64::from(value as f32);
    Attitude {
        roll_rad: single(attitude.roll_rad),
        pitch_rad: single(attitude.pitch_rad),
        yaw_rad: single(attitude.yaw_rad),
        yaw_rate_rad_s: single(attitude.yaw_rate_rad_s),
    }
}

fn gps(gps: &super::Gps) -> Gps {
    Gps { fix: gps.fix, satellites: Some(gps.satellites), hdop: Some(in_units(gps.hdop, 1e2)) }
}

fn battery(battery: &super::Battery) -> Battery {
    Battery {
        voltage_v: Some(in_units(battery.voltage_v, 1e3)),
        current_a: Some(in_units(battery.current_a, 1e2)),
        remaining_ratio: Some(in_units(battery.remaining_ratio, 1e2)),
    }
}

/// Flags as `inbound.rs` reads them.
fn ekf(aircraft: &Aircraft) -> Ekf {
    let ekf = &aircraft.belief().ekf;
    let degraded = match firmware_of(aircraft.flavour()) {
        Firmware::Px4 => 128 | 1024,
        _ => 128 | 1024 | 32768,
    };
    let has = |flag: u16| ekf.flags & flag != 0;
    Ekf {
        attitude_ok: has(1),
        velocity_horizontal_ok: has(2),
        position_horizontal_ok: has(16),
        position_vertical_ok: has(32),
        degraded: has(degraded),
        variance_max: ekf.velocity_ratio.max(ekf.position_ratio).max(ekf.height_ratio),
    }
}

#[cfg(test)]
#[path = "tests/telemetry.rs"]
mod tests;
