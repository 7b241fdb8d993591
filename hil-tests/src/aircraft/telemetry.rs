//! Depth a's link: the aircraft's belief as the engine's [`Vehicle`], at the rates at which the daemon asks for messages.
//!
//! The same meaning as `autopilot/{inbound,parts,requests,params,zones}.rs` of the host gives the messages: scaled integers lose
//! the digits that MAVLink loses, each part carries the time at which it was true by the sender's clock, `left_total` counts
//! every leaving of our mode that the link lets through, home is asked for every 10 s, the parameters one by one every 100 ms and
//! then one each 1.5 s, the uploaded fence each minute. ArduPilot's heartbeat comes each second and at once when mode or arming
//! changes (`mode.cpp`, `set_mode`; at once on arming: as remembered, not checked); PX4's stays on its grid of 1 Hz
//! (`HEARTBEAT.hpp`), and its mode comes at 10 Hz beside it (CURRENT_MODE).
//! Faults of the link: nothing passes; all is late, or comes again late (and then replaces nothing newer); nothing of ours
//! arrives; somebody else speaks; a message's field is absurd (then what reaches the engine is what `inbound` lets through: NaN
//! and infinity of a float field are refused, integers have no NaN).

use super::absurd::Absurd;
use super::parts::{attitude, battery, ekf, gps, in_units, landed, position, rc, rounded, zones};
use super::{Aircraft, firmware_of};
use crate::scenario::Kind;
use crate::scenario::fault::Impostor;
use skyhound::time::{Aged, TimeUs};
use skyhound::vehicle::parameter;
use skyhound::vehicle::{Firmware, Health, Heartbeat, Home, Identity, Mode, PartHealth, Vehicle};
use std::collections::VecDeque;

const HEARTBEAT_EVERY_US: u64 = 1_000_000;
const HOME_EVERY_US: u64 = 10_000_000;
const HOME_UNKNOWN_EVERY_US: u64 = 2_000_000;
const ASK_EVERY_US: u64 = 100_000;
const REFRESH_EVERY_US: u64 = 1_500_000;
const ZONES_EVERY_US: u64 = 60_000_000;
/// A question and its answer, as many as an area of the fence has corners.
const ZONES_TAKE_US: u64 = 500_000;
/// Sticks come at least this often (`requests.rs`); so do mode and ground.
const RC_LEAST_HZ: f64 = 40.0;
const MODE_HZ: f64 = 10.0;
const GROUND_LEAST_HZ: f64 = 4.0;
/// A rival or a second autopilot is believed for this long after its last message.
const RIVAL_GONE_US: u64 = 5_000_000;
/// Copies that come late are looked at this often.
const COPY_EVERY_US: u64 = 50_000;

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

    fn each(every_us: u64) -> Due {
        Due { every_us, next_us: 0 }
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

/// What arrives later than it was sent.
#[derive(Clone, Debug, Default)]
struct Late {
    /// All of it.
    slow_us: Option<u64>,
    /// Once more.
    copies_us: Option<u64>,
    /// When it arrives, and as it was sent.
    on_the_way: VecDeque<(u64, Vehicle)>,
    copied_us: u64,
    copies: VecDeque<(u64, Vehicle)>,
    /// As it has arrived.
    arrived: Vehicle,
}

/// The link.
#[derive(Clone, Debug)]
pub struct Telemetry {
    vehicle: Vehicle,
    position: Due,
    attitude: Due,
    rc: Due,
    status: Due,
    mode: Due,
    ground: Due,
    heartbeat: Due,
    home: Due,
    ask: Due,
    zones: Due,
    asked: usize,
    left_seen: u32,
    boot_us: u64,
    link_is_lost: bool,
    transmits_not: bool,
    /// The link was down since the last heartbeat.
    was_down: bool,
    /// Mode and arming in the last heartbeat sent.
    told: Option<(Mode, bool)>,
    impostor: Option<Impostor>,
    contested_until: Option<(TimeUs, &'static str)>,
    absurd: Option<Absurd>,
    late: Late,
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
            mode: Due::hz(MODE_HZ),
            ground: Due::hz(status_hz.max(GROUND_LEAST_HZ)),
            heartbeat: Due::each(HEARTBEAT_EVERY_US),
            home: Due::each(HOME_EVERY_US),
            ask: Due::each(ASK_EVERY_US),
            zones: Due::each(ZONES_EVERY_US),
            asked: 0,
            left_seen: 0,
            boot_us: 0,
            link_is_lost: false,
            transmits_not: false,
            was_down: false,
            told: None,
            impostor: None,
            contested_until: None,
            absurd: None,
            late: Late::default(),
        }
    }

    /// What is known at `now`, which is the aircraft's own time. Call it at each step, or at least at each control pass: a message
    /// counts as received when this is called.
    pub fn vehicle(&mut self, aircraft: &Aircraft, now: TimeUs) -> &Vehicle {
        let left_total = aircraft.left_total();
        let is_bound = self.vehicle.identity.is_none_or(|bound| bound.system == aircraft.system());
        let passes = !self.link_is_lost && !aircraft.belief().is_silent && is_bound;
        if passes {
            self.judge_others(now);
            // PX4's heartbeat and CURRENT_MODE tell of a mode that lasts; what comes and goes between them nobody hears of.
            if aircraft.flavour() == crate::scenario::Flavour::ArduCopter {
                self.vehicle.left_total += left_total - self.left_seen;
            }
            self.left_seen = left_total;
            self.receive(aircraft, now);
        } else {
            // Nobody heard of it; the next heartbeat tells by itself whether the mode is another one.
            self.left_seen = left_total;
            self.was_down = true;
        }
        let silent = "the system we are bound to is silent, another is heard in its place";
        let contested = self.contested_until.filter(|(until, _)| now <= *until).map(|(_, why)| why);
        self.vehicle.contested = contested.or((!is_bound).then_some(silent));
        self.late.take(&self.vehicle, now)
    }

    fn receive(&mut self, aircraft: &Aircraft, now: TimeUs) {
        let belief = aircraft.belief();
        if belief.boot_us < self.boot_us {
            self.forget(now);
        }
        self.boot_us = belief.boot_us;
        self.take_heartbeat(aircraft, now);
        // Nobody to be bound to yet: what comes is a stranger's.
        if self.vehicle.identity.is_none() {
            return;
        }
        self.take_motion(aircraft, now);
        self.take_status(aircraft, now);
        self.take_mode(aircraft, now);
        if let Some((at_us, system)) = aircraft.ground_station() {
            self.vehicle.ground_station = Some(Aged::new(system, TimeUs(at_us)));
        }
        if self.transmits_not {
            return;
        }
        if self.home.is_due(now) {
            let absurd = self.absurd.as_ref();
            let home =
                belief.home.map(|home| Home { place: rounded(home.place), alt_amsl_m: home.alt_amsl_m });
            let spoilt = home.and_then(|home| absurd.map_or(Some(home), |a| a.home(home, now)));
            keep(&mut self.vehicle.home, spoilt, now);
            let every_us = if home.is_some() { HOME_EVERY_US } else { HOME_UNKNOWN_EVERY_US };
            self.home.next_us = now.0 + every_us;
        }
        if self.ask.is_due(now) {
            self.ask_parameter(aircraft, now);
        }
        if self.zones.is_due(now) {
            keep(&mut self.vehicle.zones, Some(zones(aircraft)), now);
        }
    }

    fn take_motion(&mut self, aircraft: &Aircraft, now: TimeUs) {
        let belief = aircraft.belief();
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
        self.rc.every_us = self.rc.every_us.max(aircraft.rc_every_us());
        if self.rc.is_due(now) && has_rc {
            let rc = rc(&belief.rc);
            keep(&mut vehicle.rc, Some(absurd.map_or(rc, |a| a.rc(rc, now))), now);
        }
        if self.ground.is_due(now) {
            keep(&mut vehicle.landed, Some(landed(belief.landed)), now);
            let spoilt = |message: &str, height_m: Option<f64>| {
                height_m.and_then(|height_m| {
                    absurd.map_or(Some(height_m), |a| a.height_m(message, height_m, now))
                })
            };
            // PX4 has no map: its estimate of the ground is ALTITUDE's, and read as a rangefinder's.
            let (map, by_map) = match firmware_of(aircraft.flavour()) {
                Firmware::Px4 => {
                    (&mut vehicle.height_rangefinder_m, spoilt("ALTITUDE", belief.height_terrain_m))
                }
                _ => (&mut vehicle.height_terrain_m, spoilt("TERRAIN_REPORT", belief.height_terrain_m)),
            };
            keep(map, by_map.map(|height_m| f64::from(height_m as f32)), now);
            let measured_m = spoilt("DISTANCE_SENSOR", belief.height_rangefinder_m);
            keep(&mut vehicle.height_rangefinder_m, measured_m.map(|height_m| in_units(height_m, 1e2)), now);
        }
    }

    fn take_status(&mut self, aircraft: &Aircraft, now: TimeUs) {
        if !self.status.is_due(now) {
            return;
        }
        let (vehicle, absurd, belief) = (&mut self.vehicle, self.absurd.as_ref(), aircraft.belief());
        let (gps, ekf, battery) = (gps(&belief.gps), ekf(aircraft), battery(&belief.battery));
        keep(&mut vehicle.gps, Some(absurd.map_or(gps, |a| a.gps(gps, now))), now);
        keep(&mut vehicle.ekf, absurd.map_or(Some(ekf), |a| a.ekf(ekf, now)), now);
        keep(&mut vehicle.battery, Some(absurd.map_or(battery, |a| a.battery(battery, now))), now);
        let is_on = |is_on| if is_on { PartHealth::Good } else { PartHealth::Off };
        let health = Health {
            rc_receiver: if belief.rc_is_well { PartHealth::Good } else { PartHealth::Bad },
            fence: belief.fence_is_on.map_or(PartHealth::Absent, is_on),
        };
        keep(&mut vehicle.health, Some(health), now);
        keep(&mut vehicle.utc_us, belief.utc_us, now);
        keep(&mut vehicle.clock_offset_us, Some(belief.boot_us as i64 - now.0 as i64), now);
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
        let changed = firmware != Firmware::Px4 && self.told.is_some_and(|before| before != told);
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
        if left && (self.was_down || self.absurd.is_some() || firmware == Firmware::Px4) {
            self.vehicle.left_total += 1;
        }
        if self.vehicle.identity.is_none() {
            self.zones.next_us = now.0 + ZONES_TAKE_US;
        }
        self.vehicle.identity = Some(Identity { system: aircraft.system(), component: 1, firmware });
        self.vehicle.heartbeat = Some(Aged::new(beat, now));
        self.was_down = false;
    }

    /// CURRENT_MODE, which PX4 has.
    fn take_mode(&mut self, aircraft: &Aircraft, now: TimeUs) {
        let firmware = firmware_of(aircraft.flavour());
        if firmware != Firmware::Px4 || !self.mode.is_due(now) {
            return;
        }
        let vehicle = &mut self.vehicle;
        let mode = Mode { firmware, custom: aircraft.custom_mode() };
        let could = vehicle.mode_told.is_some_and(|before| before.value.accepts_commands());
        let is_armed = vehicle.heartbeat.is_some_and(|beat| beat.value.armed);
        vehicle.left_total += u32::from(could && is_armed && !mode.accepts_commands());
        keep(&mut vehicle.mode_told, Some(mode), now);
    }

    /// The autopilot started again: nothing of it is known until it is heard again.
    fn forget(&mut self, now: TimeUs) {
        let Vehicle { identity, left_total, heartbeat, .. } = self.vehicle;
        let could = heartbeat.is_some_and(|beat| beat.value.armed && beat.value.mode.accepts_commands());
        let left_total = left_total + u32::from(could);
        self.vehicle = Vehicle { identity, left_total, ..Vehicle::default() };
        (self.home.next_us, self.ask.next_us, self.zones.next_us) = (0, 0, now.0 + ZONES_TAKE_US);
        self.asked = 0;
    }

    fn ask_parameter(&mut self, aircraft: &Aircraft, now: TimeUs) {
        let firmware = firmware_of(aircraft.flavour());
        let count = parameter::of(firmware).count();
        let Some((at, row)) = parameter::of(firmware).nth(self.asked % count.max(1)) else { return };
        self.asked += 1;
        if self.asked >= count {
            self.ask.next_us = now.0 + REFRESH_EVERY_US;
        }
        let named = |name: &str| aircraft.parameters().value(name);
        let value = named(row.name).or_else(|| named(row.other_name));
        if let Some(value) = value {
            self.vehicle.parameters.keep(at, Some(Aged::new(value, now)));
        }
    }

    /// A fault of the link begins or ends. Whether it was one. GcsLost is the caller's: it stops the heartbeats.
    pub fn fault(&mut self, kind: &Kind, begins: bool) -> bool {
        let late_us = |delay_s: f64| begins.then_some((delay_s * 1e6) as u64);
        match kind {
            Kind::LinkLost => self.link_is_lost = begins,
            Kind::TransmitOff => self.transmits_not = begins,
            Kind::SlowLink { delay_s } => self.late.slow_us = late_us(*delay_s),
            Kind::LateCopies { delay_s } => self.late.copies_us = late_us(*delay_s),
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

    /// Whether what the daemon sends reaches the autopilot, and by how much later.
    pub fn passes(&self) -> Option<u64> {
        (!self.link_is_lost && !self.transmits_not).then_some(self.late.slow_us.unwrap_or(0))
    }

    /// Others on the link. Strangers' commands reach nothing at this depth: the engine has no door for them.
    fn judge_others(&mut self, now: TimeUs) {
        let why = match self.impostor {
            Some(Impostor::OwnIds) => "another program speaks with our system and component id",
            Some(Impostor::OtherSystem) => "two autopilots on the link: name ours with autopilot.system",
            // A tracker cannot be commanded: it is named, and nothing more.
            Some(Impostor::GimbalHeartbeat | Impostor::Commander | Impostor::Tracker) | None => return,
        };
        self.contested_until = Some((now.plus_us(RIVAL_GONE_US), why));
    }
}

impl Late {
    /// What has arrived of what is sent now and was before.
    fn take(&mut self, sent: &Vehicle, now: TimeUs) -> &Vehicle {
        match self.slow_us {
            None => {
                self.on_the_way.clear();
                self.arrived = *sent;
            }
            Some(slow_us) => {
                self.on_the_way.push_back((now.0 + slow_us, *sent));
                while let Some((_, arrived)) = self.on_the_way.pop_front_if(|(due_us, _)| *due_us <= now.0) {
                    self.arrived = arrived;
                }
            }
        }
        if let Some(copies_us) = self.copies_us
            && now.0 >= self.copied_us + COPY_EVERY_US
        {
            self.copied_us = now.0;
            self.copies.push_back((now.0 + copies_us, *sent));
        }
        while let Some((_, copy)) = self.copies.pop_front_if(|(due_us, _)| *due_us <= now.0) {
            again(&mut self.arrived.position, copy.position);
            again(&mut self.arrived.attitude, copy.attitude);
            again(&mut self.arrived.heartbeat, copy.heartbeat);
            again(&mut self.arrived.rc, copy.rc);
        }
        &self.arrived
    }
}

/// A copy is as old as it is: it replaces nothing newer.
fn again<T: Copy>(part: &mut Option<Aged<T>>, copy: Option<Aged<T>>) {
    let Some(copy) = copy else { return };
    if part.is_some_and(|known| known.received_us < copy.received_us) {
        *part = Some(copy);
    }
}

fn keep<T>(part: &mut Option<Aged<T>>, value: Option<T>, now: TimeUs) {
    if let Some(value) = value {
        *part = Some(Aged::new(value, now));
    }
}

#[cfg(test)]
#[path = "tests/telemetry.rs"]
mod tests;
